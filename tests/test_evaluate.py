"""Evaluations: the figures, the files, running twice, and every bad input."""

import errno
import json
import logging
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from data import benchmark, lareqa_folder, shared_data
from test_ranks import integer_scores

from lingweave.benchmark import Benchmark
from lingweave.encoders import Scores, encoder_scores
from lingweave.encoders.random_vectors import RandomVectors
from lingweave.errors import LingweaveError
from lingweave.evaluate import EvaluateConfig, Evaluation, evaluate, run
from lingweave.ranks import TIE_RULES
from lingweave.sources.lareqa import lareqa

METRICS = ["mAP", "R@1", "R@10", "hit@1", "MRR@10", "nDCG@10"]
FIGURES = [
    "mono", "cross", "multi", "rank_distance", "rank_distance_ratio", "same_language_first"
]  # fmt: skip


def integer_evaluation(made: Benchmark, seed: int, ties: str = "pessimistic") -> Evaluation:
    scores = integer_scores(made, seed, 4)
    return evaluate(made, Scores(lambda x, rows: scores[x][rows].copy(), None, {}), ties)


@pytest.fixture
def config(tmp_path: Path) -> EvaluateConfig:
    lareqa_folder(tmp_path / "data")
    return EvaluateConfig(data=tmp_path / "data", encoder="random", out=tmp_path / "runs" / "out")


def test_the_file_has_the_promised_shape(config: EvaluateConfig) -> None:
    run(config)
    content = json.loads((config.out / "evaluation.json").read_text())
    assert list(content) == [
        "format_version", "benchmark", "languages", "ties", "macro", "per_language", "pairs",
        "tie_bounds", "provenance",
    ]  # fmt: skip
    assert content["ties"] == "pessimistic"
    assert content["languages"] == ["de", "en", "th"]
    for figures in (content["macro"], *content["per_language"].values()):
        assert list(figures) == FIGURES
        assert all(list(figures[setting]) == METRICS for setting in FIGURES[:3])
    assert list(content["per_language"]) == list(content["pairs"]) == content["languages"]
    assert list(content["pairs"]["de"]) == content["languages"]
    assert list(content["pairs"]["de"]["th"]) == METRICS
    assert set(content["tie_bounds"]) == {
        "optimistic", "pessimistic", "rank_distance", "tied_golds"
    }  # fmt: skip
    provenance = content["provenance"]
    assert provenance["encoder"]["encoder"] == "random"
    assert provenance["benchmark"]["candidates"] == {"de": 9, "en": 9, "th": 9}
    assert "sha256 de.json" in provenance["benchmark"]["source"]
    assert provenance["software"]["numpy"] == np.__version__
    assert sorted(p.name for p in config.out.iterdir()) == [
        "evaluation.json", "ranks.parquet", "topk.parquet"
    ]  # fmt: skip


@pytest.mark.parametrize("ties", TIE_RULES)
@pytest.mark.parametrize("seed", range(4))
def test_figures_are_means_over_queries_then_languages(seed: int, ties: str) -> None:
    made = benchmark(seed)
    evaluation = integer_evaluation(made, seed, ties)
    pairs, pools = evaluation.per_query()
    languages = evaluation.languages
    mono, cross, multi = {}, {}, {}
    for x, asked in enumerate(languages):
        cells = {}
        for y, passage in enumerate(languages):
            rows = (pairs.query_language == x) & (pairs.passage_language == y)
            value = pairs.values[rows, 0].mean() if rows.any() else None
            assert evaluation.summary["pairs"][asked][passage]["mAP"] == pytest.approx(value)
            if value is not None:
                cells[passage] = value
        own = cells.pop(asked, None)
        others = np.mean(list(cells.values())) if cells else None
        rows = pools.query_language == x
        pool = pools.values[rows, 0].mean() if rows.any() else None
        figures = evaluation.summary["per_language"][asked]
        for store, setting, value in (
            (mono, "mono", own), (cross, "cross", others), (multi, "multi", pool)
        ):  # fmt: skip
            assert figures[setting]["mAP"] == pytest.approx(value)
            if value is not None:
                store[asked] = value
    for store, setting in ((mono, "mono"), (cross, "cross"), (multi, "multi")):
        expected = np.mean(list(store.values())) if store else None
        assert evaluation.macro[setting]["mAP"] == pytest.approx(expected)


