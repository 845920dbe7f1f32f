"""A study's benchmark, measured: what `lingweave evaluate` does, with a study's ways of saying."""

import pyarrow.parquet as pq
import pytest
from studies.small import rows_file

from lingweave.altering import Altered
from lingweave.errors import LingweaveError
from lingweave.evaluate import EvaluateConfig, run
from lingweave.evaluate.again import benchmark_of
from lingweave.studies.definition.study import BenchmarkSpec
from lingweave.studies.running.evaluating import evaluate_config, evaluate_spec, read_config


@pytest.fixture
def spec(tmp_path, monkeypatch):
    rows_file(tmp_path)
    monkeypatch.setenv("LINGWEAVE_DATA", str(tmp_path))
    return BenchmarkSpec({"benchmark": "parallel", "data": "data:rows.jsonl"})


def test_it_is_the_evaluation_of_the_command(spec, tmp_path):
    found = evaluate_spec(spec, {"encoder": "bm25"}, tmp_path / "a")
    config = EvaluateConfig(benchmark="parallel", data=tmp_path / "rows.jsonl", encoder="bm25",
                            out=tmp_path / "b")  # fmt: skip
    expected = run(config)
    assert found.provenance["configuration"] == expected.provenance["configuration"]
    # Not its bytes: Parquet's writer leaves some of a page's end as they were in memory.
    one, other = (pq.read_table(tmp_path / folder / "ranks.parquet") for folder in "ab")
    assert one.num_rows == 640
    assert one.equals(other)
    again = evaluate_spec(spec, {"encoder": "bm25"}, tmp_path / "a")
    assert again.provenance == found.provenance


def test_altered_queries_stand_in_the_configuration(spec, tmp_path):
    typos = BenchmarkSpec(spec.evaluate, alter=Altered("typos", 1.0))
    found = evaluate_spec(typos, {"encoder": "bm25"}, tmp_path / "a")
    configuration = found.provenance["configuration"]
    assert configuration["alter"] == {"kind": "typos", "share": 1.0, "seed": 0}
    assert "typing mistakes" in configuration["data"]["queries"]
    with pytest.raises(LingweaveError, match="differs in alter, data"):
        evaluate_spec(spec, {"encoder": "bm25"}, tmp_path / "a")
    # What reads the benchmark again for its texts finds the queries as they were asked.
    texts = benchmark_of(found, tmp_path / "rows.jsonl").queries["de"].texts
    assert all(text != f"de q {n}" for n, text in enumerate(texts))


def test_so_many_languages_of_the_atlas(tmp_path, monkeypatch):
    monkeypatch.delenv("LINGWEAVE_DATA", raising=False)
    spec = BenchmarkSpec({"benchmark": "atlas", "languages": "atlas:20", "seed": 41})
    config = evaluate_config(spec, {"model": "data:m"}, tmp_path)
    assert len(config.languages) == 20
    assert config.model == "../shared/data/m"


@pytest.mark.parametrize(
    ("evaluate", "fields", "message"),
    [
        ({"benchmark": "parallel"}, {"modle": "x"}, "evaluate.modle: no such field; choose from"),
        ({"benchmark": "parallel", "out": "x"}, {"encoder": "bm25"}, "evaluate.out: no such field"),
        ({"benchmark": "nope"}, {"encoder": "bm25"}, "--benchmark nope: choose from"),
        (
            {"benchmark": "atlas", "languages": "atlas:x"},
            {"encoder": "bm25"},
            "give a list of codes",
        ),
        ({"benchmark": "atlas", "languages": "atlas:99"}, {"encoder": "bm25"}, "99 languages"),
        ({"benchmark": "atlas", "seed": 1}, {"encoder": "random", "seed": 2}, "1 by the benchmark"),
    ],
)
def test_a_wrong_benchmark_is_named(evaluate, fields, message, tmp_path, monkeypatch):
    monkeypatch.delenv("LINGWEAVE_DATA", raising=False)
    with pytest.raises(LingweaveError, match=message):
        evaluate_config(BenchmarkSpec(evaluate), fields, tmp_path)


def test_how_answers_are_read(spec, tmp_path):
    assert read_config(spec, tmp_path) is None
    config = read_config(BenchmarkSpec(spec.evaluate, read={"depth": 5}), tmp_path)
    # A study makes its own intervals of what is read.
    assert (config.evaluations, config.depth, config.resamples) == ([str(tmp_path)], 5, 2)
    assert config.data == tmp_path / "rows.jsonl"
    with pytest.raises(LingweaveError, match=r"read\.deep: no such field"):
        read_config(BenchmarkSpec(spec.evaluate, read={"deep": 5}), tmp_path)
