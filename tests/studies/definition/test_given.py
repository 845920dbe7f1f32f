"""Study files: what they may say, how a scale is laid over them, and the one line of a mistake."""

import pytest

from lingweave.errors import LingweaveError
from lingweave.studies.definition.given import opened, shipped
from lingweave.studies.definition.plain import overlaid, plain
from lingweave.studies.definition.study import AtlasTable, BenchmarkSpec, Choice, Side

TEXT = """
name: small
title: Small
question: Is it?
seeds: [1, 2]
train: {table: [facts], steps: 1e2, learning_rate: 2e-2}
tables:
  facts: {atlas: {languages: [no, en]}}
axes:
  recipe:
    hybrid: {train: {recipe: hybrid}}
    x-y: {train: {recipe: x-y}}
benchmarks:
  atlas: {evaluate: {benchmark: atlas, languages: "atlas:4", seed: 51}}
claims:
  - {text: T, left: {arm: {recipe: hybrid}}, right: {floor: bm25}, figures: [mono.mAP]}
scales:
  tiny:
    seeds: [1]
    train: {steps: 5}
    axes: {recipe: {x-y: null, x-x: {train: {recipe: x-x}}}}
"""


@pytest.fixture
def study_file(tmp_path):
    """Writes a study file, with some words replaced by others, and gives its path."""

    def write(old="", new=""):
        assert old in TEXT
        path = tmp_path / "small.yaml"
        path.write_text(TEXT.replace(old, new) if old else TEXT)
        return str(path)

    return write


def test_fields_have_their_types(study_file):
    study = opened(study_file())
    assert study.train == {"table": ["facts"], "steps": 100, "learning_rate": 0.02}
    assert isinstance(study.train["steps"], int)
    assert study.tables["facts"].atlas == AtlasTable(languages=["no", "en"])
    assert study.axes["recipe"]["hybrid"] == Choice(train={"recipe": "hybrid"})
    expected = {"benchmark": "atlas", "languages": "atlas:4", "seed": 51}
    assert study.benchmarks["atlas"] == BenchmarkSpec(evaluate=expected)
    assert study.claims[0].right == Side(floor="bm25")
    assert study.resamples == 2000


