"""Pruning: a naive loop says what stays; what went is all in the file, with reasons."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lingweave.building import removed
from lingweave.building.blocks import WHOLE, Verdicts
from lingweave.building.pruning import pruned
from lingweave.building.removed import TOO_FEW, losses
from lingweave.errors import LingweaveError
from lingweave.table import Origin, ParallelTable

REMOVED = "t.removed.parquet"
LANGUAGES = [f"{x}" for x in ("ar", "bn", "cs", "de", "en", "fi", "ga", "hi", "it", "ja")]
UNSEEN = {"benchmark": "xquad-r", "fingerprint": "ab", "removed": 1}


def made(holes: list[list[bool]]) -> ParallelTable:
    """A table of as many records, whose cells are there where ``holes`` says no."""
    rows = range(len(holes))

    def cells(code: int, text: str) -> list[str | None]:
        return [None if holes[row][code] else f"{text} {row}" for row in rows]

    columns: dict[str, pa.Array] = {}
    for place, code in enumerate(LANGUAGES):
        columns[f"query:{code}"] = pa.array(cells(place, f"q {code}"), pa.string())
        columns[f"passage:{code}"] = pa.array(cells(place, f"a passage {code}"), pa.string())
        columns[f"negatives:{code}"] = pa.array(
            [[text] if text else None for text in cells(place, "no")], pa.list_(pa.string())
        )
        columns[f"origin:{code}"] = pa.array([None if holes[row][place] else 0 for row in rows])
        columns[f"score:lid:{code}"] = pa.array(
            [None if holes[row][place] else 1.0 for row in rows]
        )
    ids = pa.array([f"r{row}" for row in rows], pa.string())
    datasets = pa.array([f"d{row // 3}" for row in rows], pa.string())
    groups = pa.array([None] * len(holes), pa.string())
    origins = [Origin("given", "squad")]
    return ParallelTable.build(ids, datasets, groups, LANGUAGES, columns, origins, [{"a": 1}])


def said(given: list[tuple[int, int, str]]) -> Verdicts:
    rows, languages, reasons = zip(*given, strict=True) if given else ((), (), ())
    return Verdicts(
        np.array(rows, np.int64),
        np.array(languages, np.int16),
        reasons,
        [f"{reason}, says somebody" for reason in reasons],
        np.array([0.5 if reason == "long" else np.nan for reason in reasons], np.float32),
    )


COUNT = 8
cell = st.tuples(
    st.integers(0, COUNT - 1),
    st.integers(WHOLE, len(LANGUAGES) - 1),
    st.sampled_from(["long", "copied"]),
)


@settings(max_examples=15, deadline=None)
@given(
    holes=st.lists(
        st.lists(st.booleans(), min_size=len(LANGUAGES), max_size=len(LANGUAGES)),
        min_size=COUNT,
        max_size=COUNT,
    ),
    given_=st.lists(st.lists(cell, max_size=12), max_size=4),
    least=st.integers(1, 3),
)
def test_what_stays_is_what_a_naive_loop_keeps(
    tmp_path_factory: pytest.TempPathFactory,
    holes: list[list[bool]],
    given_: list[list[tuple[int, int, str]]],
    least: int,
) -> None:
    out = tmp_path_factory.mktemp("pruned") / "table.arrow"
    table = made(holes)
    gone = {(row, language) for some in given_ for row, language, _ in some}
    kept: dict[str, dict[str, str]] = {}
    few = set()
    for row in range(COUNT):
        if (row, WHOLE) in gone:
            continue
        codes = [
            code
            for place, code in enumerate(LANGUAGES)
            if not holes[row][place] and (row, place) not in gone
        ]
        if len(codes) >= least:
            kept[f"r{row}"] = {code: f"q {code} {row}" for code in codes}
        elif not all((row, place) in gone for place in range(len(LANGUAGES))):
            few.add(f"r{row}")
    verdicts = iter([said(some) for some in given_])
    if not kept:
        with pytest.raises(LingweaveError, match="no record of 8 is left"):
            pruned(table, verdicts, out, [UNSEEN], least)
        assert not list(out.parent.iterdir())
        return
    found = pruned(table, verdicts, out, [UNSEEN], least)
    seen = {}
    for row in range(len(found)):
        seen[found.id(row)] = {
            code: found.query(row, place)
            for place, code in enumerate(found.languages)
            if found.present("query")[row, place]
        }
    assert seen == kept
    for code in LANGUAGES:
        there = found.column("query", code).is_valid()
        for name in ("passage", "negatives", "origin", "score:lid"):
            assert found.records(slice(None))[f"{name}:{code}"].combine_chunks().is_valid() == there
    assert (found.origins, found.unseen) == (table.origins, ({"a": 1}, UNSEEN))
    rows = pq.read_table(out.with_name("table.removed.parquet")).to_pylist()
    expected = Counter(
        (f"r{row}", LANGUAGES[place] if place != WHOLE else None, reason)
        for some in given_
        for row, place, reason in some
    )
    expected.update((id, None, TOO_FEW) for id in few)
    assert Counter((row["id"], row["language"], row["reason"]) for row in rows) == expected
    assert sorted(path.name for path in out.parent.iterdir()) == [
        "table.arrow",
        "table.removed.parquet",
    ]


FULL = [[False] * len(LANGUAGES)] * 2


def removed_rows(tmp_path: Path, *given: tuple[int, int, str]) -> list[dict[str, Any]]:
    pruned(made(FULL), [said(list(given))], tmp_path / "t.arrow", least_languages=9)
    rows: list[dict[str, Any]] = pq.read_table(tmp_path / REMOVED).to_pylist()
    return rows


def test_the_file_says_which_cell_how_long_and_why(tmp_path: Path) -> None:
    """Of whole records it says what they held in all languages."""
    rows = removed_rows(tmp_path, (0, 3, "long"), (1, WHOLE, "copied"))
    assert rows[0] == {
        "row": 0, "dataset": "d0", "id": "r0", "language": "de", "query_characters": 6,
        "passage_characters": 14, "reason": "long", "detail": "long, says somebody", "value": 0.5,
    }  # fmt: skip
    assert rows[1] == {
        "row": 1, "dataset": "d0", "id": "r1", "language": None, "query_characters": 60,
        "passage_characters": 140, "reason": "copied", "detail": "copied, says somebody",
        "value": None,
    }  # fmt: skip


def test_records_that_lost_too_much_go_with_that_reason(tmp_path: Path) -> None:
    rows = removed_rows(tmp_path, (0, 0, "long"), (0, 1, "long"))
    assert [row["reason"] for row in rows] == ["long", "long", TOO_FEW]
    assert rows[2]["language"] is None
    assert rows[2]["detail"] == "8 of 10 languages left with a query and a passage"
    assert rows[2]["value"] == 8


def test_losses_count_a_cell_once(tmp_path: Path) -> None:
    removed_rows(tmp_path, (0, 3, "long"), (0, 3, "copied"), (1, 3, "long"), (1, 4, "long"),
                 (1, WHOLE, "copied"))  # fmt: skip
    found = losses(tmp_path / REMOVED)
    assert found.cells == {"long": {"de": 2, "en": 1}, "copied": {"de": 1}}
    assert found.records == {"copied": 1}
    assert found.lost == {"de": 2, "en": 1}
    assert found.table == ParallelTable.open(tmp_path / "t.arrow").fingerprint


@pytest.mark.parametrize("cell", [(2, 0), (-1, 0), (0, 10), (0, -2)])
def test_verdicts_on_another_table_are_refused(tmp_path: Path, cell: tuple[int, int]) -> None:
    with pytest.raises(LingweaveError, match=r"verdicts of long .* given on another table"):
        pruned(made(FULL), [said([(*cell, "long")])], tmp_path / "t.arrow")
    assert not list(tmp_path.iterdir())


def test_more_languages_than_there_are_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(LingweaveError, match="least_languages 11: choose from 1 to 10"):
        pruned(made(FULL), [], tmp_path / "t.arrow", least_languages=11)


@pytest.mark.parametrize("moment", ["verdicts", "table"])
def test_an_interrupted_pass_leaves_what_was_there(
    tmp_path: Path, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    removed_rows(tmp_path, (0, 3, "long"))
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    def interrupted(*_: object) -> Any:
        yield said([(0, 2, "long")])
        raise KeyboardInterrupt

    def half(*_: object) -> None:
        raise KeyboardInterrupt

    if moment == "table":
        monkeypatch.setattr(pa.ipc, "new_file", half)
    verdicts = interrupted() if moment == "verdicts" else [said([(0, 2, "long")])]
    with pytest.raises(KeyboardInterrupt):
        pruned(made(FULL), verdicts, tmp_path / "t.arrow")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_file_of_another_kind_is_no_file_of_removed_cells(tmp_path: Path) -> None:
    with pytest.raises(LingweaveError, match="no such file"):
        losses(tmp_path / "absent.parquet")
    (tmp_path / "text.parquet").write_text("text")
    with pytest.raises(LingweaveError, match="not a file of removed cells"):
        losses(tmp_path / "text.parquet")
    columns = dict.fromkeys(("row", "language", "reason"), pa.array([1]))
    pq.write_table(pa.table(columns), tmp_path / "other.parquet")
    with pytest.raises(LingweaveError, match="its columns are row, language, reason"):
        losses(tmp_path / "other.parquet")


def test_a_table_has_one_entry_a_benchmark_and_it_is_the_last(tmp_path: Path) -> None:
    before = {**UNSEEN, "removed": 7}
    others = [{"benchmark": "tydi"}, {**UNSEEN, "fingerprint": "of other texts"}]
    table = pruned(made([[False] * 10]), [], tmp_path / "1.arrow", [before, *others])
    again = pruned(table, [], tmp_path / "2.arrow", [UNSEEN])
    assert again.unseen == ({"a": 1}, UNSEEN, *others)


def test_however_many_verdicts_come_at_once_few_texts_are_measured_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table, sizes, count = made([[False] * 10]), [], 10_000
    measured = removed.pc.utf8_length

    def spied(texts: pa.Array) -> pa.Array:
        sizes.append(len(texts))
        return measured(texts)

    monkeypatch.setattr(removed.pc, "utf8_length", spied)
    file = removed.RemovedFile(tmp_path / REMOVED, table)
    file.add(said([(0, WHOLE, "long")] * count))
    file.finish(table.fingerprint)
    assert max(sizes) <= 4096
    assert file.reasons == {"long": count}
    rows = pq.read_table(tmp_path / REMOVED)
    assert len(rows) == count
    assert set(rows["passage_characters"].to_pylist()) == {10 * len("a passage xx 0")}
