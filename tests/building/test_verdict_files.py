"""Verdicts on disk: whole or not there, found again, made anew where damaged."""

import random
import shutil
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pytest
from building.filters.tables import table_of

from lingweave.building.blocks import WHOLE, Block, Verdicts, blocks
from lingweave.building.filters.found import Found, Keyed
from lingweave.building.filters.standard import judge
from lingweave.building.filters.summary import summary_of
from lingweave.building.verdict_files import VerdictFiles, read_verdicts
from lingweave.errors import LingweaveError
from lingweave.table import Origin


def table(rows=20):
    """Texts whose lengths are their rows'; German lacks every fourth."""
    english = ["x" * (row + 1) for row in range(rows)]
    german = [None if row % 4 == 0 else text for row, text in enumerate(english)]
    return table_of({"en": english, "de": german})


@dataclass(frozen=True)
class Longer(Keyed):
    """Condemns texts longer than a number; tells of what it judges."""

    most: int = 10

    name = "longer"

    def __call__(self, block: Block) -> Verdicts:
        JUDGED.append((block.rows.start, block.rows.stop))
        found = Found(block, self.name)
        for number, language in enumerate(block.table.languages):
            for place, text in enumerate(block.texts("query", language)):
                if text is not None and len(text) > self.most:
                    found.add(place, number, f"query: {text} ü", len(text))
        return found.verdicts()


JUDGED = []
SOME = Verdicts(
    np.array([3, 5]), np.array([0, WHOLE], np.int16), ["a", "b"], ["ü", "x" * 99],
    np.array([np.nan, 1.5], np.float32),
)  # fmt: skip


def equal(first, second):
    return (
        first.rows.tolist() == second.rows.tolist()
        and first.languages.tolist() == second.languages.tolist()
        and list(first.reasons) == list(second.reasons)
        and list(first.details) == list(second.details)
        and np.array_equal(first.values, second.values, equal_nan=True)
    )


def test_verdicts_are_found_again(tmp_path):
    files = VerdictFiles(tmp_path, "some", (1, ["x"]), table(), "en").open()
    assert files.read(slice(0, 8)) is None
    files.write(slice(0, 8), SOME)
    files.write(slice(0, 8), SOME._replace(values=SOME.values + 1))
    files.write(slice(0, 8), SOME)
    assert len(list(files.folder.glob("*.parquet"))) == 1
    assert equal(files.read(slice(0, 8)), SOME)
    assert files.read(slice(8, 16)) is None
    (again,) = read_verdicts([files.folder])
    assert equal(again, SOME)


def test_a_file_with_any_damage_is_as_good_as_none(tmp_path):
    files = VerdictFiles(tmp_path, "some", (), table(), "en").open()
    files.write(slice(0, 8), SOME)
    (path,) = files.folder.glob("*.parquet")
    content = path.read_bytes()
    chance = random.Random(0)
    for _ in range(300):
        bad = bytearray(content)
        bad[chance.randrange(len(bad))] ^= 1 << chance.randrange(8)
        path.write_bytes(bad if chance.random() < 0.8 else bad[: chance.randrange(len(bad))])
        assert files.read(slice(0, 8)) is None
    with pytest.raises(LingweaveError, match=r"parquet: damaged; run the same command"):
        list(read_verdicts([files.folder]))


def test_what_is_not_its_own_goes(tmp_path):
    files = VerdictFiles(tmp_path, "some", (), table(), "en").open()
    files.write(slice(0, 8), SOME)
    (path,) = files.folder.glob("*.parquet")
    strange = [
        path.with_name(name)
        for name in ("stray.parquet", f"{path.stem[:19]}-{'0' * 16}.parquet", "copy-0-1.parquet",
                     f"{path.stem[:19]}-{'f' * 16}.parquet")
    ]  # fmt: skip
    for one in strange:
        one.write_bytes(b"PAR1")
    files.open()
    assert [*files.folder.glob("*.parquet")] == [path]
    (again,) = read_verdicts([files.folder])
    assert equal(again, SOME)
    assert equal(files.read(slice(0, 8)), SOME)


