"""Tables written record by record: equal to those built in memory, whole or not at all, in little
memory."""

import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lingweave.building.writer import TableWriter
from lingweave.errors import LingweaveError
from lingweave.table import Origin, ParallelTable

ORIGINS = (Origin("given", "squad"), Origin("translated", "squad", "en", "apertium", "3.8.3"))
UNSEEN = ({"benchmark": "xquad-r", "removed": 2},)
LANGUAGES = ["sw", "de"]

texts = st.one_of(st.none(), st.text(max_size=12))
lists = st.one_of(st.none(), st.lists(texts, max_size=3))
answer = st.fixed_dictionaries({"text": texts, "start": st.integers(-1, 9)})
answers = st.one_of(st.none(), st.lists(answer, max_size=2))


@st.composite
def tables(draw: st.DrawFn) -> ParallelTable:
    """Tables of a few records with holes, with or without each kind of optional column."""
    rows = draw(st.integers(0, 24))

    def cells(of: st.SearchStrategy[object]) -> list[object]:
        return draw(st.lists(of, min_size=rows, max_size=rows))

    text = pa.string()
    columns = {f"{side}:{x}": pa.array(cells(texts), text) for side in _SIDES for x in LANGUAGES}
    columns["negatives:de"] = pa.array(cells(lists), pa.list_(text))
    if draw(st.booleans()):
        kind = pa.list_(pa.struct([("text", text), ("start", pa.int32())]))
        columns["answers:sw"] = pa.array(cells(answers), kind)
    origins = ORIGINS if draw(st.booleans()) else ()
    if origins:
        columns["origin:de"] = pa.array(cells(st.sampled_from([None, 0, 1])), pa.int16())
        columns["origin:sw"] = pa.array(cells(st.sampled_from([0, 1])), pa.int16())
    for name in draw(st.lists(st.sampled_from(["lid", "laser"]), unique=True)):
        figures = st.one_of(st.none(), st.floats(width=32, allow_nan=False))
        columns[f"score:{name}:sw"] = pa.array(cells(figures), pa.float32())
    return ParallelTable.build(
        pa.array([f"r{row}" for row in range(rows)], text),
        pa.array(cells(st.sampled_from(["a", "b", "c"])), text),
        pa.array(cells(texts), text),
        LANGUAGES,
        columns,
        origins,
        draw(st.sampled_from([(), UNSEEN])),
    )


_SIDES = ("query", "passage")


def writer_like(path: Path, table: ParallelTable) -> TableWriter:
    extras = table.extras
    return TableWriter(
        path, table.languages[::-1], table.origins, table.unseen, extras.scores, extras.answers
    )


