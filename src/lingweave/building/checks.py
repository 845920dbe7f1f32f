"""Which options of `lingweave build` are possible, and which of them go together."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from lingweave.building.removed import removed_beside
from lingweave.building.translators.choice import FILE
from lingweave.errors import LingweaveError, refuse_unused
from lingweave.languages import canonical

if TYPE_CHECKING:
    from lingweave.building.config import BuildConfig

_TRANSLATING = ("retry_failed", "sentence_limit", "negatives", "translations", "ray")
_CLEARING = ("corpus", "articles", "same", "titles")
_MINING = ("margin", "mine_language")


def check_values(config: "BuildConfig") -> None:
    """Refuses what no option can be.

    Raises:
        LingweaveError: naming the option.
    """
    if not config.from_:
        raise LingweaveError("--from: give files or folders with question-passage pairs")
    codes = (config.language, config.source, config.mine_language)
    for code in (*filter(None, codes), *config.to, *(config.languages or ())):
        canonical(code)
    for name in ("least_languages", "workers", "sentence_limit"):
        value = getattr(config, name)
        if value is not None and value < 1:
            raise LingweaveError(f"--{name} {value}: must be 1 or more")
    if not 0 < config.margin < math.inf:
        raise LingweaveError(f"--margin {config.margin}: must be above 0")
    if not 0 < config.same <= 1:
        raise LingweaveError(f"--same {config.same}: must be above 0 and at most 1")
    if config.near is not None and not 0.5 <= config.near <= 1:
        raise LingweaveError(f"--near {config.near}: must be 0.5 to 1, or null")
    for name, known in (
        ("duplicates", ("pair", "query", "passage", "none")),
        ("corpus", ("all", "gold", "none")),
        ("articles", ("report", "remove")),
    ):
        if getattr(config, name) not in known:
            raise LingweaveError(
                f"--{name} {getattr(config, name)}: choose from {', '.join(known)}"
            )
    for one in config.against:
        if config.against.count(one) > 1:
            raise LingweaveError(f"--against {one}: is given twice")


def check_together(config: "BuildConfig") -> None:
    """Refuses options that would do nothing, or contradict each other.

    Raises:
        LingweaveError: naming the option and what it goes with.
    """
    kind = config.translator_kind
    if config.to and kind is None:
        raise LingweaveError(f"--to {','.join(config.to)}: give --translator too, what translates")
    if not config.to and kind not in (None, "file"):
        raise LingweaveError(
            f"--translator {config.translator or kind}: give --to too, the languages"
        )
    if config.mine and config.encoder is None:
        raise LingweaveError("--mine: give what tells translations, as --encoder.model MODEL")
    sentences = kind not in (None, "file")
    for options, there, whose in (
        (_TRANSLATING, sentences, "a --translator of sentences"),
        (_CLEARING, bool(config.against), "--against"),
        (_MINING, bool(config.mine), "--mine"),
        (("near",), config.duplicates != "none", "a search for --duplicates"),
    ):
        if not there:
            refuse_unused(config, options, f"only goes with {whose}; leave it out")


def check_places(config: "BuildConfig") -> None:
    """Refuses to write over what is read, or among it, where a later run would read it.

    Raises:
        LingweaveError: naming the file.
    """
    if config.out.suffix != ".arrow":
        raise LingweaveError(f"--out {config.out}: must end in .arrow, as packed tables do")
    if config.out.is_dir():
        raise LingweaveError(f"--out {config.out}: is a folder; name a file in it")
    written = [config.out, config.record, removed_beside(config.out)]
    folder = config.folder
    if folder.exists() and not folder.is_dir():
        raise LingweaveError(f"--work {folder}: is a file; give a folder")
    for option, read in _read(config):
        for file in written:
            if _holds(read, file):
                raise LingweaveError(
                    f"--out {config.out}: {file} is, or lies in, what {option} reads ({read}); give"
                    " another place"
                )
        if _holds(read, folder):
            raise LingweaveError(
                f"--work {folder}: is, or lies in, what {option} reads ({read}); give another"
                " folder"
            )
        if _holds(folder, read):
            raise LingweaveError(
                f"--work {folder}: {option} reads {read} in it, where the build writes; give"
                " another folder, or move the file"
            )
    if any(_holds(folder, file) for file in written):
        raise LingweaveError(f"--out {config.out}: lies in the folder of --work; give another")


def _holds(folder: Path, path: Path) -> bool:
    """Whether a path is a folder (or a file), or lies in it."""
    return path.resolve().is_relative_to(folder.resolve())


def _read(config: "BuildConfig") -> Iterator[tuple[str, Path]]:
    """What is read, with the option that names it."""
    for option, paths in (("--from", config.from_), ("--mine", config.mine)):
        yield from ((option, Path(path)) for path in paths)
    yield from (("--titles", Path(path)) for path in config.titles)
    for one in config.against:
        if folder := one.partition("=")[2]:
            yield "--against", Path(folder)
    if config.back is not None:
        yield "--back", config.back
    if config.translator_kind == "file":
        yield "--translator", Path((config.translator or "").removeprefix(FILE))
