"""From facts and sentences to the records of the three splits.

A record is one fact asked for through one clue, in every language.  A training fact may be asked
for through several clues (several records with one passage); a validation or test fact is asked
for once, and through a clue that training has used for the same subject with other facts, since
nothing but training can teach that the place belongs to the country.
"""

from __future__ import annotations

import hashlib
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import NamedTuple

from lingweave.atlas.facts import Clue, Fact, country, world
from lingweave.atlas.names import bare, clash, distinct, is_number, names
from lingweave.atlas.wording import wording, written
from lingweave.errors import LingweaveError

DEFAULT_LANGUAGES: tuple[str, ...] = (
    "am", "ar", "el", "en", "hi", "ja", "ka", "ko", "ru", "ta", "th", "zh",
)  # fmt: skip
"""Twelve languages in twelve scripts.  One language a script, because names that two languages
share are kept out, and that leaves little of a second language in the Latin script."""

ALL_LANGUAGES: tuple[str, ...] = written()
"""Every language that has sentences."""

TEST_RECORDS = 1040
VALIDATION_RECORDS = 520
CLUES_A_SUBJECT = 5
ENOUGH_FACTS = 2600
"""With fewer complete facts than this, records may lack languages."""


class Record(NamedTuple):
    """One fact asked for through one clue, in several languages.

    Training records that share a fact share its passage, so they must not be negatives of each
    other: mask by `(fact.subject, fact.property)`.  Masking by `group` would take away the
    negatives that teach to tell a subject's properties apart.
    """

    id: str
    fact: Fact
    group: str
    """The subject: the cluster for resampling, as records about one subject are not independent."""
    queries: dict[str, str]
    passages: dict[str, str]


class Atlas(NamedTuple):
    """The three splits and the parallel names."""

    languages: tuple[str, ...]
    train: list[Record]
    validation: list[Record]
    test: list[Record]
    names: list[dict[str, str]]


class _Candidate(NamedTuple):
    fact: Fact
    clue: Clue
    languages: tuple[str, ...]


def _checked(languages: Sequence[str]) -> tuple[str, ...]:
    """The languages, if the atlas can be written in them.

    Raises:
        LingweaveError: a language is unknown or given twice, or there are fewer than two.
    """
    known = written()
    for language in languages:
        if language not in known:
            raise LingweaveError(
                f"the atlas has no sentences in {language!r}: choose from {', '.join(known)}"
            )
    if len(set(languages)) < len(languages):
        twice = next(code for code, count in Counter(languages).items() if count > 1)
        raise LingweaveError(f"language {twice!r} is given twice: name each language once")
    if len(languages) < 2:
        raise LingweaveError("the atlas needs at least two languages: name one more")
    return tuple(languages)


def _stable(*parts: str) -> bytes:
    """A fixed pseudo-random key of some strings, the same on every platform."""
    return hashlib.sha256("\x1f".join(parts).encode()).digest()


def _usable(entities: Iterable[str], languages: Sequence[str]) -> dict[str, dict[str, str]]:
    """Entity -> language -> name.  Clashing names go to one language, in turn by country.

    By country and not by entity, because a record needs the names of a subject, a value and a
    clue in one language, and most of these come from one country.
    """
    usable = {}
    for entity in sorted(set(entities)):
        priority = sorted(languages, key=lambda code: _stable(country(entity), code))
        usable[entity] = distinct(entity, languages, priority)
    return usable


@cache
def _words(name: str) -> frozenset[str]:
    return frozenset(word[:4] for part in name.split() if len(word := bare(part)) >= 4)


def _tells(clue: Clue, fact: Fact, languages: Sequence[str]) -> bool:
    """Whether the clue's name gives the passage away: the same entity, or names alike.

    English is looked at whatever the languages are, as its names show best which entities are
    called after each other (Panama and the city of Panama, Japan and Japanese).
    """
    entities = (fact.subject, *fact.value)
    if clue.entity in entities:
        return True
    for language in dict.fromkeys((*languages, "en")):
        known = names(language)
        name = known.get(clue.entity)
        for other in (known.get(entity) for entity in entities):
            if name and other and (clash(name, other) or bare(name) in bare(other)):
                return True
            if name and other and bare(other) in bare(name):
                return True
            if language == "en" and name and other and _words(name) & _words(other):
                return True
    return False


