"""`lingweave read`: whether what was found holds the answer, under the official rules."""

import math
import os
from pathlib import Path

from rich.console import Console
from rich.table import Table

from lingweave.atomic import disk_errors_named, write_json
from lingweave.errors import LingweaveError
from lingweave.evaluate import Evaluation
from lingweave.evaluate.again import benchmark_of
from lingweave.reading.config import ReadConfig
from lingweave.reading.figures import Reading
from lingweave.reading.rules import RULES, SQUAD, RuleSet
from lingweave.reading.sentences import sentence_match
from lingweave.reading.values import VALUES, of_gold, of_sentences, of_top, write_values
from lingweave.significance import Interval, Resampling

_OF_BENCHMARKS = {"mlqa": "mlqa", "mlqa-r": "mlqa", "mkqa": "mkqa", "nq-crosslingual": "mkqa",
                  "nq-crosslingual-answers": "mkqa", "tydi-goldp": "tydi"}  # fmt: skip


def read(config: ReadConfig) -> tuple[Reading, ...]:
    """Reads, prints a table for each task, and writes ``reading.json`` and what each query came to
    (``reading.parquet``) beside the evaluation.

    Raises:
        LingweaveError: the evaluation or its benchmark cannot be read, or has no answers; or there
            is no writing beside it.
    """
    folder = Path(config.evaluations[0])
    evaluation = Evaluation.open(folder)
    path, values = folder / "reading.json", folder / VALUES
    if not os.access(folder, os.W_OK | os.X_OK):
        raise LingweaveError(f"{folder}: no permission to write in it; copy it to a place of yours")
    for place in (path, values):
        if place.is_dir():
            raise LingweaveError(f"{place}: is a folder, where the readings go; rename it")
    benchmark = benchmark_of(evaluation, config.data)
    rules = _rules(config, evaluation)
    how, top = Resampling(config.resamples, 0), evaluation.top()
    depths = tuple(sorted({1, config.depth}))
    found = [sentence_match(top, benchmark, rules, depths, how)]
    kept = [of_sentences(found[0])]
    if config.reader is not None:
        # Imported here: torch takes seconds, and nothing is read without a reader.
        from lingweave.reading.reader import ExtractiveReader, read_gold, read_top

        reader = ExtractiveReader(config.reader, config.batch_size, config.device)
        found.append(read_gold(benchmark, reader, rules, how))
        found.append(read_top(top, benchmark, reader, rules, config.depth, how))
        kept += [of_gold(found[1]), of_top(found[2])]
    for one in found:
        Console().print(_table(one))
    told = {"evaluation": str(folder), "reader": config.reader, "depth": config.depth,
            "readings": [one.as_json() for one in found]}  # fmt: skip
    with disk_errors_named(str(values)):
        write_values(values, kept, rules)
    with disk_errors_named(str(path)):
        write_json(path, told)
    print(f"wrote {path}")
    return tuple(found)


def _rules(config: ReadConfig, evaluation: Evaluation) -> RuleSet:
    if config.rules is not None:
        return RULES[config.rules]
    configuration = evaluation.provenance.get("configuration") or {}
    return RULES[_OF_BENCHMARKS.get(str(configuration.get("benchmark")), SQUAD.name)]


def _table(reading: Reading) -> Table:
    view = Table(f"{reading.task}, rules of {reading.rules}", box=None)
    for name in reading.value:
        view.add_column(name, justify="right")
    rows = {"all": reading.value, **reading.by_language}
    for language, figures in rows.items():
        view.add_row(language, *map(_cell, figures.values()))
    return view


def _cell(value: Interval) -> str:
    if not math.isfinite(value.mean):
        return "–"
    return f"{value.mean:.3f} [{value.low:.3f}, {value.high:.3f}]"
