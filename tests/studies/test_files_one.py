"""The studies that lingweave brings: paper, beyond, multilingual-contrastive, contrastive-plus."""

from collections import Counter

import pytest

from lingweave.objectives.mixture import TERMS, objective_of
from lingweave.plan import BatchPlan, Recipe
from lingweave.sources.rows import read_table
from lingweave.studies.checking.check import check
from lingweave.studies.definition.arms import arms_of, train_fields
from lingweave.studies.definition.given import opened

NAMES = ("paper", "beyond", "multilingual-contrastive", "contrastive-plus")
SCALES = [(name, scale) for name in NAMES for scale in (None, "tiny")] + [("paper", "text")]
ALL_FOUR = ["mono.mAP", "cross.mAP", "multi.mAP", "rank_distance"]


@pytest.mark.parametrize(("name", "scale"), SCALES)
def test_opens_and_could_be_run(name, scale):
    study = opened(name, scale)
    check(study, here=False)
    assert study.name == name
    assert study.limits.strip()
    assert study.question.strip()
    assert len(study.seeds) >= 3
    for arm in arms_of(study):
        fields = train_fields(study, arm)
        Recipe(fields.get("recipe", "hybrid"))
        objective_of(fields.get("objective", "infonce"), 0.05)


@pytest.mark.parametrize("name", NAMES)
def test_tiny_is_fresh_and_wide(name):
    """No atlas that anything was chosen on, 50 languages or more where it is the atlas."""
    study = opened(name, "tiny")
    for table in study.tables.values():
        if table.atlas is not None:
            assert table.atlas.seed > 40
            assert table.atlas.languages == 52
    for benchmark in study.benchmarks.values():
        if benchmark.evaluate["benchmark"].startswith("atlas"):
            assert benchmark.evaluate["seed"] > 40
            assert benchmark.evaluate["languages"] == "atlas:52"


def _claims(study):
    return [
        (dict(one.left.arm), dict(one.right.arm), one.relation, tuple(one.figures), one.factor,
         tuple(one.benchmarks or study.benchmarks))
        for one in study.claims
        if one.published
    ]  # fmt: skip


def test_the_papers_claims_stand():
    """Every one that the paper makes, on XQuAD-R and MLQA-R, from both encoders."""
    claims = _claims(opened("paper"))
    both, three = ("xquad-r", "mlqa-r"), ("mono.mAP", "cross.mAP", "multi.mAP")
    xx, xy, hybrid = ({"recipe": name} for name in ("x-x-mono", "x-y", "hybrid"))
    assert (xx, xy, "above", ("mono.mAP",), 1, both) in claims
    assert (xx, xy, "below", ("cross.mAP", "multi.mAP"), 1, both) in claims
    assert (hybrid, xx, "as_good", three, 1, both) in claims
    assert (hybrid, xy, "as_good", three, 1, both) in claims
    assert (hybrid, xx, "below", ("mono.nDCG@10",), 1, ("miracl",)) in claims
    assert (hybrid, xy, "above", ("mono.nDCG@10",), 1, ("miracl",)) in claims
    assert (hybrid, xx, "below", ("rank_distance",), 1, both) in claims
    for backbone, factor in (("xlm-r", 0.7), ("labse", 0.85)):
        left, right = hybrid | {"backbone": backbone}, xx | {"backbone": backbone}
        assert (left, right, "below", ("rank_distance",), factor, ("xquad-r",)) in claims
    unseen = ("cross.mAP|unseen", "multi.mAP|unseen")
    assert (hybrid, xx, "above", unseen, 1, ("xquad-r",)) in claims
    for alpha in ("alpha-0.4", "alpha-0.6"):
        assert ({"recipe": alpha}, {"recipe": "alpha-0.5"}, "equal", three, 1, both) in claims


def test_the_size_of_the_cut_is_the_papers_from_its_encoder_alone():
    for scale in ("tiny", "text"):
        assert {factor for *_, factor, _ in _claims(opened("paper", scale))} == {1}


@pytest.mark.parametrize("name", ["paper", "multilingual-contrastive"])
def test_limits_tell_what_the_tiny_scale_flatters(name):
    """Corpora of half the size, and a vocabulary that met the languages that are held out."""
    study = opened(name, "tiny")
    assert study.benchmarks["atlas"].evaluate["benchmark"] == "atlas-validation"
    assert any("all-facts" in one.train["vocabulary_from"] for one in study.starts.values())
    said = " ".join(study.limits.split())
    for words in ("vocabulary was learned from their sentences", "understates how far",
                  "half the size"):  # fmt: skip
        assert words in said


