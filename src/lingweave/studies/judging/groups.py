"""Groups of languages: family, script, and how much there is of a language to learn from.

Families and resource levels are facts of `languages.tsv`, which says where they are from; scripts
are CLDR's, or the one that a code names (`sr-Latn`).
"""

from functools import lru_cache
from importlib import resources
from typing import NamedTuple

import langcodes

from lingweave import languages

OTHER = "other"
"""The family of a language that the table lacks."""
UNKNOWN = "unknown"
"""The resource level of a language that the table lacks."""
LEVELS = ("high", "medium", "low")
"""Resource levels, the best first."""
_SAME = {"Hang": "Kore"}
"""Korean is written in Hangul with or without Han: one script here."""


class Facts(NamedTuple):
    """What the table says of a language."""

    family: str
    """Its family; of Indo-European and of Niger-Congo a branch."""
    resource: str
    """One of `LEVELS`."""


def family(code: str) -> str:
    """The family of a language, such as `Bantu`."""
    return _facts(code).family


def resource(code: str) -> str:
    """The resource level of a language: high, medium or low; unknown if the table lacks it."""
    return _facts(code).resource


def script(code: str) -> str:
    """The ISO 15924 code of the script that a language, or this form of it, is written in."""
    found = languages.script(code)
    return _SAME.get(found, found)


def names(kind: str) -> tuple[str, ...]:
    """The groups that there are of a kind: family, script or resource."""
    if kind == "resource":
        return (*LEVELS, UNKNOWN)
    if kind == "family":
        return (*sorted({facts.family for facts in table().values()}), OTHER)
    return tuple(sorted({script(code) for code in (*table(), "zh-Hant")}))


@lru_cache(maxsize=1)
def table() -> dict[str, Facts]:
    """Code of a language -> facts."""
    text = resources.files("lingweave.studies.judging").joinpath("languages.tsv").read_text("utf-8")
    rows = [line.split("\t") for line in text.splitlines() if not line.startswith("#")]
    return {code: Facts(*facts) for code, *facts in rows[1:]}


@lru_cache(maxsize=4096)
def _facts(code: str) -> Facts:
    known = table()
    # zh-TW is a form of zh; its script and region say nothing about its family.
    return known.get(code) or known.get(langcodes.get(code).language or "", Facts(OTHER, UNKNOWN))
