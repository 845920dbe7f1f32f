"""The malformed twin of every format: one clear line that names the file, and the line in it."""

# ruff: noqa: E501  (one case a line)

import gzip
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import published as p
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from data import lareqa_folder

from lingweave.errors import LingweaveError
from lingweave.sources.catalogue import named
from lingweave.sources.named import Request

Change = Callable[[Path], object]


def text_of(file: Path) -> str:
    raw = file.read_bytes()
    return (gzip.decompress(raw) if file.suffix == ".gz" else raw).decode()


def line(file: str, number: int, change: Callable[[str], str | bytes]) -> Change:
    """Changes one line of a file."""

    def changed(folder: Path) -> None:
        lines: list[bytes] = [x.encode() for x in text_of(folder / file).splitlines(keepends=True)]
        new = change(lines[number - 1].decode())
        lines[number - 1] = new if isinstance(new, bytes) else new.encode()
        p.write(folder / file, b"".join(lines))

    return changed


def field(name: str, value: Any) -> Callable[[str], str]:
    return lambda text: json.dumps({**json.loads(text), name: value}) + "\n"


def latin(text: str) -> bytes:
    return text.replace('"text": "', '"text": "\u00e9').encode("latin-1", "ignore")


def again(file: str, number: int) -> Change:
    """Puts a line at the end a second time."""

    def changed(folder: Path) -> None:
        text = text_of(folder / file)
        p.write(folder / file, text + text.splitlines(keepends=True)[number - 1])

    return changed


def more(file: str, text: str) -> Change:
    return lambda folder: p.write(folder / file, text_of(folder / file) + text)


def gone(file: str) -> Change:
    return lambda folder: (folder / file).unlink()


def inside(file: str, change: Callable[[Any], object]) -> Change:
    """Changes the content of a JSON file."""

    def changed(folder: Path) -> None:
        content = json.loads(text_of(folder / file))
        change(content)
        p.write(folder / file, json.dumps(content))

    return changed


def mkqa_folder(folder: Path) -> Path:
    p.mkqa_file(folder)
    return folder


def wide_folder(folder: Path) -> Path:
    rows = {"line": ["0", "1"], "doc": ["a", "a"], "deu": ["eins", "zwei"], "eng": ["one", "two"]}
    folder.mkdir(exist_ok=True)
    pq.write_table(pa.table(rows), folder / "ntrex128.parquet")
    return folder


def column(name: str, values: list[str | None]) -> Change:
    def changed(folder: Path) -> None:
        file = folder / "ntrex128.parquet"
        table = pq.read_table(file)
        at = table.column_names.index(name) if name in table.column_names else None
        made = pa.array(values, pa.string())
        table = table.append_column(name, made) if at is None else table.set_column(at, name, made)
        pq.write_table(table, file)

    return changed


def flores_folder(folder: Path) -> Path:
    return p.lines_folder(folder, "devtest/{0}.devtest", ("deu_Latn", "eng_Latn"))


def beir_in_rows(folder: Path) -> Path:
    """One folder whose rows tell their languages."""
    p.beir_folder(folder)
    for name in ("corpus", "queries"):
        file = folder / f"{name}.jsonl"
        p.jsonl(file, [{**json.loads(x), "lang": "de"} for x in text_of(file).splitlines()])
    return folder


MIRACL = "miracl-v1.0-sw/qrels/qrels.miracl-v1.0-sw-dev.tsv"
MIRACL_TOPICS = "miracl-v1.0-sw/topics/topics.miracl-v1.0-sw-dev.tsv"
MIRACL_DOCS = "miracl-corpus-v1.0-sw/docs-0.jsonl.gz"
TYDI = "mrtydi-v1.1-swahili"
CIRAL_QRELS = "ciral-hausa/qrels/qrels.ciral-v1.0-ha-test-b.tsv"
CIRAL_TOPICS = "ciral-hausa/topics/topics.ciral-v1.0-ha-test-b.tsv"
HAUSA = "passages-v1.0/hausa_passages.jsonl"
NEUCLIR = "topics.0720.utf8.jsonl"
AFRIQA = "gold_passages/bem/gold_span_passages.afriqa.bem.en.test.json"

