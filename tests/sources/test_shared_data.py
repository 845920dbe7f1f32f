"""The published evaluation sets that are at hand, in full, against the counts of their manifest."""

import gzip
from pathlib import Path
from typing import NamedTuple

import published as p
import pytest
from data import shared_data

from lingweave.benchmark import Benchmark
from lingweave.sources.catalogue import named
from lingweave.sources.named import Request
from lingweave.sources.qrels import read_qrels


def load(name: str, folder: str, **request: object) -> Benchmark:
    data = shared_data(f"eval/{folder}")
    return named(name).load(Request(data=data, **request))  # type: ignore[arg-type]


def counts(benchmark: Benchmark) -> dict[str, int]:
    return {code: len(side.ids) for code, side in benchmark.queries.items()}


def test_xquad_is_read_from_the_files_of_xquad_r() -> None:
    made = load("xquad", "xquad_r")
    assert counts(made) == dict.fromkeys(
        ["ar", "de", "el", "en", "es", "hi", "ro", "ru", "th", "tr", "vi", "zh"], 1190
    )
    assert {len(side.ids) for side in made.corpora.values()} == {240}
    assert len(made.gold) == 12 * 1190
    assert len(made.answers) == 1190
    id = made.queries["de"].ids[0]
    where = next(g.passage_id for g in made.gold if (g.query_id, g.language) == (id, "de"))
    corpus = dict(zip(made.corpora["de"].ids, made.corpora["de"].texts, strict=True))
    assert made.answers[id]["de"][0] in corpus[where]


def test_afriqa() -> None:
    made = load("afriqa", "afriqa", split="all")
    assert counts(made) == {
        "bem": 771, "fon": 939, "ha": 745, "ig": 1021, "rw": 789, "sw": 295, "tw": 1185, "yo": 500,
        "zu": 809,
    }  # fmt: skip
    assert {code: len(side.ids) for code, side in made.corpora.items()} == {"en": 5356, "fr": 790}
    assert len(made.gold) == len(made.answers) == 7054
    assert made.source["questions without a gold passage"] == f"{12159 - 7054}, left out"
    test = load("afriqa-pivot", "afriqa")
    assert len(test.gold) == counts(test)["en"] + counts(test)["fr"] == 3107
    assert {code: n for code, n in counts(test).items() if code not in ("en", "fr")} == {
        "bem": 308, "fon": 386, "ha": 300, "ig": 409, "rw": 345, "sw": 295, "tw": 486, "yo": 253,
        "zu": 325,
    }  # fmt: skip


def test_mkqa() -> None:
    made = load("mkqa", "mkqa")
    codes = ["ar", "en", "es", "fi", "ja", "km", "ko", "ms", "ru", "sv", "tr", "zh-CN"]
    assert counts(made) == {**dict.fromkeys(codes, 6758), "fil": 350, "ta": 350}
    assert len(made.answers) == 1758
    dev = load("mkqa", "mkqa", split="dev")
    assert counts(dev) == dict.fromkeys(codes, 1758)
    assert set(dev.answers) == set(dev.queries["en"].ids)
    assert len(dev.gold) == 12 * 1758


def test_ntrex() -> None:
    made = load("ntrex", "ntrex")
    assert set(counts(made).values()) == {1997}
    assert len(made.queries) == 128
    assert len(set(made.groups.values())) == 123
    assert len(made.gold) == 128 * 1997
    few = load("ntrex", "ntrex", languages=["de", "sw"])
    assert few.queries == {code: made.queries[code] for code in ("de", "sw")}


def test_flores_as_in_sib_200() -> None:
    made = load("sib-200", "flores_sib200")
    assert len(made.queries) == len(made.corpora) == 205
    assert set(counts(made).values()) == {1004}
    assert len(made.gold) == 205 * 1004
    assert {"ace-Arab", "ace-Latn", "zh-Hans", "zh-Hant"} <= set(made.queries)
    test = load("sib-200", "flores_sib200", split="test", languages=["de", "en"])
    assert counts(test) == {"de": 204, "en": 204}


class Sample(NamedTuple):
    """A set whose topics and judgements are at hand."""

    split: str
    qrels: str
    corpus: str
    """Where its documents lie."""
    counts: dict[str, tuple[int, int]]
    """Topics and judgements by language."""


SAMPLES = {
    "miracl": Sample(
        "dev", "qrels.miracl-v1.0-{}-dev.tsv.gz", "miracl-corpus-v1.0-{}/docs-0.jsonl",
        {"bn": (411, 4206), "sw": (482, 5092), "te": (828, 1606), "th": (733, 7573),
         "yo": (119, 1188)},
    ),
    "mr-tydi": Sample(
        "test", "qrels.mrtydi-v1.1-{}.test.txt.gz", "mrtydi-v1.1-{}/corpus.jsonl",
        {"bn": (111, 130), "sw": (670, 743), "te": (646, 677), "th": (1190, 1368)},
    ),
    "ciral": Sample(
        "test-b", "qrels.ciral-v1.0-{}-test-b.tsv.gz", "{}_passages.jsonl",
        # One Swahili topic has the number of another, and one judgement that of none: left out.
        {"ha": (312, 5930), "so": (239, 4324), "sw": (112, 2174), "yo": (554, 10569)},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SAMPLES)
def test_published_topics_and_judgements(name: str, tmp_path: Path) -> None:
    """With a corpus of the judged documents' ids, as the real ones are not at hand."""
    samples = shared_data("eval/format_samples")
    split, qrels, corpus, expected = SAMPLES[name]
    for code in expected:
        for kind in ("topics", "qrels"):
            for file in samples.glob(f"{kind}.*-{code}[-.]{split}*"):
                content = gzip.decompress(file.read_bytes())
                p.write(tmp_path / file.name.removesuffix(".gz"), content)
        judged = dict.fromkeys(x.passage_id for x in read_qrels(samples / qrels.format(code)))
        docs = [{"docid": id, "text": f"text of {id}"} for id in judged]
        p.jsonl(tmp_path / corpus.format(code), docs)
    made = named(name).load(Request(data=tmp_path, split=split))
    assert {
        code: (
            sum(id.startswith(f"{code}/") for id in made.queries[code].ids),
            sum(gold.language == code for gold in made.gold),
        )
        for code in expected
    } == expected
    if name == "ciral":
        assert len(made.queries["en"].ids) == 312 + 239 + 113 + 554
