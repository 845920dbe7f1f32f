"""Mining: planted translations come out, by the definition of the margin and nothing else."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from lingweave.building.mining import Mates, MiningOptions, MonoSet, mates, mined, mono_set
from lingweave.errors import LingweaveError
from lingweave.table import Origin

Floats = NDArray[np.float32]


class Planted:
    """Vectors by a text's number: translations lie close to each other, the rest anywhere."""

    def __init__(self, noise: float = 0.5, size: int = 48) -> None:
        self.noise, self.size = noise, size
        self.asked: list[tuple[str, str]] = []

    def _of(self, texts: Sequence[str], language: str, side: str) -> Floats:
        self.asked.append((side, language))
        rows = []
        for text in texts:
            number = int(text.split()[-1])
            meaning = np.random.default_rng([number, len(side)]).normal(size=self.size)
            own = np.random.default_rng([number, len(side), *map(ord, language)])
            rows.append(meaning + self.noise * own.normal(size=self.size))
        return np.array(rows, np.float32)

    def encode_queries(self, texts: Sequence[str], language: str) -> Floats:
        return self._of(texts, language, "query")

    def encode_passages(self, texts: Sequence[str], language: str) -> Floats:
        return self._of(texts, language, "passage")

    def describe(self) -> dict[str, Any]:
        return {"name": "planted"}


def texts(language: str, numbers: Sequence[int], sides: str = "qp") -> MonoSet:
    return MonoSet(
        f"{language} news",
        language,
        [f"{language}{i}" for i in numbers],
        [f"{language} question {i}" for i in numbers] if "q" in sides else None,
        [f"{language} passage {i}" for i in numbers] if "p" in sides else None,
    )


def naive(left: Floats, right: Floats, k: int, least: float) -> set[tuple[int, int]]:
    """The definition, with loops."""
    cosines = left @ right.T
    near = [np.sort(row)[::-1][:k].mean() for row in cosines]
    far = [np.sort(row)[::-1][:k].mean() for row in cosines.T]
    margin = cosines / ((np.array(near)[:, None] + np.array(far)[None]) / 2)

    def best(scores: Floats, margins: Floats) -> list[int]:
        return [
            max(np.argsort(-row, kind="stable")[:k], key=lambda j: own[j])
            for row, own in zip(scores, margins, strict=True)
        ]

    forward, backward = best(cosines, margin), best(cosines.T, margin.T)
    return {(i, j) for i, j in enumerate(forward) if backward[j] == i and margin[i, j] >= least}


def unit(seed: int, count: int) -> Floats:
    vectors = np.random.default_rng(seed).normal(size=(count, 6)) + 1
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


@pytest.mark.parametrize("least", [0.0, 1.01, 1.05])
@pytest.mark.parametrize("block", [1, 7, 100])
def test_mates_are_those_of_the_definition(least: float, block: int) -> None:
    left, right = unit(1, 41), unit(2, 29)
    found = mates({"query": left}, {"query": right}, MiningOptions(least, 4, block))
    expected = naive(left, right, 4, least)
    assert expected
    assert set(zip(found.left.tolist(), found.right.tolist(), strict=True)) == expected
    assert (found.margins >= least).all()
    assert (np.diff(found.left) > 0).all()


def test_both_sides_must_agree() -> None:
    eye = np.eye(3, dtype=np.float32)
    turned = eye[[0, 2, 1]]
    found = mates(
        {"query": eye, "passage": eye}, {"query": eye, "passage": turned}, MiningOptions()
    )
    assert isinstance(found, Mates)
    assert found.left.tolist() == found.right.tolist() == [0]


@pytest.mark.parametrize("sides", ["q", "p", "qp"])
def test_planted_pairs_come_out(sides: str) -> None:
    left, right = texts("en", range(0, 300), sides), texts("de", range(200, 450), sides)
    table = mined([left, right], Planted(), MiningOptions(least=1.4))
    truth = set(range(200, 300))
    found = {}
    for row in range(len(table)):
        cells = {
            code: next(
                int(text.split()[-1])
                for side in ("query", "passage")
                if (text := table.column(side, code)[row].as_py()) is not None
            )
            for code in ("de", "en")
        }
        found[cells["en"]] = cells["de"]
    right_ones = sum(i in truth and j == i for i, j in found.items())
    assert right_ones / len(found) >= 0.97
    assert right_ones / len(truth) >= 0.97