@settings(max_examples=15, deadline=None)
@given(table=tables(), cuts=st.lists(st.integers(0, 24), max_size=5))
def test_what_is_written_in_pieces_is_what_is_built_at_once(
    tmp_path_factory: pytest.TempPathFactory, table: ParallelTable, cuts: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("written")
    edges = sorted({0, len(table), *(min(cut, len(table)) for cut in cuts)})
    writer = writer_like(folder / "table.arrow", table)
    for start, stop in pairwise(edges):
        writer.add(table.records(slice(start, stop)))
    found = writer.close()
    assert found.fingerprint == table.fingerprint
    assert found.records(slice(None)).equals(table.records(slice(None)))
    assert (found.datasets, found.languages) == (table.datasets, table.languages)
    assert (found.origins, found.unseen) == (table.origins, table.unseen)
    assert [path.name for path in folder.iterdir()] == ["table.arrow"]
    # Written as any other table is, not a byte differs.
    if len(table):
        again = table.write(folder / "again.arrow")
        assert again.read_bytes() == (folder / "table.arrow").read_bytes()


def some(start: int = 0, stop: int = 4, dataset: str = "a", **more: pa.Array) -> pa.Table:
    ids = [f"{dataset}{row}" for row in range(start, stop)]
    columns = {
        "passage:de": pa.array([f"Antwort {i}" for i in ids]),
        "id": pa.array(ids),
        "dataset": pa.array([dataset] * len(ids)),
        "query:de": pa.array([f"Frage {i}" for i in ids]),
    }
    return pa.table(columns | more)


def test_absent_columns_are_null_and_types_are_mended(tmp_path: Path) -> None:
    with TableWriter(tmp_path / "t.arrow", ["de", "en"], ORIGINS, (), ["lid"], True) as writer:
        writer.add(some(0, 4).to_batches()[0])
        writer.add(some(4, 6, **{"score:lid:de": pa.array([1, None])}))
        writer.add(some(0, 0, "b"))
        writer.add(some(0, 2, "b", **{"origin:de": pa.array([1, 0])}))
    table = ParallelTable.open(tmp_path / "t.arrow")
    assert len(table) == 8
    assert table.datasets == ("a", "b")
    assert table.shape().size(0) == 6
    assert table.query(7, 0) == "Frage b1"
    assert table.column("query", "en").null_count == 8
    score, origin = table.score("lid", "de"), table.origin("de")
    assert score is not None
    assert origin is not None
    assert score.to_pylist() == [None] * 4 + [1.0] + [None] * 3
    assert origin.to_pylist() == [None] * 6 + [1, 0]
    assert table.answers(0, 0) == table.negatives(0, 0) == ()


WRONG = {
    "a data set that comes back": (some(9, 10), "'a' come after those of 'b'.* must come together"),
    "an unknown column": (some(0, 1, "b", x=pa.array([1])), "no column 'x': it has id, dataset"),
    "another type": (
        some(0, 1, "b", **{"query:de": pa.array([{"a": 1}])}),
        "column 'query:de' must be large_string",
    ),
    "no id": (some(0, 1, "b", id=pa.array([None], pa.string())), "a record has no id"),
    "no data set": (some(0, 1, "b").drop_columns(["dataset"]), "without the column 'dataset'"),
    "an origin out of nowhere": (
        some(0, 1, "b", **{"origin:de": pa.array([2])}),
        "origin 2 of a cell: the table has 2 origins",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_wrong_records_are_refused_and_leave_nothing(tmp_path: Path, what: str) -> None:
    records, words = WRONG[what]

    def write() -> None:
        with TableWriter(tmp_path / "t.arrow", ["de"], ORIGINS) as writer:
            writer.add(some())
            writer.add(some(0, 1, "b"))
            writer.add(records)

    with pytest.raises(LingweaveError, match=words):
        write()
    assert not list(tmp_path.iterdir())


def test_an_interrupted_table_leaves_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "t.arrow"
    with TableWriter(path, ["de"]) as writer:
        writer.add(some())
    before = path.read_bytes()

    def interrupted() -> None:
        with TableWriter(path, ["de"]) as writer:
            writer.add(some(0, 2))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_full_disk_is_one_line_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pa.ipc, "new_file", full)
    with (
        pytest.raises(LingweaveError, match=r"t.arrow: cannot write the table \(No space left"),
        TableWriter(tmp_path / "t.arrow", ["de"]) as writer,
    ):
        writer.add(some())
    assert not list(tmp_path.iterdir())


def test_what_a_killed_writer_left_is_removed_and_a_living_ones_is_not(tmp_path: Path) -> None:
    path = tmp_path / "t.arrow"
    killed = tmp_path / ".t.arrow.abc.spool"
    killed.mkdir()
    (killed / "3.data").write_bytes(b"half")
    living = TableWriter(path, ["de"])
    assert not killed.exists()
    living.add(some())
    with TableWriter(path, ["de"]) as other:
        other.add(some(0, 2))
    assert len(ParallelTable.open(path)) == 2
    assert len(living.close()) == 4


def test_a_folder_that_another_writer_removes_before_it_is_locked_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, others, make = tmp_path / "t.arrow", [], tempfile.mkdtemp

    def overtaken(*where: Any) -> str:
        folder = make(*where)
        if not others:
            others.append(folder)
            with TableWriter(path, ["de"]) as other:
                other.add(some(0, 2))
        return folder

    monkeypatch.setattr(tempfile, "mkdtemp", overtaken)
    with TableWriter(path, ["de"]) as writer:
        assert not Path(others[0]).exists()
        writer.add(some())
    assert len(ParallelTable.open(path)) == 4
    assert [one.name for one in tmp_path.iterdir()] == ["t.arrow"]


@pytest.fixture
def few_files() -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (200, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.usefixtures("few_files")
def test_a_table_of_many_languages_needs_few_open_files(tmp_path: Path) -> None:
    codes = ["de", *(f"a{letter}" for letter in "abcdefghijklmnopqrstuvwxyz")]
    with TableWriter(tmp_path / "t.arrow", codes, ORIGINS, (), ["lid"], True) as writer:
        writer.add(some(0, 3000))
    assert len(ParallelTable.open(tmp_path / "t.arrow")) == 3000


MEASURED = """
import sys, threading
import pyarrow as pa
from lingweave.building.writer import TableWriter

def anonymous():
    lines = open("/proc/self/status").read().splitlines()
    return next(int(x.split()[1]) for x in lines if x.startswith("RssAnon")) / 1024

most, done = 0.0, threading.Event()
def watch():
    global most
    while not done.wait(0.002):
        most = max(most, anonymous(), pa.total_allocated_bytes() / 2**20)

def records(start):
    ids = [str(n) for n in range(start, start + 250)]
    long = ["x" * 2000 + i for i in ids]
    cells = {f"{side}:{x}": long for side in ("query", "passage") for x in ("de", "en")}
    return pa.table({"id": ids, "dataset": ["a"] * 250, **cells})

with TableWriter(sys.argv[1], ["de", "en"]) as writer:
    writer.add(records(0))
    before = anonymous()
    threading.Thread(target=watch).start()
    for start in range(250, int(sys.argv[2]), 250):
        writer.add(records(start))
done.set()
print(most - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the memory of a process is read from /proc")
def test_memory_does_not_grow_with_the_table(tmp_path: Path) -> None:
    """64 MB of texts within 16 MB of memory that is the process's own."""
    path = tmp_path / "t.arrow"
    command = [sys.executable, "-c", MEASURED, str(path), "8000"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert path.stat().st_size > 60 * 2**20
    assert float(done.stdout) < 16
    table = ParallelTable.open(path)
    assert len(table) == 8000
    assert [table.query(row, 1)[2000:] for row in (0, 511, 7999)] == ["0", "511", "7999"]
