"""Duplicates: the later one goes, near ones by exact Jaccard, within and across languages."""

import random

import pytest
from building.filters.tables import ENGLISH, RUSSIAN, SPANISH, THAI, table_of
from data import shared_data

from lingweave.building.blocks import WHOLE
from lingweave.building.duplicates import DuplicateOptions, find_duplicates
from lingweave.building.verdict_files import read_verdicts
from lingweave.encoders.words import words
from lingweave.errors import LingweaveError


def found(table, folder, reference=None, records=4096, **options):
    """(row, language, reason) of all verdicts, with '*' for whole records."""
    path = find_duplicates(table, DuplicateOptions(**options), folder, reference, records)
    return sorted(
        (row, "*" if x == WHOLE else table.languages[x], reason)
        for part in read_verdicts([path])
        for row, x, reason in zip(
            part.rows.tolist(), part.languages.tolist(), part.reasons, strict=True
        )
    )


def test_the_later_of_equal_cells_goes(tmp_path):
    passages = {
        "en": [*ENGLISH, ENGLISH[1].upper() + "!!", None],
        "es": [*SPANISH, None, SPANISH[2]],
    }
    table = table_of(passages)
    expected = [(4, "en", "duplicate"), (5, "es", "duplicate")]
    assert found(table, tmp_path / "a") == expected
    assert found(table, tmp_path / "b", near=None, records=2) == expected
    whole = [(4, "*", "duplicate"), (5, "es", "duplicate")]
    # Record 5 has no Spanish source: what is translated from it is known only beside it.
    passages["es"][4] = "Una traducción de lo mismo que no se repite en otra parte."
    assert found(table_of(passages), tmp_path / "c", "en") == whole


def test_pairs_must_be_alike_on_both_sides(tmp_path):
    passages = {"en": [ENGLISH[0], ENGLISH[0], ENGLISH[1], ENGLISH[0]]}
    queries = ["Who built the bridge?", "Where is it?", "Where is it?", "Who built the bridge"]
    table = table_of(passages, {"en": queries})
    assert found(table, tmp_path / "a") == [(3, "en", "duplicate")]
    assert [x[0] for x in found(table, tmp_path / "b", part="query")] == [2, 3]
    assert [x[0] for x in found(table, tmp_path / "c", part="passage")] == [1, 3]


def test_the_same_text_in_another_language_of_another_record(tmp_path):
    passages = {
        "en": [*ENGLISH[:2], "A text of its own stands here."],
        "es": [*SPANISH[:2], ENGLISH[0]],
    }
    assert found(table_of(passages), tmp_path) == [(2, "es", "duplicate")]


def test_two_languages_of_one_record_are_no_duplicates(tmp_path):
    assert found(table_of({"pt-BR": ENGLISH, "pt-PT": ENGLISH}), tmp_path) == []


@pytest.mark.parametrize("texts", [ENGLISH, SPANISH, RUSSIAN, THAI])
def test_one_changed_word_of_many_is_near(tmp_path, texts):
    long = " ".join(texts)
    near = long.replace(texts[1].split(" ")[0][:8], "xyz", 1)
    table = table_of({"en": [long, texts[2], near]}, {"en": ["What is it?"] * 3})
    assert found(table, tmp_path / "a") == [(2, "en", "near_duplicate")]
    assert found(table, tmp_path / "b", near=None) == []


def naive(texts, least):
    """Rows like an earlier one, by the Jaccard similarity of all pairs."""
    sets = []
    for text in texts:
        its = words(text)
        sets.append({*zip(its, its[1:], its[2:], strict=False)} or {*its})
    return {
        row
        for row in range(len(texts))
        for other in range(row)
        if len(sets[row] & sets[other]) >= least * len(sets[row] | sets[other])
    }


def test_agrees_with_all_pairs(tmp_path):
    chance = random.Random(0)
    vocabulary = [f"w{i}" for i in range(400)]
    texts = []
    for _ in range(150):
        text = chance.choices(vocabulary, k=chance.randint(20, 60))
        texts.append(text)
        for _ in range(chance.choice([0, 0, 1, 2])):
            other = [chance.choice(vocabulary) if chance.random() < 0.03 else x for x in text]
            texts.append(other)
    chance.shuffle(texts)
    texts = [" ".join(text) for text in texts]
    table = table_of({"en": texts}, {"en": ["the same question"] * len(texts)})
    expected = naive(texts, 0.8)
    rows = {row for row, _, _ in found(table, tmp_path, records=100)}
    assert rows <= expected
    assert len(rows) >= 0.98 * len(expected) > 30


def test_done_once_and_again_where_a_slice_is_lost(tmp_path):
    table = table_of({"en": [*ENGLISH, ENGLISH[0]]})
    options = DuplicateOptions()
    folder = find_duplicates(table, options, tmp_path, records=2)
    before = {path: path.stat().st_mtime_ns for path in folder.glob("*.parquet")}
    assert len(before) == 3
    assert find_duplicates(table, options, tmp_path, records=2) == folder
    assert {path: path.stat().st_mtime_ns for path in folder.glob("*.parquet")} == before
    max(before).unlink()
    (folder / "keys-of-a-killed-run").mkdir()
    assert len(found(table, tmp_path, records=2)) == 1
    assert not list(folder.glob("keys-*"))


def test_a_table_without_texts(tmp_path):
    assert found(table_of({"en": [None, "…"]}), tmp_path) == []


def test_options_that_cannot_be():
    with pytest.raises(LingweaveError, match=r"near 0\.2: must be 0.5 to 1"):
        DuplicateOptions(near=0.2)
    with pytest.raises(LingweaveError, match="part all: choose from pair, query, passage"):
        DuplicateOptions(part="all")


@pytest.mark.slow
def test_real_questions_on_one_passage_are_no_duplicates(tmp_path):
    from lingweave.sources.rows import read_table

    table = read_table([shared_data("train/qp_squad.parquet")], languages=["es", "it"], split=None)
    rows = {row for row, _, _ in found(table, tmp_path, "es")}
    assert len(rows) < 0.01 * len(table)
    columns = [table.column(side, "es").to_pylist() for side in ("query", "passage")]
    pairs = list(zip(*columns, strict=True))
    repeated = {row for row, pair in enumerate(pairs) if None not in pair and pair in pairs[:row]}
    assert repeated <= rows
