"""What a vector tells of the language of its text."""

import numpy as np
import pytest

from lingweave.audit.separability import projected, separability
from lingweave.errors import LingweaveError


def vectors(seed, shift, languages=("de", "en", "th"), texts=60, width=16):
    """Texts around a centre of their language, ``shift`` away from the others."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(len(languages), width))
    return {
        x: (random.normal(size=(texts, width)) + shift * centre).astype(np.float32)
        for x, centre in zip(languages, centres, strict=True)
    }


def test_languages_that_lie_apart_are_told_apart():
    found = separability(vectors(1, shift=8))
    assert found.accuracy == 1
    assert found.chance == pytest.approx(1 / 3)
    assert found.by_language == {"de": 1, "en": 1, "th": 1}


def test_vectors_without_language_give_chance():
    found = separability(vectors(2, shift=0, texts=300))
    assert found.low < found.chance < found.high
    assert found.low < found.accuracy < found.high


@pytest.mark.parametrize("scale", [7, 1e25, 1e-25])
def test_a_scale_of_the_vectors_changes_nothing(scale):
    some = vectors(3, shift=1)
    again = {x: np.float32(scale) * v for x, v in some.items()}
    assert separability(some).accuracy == pytest.approx(separability(again).accuracy)


def test_a_language_with_few_texts_is_named_and_not_probed():
    some = vectors(4, shift=1) | {"yo": np.ones((3, 16), np.float32)}
    found = separability(some)
    assert found.left_out == ("yo",)
    assert "yo" not in found.by_language
    with pytest.raises(LingweaveError, match="two languages with 10 texts"):
        separability({"yo": some["yo"], "de": some["de"]})


def test_a_projection_keeps_what_lies_apart_apart():
    flat = projected(vectors(5, shift=8, languages=("de", "en")))
    between = np.linalg.norm(flat["de"].mean(0) - flat["en"].mean(0))
    within = max(part.std() for part in flat.values())
    assert between > 3 * within
