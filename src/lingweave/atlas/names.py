"""What each language calls an entity, and which of these names may be used.

A name that two languages share would let an encoder match a query in one with a passage in the
other by its letters alone.  So a name is kept out when another chosen language writes it alike
(after NFKC and case folding), or, among languages in the Latin script, when one contains the
other (accents aside), as *Fidji* and *Fidjian* would.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache

from babel import Locale
from babel.core import get_global

NUMBER = "number:"
"""Prefix of the values that are numbers; they have no name, and every language can write them."""

METAZONES: Mapping[str, str] = get_global("meta_zones")
"""The named clock time ("Central European Time") that each time zone keeps today."""


def is_number(entity: str) -> bool:
    """Whether an entity is a number."""
    return entity.startswith(NUMBER)


@cache
def fold(text: str) -> str:
    """The form in which names are compared: NFKC, case folded, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


@cache
def bare(text: str) -> str:
    """`fold` without accents and anything else that is neither letter nor digit."""
    parts = unicodedata.normalize("NFKD", fold(text))
    return "".join(c for c in parts if c.isalnum())


@cache
def names(language: str) -> Mapping[str, str]:
    """Entity -> name in one language, for every entity that CLDR names in it."""
    locale = Locale.parse(language)
    found: dict[str, str] = {}
    for kind, table in (
        ("territory", locale.territories),
        ("currency", locale.currencies),
        ("language", locale.languages),
        ("script", locale.scripts),
    ):
        for code, name in table.items():
            found[f"{kind}:{code}"] = str(name)
    for zone in sorted(get_global("zone_territories")):
        # CLDR leaves a city out where its name is that of the zone's identifier.
        city = locale.time_zones.get(zone, {}).get("city")
        found[f"place:{zone}"] = city or zone.rpartition("/")[2].replace("_", " ")
    for clock in sorted(set(METAZONES.values())):
        long = locale.meta_zones.get(clock, {}).get("long", {})
        name = long.get("generic") or long.get("standard")
        if name:
            found[f"clock:{clock}"] = str(name)
    for index, day in locale.days["stand-alone"]["wide"].items():
        found[f"day:{index}"] = str(day)
    cleaned = {k: _cleaned(v) for k, v in found.items()}
    return {k: v for k, v in sorted(cleaned.items()) if v}


def _cleaned(name: str) -> str:
    """NFC, single spaces, and no invisible marks at the ends (Khmer names have some)."""
    return " ".join(unicodedata.normalize("NFC", name).split()).strip("\u200b\u200e\u200f")


@cache
def is_latin(text: str) -> bool:
    """Whether any letter of the text is Latin."""
    return any("LATIN" in unicodedata.name(c, "") for c in text if c.isalpha())


def clash(one: str, other: str) -> bool:
    """Whether two languages' names for an entity are too alike to be used side by side."""
    if fold(one) == fold(other):
        return True
    if not (is_latin(one) and is_latin(other)):
        return False
    a, b = bare(one), bare(other)
    return a in b or b in a


def distinct(entity: str, languages: Sequence[str], priority: Sequence[str]) -> dict[str, str]:
    """Language -> name, such that no two of the names clash.

    Where names clash, the language that comes first in `priority` keeps its name and the others
    do without, so a caller that wants complete entities compares the size with the languages'.
    """
    kept: dict[str, str] = {}
    for language in priority:
        name = names(language).get(entity)
        if name is not None and not any(clash(name, other) for other in kept.values()):
            kept[language] = name
    return {language: kept[language] for language in languages if language in kept}
