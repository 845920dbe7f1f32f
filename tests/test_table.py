"""A table's optional columns and metadata: what is given comes back, old files stay readable."""

import json
from pathlib import Path

import pyarrow as pa
import pytest

from lingweave.errors import LingweaveError
from lingweave.sources.rows import read_table
from lingweave.table import SIDES, Answer, Origin, ParallelTable, Side

GIVEN = Origin("given", "squad")
MADE = Origin("translated", "squad", "en", "apertium eng-spa", "3.8.3")
UNSEEN = {"benchmark": "xquad-r", "fingerprint": "ab", "methods": ["exact"], "removed": 3}


def plain(rows: int, **more: object) -> ParallelTable:
    """Two languages, two data sets in turns, holes and hard negatives."""
    texts = {
        f"{side}:{x}": pa.array(
            [None if (row + len(side)) % 4 == 0 else f"{side} {x} {row}" for row in range(rows)],
            pa.string(),
        )
        for side in ("query", "passage")
        for x in ("en", "de")
    }
    negatives = [None if row % 2 else ["a", "b"][: row % 3] for row in range(rows)]
    texts["negatives:en"] = pa.array(negatives, pa.list_(pa.string()))
    texts |= more.pop("columns", {})  # type: ignore[arg-type]
    return ParallelTable.build(
        pa.array([f"r{row}" for row in range(rows)], pa.string()),
        pa.array([f"d{row % 2}" for row in range(rows)], pa.string()),
        pa.array([None if row % 3 else f"g{row}" for row in range(rows)], pa.string()),
        ["en", "de"],
        texts,
        **more,  # type: ignore[arg-type]
    )


def rich(rows: int = 7) -> ParallelTable:
    """The same texts with answers, origins and a score."""
    columns = {
        "answers:en": pa.array(
            [[{"text": f"a{row}", "start": row}, {"text": "?", "start": -1}] for row in range(rows)]
        ),
        "origin:en": pa.array([0] * rows),
        "origin:de": pa.array([1 if row % 2 else None for row in range(rows)]),
        "score:round_trip:de": pa.array([row / 4 if row else None for row in range(rows)]),
    }
    return plain(rows, columns=columns, origins=[GIVEN, MADE], unseen=[UNSEEN])


def test_fingerprints_are_those_of_earlier_versions() -> None:
    """Runs and evaluations name their tables by these."""
    assert [plain(rows).fingerprint for rows in (0, 1, 7, 100)] == [
        "808e8ecf0c96dd0775ebf54096cb3982",
        "84d8f5199391c6a6b7994e867b852028",
        "0bc8c0b9ffbb5551b3198f51bd9b72fd",
        "2e04090658a2afab911d4ab738f03565",
    ]
    assert rich(7).fingerprint == plain(7).fingerprint


@pytest.mark.parametrize("stored", [False, True])
def test_optional_columns_come_back(tmp_path: Path, stored: bool) -> None:
    table = rich()
    if stored:
        table = read_table([table.write(tmp_path / "table.arrow")])
    assert (table.languages, table.datasets) == (("de", "en"), ("d0", "d1"))
    row = table.ids().to_pylist().index("r3")
    assert table.answers(row, 1) == (Answer("a3", 3), Answer("?", -1))
    assert table.answers(row, 0) == ()
    assert table.origins == (GIVEN, MADE)
    assert table.unseen == (UNSEEN,)
    made, given = table.origin("de"), table.origin("en")
    assert made is not None
    assert given is not None
    assert [table.origins[place] for place in (given[row].as_py(), made[row].as_py())] == [
        GIVEN,
        MADE,
    ]
    assert made.to_pylist() == [None] * 4 + [1] * 3
    assert table.score_names == ("round_trip",)
    scores = [table.score("round_trip", code) for code in ("de", "en")]
    assert all(score is not None and score.type == pa.float32() for score in scores)
    assert scores[0].to_pylist() == [None, 0.5, 1.0, 1.5, 0.25, 0.75, 1.25]  # type: ignore[union-attr]
    assert scores[1].null_count == 7  # type: ignore[union-attr]
    assert table.records(slice(row, row + 1))["id"].to_pylist() == ["r3"]
    assert len(table.records(slice(5, 99))) == 2


