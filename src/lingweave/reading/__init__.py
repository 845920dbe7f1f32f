"""Reading: is the right answer found, under the official rules of the data set?

`rules` scores answers as texts; `sentence_match` asks whether the first candidates contain the
answer and needs no reader; `lingweave.reading.reader` reads passages with an extractive model.
"""

from lingweave.reading.figures import Reading
from lingweave.reading.rules import MKQA, MLQA, RULES, SQUAD, TYDI, RuleSet, Scored
from lingweave.reading.sentences import contains, sentence_match

__all__ = [
    "MKQA",
    "MLQA",
    "RULES",
    "SQUAD",
    "TYDI",
    "Reading",
    "RuleSet",
    "Scored",
    "contains",
    "sentence_match",
]
