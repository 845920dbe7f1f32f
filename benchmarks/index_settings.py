"""Claim: at its settings the embedded store finds 95% of the ten nearest, of every language.

    python benchmarks/index_settings.py --vectors xquad_r.npz [--lists 4] [--rows 100000]

The vectors are an .npz with arrays q_<language> and c_<language>, as `lingweave evaluate` takes.
For each share of the lists that a search looks into: recall@10 in the pool of all languages (ties
count as found), of queries of all languages and of the worst one, recall@10 among passages of the
rarest language alone, and CPU milliseconds a query, one at a time and 64 together; beside it a scan
of everything. Times are of this process's CPU, so that a busy machine tells them too.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from lingweave.encoders.unit import normalised
from lingweave.index.embedded import EmbeddedStore, Settings
from lingweave.index.passages import EVERYTHING, Filter, Passage
from lingweave.index.store import Floats, Found

DEPTH = 10
SHARES = (0.01, 0.02, 0.05, 0.1, 0.2)
QUERIES = 60
"""Of each language."""


def library(path: Path, rows: int) -> tuple[list[Passage], Floats, dict[str, Floats]]:
    """Passages, their vectors, and queries by language; of language number n a share of 1/n."""
    arrays = np.load(path)
    languages = sorted(name[2:] for name in arrays if name.startswith("c_"))
    passages: list[Passage] = []
    vectors = []
    for number, x in enumerate(languages):
        some = arrays[f"c_{x}"]
        some = some[: max(50, len(some) // (1 + number % 4))][:rows]
        vectors.append(normalised(some))
        passages += [Passage(f"{x}{i}", f"{x}{i}", "text", x) for i in range(len(some))]
    queries = {x: normalised(arrays[f"q_{x}"][:QUERIES]) for x in languages if f"q_{x}" in arrays}
    return passages, np.concatenate(vectors), queries


def recall(found: list[list[Found]], exact: Floats) -> float:
    """The share of the nearest that were found; whatever ties with the last of them counts."""
    shares = []
    for answer, scores in zip(found, exact, strict=True):
        best = np.sort(scores)[::-1][:DEPTH]
        shares.append(sum(one.score >= best[-1] - 1e-6 for one in answer) / len(best))
    return float(np.mean(shares))


def measured(place: Path, path: Path, lists: float, rows: int) -> Iterator[str]:
    """The rows of the table."""
    passages, vectors, queries = library(path, rows)
    settings = Settings(tail_rows=2000, part_rows=2000, exact_rows=500, lists=lists)
    store = EmbeddedStore(place, vectors.shape[1], settings)
    before = time.process_time()
    for start in range(0, len(passages), 4096):
        store.upsert(passages[start : start + 4096], vectors[start : start + 4096])
    store.optimise()
    took = time.process_time() - before
    counts = store.counts()
    rarest = min(counts, key=lambda x: counts[x])
    yield f"{len(passages)} passages, {len(counts)} languages, put in with {took:.1f} s of CPU"
    yield f"{'probes':>8} {'all':>6} {'worst':>6} {'rarest':>6} {'one ms':>7} {'64 ms':>7}"
    store.close()
    of = np.array([one.language for one in passages])
    asked = np.concatenate(list(queries.values()))
    for share in (*SHARES, None):
        other = replace(settings, probes=share or 1, least_probes=1)
        if share is None:
            other = replace(settings, exact_rows=len(passages))
        store = EmbeddedStore(place, None, other)
        store.search(asked[:2], DEPTH)
        by_language = {
            x: recall(store.search(some, DEPTH), some @ vectors.T) for x, some in queries.items()
        }
        inside = Filter((rarest,))
        rare = recall(store.search(asked, DEPTH, inside), asked @ vectors[of == rarest].T)
        one, many = _times(store, asked)
        yield (
            f"{'scan' if share is None else share:>8} {np.mean(list(by_language.values())):6.3f}"
            f" {min(by_language.values()):6.3f} {rare:6.3f} {one:7.2f} {many:7.2f}"
        )
        store.close()


def _times(store: EmbeddedStore, asked: Floats) -> tuple[float, float]:
    """CPU milliseconds a query: one at a time, and 64 together."""
    start = time.process_time()
    for query in asked[:100]:
        store.search(query[None], DEPTH, EVERYTHING)
    one = (time.process_time() - start) / len(asked[:100])
    start = time.process_time()
    for at in range(0, len(asked), 64):
        store.search(asked[at : at + 64], DEPTH, EVERYTHING)
    return one * 1000, (time.process_time() - start) / len(asked) * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vectors", type=Path, required=True)
    parser.add_argument("--lists", type=float, default=Settings().lists)
    parser.add_argument("--rows", type=int, default=10**9, help="of a language at most")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        for line in measured(Path(place), given.vectors, given.lists, given.rows):
            print(line, flush=True)


if __name__ == "__main__":
    main()
