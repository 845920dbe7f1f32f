"""The verbs of the command line: one function each, over the dataclasses of their rooms."""

import os
from collections.abc import Callable
from importlib import import_module
from typing import Any

Verb = tuple[type[Any], Callable[[Any], object]]
"""The dataclass with a verb's options, and what is done with it."""

# Each verb imports its own rooms: `--help` need not wait for torch.


def demo() -> Verb:
    """Train X-X-mono, X-Y and hybrid on the built-in atlas and compare them."""
    from lingweave.demo.config import DemoConfig

    def run(config: DemoConfig) -> None:
        from lingweave.demo.run import run

        run(config)

    return DemoConfig, run


def train() -> Verb:
    """Train a retriever on a parallel table, with the batches of a recipe."""
    from lingweave.training.config import TrainConfig

    def run(config: TrainConfig) -> None:
        if config.plan_only:
            from lingweave.training.footprint.run import plan_run

            plan_run(config)
            return
        from lingweave.training.processes import leave
        from lingweave.training.run import train

        folder = train(config)
        leave()
        if os.environ.get("RANK", "0") == "0":
            print(folder)

    return TrainConfig, run


def evaluate() -> Verb:
    """Rank every gold passage exactly: monolingual, cross-lingual, and in the pool of all."""
    from lingweave.evaluate import EvaluateConfig
    from lingweave.evaluate.run import run
    from lingweave.evaluate.show import print_evaluation

    return EvaluateConfig, lambda config: print_evaluation(run(config), config.out)


def audit() -> Verb:
    """Find out which languages an encoder favours on an index, and what that costs."""
    from lingweave.audit.config import AuditConfig

    def run(config: AuditConfig) -> None:
        from lingweave.audit.run import audit
        from lingweave.audit.show import print_audit

        print_audit(audit(config), config)

    return AuditConfig, run


def mine() -> Verb:
    """Find hard negatives for a table with any encoder."""
    from lingweave.mining import MineConfig

    def run(config: MineConfig) -> None:
        from lingweave.mining.run import mine
        from lingweave.mining.summary import print_mined

        print_mined(mine(config), config.out)

    return MineConfig, run


def debias() -> Verb:
    """Take the language out of a model's vectors, or an index's, and say what that changes."""
    from lingweave.debias.config import DebiasConfig

    def run(config: DebiasConfig) -> None:
        from lingweave.debias.run import run
        from lingweave.debias.show import print_debiased

        print_debiased(run(config))

    return DebiasConfig, run


def read() -> Verb:
    """Tell whether what an evaluation found holds the answer, with a reader or without."""
    from lingweave.reading.config import ReadConfig

    def run(config: ReadConfig) -> None:
        from lingweave.reading.run import read

        read(config)

    return ReadConfig, run


def build() -> Verb:
    """Make a parallel table: translate, filter, deduplicate, decontaminate."""
    from lingweave.building.config import BuildConfig

    def run(config: BuildConfig) -> None:
        from lingweave.building.run import build
        from lingweave.building.show import print_built

        print_built(build(config), config)

    return BuildConfig, run


def compare() -> Verb:
    """Compare evaluations, with confidence intervals from a paired cluster bootstrap."""
    from lingweave.report.config import CompareConfig
    from lingweave.report.run import compare

    return CompareConfig, compare


def report() -> Verb:
    """Write a comparison as one self-contained HTML page."""
    from lingweave.report.config import ReportConfig
    from lingweave.report.run import report

    return ReportConfig, report


def export() -> Verb:
    """Write an evaluation or its benchmark for other tools: TREC, BEIR, MTEB."""
    from lingweave.exchange.config import ExportConfig

    def run(config: ExportConfig) -> None:
        from lingweave.exchange.run import export

        print(export(config))

    return ExportConfig, run


def data_show() -> Verb:
    """Print what a table holds: languages, lengths, duplicates, empty cells, samples."""
    from lingweave.show import ShowConfig, show

    return ShowConfig, show


def data_pack() -> Verb:
    """Pack rows into one memory-mapped Arrow table."""
    from lingweave.show import PackConfig, pack

    return PackConfig, pack


def data_check() -> Verb:
    """Say on one page whether a table is fit to be trained on."""
    from lingweave.check.config import CheckConfig

    def run(config: CheckConfig) -> None:
        from lingweave.check.run import check

        check(config)

    return CheckConfig, run


