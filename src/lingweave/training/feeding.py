"""What a run's options ask of its batches, checked before the first of them is made."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from lingweave.errors import LingweaveError
from lingweave.negatives import HardNegatives
from lingweave.objectives import Need, Term
from lingweave.table import ParallelTable, Side
from lingweave.training.config import TrainConfig
from lingweave.training.data import Feed, Translation, View
from lingweave.training.teacher import Teacher
from lingweave.training.tokens import Tokens


class Wanted(NamedTuple):
    """What a batch holds beside queries and passages."""

    mined: HardNegatives | None
    """Hard negatives by record."""
    views: tuple[View, View]
    """Translations of queries and of passages."""


def wanted_of(
    config: TrainConfig,
    table: ParallelTable,
    terms: Sequence[Term],
    say: Callable[[str], object] | None = None,
) -> Wanted:
    """What the options ask of the training table, which must have it.

    Args:
        config: the options.
        table: the training table.
        terms: of the objective.
        say: told if the mined negatives are of another table.

    Raises:
        LingweaveError: the objective names a language that the table lacks, or needs translations
            that no record has; there are no hard negatives; the file of mined ones is not there or
            of another table.
    """
    if config.negatives and not config.mined and not table.has_negatives():
        raise LingweaveError(
            f"negatives: {config.negatives} a row are asked for and the table has none; give mined,"
            " a file of `lingweave mine`, or leave negatives at 0"
        )
    mined = HardNegatives.read(config.mined, table, say) if config.mined else None
    queries, passages = (_view(need, terms, table) for need in _SIDES)
    return Wanted(mined, (queries, passages))


def feed_of(
    config: TrainConfig, tokens: Tokens, wanted: Wanted, chunk_tokens: int, teacher: Teacher | None
) -> Feed:
    """What is taken from the training table for a batch.

    Args:
        config: the options.
        tokens: the training table's texts.
        wanted: what is taken beside them (``wanted_of``).
        chunk_tokens: tokens of a chunk at most.
        teacher: whose vectors the objective follows.
    """
    return Feed(tokens, chunk_tokens, config.negatives, wanted.mined, wanted.views, teacher)


_SIDES: dict[Need, Side] = {"other_query": "query", "other_passage": "passage"}


def _view(need: Need, terms: Sequence[Term], table: ParallelTable) -> View:
    asking = [term for term in terms if need in term.needs]
    if not asking:
        return None
    language, languages = asking[0].language, table.languages
    if language is not None and language not in languages:
        raise LingweaveError(
            f"objective: it names {language!r}, which is not among the table's languages:"
            f" {', '.join(languages)}"
        )
    present = table.present(_SIDES[need])
    if language is not None:
        present = present[present[:, list(languages).index(language)]]
    if not (present.sum(1) > 1).any():
        raise LingweaveError(
            f"objective: {asking[0].name} needs translations, but no record has its"
            f" {_SIDES[need]} in {language or 'one language'} and another; leave the term out"
        )
    return Translation(None if language is None else list(languages).index(language))
