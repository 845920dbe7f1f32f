"""Data for tests: the published sets where they are at hand; generated twins always are."""

import gzip
import json
import os
from pathlib import Path

import numpy as np
import pytest

from lingweave.benchmark import Benchmark, Gold, Texts

ROOT = Path(__file__).resolve().parents[1]


def shared_data(name: str) -> Path:
    """A folder or file of the shared data; the test is skipped, by name, where it is absent.

    Looked for in ``$LINGWEAVE_DATA`` and in ``shared/data`` beside the repository.
    """
    places = [ROOT.parent / "shared" / "data"]
    if "LINGWEAVE_DATA" in os.environ:
        places.insert(0, Path(os.environ["LINGWEAVE_DATA"]))
    for place in places:
        if (place / name).exists():
            return place / name
    pytest.skip(f"needs {name} (in $LINGWEAVE_DATA or {places[-1]})")


def benchmark(seed: int, max_queries: int = 6, max_passages: int = 25) -> Benchmark:
    """A random benchmark with everything the format allows.

    Queries with holes, several golds a language, grades 0 to 3, a language ("yo") without
    a corpus and one ("zu") without queries, groups of two queries.
    """
    random = np.random.default_rng(seed)
    codes = ("de", "en", "th", "yo", "zu")
    corpora = {}
    for code in codes:
        if code != "yo":
            ids = tuple(f"{code}{i}" for i in range(random.integers(3, max_passages)))
            corpora[code] = Texts(ids, tuple(f"passage {id}" for id in ids))
    ids = [f"q{i}" for i in range(random.integers(1, max_queries + 1))]
    queries = {}
    for code in codes[:-1]:
        asked = tuple(id for id in ids if code == "en" or random.random() < 0.7)
        queries[code] = Texts(asked, tuple(f"query {id} {code}" for id in asked))
    gold = []
    for id in ids:
        for code, side in corpora.items():
            for row in random.choice(len(side.ids), size=random.integers(0, 4), replace=False):
                gold.append(Gold(id, code, side.ids[row], int(random.integers(0, 4))))
    gold.append(Gold(ids[0], "de", "de0", 1))
    groups = {id: f"g{i // 2}" for i, id in enumerate(ids)}
    return Benchmark("random", queries, corpora, tuple(gold), groups)


LAREQA_SENTENCES = ("The sky is blue.", " Grass is green.", " Snow is white.")


def lareqa_json(code: str, paragraphs: int = 3) -> dict[str, object]:
    """LAReQA json: two articles; each paragraph has three sentences, two of them with answers."""

    def paragraph(number: int) -> dict[str, object]:
        sentences = [f"{code} {number}:{s}" for s in LAREQA_SENTENCES]
        ends = np.cumsum([len(s) for s in sentences]).tolist()
        breaks = [[end - len(s), end] for s, end in zip(sentences, ends, strict=True)]
        questions = [
            {
                "id": f"p{number}s{sentence}",
                "question": f"{code}: {what} in {number}? ",
                "answers": [{"answer_start": breaks[sentence][0] + 7, "text": "x"}],
            }
            for sentence, what in ((0, "sky"), (2, "snow"))
        ]
        return {"context": "".join(sentences), "sentence_breaks": breaks, "qas": questions}

    all_paragraphs = [paragraph(i) for i in range(paragraphs)]
    return {
        "version": "1",
        "data": [
            {"title": "a", "paragraphs": all_paragraphs[:1]},
            {"title": "b", "paragraphs": all_paragraphs[1:]},
        ],
    }


def lareqa_folder(folder: Path, codes: tuple[str, ...] = ("de", "en", "th")) -> Path:
    """A folder of LAReQA json, the first file plain and the others gzipped."""
    folder.mkdir(parents=True, exist_ok=True)
    for i, code in enumerate(codes):
        text = json.dumps(lareqa_json(code), ensure_ascii=False).encode()
        if i == 0:
            (folder / f"{code}.json").write_bytes(text)
        else:
            (folder / f"{code}.json.gz").write_bytes(gzip.compress(text))
    return folder
