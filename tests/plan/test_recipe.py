"""The one line that a recipe is written as, and what stands wrong in it."""

import numpy as np
import pytest
from plan.shapes import full, plan, same

from lingweave.errors import LingweaveError
from lingweave.plan import RECIPES, BatchPlan, Recipe
from lingweave.plan.schedule import weight_of


@pytest.mark.parametrize(
    ("mixture", "words"),
    [
        ("hybird", "names are x-x-mono"),
        ("mono=x", "the weight in 'mono=x': it is not a number"),
        ("mono=-1", "0 or more"),
        ("mono=nan", "0 or more"),
        ("mono=0", "all weights are 0"),
        ("mono=1:0", "all weights are 0 at the end"),
        ("mono=1>0@0.5>1@0.75", "all weights are 0 at 0.5 of the run"),
        ("mono=0>1@0.5,cross=0>1@0.2", "all weights are 0 at the start"),
        ("mono=0:1/sine,cross=1", "'mono=0:1/sine': write it as 0.5, 0:1, 0:1/cosine"),
        ("mono=0:1:0,cross=1", "'mono=0:1:0': write it as"),
        ("mono=1>0,cross=1", "write steps as 0>0.5@0.3"),
        ("mono=0@0.5,cross=1", "write steps as 0>0.5@0.3"),
        ("mono=1>0@0.5>1@0.4,cross=1", "growing shares of the run"),
        ("mono=1>0@1,cross=1", "growing shares of the run"),
        ("mono=1>0@nan,cross=1", "0 or more"),
        ("mono=1,mono=2", "stands twice"),
        ("multi=1,multi(2)=2", "stands twice"),
        ("multi(1)=1", r"write multi\(2\)"),
        ("multi(x)=1", r"write multi\(2\)"),
        ("multi(2,3)=1", r"write multi\(2\)"),
        ("multi(3)=1,mono=1", r"batch_size is 16: multi\(3\) needs a multiple of 3"),
        ("multi(16)=1", "needs at least 2 records, that is 32 rows"),
        ("multi(8)=1", r"only 0 records for a 'multi\(8\)' batch"),
        ("mono(en)=1", "write a pivot"),
        ("pivot=1", r"pivot\(en,\*\)"),
        ("pivot(*,*)=1", "fixed language"),
        ("pivot(xx,*)=1", "not among the table's languages"),
    ],
)
def test_recipes_that_cannot_be_read_say_why(mixture: str, words: str) -> None:
    with pytest.raises(LingweaveError, match=words) as caught:
        plan(full(100), mixture)
    assert "\n" not in str(caught.value)


def test_recipes_have_names_and_can_be_written_out() -> None:
    assert Recipe("mono=0.5,cross=0.5").name == "hybrid"
    assert str(Recipe("hybrid")) == "mono=0.5,cross=0.5"
    assert Recipe("multi=0.5,mono=0.5").name == "multi-hybrid"
    assert str(Recipe("multi=1")) == "multi(2)=1"
    assert {Recipe(name).name for name in RECIPES} == set(RECIPES)


@pytest.mark.parametrize(
    "mixture",
    [
        *RECIPES.values(),
        "mono=0:1,pivot(en,*)=0.25",
        "mono=0:1/cosine,cross=1:0",
        "mono=0>0.5@0.3>1@0.6,multi(4)=1",
        "mono=0.123456789:1e-07/cosine,cross=1>0.3333333333@0.1234567",
    ],
)
def test_a_recipe_written_out_is_the_same_recipe(mixture: str) -> None:
    first = plan(full(100), mixture, steps=40)
    text = str(first.describe()["recipe"])
    assert text == str(Recipe(mixture)) == mixture
    again = BatchPlan(Recipe(text, batch_size=16, steps=40), full(100), 1)
    assert all(same(a, b) for a, b in zip(first.batches(), again.batches(), strict=True))


def test_a_constant_or_a_line_is_written_in_its_short_form() -> None:
    assert str(weight_of("0.5:0.5/cosine")) == "0.5"
    assert str(weight_of("0:1/linear")) == "0:1"


def test_weights_follow_their_shapes() -> None:
    progress = np.array([0, 0.25, 0.3, 0.5, 0.75, 1])
    for text, expected in {
        "0.5": [0.5] * 6,
        "0:2": [0, 0.5, 0.6, 1, 1.5, 2],
        "1:0/cosine": (1 + np.cos(np.pi * progress)) / 2,
        "0>0.5@0.3>1@0.75": [0, 0, 0.5, 0.5, 1, 1],
    }.items():
        np.testing.assert_allclose(weight_of(text).at(progress), expected, atol=1e-15)


@pytest.mark.parametrize("shape", ["0:1", "0:1/cosine", "0>0.5@0.3>1@0.6"])
def test_kinds_follow_their_weights(shape: str) -> None:
    made = plan(full(300), f"mono={shape},cross=1", batch_size=4, steps=6000)
    mono = np.array([b.kind == "mono" for b in made.batches()]).reshape(60, 100).sum(1)
    weight = weight_of(shape).at(np.arange(6000) / 5999).reshape(60, 100)
    share = weight / (1 + weight)
    expected, deviation = share.sum(1), np.sqrt((share * (1 - share)).sum(1))
    assert (np.abs(mono - expected) <= 4.5 * deviation + 1e-9).all()