def test_a_table_without_them_says_so(tmp_path: Path) -> None:
    """Its file holds what files have always held."""
    path = plain(7).write(tmp_path / "old.arrow")
    table = ParallelTable.open(path)
    assert table.origin("en") is table.score("round_trip", "en") is None
    assert (table.origins, table.unseen, table.score_names) == ((), (), ())
    assert table.answers(0, 0) == ()
    with pa.memory_map(str(path)) as source:
        schema = pa.ipc.open_file(source).schema
    kinds = {name.split(":")[0] for name in schema.names}
    assert kinds == {"id", "dataset", "group", "query", "passage", "negatives"}
    assert set(json.loads(schema.metadata[b"lingweave"])) == {
        "format_version", "languages", "datasets", "offsets", "fingerprint",
    }  # fmt: skip


@pytest.mark.parametrize("place", [-1, 2])
def test_an_origin_that_does_not_exist_is_refused(place: int) -> None:
    columns = {"origin:de": pa.array([None, 0, place])}
    with pytest.raises(LingweaveError, match=f"origin {place} of a cell: the table has 2 origins"):
        plain(3, columns=columns, origins=[GIVEN, MADE])


def test_a_score_whose_name_hides_the_language_is_refused() -> None:
    with pytest.raises(LingweaveError, match="names without a colon"):
        plain(3, columns={"score::de": pa.array([1.0, 2.0, 3.0])})


SQUAD = {"text": ["Rhein", "der Rhein"], "answer_start": [4, 0]}
LISTS = [
    (SQUAD, (Answer("Rhein", 4), Answer("der Rhein", 0))),
    ({"text": ["Rhein"]}, (Answer("Rhein"),)),
    ({"text": "Rhein", "answer_start": 4}, (Answer("Rhein", 4),)),
    ([{"text": "Rhein", "answer_start": 4}], (Answer("Rhein", 4),)),
    ([{"text": "Rhein", "start": None}], (Answer("Rhein"),)),
    (["Rhein", "Rhine"], (Answer("Rhein"), Answer("Rhine"))),
    ("Rhein", (Answer("Rhein"),)),
    (None, ()),
    ([], ()),
]


@pytest.mark.parametrize(("cell", "answers"), LISTS)
@pytest.mark.parametrize("form", ["long", "wide", "texts"])
def test_rows_may_carry_answers(
    tmp_path: Path, cell: object, answers: tuple[Answer, ...], form: str
) -> None:
    texts = {"query": "Was?", "passage": "der Rhein", "answers": cell}
    rows = {
        "long": {"lang": "de", **texts},
        "wide": {f"{name}_de": value for name, value in texts.items()},
        "texts": {"texts": {"de": texts}},
    }
    path = tmp_path / "rows.jsonl"
    bare = {"id": "2", "lang": "de", "query": "Wo?", "passage": "dort"}
    lines = [{"id": "1", **rows[form]}] + ([bare] if form == "long" else [])
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    table = read_table([path])
    assert table.answers(0, 0) == answers
    assert table.extras.answers == bool(answers)


@pytest.mark.parametrize(
    "cell", [3, [3], {"value": "Rhein"}, {"text": ["a"], "answer_start": [1, 2]}]
)
def test_answers_of_another_shape_are_refused(tmp_path: Path, cell: object) -> None:
    path = tmp_path / "rows.jsonl"
    row = {"id": "1", "lang": "de", "query": "Was?", "passage": "der Rhein", "answers": cell}
    path.write_text(json.dumps(row) + "\n")
    with pytest.raises(
        LingweaveError, match=r"rows.jsonl: column 'answers' must hold text, a list"
    ):
        read_table([path])


@pytest.mark.parametrize("rows", [slice(None), slice(2, 5), slice(6, 99), slice(3, 3)])
@pytest.mark.parametrize("side", SIDES)
def test_what_is_present_among_some_records(rows: slice, side: Side) -> None:
    table = rich(7)
    expected = [[table.column(side, x)[i].is_valid for x in table.languages] for i in range(7)]
    assert table.present(side, rows).tolist() == expected[rows]
