"""Vectors from a file: what is read, and each thing that can be wrong with it."""

from pathlib import Path

import numpy as np
import pytest

from lingweave.benchmark import Benchmark, Texts
from lingweave.encoders.vectors import vectors_scores
from lingweave.errors import LingweaveError

BENCHMARK = Benchmark(
    "b",
    {"en": Texts(("q", "r"), ("1", "2"))},
    {"en": Texts(("a",), ("x",)), "zh-CN": Texts(("a", "b"), ("x", "y"))},
    (),
)


def arrays() -> dict[str, np.ndarray]:
    return {
        "q_en": np.array([[1.0, 0], [0, 1]]),
        "c_en": np.array([[1.0, 1]]),
        "c_zh_cn": np.array([[2, 0], [0, 3]], dtype=np.float16),
        "q_tr": np.ones((9, 9)),
    }


def written(folder: Path, **changes: np.ndarray | None) -> Path:
    content = {**arrays(), **changes}
    path = folder / "v.npz"
    np.savez(path, **{name: a for name, a in content.items() if a is not None})
    return path


def test_scores_follow_the_pool_and_stems_may_be_written_otherwise(tmp_path: Path) -> None:
    scores = vectors_scores(written(tmp_path), BENCHMARK)
    half = np.sqrt(0.5)
    np.testing.assert_allclose(
        scores.block("en", slice(0, 2)), [[half, 1, 0], [half, 0, 1]], rtol=1e-6
    )
    dot = vectors_scores(written(tmp_path), BENCHMARK, "dot")
    np.testing.assert_allclose(dot.block("en", slice(0, 1)), [[1, 2, 0]])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"c_zh_cn": None}, "no array 'c_zh-CN'"),
        ({"q_en": None}, "no array 'q_en'"),
        ({"c_zh-cn": np.ones((2, 2))}, "are one language"),
        ({"q_en": np.ones((3, 2))}, r"q_en has 3 rows, expected 2 \(questions of en"),
        ({"c_en": np.ones((2, 2))}, r"c_en has 2 rows, expected 1 \(candidates of en"),
        ({"c_en": np.full((1, 2), np.nan)}, "c_en holds NaN or infinity, first in row 0"),
        ({"q_en": np.array([[0, 1], [np.inf, 0]])}, "q_en holds NaN or infinity, first in row 1"),
        ({"c_en": np.ones((1, 3))}, "c_en has 3 dimensions but q_en has 2"),
        ({"c_en": np.ones(1)}, "expected rows of numbers"),
        ({"c_en": np.array([["a", "b"]])}, "expected rows of numbers"),
        ({"c_en": np.array([[None, {}]], dtype=object)}, "without object arrays"),
    ],
)
def test_wrong_arrays_are_named(
    tmp_path: Path, changes: dict[str, np.ndarray | None], message: str
) -> None:
    with pytest.raises(LingweaveError, match=message) as caught:
        vectors_scores(written(tmp_path, **changes), BENCHMARK)
    assert "v.npz" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_that_are_no_npz(tmp_path: Path) -> None:
    with pytest.raises(LingweaveError, match="no such file"):
        vectors_scores(tmp_path / "absent.npz", BENCHMARK)
    whole = written(tmp_path).read_bytes()
    for content in (b"", b"text", whole[: len(whole) // 2]):
        (tmp_path / "bad.npz").write_bytes(content)
        with pytest.raises(LingweaveError, match=r"not a readable \.npz"):
            vectors_scores(tmp_path / "bad.npz", BENCHMARK)
    np.save(tmp_path / "one.npy", np.ones(2))
    with pytest.raises(LingweaveError, match=r"not a readable \.npz"):
        vectors_scores(tmp_path / "one.npy", BENCHMARK)
    with pytest.raises(LingweaveError):
        vectors_scores(tmp_path, BENCHMARK)