def test_undefined_is_null() -> None:
    evaluation = integer_evaluation(benchmark(1), 1)
    figures = evaluation.summary["per_language"]
    assert figures["zu"]["multi"]["mAP"] is None
    assert figures["zu"]["rank_distance"] is None
    assert figures["yo"]["mono"]["mAP"] is None
    assert figures["yo"]["multi"]["mAP"] is not None
    assert figures["yo"]["same_language_first"] is None


def test_the_bounds_hold_the_figures() -> None:
    for ties in TIE_RULES:
        evaluation = integer_evaluation(benchmark(2), 2, ties)
        bounds = evaluation.summary["tie_bounds"]
        for setting in FIGURES[:3]:
            low, high = (bounds[rule][setting]["mAP"] for rule in ("pessimistic", "optimistic"))
            assert low <= evaluation.macro[setting]["mAP"] <= high
        distance = bounds["rank_distance"]
        assert distance["low"] <= evaluation.macro["rank_distance"] <= distance["high"]


@pytest.mark.parametrize("seed", range(3))
def test_an_opened_evaluation_is_the_saved_one(tmp_path: Path, seed: int) -> None:
    saved = integer_evaluation(benchmark(seed), seed)
    saved.save(tmp_path)
    opened = Evaluation.open(tmp_path)
    assert opened.summary == saved.summary
    assert (opened.languages, opened.query_ids) == (saved.languages, saved.query_ids)
    assert opened.group_names == saved.group_names
    np.testing.assert_array_equal(opened.groups, saved.groups)
    for rule in TIE_RULES:
        for one, other in zip(opened.per_query(rule), saved.per_query(rule), strict=True):
            for a, b in zip(one, other, strict=True):
                np.testing.assert_array_equal(a, b)
    assert opened.top().to_pylist() == saved.top().to_pylist()


def test_top_lists_hold_ids_and_scores(config: EvaluateConfig) -> None:
    run(config)
    rows = pq.read_table(config.out / "topk.parquet").to_pylist()
    assert len(rows) == 18 * 27
    first = [r for r in rows if (r["query_language"], r["query_id"]) == ("en", "p1s0")]
    assert [r["rank"] for r in first] == list(range(1, 28))
    assert len({(r["passage_language"], r["passage_id"]) for r in first}) == 27
    assert sorted((r["score"] for r in first), reverse=True) == [r["score"] for r in first]


def test_groups_are_the_benchmarks(config: EvaluateConfig) -> None:
    evaluation = run(config)
    assert len(evaluation.group_names) == 3
    assert np.bincount(evaluation.groups).tolist() == [2, 2, 2]


def test_vectors_give_the_figures_of_the_encoder_that_made_them(config: EvaluateConfig) -> None:
    expected = run(config)
    assert config.data is not None
    made, encoder = lareqa(config.data), RandomVectors(0)
    arrays = {f"q_{x}": encoder.encode_queries(s.texts, x) for x, s in made.queries.items()}
    arrays |= {f"c_{y}": encoder.encode_passages(s.texts, y) for y, s in made.corpora.items()}
    path = config.out.parent / "v.npz"
    np.savez(path, **arrays)
    found = run(replace(config, encoder=None, vectors=path, out=config.out.parent / "vectors"))
    assert found.macro == expected.macro
    assert "vectors" in found.provenance["configuration"]


def test_a_model_from_a_folder(config: EvaluateConfig, tmp_path: Path) -> None:
    from tiny import tiny_model

    model = tiny_model(tmp_path / "model")
    (model / "lingweave.json").write_text('{"recipe": "hybrid"}')
    found = run(replace(config, encoder=None, model=str(model), device="cpu", progress=False))
    assert found.provenance["training"] == {"recipe": "hybrid"}
    assert found.provenance["encoder"]["dimension"] == 8
    assert found.summary["tie_bounds"]["tied_golds"] > 0.5


