"""What has been seen in training, and the table of all benchmarks."""

from dataclasses import replace
from pathlib import Path

import published as p
import pytest
from data import ROOT, lareqa_folder

from lingweave.benchmark import Benchmark, Texts
from lingweave.cli import main
from lingweave.errors import LingweaveError
from lingweave.sources.catalogue import CATALOGUE, named
from lingweave.sources.fingerprints import fingerprint_of
from lingweave.sources.list import rows_of
from lingweave.sources.named import Request
from lingweave.sources.seen import seen_in


def empty(name: str) -> Benchmark:
    return Benchmark(name, {}, {}, ())


CLEARED = {
    "datasets": ["squad_dev"],
    "unseen": [
        {
            "benchmark": "xquad-r",
            "fingerprint": fingerprint_of(empty("xquad-r")),
            "methods": ["exact", "near"],
            "articles": [{"evidence": "titles", "records": 3, "removed": True}],
        },
        {
            "benchmark": "mlqa-r",
            "fingerprint": fingerprint_of(empty("mlqa-r")),
            "methods": ["exact"],
            "articles": [{"evidence": "titles", "records": 3, "removed": False}],
        },
    ],
}
"""What decontamination leaves in a training record."""


@pytest.mark.parametrize(
    ("training", "benchmark", "expected"),
    [
        (None, "xquad-r", None),
        ({}, "xquad-r", None),
        ({"seen": []}, "xquad-r", "unseen"),
        ({"seen": ["xquad-r (articles)"]}, "xquad-r", "seen (articles)"),
        ({"seen": ["xquad-r"]}, "mlqa-r", "unseen"),
        ({"seen": [], "datasets": ["NQ", "mMARCO"]}, "beir-nq", "seen (NQ)"),
        ({"datasets": ["MS_MARCO", "tldr"]}, "nano-beir-msmarco", "seen (MS_MARCO)"),
        ({"datasets": ["Mr.TyDi"]}, "miracl", "seen (Mr.TyDi)"),
        ({"datasets": ["tldr"]}, "miracl", "unseen"),
        ({"datasets": ["tldr"]}, "own", None),
        ({"datasets": ["atlas"]}, "atlas", "unseen"),
        ({"seen": ["own (half)"], "datasets": ["tldr"]}, "own", "seen (half)"),
        (CLEARED, "xquad-r", "unseen (decontaminated: exact, near)"),
        (CLEARED | {"seen": []}, "xquad-r", "unseen (decontaminated: exact, near)"),
        (CLEARED | {"seen": ["xquad-r"]}, "xquad-r", "seen"),
        (CLEARED, "mlqa-r", "seen (articles)"),
        (CLEARED, "miracl", "unseen"),
    ],
)
def test_seen(training: dict[str, object] | None, benchmark: str, expected: str | None) -> None:
    assert seen_in(training, empty(benchmark)) == expected


def test_another_copy_of_a_known_benchmark_has_its_articles() -> None:
    copy = replace(empty("mlqa-r"), queries={"en": Texts(("1",), ("Who?",))})
    assert seen_in(CLEARED | {"datasets": ["own"]}, copy) == "seen (articles)"
    copy = replace(copy, name="xquad-r")
    assert seen_in(CLEARED, copy) == "seen (squad_dev)"


def test_the_table_has_a_row_a_benchmark_or_family() -> None:
    rows = list(rows_of())
    assert len(rows) == len({one.family or one.name for one in CATALOGUE.values()})
    family = next(row for row in rows if row[0] == "beir-*")
    assert "nq, quora" in family[1]
    assert [row[0] for row in rows_of(["afriqa"])] == ["afriqa", "afriqa-pivot"]
    assert len(list(rows_of(["beir-vi"]))) == 14


def test_licences_are_those_that_the_publishers_state() -> None:
    of = {name: one.licence for name, one in CATALOGUE.items()}
    # MLQA's LICENSE file (CC BY-NC 4.0) is about its code; MLQA-R's own README names that licence.
    assert (of["mlqa"], of["mlqa-r"]) == ("CC BY-SA 3.0", "CC BY-NC 4.0")
    assert of["miracl"] == of["mr-tydi"] == of["tydi-goldp"]
    assert "CC BY-SA 3.0" in of["tydi-goldp"]


def test_the_verb(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["data", "benchmarks", "ntrex", "--format", "markdown"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("| name | what |")
    assert lines[2].startswith("| `ntrex` | NTREX-128: sentence -> its translations | 128 |")
    assert main(["data", "benchmarks", "xyz"]) == 2
    assert "no benchmark has xyz in its name" in capsys.readouterr().err


def test_the_documentation_has_the_table_as_it_is_printed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["data", "benchmarks", "--format", "markdown"]) == 0
    assert capsys.readouterr().out in (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "name",
    [
        "lareqa", "xquad-r", "mlqa-r", "belebele", "xquad", "nq-crosslingual-answers", "tatoeba",
        "ntrex", "parallel", "atlas", "atlas-validation", "ir_datasets:beir/scifact/test",
    ],
)  # fmt: skip
def test_a_split_is_refused_where_there_is_none(name: str, tmp_path: Path) -> None:
    for data in (lareqa_folder(tmp_path), None):
        with pytest.raises(LingweaveError, match=f"--split test: {name} has no splits"):
            named(name).load(Request(data, split="test"))


def test_a_file_of_all_questions_has_no_splits(tmp_path: Path) -> None:
    file = p.mkqa_file(tmp_path)
    assert named("mkqa").load(Request(file)).queries
    with pytest.raises(LingweaveError, match="line 1: no field 'split': leave --split out"):
        named("mkqa").load(Request(file, split="test"))
