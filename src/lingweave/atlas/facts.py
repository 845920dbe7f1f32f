"""Facts about territories and languages, read from CLDR through `babel`.

Two kinds of subject are asked about, territories and languages.  An entity is named by a short
identifier (`territory:PE`, `language:qu`, `currency:PEN`, `place:America/Lima`, `clock:Peru`,
`script:Latn`, `day:0`, `number:1993`) that says nothing about how any language writes it; `names`
does that.

A `Fact` is a subject, a property and its value.  A `Clue` points at a subject without naming it:
the territory in which a place lies, the territory whose second language is X, the language that
is third in X.  Only statements that hold for exactly one subject become clues, and only
properties with exactly one answer become facts (ties among numbers of speakers are left out),
so a question made of a clue and a property has one right answer.

CLDR's table of which territory lies in which region is not part of `babel`, so it is written
out here (UN M49 subregions, the grouping CLDR uses).

Everything is walked in sorted order: no result depends on the order of a set or a dictionary.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

from babel import Locale, localedata
from babel.core import get_global

from lingweave.atlas.names import METAZONES, NUMBER

REGIONS: dict[str, str] = {
    "005": "AR BO BR CL CO EC FK GF GY PE PY SR UY VE",
    "011": "BF BJ CI CV GH GM GN GW LR ML MR NE NG SH SL SN TG",
    "013": "BZ CR GT HN MX NI PA SV",
    "014": "BI DJ ER ET IO KE KM MG MU MW MZ RE RW SC SO SS TZ UG YT ZM ZW",
    "015": "DZ EG EH LY MA SD TN",
    "017": "AO CD CF CG CM GA GQ ST TD",
    "018": "BW LS NA SZ ZA",
    "021": "BM CA GL PM US",
    "029": "AG AI AW BB BL BQ BS CU CW DM DO GD GP HT JM KN KY LC MF MQ MS PR SX TC TT VC VG VI",
    "030": "CN HK JP KP KR MN MO TW",
    "034": "AF BD BT IN IR LK MV NP PK",
    "035": "BN ID KH LA MM MY PH SG TH TL VN",
    "039": "AD AL BA ES GI GR HR IT ME MK MT PT RS SI SM VA XK",
    "053": "AU CC CX NF NZ",
    "054": "FJ NC PG SB VU",
    "057": "FM GU KI MH MP NR PW",
    "061": "AS CK NU PF PN TK TO TV WF WS",
    "143": "KG KZ TJ TM UZ",
    "145": "AE AM AZ BH CY GE IL IQ JO KW LB OM PS QA SA SY TR YE",
    "151": "BG BY CZ HU MD PL RO RU SK UA",
    "154": "AX DK EE FI FO GB GG IE IM IS JE LT LV NO SE SJ",
    "155": "AT BE CH DE FR LI LU MC NL",
}
"""Territories by UN M49 subregion."""

RANKS = 8
"""How far down the order of a territory's languages questions go."""

SHARES = 4
"""For how many of these languages questions ask for the share of speakers."""

HOMES = 3
"""How far down the order of a language's territories questions go."""


class Fact(NamedTuple):
    """What a record is about; `(subject, property)` is what an oracle ranks by."""

    subject: str
    property: str
    number: int
    """The place in an order ("language number 3"), 0 where the property has none."""
    value: tuple[str, ...]


def kind(fact: Fact) -> str:
    """The property without its number ("rank" of "rank-3"): the key of its sentences."""
    return fact.property.partition("-")[0]


class Clue(NamedTuple):
    """A way to point at a subject by something else than its name."""

    kind: str
    entity: str
    number: int


class World(NamedTuple):
    """All facts, and the clues to each subject, both in a fixed order."""

    facts: tuple[Fact, ...]
    clues: Mapping[str, tuple[Clue, ...]]


def country(entity: str) -> str:
    """The territory that an entity belongs with, or the entity itself where there is none."""
    sort, _, code = entity.partition(":")
    if sort == "place":
        return str(get_global("zone_territories").get(code, entity))
    if sort == "currency":
        return str(min(get_global("all_currencies").get(code, (entity,))))
    if sort == "language":
        return str(get_global("likely_subtags").get(code, entity)).rpartition("_")[2]
    return code if sort == "territory" else entity


def _territories() -> list[str]:
    return sorted(t for row in REGIONS.values() for t in row.split())


def _regions() -> dict[str, str]:
    return {t: region for region, row in REGIONS.items() for t in row.split()}


def _spoken(territory: str) -> dict[str, tuple[float, bool]]:
    """Share of the population and official status by language, scripts and variants merged."""
    found: dict[str, tuple[float, bool]] = {}
    for code, info in sorted(get_global("territory_languages").get(territory, {}).items()):
        language = code.split("_")[0]
        share, official = found.get(language, (0.0, False))
        status = info.get("official_status") in {"official", "de_facto_official"}
        found[language] = (max(share, info["population_percent"]), official or status)
    return found


