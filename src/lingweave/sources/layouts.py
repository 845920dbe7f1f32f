"""Where the files of published data sets lie: data for `layout.matching`."""

from dataclasses import dataclass

from lingweave.sources.squad import TYDI
from lingweave.sources.trec import Layout

MIRACL = Layout(
    topics=("topics.miracl-v1.0-{lang}-{split}.tsv",),
    qrels=("qrels.miracl-v1.0-{lang}-{split}.tsv",),
    corpus=("miracl-corpus-v1.0-{lang}/docs-{n}.jsonl",),
    split="dev",
)

MR_TYDI = Layout(
    topics=(
        "mrtydi-v1.1-{lang}/ir-format-data/topics.{split}.txt",
        "mrtydi-v1.1-{lang}/topic.{split}.tsv",
        "topics.mrtydi-v1.1-{lang}.{split}.txt",
    ),
    qrels=(
        "mrtydi-v1.1-{lang}/ir-format-data/qrels.{split}.txt",
        "mrtydi-v1.1-{lang}/qrels.{split}.txt",
        "qrels.mrtydi-v1.1-{lang}.{split}.txt",
    ),
    corpus=("mrtydi-v1.1-{lang}/corpus.jsonl", "mrtydi-v1.1-{lang}/collection/docs.jsonl"),
    split="test",
    names=TYDI,
)

CIRAL = Layout(
    topics=("topics.ciral-v1.0-{lang}-{split}-native.tsv",),
    asked={"en": ("topics.ciral-v1.0-{lang}-{split}.tsv",)},
    qrels=("qrels.ciral-v1.0-{lang}-{split}.tsv",),
    corpus=("{lang}_passages.jsonl", "ciral-passages-v1.0-{lang}.jsonl"),
    split="test-b",
    faulty=True,  # In Swahili's test-b two topics have one number, and one is missing.
    names={"hausa": "ha", "somali": "so", "swahili": "sw", "yoruba": "yo"},
)

NEUCLIR = Layout(
    topics=(
        "neuclir-{split}-topics.jsonl",
        "neuclir-{split}-topics.{any}.jsonl",
        "topics.{split}.jsonl",
        "topics.{n}.utf8.jsonl",
        "topics.jsonl",
    ),
    qrels=(
        "{split}-qrels.all",
        "{split}-qrels.{lang}",
        "neuclir-{split}-qrels.txt",
        "qrels.{split}.txt",
        "qrels.final.gains",
        "qrels.final.gains.{lang}",
        "qrels.txt",
    ),
    corpus=("data/{lang}-{n}-of-{any}.jsonl", "{lang}/docs.jsonl", "{lang}.jsonl"),
    split="2022",
    aligned=True,
)

XQUAD = ("xquad.{lang}.json", "{lang}.json", "{any}_xquad.{lang}.json")
MLQA = ("{split}-context-{lang}-question-{other}.json",)
TYDI_GOLDP = ("tydiqa-goldp-v1.1-{split}.json", "tydiqa.goldp.{lang}.{split}.json")
TATOEBA = ("tatoeba.{lang}-{other}.{lang}", "tatoeba.{lang}-{other}.{other}")


@dataclass(frozen=True)
class Sentences:
    """The forms in which translated sentences lie in a folder; the first that is there counts."""

    table: tuple[str, ...] = ()
    """A table with a column a language."""
    id: str = "id"
    """Its column of ids."""
    group: str | None = None
    """Its column of documents."""
    other: tuple[str, ...] = ()
    """Its columns that are neither of these nor languages."""
    lines: tuple[str, ...] = ()
    """Line-aligned text files, one a language."""
    split: str | None = None
    """The split of the text files that is taken where none is asked for."""
    tables: tuple[str, ...] = ()
    """One TSV table a language and split."""


NTREX = Sentences(
    table=("ntrex128.parquet",),
    id="line",
    group="doc",
    lines=("newstest2019-ref.{lang}.txt", "newstest2019-src.{lang}.txt"),
)
FLORES = Sentences(lines=("{split}/{lang}.{split}", "{lang}.{split}"), split="devtest")
SIB = Sentences(
    table=("flores_sib200.parquet",),
    id="flores_id",
    other=("topic",),
    tables=("{lang}/{split}.tsv",),
)
