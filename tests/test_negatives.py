"""Hard negatives come back from their file by name, and are found for many records at once."""

import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingweave.errors import LingweaveError
from lingweave.negatives import HardNegatives, made_by
from lingweave.table import ParallelTable


def table_of(names):
    """A table of these (data set, id), in one language."""
    return ParallelTable.build(
        pa.array([id for _, id in names]),
        pa.array([name for name, _ in names]),
        pa.nulls(len(names), pa.string()),
        ("en",),
        {
            "query:en": pa.array([f"query {i}" for i in range(len(names))]),
            "passage:en": pa.array([f"passage {i}" for i in range(len(names))]),
        },
    )


# Both data sets have a record "0" and a record "1": an id alone is no name.
NAMES = [("one", "0"), ("one", "1"), ("one", "x"), ("two", "0"), ("two", "1"), ("two", "y")]


def some_negatives():
    """Of record 0: 2 and 1; of 1: none; of 2: not looked at; of 3: 5 and 4; of 4: 3; of 5: 3."""
    return HardNegatives(
        offsets=np.array([0, 2, 2, 2, 4, 5, 6]),
        rows=np.array([2, 1, 5, 4, 3, 3]),
        scores=np.array([0.5, 0.25, 0.75, 0.5, 0.125, 0], np.float32),
        positive_scores=np.array([0.75, 0.5, np.nan, 1, 0.25, 0.5], np.float32),
        made_by={"encoder": {"encoder": "tfidf"}, "note": "ü"},
    )


def by_name(negatives, names):
    """{record: (its negatives with scores, its positive score)}, by names."""
    found = {}
    for row, name in enumerate(names):
        span = slice(*negatives.offsets[row : row + 2])
        pairs = [(names[r], s) for r, s in zip(negatives.rows[span], negatives.scores[span],
                                               strict=True)]  # fmt: skip
        if not np.isnan(negatives.positive_scores[row]):
            found[name] = (pairs, negatives.positive_scores[row])
    return found


def test_comes_back(tmp_path):
    table = table_of(NAMES)
    path = some_negatives().write(tmp_path / "new" / "n.parquet", table)
    back = HardNegatives.read(path, table)
    assert back.made_by == made_by(path) == some_negatives().made_by
    for name in ("offsets", "rows", "scores", "positive_scores"):
        np.testing.assert_array_equal(getattr(back, name), getattr(some_negatives(), name))
    assert back.rows.dtype == back.offsets.dtype == np.int64
    assert [p.name for p in path.parent.iterdir()] == ["n.parquet"]


def test_the_file_is_plain(tmp_path):
    path = some_negatives().write(tmp_path / "n.parquet", table_of(NAMES))
    rows = pq.read_table(path)
    assert rows.column_names == ["dataset", "id", "negatives", "scores", "positive_score"]
    assert rows.to_pylist()[0] == {
        "dataset": "one", "id": "0", "negatives": ["x", "1"], "scores": [0.5, 0.25],
        "positive_score": 0.75,
    }  # fmt: skip
    assert len(rows) == 5
    assert json.loads(rows.schema.metadata[b"lingweave negatives"])["note"] == "ü"


@given(order=st.permutations([*NAMES, ("one", "new"), ("zero", "0")]))
def test_another_order_and_other_records_besides(tmp_path_factory, order):
    folder = tmp_path_factory.mktemp("negatives")
    path = some_negatives().write(folder / "n.parquet", table_of(NAMES))
    table = table_of(order)
    names = [(table.dataset(row), table.id(row)) for row in range(len(table))]
    assert by_name(HardNegatives.read(path, table), names) == by_name(some_negatives(), NAMES)


def test_records_and_negatives_that_a_table_lacks(tmp_path):
    path = some_negatives().write(tmp_path / "n.parquet", table_of(NAMES))
    with pytest.raises(LingweaveError, match=r"3 of its 5 records are not .*, first 0 of two"):
        HardNegatives.read(path, table_of(NAMES[:3]))
    # Record x was not looked at, so it only stands among the negatives.
    others = [name for name in NAMES if name != ("one", "x")]
    with pytest.raises(LingweaveError, match=r"1 of its 6 negatives are not .*, first x of one"):
        HardNegatives.read(path, table_of(others))