def test_a_higher_threshold_is_more_precise_and_finds_less() -> None:
    left, right = texts("en", range(0, 200), "p"), texts("de", range(100, 300), "p")
    precision, recall = [], []
    for least in (0.0, 1.1, 1.4):
        table = mined([left, right], Planted(noise=1.0), MiningOptions(least=least))
        pairs = zip(*(table.column("passage", x).to_pylist() for x in ("en", "de")), strict=True)
        same = sum(a.split()[-1] == b.split()[-1] for a, b in pairs)
        precision.append(same / len(table))
        recall.append(same / 100)
    assert precision == sorted(precision)
    assert recall == sorted(recall, reverse=True)
    assert precision[0] < 0.9 < precision[2]


def test_several_sets_meet_in_the_first() -> None:
    sets = [texts("en", range(60)), texts("de", range(30, 90)), texts("sw", range(40, 100))]
    table = mined(sets, Planted(0.2), MiningOptions(least=1.2))
    assert table.languages == ("de", "en", "sw")
    assert table.ids().to_pylist() == [f"en{i}" for i in range(30, 60)]
    assert table.column("query", "sw").null_count == 10
    assert table.column("passage", "de")[0].as_py() == "de passage 30"
    assert table.column("passage", "sw")[10].as_py() == "sw passage 40"
    assert table.origins == (
        Origin("given", "en news"),
        Origin("mined", "de news", "en", "planted"),
        Origin("mined", "sw news", "en", "planted"),
    )
    assert table.origin("sw").to_pylist() == [None] * 10 + [2] * 20
    assert table.origin("en").to_pylist() == [0] * 30
    assert table.score_names == ("margin",)
    margins = table.score("margin", "sw").to_pylist()
    assert margins[:10] == [None] * 10
    assert min(margins[10:]) >= 1.2


def test_texts_are_encoded_as_what_they_are() -> None:
    encoder = Planted()
    mined([texts("en", range(9), "q"), texts("de", range(9), "q")], encoder, MiningOptions(0))
    assert encoder.asked == [("query", "en"), ("query", "de")]


def test_sets_of_tables() -> None:
    sets = [texts("en", range(20)), texts("de", range(10, 30))]
    table = mined(sets, Planted(0.1), MiningOptions(1.2))
    again = mono_set(table, "de")
    assert again.language == "de"
    assert again.ids == [f"en{i}" for i in range(10, 20)]
    assert again.passages is not None
    assert again.passages[0] == "de passage 10"
    only = mined([texts("en", range(9), "p"), texts("de", range(9), "p")], Planted(0.1))
    assert mono_set(only, "de").queries is None
    with pytest.raises(LingweaveError, match="'fr'"):
        mono_set(table, "fr")


@pytest.mark.parametrize(
    ("sets", "said"),
    [
        ([texts("en", range(3))], "two sets"),
        ([texts("en", range(3)), texts("en", range(3))], "two sets are in 'en'"),
        ([texts("en", range(3)), texts("de", range(3), "q")], "same sides"),
        ([texts("en", range(3), ""), texts("de", range(3), "")], "no texts"),
        ([texts("en", range(3)), texts("de", range(0))], "0 texts"),
        ([texts("en", range(9)), texts("de", range(20, 29))], "lower --margin"),
    ],
)
def test_mistakes_are_named(sets: list[MonoSet], said: str) -> None:
    with pytest.raises(LingweaveError, match=said):
        mined(sets, Planted(), MiningOptions(least=3.0))


@pytest.mark.parametrize(
    ("options", "named"),
    [({"least": -1.0}, "--margin"), ({"neighbours": 0}, "--neighbours"), ({"block": 0}, "--block")],
)
def test_wrong_options_are_named(options: dict[str, Any], named: str) -> None:
    with pytest.raises(LingweaveError, match=named):
        MiningOptions(**options)


def test_broken_vectors_are_refused() -> None:
    class Broken(Planted):
        def encode_queries(self, texts: Sequence[str], language: str) -> Floats:
            return np.full((len(texts), 2), np.nan, np.float32)

    with pytest.raises(LingweaveError, match="NaN"):
        mined([texts("en", range(3)), texts("de", range(3))], Broken())