def test_a_scale_merges_replaces_and_removes(study_file):
    study = opened(study_file(), "tiny")
    assert study.seeds == [1]
    assert study.train == {"table": ["facts"], "steps": 5, "learning_rate": 0.02}
    assert list(study.axes["recipe"]) == ["hybrid", "x-x"]


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        ("recipe: hybrid}}\n    x", "recipy: hybrid}}\n    x",
         "axes.recipe.hybrid.train.recipy: there is no such field; choose from recipe"),
        ("steps: 1e2", "steps: many", "train.steps: 'many' is not possible; give an integer"),
        ("steps: 1e2", "steps: 1.5", "train.steps: 1.5 is not possible; give an integer"),
        ("[1, 2]", "1", "seeds: 1 is not possible; give a list of integers"),
        ("[1, 2]", "[1, x]", "seeds[2]: 'x' is not possible; give an integer"),
        ("title: Small\n", "", "title: it is missing; every study has it"),
        ("title: Small", "titel: Small", "titel: there is no such field; choose from name, "),
        ("seeds: [1, 2]", "seeds: [!!int abc]", "line 5: 'abc' is no int; mend the YAML there"),
        ("seeds: [1, 2]", "seeds: [!!float x]", "line 5: 'x' is no float; mend the YAML there"),
        ("seeds: [1, 2]", "seeds: [!!bool x]", "line 5: 'x' is no bool; mend the YAML there"),
        ("seeds: [1, 2]", f"seeds: [{'9' * 5000}]", "line 5: '9999"),
        ("seeds: [1, 2]", f"seeds: [{'9' * 400}]", "seeds[1]: 9999"),
        ("seeds: [1, 2]", "seeds: [1e999]", "seeds[1]: inf is not possible; give an integer"),
        ("2e-2", "9" * 400, "train.learning_rate: 9999"),
        ("atlas:4", "atlas:x", "benchmarks.atlas.evaluate.languages: 'atlas:x' is not possible;"),
        ("seed: 51", "sead: 51", "benchmarks.atlas.evaluate.sead: there is no such field;"),
        ("{atlas: {languages: [no, en]}}", "{}", "tables.facts: a table is one of files, atlas"),
        ("right: {floor: bm25}", "right: bst",
         "claims[1].right: 'bst' is not possible; give fields of Side or best"),
        ("figures: [mono.mAP]}", "figures: [mono.mAP], benchmarks: []}",
         "claims[1]: benchmarks is empty: name one or more"),
        ("figures: [mono.mAP]}", "figures: [mono.mAP], margin: 1}",
         "claims[1]: margin 1 of mono.mAP is not possible: give less than 1"),
        ("figures: [mono.mAP]}", "figures: [rank_distance], relation: as_good, margin: 5}",
         "claims[1]: margin 5 of rank_distance is not possible: give less than 1"),
        ("title: Small", "title: Small\nname: twice", "line 4: 'name' stands twice"),
        ("question: Is it?", "question: [Is it", "line 5: "),
        ("seeds: [1]", "sed: [1]", "scales.tiny.sed: there is no such field;"),
        ("x-y: null", "x-z: null", "scales.tiny.axes.recipe.x-z: null removes a field, and there"),
        ("title: Small", "title: Small\narms: [{recipe: best}]",
         "arms[1]: the recipe 'best' is not in the study: choose from hybrid"),
        ("title: Small", "title: Small\nplanned: [{encoder: x}]",
         "planned[1]: the axis 'encoder' is not in the study: choose from recipe"),
    ],
)  # fmt: skip
def test_a_mistake_is_one_line_with_file_and_field(study_file, old, new, line):
    path = study_file(old, new)
    with pytest.raises(LingweaveError) as caught:
        opened(path, "tiny" if "scales" in line else None)
    assert str(caught.value).startswith(f"{path}: {line}")
    assert "\n" not in str(caught.value)


def test_a_margin_in_ranks_may_be_any(study_file):
    margins = "figures: [rank_distance], relation: below, margin: -50}"
    assert opened(study_file("figures: [mono.mAP]}", margins)).claims[0].margin == -50


def test_an_unknown_scale_names_the_known_ones(study_file):
    with pytest.raises(LingweaveError, match="no scale 'huge'; choose from tiny, or leave --scale"):
        opened(study_file(), "huge")


def test_no_such_study_or_file(tmp_path):
    with pytest.raises(LingweaveError, match=r"papr: there is no such study; give .*YAML file"):
        opened("papr")
    with pytest.raises(LingweaveError, match=r"none\.yaml: cannot be read \(No such file"):
        opened(str(tmp_path / "none.yaml"))


def test_words_of_yaml_1_1_are_only_words():
    text = "a: [no, on, 2026-01-01, 1:30, 0x10, .5, 1e-3, 007]\n.5: {yes: 1}"
    values = plain(text, "f")
    assert values["a"] == ["no", "on", "2026-01-01", "1:30", "0x10", 0.5, 0.001, 7]
    assert values["0.5"] == {"yes": 1}


def test_what_an_anchor_brings_gives_way_to_own_keys():
    values = plain("a: &a {x: 1, y: 2}\nb: {<<: *a, y: 3}", "f")
    assert values["b"] == {"x": 1, "y": 3}


def test_overlay_leaves_what_lies_below_unchanged():
    below = {"a": {"b": 1, "c": 2}}
    assert overlaid(below, {"a": {"b": None, "d": [3]}}, "", "f") == {"a": {"c": 2, "d": [3]}}
    assert below == {"a": {"b": 1, "c": 2}}


@pytest.mark.parametrize("name", shipped())
@pytest.mark.parametrize("scale", [None, "tiny"])
def test_shipped_studies_open_under_their_own_names(name, scale):
    assert opened(name, scale).name == name