CASES: list[tuple[str, Callable[[Path], Path], Change, str]] = [
    # BEIR
    ("beir-scifact", p.beir_folder, gone("qrels/test.tsv"), r"qrels: no test.tsv .*--split can be dev"),
    ("beir-scifact", p.beir_folder, gone("corpus.jsonl"), "no corpus.jsonl"),
    ("beir:", beir_in_rows, more("qrels/test.tsv", "q9\td0\t1\n"), "test.tsv: line 4: unknown query 'q9'"),
    ("beir:", beir_in_rows, more("qrels/test.tsv", "q0\td9\t1\n"), "test.tsv: line 4: unknown document 'd9'"),
    ("beir:", beir_in_rows, more("qrels/test.tsv", "q0\td0\tx\n"), "test.tsv: line 4: the grade 'x'"),
    ("beir:", beir_in_rows, more("qrels/test.tsv", "q0 d0\n"), "test.tsv: line 4: 2 columns"),
    ("beir:", beir_in_rows, more("qrels/test.tsv", "q0\td0\t2\n"), "test.tsv: line 4: .* judged twice, 1 and 2"),
    ("beir:", beir_in_rows, again("corpus.jsonl", 2), "corpus.jsonl: line 4: document id 'd1' stands twice in 'de' .first at .*line 2"),
    ("beir:", beir_in_rows, again("queries.jsonl", 1), "queries.jsonl: line 4: query id 'q0' stands twice"),
    ("beir:", beir_in_rows, line("corpus.jsonl", 2, lambda t: field("title", "")(field("text", " ")(t))), "corpus.jsonl: line 2: the document 'd1' is empty"),
    ("beir-scifact", p.beir_folder, line("queries.jsonl", 2, field("text", "")), "queries.jsonl: line 2: the query 'q1' is empty"),
    ("beir-scifact", p.beir_folder, line("corpus.jsonl", 3, latin), "corpus.jsonl: line 3: not UTF-8"),
    ("beir-scifact", p.beir_folder, line("corpus.jsonl", 3, lambda t: t[:9]), "corpus.jsonl: line 3: not JSON"),
    ("beir-scifact", p.beir_folder, line("corpus.jsonl", 3, field("_id", None)), "corpus.jsonl: line 3: no id"),
    ("beir-scifact", p.beir_folder, line("corpus.jsonl", 3, field("text", 3)), "corpus.jsonl: line 3: the text of 'd2' is not"),
    ("beir:", beir_in_rows, line("corpus.jsonl", 2, field("lang", "german")), "corpus.jsonl: line 2: unknown language 'german'"),
    ("beir:", beir_in_rows, line("queries.jsonl", 2, field("lang", None)), "queries.jsonl: line 2: the query 'q1' has no language"),
    # TREC
    ("miracl", p.miracl_folder, gone(MIRACL), "no dev qrels of miracl in 'sw' there: looked for qrels.miracl"),
    ("miracl", p.miracl_folder, gone(MIRACL_TOPICS), "no dev topics of miracl in 'sw'"),
    ("miracl", p.miracl_folder, more(MIRACL, "9\tQ0\t5#0\t1\n"), "sw-dev.tsv: line 4: unknown query '9'"),
    ("miracl", p.miracl_folder, more(MIRACL, "1\tQ0\t9#9\t1\n"), "sw-dev.tsv: line 4: unknown document '9#9'"),
    ("miracl", p.miracl_folder, again(MIRACL_DOCS, 1), "docs-0.jsonl.gz: line 3: document id '5#0' stands twice"),
    ("miracl", p.miracl_folder, line(MIRACL_TOPICS, 2, lambda t: "2\t \n"), "sw-dev.tsv: line 2: the query '2' is empty"),
    ("miracl", p.miracl_folder, line(MIRACL_TOPICS, 2, lambda t: "2 no tab\n"), "sw-dev.tsv: line 2: no tab"),
    ("miracl", p.miracl_folder, line(MIRACL_TOPICS, 2, lambda t: b"2\t\xe9\n"), "sw-dev.tsv: line 2: not UTF-8"),
    ("miracl", p.miracl_folder, again(MIRACL_TOPICS, 1), "sw-dev.tsv: line 3: query id '1' stands twice"),
    ("mr-tydi", p.mr_tydi_folder, gone(f"{TYDI}/qrels.test.txt"), "no test qrels of mr-tydi in 'sw'"),
    ("mr-tydi", p.mr_tydi_folder, more(f"{TYDI}/qrels.test.txt", "0 Q0 8#0 1\n"), "qrels.test.txt: line 3: unknown document '8#0'"),
    ("mr-tydi", p.mr_tydi_folder, again(f"{TYDI}/collection/docs.jsonl.gz", 1), "docs.jsonl.gz: line 4: document id '9#0' stands twice"),
    ("ciral", p.ciral_folder, gone(CIRAL_QRELS), "no test-b qrels of ciral in 'ha'"),
    ("ciral", p.ciral_folder, again(HAUSA, 1), "hausa_passages.jsonl: line 3: document id 'NEWS#1#0' stands twice"),
    ("ciral", p.ciral_folder, line(CIRAL_TOPICS, 1, lambda t: b"3\t\xff\n"), "line 1: not UTF-8"),
    ("neuclir", p.neuclir_folder, gone("2022-qrels.all"), "no 2022 qrels of neuclir there"),
    ("neuclir", p.neuclir_folder, again(NEUCLIR, 1), "0720.utf8.jsonl: line 2: query id '101' stands twice"),
    ("neuclir", p.neuclir_folder, line(NEUCLIR, 1, lambda t: t.replace('"fas", "source"', '"farsi!", "source"')), "0720.utf8.jsonl: line 1: unknown language 'farsi!'"),
    ("neuclir", p.neuclir_folder, line(NEUCLIR, 1, field("topic_id", "7")), "2022-qrels.all: line 1: unknown query '101'"),
    ("neuclir", p.neuclir_folder, line(NEUCLIR, 1, field("topics", [{"lang": "eng"}])), "0720.utf8.jsonl: line 1: not a NeuCLIR topic"),
    # SQuAD json
    ("xquad", p.squad_folder, inside("xquad.de.json", lambda c: c["data"][0]["paragraphs"][0]["qas"][0].pop("answers")), "xquad.de.json: not SQuAD json .no field 'answers'"),
    ("xquad", p.squad_folder, inside("xquad.de.json", lambda c: c["data"][0]["paragraphs"][0].update(context=" ")), "xquad.de.json: the paragraph 0/0 is empty"),
    ("xquad", p.squad_folder, inside("xquad.de.json", lambda c: c["data"][0]["paragraphs"][0]["qas"][1].update(id="a")), "xquad.de.json: question id 'a' stands twice"),
    ("xquad", p.squad_folder, inside("xquad.de.json", lambda c: c["data"][0]["paragraphs"][0]["qas"][1].update(question="")), "xquad.de.json: the question 'b' is empty"),
    ("xquad", p.squad_folder, lambda f: p.write(f / "xquad.de.json", b'{\n"data": "\xff"}'), "xquad.de.json: line 2: not UTF-8"),
    ("xquad", p.squad_folder, lambda f: p.write(f / "xquad.de.json", '{"data": [\n'), "xquad.de.json: line 1: not JSON"),
    ("xquad", p.squad_folder, lambda f: p.squad_folder(f, "{}.json"), "de.json: .* is the same language"),
    ("xquad", lambda f: p.lines_folder(f, "xquad.{}.json", ("und",)), lambda f: None, "no files of xquad there"),
    ("tydi-goldp", lambda f: f, lambda f: p.write(f / "tydiqa-goldp-v1.1-dev.json", json.dumps(p.squad_json("x"))), "question 'a': unknown language 'a'"),
    ("xquad-r", lareqa_folder, lambda f: None, "not xquad-r as published"),
    # Sentences
    ("ntrex", wide_folder, column("eng", ["one", " "]), "ntrex128.parquet: line 2: the sentence in 'eng' is empty"),
    ("ntrex", wide_folder, column("line", ["0", "0"]), "ntrex128.parquet: line 2: id '0' stands twice"),
    ("ntrex", wide_folder, column("german", ["a", "b"]), "ntrex128.parquet: column 'german': no registered"),
    ("ntrex", wide_folder, column("de", ["a", "b"]), "ntrex128.parquet: column 'de': 'de' has two"),
    ("ntrex", wide_folder, lambda f: p.write(f / "ntrex128.parquet", b"PAR1x"), "ntrex128.parquet: not a readable Parquet"),
    ("flores", flores_folder, more("devtest/deu_Latn.devtest", "vier\n"), "eng_Latn.devtest: line 3: the file ends here, others have 4"),
    ("flores", flores_folder, more("devtest/deu_Latn.devtest", "\n"), "deu_Latn.devtest: line 4: the sentence is empty"),
    ("flores", flores_folder, lambda f: p.write(f / "devtest/deu_Latn.devtest", b"a\nb\n\xff\n"), "deu_Latn.devtest: line 3: not UTF-8"),
    ("sib-200", p.sib_folder, again("deu_Latn/train.tsv", 2), "train.tsv: line 4: sentence id '0' stands twice"),
    ("sib-200", p.sib_folder, more("deu_Latn/train.tsv", "5\tx\t \n"), "train.tsv: line 4: the sentence '5' is empty"),
    ("tatoeba", p.tatoeba_folder, more("tatoeba.deu-eng.deu", "drei\n"), "tatoeba.deu-eng.eng: line 2: the file ends here, tatoeba.deu-eng.deu has 3"),
    ("tatoeba", p.tatoeba_folder, gone("tatoeba.deu-eng.eng"), "tatoeba.deu-eng.deu: the pair's other file is missing"),
    ("tatoeba", p.tatoeba_folder, more("tatoeba.deu-eng.eng", "\n"), "tatoeba.deu-eng.eng: line 3: the sentence is empty"),
    # Belebele, MKQA, AfriQA
    ("belebele", p.belebele_folder, again("deu_Latn.jsonl", 1), "deu_Latn.jsonl: line 4: question 'u/1#1' stands twice"),
    ("belebele", p.belebele_folder, line("deu_Latn.jsonl", 2, field("flores_passage", "")), "deu_Latn.jsonl: line 2: 'flores_passage' is empty"),
    ("belebele", p.belebele_folder, line("deu_Latn.jsonl", 2, field("link", None)), "deu_Latn.jsonl: line 2: no field 'link'"),
    ("belebele", p.belebele_folder, line("deu_Latn.jsonl", 2, lambda t: b'{"link": "\xff"}\n'), "deu_Latn.jsonl: line 2: not UTF-8"),
    ("mkqa", mkqa_folder, again("mkqa.jsonl.gz", 1), "mkqa.jsonl.gz: line 4: question id '563260143484355911' stands twice"),
    ("mkqa", mkqa_folder, line("mkqa.jsonl.gz", 2, field("queries", {"de": " "})), "mkqa.jsonl.gz: line 2: the question '-7' is empty in 'de'"),
    ("mkqa", mkqa_folder, line("mkqa.jsonl.gz", 2, field("queries", {"chinese": "x"})), "mkqa.jsonl.gz: line 2: unknown language 'chinese'"),
    ("mkqa", mkqa_folder, line("mkqa.jsonl.gz", 2, lambda t: "{}\n"), "mkqa.jsonl.gz: line 2: not MKQA"),
    ("nq-crosslingual", p.nq_folder, gone("qrels/test.tsv"), "no judgements of the passage set there"),
    ("nq-crosslingual", p.nq_folder, more("qrels/test.tsv", "test0\tdoc9\t1\n"), "test.tsv: line 3: unknown document 'doc9'"),
    ("nq-crosslingual", p.nq_folder, again("corpus.jsonl.gz", 1), "corpus.jsonl.gz: line 3: document id 'doc0' stands twice"),
    ("afriqa", p.afriqa_folder, again(AFRIQA, 1), "en.test.json: line 4: id 'bem-test-0' stands twice"),
    ("afriqa", p.afriqa_folder, line(AFRIQA, 2, field("context", " ")), "en.test.json: line 2: 'context' is empty"),
    ("afriqa", p.afriqa_folder, line(AFRIQA, 2, lambda t: b"\xff\n"), "en.test.json: line 2: not UTF-8"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "make", "change", "message"),
    CASES,
    ids=[f"{name}-{re.sub(r'[^a-z0-9 ]', '', message)[:50]}" for name, _, _, message in CASES],
)
def test_one_clear_line(
    tmp_path: Path, name: str, make: Callable[[Path], Path], change: Change, message: str
) -> None:
    folder = make(tmp_path)
    if "no files" not in message and name not in ("xquad-r", "tydi-goldp"):
        request = Request(data=folder)
        assert named(f"beir:{folder}" if name == "beir:" else name).load(request).gold
    change(folder)
    with pytest.raises(LingweaveError, match=message) as caught:
        named(f"beir:{folder}" if name == "beir:" else name).load(Request(data=folder))
    assert "\n" not in str(caught.value)
    assert str(tmp_path) in str(caught.value)


