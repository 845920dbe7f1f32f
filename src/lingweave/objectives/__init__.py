"""Objectives: functions of embedding matrices and ids.

Nothing here knows a model, a tokenizer or a trainer. Every objective gives the loss of each row and
leaves the sum to its caller, so that a loss can be worked out in blocks of rows and over processes.
"""

from lingweave.objectives.embedded import Embedded, Rows
from lingweave.objectives.ids import NONE, Ids, shared
from lingweave.objectives.infonce import InfoNCE, info_nce
from lingweave.objectives.term import Need, Term

__all__ = ["NONE", "Embedded", "Ids", "InfoNCE", "Need", "Rows", "Term", "info_nce", "shared"]
