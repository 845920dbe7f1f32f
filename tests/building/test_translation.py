"""The cells that a table lacks: made from the source's, and nothing else touched."""

import os
import signal
import threading
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from lingweave.building.translation import TranslationOptions, translated
from lingweave.building.translators.pseudo import Pseudo, untranslated
from lingweave.errors import LingweaveError
from lingweave.table import Origin, ParallelTable
from tests.building.journal import Journal, Journaled, table

TARGETS = ("de", "sw")


class Failing(Pseudo):
    """Has no translation of what speaks of bread."""

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        made = super().translate(texts, source, target)
        return [
            "" if "bread" in text.lower() else new for text, new in zip(texts, made, strict=True)
        ]


def cells(made: ParallelTable, name: str) -> list[Any]:
    found: list[Any] = made.records(slice(0, len(made)))[name].to_pylist()
    return found


@pytest.fixture(scope="module")
def given() -> ParallelTable:
    return table()


def test_every_cell_is_its_source_in_another_language(tmp_path: Path, given: ParallelTable) -> None:
    made, counts = translated(given, "en", TARGETS, Pseudo, tmp_path / "t.arrow", tmp_path / "c")
    assert made.languages == ("de", "en", "sw")
    assert made.datasets == given.datasets
    for name in ("id", "dataset", "group", "query:en", "passage:en", "negatives:en", "answers:en"):
        assert cells(made, name) == cells(given, name)
    new = kept = 0
    for row in range(len(made)):
        for language, target in ((0, "de"), (2, "sw")):
            old = cells(given, f"passage:{target}")[row] if target in given.languages else None
            if old is not None:
                assert cells(made, f"passage:{target}")[row] == old
                assert cells(made, f"query:{target}")[row] == cells(given, f"query:{target}")[row]
                assert made.answers(row, language) == ()
                assert made.negatives(row, language) == ()
                continue
            new += 1
            for side in ("query", "passage"):
                text, before = (cells(made, f"{side}:{x}")[row] for x in (target, "en"))
                assert (text is None) == (before is None)
                assert text is None or untranslated(text, target) == before
            back = [untranslated(text, target) for text in made.negatives(row, language)]
            assert tuple(back) == made.negatives(row, 1)
            for answer, before in zip(
                made.answers(row, language), made.answers(row, 1), strict=True
            ):
                passage = made.passage(row, language)
                assert passage[answer.start : answer.start + len(answer.text)] == answer.text
                assert untranslated(answer.text, target) == before.text
                assert len(untranslated(passage[: answer.start], target)) == before.start
                kept += 1
    assert counts.records == len(given)
    assert counts.cells == new
    assert counts.answers == {"marked": kept}
    assert (counts.failed, counts.lost) == ({}, {})
    assert counts.rate == counts.translated / counts.seconds


def test_where_cells_come_from(tmp_path: Path, given: ParallelTable) -> None:
    made, _ = translated(given, "en", TARGETS, Pseudo, tmp_path / "t.arrow", tmp_path / "c")
    for x in made.languages:
        places = cells(made, f"origin:{x}")
        for row, place in enumerate(places):
            before = x in given.languages and cells(given, f"passage:{x}")[row] is not None
            data = made.dataset(row)
            assert made.origins[place] == (
                Origin("given", data) if before else Origin("translated", data, "en", "pseudo", "1")
            )
    # Translated once more, origins go on from there.
    again, _ = translated(made, "sw", ["tr"], Pseudo, tmp_path / "u.arrow", tmp_path / "c")
    assert set(made.origins) <= set(again.origins)
    for row, place in enumerate(cells(again, "origin:tr")):
        assert again.origins[place] == Origin("translated", again.dataset(row), "sw", "pseudo", "1")
        assert cells(again, "origin:sw")[row] == cells(made, "origin:sw")[row]


def test_a_text_that_stays_a_hole_makes_no_cell(tmp_path: Path) -> None:
    """Whatever else the cell has."""
    text, german = pa.array(["We bake bread."]), pa.array(["Wir backen."])
    given = ParallelTable.build(
        pa.array(["r"]), pa.array(["a"]), pa.nulls(1), ["de", "en"],
        {"query:en": text, "passage:en": text, "query:de": german},
    )  # fmt: skip
    made, counts = translated(given, "en", ["de"], Failing, tmp_path / "t.arrow", tmp_path / "c")
    assert (counts.cells, counts.failed) == (0, {"passage": 1})
    assert [made.origins[place].kind for place in cells(made, "origin:de")] == ["given"]


