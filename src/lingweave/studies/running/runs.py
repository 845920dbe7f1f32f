"""What a study consists of: starts, training runs and measures, each known by what decides it.

Equal runs of different studies below one folder are one run: their names are hashes of the options
and of the data, not of places.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from lingweave.errors import LingweaveError
from lingweave.studies.data.tables import table_files
from lingweave.studies.definition.arms import Arm, arms_of, arms_on, evaluate_fields, train_fields
from lingweave.studies.definition.places import place_of
from lingweave.studies.definition.study import BenchmarkSpec, Extension, Fields, Study, named
from lingweave.studies.running.identity import measure_id, run_id
from lingweave.training.config import TrainConfig

START = "start:"
"""What stands before the name of a start, where a model is named."""
TABLES = ("table", "valid", "vocabulary_from")
"""Fields of a run that name tables of the study, or files."""
MODELS = ("encoder", "teacher")
"""Fields of a run that name models."""


class Run(NamedTuple):
    """A model that is made once: by training, or by extending a vocabulary."""

    id: str
    """Hash of what decides its weights."""
    name: str
    """What it is called where it is shown: `hybrid/xlm-r 1`, `start warm`."""
    folder: Path
    """Where it is made; the model is in its subfolder `model`."""
    config: TrainConfig | None
    """How it is trained; None: it is an extended encoder."""
    extend: Extension | None = None
    """How it is extended, with the model's place."""
    files: tuple[Path, ...] = ()
    """Where an extension's new pieces are learned from."""
    needs: tuple[str, ...] = ()
    """Ids of the runs that must be done before."""

    @property
    def model(self) -> Path:
        """The folder of the finished model."""
        return self.folder / "model"


class Measure(NamedTuple):
    """A model or floor on a benchmark."""

    id: str
    """Hash of the run, the benchmark and how it is asked."""
    arm: str
    """Name of the arm or floor."""
    seed: int | None
    """The training seed; None for floors."""
    benchmark: str
    """The benchmark's name in the study."""
    run: Run | None
    """The run whose model is measured; None: a floor."""
    folder: Path
    """The evaluation's."""
    spec: BenchmarkSpec
    """The benchmark."""
    fields: Fields
    """Fields of `EvaluateConfig`: the model or floor, and what the arm's choices add."""

    @property
    def name(self) -> str:
        """What it is called where it is shown."""
        seed = "" if self.seed is None else f" {self.seed}"
        return f"{self.arm}{seed} on {self.benchmark}"


@dataclass(frozen=True)
class Runs:
    """All of a study."""

    starts: Mapping[str, Run]
    """The starts that arms or floors go on from, by name."""
    arms: Mapping[tuple[str, int], Run]
    """The runs of the arms by name and seed."""
    measures: tuple[Measure, ...]
    """Arms, by seed, and floors on the benchmarks, floors last."""

    @property
    def all(self) -> tuple[Run, ...]:
        """Every run once, those that others need first."""
        return tuple({run.id: run for run in (*self.starts.values(), *self.arms.values())}.values())

    @property
    def distinct_measures(self) -> tuple[Measure, ...]:
        """Every measure once: arms may have runs in common."""
        return tuple({one.id: one for one in self.measures}.values())


def runs_of(study: Study, out: Path) -> Runs:
    """The runs and measures of a study.

    Reads (and packs, the first time) the tables: equal data are the same data wherever they lie.

    Args:
        study: whose.
        out: the folder of all studies.

    Raises:
        LingweaveError: a table cannot be read, a name is not there, or a field is not possible.
    """
    made = _Made(study, out.resolve())
    arms = {(arm.name, seed): made.arm(arm, seed) for arm in arms_of(study) for seed in study.seeds}
    on = {name: arms_on(study, name) for name in study.benchmarks}
    measures = [
        made.measure(arm.name, seed, name, arms[arm.name, seed], evaluate_fields(study, arm))
        for arm in arms_of(study)
        for seed in study.seeds
        for name in study.benchmarks
        if arm in on[name]
    ]
    for floor, fields in study.floors.items():
        given = dict(fields)
        model = str(given.get("model", ""))
        run = None
        if model.startswith(START):
            run = made.start(model.removeprefix(START))
            del given["model"]
        measures += [made.measure(floor, None, name, run, given) for name in study.benchmarks]
    return Runs(made.starts, arms, tuple(measures))


