"""Vectors on disk: nothing twice, nothing damaged, nothing of another encoder, two at a time."""

import logging
import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from lingweave.encoders import vector_files
from lingweave.encoders.cache import Batch, CachedEncoder
from lingweave.encoders.random_vectors import RandomVectors
from lingweave.encoders.vector_files import VectorFiles, keys_of
from lingweave.errors import LingweaveError
from lingweave.table import Side


class Fake:
    """Random vectors in batches of three, last batch first; remembers what it encoded."""

    def __init__(self, seed: int = 0, dimension: int = 4, name: str = "fake") -> None:
        self.made = RandomVectors(seed, dimension)
        self.name = name
        self.texts: Counter[str] = Counter()
        self.stop_after: int | None = None

    def batches(self, side: Side, texts: Sequence[str], language: str) -> Iterator[Batch]:
        starts = list(range(0, len(texts), 3))[::-1]
        for number, start in enumerate(starts):
            if number == self.stop_after:
                raise KeyboardInterrupt
            some = texts[start : start + 3]
            self.texts.update(some)
            vectors = self.made.encode_queries(some, language)
            yield Batch(np.arange(start, start + len(some)), vectors)

    def identity(self, side: Side) -> dict[str, Any]:
        return {"name": self.name}

    def describe(self) -> dict[str, Any]:
        return {"encoder": self.name}


TEXTS = [f"text {i} \udc80 ü" for i in range(20)]
EXPECTED = RandomVectors(0, 4).encode_queries(TEXTS, "en")


def cached(folder: Path, fake: Fake, **options: bool) -> np.ndarray:
    return CachedEncoder(fake, folder, **options).encode_queries(TEXTS, "en")


def test_vectors_are_the_encoders_and_are_made_once(tmp_path: Path) -> None:
    first, second = Fake(), Fake()
    encoder = CachedEncoder(first, tmp_path)
    np.testing.assert_array_equal(encoder.encode_queries(TEXTS[:7], "en"), EXPECTED[:7])
    order = [5, 5, 19, 0, 5]
    some = [TEXTS[i] for i in order]
    np.testing.assert_array_equal(encoder.encode_queries(some, "de"), EXPECTED[order])
    assert encoder.describe() == {"encoder": "fake"}
    np.testing.assert_array_equal(cached(tmp_path, second), EXPECTED)
    assert first.texts + second.texts == Counter(TEXTS)


def test_sides_and_encoders_share_nothing(tmp_path: Path) -> None:
    cached(tmp_path, Fake())
    other = Fake(seed=1, name="other")
    assert (cached(tmp_path, other) != EXPECTED).any()
    assert len(other.texts) == 20
    passages = Fake()
    CachedEncoder(passages, tmp_path).encode_passages(TEXTS, "en")
    assert len(passages.texts) == 20


def test_what_came_before_an_interruption_is_kept(tmp_path: Path) -> None:
    first, second = Fake(), Fake()
    first.stop_after = 4
    with pytest.raises(KeyboardInterrupt):
        cached(tmp_path, first)
    np.testing.assert_array_equal(cached(tmp_path, second), EXPECTED)
    assert first.texts + second.texts == Counter(TEXTS)
    assert len(first.texts) == 11


def test_many_small_files_become_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vector_files, "_MANY", 3)
    np.testing.assert_array_equal(cached(tmp_path, Fake()), EXPECTED)
    assert len(list(tmp_path.rglob("*.arrow"))) == 3  # Seven batches: two of three, and one.
    again = Fake()
    np.testing.assert_array_equal(cached(tmp_path, again), EXPECTED)
    assert not again.texts
    monkeypatch.setattr(vector_files, "_SMALL", 3 * 4 * 4)  # The last batch alone is smaller.
    cached(tmp_path / "large", Fake())
    assert len(list((tmp_path / "large").rglob("*.arrow"))) == 7


