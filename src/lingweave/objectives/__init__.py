"""Objectives: functions of embedding matrices and ids.

Nothing here knows a model, a tokenizer or a trainer. Every objective gives the loss of each row and
leaves the sum to its caller, so that a loss can be worked out in blocks of rows and over processes.
"""

from lingweave.objectives.alignment import AlignPassages, AlignQueries
from lingweave.objectives.clear import Clear
from lingweave.objectives.distillation import DistillKL, DistillMSE, same_width
from lingweave.objectives.embedded import Embedded, Rows
from lingweave.objectives.ids import NONE, Ids, shared
from lingweave.objectives.infonce import InfoNCE, MultiPositive, info_nce
from lingweave.objectives.language import Language, Semantic
from lingweave.objectives.margin import TwoSided
from lingweave.objectives.mixture import TERMS, objective_of, part, shares, view_languages
from lingweave.objectives.term import Contrast, Need, Term
from lingweave.objectives.variance import Variance

__all__ = [
    "NONE",
    "TERMS",
    "AlignPassages",
    "AlignQueries",
    "Clear",
    "Contrast",
    "DistillKL",
    "DistillMSE",
    "Embedded",
    "Ids",
    "InfoNCE",
    "Language",
    "MultiPositive",
    "Need",
    "Rows",
    "Semantic",
    "Term",
    "TwoSided",
    "Variance",
    "info_nce",
    "objective_of",
    "part",
    "same_width",
    "shared",
    "shares",
    "view_languages",
]
