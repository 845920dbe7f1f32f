"""A parallel question-passage data set, generated from CLDR: no download, no licence to accept.

Facts about territories and languages come from CLDR through `babel` (`facts`, `names`); the
sentences around them are our own (`wording`, one TOML file a language).  A question points at
its subject by a clue ("Lima is a place in this country") and asks for a property; the passage
names the subject and gives the value.  Neither contains the other's names, so an encoder has to
have learned which place, money or language belongs to which subject.

What is disjoint: facts.  A `(subject, property)` pair occurs in one split only, with one passage
a language; validation and test ask for each of theirs once.  What is shared: subjects, clues and
values.  A held-out question uses a clue that training has used for the same subject with other
properties.  The corpus of a split is the passages of that split.

`Atlas.names` are CLDR's parallel names of all entities (subjects, clues and values, those of
held-out facts included): the stand-in for pretraining, which knows words and their translations
but no fact.  No sentence and no pairing of two entities is in it.
"""

from lingweave.atlas.facts import Clue, Fact
from lingweave.atlas.generate import (
    ALL_LANGUAGES,
    DEFAULT_LANGUAGES,
    Atlas,
    Record,
    generate,
)

__all__ = [
    "ALL_LANGUAGES",
    "DEFAULT_LANGUAGES",
    "Atlas",
    "Clue",
    "Fact",
    "Record",
    "generate",
]
