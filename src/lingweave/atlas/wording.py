"""The sentences of each language: how a clue, a question and a passage are put into words.

One TOML file a language stands in `sentences/`.  Names go in untouched, as subjects, after a
colon or in apposition, because a name can be inserted in its citation form only: no language's
sentences may depend on its gender, number or case.  Questions and labels for the same property
use different words, so that matching letters is not matching facts.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib import resources
from typing import NamedTuple

from babel.lists import format_list

from lingweave.atlas.facts import Clue, Fact, kind
from lingweave.atlas.names import NUMBER, is_number, names

CLUES = ("city", "currency", "tongue", "spoken")
PROPERTIES = (
    "currency",
    "former",
    "official",
    "rank",
    "zone",
    "city",
    "week",
    "region",
    "script",
    "home",
    "area",
    "since",
    "share",
)
UNSPACED = frozenset({"ja", "yue", "zh"})
"""Languages that put no space between sentences."""


class Wording(NamedTuple):
    """The templates of one language: `{x}` is a name, `{n}` a place in an order."""

    language: str
    clues: dict[str, str]
    questions: dict[str, str]
    labels: dict[str, str]

    def named(self, entity: str) -> str:
        """What the language calls an entity; numbers are written in plain digits."""
        return entity.removeprefix(NUMBER) if is_number(entity) else names(self.language)[entity]

    def clue(self, clue: Clue) -> str:
        """The sentence that points at a subject."""
        sentence = self.clues[clue.kind].replace("{n}", str(clue.number))
        return sentence.replace("{x}", self.named(clue.entity))

    def question(self, fact: Fact) -> str:
        """The sentence that asks for a property of the subject pointed at."""
        return self.questions[kind(fact)].replace("{n}", str(fact.number))

    def query(self, clue: Clue, fact: Fact) -> str:
        """Clue and question together."""
        space = "" if self.language in UNSPACED else " "
        return self.clue(clue) + space + self.question(fact)

    def passage(self, fact: Fact) -> str:
        """The fact as an almanac would print it: subject, label, value."""
        label = self.labels[kind(fact)].replace("{n}", str(fact.number))
        value = listed([self.named(entity) for entity in fact.value], self.language)
        return f"{self.named(fact.subject)} — {label}: {value}"


def listed(items: Sequence[str], language: str) -> str:
    """Names joined as the language joins them ("A, B and C")."""
    return items[0] if len(items) == 1 else str(format_list(list(items), locale=language))


@lru_cache(maxsize=1)
def written() -> tuple[str, ...]:
    """The languages that have a file of sentences."""
    folder = resources.files("lingweave.atlas") / "sentences"
    return tuple(
        sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml"))
    )


@cache
def wording(language: str) -> Wording:
    """The sentences of one language.

    Raises:
        FileNotFoundError: the language has no sentences; callers check `written` first.
    """
    file = resources.files("lingweave.atlas") / "sentences" / f"{language}.toml"
    tables = tomllib.loads(file.read_text(encoding="utf-8"))
    return Wording(language, tables["clues"], tables["questions"], tables["labels"])
