"""The whole of `lingweave build`: from files to a table, stopped, and gone on with."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from lingweave.atomic import PART, whole_file
from lingweave.building import parallel as making
from lingweave.building.alone import alone_in
from lingweave.building.config import BuildConfig
from lingweave.building.removed import losses, removed_beside
from lingweave.building.run import build
from lingweave.building.show import print_built
from lingweave.building.translators.pseudo import Pseudo, translated
from lingweave.encoders.options import EncoderOptions
from lingweave.errors import LingweaveError
from tests.building.towns import config, pair, written


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
    record = json.loads(asked.record.read_text())
    assert record["table"] == made.table.fingerprint
    assert record["translation"]["cells"] == 2 * 42
    print_built(made, asked)
    assert "40 of 42 records left, in de, en, sw" in capsys.readouterr().out


def removed(asked: BuildConfig) -> Path:
    return removed_beside(asked.out)


def test_the_same_command_again_makes_the_same_and_translates_nothing(
    pairs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = build(config(pairs))

    def refuse(*_: Any) -> list[str]:
        raise AssertionError("translated again")

    monkeypatch.setattr(Pseudo, "translate", refuse)
    again = build(config(pairs))
    assert again.table.fingerprint == first.table.fingerprint
    counts, before = again.before.translation, first.before.translation
    assert counts is not None
    assert before is not None
    assert (counts.translated, counts.remembered) == (0, before.translated)
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


class Places:
    """An encoder to which texts with the same number are the same, whatever their language."""

    def encode_queries(self, texts: list[str], language: str) -> Any:
        return np.stack([self._vector(text) for text in texts])

    encode_passages = encode_queries

    def _vector(self, text: str) -> Any:
        number = int(re.findall("number ([0-9]+)", text)[0])
        return np.random.default_rng(number).standard_normal(32).astype(np.float32)

    def describe(self) -> dict[str, str]:
        return {"encoder": "places"}


def mining(pairs: Path, **options: Any) -> BuildConfig:
    rows = [
        {**pair(n), "id": f"m{n}", "lang": "de", "query": f"Breite von number {n}?"}
        for n in (1, 2, 60)
    ]
    file = written(pairs.parent / "de.jsonl", rows)
    encoder = EncoderOptions(encoder="random", progress=False)
    given = {"translator": None, "to": [], "mine": [str(file)], "encoder": encoder}
    return config(pairs, **given | options)


def test_mates_are_mined_and_nothing_else_is_lost(
    pairs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [{**pair(n), "group": f"g{n}", "negatives": ["None."]} for n in range(20)]
    written(pairs, rows)
    monkeypatch.setattr(making, "encoder_of", lambda options: Places())
    made = build(mining(pairs))
    assert made.table.ids().to_pylist() == [f"q{n}" for n in range(20)]
    assert made.table.groups().to_pylist() == [f"g{n}" for n in range(20)]
    assert all(made.table.negatives(row, 1) == ("None.",) for row in range(20))
    german = made.table.column("query", "de").to_pylist()
    assert {row: text for row, text in enumerate(german) if text} == {
        n: f"Breite von number {n}?" for n in (1, 2)
    }
    kinds = [made.table.origins[made.table.origin("de")[row].as_py()].kind for row in (1, 2)]
    assert kinds == ["mined", "mined"]
    assert [made.table.origins[i.as_py()].kind for i in made.table.origin("en")] == ["given"] * 20
    margins = made.table.score("margin", "de")
    assert margins[1].as_py() > 1.06
    assert margins[0].as_py() is None


def test_an_encoder_without_vectors_mines_nothing(pairs: Path) -> None:
    with pytest.raises(LingweaveError, match="tfidf: encodes no new texts"):
        build(mining(pairs, encoder=EncoderOptions(encoder="tfidf", progress=False)))


def test_translations_after_a_join_are_translations(pairs: Path) -> None:
    first = build(config(pairs, to=["de"]))
    rows = [{**pair(n), "lang": "de", "query": f"Frage {n}?"} for n in (0, 1, 2)]
    build(config(pairs, translator=f"file:{written(pairs.parent / 'de.jsonl', rows)}", to=[]))
    assert build(config(pairs, to=["de"])).table.fingerprint == first.table.fingerprint


def test_changed_answers_are_translated_again(pairs: Path) -> None:
    def answered(words: str) -> set[str]:
        rows = [{**pair(n), "answers": {"text": [words], "answer_start": [-1]}} for n in range(9)]
        for row in rows:
            row["answers"]["answer_start"] = [row["passage"].index(words)]
        written(pairs, rows)
        made = build(config(pairs, to=["de"])).table
        return {answer.text for row in range(len(made)) for answer in made.answers(row, 0)}

    assert answered("famous") == {translated("famous", "de")}
    assert answered("people") == {translated("people", "de")}


def test_two_builds_do_not_share_a_folder(pairs: Path) -> None:
    asked = config(pairs)
    with (
        alone_in(asked.folder, asked.out),
        pytest.raises(LingweaveError, match="another build works there"),
    ):
        build(asked)
    build(asked)


def test_two_builds_do_not_make_one_table(pairs: Path) -> None:
    asked = config(pairs, work=pairs.parent / "one")
    other = config(pairs, work=pairs.parent / "other")
    with whole_file(asked.out) as part, alone_in(asked.folder, asked.out):
        part.write_bytes(b"half")
        with pytest.raises(LingweaveError, match=r"--out .*table\.arrow: another build makes it"):
            build(other)
        assert part.exists()
    build(other)
    left = [path.name for path in asked.out.parent.iterdir() if path.name.startswith(".")]
    assert not left


def test_what_killed_builds_left_goes(pairs: Path) -> None:
    asked = config(pairs)
    asked.folder.mkdir()
    left = [
        asked.out.with_name(f".{asked.out.name}.0123{PART}"),
        asked.folder / f".{making.TRANSLATED}.0123{PART}",
    ]
    for path in left:
        path.write_bytes(b"half")
    build(asked)
    assert not any(path.exists() for path in left)


def test_a_table_that_is_not_the_one_of_its_note_is_made_again(pairs: Path) -> None:
    first = build(config(pairs))
    made = config(pairs).folder / making.TRANSLATED
    made.write_bytes((config(pairs).folder / making.GIVEN).read_bytes())
    assert build(config(pairs)).table.fingerprint == first.table.fingerprint
    made.write_bytes(made.read_bytes()[:1000])
    assert build(config(pairs)).table.fingerprint == first.table.fingerprint


def test_two_benchmarks_may_have_one_name(pairs: Path) -> None:
    folders = [pairs.parent / name for name in "ab"]
    for number, folder in enumerate(folders):
        folder.mkdir()
        written(folder / "test.jsonl", [pair(number)])
    against = [f"parallel={folder / 'test.jsonl'}" for folder in folders]
    made = build(config(pairs, to=["de"], against=against, same=0.95))
    assert len({one["fingerprint"] for one in made.table.unseen}) == 2
    assert not {"q0", "q1"} & {*made.table.ids().to_pylist()}
