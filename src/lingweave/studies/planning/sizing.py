"""Tokens, parameters, memory and time of one run, from what is at hand of its data and encoder."""

import dataclasses
from pathlib import Path
from typing import NamedTuple

from lingweave.errors import LingweaveError, NotFetchedError
from lingweave.studies.definition.places import place_of
from lingweave.studies.definition.study import Fields, Study
from lingweave.studies.planning.footprints import published_shape, sizes_of
from lingweave.studies.running.runs import MODELS, START, TABLES, start_fields, train_config
from lingweave.studies.running.tokens import tokens_per_step
from lingweave.training.config import FROM_NOTHING, TrainConfig

SHAPE = ("encoder", "vocabulary", "dimension", "layers")
"""Fields that decide the size of an encoder that starts from nothing."""
PUBLISHED_SHAPE = (
    "the hub is not reached, so its shape is that of the published facts, and texts are taken to be"
    " as long as they may be"
)
"""What is said of an encoder that is known by its shape alone."""


def config_of(
    study: Study, fields: Fields, out: Path, device: str | None
) -> tuple[TrainConfig, int, list[str]]:
    """A run as far as it can be planned, the parameters that an extension adds, and what is to be
    said of it: an encoder that goes on from a start has its shape."""
    given, extra = dict(fields), 0
    while str(given.get("encoder", "")).startswith(START):
        start = given["encoder"].removeprefix(START)
        spec = study.starts[start]
        if spec.extend is not None:
            given["encoder"], extra = spec.extend.model, extra + spec.extend.tokens
            continue
        below = start_fields(study, start)
        given["encoder"] = below.get("encoder", "static")
        given |= {name: below[name] for name in SHAPE[1:] if name in below}
    if str(given.get("teacher", "")).startswith(START):
        given["teacher"] = "a start"
    try:
        config = train_config(study, given, study.seeds[0], out, {})
        notes = []
    except LingweaveError:
        left_out = (*TABLES, "mined", "eval_every", "patience")
        kept = {name: value for name, value in given.items() if name not in left_out}
        kept |= {name: place_of(kept[name]) for name in MODELS if kept.get(name)}
        config = TrainConfig(**kept | {"seed": study.seeds[0]})
        notes = ["its data are not at hand, so texts are taken to be as long as they may be"]
    return dataclasses.replace(config, plan_device=device), extra, notes


class RunFootprint(NamedTuple):
    """What a footprint tells."""

    tokens: float | None
    parameters: int | None
    memory: int | None
    fits: bool | None
    seconds: float | None
    device: str


def run_footprint(
    config: TrainConfig, model: Path | None, notes: list[str], out: Path
) -> RunFootprint:
    """Tokens of a step, parameters, memory and time; what cannot be told is noted."""
    from lingweave.studies.planning.static_time import seconds_per_step
    from lingweave.training.options import recipe_of
    from lingweave.training.tables import training_table

    loaded = config.encoder not in FROM_NOTHING
    tokens = None
    try:
        table = training_table(config) if config.table else None
        if table is not None and not loaded:
            tokens = tokens_per_step(config, model)
        if table is not None and loaded:
            found = sizes_of(config, out, table, recipe_of(config))
        else:
            found = sizes_of(_sizing(config), out)
    except LingweaveError as error:
        shape = published_shape(config.encoder) if isinstance(error, NotFetchedError) else None
        if shape is None:
            notes.append(" ".join(str(error).split()))
            return RunFootprint(tokens, None, None, None, None, config.plan_device or "–")
        notes.append(PUBLISHED_SHAPE)
        # What a name says of pooling goes with it.
        pooling = "cls" if config.pooling == "auto" and "labse" in shape else config.pooling
        found = sizes_of(_sizing(dataclasses.replace(config, encoder=shape, pooling=pooling)), out)
    tokens = found.tokens if tokens is None else tokens
    seconds = found.seconds
    if config.encoder == "static" and not found.gpu:
        seconds = config.steps * seconds_per_step(config, tokens)
    elif config.encoder == "static":
        notes.append("no time: a static encoder's step is bound by memory traffic")
    return RunFootprint(tokens, found.parameters, found.memory, found.fits, seconds, found.device)


def _sizing(config: TrainConfig) -> TrainConfig:
    """The run without what its size does not depend on, so that arms which differ in that alone
    are worked out once."""
    recipe = config.recipe if "multi_positive" in config.objective else TrainConfig.recipe
    return dataclasses.replace(
        config, recipe=recipe, seed=0, table=[], valid=None, vocabulary_from=None,
        eval_every=None, patience=None,
    )  # fmt: skip