def _ordered(shares: Mapping[str, float], depth: int) -> dict[int, str]:
    """Place -> key for the largest shares, without the places that are tied."""
    ordered = sorted(shares, key=lambda key: (-shares[key], key))
    count = Counter(shares.values())
    return {
        place: key
        for place, key in enumerate(ordered[:depth], start=1)
        if shares[key] > 0 and count[shares[key]] == 1
    }


class _Money(NamedTuple):
    current: str | None
    since: int | None
    former: str | None


def _money(territory: str) -> _Money:
    """The one currency in use, its first year, and the one that it replaced, where certain."""
    tender = [row for row in get_global("territory_currencies").get(territory, ()) if row[3]]
    current = sorted({code for code, _, end, _ in tender if end is None})
    ended = sorted(((end, code) for code, _, end, _ in tender if end is not None), reverse=True)
    former = None
    if ended and sum(end == ended[0][0] for end, _ in ended) == 1 and ended[0][1] not in current:
        former = ended[0][1]
    if len(current) != 1:
        return _Money(None, None, former)
    starts = [start[0] for code, start, end, _ in tender if end is None and start]
    return _Money(current[0], starts[0] if len(starts) == 1 else None, former)


def _first_days() -> dict[str, int]:
    """The day a week begins with, from the first locale of each territory."""
    chosen: dict[str, str] = {}
    for identifier in sorted(localedata.locale_identifiers()):
        last = identifier.rpartition("_")[2]
        if len(last) == 2 and last.isupper():
            chosen.setdefault(last, identifier)
    return {t: Locale.parse(identifier).first_week_day for t, identifier in chosen.items()}


def _unique(pairs: list[tuple[Clue, str]]) -> dict[str, tuple[Clue, ...]]:
    """Subject -> the clues that point at it and at nothing else."""
    subjects: dict[Clue, set[str]] = defaultdict(set)
    for clue, subject in pairs:
        subjects[clue].add(subject)
    found: dict[str, list[Clue]] = defaultdict(list)
    for clue in sorted(subjects):
        if len(subjects[clue]) == 1:
            found[next(iter(subjects[clue]))].append(clue)
    return {subject: tuple(clues) for subject, clues in sorted(found.items())}


@lru_cache(maxsize=1)
def world() -> World:
    """All facts and clues.  Reads about 250 locale files once; later calls are free."""
    territories = _territories()
    regions = _regions()
    days = _first_days()
    zones = get_global("territory_zones")
    facts: list[Fact] = []
    clues: list[tuple[Clue, str]] = []
    homes: dict[str, dict[str, float]] = defaultdict(dict)

    for territory in territories:
        subject = f"territory:{territory}"
        money = _money(territory)
        if money.current:
            facts.append(Fact(subject, "currency", 0, (f"currency:{money.current}",)))
            clues.append((Clue("currency", f"currency:{money.current}", 0), subject))
        if money.since:
            facts.append(Fact(subject, "since", 0, (f"{NUMBER}{money.since}",)))
        if money.former:
            facts.append(Fact(subject, "former", 0, (f"currency:{money.former}",)))
        spoken = _spoken(territory)
        official = sorted((c for c in spoken if spoken[c][1]), key=lambda c: (-spoken[c][0], c))
        if 0 < len(official) <= 4:
            facts.append(Fact(subject, "official", 0, tuple(f"language:{c}" for c in official)))
        shares = {code: share for code, (share, _) in spoken.items()}
        for code, share in shares.items():
            homes[code][territory] = share
        for place, code in _ordered(shares, RANKS).items():
            language = f"language:{code}"
            facts.append(Fact(subject, f"rank-{place}", place, (language,)))
            clues.append((Clue("tongue", language, place), subject))
            clues.append((Clue("spoken", subject, place), language))
            if place <= SHARES:
                percent = f"{NUMBER}{shares[code]:g}"
                facts.append(Fact(subject, f"share-{place}", place, (percent,)))
        places = sorted(zones.get(territory, ()))
        clocks = sorted({METAZONES[z] for z in places if z in METAZONES})
        if len(clocks) == 1:
            facts.append(Fact(subject, "zone", 0, (f"clock:{clocks[0]}",)))
        if len(places) == 1:
            facts.append(Fact(subject, "city", 0, (f"place:{places[0]}",)))
        clues.extend((Clue("city", f"place:{place}", 0), subject) for place in places)
        if territory in days:
            facts.append(Fact(subject, "week", 0, (f"day:{days[territory]}",)))
        facts.append(Fact(subject, "region", 0, (f"territory:{regions[territory]}",)))

    for code in sorted(homes):
        subject = f"language:{code}"
        script = str(get_global("likely_subtags").get(code, "")).split("_")
        if len(script) == 3 and script[1] != "Zxxx":
            facts.append(Fact(subject, "script", 0, (f"script:{script[1]}",)))
        for place, territory in _ordered(homes[code], HOMES).items():
            facts.append(Fact(subject, f"home-{place}", place, (f"territory:{territory}",)))
        areas = sorted({regions[territory] for territory in homes[code]})
        if len(areas) == 1:
            facts.append(Fact(subject, "area", 0, (f"territory:{areas[0]}",)))
    return World(tuple(sorted(facts)), _unique(clues))