def train_config(
    study: Study, fields: Fields, seed: int | None, out: Path, models: Mapping[str, str]
) -> TrainConfig:
    """A run's configuration with places for names; its own folder is not known yet.

    Args:
        study: whose tables are named.
        fields: of `TrainConfig`, as the study gives them.
        seed: the training seed; None: that of the fields.
        out: the folder of all studies.
        models: the folder of each `start:NAME` that the fields name.

    Raises:
        LingweaveError: a table cannot be had, or a field is not possible.
    """
    given: dict[str, Any] = dict(fields)
    for name in TABLES:
        if given.get(name) is not None:
            given[name] = [str(path) for path in _files(study, given[name], out)]
    for name in MODELS:
        if given.get(name) is not None:
            given[name] = models.get(given[name]) or place_of(given[name])
    if given.get("mined") is not None:
        given["mined"] = place_of(given["mined"])
    if seed is not None:
        given["seed"] = seed
    return TrainConfig(**given | {"tokens": str(out / "tokens")})


def start_fields(study: Study, name: str) -> Fields:
    """Fields of the `TrainConfig` of a start that is trained."""
    return study.train | (study.starts[name].train or {})


def starts_of(study: Study, fields: Fields) -> tuple[str, ...]:
    """The starts that a run with these fields goes on from, those that others need first."""
    found: dict[str, None] = {}
    for field in MODELS:
        model = fields.get(field)
        if isinstance(model, str) and model.startswith(START):
            name = model.removeprefix(START)
            extend = study.starts[name].extend
            below = {"encoder": extend.model} if extend else start_fields(study, name)
            found |= dict.fromkeys((*starts_of(study, below), name))
    return tuple(found)


class _Made:
    """The runs of a study while they are put together."""

    def __init__(self, study: Study, out: Path) -> None:
        self.study = study
        self.out = out
        self.starts: dict[str, Run] = {}

    def arm(self, arm: Arm, seed: int) -> Run:
        """An arm's run with a seed."""
        try:
            return self._trained(f"{arm.name} {seed}", train_fields(self.study, arm), seed, ())
        except LingweaveError as error:
            raise LingweaveError(f"arm {arm.name}: {error}") from error

    def start(self, name: str, above: Sequence[str] = ()) -> Run:
        """A start's run, and before it those that it goes on from."""
        if name in self.starts:
            return self.starts[name]
        spec = named("the start", name, self.study.starts)
        if name in above:
            raise LingweaveError(f"start {name}: goes on from itself ({' -> '.join(above)})")
        try:
            if spec.extend is None:
                fields = start_fields(self.study, name)
                made = self._trained(f"start {name}", fields, None, (*above, name))
            else:
                made = self._extended(name, spec.extend, (*above, name))
        except LingweaveError as error:
            raise LingweaveError(f"start {name}: {error}") from error
        self.starts[name] = made
        return made

    def measure(
        self, arm: str, seed: int | None, benchmark: str, run: Run | None, fields: Fields
    ) -> Measure:
        """An arm or floor on a benchmark."""
        spec = self.study.benchmarks[benchmark]
        id = measure_id(run.id if run else None, spec, fields, self.out)
        if run is not None:
            fields = fields | {"model": str(run.model)}
        folder = self.out / "evaluations" / id
        return Measure(id, arm, seed, benchmark, run, folder, spec, fields)

    def _trained(self, name: str, fields: Fields, seed: int | None, above: Sequence[str]) -> Run:
        needs = {
            given: self.start(given.removeprefix(START), above)
            for given in (fields.get(field) for field in MODELS)
            if isinstance(given, str) and given.startswith(START)
        }
        models = {given: str(run.model) for given, run in needs.items()}
        config = train_config(self.study, fields, seed, self.out, models)
        id = run_id(config, {str(run.model): run.id for run in needs.values()})
        folder = self.out / "models" / id
        config = dataclasses.replace(config, out=str(folder))
        return Run(id, name, folder, config, needs=tuple(run.id for run in needs.values()))

    def _extended(self, name: str, given: Extension, above: Sequence[str]) -> Run:
        needs: tuple[str, ...] = ()
        if given.model.startswith(START):
            below = self.start(given.model.removeprefix(START), above)
            needs, model, known = (below.id,), str(below.model), {str(below.model): below.id}
        else:
            model, known = place_of(given.model), {}
        files = tuple(_files(self.study, given.table, self.out))
        spec = dataclasses.replace(given, model=model)
        id = run_id(spec, known, files)
        return Run(id, f"start {name}", self.out / "models" / id, None, spec, files, needs)


def _files(study: Study, given: str | Sequence[str], out: Path) -> list[Path]:
    """The files of tables of the study, by name, or of what else is named."""
    files: list[Path] = []
    for name in [given] if isinstance(given, str) else given:
        found = table_files(study, name, out) if name in study.tables else [Path(place_of(name))]
        files += [path.resolve() for path in found]
    return files