def test_files_that_are_none(tmp_path):
    table, path = table_of(NAMES), tmp_path / "n.parquet"
    for read in (lambda: HardNegatives.read(path, table), lambda: made_by(path)):
        path.unlink(missing_ok=True)
        with pytest.raises(LingweaveError, match="no such file"):
            read()
        path.write_bytes(b"PAR1 and nothing else")
        with pytest.raises(LingweaveError, match="not a readable file of hard negatives"):
            read()
        rows = pa.table({"id": ["0"]})
        pq.write_table(rows, path)
        with pytest.raises(LingweaveError, match="holds no hard negatives"):
            read()
        metadata = {b"lingweave negatives": b'{"format_version": 99}'}
        pq.write_table(rows.replace_schema_metadata(metadata), path)
        with pytest.raises(LingweaveError, match="format 99, this lingweave reads 1"):
            read()


def test_a_place_that_cannot_be_written(tmp_path):
    file = tmp_path / "file"
    file.write_text("mine")
    with pytest.raises(LingweaveError, match="cannot write the hard negatives"):
        some_negatives().write(file / "n.parquet", table_of(NAMES))
    assert file.read_text() == "mine"


@given(
    lists=st.lists(st.lists(st.integers(0, 9), max_size=5), min_size=1, max_size=8),
    count=st.integers(0, 6),
    data=st.data(),
)
def test_of_is_a_loop(lists, count, data):
    rows = data.draw(st.lists(st.integers(0, len(lists) - 1), max_size=12))
    flat = np.array([n for negatives in lists for n in negatives], np.int64)
    offsets = np.concatenate([[0], np.cumsum([len(n) for n in lists])]).astype(np.int64)
    negatives = HardNegatives(
        offsets, flat, np.zeros(len(flat), np.float32), np.zeros(len(lists), np.float32), {}
    )
    owners, found = negatives.of(np.array(rows, np.int64), count)
    expected = [(place, n) for place, row in enumerate(rows) for n in lists[row][:count]]
    assert list(zip(owners.tolist(), found.tolist(), strict=True)) == expected
    assert owners.dtype == found.dtype == np.int64
    # A place that may not serve one negative may serve another, which another place may not.
    owners, found = negatives.of(np.array(rows, np.int64), count, lambda o, n: (o + n) % 3 != 0)
    allowed = [[n for n in lists[row] if (place + n) % 3] for place, row in enumerate(rows)]
    expected = [(place, n) for place, kept in enumerate(allowed) for n in kept[:count]]
    assert list(zip(owners.tolist(), found.tolist(), strict=True)) == expected
    assert owners.dtype == found.dtype == np.int64


def test_another_table_is_said_in_one_line(tmp_path):
    table = table_of(NAMES)
    made = {"table": {"fingerprint": table.fingerprint}}
    path = replace(some_negatives(), made_by=made).write(tmp_path / "n.parquet", table)
    lines = []
    HardNegatives.read(path, table, lines.append)
    assert lines == []
    back = HardNegatives.read(path, table_of([*NAMES, ("two", "z")]), lines.append)
    assert len(lines) == 1
    assert lines[0].startswith(f"{path}: was mined from a table with other texts")
    np.testing.assert_array_equal(back.rows, some_negatives().rows)


def test_counts_of_texts_are_those_of_the_cells():
    cells = [["a", "b"], None, [], ["c"], None, ["d", "e", "f"]]
    table = ParallelTable.build(
        pa.array([id for _, id in NAMES]),
        pa.array([name for name, _ in NAMES]),
        pa.nulls(len(NAMES), pa.string()),
        ("de", "en"),
        {"negatives:de": pa.array(cells), "negatives:en": pa.array(cells[::-1])},
    )
    assert table.ids().to_pylist() == [id for _, id in NAMES]
    rows, languages = np.tile(np.arange(6), 2)[::-1], np.repeat([0, 1], 6)
    expected = [len(table.negatives(r, x)) for r, x in zip(rows, languages, strict=True)]
    assert table.negative_counts(rows, languages).tolist() == expected
    assert sum(expected) == 12


def test_a_hole_over_texts_counts_none():
    """Arrow lets a null's offsets span values; a table is rid of them."""
    lists = pa.LargeListArray.from_arrays(
        pa.array([0, 2, 3], pa.int64()), pa.array(["a", "b", "c"], pa.large_string()),
        mask=pa.array([True, False]),
    )  # fmt: skip
    ids, one = pa.array(["0", "1"]), pa.array(["one", "one"])
    table = ParallelTable.build(
        ids, one, pa.nulls(2, pa.string()), ("en",), {"negatives:en": lists}
    )
    assert table.negative_counts(np.arange(2), np.zeros(2, np.int64)).tolist() == [0, 1]
