"""The whole of `lingweave build`: from files to a table, stopped, gone on with, and refused."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from lingweave.building import parallel as making
from lingweave.building.config import BuildConfig
from lingweave.building.removed import losses
from lingweave.building.run import beside, build
from lingweave.building.show import print_built
from lingweave.building.translators.pseudo import Pseudo, translated
from lingweave.cli import main
from lingweave.errors import LingweaveError
from lingweave.table import ParallelTable

PLACES = ("harbour", "river", "tower", "market", "bridge", "garden", "museum", "station")
YEARS = range(1801, 1851)
LEFT_OUT = ["language", "script", "copied", "length_ratio", "unfinished"]
"""A pseudo-translation is in no language, and as long as its source with marks."""


def pair(number: int) -> dict[str, Any]:
    place, year = PLACES[number % len(PLACES)], YEARS[number % len(YEARS)]
    return {
        "id": f"q{number}",
        "lang": "en",
        "query": f"How wide was the {place} of town number {number} when it opened in {year}?",
        "passage": f"Town number {number} has a famous {place}. It was opened in {year}."
        f" The {place} is {number + 3} metres wide, and {number * 7 + 11} people work in it.",
    }


def written(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def pairs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("LINGWEAVE_CACHE", str(tmp_path / "cache"))
    rows = [pair(number) for number in range(40)]
    rows.append({**rows[3], "id": "again"})
    rows.append({**pair(99), "id": "short", "passage": "It is."})
    return written(tmp_path / "pairs.jsonl", rows)


def config(pairs: Path, **options: Any) -> BuildConfig:
    given: dict[str, Any] = {
        "from_": [str(pairs)],
        "translator": "pseudo",
        "to": ["de", "sw"],
        "out": pairs.parent / "table.arrow",
        "leave_out": LEFT_OUT,
        "progress": False,
    }
    return BuildConfig(**given | options)


def test_a_table_holds_translations_and_not_what_is_wrong_or_in_a_benchmark(
    pairs: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    planted = written(pairs.parent / "test.jsonl", [pair(5), pair(107)])
    asked = config(pairs, against=[f"parallel={planted}"], same=0.95)
    made = build(asked)
    kept = made.table.ids().to_pylist()
    assert made.table.languages == ("de", "en", "sw")
    assert set(kept) == {f"q{n}" for n in range(40)} - {"q5"} | {"short"}
    assert made.table.column("query", "en")[kept.index("short")].as_py() is None
    row = kept.index("q7")
    for place, language in ((0, "de"), (2, "sw")):
        assert made.table.query(row, place) == translated(pair(7)["query"], language)
        assert made.table.origins[made.table.origin(language)[row].as_py()].kind == "translated"
    reasons = {(r["id"], r["reason"]) for r in pq.read_table(removed(asked)).to_pylist()}
    assert ("again", "duplicate") in reasons
    assert ("short", "length") in reasons
    assert ("q5", f"benchmark:parallel {planted.name}:exact") in reasons
    assert {id for id, _ in reasons} == {"again", "short", "q5"}
    (entry,) = made.table.unseen
    assert (entry["removed"], entry["looked_at"]) == (1, 42)
    assert losses(removed(asked)).table == made.table.fingerprint
    record = json.loads(beside(asked.out, ".json").read_text())
    assert record["table"] == made.table.fingerprint
    assert record["translation"]["cells"] == 2 * 42
    print_built(made, asked)
    assert "40 of 42 records left, in de, en, sw" in capsys.readouterr().out


def removed(asked: BuildConfig) -> Path:
    return beside(asked.out, ".removed.parquet")


def test_the_same_command_again_makes_the_same_and_translates_nothing(
    pairs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = build(config(pairs))

    def refuse(*_: Any) -> list[str]:
        raise AssertionError("translated again")

    monkeypatch.setattr(Pseudo, "translate", refuse)
    again = build(config(pairs))
    assert again.table.fingerprint == first.table.fingerprint
    assert again.before.translation == first.before.translation
    # Another folder of work, or another language: what was translated is remembered.
    elsewhere = build(config(pairs, work=pairs.parent / "elsewhere", to=["de"]))
    assert elsewhere.before.translation is not None
    assert elsewhere.before.translation.translated == 0


def test_a_stopped_build_goes_on(pairs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = build(config(pairs, out=pairs.parent / "whole.arrow"))
    asked = config(pairs, translations=pairs.parent / "memory")
    plain, calls = Pseudo.translate, 0

    def stopped(self: Pseudo, texts: Any, source: str, target: str) -> list[str]:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise KeyboardInterrupt
        return plain(self, texts, source, target)

    monkeypatch.setattr(Pseudo, "translate", stopped)
    with pytest.raises(KeyboardInterrupt):
        build(asked)
    assert not asked.out.exists()
    monkeypatch.setattr(Pseudo, "translate", plain)
    made = build(asked)
    assert made.table.fingerprint == whole.table.fingerprint
    assert made.before.translation is not None
    assert made.before.translation.remembered > 0


def test_translations_that_are_there_are_joined(pairs: Path) -> None:
    rows = [{**pair(n), "lang": "de", "query": f"Frage {n}?"} for n in (0, 1, 2)]
    file = written(pairs.parent / "de.jsonl", [*rows, {**pair(500), "lang": "de"}])
    made = build(config(pairs, translator=f"file:{file}", to=[]))
    join = made.before.join
    assert join is not None
    assert (join.joined, join.unknown, join.missing) == ({"de": 3}, 1, {"de": 39})
    assert made.table.column("query", "de").drop_null().to_pylist() == [
        f"Frage {n}?" for n in range(3)
    ]


def test_pairs_are_looked_for_with_an_encoder(pairs: Path) -> None:
    rows = [{**pair(n), "id": f"m{n}", "lang": "de"} for n in (1, 2, 3)]
    file = written(pairs.parent / "de.jsonl", rows)
    with pytest.raises(LingweaveError, match="tfidf: encodes no new texts"):
        build(mining(pairs, file, "tfidf"))


def mining(pairs: Path, file: Path, encoder: str) -> BuildConfig:
    from lingweave.encoders.options import EncoderOptions

    options = EncoderOptions(encoder=encoder, progress=False)  # type: ignore[arg-type]
    return config(pairs, translator=None, to=[], mine=[str(file)], encoder=options)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"from_": []}, "--from"),
        ({"from_": ["nothing.jsonl"]}, "nothing.jsonl: no such file"),
        ({"to": ["klingon"]}, "klingon"),
        ({"to": []}, "--to"),
        ({"translator": None}, "--translator"),
        ({"source": "fr"}, "--source fr"),
        ({"languages": ["fr"]}, "--languages fr"),
        ({"out": Path("table.parquet")}, "--out table.parquet"),
        ({"against": ["xquad-r="]}, "--against xquad-r="),
        ({"against": ["nothing"]}, "nothing"),
        ({"titles": ["t.json"]}, "--titles"),
        ({"near": 0.2}, "--near 0.2"),
        ({"workers": 0}, "--workers 0"),
        ({"mine": ["de.jsonl"]}, "--mine"),
        ({"leave_out": ["lenght"]}, "lenght"),
        ({"least_languages": 9}, "least_languages 9"),
    ],
)
def test_a_mistake_is_told_in_one_line(pairs: Path, options: Any, words: str) -> None:
    with pytest.raises(LingweaveError) as told:
        build(config(pairs, **options))
    assert words in str(told.value)
    assert "\n" not in str(told.value)


def test_the_command_takes_from_and_to(
    pairs: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(pairs.parent)
    words = f"build --from {pairs} --to de --translator pseudo --out t.arrow --progress false"
    assert main([*words.split(), "--leave_out", ",".join(LEFT_OUT)]) == 0
    assert "to look at it: lingweave data check t.arrow" in capsys.readouterr().out
    assert ParallelTable.open("t.arrow").languages == ("de", "en")
    assert main(["build", "--from", str(pairs), "--to", "de"]) == 2
    assert "--translator" in capsys.readouterr().err


def test_a_damaged_note_of_what_is_translated_is_not_trusted(pairs: Path) -> None:
    first = build(config(pairs))
    note = config(pairs).folder / "translated.json"
    note.write_text(note.read_text()[:40])
    assert making._kept(note, "") is None
    assert build(config(pairs)).table.fingerprint == first.table.fingerprint
