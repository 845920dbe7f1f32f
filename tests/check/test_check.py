"""A check against naive loops over the same table, and its page as a reader meets it."""

import json
import re
from collections import Counter
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from tiny import tiny_decoder, tiny_model

from lingweave.building.blocks import WHOLE, Verdicts
from lingweave.building.pruning import pruned
from lingweave.check import checked as looking
from lingweave.check import texts
from lingweave.check.checked import Checked, checked
from lingweave.check.config import CheckConfig
from lingweave.check.findings import findings
from lingweave.check.page import page
from lingweave.check.plots import coverage_heatmap, share_text
from lingweave.check.run import check
from lingweave.check.tables import language_table, loss_table
from lingweave.errors import LingweaveError
from lingweave.languages import name
from lingweave.table import Origin, ParallelTable

CODES = ["ar", "bn", "de", "en", "fi", "ja", "sw"]
HOSTILE = "<script>alert('x')</script></section>\u202e\"&"
UNSEEN = {"benchmark": "xquad-r<b>", "methods": ["exact", "near"], "removed": {"rows": 3}}
ROWS = 60
REMOVED = "table.removed.parquet"


def some_table(seed: int = 0) -> ParallelTable:
    """Holes, copies, untranslated passages, origins, a score, answers and one hostile record."""
    random = np.random.default_rng(seed)
    columns: dict[str, pa.Array] = {}
    for code in CODES:
        share = 0.4 if code == "sw" else 0.9
        query, passage = (random.random(ROWS) < share for _ in range(2))
        numbers = random.integers(0, 50, (2, ROWS)).tolist()
        asked = [
            f"{code} question {n}" if t else None for n, t in zip(numbers[0], query, strict=True)
        ]
        given = [f"{code} a passage {'x' * n}" if t else None
                 for n, t in zip(numbers[1], passage, strict=True)]  # fmt: skip
        if code == "de":
            copied = columns["passage:ar"].to_pylist()
            given = [copied[row] if row % 5 == 0 else text for row, text in enumerate(given)]
        asked[0], given[0] = f"{HOSTILE} {code}", f"{code} {HOSTILE}"
        columns[f"query:{code}"] = pa.array(asked, pa.string())
        columns[f"passage:{code}"] = pa.array(given, pa.string())
        there = np.array(
            [a is not None or g is not None for a, g in zip(asked, given, strict=True)]
        )
        origin = np.full(ROWS, 0 if code == "ar" else 1)
        columns[f"origin:{code}"] = pa.array(origin, mask=~there | (np.arange(ROWS) == 7))
        columns[f"answers:{code}"] = pa.array([[{"text": HOSTILE, "start": 3}]] * ROWS)
        if code != "ar":
            columns[f"score:<i>:{code}"] = pa.array(random.random(ROWS).astype(np.float32))
    return ParallelTable.build(
        pa.array([HOSTILE + str(row) for row in range(ROWS)], pa.string()),
        pa.array(["a", "<b>"] * (ROWS // 2), pa.string()),
        pa.array([None] * ROWS, pa.string()),
        CODES,
        columns,
        [Origin("given", "squad"), Origin("translated", "squad", "ar", "<u>engine", "1")],
        [UNSEEN],
    )


@pytest.fixture
def no_cost(monkeypatch: pytest.MonkeyPatch) -> None:
    """Planning a run takes seconds; the tests of the cost ask for it themselves."""
    monkeypatch.setattr(looking, "_cost", lambda *_: None)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A pruned table and what was removed from it."""
    folder = tmp_path_factory.mktemp("built")
    verdicts = Verdicts(
        np.array([1, 1, 2, 3, 4]),
        np.array([2, 2, 2, 5, WHOLE], np.int16),
        ["length_ratio", "<em>copied", "length_ratio", "length_ratio", "near_duplicate"],
        ["x"] * 5,
        np.ones(5, np.float32),
    )
    table = pruned(some_table(), [verdicts], folder / "table.arrow")
    record = {"table": table.fingerprint, "read_as": "<i>squad", "losses": {"cells": 4}}
    (folder / "table.json").write_text(json.dumps(record))
    return folder


@pytest.fixture(scope="module")
def found(folder: Path) -> Checked:
    path = folder / "table.arrow"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(looking, "_cost", lambda *_: None)
        return checked(ParallelTable.open(path), CheckConfig([str(path)]))


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


class Reader(HTMLParser):
    """The tags that are open, and what was met."""

    VOID = ("meta", "br", "path", "use", "rect", "image")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.ids: Counter[str] = Counter()
        self.directions: Counter[tuple[str, str]] = Counter()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        assert tag not in ("script", "b", "i", "u", "em", "iframe", "link")
        for key, value in given.items():
            assert not key.startswith("on")
            assert key not in ("src",) or (value or "").startswith("data:")
            assert key != "href" or (value or "").startswith(("#", "data:"))
        self.ids.update(filter(None, [given.get("id")]))
        self.directions[(given.get("lang") or "", given.get("dir") or "")] += 1
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag


@pytest.mark.usefixtures("no_cost")
def test_hostile_texts_stay_texts(folder: Path) -> None:
    """Ids, texts, answers, names of data sets, scores, reasons, translators and benchmarks."""
    path = folder / "table.arrow"
    found = checked(ParallelTable.open(path), CheckConfig([str(path)], samples=ROWS))
    text = page(found, "<title>&")
    reader = Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    assert max(reader.ids.values()) == 1
    assert reader.directions[("ar", "rtl")] > 10
    assert reader.directions[("en", "ltr")] > 10
    assert "http" not in re.sub(r"&#?\w+;", "", text).replace("http-equiv", "")
    for shown in ("&lt;script&gt;alert", "xquad-r&lt;b&gt;", "&lt;em&gt;copied", "&lt;u&gt;engine"):
        assert shown in text
    assert all(name(code) in text for code in CODES)
    assert "How it was built" in text
    assert "&lt;i&gt;squad" in text


def test_sixty_languages_are_drawn() -> None:
    codes = [f"{a}{b}" for a in "abcdef" for b in "abcdefghij"]
    pairs = np.full((60, 60), 5)
    pairs[3, 4] = 9
    svg = coverage_heatmap(codes, pairs, 10, "map")
    assert svg.count("<text") >= 120
    assert "most 9 for" in svg
    assert coverage_heatmap(["de"], np.array([[3]]), 8, "one").count(">38<") == 1


@pytest.mark.parametrize(
    ("share", "text"),
    [(0, "0"), (0.001, "<1"), (0.01, "1"), (0.5, "50"), (0.985, "98"), (0.999, ">99"), (1, "100")],
)
def test_nothing_and_everything_are_exact(share: float, text: str) -> None:
    assert share_text(share) == text


def test_the_cost_is_that_of_the_given_model(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The whole command, with a tokenizer that counts."""
    model = tiny_decoder(tmp_path / "model")
    path, out = folder / "table.arrow", tmp_path / "pages" / "check.html"
    config = CheckConfig([str(path)], out, model=str(model), batch_size=4, device="l4")
    found = check(config)
    assert found.notes == ()
    own = int(np.diag(found.coverage.pairs).sum())
    assert found.cost is not None
    assert found.cost.batches == -(-len(found.table) // 4)
    assert found.cost.all_batches == -(-own // 4)
    assert found.cost.plan.device.name == "l4"
    assert 0 < found.cost.plan.memory.peak < 1e9
    for side in found.lengths.values():
        for lengths in side.values():
            assert lengths.tokens is not None
            assert lengths.characters is not None
            assert 0 < lengths.tokens.middle <= lengths.characters.middle
            assert lengths.tokens.known == lengths.characters.known
    text = out.read_text(encoding="utf-8")
    assert str(model) in text
    assert "query, tokens" in text
    printed = capsys.readouterr().out
    assert "Cost of training" in printed
    assert "Removed while it was built: 3 cells" in printed
    assert printed.endswith(f"wrote {out}\n")


@pytest.mark.slow
def test_without_a_model_the_cost_is_xlmr_bases(folder: Path) -> None:
    """Its weights, gradients and two moments alone are 278 million × 16 bytes."""
    path = folder / "table.arrow"
    found = checked(ParallelTable.open(path), CheckConfig([str(path)], batch_size=8))
    assert found.cost is not None
    assert found.cost.plan.step.weights.parameters == pytest.approx(278e6, rel=0.01)
    assert 278e6 * 16 < found.cost.plan.memory.peak < 10e9
    assert found.cost.plan.texts.tokens == 8 * (64 + 256)
    assert "XLM-R base" in found.cost.assumed


def test_a_cost_that_cannot_be_told_is_a_note(folder: Path, tmp_path: Path) -> None:
    path = folder / "table.arrow"
    config = CheckConfig([str(path)], model=str(tiny_model(tmp_path / "model")))
    found = checked(ParallelTable.open(path), config)
    assert found.cost is None
    assert "No estimate of the cost of training" in found.notes[0]
    assert "static encoder" in found.notes[0]
    assert "There is no estimate" in page(found, "table")
    with pytest.raises(LingweaveError, match="--device abacus: choose from a100-40gb"):
        checked(found.table, CheckConfig([str(path)], device="abacus"))


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