def test_shards_keep_vectors_and_change_no_figure(config: EvaluateConfig, tmp_path: Path) -> None:
    from tiny import tiny_model

    model = str(tiny_model(tmp_path / "model"))
    config = replace(config, encoder=None, model=model, device="cpu", progress=False)
    expected = run(config)
    sharded = replace(config, shards=tmp_path / "shards", out=tmp_path / "sharded")
    assert run(sharded).macro == expected.macro
    times = {p: p.stat().st_mtime_ns for p in (tmp_path / "shards").iterdir()}
    assert len(times) == 6 + 2
    again = run(replace(sharded, out=tmp_path / "again", similarity="dot"))
    assert {p: p.stat().st_mtime_ns for p in (tmp_path / "shards").iterdir()} == times
    assert again.provenance["encoder"]["shards"] == str(tmp_path / "shards")


def test_fewer_languages(config: EvaluateConfig) -> None:
    found = run(replace(config, languages=("th", "de")))
    assert found.languages == ("de", "th")
    assert found.ranks.pool_size == 18


def test_many_ties_are_warned_of(config: EvaluateConfig, caplog: pytest.LogCaptureFixture) -> None:
    made = benchmark(3)
    zeros = {x: s * 0 for x, s in integer_scores(made, 3, 2).items()}
    with caplog.at_level(logging.WARNING, "lingweave"):
        evaluate(made, Scores(lambda x, rows: zeros[x][rows], None, {}))
    assert "100.0% of the gold passages tie" in caplog.text


def test_the_same_configuration_is_complete(
    config: EvaluateConfig, caplog: pytest.LogCaptureFixture
) -> None:
    first = run(config)
    before = (config.out / "evaluation.json").stat().st_mtime_ns
    with caplog.at_level(logging.WARNING, "lingweave"):
        again = run(replace(config, batch_size=3))
    assert "complete with this configuration" in caplog.text
    assert again.summary == first.summary
    assert (config.out / "evaluation.json").stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"ties": "index"}, "ties"),
        ({"encoder": "tfidf"}, "encoder"),
        ({"seed": 7}, "seed"),
        ({"languages": ("de",)}, "languages"),
    ],
)
def test_another_configuration_is_refused_and_nothing_is_lost(
    config: EvaluateConfig, change: dict[str, Any], named: str
) -> None:
    run(config)
    before = {p.name: p.read_bytes() for p in config.out.iterdir()}
    with pytest.raises(LingweaveError, match=f"holds an evaluation that differs in .*{named}"):
        run(replace(config, **change))
    assert {p.name: p.read_bytes() for p in config.out.iterdir()} == before


def test_changed_data_is_another_configuration(config: EvaluateConfig) -> None:
    run(config)
    assert config.data is not None
    file = config.data / "de.json"
    file.write_text(file.read_text().replace("blue", "grey"))
    with pytest.raises(LingweaveError, match="differs in data"):
        run(config)


def test_an_unfinished_evaluation_is_made_again(config: EvaluateConfig) -> None:
    config.out.mkdir(parents=True)
    (config.out / "ranks.parquet").write_bytes(b"half")
    run(config)
    assert len(Evaluation.open(config.out).ranks) == 54


