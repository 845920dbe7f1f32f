"""What is looked at before the long work of a run, so that its mistakes are told at once."""

import hashlib
from collections.abc import Callable
from pathlib import Path

from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Transformer

from lingweave.encoders.sentence_transformer import identity
from lingweave.errors import LingweaveError
from lingweave.table import ParallelTable
from lingweave.training.config import TrainConfig
from lingweave.training.tokens.ways import way_of
from lingweave.training.validation import validation_plan

_UNCUT = 1_000_000
_DEFAULTS = TrainConfig()


def check_validation(config: TrainConfig, table: ParallelTable) -> None:
    """Whether the validation table gives batches, and the figure that is to choose a checkpoint.

    Raises:
        LingweaveError: it does not.
    """
    validation_plan(table, config.batch_size, min(config.valid_records, len(table)))
    queries, passages = table.present("query"), table.present("passage")
    within = (queries & passages).sum(1)
    pairs = {"mono": within, "cross": queries.sum(1) * passages.sum(1) - within}
    if config.criterion in pairs and not pairs[config.criterion].any():
        languages = "two languages" if config.criterion == "cross" else "one language"
        raise LingweaveError(
            f"criterion: {config.criterion} needs validation records with query and passage in"
            f" {languages}, and there are none; choose another, or other files with valid"
        )


def inputs_of(config: TrainConfig, valid: ParallelTable | None) -> dict[str, str]:
    """Checksums of what decides a run's weights beside its table, by the names of the options.

    Models are those that are folders; a name on the hub stands for itself.
    """
    found = {}
    if valid is not None:
        found["valid"] = valid.fingerprint
    for name in ("encoder", "teacher"):
        given = getattr(config, name)
        if given is not None and Path(given).is_dir():
            found[name] = str(identity("", Path(given))["sha256"])
    for name, paths in (
        ("mined", [config.mined] if config.mined else []),
        ("vocabulary_from", config.vocabulary_from or []),
    ):
        files = [Path(path) for path in paths if Path(path).is_file()]
        if files:
            found[name] = hashlib.sha256(b"".join(map(_sha256, files))).hexdigest()
    return found


def _sha256(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()


def cut_lengths(config: TrainConfig, limit: int | None) -> tuple[tuple[int, int], list[str]]:
    """Tokens after which queries and passages are cut, and what is to be said of them.

    Args:
        config: the run; its lengths hold where the model can read as much.
        limit: tokens that its encoder reads at most; None: any number.

    Raises:
        LingweaveError: a length was given that the model cannot read.
    """
    lengths, said = [], []
    for name in ("query_length", "passage_length"):
        length = getattr(config, name)
        if limit is not None and length > limit:
            if length != getattr(_DEFAULTS, name):
                raise LingweaveError(
                    f"{name}: {length} is more than the {limit} tokens that {config.encoder!r}"
                    f" reads; give {limit} or less"
                )
            said.append(f"{name}: {limit}, all that {config.encoder!r} reads")
            length = limit
        lengths.append(length)
    return (lengths[0], lengths[1]), said


def read_lengths(
    config: TrainConfig, model: SentenceTransformer
) -> tuple[tuple[int, int], list[str]]:
    """As ``cut_lengths``, for an encoder that is at hand.

    Raises:
        LingweaveError: as there, or a length has no room for text beside the prompt and the marks.
    """
    both, said = cut_lengths(
        config, model.max_seq_length if isinstance(model[0], Transformer) else None
    )
    prompts = (config.query_prompt, config.passage_prompt)
    way = way_of(model, prompts, both)
    check_prompts(config, both, lambda prompt: len(way.ids([prompt], _UNCUT)[0]))
    return both, said


def check_prompts(
    config: TrainConfig, lengths: tuple[int, int], tokens: Callable[[str], int]
) -> None:
    """Whether the prompts leave room for text.

    Args:
        config: the run.
        lengths: tokens after which queries and passages are cut.
        tokens: gives the tokens of a text, marks included.

    Raises:
        LingweaveError: a length has no room for text beside the prompt and the marks.
    """
    prompts = (config.query_prompt, config.passage_prompt)
    for name, prompt, length in zip(("query", "passage"), prompts, lengths, strict=True):
        # Space behind the prompt belongs to the text's first token.
        taken = tokens(prompt.rstrip())
        if taken >= length:
            raise LingweaveError(
                f"{name}_length: of {length} tokens the prompt and the marks take {taken}, which"
                f" leaves none for text; give more, or a shorter {name}_prompt"
            )
