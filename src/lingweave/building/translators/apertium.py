"""Apertium, the rule-based translator of the operating system's packages."""

import hashlib
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from lingweave.building.translators.codes import Tongue, model_tongue, nearest, tongue
from lingweave.building.translators.dividing import Divided
from lingweave.errors import LingweaveError
from lingweave.languages import name, script

BATCH = 2048
"""Sentences of one call: its dictionaries load in half a second, as long as it takes for some
hundred sentences."""
SAMPLE = "1 2 3"
"""What any pair that works at all translates into something."""
MEANT = {"hbs_HR": "hr", "hbs_BS": "bs", "hbs_SR": "sr-Latn", "hbs": "sr-Latn"}
"""Names in Apertium's modes whose language BCP 47 does not tell."""

# The stream format's own characters.
_SPECIAL = re.compile(r"([\[\]{}^$/\\@<>])")
# The last stage eats tildes, escaped or not: they travel as a character that no text has.
_TILDE = "\ue07e"
_VARIETY = re.compile(r"_[a-z0-9]{4,}$")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
# An end of sentence that is no text, and a blank with a number that is handed through: what stands
# between two of them is one sentence's, whatever the rules moved.
_END = ".[][ {}\n]"
_ENDS = re.compile(r"\.?\[\]\[ (\d+)\n\]")


class Mode(NamedTuple):
    """A pair of languages that is installed."""

    name: str
    source: Tongue
    target: Tongue


class Apertium:
    """Translates by the ``apertium`` command, many sentences a call.

    Unknown words stand unmarked as they are in the source. Runs of blanks become one, since the
    rules drop words and leave the blanks around them. What it prints nothing for, or breaks at, has
    no translation. Some pairs remember what stood before: in another order 15 of 2,000 sentences
    came out otherwise from English into Spanish, 155 into Galician, and none into Catalan.

    Args:
        batch_size: sentences of one call.
        timeout: seconds that a call may take.

    Raises:
        LingweaveError: there is no ``apertium`` command.
    """

    def __init__(self, batch_size: int = BATCH, timeout: float = 120.0) -> None:
        command = shutil.which("apertium")
        if command is None:
            raise LingweaveError(
                "--translator apertium: there is no apertium command; install it with the pairs"
                " that are wanted, such as: apt install apertium apertium-eng-spa"
            )
        self.batch_size = batch_size
        self._command, self._timeout = command, timeout

    def check(self, source: str, targets: Sequence[str]) -> None:
        """Refuses pairs that are not installed, or print nothing for a text of numbers."""
        for target in targets:
            mode = self._mode(source, target)
            answers, why = self._asked(mode, [SAMPLE])
            if not answers[0]:
                raise LingweaveError(
                    f"--translator apertium: its pair {mode} does not work"
                    f" ({why}); install its package again, or leave"
                    f" {target} out"
                )

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        """The translation of each text.

        Raises:
            LingweaveError: the pair is not installed, or breaks at whatever it is given.
        """
        mode = self._mode(source, target)
        divided = Divided(f"--translator apertium, {mode}", lambda some: self._asked(mode, some))
        found = [""] * len(texts)
        full = [place for place, text in enumerate(texts) if text.strip()]
        for start in range(0, len(full), self.batch_size):
            places = full[start : start + self.batch_size]
            answers = divided([texts[place] for place in places])
            for place, answer in zip(places, answers, strict=True):
                found[place] = answer
        return found

    def identity(self) -> dict[str, Any]:
        """Its version, and a checksum of the files of each pair that is installed: with another
        pair beside them it counts as another translator."""
        return {
            "translator": "apertium",
            "version": self._run(["-V"], "")[0].split("\n")[0].removeprefix("Apertium").strip(),
            "pairs": {mode.name: _checksum(self._command, mode.name) for mode in self._modes()},
        }

    def _modes(self) -> tuple[Mode, ...]:
        return _modes(self._command)

    def _mode(self, source: str, target: str) -> str:
        """The mode's name, by its languages and not by how its name writes them."""
        found = [
            (_worth(mode.source, source) + _worth(mode.target, target), mode.name)
            for mode in self._modes()
            if _fits(mode.source, source) and _fits(mode.target, target)
        ]
        if not found:
            raise LingweaveError(self._lacks(source, target))
        return min(found)[1]

    def _lacks(self, source: str, target: str) -> str:
        into = {_code(m.target) for m in self._modes() if _fits(m.source, source)}
        near = nearest(target, into) or sorted(into)
        has = f"it has {', '.join(near)}" if near else "it has none from there"
        return (
            f"--translator apertium: no pair from {source} ({name(source)}) into {target}"
            f" ({name(target)}) is installed; {has}; `apt-cache search ^apertium-` lists packages"
            " of pairs, such as apertium-eng-spa"
        )

    def _asked(self, mode: str, texts: Sequence[str]) -> tuple[list[str | None], str]:
        """One call: a translation for each text that one came for."""
        lines = (_escaped(text) + _END.format(place + 1) for place, text in enumerate(texts))
        out, why = self._run(["-u", "-f", "none", mode], _END.format(0) + "".join(lines))
        # Before each number stands the text that ends there; the first end is of no text.
        parts = _ENDS.split(out)
        found: list[str | None] = [None] * len(texts)
        for number, text in zip(parts[3::2], parts[2::2], strict=False):
            if 1 <= int(number) <= len(texts):
                found[int(number) - 1] = _plain(text)
        if not any(found):  # A pair that is broken does this, and exits with 0.
            return [None] * len(texts), why or "it prints nothing"
        return found, why

    def _run(self, arguments: Sequence[str], stdin: str) -> tuple[str, str]:
        """What the command prints, and what went wrong."""
        # Another locale of the user's would have it read bytes instead of characters.
        environment = {**os.environ, "LC_ALL": "C.UTF-8"}
        with subprocess.Popen(
            [self._command, *arguments],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=environment, start_new_session=True,
        ) as process:  # fmt: skip
            try:
                # Half a character, as JSON may hold it, is nothing that could be translated.
                out, error = process.communicate(stdin.encode(errors="replace"), self._timeout)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)  # With all stages of its pipe.
                return "", f"no answer within {self._timeout:g} s"
        said = " ".join(error.decode(errors="replace").split())[:200]
        if process.returncode:
            said = f"exit status {process.returncode}{': ' if said else ''}{said}"
        return out.decode(errors="replace"), said


