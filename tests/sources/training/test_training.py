"""Training data in every form: the same few questions come out, with one line for what is wrong."""

import json
import logging
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from data import shared_data
from published import beir_folder, jsonl, tsv, write

from lingweave.building.decontamination.evidence import article_of
from lingweave.errors import LingweaveError
from lingweave.languages import canonical
from lingweave.sources.training import training_data, training_table
from lingweave.table import Answer, Origin, ParallelTable

Cells = dict[str, tuple[str | None, str | None]]
"""Language -> question and passage."""


def cells(table: ParallelTable, row: int) -> Cells:
    found = {}
    for code in table.languages:
        texts = tuple(table.column(side, code)[row].as_py() for side in ("query", "passage"))
        if texts != (None, None):
            found[code] = texts
    return found


def question(
    id: str, text: str, start: int | None, answer: str = "", **more: Any
) -> dict[str, Any]:
    answers = [] if start is None else [{"text": answer, "answer_start": start}]
    return {"id": id, "question": text, "answers": answers, **more}


def squad_json(*questions: dict[str, Any], context: str = "Łódź is big. It is old.") -> str:
    paragraphs = [
        {"context": "Nothing asked.", "qas": []},
        {"context": context, "qas": [*questions]},
    ]
    return json.dumps({"version": "2.0", "data": [{"title": "Łódź", "paragraphs": paragraphs}]})


