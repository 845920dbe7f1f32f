"""What a run's options ask of its batches, checked before the first of them is made."""

from collections.abc import Callable, Sequence

from lingweave.errors import LingweaveError
from lingweave.negatives import HardNegatives
from lingweave.objectives import Need, Term, view_languages
from lingweave.training.config import TrainConfig
from lingweave.training.data import Feed, Translation, View
from lingweave.training.teacher import Teacher
from lingweave.training.tokens import Tokens


def feed_of(
    config: TrainConfig,
    tokens: Tokens,
    terms: Sequence[Term],
    chunk_tokens: int,
    teacher: Teacher | None,
    say: Callable[[str], object] | None = None,
) -> Feed:
    """What is taken from the training table for a batch.

    Args:
        config: the options.
        tokens: the training table's texts.
        terms: of the objective.
        chunk_tokens: tokens of a chunk at most.
        teacher: whose vectors the objective follows.
        say: told if the mined negatives are of another table.

    Raises:
        LingweaveError: the objective names a language that the table lacks, or the file of mined
            negatives is not there or of another table.
    """
    mined = HardNegatives.read(config.mined, tokens.table, say) if config.mined else None
    wanted = view_languages(terms)
    views = tuple(_view(need, wanted, tokens.table.languages) for need in _SIDES)
    return Feed(tokens, chunk_tokens, config.negatives, mined, (views[0], views[1]), teacher)


_SIDES: tuple[Need, Need] = ("other_query", "other_passage")


def _view(need: Need, wanted: dict[Need, str | None], languages: Sequence[str]) -> View:
    if need not in wanted:
        return None
    language = wanted[need]
    if language is not None and language not in languages:
        raise LingweaveError(
            f"objective: it names {language!r}, which is not among the table's languages:"
            f" {', '.join(languages)}"
        )
    return Translation(None if language is None else list(languages).index(language))