@pytest.mark.parametrize("failing", ["ranks", "topk", "summary"])
def test_a_full_disk_is_one_line_and_leaves_nothing(
    config: EvaluateConfig, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    def full(path: Any, write: Callable[[], Any]) -> Any:
        write()
        if failing in str(path) or (failing == "summary" and "evaluation" in str(path)):
            raise OSError(errno.ENOSPC, "No space left on device")

    write_table, write_text = pq.ParquetWriter.write_table, Path.write_text
    monkeypatch.setattr(
        pq.ParquetWriter,
        "write_table",
        lambda w, t, **k: full(w.where, lambda: write_table(w, t, **k)),
    )
    monkeypatch.setattr(
        Path, "write_text", lambda p, text, **k: full(p, lambda: write_text(p, text, **k))
    )
    with pytest.raises(LingweaveError, match="the disk is full") as caught:
        run(config)
    assert "\n" not in str(caught.value)
    assert list(config.out.iterdir()) == []


def test_places_that_cannot_be_written_are_found_before_any_work(
    config: EvaluateConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    absent = replace(config, data=tmp_path / "absent")
    for out in (tmp_path / "file", tmp_path / "file" / "deep" / "er"):
        with pytest.raises(LingweaveError, match="file is not a folder"):
            run(replace(absent, out=out))
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(LingweaveError, match="no permission to write"):
        run(absent)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"encoder": None}, "one of --model, --endpoint, --encoder and --vectors .none given"),
        ({"model": "m"}, "--model and --encoder given"),
        ({"vectors": Path("v")}, "--encoder and --vectors given"),
        ({"benchmark": "x"}, "--benchmark x: choose from lareqa"),
        ({"encoder": "x"}, "--encoder x: choose from tfidf"),
        ({"ties": "x"}, "--ties x: choose from pessimistic"),
        ({"batch_size": 0}, "--batch_size 0"),
        ({"encoder": None, "model": "m", "ray": "local"}, "--ray: encodes shards"),
        ({"shards": Path("s")}, "--shards: only goes with --model and --endpoint"),
        (
            {"encoder": None, "model": "m", "shards": Path("s"), "cache": Path("c")},
            "--cache: --shards keeps all vectors",
        ),
        ({"data": None}, "needs --data"),
        ({"data": Path("/absent")}, "/absent: no such folder"),
        ({"languages": ("fr",)}, "no language 'fr'"),
        ({"languages": ("german",)}, "unknown language 'german'"),
        ({"benchmark": "xquad-r"}, "not xquad-r as published"),
        ({"encoder": None, "model": "./absent"}, "no such folder"),
        ({"encoder": None, "vectors": Path("/absent.npz")}, "--vectors /absent.npz"),
    ],
)
def test_bad_options_are_one_line(
    config: EvaluateConfig, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(LingweaveError, match=message) as caught:
        run(replace(config, **change))
    assert "\n" not in str(caught.value)
    assert not config.out.exists()


def test_damaged_evaluations(config: EvaluateConfig, tmp_path: Path) -> None:
    with pytest.raises(LingweaveError, match=r"holds no evaluation\.json"):
        Evaluation.open(tmp_path)
    run(config)
    summary, ranks = config.out / "evaluation.json", config.out / "ranks.parquet"
    whole = ranks.read_bytes()
    ranks.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(LingweaveError, match=r"ranks\.parquet: cannot be read"):
        Evaluation.open(config.out)
    text = summary.read_text()
    for content, message in (
        (text[:100], "damaged"),
        (text.replace('"candidates"', '"others"'), "damaged, no languages or candidates"),
        ("{}", "not an evaluation"),
        (text.replace('"format_version": 1', '"format_version": 9'), "format version 9"),
    ):
        summary.write_text(content)
        with pytest.raises(LingweaveError, match=message):
            Evaluation.open(config.out)


def test_unknown_tie_rule_and_no_gold() -> None:
    made = benchmark(0)
    scores = encoder_scores(RandomVectors(), made)
    with pytest.raises(LingweaveError, match="ties 'x': choose from"):
        evaluate(made, scores, "x")
    with pytest.raises(LingweaveError, match="no query has a relevant passage"):
        evaluate(replace(made, gold=()), scores)


@pytest.mark.slow
def test_the_tfidf_floor_on_xquad_r(tmp_path: Path) -> None:
    folder = shared_data("eval/xquad_r")
    config = EvaluateConfig("xquad-r", folder, encoder="tfidf", ties="index", out=tmp_path / "o")
    macro = run(config).macro
    assert macro["mono"]["mAP"] == pytest.approx(0.755, abs=0.005)
    assert macro["cross"]["mAP"] == pytest.approx(0.131, abs=0.005)
    assert macro["multi"]["mAP"] == pytest.approx(0.093, abs=0.002)
    assert macro["rank_distance"] == pytest.approx(11_261, rel=0.01)