def test_squad(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = write(
        tmp_path / "train-v2.0.json.gz",
        squad_json(
            question("a1", " How big is it? ", 8, "big"),
            question("a2", "Where is it?", None, is_impossible=True),
            {"id": "a3", "question": "How old?", "answers": [
                {"text": "old", "answer_start": 19}, {"text": "old", "answer_start": 19},
                {"text": "It is old", "answer_start": 13}]},
        ),
    )  # fmt: skip
    with caplog.at_level(logging.INFO, "lingweave"):
        data = training_data([file], language="en")
    table = data.table
    assert data.format == "squad"
    assert "read as squad" in caplog.text
    assert data.left_out == {"questions without an answer": 1}
    assert table.ids().to_pylist() == ["a1", "a3"]
    assert table.groups().to_pylist() == ["Łódź/1", "Łódź/1"]
    assert table.datasets == ("train-v2",)
    assert cells(table, 0) == {"en": ("How big is it?", "Łódź is big. It is old.")}
    assert table.answers(1, 0) == (Answer("old", 19), Answer("It is old", 13))
    assert table.origins == (Origin("given", "train-v2"),)
    assert table.origin("en").to_pylist() == [0, 0]


def test_squad_in_several_languages_is_one_table(tmp_path: Path) -> None:
    for code, context in (("de", "Groß und alt."), ("es", "Grande y viejo.")):
        text = squad_json(question("a", f"{code}?", 0, context.split()[0]), context=context)
        write(tmp_path / f"xquad.{code}.json", text)
    table = training_table([tmp_path])
    assert cells(table, 0) == {"de": ("de?", "Groß und alt."), "es": ("es?", "Grande y viejo.")}
    assert len(table) == 1


def test_a_split_is_no_language(tmp_path: Path) -> None:
    file = write(tmp_path / "dev.json", squad_json(question("a", "How?", 0, "Łódź")))
    with pytest.raises(LingweaveError, match=r"dev\.json: question 'a': which language is this"):
        training_table([file])
    assert training_table([file], language="pl").languages == ("pl",)


def test_a_word_that_is_a_language_too_does_not_beat_the_one_given(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    text = squad_json(question("thai-1", "How?", 0, "Łódź"))
    for name in ("new", "all", "my", "raw"):
        file = write(tmp_path / name / f"{name}.json", text)
        assert training_table([file], language="pl").languages == ("pl",)
        assert f"{name}.json: taken to be in pl, as --language says, not" in caplog.text
        assert training_table([file]).languages == (canonical(name),)
    file = write(tmp_path / "xquad.de.json", text)
    assert training_table([file], language="de").languages == ("de",)
    with pytest.raises(
        LingweaveError, match=r"xquad\.de\.json: its name says de, --language says pl"
    ):
        training_table([file], language="pl")


def test_mlqa(tmp_path: Path) -> None:
    for context in ("de", "en"):
        for asked in ("de", "en"):
            text = squad_json(question("m", f"{asked}?", 0, context), context=f"{context} passage")
            write(tmp_path / f"dev-context-{context}-question-{asked}.json", text)
    data = training_data([tmp_path])
    assert cells(data.table, 0) == {"de": ("de?", "de passage"), "en": ("en?", "en passage")}
    assert data.left_out == {"files whose questions and paragraphs differ in language": 2}


def test_tydi_gold_passages(tmp_path: Path) -> None:
    text = squad_json(
        question("swahili-12-0", "Nini?", 0, "Łódź"), question("thai-3-1", "?", 0, "Ł")
    )
    table = training_table([write(tmp_path / "tydiqa-goldp-v1.1-train.json", text)])
    assert table.languages == ("sw", "th")
    assert cells(table, 0) == {"sw": ("Nini?", "Łódź is big. It is old.")}


def tydi_row(**changes: Any) -> dict[str, Any]:
    article = "Intro. Łódź jest duże. Koniec."
    start, end = len(b"Intro. "), len("Intro. Łódź jest duże.".encode())
    short = len("Intro. Łódź jest ".encode())

    def annotated(passage: int, low: int = -1, high: int = -1) -> dict[str, Any]:
        minimal = {"plaintext_start_byte": low, "plaintext_end_byte": high}
        return {"passage_answer": {"candidate_index": passage}, "minimal_answer": minimal}

    return {
        "example_id": -47, "language": "finnish", "question_text": "Millainen?",
        "document_title": "Łódź", "document_plaintext": article,
        "passage_answer_candidates": [
            {"plaintext_start_byte": 0, "plaintext_end_byte": 6},
            {"plaintext_start_byte": start, "plaintext_end_byte": end},
        ],
        "annotations": [annotated(-1), annotated(0), annotated(1, short, end - 1), annotated(1)],
        **changes,
    }  # fmt: skip


def test_tydi_primary(tmp_path: Path) -> None:
    nobody = tydi_row(example_id=2, annotations=[tydi_row()["annotations"][0]])
    data = training_data([jsonl(tmp_path / "tydiqa-v1.0-train.jsonl.gz", [tydi_row(), nobody])])
    assert data.format == "tydi"
    assert data.left_out == {"questions that no annotator found a passage for": 1}
    assert cells(data.table, 0) == {"fi": ("Millainen?", "Łódź jest duże.")}
    assert data.table.answers(0, 0) == (Answer("duże", 10),)
    assert data.table.groups().to_pylist() == ["Łódź/1"]


def dpr_row(name: str, **changes: Any) -> dict[str, Any]:
    def passage(text: str) -> dict[str, str]:
        return {"title": f"T {name}", "text": text}

    return {
        "question": f"what is {name}", "answers": [name, "nowhere"],
        "positive_ctxs": [passage(f"It is {name}."), passage("More.")], "negative_ctxs": [],
        "hard_negative_ctxs": [
            passage("It is not."), passage("It is not."), passage("Nor this."), passage("More."),
        ],
        **changes,
    }  # fmt: skip


@pytest.mark.parametrize("ending", [".json", ".jsonl"])
def test_dpr(tmp_path: Path, ending: str) -> None:
    rows = [dpr_row("up"), dpr_row("none", positive_ctxs=[]), dpr_row("down")]
    file = tmp_path / f"nq-train{ending}"
    if ending == ".json":
        write(file, json.dumps(rows, indent=1))
    else:
        jsonl(file, rows)
    data = training_data([file], language="en", dataset="nq")
    assert data.format == "dpr"
    assert data.left_out == {
        "questions without a positive passage": 1,
        "further positive passages of a question": 2,
    }
    table = data.table
    assert table.datasets == ("nq",)
    assert cells(table, 1) == {"en": ("what is down", "T down It is down.")}
    assert table.negatives(1, 0) == ("T down It is not.", "T down Nor this.")
    assert table.answers(0, 0) == (Answer("up", 2),)


def test_dpr_ids_answers_and_parquet(tmp_path: Path) -> None:
    rows = [dpr_row("up", id=0, answers="up"), dpr_row("down", id=7, answers=["", " ", "down", 5])]
    pq.write_table(pa.Table.from_pylist([{**row, "answers": ["up"]} for row in rows]),
                   tmp_path / "t.parquet")  # fmt: skip
    table = training_table([jsonl(tmp_path / "t.jsonl", rows)], language="en")
    assert table.ids().to_pylist() == ["0", "7"]
    assert [table.answers(row, 0) for row in (0, 1)] == [(Answer("up", 2),), (Answer("down", 2),)]
    packed = training_data([tmp_path / "t.parquet"], language="en")
    assert (packed.format, packed.table.ids().to_pylist()) == ("dpr", ["0", "7"])


def test_tydi_in_parquet(tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_pylist([tydi_row()]), tmp_path / "t.parquet")
    assert training_table([tmp_path / "t.parquet"]).query(0, 0) == "Millainen?"


def test_beir(tmp_path: Path) -> None:
    beir_folder(tmp_path / "set")
    rows = [("query-id", "corpus-id", "score"), ("q0", "d0", 1), ("q0", "d2", 2), ("q1", "d1", 0)]
    tsv(tmp_path / "set" / "qrels" / "train.tsv", rows)
    data = training_data([tmp_path / "set"], language="en")
    assert data.format == "beir"
    assert data.table.ids().to_pylist() == ["q0/d0", "q0/d2"]
    assert data.table.groups().to_pylist() == ["q0", "q0"]
    assert cells(data.table, 1) == {"en": ("en query 0", "en title 2 en text 2")}
    assert data.left_out == {"judgements of grade 0": 1}
    assert (
        training_table([tmp_path / "set"], language="en", split="dev").ids()[0].as_py() == "q2/d1"
    )


def test_beir_folders_of_languages(tmp_path: Path) -> None:
    for code in ("de", "fr"):
        beir_folder(tmp_path / "set" / code, code)
    table = training_table([tmp_path / "set"], split="test")
    assert cells(table, 0) == {
        code: (f"{code} query 0", f"{code} title 0 {code} text 0") for code in ("de", "fr")
    }


def test_triples_of_texts(tmp_path: Path) -> None:
    rows = [("q one", "yes", "no"), ("q one", "yes", "never"), ("q two", "yes", "no")]
    data = training_data([tsv(tmp_path / "triples.train.small.tsv", rows)], language="en")
    assert data.format == "triples"
    assert cells(data.table, 0) == {"en": ("q one", "yes")}
    assert [data.table.negatives(row, 0) for row in (0, 1)] == [("no", "never"), ("no",)]


def test_triples_of_ids(tmp_path: Path) -> None:
    file = tsv(tmp_path / "qidpidtriples.train.full.tsv", [(7, 1, 2), (7, 1, 3), (8, 3, 1)])
    tsv(tmp_path / "queries.train.tsv", [(7, "seven"), (8, "eight"), (9, "nine")])
    with pytest.raises(LingweaveError, match=r"ids alone: put the passages beside it"):
        training_table([file], language="en")
    tsv(tmp_path / "collection.tsv", [(1, "one"), (2, "two"), (3, "three")])
    table = training_table([file], language="en")
    assert table.ids().to_pylist() == ["7/1", "8/3"]
    assert cells(table, 1) == {"en": ("eight", "three")}
    assert table.negatives(0, 0) == ("two", "three")
    tsv(tmp_path / "collection.tsv", [(1, "one"), (2, "two")])
    with pytest.raises(LingweaveError, match=r"line 1: the passage 3 is in no file beside it"):
        training_table([file], language="en")


def test_triples_of_ids_in_a_folder_with_their_texts(tmp_path: Path) -> None:
    tsv(tmp_path / "collection.tsv", [(1, "one"), (2, "two"), (3, "three")])
    tsv(tmp_path / "queries.train.tsv", [(7, "seven"), (8, "eight")])
    tsv(tmp_path / "triples.1.tsv", [(7, 1, 2), (8, 3, 1), (7, 1, 3)])
    tsv(tmp_path / "triples.2.tsv", [(8, 3, 2), (8, 3, 1)])
    table = training_table([tmp_path], language="en")
    assert table.ids().to_pylist() == ["7/1", "8/3"]
    assert [table.negatives(row, 0) for row in (0, 1)] == [("two", "three"), ("one", "two")]


@pytest.mark.parametrize(
    "row",
    [
        {"query": "q", "positive": "p", "negative": "n"},
        {"anchor": "q", "pos": ["p"], "neg": ["n", "p", "n"], "lang": "en"},
        {"query_id": "5", "query": "q", "positive_passages": [{"docid": "1", "text": "p"}],
         "negative_passages": [{"docid": "2", "title": "", "text": "n"}]},
    ],
)  # fmt: skip
def test_triples_as_rows(tmp_path: Path, row: dict[str, Any]) -> None:
    data = training_data([jsonl(tmp_path / "t.jsonl", [row])], language="en")
    assert data.format == "triples"
    assert cells(data.table, 0) == {"en": ("q", "p")}
    assert data.table.negatives(0, 0) == ("n",)


def test_several_positives_are_records_of_one_group(tmp_path: Path) -> None:
    row = {"query": "q", "pos": ["p", "r"], "neg": ["n"]}
    table = training_table([jsonl(tmp_path / "t.jsonl", [row])], language="en")
    assert table.groups().to_pylist() == ["1", "1"]
    assert [cells(table, i)["en"][1] for i in range(2)] == ["p", "r"]


def test_rows_of_one_query_are_records_of_one_group(tmp_path: Path) -> None:
    rows = [
        {"query_id": 0, "query": "q", "positive": "p", "negative": ["n", "r"]},
        {"query_id": 5, "query": "other", "positive": "o"},
        {"query_id": 0, "query": "q", "positive": "r", "negative": ["p", "m"]},
    ]
    data = training_data([jsonl(tmp_path / "t.jsonl", rows)], language="en")
    assert data.table.ids().to_pylist() == ["0/0", "5", "0/1"]
    assert data.table.groups().to_pylist() == ["0", None, "0"]
    assert [data.table.negatives(row, 0) for row in (0, 2)] == [("n",), ("m",)]
    rows = [row | {"lang": code} for code in ("de", "en") for row in rows[::2]]
    table = training_table([jsonl(tmp_path / "both.jsonl", rows)])
    assert [len(cells(table, row)) for row in range(len(table))] == [2, 2]


@pytest.mark.parametrize("form", ["rows", "texts", "ids"])
def test_what_answers_a_query_is_no_negative_of_it(tmp_path: Path, form: str) -> None:
    triples = [("1", "2", "3"), ("1", "2", "2"), ("8", "2", "3"), ("1", "3", "2"), ("1", "3", "4")]
    name = str if form == "ids" else "text {}".format
    file = tmp_path / "t.tsv"
    tsv(file, [tuple(name(one) for one in triple) for triple in triples])
    if form == "ids":
        tsv(tmp_path / "queries.tsv", [(n, f"text {n}") for n in "18"])
        tsv(tmp_path / "collection.tsv", [(n, f"text {n}") for n in "234"])
    if form == "rows":
        names = ("query", "positive", "negative")
        texts = (map(name, triple) for triple in triples)
        file = jsonl(tmp_path / "t.jsonl", [dict(zip(names, some, strict=True)) for some in texts])
    data = training_data([file], language="en")
    left = {data.table.query(row, 0): set[str]() for row in range(len(data.table))}
    for row in range(len(data.table)):
        left[data.table.query(row, 0)] |= {*data.table.negatives(row, 0)}
    assert left == {"text 1": {"text 4"}, "text 8": {"text 3"}}
    assert data.left_out == {"hard negatives that answer their query": 3}


def test_names_of_columns_are_no_triple(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tsv(tmp_path / "t.tsv", [("query", "positive", "negative"), ("q", "p", "n")])
    with caplog.at_level(logging.INFO, "lingweave"):
        table = training_table([file], language="en")
    assert [cells(table, row) for row in range(len(table))] == [{"en": ("q", "p")}]
    assert caplog.text.count("t.tsv: line 1 names the columns: passed over") == 1
    tsv(file, [("query", "negative", "positive"), ("q", "n", "p")])
    with pytest.raises(LingweaveError, match=r"t\.tsv: line 1: .*in the order query, positive"):
        training_table([file], language="en")


def test_the_id_0_is_an_id(tmp_path: Path) -> None:
    rows = [{"id": 0, "query": "q", "positive": "p"}, {"id": "", "query": "r", "positive": "s"}]
    table = training_table([jsonl(tmp_path / "t.jsonl", rows)], language="en")
    assert table.ids().to_pylist() == ["0", "2"]


def test_pairs(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"id": 4, "domain": "shop.de", "language": "de", "question": "Wie?", "answer": "So."},
        {"id": 5, "domain": "shop.de", "language": "de", "question": "Wann?", "answer": ""},
        {"id": 6, "domain": "a.fr", "language": "fr", "qa_pairs": [
            {"question": "Où ?", "answer": "Ici."}, {"question": "Qui ?", "answer": "Moi."}]},
    ]  # fmt: skip
    data = training_data([jsonl(tmp_path / "mfaq.jsonl", rows)])
    assert data.format == "pairs"
    assert data.left_out == {"pairs without a question or an answer": 1}
    assert data.table.ids().to_pylist() == ["4", "6/0", "6/1"]
    assert data.table.groups().to_pylist() == ["shop.de", "a.fr", "a.fr"]
    assert cells(data.table, 2) == {"fr": ("Qui ?", "Moi.")}
    pq.write_table(pa.Table.from_pylist(rows[:2]), tmp_path / "mfaq.parquet")
    assert len(training_table([tmp_path / "mfaq.parquet"])) == 1


@pytest.mark.parametrize("names", [("en.faq.jsonl", "de.faq.jsonl"), ("en/a.jsonl", "de/a.jsonl")])
@pytest.mark.parametrize("form", ["pairs", "dpr", "triples", "texts"])
def test_rows_of_several_files_are_never_one_record(
    tmp_path: Path, names: tuple[str, str], form: str
) -> None:
    files = []
    for name in names:
        row: dict[str, Any] = {"question": f"{name}?", "answer": "So."}
        if form == "dpr":
            row = dpr_row(name)
        if form == "triples":
            row = {"query": f"{name}?", "pos": ["a", "b"]}
        if form == "texts":
            files.append(tsv(tmp_path / name.replace("jsonl", "tsv"), [(f"{name}?", "a", "b")]))
        else:
            files.append(jsonl(tmp_path / name, [row | {"language": name[:2]}]))
    table = training_table(files, language="en")
    assert len(table) == (4 if form == "triples" else 2)
    assert [len(cells(table, row)) for row in range(len(table))] == [1] * len(table)
    groups = [group for group in table.groups().to_pylist() if group]
    assert all(article_of(group) == group for group in groups)
    assert len({*groups}) == (2 if form == "triples" else 0)


@pytest.mark.parametrize(
    "row",
    [
        {"id": "1", "lang": "de", "query": "Wie?", "passage": "So."},
        {"id": "1", "query_de": "Wie?", "passage_de": "So."},
        {"id": "1", "texts": {"de": {"query": "Wie?", "passage": "So."}}},
    ],
)
def test_rows(tmp_path: Path, row: dict[str, Any]) -> None:
    jsonl(tmp_path / "own.jsonl", [row])
    pq.write_table(pa.Table.from_pylist([row]), tmp_path / "own.parquet")
    for name in ("own.jsonl", "own.parquet"):
        data = training_data([tmp_path / name])
        assert data.format == "rows"
        assert cells(data.table, 0) == {"de": ("Wie?", "So.")}
        assert data.table.origins == (Origin("given", "own"),)
    packed = data.table.write(tmp_path / "own.arrow")
    assert training_data([packed]).table.fingerprint == data.table.fingerprint


def test_rows_without_a_language_are_in_the_one_given(tmp_path: Path) -> None:
    rows = [{"id": "1", "query": "Wie?", "passage": "So."}]
    file = jsonl(tmp_path / "own.jsonl", rows)
    with pytest.raises(LingweaveError, match="no column 'lang'"):
        training_table([file])
    assert training_table([file], language="de").languages == ("de",)
    rows = [{**rows[0], "lang": "en"}, {**rows[0], "lang": None}]
    file = jsonl(tmp_path / "some.jsonl", rows)
    assert training_table([file], language="de").languages == ("de", "en")
    with pytest.raises(LingweaveError, match="row 2: lang is missing"):
        training_table([file])


def test_a_data_set_has_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    jsonl(tmp_path / "shop" / "p.jsonl", [{"question": "Wie?", "answer": "So."}])
    (tmp_path / "shop" / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "shop")
    for place in (".", "../shop", "sub/.."):
        assert training_table([place], language="de").datasets == ("shop",)


def test_origins_do_not_change_what_a_table_is(tmp_path: Path) -> None:
    row = {"id": "1", "lang": "de", "query": "Wie?", "passage": "So.", "source": "b"}
    other = {"id": "1", "lang": "fr", "query": "Où ?", "source": "a"}
    table = training_table([jsonl(tmp_path / "own.jsonl", [row, other])])
    assert [origin.source for origin in table.origins] == list(table.datasets)
    assert table.origin("de").to_pylist() == [0, None]
    assert table.origin("fr").to_pylist() == [None, 1]
    reopened = ParallelTable.open(table.write(tmp_path / "again.arrow"))
    assert reopened.fingerprint == table.fingerprint
    assert reopened.origins == table.origins


MALFORMED: list[tuple[str, str, str]] = [
    ("x.json", "[", "x.json: "),
    ("x.json", "{}", "which format is this"),
    ("x.json", '{"data": [{"paragraphs": [{"qas": [{"id": "1"}]}]}]}', "not SQuAD json"),
    (
        "x.json",
        squad_json(question("1", "Q?", 3, "big")),
        "question '1': the answer 'big'",
    ),
    (
        "x.json",
        squad_json(question("1", " ", 8, "big")),
        "question '1': the question of",
    ),
    ("x.json", '{"positive_ctxs": 1}', "give a JSON list"),
    ("x.json", json.dumps([dpr_row("a"), {"positive_ctxs": [{}]}]), "question 2: not DPR"),
    ("x.jsonl", '{"question": "a", "positive_ctxs": [3]}', "question 1: not DPR"),
    ("x.jsonl", json.dumps(tydi_row(annotations=[{}])), "line 1: not TyDi QA"),
    ("x.jsonl", json.dumps(tydi_row(language="elvish")), "line 1: unknown language 'elvish'"),
    ("x.jsonl", '{"a": 1}', "its fields are a"),
    ("x.jsonl", json.dumps(dpr_row("a", question=5)), "question 1: the question of '1' must be"),
    ("x.jsonl", json.dumps(dpr_row("a", question=None)), "question 1: the question of '1' must"),
    ("x.jsonl", json.dumps(dpr_row("a", answers={"b": 1})), "answers must be a list of texts"),
    ("x.jsonl", json.dumps(tydi_row(question_text=None)), "line 1: the question of '-47' must be"),
    (
        "x.jsonl",
        json.dumps(dpr_row("a", positive_ctxs=[{"title": "T", "text": 5}])),
        "question 1: not DPR (the passage 5 must be text)",
    ),
    ("x.jsonl", json.dumps(tydi_row(question_text=5)), "line 1: the question of '-47' must be"),
    ("x.jsonl", json.dumps(tydi_row(document_plaintext=5)), "line 1: not TyDi QA"),
    ("x.jsonl", '{"query": "q", "positive": "p", "lang": 5}', "line 1: the language 5 must be"),
    ("x.jsonl", "", "no rows"),
    ("x.jsonl", '{"query": "q", "positive": "p"}\n{"query": "q"}', "line 2: not a triple"),
    ("x.jsonl", '{"query": "q", "positive": 3}', "line 1: passages must be texts"),
    ("x.jsonl", '{"question": "q", "answer": "a"}\n{"question": "q"}', "line 2: not a pair"),
    ("x.jsonl", '{"question": 1, "answer": "a"}', "must be text"),
    ("x.jsonl", '{"qa_pairs": 1}', "line 1: qa_pairs must be a list"),
    ("x.jsonl", '{"question": "", "answer": "a"}', "no question with a passage is left"),
    ("x.tsv", "q\tp\tn\nq\tp\n", "line 2: 2 columns"),
    ("x.tsv", "q\t \tn\n", "line 1: the passage of '1' is empty"),
    ("x.parquet", "no", "not a readable Parquet file"),
]


@pytest.mark.parametrize(("name", "text", "said"), MALFORMED)
def test_what_is_malformed_is_one_line(tmp_path: Path, name: str, text: str, said: str) -> None:
    file = write(tmp_path / name, text)
    with pytest.raises(LingweaveError) as caught:
        training_table([file], language="en")
    assert said in str(caught.value)
    assert "x." in str(caught.value) or said.startswith("no question")
    assert "\n" not in str(caught.value)


def test_mistakes_with_paths_and_formats(tmp_path: Path) -> None:
    for paths, format, said in (
        ([], None, "--from"),
        ([tmp_path / "no"], None, "no such file"),
        ([tmp_path], None, "file in this folder"),
        ([tmp_path], "bert", "choose from squad"),
    ):
        with pytest.raises(LingweaveError, match=said):
            training_table(paths, format)  # type: ignore[arg-type]


def test_xquad_as_training_data() -> None:
    folder = shared_data("eval/xquad_r")
    files = [folder / f"{code}.json.gz" for code in ("de", "en", "th")]
    table = training_table(files)
    assert len(table) == 1190
    assert len({group.rpartition("/")[0] for group in table.groups().to_pylist()}) == 48
    assert all(len(cells(table, row)) == 3 for row in range(0, 1190, 100))
    answer = table.answers(0, 1)[0]
    assert table.passage(0, 1)[answer.start :].startswith(answer.text)
