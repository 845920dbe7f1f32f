"""A check against naive loops over the same table."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from check.checked import CODES, REMOVED, some_table

from lingweave.check import texts
from lingweave.check.checked import Checked, checked
from lingweave.check.config import CheckConfig
from lingweave.check.findings import findings
from lingweave.check.tables import language_table, loss_table
from lingweave.errors import LingweaveError
from lingweave.languages import name
from lingweave.table import ParallelTable


def cells(table: ParallelTable, side: str, code: str) -> list[str | None]:
    return table.records(slice(None))[f"{side}:{code}"].to_pylist()  # type: ignore[no-any-return]


def test_coverage_is_what_a_loop_counts(found: Checked) -> None:
    table = found.table
    for i, x in enumerate(CODES):
        for j, y in enumerate(CODES):
            both = zip(cells(table, "query", x), cells(table, "passage", y), strict=True)
            assert found.coverage.pairs[i, j] == sum(None not in pair for pair in both)
        assert found.coverage.queries[i] == sum(t is not None for t in cells(table, "query", x))
    sides = [[cells(table, side, x) for x in CODES] for side in ("query", "passage")]
    of = [
        sum(query[row] is not None and passage[row] is not None
            for query, passage in zip(*sides, strict=True))
        for row in range(len(table))
    ]  # fmt: skip
    assert found.coverage.languages_of.tolist() == of


@pytest.mark.parametrize("side", ["query", "passage"])
def test_lengths_and_copies_are_what_a_loop_counts(found: Checked, side: Any) -> None:
    for code in CODES:
        there = [text for text in cells(found.table, side, code) if text is not None]
        characters = found.lengths[side][code].characters
        assert characters is not None
        sizes = sorted(map(len, there))
        assert (characters.known, characters.most, characters.total) == (
            len(there), sizes[-1], sum(sizes),
        )  # fmt: skip
        assert characters.middle == np.median(sizes)
        repeated = found.repeated[side][code]
        assert (repeated.looked_at, repeated.part) == (len(there), 1)
        assert repeated.copies == len(there) - len(set(there)) > 0


def test_a_part_of_the_texts_tears_no_copies_apart(
    found: Checked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(texts, "LOOKED_AT", 20)
    part = texts.repeated_of(found.table, "passage", "en")
    there = [text for text in cells(found.table, "passage", "en") if text is not None]
    by_class: dict[int, Counter[str]] = {}
    for text in there:
        by_class.setdefault(len(text.encode()) % part.part, Counter())[text] += 1
    assert part.part == 3
    assert (part.looked_at, part.copies) in {
        (sum(own.values()), sum(own.values()) - len(own)) for own in by_class.values()
    }


@pytest.mark.usefixtures("no_cost")
def test_untranslated_passages_are_counted(folder: Path) -> None:
    path = folder / "table.arrow"
    found = checked(ParallelTable.open(path), CheckConfig([str(path)], reference="ar"))
    pairs = zip(
        cells(found.table, "passage", "de"), cells(found.table, "passage", "ar"), strict=True
    )
    assert found.untranslated["de"]["passage"] == sum(a == b is not None for a, b in pairs) > 5
    assert found.untranslated["fi"] == {"query": 0, "passage": 0}
    assert language_table(found).header[-1] == "same as ar"


def test_origins_add_up_to_the_cells(found: Checked) -> None:
    there = sum(
        a is not None or b is not None
        for code in CODES
        for a, b in zip(
            cells(found.table, "query", code), cells(found.table, "passage", code), strict=True
        )
    )
    assert sum(sum(of.values()) for of in found.origins.values()) == there
    assert set(found.origins[0]) == {"ar"}
    assert set(found.origins[1]) == set(CODES) - {"ar"}
    assert sum(found.origins[None].values()) > 0


def test_losses_stand_by_reason_and_language(found: Checked) -> None:
    table = loss_table(found)
    assert table is not None
    assert table.header == ("language", "left", "lost", "of all", "length ratio", "<em>copied")
    rows = {row[0].text: [cell.text for cell in row[1:]] for row in table.rows}
    left = str(found.coverage.pairs[2, 2])
    assert rows["German (de)"][0] == left
    assert rows["German (de)"][1] == "2"
    assert rows["German (de)"][3:] == ["2", "1"]
    assert rows["Japanese (ja)"][3:] == ["1", "–"]
    assert found.losses is not None
    assert found.losses.records == {"near_duplicate": 1}


@pytest.mark.usefixtures("no_cost")
def test_losses_of_another_table_are_not_shown(folder: Path, tmp_path: Path) -> None:
    table = some_table(1)
    path = table.write(tmp_path / "other.arrow")
    assert checked(table, CheckConfig([str(path)])).losses is None
    (tmp_path / "other.json").write_bytes((folder / "table.json").read_bytes())
    (tmp_path / "other.removed.parquet").write_bytes((folder / REMOVED).read_bytes())
    found = checked(table, CheckConfig([str(path)]))
    assert found.losses is None
    assert found.record is None
    assert "belongs to another table" in found.notes[0]
    with pytest.raises(
        LingweaveError, match=r"--removed .*table.removed.parquet: belongs to another"
    ):
        checked(table, CheckConfig([str(path)], removed=folder / REMOVED))


@pytest.mark.usefixtures("no_cost")
def test_samples_are_seeded_and_show_all_languages(found: Checked) -> None:
    config = CheckConfig(["table.arrow"])
    assert checked(found.table, config).samples == found.samples
    assert checked(found.table, CheckConfig(["table.arrow"], seed=1)).samples != found.samples
    shown = [[cell.code for cell in sample.cells] for sample in found.samples]
    assert len(shown) == 8
    assert {code for codes in shown for code in codes} == set(CODES)
    assert all(codes[0] == "en" for codes in shown if "en" in codes)
    assert all(len(codes) == len(set(codes)) <= 5 for codes in shown)
    assert not checked(found.table, CheckConfig(["table.arrow"], samples=0)).samples


def test_mistakes_are_one_line(found: Checked) -> None:
    with pytest.raises(LingweaveError, match="--reference fr: the table has ar, bn"):
        checked(found.table, CheckConfig(["table.arrow"], reference="fr"))
    with pytest.raises(LingweaveError, match="no such file"):
        checked(found.table, CheckConfig(["table.arrow"], removed=Path("absent.parquet")))
    for wrong in ({"samples": -1}, {"batch_size": 1}, {"seed": -1}, {"out": Path("page.pdf")}):
        with pytest.raises(LingweaveError, match=f"--{next(iter(wrong))}"):
            CheckConfig(["table.arrow"], **wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(("looked_at", "said"), [(CODES, None), (["ar", *CODES[3:]], "bn de")])
def test_what_was_made_after_a_table_was_cleared_is_named(
    no_cost: None, looked_at: list[str], said: str | None
) -> None:
    table = some_table()
    table.unseen = ({"benchmark": "xquad-r", "table_languages": looked_at, "articles": []},)
    since = [x for x in findings(checked(table, CheckConfig(["t"]))) if "not looked at" in x]
    names = ", ".join(map(name, said.split())) if said else None
    expected = "Made after the table was cleared of the items of xquad-r, and not looked at: {}."
    assert since == ([expected.format(names)] if names else [])
