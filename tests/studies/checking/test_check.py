"""What is wrong with a study is told before its first run, in one line with its place."""

from dataclasses import replace

import pytest
from studies.runnable import runnable

from lingweave.errors import LingweaveError
from lingweave.studies.checking.check import check
from lingweave.studies.checking.rehearsal import rehearse
from lingweave.studies.definition.given import opened
from lingweave.studies.definition.restricted import with_benchmarks
from lingweave.studies.definition.study import (
    BenchmarkSpec,
    Choice,
    ClaimSpec,
    Published,
    Side,
    TableSpec,
    ThinTable,
)
from lingweave.studies.running.runs import runs_of

TEXT = """
name: small
title: Small
question: Is it?
seeds: [1, 2]
resamples: 100
train: {table: [facts], encoder: "start:warm", steps: 10, batch_size: 8}
tables:
  facts: {atlas: {languages: [de, en]}}
  rare: {thin: {of: facts, languages: [de], share: .1}}
starts:
  warm: {train: {encoder: static, recipe: x-y, seed: 0}}
axes:
  recipe:
    hybrid: {train: {recipe: hybrid}}
    x-y: {train: {recipe: x-y}}
  data:
    all: {}
    rare: {train: {table: [rare]}}
benchmarks:
  atlas: {evaluate: {benchmark: atlas, languages: [de, en], seed: 51}, unseen: [de]}
floors:
  bm25: {encoder: bm25}
  warm: {model: "start:warm"}
claims:
  - text: It is.
    left: {arm: {recipe: hybrid}}
    right: {arm: {recipe: x-y}}
    figures: [mono.mAP]
published:
  - {arm: {recipe: x-y}, benchmark: atlas, figures: {mono.mAP: .5}}
"""


@pytest.fixture
def study_of(tmp_path):
    """Opens a study in which some words are replaced by others."""

    def open_it(old="", new=""):
        assert TEXT.count(old) == 1 or not old
        path = tmp_path / "small.yaml"
        path.write_text(TEXT.replace(old, new) if old else TEXT)
        return opened(str(path))

    return open_it