def test_origins_of_before_keep_their_places(tmp_path: Path) -> None:
    before = (Origin("given", "x"), Origin("given", "x"), Origin("mined", "y"))
    text = pa.array(["Some text."])
    given = ParallelTable.build(
        pa.array(["r"]), pa.array(["a"]), pa.nulls(1), ["en"],
        {"query:en": text, "passage:en": text, "origin:en": pa.array([2])}, before,
    )  # fmt: skip
    made, _ = translated(given, "en", ["de"], Pseudo, tmp_path / "t.arrow", tmp_path / "c")
    assert made.origins == (*before, Origin("translated", "y", "en", "pseudo", "1"))
    assert (cells(made, "origin:en"), cells(made, "origin:de")) == ([2], [3])


def test_cells_of_which_one_text_was_there_keep_their_origin(tmp_path: Path) -> None:
    texts = {f"{side}:en": pa.array(["One.", "Two."]) for side in ("query", "passage")}
    cleared = {"benchmark": "b", "table_languages": ["de", "en"]}
    there = ParallelTable.build(
        pa.array(["1", "2"]), pa.array(["x", "x"]), pa.nulls(2, pa.string()), ["de", "en"],
        texts | {"query:de": pa.array(["Eins.", None])}, unseen=[cleared],
    )  # fmt: skip
    made, counts = translated(there, "en", TARGETS, Pseudo, tmp_path / "t.arrow", tmp_path / "c")
    assert cells(made, "query:de")[0] == "Eins."
    assert cells(made, "passage:de")[0] is not None
    kinds = [made.origins[place].kind for place in cells(made, "origin:de")]
    assert kinds == ["given", "translated"]
    assert counts.cells == 4
    assert made.unseen == (cleared,)


def test_what_has_no_translation_is_a_hole_and_counted(
    tmp_path: Path, given: ParallelTable
) -> None:
    made, counts = translated(given, "en", ["sw"], Failing, tmp_path / "t.arrow", tmp_path / "c")
    failed: Counter[str] = Counter()
    lost = 0
    for row in range(len(given)):
        for side in ("query", "passage"):
            text, before = (cells(made, f"{side}:{x}")[row] for x in ("sw", "en"))
            bad = before is not None and "bread" in before.lower()
            assert (text is None) == (bad or before is None)
            failed[side] += bad
        if cells(made, "passage:sw")[row] is None:
            assert (made.negatives(row, 2), made.answers(row, 2)) == ((), ())
            lost += len(made.answers(row, 1))
        else:
            good = [text for text in made.negatives(row, 1) if "bread" not in text.lower()]
            assert [untranslated(text, "sw") for text in made.negatives(row, 2)] == good
            failed["negative"] += len(made.negatives(row, 1)) - len(good)
        hole = cells(made, "passage:sw")[row] is cells(made, "query:sw")[row] is None
        assert (cells(made, "origin:sw")[row] is None) == hole
    assert min(failed.values()) > 0
    assert counts.failed == dict(sorted(failed.items()))
    assert counts.lost == {"no translation of the passage": lost}


def test_answers_that_the_marks_do_not_tell(tmp_path: Path) -> None:
    """Found alone, or left out and counted by reason."""

    class Deaf(Pseudo):
        """Loses marks."""

        def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
            plain = [text.replace('"', "").replace("[", "(") for text in texts]
            return ["" if text == "stone" else text.upper() for text in plain]

    answers = ["river", "stone", "queen", "Snow. Grass", "sky"]
    given = ParallelTable.build(
        pa.array(["r"]),
        pa.array(["a"]),
        pa.nulls(1),
        ["en"],
        {
            "passage:en": pa.array(["One river. One stone. Snow. Grass. sky sky"]),
            "answers:en": pa.array([[{"text": text, "start": -1} for text in answers]]),
        },
    )
    made, counts = translated(given, "en", ["de"], Deaf, tmp_path / "t.arrow", tmp_path / "c")
    assert [tuple(one) for one in made.answers(0, 0)] == [
        ("RIVER", 4),
        ("SNOW. GRASS", 22),
        ("SKY", 35),
    ]
    assert counts.answers == {"alone": 3}
    assert counts.lost == {"not found in the translation": 1, "not in the passage": 1}


