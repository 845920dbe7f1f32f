"""Reading parallel rows: both forms, both formats, and every way in which they can be wrong."""

import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lingweave.errors import LingweaveError
from lingweave.sources.rows import read_table
from lingweave.table import ParallelTable

ROWS = [
    {"id": "1", "lang": "en", "query": "q1?", "passage": "p1", "group": "g", "source": "a"},
    {"id": "1", "lang": "zh_cn", "query": "问一", "passage": "答一", "group": "g", "source": "a"},
    {"id": "2", "lang": "en", "query": "q2?", "passage": "p2", "source": "b", "split": "dev"},
    {"id": "3", "lang": "zh-CN", "query": "问三", "passage": "答三", "source": "a"},
    {"id": "3", "lang": "zh-TW", "query": "問三", "passage": "答三!", "source": "a"},
    {"id": "2", "lang": "zh-CN", "query": "问二", "passage": None, "source": "b"},
]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LINGWEAVE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def jsonl(path: Path, rows: list[dict[str, object]] = ROWS) -> Path:
    data = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def cells(table: ParallelTable) -> set[tuple[str, str, str | None, str | None]]:
    return {
        (table.id(row), code, *(table.column(s, code)[row].as_py() for s in ("query", "passage")))
        for row in range(len(table))
        for language, code in enumerate(table.languages)
        if table.present("query")[row, language]
    }


@pytest.mark.parametrize("name", ["rows.jsonl", "rows.jsonl.gz", "rows.parquet"])
def test_long_form_is_read_from_every_format(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name.endswith("parquet"):
        keys = ["id", "lang", "query", "passage", "group", "source", "split"]
        columns = {key: pa.array([row.get(key) for row in ROWS]) for key in keys}
        pq.write_table(pa.table(columns), path)
    else:
        jsonl(path)
    table = read_table([path], split=None)
    assert table.languages == ("en", "zh-CN", "zh-TW")
    assert table.datasets == ("a", "b")
    assert [table.id(row) for row in range(3)] == ["1", "3", "2"]
    assert (table.query(0, 1), table.passage(0, 0)) == ("问一", "p1")
    assert table.present("passage").tolist() == [
        [True, True, False],
        [False, True, True],
        [True, False, False],
    ]
    shape = table.shape()
    assert shape.queries is not None
    assert shape.queries[2].tolist() == [True, True, False]
    assert shape.groups is not None
    assert shape.groups.tolist() == [0, -1, -1]


def test_splits_languages_and_data_sets_can_be_chosen(tmp_path: Path) -> None:
    path = jsonl(tmp_path / "rows.jsonl")
    assert len(read_table([path])) == 3
    assert [read_table([path], split="validation").id(0)] == ["2"]
    assert read_table([path], languages=["en"], split=None).languages == ("en",)
    assert read_table([path], datasets=["b"], split=None).datasets == ("b",)
    for options, words in (
        ({"languages": ["fr"]}, "no row is in 'fr'"),
        ({"datasets": ["c"]}, "unknown data set 'c': the files have a, b"),
        ({"split": "test"}, "no rows are left"),
        ({"split": "tests"}, "choose from train"),
        ({"languages": ["xx"]}, "unknown language 'xx'"),
    ):
        with pytest.raises(LingweaveError, match=words):
            read_table([path], **options)  # type: ignore[arg-type]


def test_one_of_near_identical_languages_is_kept_a_record(tmp_path: Path) -> None:
    rows = [
        {"id": str(n), "lang": lang, "query": f"{lang} {n}", "passage": f"p {lang} {n}"}
        for n in range(40)
        for lang in ("en", "zh-CN", "zh-TW")
    ]
    table = read_table([jsonl(tmp_path / "rows.jsonl", rows)], one_of=[["zh-CN", "zh-TW"]])
    present = table.present("query")
    assert present[:, 0].all()
    assert (present[:, 1:].sum(1) == 1).all()
    assert 8 < present[:, 1].sum() < 32


def test_wide_form_equals_long_form(tmp_path: Path) -> None:
    long = [
        {"id": i, "lang": x, "query": f"q{i}{x}", "passage": f"p{i}{x}", "negatives": [f"n{i}{x}"]}
        for i in "12"
        for x in ("de", "en")
        if (i, x) != ("2", "de")
    ]
    columns = [
        {"id": "1", "query_de": "q1de", "passage_de": "p1de", "negatives_de": ["n1de"]}
        | {"query_en": "q1en", "passage_en": "p1en", "negatives_en": ["n1en"]},
        {"id": "2", "query_en": "q2en", "passage_en": "p2en", "negatives_en": ["n2en"]},
    ]
    nested = [
        {"id": i, "texts": {r["lang"]: {k: r[k] for k in ("query", "passage", "negatives")}
                            for r in long if r["id"] == i}}
        for i in "12"
    ]  # fmt: skip
    tables = []
    for number, rows in enumerate((long, columns, nested)):
        (tmp_path / str(number)).mkdir()
        path = tmp_path / str(number) / "rows.jsonl"
        tables.append(read_table([jsonl(path, rows)]))  # type: ignore[arg-type]
    assert len({table.fingerprint for table in tables}) == 1
    assert tables[0].negatives(0, 0) == ("n1de",)
    assert tables[0].negatives(1, 0) == ()


def test_a_table_is_packed_once_and_again_when_its_file_changes(
    tmp_path: Path, cache: Path
) -> None:
    path = jsonl(tmp_path / "rows.jsonl")
    first = read_table([path])
    packed = list(cache.rglob("*.arrow"))
    assert read_table([path]).path == first.path == packed[0]
    jsonl(path, ROWS[:2])
    again = read_table([tmp_path])
    assert len(list(cache.rglob("*"))) == 3
    assert (len(again), again.fingerprint != first.fingerprint) == (1, True)
    assert read_table([packed[0]]).fingerprint == first.fingerprint
    with pytest.raises(LingweaveError, match="is packed"):
        read_table([packed[0]], languages=["en"])


def test_packed_tables_are_read_beside_others(tmp_path: Path) -> None:
    several = [
        {"id": "4", "lang": "zh-CN", "query": "问四", "passage": "答四", "negatives": ["别"]},
        {"id": "4", "lang": "en", "query": "q4?", "passage": "p4", "negatives": None},
    ]
    first = read_table([jsonl(tmp_path / "first.jsonl")]).path
    second = read_table([jsonl(tmp_path / "second.jsonl", several)]).path  # type: ignore[arg-type]
    assert first is not None
    assert second is not None
    whole = read_table([tmp_path / "first.jsonl", tmp_path / "second.jsonl"])
    assert read_table([first, second]).fingerprint == whole.fingerprint
    assert read_table([first, tmp_path / "second.jsonl"]).fingerprint == whole.fingerprint
    assert set(read_table([first, second], languages=["en"]).languages) == {"en"}


def test_texts_of_several_records_are_found(tmp_path: Path) -> None:
    rows = [
        {"id": "1", "lang": "de", "query": "a", "passage": "x"},
        {"id": "1", "lang": "en", "query": "a", "passage": "y"},
        {"id": "2", "lang": "de", "query": "b", "passage": "y"},
    ]
    shape = read_table([jsonl(tmp_path / "rows.jsonl", rows)]).shape()
    assert not len(shape.query_repeats.cells)
    assert shape.passage_repeats.cells.tolist() == [1, 2]
    assert len(set(shape.passage_repeats.texts.tolist())) == 1


def test_other_columns_and_missing_data_sets_do_not_matter(tmp_path: Path) -> None:
    rows = [
        {"id": "1", "lang": "de", "query": "a", "passage": "x", "row": 7, "score": 0.5},
        {"id": "1", "lang": "en", "query": "b", "passage": "y", "source": None},
        {"id": "2", "lang": "en", "query": "c", "passage": "z", "source": "mine"},
    ]
    table = read_table([jsonl(tmp_path / "rows.jsonl", rows)])
    assert table.datasets == ("rows", "mine")
    assert len(table) == 2


def row(**change: object) -> dict[str, object]:
    return {"id": "1", "lang": "de", "query": "q", "passage": "p"} | change


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([row(), row(lang="xx", id="2")], "rows.jsonl: row 2: unknown language 'xx'"),
        ([row(query="  ")], r"rows.jsonl: row 1 \(id 1, de\): query is empty"),
        ([row(), row()], "record 1 of rows stands twice in 'de'"),
        ([{"id": "1", "lang": "de", "query": "q"}], "no column 'passage'"),
        ([{"lang": "de", "query": "q", "passage": "p"}], "no column 'id'"),
        ([row(passage=["p"])], "column 'passage' must hold text"),
        ([row(passage=1)], "column 'passage' must hold text"),
        ([row(), row(passage=1, id="2")], "do not have the same types"),
        ([row(), row(id=None)], "row 2: id is missing"),
        ([row(language="de")], "two columns mean the same"),
        ([], "the file has no rows"),
    ],
)
def test_wrong_rows_are_named(tmp_path: Path, rows: list[dict[str, object]], words: str) -> None:
    with pytest.raises(LingweaveError, match=words) as error:
        read_table([jsonl(tmp_path / "rows.jsonl", rows)])
    assert "\n" not in str(error.value)