def _candidates(
    languages: tuple[str, ...], usable: Mapping[str, Mapping[str, str]]
) -> list[_Candidate]:
    """Every fact with every clue to it that does not give it away, ambiguous texts left out."""
    facts, clues = world()
    found: list[_Candidate] = []
    for fact in facts:
        for clue in clues.get(fact.subject, ()):
            needed = [fact.subject, *fact.value, clue.entity]
            needed = [entity for entity in needed if not is_number(entity)]
            spoken = tuple(x for x in languages if all(x in usable[e] for e in needed))
            if len(spoken) >= 2 and not _tells(clue, fact, spoken):
                found.append(_Candidate(fact, clue, spoken))
    complete = [c for c in found if c.languages == languages]
    if len({c.fact for c in complete}) >= ENOUGH_FACTS:
        found = complete
    return _unambiguous(found)


def _unambiguous(candidates: list[_Candidate]) -> list[_Candidate]:
    """Without the candidates that share a query, or a passage's heading, with another fact.

    CLDR calls some places, and some territories and languages, alike in one language or another.
    Sentences differ where kind, number, name or property do, so these are compared in place of
    the sentences, of which there are too many.
    """
    owners: dict[tuple[object, ...], set[str]] = defaultdict(set)

    def keys(candidate: _Candidate) -> Iterator[tuple[object, ...]]:
        fact, clue, languages = candidate
        for language in languages:
            known = names(language)
            yield language, fact.property, known[clue.entity], clue.kind, clue.number
            yield language, fact.property, known[fact.subject]

    for candidate in candidates:
        for key in keys(candidate):
            owners[key].add(candidate.fact.subject)
    return [c for c in candidates if all(len(owners[key]) == 1 for key in keys(c))]


def _record(candidate: _Candidate) -> Record:
    fact, clue, languages = candidate
    queries, passages = {}, {}
    for language in languages:
        said = wording(language)
        queries[language] = said.query(clue, fact)
        passages[language] = said.passage(fact)
    name = f"{fact.subject}|{fact.property}|{clue.entity}"
    name += f":{clue.number}" if clue.number else ""
    return Record(name, fact, fact.subject, queries, passages)


def _split(
    candidates: list[_Candidate], shuffle: random.Random
) -> tuple[list[Record], list[Record], list[Record]]:
    """Facts to splits; each held-out fact's clue is one that training uses for its subject."""
    by_subject: dict[str, dict[Clue, list[_Candidate]]] = defaultdict(lambda: defaultdict(list))
    for candidate in candidates:
        by_subject[candidate.fact.subject][candidate.clue].append(candidate)
    by_fact: dict[Fact, list[_Candidate]] = defaultdict(list)
    for subject in sorted(by_subject):
        clues = sorted(by_subject[subject])
        shuffle.shuffle(clues)
        for clue in clues[:CLUES_A_SUBJECT]:
            for candidate in by_subject[subject][clue]:
                by_fact[candidate.fact].append(candidate)
    facts = sorted(by_fact)
    shuffle.shuffle(facts)
    # How many facts that are not held out each clue is used with.
    uses = Counter((c.fact.subject, c.clue) for fact in facts for c in by_fact[fact])
    held: list[Record] = []
    train: list[Record] = []
    for fact in facts:
        options = by_fact[fact]
        learned = all(uses[fact.subject, c.clue] > 1 for c in options)
        if learned and len(held) < TEST_RECORDS + VALIDATION_RECORDS:
            held.append(_record(shuffle.choice(options)))
            uses.subtract((fact.subject, c.clue) for c in options)
        else:
            train.extend(_record(c) for c in options)
    shuffle.shuffle(train)
    return train, held[TEST_RECORDS:], held[:TEST_RECORDS]


def generate(languages: Sequence[str] = DEFAULT_LANGUAGES, seed: int = 0) -> Atlas:
    """The data set in some languages: a pure function of its arguments and of CLDR's version.

    Args:
        languages: codes out of `ALL_LANGUAGES`, in the order that the atlas keeps them.
        seed: which facts go to which split, and through which clues they are asked for.

    Raises:
        LingweaveError: a language is unknown or given twice, or there are fewer than two.
    """
    chosen = _checked(languages)
    facts, clues = world()
    entities = {e for fact in facts for e in (fact.subject, *fact.value)}
    entities.update(clue.entity for row in clues.values() for clue in row)
    usable = _usable((e for e in entities if not is_number(e)), chosen)
    shuffle = random.Random(f"lingweave atlas {seed}")
    train, validation, test = _split(_candidates(chosen, usable), shuffle)
    parallel = [usable[entity] for entity in sorted(usable) if len(usable[entity]) >= 2]
    return Atlas(chosen, train, validation, test, parallel)
