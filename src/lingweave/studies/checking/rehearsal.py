"""What only the data can tell, looked at before the first run: batches, languages, benchmarks."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from lingweave.benchmark import Benchmark
from lingweave.errors import LingweaveError
from lingweave.evaluate import benchmark_of
from lingweave.languages import canonical
from lingweave.plan import BatchPlan
from lingweave.studies.checking.check import place
from lingweave.studies.definition.arms import arms_of, arms_on, train_fields
from lingweave.studies.definition.restricted import all_benchmarks
from lingweave.studies.definition.study import BenchmarkSpec, Study
from lingweave.studies.judging.comparisons import comparisons
from lingweave.studies.judging.figures import Figure, figure
from lingweave.studies.running.evaluating import evaluate_config
from lingweave.studies.running.runs import Run, Runs
from lingweave.studies.running.seen import trained_in, written
from lingweave.studies.running.work import is_made, is_measured
from lingweave.training.config import TrainConfig

_BATCHES = ("table", "languages", "datasets", "one_of", "recipe", "batch_size", "steps",
            "language_exponent", "dataset_exponent", "objective", "negatives", "mined")  # fmt: skip
"""Fields that decide whether a table gives a recipe's batches."""
_READ = ("table", "languages", "datasets", "one_of")
"""Fields that decide what texts a run is trained on."""


def rehearse(study: Study, runs: Runs) -> None:
    """Draws up the plan of each run that is missing, and reads each benchmark that is to be asked.

    Raises:
        LingweaveError: a table cannot give the batches of a recipe, a benchmark cannot be read, an
            arm is trained in a language that is named as unseen, or a figure is not defined where
            it is asked for.
    """
    with place(f"study {study.name}"):
        looked_at: set[str] = set()
        for run in runs.all:
            if run.config is not None and not is_made(run):
                key = str([getattr(run.config, name) for name in _BATCHES])
                if key not in looked_at:
                    _check_batches(run, run.config)
                looked_at.add(key)
        wanted = {one.benchmark for one in runs.measures if not is_measured(one)}
        asked: dict[str, _Asked] = {}
        for name, spec in study.benchmarks.items():
            if name in wanted:
                with place(f"benchmarks.{name}"):
                    asked[name] = _Asked(spec, _checked_benchmark(spec))
                    if spec.unseen:
                        _check_unseen(study, runs, name)
        _check_figures(study, asked)


def _check_batches(run: Run, config: TrainConfig) -> None:
    from lingweave.training.feeding import wanted_of
    from lingweave.training.options import options_of
    from lingweave.training.tables import training_table

    with place(run.name):
        recipe, terms = options_of(config)
        table = training_table(config)
        BatchPlan(recipe, table.shape(), config.seed)
        wanted_of(config, table, terms, lambda line: None)


def _checked_benchmark(spec: BenchmarkSpec) -> Benchmark:
    """It can be read, asks in the languages that are unseen, and has answers if they are read."""
    benchmark = benchmark_of(evaluate_config(spec, {"encoder": "random"}, Path()))
    for code in spec.unseen:
        if canonical(code) not in benchmark.languages:
            raise LingweaveError(
                f"unseen: nothing is asked in {code}; there are {', '.join(benchmark.languages)}"
            )
    if spec.read is not None and not benchmark.answers:
        raise LingweaveError("read: its answers are not known as texts; leave read out")
    return benchmark


def _check_unseen(study: Study, runs: Runs, benchmark: str) -> None:
    """No arm is trained in a language that the report would call unseen."""
    known: dict[str, frozenset[tuple[str, str]]] = {}
    for arm in arms_on(study, benchmark):
        config = runs.arms[arm.name, study.seeds[0]].config
        if config is None:
            continue
        key = str([getattr(config, name) for name in _READ])
        if key not in known:
            known[key] = trained_in(config)
        for code in study.benchmarks[benchmark].unseen:
            if written(code) in known[key]:
                tables = " and ".join(train_fields(study, arm)["table"])
                raise LingweaveError(
                    f"unseen: arm {arm.name} is trained on {tables}, with texts in {code}; ask for"
                    f" figures such as cross.mAP|language={code}, or hold it out of every arm"
                )


class _Asked:
    """A benchmark, and the languages in which its questions have answers."""

    def __init__(self, spec: BenchmarkSpec, benchmark: Benchmark) -> None:
        self.spec = spec
        self.queries = tuple(code for code in benchmark.languages if code in benchmark.queries)
        of_query: dict[str, set[str]] = {}
        for gold in benchmark.gold:
            of_query.setdefault(gold.query_id, set()).add(gold.language)
        self.answers: Mapping[str, set[str]] = {
            code: set().union(*(of_query.get(id, ()) for id in benchmark.queries[code].ids))
            for code in self.queries
        }

    def check(self, one: Figure) -> None:
        """Refuses a figure that is not defined here, whatever a model finds.

        Raises:
            LingweaveError: why it is not.
        """
        if one.of_answers and self.spec.read is None:
            raise LingweaveError(f"figure {one.name}: needs `read`")
        chosen = one.languages(self.queries, self.spec.unseen)
        given = [code for code in chosen if self._gives(one, code)]
        lacking = not given
        if one.selector == "gap_to":
            lacking = canonical(one.value) not in given or len(given) < 2
        if lacking:
            raise LingweaveError(
                f"figure {one.name}: is not defined: no question in these languages"
                f" ({_some(chosen)}) has such answers"
            )

    def _gives(self, one: Figure, code: str) -> bool:
        if one.measure.startswith("mono."):
            return code in self.answers[code]
        if one.measure.startswith("cross."):
            return bool(self.answers[code] - {code})
        return bool(self.answers[code])


def _check_figures(study: Study, asked: Mapping[str, _Asked]) -> None:
    """Each figure can be had where claims, the paper's figures and tables ask for it."""
    choices = {arm.name: arm.choices for arm in arms_of(study)}
    for number, claim in enumerate(study.claims, 1):
        ends = (
            (one.figure, end.benchmark)
            for one in comparisons(study, claim, choices)
            for end in one.places
        )
        _check_each(f"claims[{number}].figures", ends, asked)
    for number, published in enumerate(study.published, 1):
        ends = ((figure(name), published.benchmark) for name in published.figures)
        _check_each(f"published[{number}].figures", ends, asked)
    if asked.keys() < all_benchmarks(study).keys():
        return  # A benchmark that is not looked at may give what the tables show.
    for name in study.figures:
        reasons = [_reason(figure(name), one) for one in asked.values()]
        if all(reasons):
            raise LingweaveError(f"figures: on every benchmark: {reasons[0]}")


def _check_each(
    where: str, ends: Iterator[tuple[Figure, str]], asked: Mapping[str, _Asked]
) -> None:
    for one, benchmark in dict.fromkeys(ends):
        reason = _reason(one, asked[benchmark]) if benchmark in asked else ""
        if reason:
            raise LingweaveError(f"{where}: on {benchmark}: {reason}")


def _reason(one: Figure, asked: _Asked) -> str:
    """Why a figure cannot be had; empty if it can."""
    try:
        asked.check(one)
    except LingweaveError as error:
        return str(error)
    return ""


def _some(codes: Sequence[str]) -> str:
    return ", ".join(codes) if len(codes) <= 12 else f"{', '.join(codes[:12])}, ..."