@pytest.mark.parametrize("damage", ["cut", "changed", "empty", "swapped"])
def test_a_damaged_file_is_dropped_and_made_again(
    tmp_path: Path, damage: str, caplog: pytest.LogCaptureFixture
) -> None:
    cached(tmp_path, Fake())
    path = sorted(tmp_path.rglob("*.arrow"))[2]
    content = path.read_bytes()
    if damage == "swapped":  # A sound file of another encoder.
        other = tmp_path / "other"
        cached(other, Fake(1, 4, "other"))
        content = next(other.rglob("*.arrow")).read_bytes()
    middle = len(content) // 2
    path.write_bytes(
        {
            "cut": content[:-40],
            "changed": content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :],
            "empty": b"",
            "swapped": content,
        }[damage]
    )
    again = Fake()
    with caplog.at_level(logging.WARNING, "lingweave"):
        np.testing.assert_array_equal(cached(tmp_path, again), EXPECTED)
    assert f"{path}: damaged; its vectors are made again" in caplog.text
    assert again.texts.total() in (2, 3)
    assert not path.exists()


def test_two_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vector_files, "_MANY", 2)
    with ThreadPoolExecutor(4) as pool:
        for vectors in pool.map(lambda _: cached(tmp_path, Fake()), range(8)):
            np.testing.assert_array_equal(vectors, EXPECTED)
    third = Fake()
    np.testing.assert_array_equal(cached(tmp_path, third), EXPECTED)
    assert not third.texts


def test_what_a_killed_writer_left_is_removed_in_time(tmp_path: Path) -> None:
    cached(tmp_path, Fake())
    folder = next(tmp_path.iterdir())
    old, young = folder / ".a.part", folder / ".b.part"
    for path in (old, young):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - 7200,) * 2)
    again = Fake()
    np.testing.assert_array_equal(cached(tmp_path, again), EXPECTED)
    assert (old.exists(), young.exists()) == (False, True)
    assert not again.texts


def test_another_model_under_the_same_name_is_found_out(tmp_path: Path) -> None:
    assert len(cached(tmp_path, Fake(), probed=True)) == 20
    encoder = CachedEncoder(Fake(seed=1), tmp_path, probed=True)
    np.testing.assert_array_equal(encoder.encode_queries(TEXTS, "en"), EXPECTED)  # All is there.
    with pytest.raises(LingweaveError, match=r"another model .* \(cosine -?0\.\d+ for the same"):
        encoder.encode_queries(["new"], "en")
    with pytest.raises(LingweaveError, match="vectors of 4 numbers, and the encoder now gives 5"):
        CachedEncoder(Fake(dimension=5), tmp_path).encode_queries(["new"], "en")
    same = Fake()
    CachedEncoder(same, tmp_path, probed=True).encode_queries(["new"], "en")
    assert same.texts["new"] == 1


def test_vectors_without_sense_are_not_kept(tmp_path: Path) -> None:
    class Broken(Fake):
        def batches(self, side: Side, texts: Sequence[str], language: str) -> Iterator[Batch]:
            for batch in super().batches(side, texts, language):
                batch.vectors[-1, 0] = np.nan
                yield batch

    with pytest.raises(LingweaveError, match=r"in de: 1 of 1 hold NaN .* first that of 'a'"):
        CachedEncoder(Broken(), tmp_path).encode_queries(["a"], "de")
    assert not list(tmp_path.rglob("*.arrow"))


def test_nothing_to_encode_and_nowhere_to_write(tmp_path: Path) -> None:
    assert CachedEncoder(Fake(), tmp_path).encode_queries([], "en").shape[0] == 0
    (tmp_path / "file").write_text("")
    with pytest.raises(LingweaveError, match="cannot write vectors"):
        cached(tmp_path / "file", Fake())


def test_vectors_are_found_by_text(tmp_path: Path) -> None:
    files = VectorFiles(tmp_path, "n")
    keys = keys_of([str(i) for i in range(100)])
    files.add(keys, np.arange(200, dtype=np.float32).reshape(100, 2))
    files.refresh()
    found = files.find(keys_of(["7", "absent", "99"]))
    assert (found >= 0).tolist() == [True, False, True]
    np.testing.assert_array_equal(files.read(found[[0, 2]]), [[14, 15], [198, 199]])