def broken(tmp_path: Path, name: str, data: bytes) -> Path:
    path = tmp_path / name
    path.write_bytes(data)
    return path


def test_unreadable_files_are_named(tmp_path: Path) -> None:
    line = json.dumps(row()).encode() + b"\n"
    whole = tmp_path / "whole.parquet"
    pq.write_table(pa.table({"id": ["1"] * 999}), whole)
    files = [
        (
            broken(tmp_path, "latin.jsonl", line + '{"id": "ü"}'.encode("latin-1")),
            "line 2: not UTF",
        ),
        (broken(tmp_path, "cut.jsonl", line + b'{"id": "2'), "line 2: not JSON"),
        (broken(tmp_path, "list.jsonl", b"[1]\n"), "line 1: not a JSON object"),
        (broken(tmp_path, "cut.parquet", whole.read_bytes()[:-40]), "not a readable Parquet file"),
        (broken(tmp_path, "cut.jsonl.gz", gzip.compress(line * 99)[:-20]), "cannot be read after"),
        (broken(tmp_path, "cut.arrow", b"ARROW1"), "not a readable Arrow file"),
        (broken(tmp_path, "rows.csv", b"id,lang"), "not a .parquet"),
        (tmp_path / "absent.jsonl", "no such file or folder"),
    ]
    for path, words in files:
        with pytest.raises(LingweaveError, match=words) as error:
            read_table([path])
        assert str(path) in str(error.value)
        assert "\n" not in str(error.value)


def test_text_that_is_not_utf8_in_parquet_is_named(tmp_path: Path) -> None:
    bad = pa.array([b"\xff\xfe"], pa.binary()).view(pa.string())
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"id": ["1"], "lang": ["de"], "query": bad, "passage": ["p"]}), path)
    with pytest.raises(LingweaveError, match="not a readable Parquet file"):
        read_table([path])


def test_a_full_disk_leaves_no_half_table(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(pa.ipc, "new_file", full)
    with pytest.raises(LingweaveError, match=r"cannot write the table .*No space left"):
        read_table([jsonl(tmp_path / "rows.jsonl")])
    assert not [path for path in cache.rglob("*") if path.is_file()]