def test_another_key_table_origin_or_reference_is_another_folder(tmp_path):
    one = table_of({"en": ["a"], "de": ["b"]})
    numbers = {f"origin:{x}": pa.array([0], pa.int16()) for x in ("en", "de")}
    told = table_of({"en": ["a"], "de": ["b"]}, columns=numbers, origins=(Origin("given", "x"),))
    folders = [
        VerdictFiles(tmp_path, name, key, its, reference).folder
        for name, key, its, reference in (
            ("a", (1,), one, "en"), ("b", (1,), one, "en"), ("a", (2,), one, "en"),
            ("a", (1,), table(), "en"), ("a", (1,), told, "en"), ("a", (1,), one, None),
            ("a", (1,), one, "en"),
        )
    ]  # fmt: skip
    assert len({*folders}) == 6
    assert folders[0] == folders[-1]


def test_a_run_goes_on_where_it_was(tmp_path):
    JUDGED.clear()
    (folder,) = judge(table(), [Longer()], tmp_path, records=6)
    assert JUDGED == [(0, 6), (6, 12), (12, 18), (18, 20)]
    first = summary_of(table(), read_verdicts([folder]))
    assert (first.records, first.cells, first.lost_cells, first.lost_records) == (20, 35, 18, 10)
    assert first.reasons == {"longer": {"de": 8, "en": 10}}
    files = sorted(folder.glob("*.parquet"))
    assert [path.name[:19] for path in files[:2]] == ["000000000-000000006", "000000006-000000012"]
    files[1].unlink()
    files[2].write_bytes(b"PAR1")
    JUDGED.clear()
    assert judge(table(), [Longer()], tmp_path, records=6) == (folder,)
    assert summary_of(table(), read_verdicts([folder])) == first
    assert JUDGED == [(6, 12), (12, 18)]
    JUDGED.clear()
    both = judge(table(), [Longer(), Longer(18)], tmp_path, records=6)
    assert len(JUDGED) == 4
    assert summary_of(table(), read_verdicts(both)).lost_cells == first.lost_cells
    assert both[0] == folder


@pytest.mark.slow
def test_processes_judge_the_same(tmp_path):
    its = table(9)
    path = its.write(tmp_path / "table.arrow")
    alone = judge(its, [Longer(4)], tmp_path / "one", records=3)
    from lingweave.table import ParallelTable

    together = judge(ParallelTable.open(path), [Longer(4)], tmp_path / "two", records=3, workers=2)
    pairs = zip(read_verdicts(alone), read_verdicts(together), strict=True)
    assert all(equal(a, b) for a, b in pairs)
    with pytest.raises(LingweaveError, match="workers: the table is in memory only"):
        judge(its, [Longer()], tmp_path, workers=2)


def test_whole_records_count_in_every_language():
    verdicts = Verdicts(
        np.array([0, 1, 1, 2]), np.array([WHOLE, WHOLE, 1, 1], np.int16), ["a", "a", "b", "b"],
        [""] * 4, np.zeros(4, np.float32),
    )  # fmt: skip
    summary = summary_of(table(4), [verdicts])
    assert (summary.cells, summary.lost_cells, summary.lost_records) == (7, 4, 2)
    assert summary.reasons == {"a": {"de": 1, "en": 2}, "b": {"en": 2}}
    assert summary_of(table(4), []).lost_cells == 0


def test_no_place_to_write_is_one_line(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(LingweaveError, match=r"cannot write verdicts to .*file"):
        judge(table(), [Longer()], tmp_path / "file")


def test_slices_of_filters_come_together(tmp_path):
    first = judge(table(), [Longer(), Longer(5)], tmp_path, records=8)
    parts = list(read_verdicts(first))
    assert len(parts) == len(list(blocks(table(), None, 8)))
    assert len(parts[0].rows) == 6
    shutil.rmtree(first[1])
    assert sum(len(part.rows) for part in read_verdicts(first)) == 18