@pytest.mark.parametrize("scale", [None, "tiny"])
def test_limits_tell_that_the_interaction_has_no_interval(scale):
    said = " ".join(opened("multilingual-contrastive", scale).limits.split())
    assert "no interval of its own" in said


def test_the_papers_figures_stand():
    study = opened("paper")
    shown = {
        (one.arm["recipe"], one.arm["backbone"], one.benchmark): one.figures
        for one in study.published
    }
    assert len(shown) == len(study.published) == 18
    assert list(shown["hybrid", "xlm-r", "xquad-r"].values()) == [0.798, 0.705, 0.593, 287]
    assert list(shown["x-y", "labse", "mlqa-r"].values()) == [0.671, 0.677, 0.576, 198]
    assert shown["x-x-mono", "labse", "miracl"] == {"mono.nDCG@10": 0.4551}
    # At the scale that measures XQuAD-R, they stand beside it.
    assert {one.benchmark for one in opened("paper", "text").published} == {"xquad-r"}


def test_alpha_ends_are_the_named_recipes():
    """Equal fields make equal runs, which are run once."""
    study = opened("paper")
    for one, other in (("0.0", "x-y"), ("0.5", "hybrid"), ("1.0", "x-x-mono")):
        choices = study.axes["recipe"]
        assert choices[f"alpha-{one}"] == choices[other]
    assert sum(choice.startswith("alpha-") for choice in study.axes["recipe"]) == 11


@pytest.mark.parametrize("scale", [None, "tiny"])
def test_beyond_judges_at_equal_compute(scale):
    study = opened("beyond", scale)
    assert len(study.seeds) == 5
    assert {arm.choices["strategy"] for arm in arms_of(study)} == {
        "hybrid", "annealed", "multi-hybrid", "multi-annealed",
    }  # fmt: skip
    spent = [train_fields(study, arm) for arm in arms_of(study)]
    assert len({(one["steps"], one["batch_size"]) for one in spent}) == 1
    assert not any(one.get("patience") for one in spent)  # Stopped early is less compute.
    for strategy in ("annealed", "multi-hybrid", "multi-annealed"):
        claim = next(one for one in study.claims if one.left.arm == {"strategy": strategy})
        assert claim.right.arm == {"strategy": "hybrid"}
        assert (claim.relation, claim.figures) == ("as_good", ALL_FOUR)


def test_equal_compute_is_equal_pairs_of_few_records(table_file):
    """A batch of several languages a record has as many rows as any other."""
    shape = read_table([str(table_file)]).shape()
    for name, choice in opened("beyond").axes["strategy"].items():
        plan = BatchPlan(Recipe(choice.train["recipe"], batch_size=32, steps=40), shape, seed=1)
        for step in range(40):
            rows = plan.batch(step=step).rows
            assert len(rows) == 32
            assert len(set(rows.tolist())) in ((16, 32) if name.startswith("multi") else (32,))


@pytest.mark.parametrize("scale", [None, "tiny"])
def test_every_objective_is_added(scale):
    study = opened("contrastive-plus", scale)
    objectives = [choice.train["objective"] for choice in study.axes["objective"].values()]
    assert {term for term in TERMS if any(term in one for one in objectives)} == set(TERMS)
    sides = [(one.left.arm["objective"], one.right.arm["objective"]) for one in study.claims]
    # What several positives add is told against the same batches with one.
    controls = {"infonce", "multi-infonce"}
    assert {left for left, _ in sides} - controls == {*study.axes["objective"]} - controls
    assert ("multi-positive", "multi-infonce") in sides
    assert {"mono.MRR@10", "cross.MRR@10", "multi.MRR@10", "sentence_match@1"} <= {*study.figures}
    assert all(one.read is not None for one in study.benchmarks.values())
    readers = [one.read.get("reader") for one in study.benchmarks.values()]
    assert all(readers) if scale is None else not any(readers)


@pytest.mark.parametrize("scale", [None, "tiny"])
def test_low_resource_languages_are_held_out(scale):
    study = opened("multilingual-contrastive", scale)
    thin = study.tables["facts"].thin if scale else None
    assert all(one.unseen for one in study.benchmarks.values())
    for one in study.benchmarks.values():
        if thin is not None:
            assert thin.share == 0
            assert sorted(thin.languages) == sorted(one.unseen)
        else:
            assert not {*study.train["languages"]} & {*one.unseen}
    each = len(study.axes["alpha"]) * len(study.axes["backbone"])
    by_objective = Counter(arm.choices["objective"] for arm in arms_of(study))
    assert by_objective.keys() == study.axes["objective"].keys()
    # At the tiny scale those that no claim asks for at other alphas are left out.
    assert {*by_objective.values()} == ({each} if scale is None else {each, 1})