def data_benchmarks() -> Verb:
    """List the benchmarks that can be named: languages, licences, measures, overlaps."""
    from lingweave.sources.list import ListConfig, print_benchmarks

    return ListConfig, print_benchmarks


def shrink() -> Verb:
    """Write a smaller and faster copy of a model: weights of 8 bits, for CPUs."""
    from lingweave.encoders.shrink import ShrinkConfig, shrink

    return ShrinkConfig, shrink


def index_create() -> Verb:
    """Make an index of documents, ready to be searched."""
    from lingweave.index.configs import IndexCreateConfig

    def run(config: IndexCreateConfig) -> None:
        from lingweave.index.run import create, print_ingested

        print_ingested(create(config), config.folder[0])

    return IndexCreateConfig, run


def index_add() -> Verb:
    """Put documents into an index; those whose ids are there are replaced."""
    from lingweave.index.configs import IndexAddConfig

    def run(config: IndexAddConfig) -> None:
        from lingweave.index.run import add, print_ingested

        print_ingested(add(config), config.folder[0])

    return IndexAddConfig, run


def index_delete() -> Verb:
    """Take documents out of an index."""
    from lingweave.index.configs import IndexDeleteConfig

    def run(config: IndexDeleteConfig) -> None:
        from lingweave.index.run import delete

        print(f"{config.words[0]}: {delete(config)} documents deleted")

    return IndexDeleteConfig, run


def index_stats() -> Verb:
    """Print what an index holds: passages by language, and what it was made with."""
    from lingweave.index.configs import IndexStatsConfig

    def run(config: IndexStatsConfig) -> None:
        from lingweave.index.run import print_stats, stats

        print_stats(stats(config), config.folder[0], config.json)

    return IndexStatsConfig, run


def search() -> Verb:
    """Search an index, with the language dial."""
    from lingweave.index.search_config import SearchConfig

    def run(config: SearchConfig) -> None:
        from lingweave.index.search_run import run

        run(config)

    return SearchConfig, run


def serve() -> Verb:
    """Serve an index: an HTTP API and a page."""
    from lingweave.serve.config import ServeConfig

    def run(config: ServeConfig) -> None:
        from lingweave.serve.run import run

        run(config)

    return ServeConfig, run


def _study(module: str, name: str) -> Verb:
    """A function over the options that the verbs about a study share."""
    from lingweave.studies.config import StudyConfig

    def run(config: StudyConfig) -> None:
        getattr(import_module(f"lingweave.studies.{module}"), name)(config)

    return StudyConfig, run


def study_run() -> Verb:
    """Train and measure what a study is missing, judge its claims, and write its report."""
    return _study("run", "run")


def study_plan() -> Verb:
    """Print the runs, tokens, memory and time of a study, and start nothing."""
    return _study("planning.plan", "plan")


def study_status() -> Verb:
    """Print which runs and measures of a study are done, under way or missing."""
    return _study("running.status", "status")


def study_commands() -> Verb:
    """Print one command a run, in an order that can be followed, for array jobs and clusters."""
    return _study("running.commands", "commands")


def study_report() -> Verb:
    """Write a study's report anew from what is measured, and train nothing."""
    return _study("run", "report")


def study_list() -> Verb:
    """List the studies that lingweave brings, with their questions."""
    from lingweave.studies.config import StudiesConfig

    def run(config: StudiesConfig) -> None:
        from lingweave.studies.definition.shelf import print_studies

        print_studies()

    return StudiesConfig, run


VERBS: dict[str, Callable[[], Verb]] = {
    "demo": demo,
    "train": train,
    "evaluate": evaluate,
    "audit": audit,
    "build": build,
    "mine": mine,
    "debias": debias,
    "read": read,
    "compare": compare,
    "report": report,
    "export": export,
    "shrink": shrink,
    "index create": index_create,
    "index add": index_add,
    "index delete": index_delete,
    "index stats": index_stats,
    "search": search,
    "serve": serve,
    "study run": study_run,
    "study plan": study_plan,
    "study status": study_status,
    "study commands": study_commands,
    "study report": study_report,
    "study list": study_list,
    "data show": data_show,
    "data pack": data_pack,
    "data check": data_check,
    "data benchmarks": data_benchmarks,
}