def test_a_study_that_can_be_run_is_let_pass(study_of):
    check(study_of())


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("resamples: 100", "resamples: 1", "resamples: 1 is not possible; give 2 or more"),
        ("claims:", "arms: []\nclaims:", "arms: is empty"),
        ("claims:", "arms: [{recipe: [], data: all}]\nclaims:", "arms[1].recipe: is empty"),
        ("claims:", "planned: [{recipe: [], data: all}]\nclaims:", "planned[1].recipe: is empty"),
        ("seeds: [1, 2]", "seeds: []", "seeds: is empty"),
        ("seeds: [1, 2]", "seeds: [1, 1]", "seeds: 1 stands twice"),
        ("x-y: {train: {recipe: x-y}}", "x-y: {train: {recipe: x-z}}",
         "arm x-y/all: recipe 'x-z': cannot read 'x-z'"),
        ("x-y: {train: {recipe: x-y}}", 'x-y: {train: {recipe: "multi(3)=1"}}',
         "arm x-y/all: batch_size is 8: multi(3) needs a multiple of 3"),
        ("hybrid: {train: {recipe: hybrid}}", "hybrid: {train: {objective: infonse}}",
         "arm hybrid/all: "),
        ("hybrid: {train: {recipe: hybrid}}", "hybrid: {train: {batch_size: 1}}",
         "arm hybrid/all: batch_size: 1 is not possible"),
        ("hybrid: {train: {recipe: hybrid}}", "hybrid: {train: {table: [facts]}}",
         "arm hybrid/rare: train.table is set by recipe hybrid and by data rare"),
        ("hybrid: {train: {recipe: hybrid}}", "hybrid: {train: {seed: 3}}",
         "axes.recipe.hybrid.train.seed: a study sets it itself; give the study's seeds"),
        ("steps: 10", "steps: 10, out: there", "train.out: a study sets it itself"),
        ("{table: [rare]}", "{table: [rar]}",
         "arm hybrid/rare: train.table: the table 'rar' is not in the study"),
        ("{table: [rare]}", "{teacher: none/such/model}",
         "arm hybrid/rare: "),
        ("of: facts", "of: fact", "table 'fact' is not in the study"),
        ("of: facts", "of: rare", "table 'rare': is made of itself"),
        ("{atlas: {languages: [de, en]}}", "{files: [none/such.jsonl]}",
         "table 'facts': none/such.jsonl: no such file or folder"),
        ('encoder: "start:warm", steps', 'encoder: "start:cold", steps',
         "arm hybrid/all: train.encoder: the start 'cold' is not in the study: choose from warm"),
        ("encoder: static", 'encoder: "start:warm"', "starts.warm: goes on from itself"),
        ("encoder: static", "encoder: ./none", "starts.warm: train.encoder: model ./none: no such"),
        ("encoder: static", "encoder: no/such",
         "starts.warm: train.encoder: model no/such: no such folder, and it is not in the hub's"),
        ("encoder: static", "encoder: package:none/model", "starts.warm: train.encoder: package:"),
        ("benchmark: atlas, languages", "benchmark: atlast, languages", "benchmarks.atlas: "),
        ("seed: 51}, unseen", "seed: 51, model: m}, unseen",
         "benchmarks.atlas: evaluate.model: a study sets it itself"),
        ("{benchmark: atlas, languages: [de, en], seed: 51}",
         "{benchmark: parallel, data: none.jsonl}",
         "benchmarks.atlas: evaluate.data: none.jsonl: no such file or folder"),
        ("[de, en], seed: 51}", "'atlas:99', seed: 51}", "benchmarks.atlas: "),
        ("[de, en], seed: 51}", "[de, xx], seed: 51}",
         "benchmarks.atlas: atlas: no sentences in 'xx'"),
        ("unseen: [de]", "unseen: [deutsch]", "benchmarks.atlas: "),
        ("{encoder: bm25}", "{encoder: bm25, similarity: dot}", "floors.bm25 on atlas: "),
        ('{model: "start:warm"}', '{model: "start:w"}', "floors.warm on atlas: the start 'w'"),
        ("{encoder: bm25}", "{vectors: none.npz}", "floors.bm25: vectors: none.npz: no such file"),
        ("{encoder: bm25}", '{model: "start:warm", cache: small.yaml}',
         "floors.bm25: cache: small.yaml: is a file; give a folder"),
        ("all: {}", "all: {evaluate: {vectors: none.npz}}",
         "axes.data.all.evaluate.vectors: none.npz: no such file"),
        ("[mono.mAP]", "[mono.map]", "claims[1].figures: figure 'mono.map': no measure"),
        ("[mono.mAP]", "[]", "claims[1].figures: is empty"),
        ("text: It is.", "benchmarks: [xquad]\n    text: It is.",
         "claims[1].benchmarks: the benchmark 'xquad' is not in the study: choose from atlas"),
        ("left: {arm: {recipe: hybrid}}", "left: {arm: {recipe: best}}",
         "claims[1].left.arm: the recipe 'best' is not in the study: choose from hybrid, x-y"),
        ("right: {arm: {recipe: x-y}}", "right: {arm: {recipe: hybrid}}",
         "claims[1]: claim 'It is.': compares hybrid/all with itself"),
        ("right: {arm: {recipe: x-y}}", "right: {floor: tfidf}",
         "claims[1].right.floor: the floor 'tfidf' is not in the study: choose from bm25, warm"),
        ("benchmark: atlas, figures: {", "benchmark: atlsa, figures: {", "published[1].benchmark:"),
        ("{mono.mAP: .5}", "{mono: .5}", "published[1].figures: figure 'mono'"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line_with_its_place(study_of, tmp_path, monkeypatch, old, new, line):
    monkeypatch.chdir(tmp_path)
    study = study_of(old, new)
    with pytest.raises(LingweaveError) as caught:
        check(study)
    assert str(caught.value).startswith(f"study small: {line}")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("name: small", "name: ../escaped", "name: the name '../escaped' is not possible"),
        ("name: small", "name: ..", "name: the name '..' is not possible"),
        ("atlas: {evaluate", ".: {evaluate", "benchmarks: the name '.' is not possible"),
        ("bm25: {encoder", "hybrid/all: {encoder", "floors: the name 'hybrid/all' is not possible"),
    ],
)
def test_names_that_lead_elsewhere_are_refused_when_a_study_is_opened(study_of, old, new, line):
    with pytest.raises(LingweaveError, match=r"small\.yaml: ") as caught:
        study_of(old, new)
    assert line in str(caught.value)
    given = replace(study_of(), name="../escaped")
    with pytest.raises(LingweaveError, match="is not possible"):
        check(given)


def test_folders_that_are_made_need_not_be_there(study_of):
    check(study_of("{encoder: bm25}", '{model: "start:warm", cache: none/such}'))


