"""100,000 real sentences in 253 languages, and queries to them: what serving is measured on.

FLORES-200 (as in SIB-200) and NTREX-128, read from the shared data. Languages are as unequal as
languages are: some have 3,000 sentences, the rarest 74; versions of one sentence are parallel.
Queries are sentences that were left out.

    python benchmarks/real_sentences.py --model FOLDER --cache FOLDER [--data FOLDER] [--count N]

encodes them all with a sentence-transformers model, so that a benchmark that is given the same
cache starts at once; stopped, it goes on when it is started again.
"""

import argparse
import hashlib
import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray

from lingweave.encoders.choice import encoder_of
from lingweave.encoders.options import EncoderOptions
from lingweave.encoders.scores import Encoder
from lingweave.index.passages import Passage
from lingweave.sources.entries import ENTRIES
from lingweave.sources.named import Request

COUNT, QUERIES, RAREST, STEEP = 100_000, 2_000, 40, 1.1
"""Passages, queries, least passages of a language, and how fast languages get rarer."""
MAX_LENGTH = 64
"""Tokens of a text that are read: MiniLM spells many scripts letter by letter."""
SETS = (("ntrex", "eval/ntrex"), ("sib-200", "eval/flores_sib200"))


class Sentences(NamedTuple):
    """An index's passages, and queries to it."""

    passages: list[Passage]
    """Sorted by language."""
    queries: list[tuple[str, str]]
    """(language, text) of sentences that are no passages."""
    rarest: str
    """The language with the fewest passages."""


def real_sentences(data: Path, count: int = COUNT, queries: int = QUERIES) -> Sentences:
    """The sentences; the same for the same data and numbers."""
    by_language = _all(data)
    sizes = _sizes({code: len(rows) for code, rows in by_language.items()}, count)
    passages: list[Passage] = []
    left: list[tuple[str, str, str]] = []
    for code, rows in sorted(by_language.items()):
        rows = sorted(rows, key=lambda row: _hash(code + row[0]))
        for id, text in rows[: sizes[code]]:
            passages.append(Passage(f"{id}.{code}", f"{id}.{code}", text, code, id))
        left += [(_hash("query" + code + id), code, text) for id, text in rows[sizes[code] :]]
    known = {passage.text for passage in passages}
    asked = [(code, text) for _, code, text in sorted(left) if text not in known]
    return Sentences(passages, asked[:queries], min(sizes, key=lambda code: (sizes[code], code)))


def questions(data: Path, count: int = QUERIES) -> list[str]:
    """English questions of MKQA, as people typed them into a search engine."""
    mkqa = next(entry for entry in ENTRIES if entry.name == "mkqa")
    asked = mkqa.load(Request(data / "eval" / "mkqa", ["en", "es"], "dev")).queries["en"]
    return list(asked.texts[:count])


def encoded(
    encoder: Encoder, sentences: Sentences, told: bool = False
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Vectors of length one of the passages and of the queries, each (n, d)."""
    start, parts = time.perf_counter(), []
    codes = [passage.language for passage in sentences.passages]
    edges = [i for i, code in enumerate(codes) if i == 0 or codes[i - 1] != code]
    for first, last in zip(edges, [*edges[1:], len(codes)], strict=True):
        texts = [passage.text for passage in sentences.passages[first:last]]
        parts.append(encoder.encode_passages(texts, codes[first]))
        if told:
            rate = last / (time.perf_counter() - start)
            print(f"{last:,} of {len(codes):,}, {codes[first]}, {rate:.0f}/s", flush=True)
    asked = _in_order(encoder, sentences.queries)
    return _of_length_one(np.concatenate(parts)), _of_length_one(asked)


def _in_order(encoder: Encoder, queries: Sequence[tuple[str, str]]) -> NDArray[np.float32]:
    texts = [text for _, text in queries]
    return encoder.encode_queries(texts, "en")  # The model asks for no language.


def _of_length_one(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _all(data: Path) -> dict[str, list[tuple[str, str]]]:
    """(id, text) of each language; a text that stands there twice is taken once."""
    entries = {entry.name: entry for entry in ENTRIES}
    found: dict[str, list[tuple[str, str]]] = {}
    for name, folder in SETS:
        corpora = entries[name].load(Request(data=data / folder)).corpora
        for code, texts in corpora.items():
            rows = found.setdefault(code, [])
            seen = {text for _, text in rows}
            for id, text in zip(texts.ids, texts.texts, strict=True):
                if text not in seen:
                    seen.add(text)
                    rows.append((f"{name}-{id}", text))
    return found


def _sizes(there: dict[str, int], count: int) -> dict[str, int]:
    """How many sentences each language gives: the nth most takes its share of 1 / n ** STEEP."""
    order = sorted(there, key=lambda code: (-there[code], _hash(code)))
    least = max(1, min(RAREST, count // (2 * len(order))))

    def sizes(scale: float) -> list[int]:
        return [
            max(least, min(there[code], int(scale / (place + 1) ** STEEP)))
            for place, code in enumerate(order)
        ]

    low, high = 0.0, 1e9
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if sum(sizes(middle)) <= count else (low, middle)
    found = dict(zip(order, sizes(low), strict=True))
    for code in order:  # Rounding left some over.
        found[code] += min(there[code] - found[code], count - sum(found.values()))
    return found


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def main() -> None:
    """Encodes the sentences and says how many of which languages they are."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    parser.add_argument("--data", type=Path, default=default, help="the shared data")
    parser.add_argument("--model", required=True, help="a sentence-transformers folder")
    parser.add_argument("--cache", type=Path, required=True, help="folder for the vectors")
    parser.add_argument("--count", type=int, default=COUNT)
    parser.add_argument("--max_length", type=int, default=MAX_LENGTH, help="tokens that are read")
    args = parser.parse_args()
    sentences = real_sentences(args.data, args.count)
    codes = [passage.language for passage in sentences.passages]
    sizes = {code: codes.count(code) for code in set(codes)}
    print(
        f"{len(codes):,} sentences of {len(sizes)} languages, {max(sizes.values()):,} to"
        f" {sizes[sentences.rarest]} ({sentences.rarest}), {len(sentences.queries):,} queries"
    )
    options = EncoderOptions(model=args.model, cache=args.cache, max_length=args.max_length)
    encoded(encoder_of(options), sentences, told=True)


if __name__ == "__main__":
    main()