def test_nothing_is_translated_twice(tmp_path: Path, given: ParallelTable) -> None:
    journal = Journal(tmp_path / "journal")
    make = partial(Journaled, journal.path, Pseudo)
    options = TranslationOptions(window=1)  # As small windows as there are.
    large = table(300, seed=1)
    first = translated(
        large, "en", TARGETS, make, tmp_path / "t.arrow", tmp_path / "c", options=options
    )
    asked = journal.asked()
    assert set(asked.values()) == {1}
    assert first.counts.translated == len(asked)
    assert first.counts.remembered > 0
    again = translated(large, "en", TARGETS, make, tmp_path / "u.arrow", tmp_path / "c")
    assert journal.asked() == asked
    assert again.counts.translated == 0
    assert (tmp_path / "t.arrow").read_bytes() == (tmp_path / "u.arrow").read_bytes()
    # Another table asks for what it has more.
    translated(given, "en", ["sw"], make, tmp_path / "v.arrow", tmp_path / "c")
    assert set(journal.asked().values()) == {1}


def test_batches_hold_sentences_of_like_length(tmp_path: Path, given: ParallelTable) -> None:
    journal = Journal(tmp_path / "journal")
    make = partial(Journaled, journal.path, Pseudo)
    translated(given, "en", ["sw"], make, tmp_path / "t.arrow", tmp_path / "c")
    calls = [call["texts"] for call in journal.calls()]
    assert [len(texts) for texts in calls[:-1]] == [8] * (len(calls) - 1)
    lengths = [len(text) for texts in calls for text in texts]
    assert lengths == sorted(lengths, reverse=True)


def test_failures_are_tried_again_if_asked_for(tmp_path: Path, given: ParallelTable) -> None:
    run = partial(translated, given, "en", ["sw"])
    folder = tmp_path / "c"
    assert run(Failing, tmp_path / "t.arrow", folder).counts.failed
    assert run(Pseudo, tmp_path / "t.arrow", folder).counts.failed
    options = TranslationOptions(retry_failed=True, negatives=False)
    made, counts = run(Pseudo, tmp_path / "t.arrow", folder, options=options)
    assert not counts.failed
    assert counts.translated > 0
    assert not any(cells(made, "negatives:sw"))


@pytest.mark.parametrize(
    ("source", "targets", "words"),
    [
        ("fr", ["de"], "has no texts in fr, only in de, en"),
        ("en", ["de", "en"], "give other languages"),
        ("en", [], "from en to nothing"),
        ("en", ["xx-nonsense-code"], "unknown language"),
    ],
)
def test_mistakes_are_one_line(
    tmp_path: Path, given: ParallelTable, source: str, targets: list[str], words: str
) -> None:
    with pytest.raises(LingweaveError, match=words):
        translated(given, source, targets, Pseudo, tmp_path / "t.arrow", tmp_path / "c")
    assert not [*tmp_path.iterdir()]
    with pytest.raises(LingweaveError, match="limit 0: must be 1 or more"):
        TranslationOptions(limit=0)


class Stopping(Pseudo):
    """Sends its process a signal with the third call."""

    batch_size = 8

    def __init__(self, number: int) -> None:
        self.number, self.calls = number, 0

    def translate(self, texts: Sequence[str], source: str, target: str) -> list[str]:
        self.calls += 1
        if self.calls == 3:
            os.kill(os.getpid(), self.number)
        return super().translate(texts, source, target)


@pytest.fixture
def heard() -> Iterator[None]:
    """Ctrl-C is heard, which a shell's background jobs do not."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heard")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_asked_to_stop_stops_and_goes_on(
    tmp_path: Path, given: ParallelTable, number: signal.Signals
) -> None:
    assert threading.current_thread() is threading.main_thread()
    before = signal.getsignal(signal.SIGTERM)
    run = partial(translated, given, "en", ["sw"])
    with pytest.raises(KeyboardInterrupt, match="run the same command to go on"):
        run(partial(Stopping, number), tmp_path / "t.arrow", tmp_path / "c")
    assert signal.getsignal(signal.SIGTERM) is before
    assert not (tmp_path / "t.arrow").exists()
    journal = Journal(tmp_path / "journal")
    rest = run(partial(Journaled, journal.path, Pseudo), tmp_path / "t.arrow", tmp_path / "c")
    assert rest.counts.remembered == 16
    whole = run(Pseudo, tmp_path / "u.arrow", tmp_path / "d")
    assert (tmp_path / "t.arrow").read_bytes() == (tmp_path / "u.arrow").read_bytes()
    assert whole.counts.translated == rest.counts.translated + 16