def test_a_claim_of_an_arm_that_is_not_run(study_of):
    arms = "arms: [{recipe: '*', data: all}]\nclaims:"
    study = study_of("claims:", arms)
    check(study)
    study.claims[0].left.arm["data"] = "rare"
    with pytest.raises(LingweaveError, match="no arm of the study has recipe hybrid, data rare"):
        check(study)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("{atlas: {languages: [de, en]}}", "{files: [none/such.jsonl]}"),
        ("encoder: static", "encoder: no/such"),
        ("{benchmark: atlas, languages: [de, en], seed: 51}",
         "{benchmark: parallel, data: none.jsonl}"),
    ],
)  # fmt: skip
def test_a_plan_needs_neither_data_nor_models(study_of, old, new):
    check(study_of(old, new), here=False)


def rehearsed(study, out):
    rehearse(study, runs_of(study, out))


def claim(*figures, **fields):
    left, right = Side({"recipe": "hybrid"}), Side({"recipe": "mono"})
    return ClaimSpec("It is.", left, right, "above", list(figures), **fields)


def refused(study, out, line):
    with pytest.raises(LingweaveError) as caught:
        rehearsed(study, out)
    assert str(caught.value).startswith(f"study toy: {line}")
    assert "\n" not in str(caught.value)


def test_an_unseen_language_in_which_an_arm_is_trained(table_file, tmp_path):
    """The arm, its table and the language are named; an arm that is trained without it passes."""
    asked = {"benchmark": "parallel", "data": str(table_file)}
    held_out = TableSpec(thin=ThinTable("toy", ["de"], 0.0))
    study = runnable(
        table_file,
        tables={"toy": TableSpec(files=[str(table_file)]), "without": held_out},
        benchmarks={"all": BenchmarkSpec(asked, unseen=["de"])},
        axes={"data": {"few": Choice({"table": ["without"]}), "many": Choice({"table": ["toy"]})}},
    )
    line = "benchmarks.all: unseen: arm many is trained on toy, with texts in de; ask for figures"
    refused(study, tmp_path, line)
    rehearsed(replace(study, arms=[{"data": "few"}]), tmp_path)
    few = replace(study, train=study.train | {"languages": ["el", "en", "ru"]})
    rehearsed(few, tmp_path)


@pytest.mark.parametrize(
    "name",
    ["cross.mAP|language=sw", "mono.mAP|gap_to=fr", "multi.mAP|family=Bantu",
     "multi.R@1|script=Deva"],
)  # fmt: skip
def test_a_figure_of_languages_that_a_benchmark_lacks(table_file, tmp_path, name):
    """In a claim, among the paper's figures and in the tables."""
    study = runnable(table_file)
    refused(replace(study, claims=[claim("mono.mAP", name)]), tmp_path,
            f"claims[1].figures: on all: figure {name}: is over none of the languages")  # fmt: skip
    published = [Published({"recipe": "mono"}, "all", {name: 0.5})]
    refused(replace(study, published=published), tmp_path,
            f"published[1].figures: on all: figure {name}: ")  # fmt: skip
    refused(replace(study, figures=["mono.mAP", name]), tmp_path,
            f"figures: on every benchmark: figure {name}: ")  # fmt: skip


def test_an_arm_need_not_fit_a_benchmark_that_it_is_not_measured_on(table_file):
    asked = {"benchmark": "parallel", "data": str(table_file)}
    axes = {"ties": {"all": Choice(), "few": Choice(evaluate={"ties": "optimistic"})}}
    cut = BenchmarkSpec(asked | {"ties": "index"})
    study = runnable(table_file, axes=axes, floors={}, benchmarks={"cut": cut})
    with pytest.raises(LingweaveError, match="ties: 'index' by the benchmark, 'optimistic' by"):
        check(study)
    check(replace(study, benchmarks={"cut": replace(cut, arms=[{"ties": "all"}])}))


@pytest.mark.parametrize("name", ["cross.mAP", "mono.mAP|gap_to=de", "cross.mAP|language=de"])
def test_a_figure_for_which_a_benchmark_has_no_answers(table_file, tmp_path, name):
    """One language has nothing across languages, and no gap to others."""
    asked = {"benchmark": "parallel", "data": str(table_file)}
    one = BenchmarkSpec(asked | {"languages": ["de"]})
    study = runnable(table_file, benchmarks={"all": BenchmarkSpec(asked), "one": one})
    rehearsed(replace(study, claims=[claim(name, benchmarks=["all"])]), tmp_path)
    refused(replace(study, claims=[claim(name)]), tmp_path,
            f"claims[1].figures: on one: figure {name}: is not defined")  # fmt: skip
    # Tables show what one of the benchmarks gives, whichever are chosen.
    shown = replace(study, figures=[name])
    rehearsed(shown, tmp_path)
    rehearsed(with_benchmarks(shown, ["one"]), tmp_path)
