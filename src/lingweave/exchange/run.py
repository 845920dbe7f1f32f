"""`lingweave export`: an evaluation, and the benchmark it was made on, for other tools."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from lingweave.atomic import disk_errors_named, new_folder, write_json
from lingweave.benchmark import Benchmark
from lingweave.encoders.choice import identity_of, scores_of
from lingweave.errors import LingweaveError
from lingweave.evaluate.again import SEED, benchmark_of
from lingweave.evaluate.evaluation import Evaluation
from lingweave.exchange.beir import write_beir
from lingweave.exchange.config import ExportConfig
from lingweave.exchange.lists import Ask, asks, ranked, sampled
from lingweave.exchange.mteb import write_mteb
from lingweave.exchange.trec import TAG, Ids, open_runs, token, write_qrels
from lingweave.judgements import judgements_of


def export(config: ExportConfig) -> Path:
    """Writes the folder; what it was is told by ``export.json`` in it.

    Raises:
        LingweaveError: the evaluation cannot be read, the benchmark or the encoder is not the one
            that it was made with, or the folder holds something.
    """
    evaluation = Evaluation.open(Path(config.evaluations[0]))
    if config.to.exists() and (not config.to.is_dir() or any(config.to.iterdir())):
        raise LingweaveError(f"--to {config.to}: holds something; choose a new folder")
    benchmark = (
        None if config.format == "mteb" else benchmark_of(evaluation, config.data, config.seed)
    )
    if config.scored:
        _same_encoder(evaluation, config)
    with disk_errors_named(str(config.to)), new_folder(config.to) as folder:
        if benchmark is None:
            write_mteb(folder, evaluation)
        elif config.format == "beir":
            write_beir(folder, benchmark)
        elif config.scored:
            _write_trec(folder, evaluation, benchmark, config)
        else:
            _write_kept(folder, evaluation, benchmark)
        write_json(folder / "export.json", _told(evaluation, config))
    return config.to


def _configuration(evaluation: Evaluation) -> Mapping[str, Any]:
    return evaluation.provenance.get("configuration") or {}


def _same_encoder(evaluation: Evaluation, config: ExportConfig) -> None:
    before, now = _configuration(evaluation), identity_of(config)
    other = sorted(name for name in now if before.get(name) != now[name])
    other += sorted(
        name
        for name in before
        if name not in now
        and name not in ("benchmark", "ties", "languages", "split", "data", "texts", "seed", SEED)
    )
    if other:
        raise LingweaveError(
            f"the evaluation was made with another encoder: {', '.join(other)} differ; give the"
            " options that it was made with"
        )


def _write_trec(
    folder: Path, evaluation: Evaluation, benchmark: Benchmark, config: ExportConfig
) -> None:
    """Qrels and runs of each setting: all lists to a depth, a sample of them whole."""
    judgements = judgements_of(benchmark)
    ids = Ids(benchmark, judgements)
    wanted = list(asks(judgements, config.settings))
    whole = sampled(wanted, config.sample, config.sample_seed)
    for setting in config.settings:
        some = [ask for ask in wanted if ask.setting == setting]
        write_qrels(folder / f"{setting}.qrels", some, ids, judgements)
        of_sample = [ask for ask in some if ask in whole]
        write_qrels(folder / f"{setting}.sample.qrels", of_sample, ids, judgements)

    def depth(ask: Ask) -> int | None:
        return None if ask in whole else config.depth

    scores = scores_of(config, benchmark)
    with open_runs(ids, config.scores == "real") as runs:
        for one in ranked(scores, judgements, wanted, evaluation.ties, depth):
            setting = one.ask.setting
            runs.write(folder / f"{setting}.top{config.depth}.run.gz", one, config.depth)
            if one.ask in whole:
                runs.write(folder / f"{setting}.sample.run.gz", one)


def _write_kept(folder: Path, evaluation: Evaluation, benchmark: Benchmark) -> None:
    """Qrels of the pool, and the heads of the pool lists that the evaluation keeps."""
    judgements = judgements_of(benchmark)
    wanted = list(asks(judgements, ["multi"]))
    write_qrels(folder / "multi.qrels", wanted, Ids(benchmark, judgements), judgements)
    top = evaluation.top()
    columns = [top[name].combine_chunks() for name in top.column_names[:5]]
    with (folder / "multi.top100.run").open("w", encoding="utf-8") as file:
        query_language, query, rank, passage_language, passage = map(pa.Array.to_pylist, columns)
        last = np.max(rank, initial=0)
        for x, q, r, y, p in zip(
            query_language, query, rank, passage_language, passage, strict=True
        ):
            file.write(f"{x}/{token(q)} Q0 {y}/{token(p)} {r} {last + 1 - r} {TAG}\n")


def _told(evaluation: Evaluation, config: ExportConfig) -> dict[str, Any]:
    told: dict[str, Any] = {
        "format": config.format,
        "benchmark": evaluation.benchmark,
        "languages": list(evaluation.languages),
        "ties": evaluation.ties,
        "encoder": evaluation.provenance["encoder"],
        "ids": "white space and % in ids are %-encoded",
    }
    if config.format == "trec" and config.scored:
        told |= {
            "settings": config.settings,
            "depth": config.depth,
            "sample": {"lists_a_language_or_pair": config.sample, "seed": config.sample_seed},
            "scores": config.scores,
        }
    return told
