"""Texts in another script than their language is written in."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import regex

from lingweave.building.blocks import Block, Verdicts
from lingweave.building.filters.columns import column, members
from lingweave.building.filters.density import density
from lingweave.building.filters.found import Found, Keyed, shown
from lingweave.languages import script
from lingweave.table import SIDES

_PARTS = {
    "Jpan": ("Hani", "Hira", "Kana"), "Kore": ("Hang", "Hani"), "Hans": ("Hani", "Bopo"),
    "Hant": ("Hani", "Bopo"), "Hrkt": ("Hira", "Kana"), "Aran": ("Arab",), "Latf": ("Latn",),
    "Latg": ("Latn",), "Cyrs": ("Cyrl",), "Jamo": ("Hang",),
}  # fmt: skip
_TOO = {
    "az": "Cyrl", "bs": "Cyrl", "ber": "Tfng", "crh": "Cyrl", "fuv": "Adlm", "ha": "Arab",
    "kab": "Tfng", "kk": "Latn", "ks": "Deva", "ku": "Arab", "ky": "Latn", "mn": "Mong",
    "ms": "Arab", "pa": "Arab", "sd": "Deva", "shi": "Latn", "sr": "Latn", "tg": "Latn",
    "tk": "Cyrl", "tt": "Latn", "ug": "Latn", "uz": "Cyrl", "zgh": "Latn",
}  # fmt: skip
"""Languages that are written in a second script as well, where their code names none."""


@dataclass(frozen=True)
class Script(Keyed):
    """Cells with a text of which too few letters are of the language's scripts."""

    share: float = 0.2
    """The least share of letters; those of dense scripts count for more, and names and code in
    Latin letters are common among others."""
    letters: int = 8
    """Texts with fewer letters are not judged."""

    name = "script"

    def __call__(self, block: Block) -> Verdicts:
        found = Found(block, self.name)
        for number, language in enumerate(block.table.languages):
            if not scripts(language):
                continue
            ours, dense = members(pattern(language)), density(language)
            for side in SIDES:
                texts = column(block, side, language)
                letters = texts.counts(members(r"\p{L}"))
                own = texts.counts(ours)
                shares = own / np.maximum(own + (letters - own) * dense, own + (own == 0))
                bad = (letters >= self.letters) & (shares < self.share)
                for place in np.flatnonzero(bad).tolist():
                    share = float(shares[place])
                    detail = (
                        f"{side}: {share:.0%} of its letters are {'/'.join(scripts(language))}"
                        f" ({shown(texts.text(place))})"
                    )
                    found.add(place, number, detail, share)
        return found.verdicts()


@lru_cache(maxsize=4096)
def scripts(language: str) -> tuple[str, ...]:
    """ISO 15924 codes of the scripts that a language is written in, as Unicode knows them; none
    where that is not known."""
    base, *tags = language.split("-")
    names = [script(language)]
    if base in _TOO and not any(len(tag) == 4 for tag in tags):
        names.append(_TOO[base])
    parts = (part for name in names for part in _PARTS.get(name, (name,)))
    return tuple(part for part in parts if _is_script(part))


def pattern(language: str) -> str:
    """A pattern of `regex` for the letters of a language's scripts, or of any if none is known."""
    inside = "".join(rf"\p{{Script_Extensions={name}}}" for name in scripts(language))
    return rf"[[{inside}]&&\p{{L}}]" if inside else r"\p{L}"


def _is_script(name: str) -> bool:
    """Whether characters have this script: unwritten, unknown and shared ones are none."""
    if name.startswith("Z"):
        return False
    try:
        regex.compile(rf"\p{{Script_Extensions={name}}}")
    except regex.error:
        return False
    return True