@cache
def _modes(command: str) -> tuple[Mode, ...]:
    """What is installed, as far as names say which languages it is for."""
    listed = subprocess.run(
        [command, "-l"], capture_output=True, text=True, check=False, timeout=60
    )
    found = []
    for mode in listed.stdout.split():
        names = [MEANT.get(part, part) for part in mode.split("-")]
        # A variety of the target, such as cat_valencia, is more than a code asks for.
        ends = [model_tongue(part) for part in names if not _VARIETY.search(part)]
        if len(names) == len(ends) == 2 and ends[0] and ends[1]:
            found.append(Mode(mode, ends[0], ends[1]))
    return tuple(found)


def _fits(known: Tongue, tag: str) -> bool:
    """Whether texts of a mode's language are what a code says."""
    wanted = tongue(tag)
    if known.language != wanted.language or known.region not in (None, wanted.region):
        return False
    return script(_code(known)) == script(tag)


def _worth(known: Tongue, tag: str) -> int:
    """0 for the code's own region, 1 for none."""
    return int(known.region != tongue(tag).region)


def _code(known: Tongue) -> str:
    return "-".join(part for part in known if part)


def _escaped(text: str) -> str:
    line = " ".join(text.replace("\0", " ").replace("~", _TILDE).split())
    return _SPECIAL.sub(r"\\\1", line)


def _plain(text: str) -> str:
    return " ".join(_ESCAPED.sub(r"\1", text).replace(_TILDE, "~").split())


@cache
def _checksum(command: str, mode: str) -> str:
    """SHA-256 of a mode and of every file that it names; "" where its folder is not found."""
    shares = (
        os.environ.get("APERTIUM_DATADIR", ""),
        "/usr/share/apertium",
        str(Path(command).resolve().parent.parent / "share/apertium"),
    )
    for share in shares:
        path = Path(share) / "modes" / f"{mode}.mode"
        if share and path.is_file():
            text = path.read_text(encoding="utf-8")
            digest = hashlib.sha256(text.encode())
            for part in re.findall(r"'([^']+)'", text):
                if Path(part).is_file():
                    with Path(part).open("rb") as file:
                        digest.update(hashlib.file_digest(file, "sha256").digest())
            return digest.hexdigest()
    return ""