def test_faults_of_published_files_are_left_out_with_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    p.ciral_folder(tmp_path)
    more(CIRAL_TOPICS, "3\tanother?\n")(tmp_path)
    more(CIRAL_QRELS, "5\tQ0\tNEWS#1#0\t1\n3\tQ0\tNEWS#9#0\t1\n")(tmp_path)
    made = named("ciral").load(Request(data=tmp_path))
    assert list(made.queries["en"].texts) == ["who in English?", "who in English?"]
    assert len(made.gold) == 4
    for words in (
        "line 2: query id '3' stands twice in 'en' (first at",
        "line 3: unknown query '5', left out (1 lines)",
        "line 4: unknown document 'NEWS#9#0', left out (1 in all)",
    ):
        assert words in caplog.text


def test_published_sets_may_have_empty_and_unknown_documents(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    p.beir_folder(tmp_path)
    line("corpus.jsonl", 2, lambda t: field("title", "")(field("text", "")(t)))(tmp_path)
    more("qrels/test.tsv", "q0\td9\t1\n")(tmp_path)
    made = named("beir-scifact").load(Request(data=tmp_path))
    assert len(made.corpora["en"].ids) == 3
    assert len(made.gold) == 2
    assert [record.message.split("/")[-1] for record in caplog.records] == [
        "corpus.jsonl: line 2: empty document, kept (1 in all)",
        "test.tsv: line 4: unknown document 'd9', left out (1 in all)",
    ]


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("xquad-r", "needs --data: the place of its files .de.json"),
        ("ntrex", "needs --data.* published at https://github.com/MicrosoftTranslator/NTREX"),
        ("beer", "choose from lareqa"),
        ("beir-scifct", r"near: beir-scifact"),
        ("mteb:", "choose from"),
    ],
)
def test_without_a_folder_the_line_says_what_to_get(name: str, message: str) -> None:
    with pytest.raises(LingweaveError, match=message):
        named(name).load(Request())


def test_a_folder_that_is_not_there() -> None:
    with pytest.raises(LingweaveError, match="--data /absent: no such folder or file"):
        named("miracl").load(Request(data=Path("/absent")))
