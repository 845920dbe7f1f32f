"""Claim: on 100,000 real sentences recall@10 is .95, also in the rarest language, and answering
searches that come together together doubles what a server answers.

    python benchmarks/serving.py --model FOLDER --cache FOLDER [--data FOLDER] [--count N]

The sentences of real_sentences.py, encoded with the model (at once if the cache has them), go into
an index of the defaults. First the store alone, beside numpy's exact search and usearch's graph,
over the same vectors in the same run: seconds to build, size, latency of one query
a call, queries a second with 32 a call, recall@10 of the exact best. All three are called in this
process with vectors; MB is the whole folder for lingweave, with texts, words and ids, and bare
vectors or the graph for the others. Then four servers: `lingweave serve` with --batch 32 and with
--batch 1 (one query a call), and two with --batch 32 in which numpy's exact search and usearch's
graph stand for lingweave's (other_store.py), on loopback, warm, with 1, 8 and 32 clients: queries
are encoded by the server, k is 10. They are asked in turns, never at once, and in the other order
in the next round; the figures are medians of the rounds. Everything runs on the threads of
OMP_NUM_THREADS, 1 by default. Two kinds of queries are sent: questions that people typed (MKQA's,
in English), of which the claim is, and whole sentences in all languages, many of which a model like
MiniLM spells letter by letter. Exit status 1 if a claim does not hold.
"""

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import real_sentences
from numpy.typing import NDArray
from other_store import GRAPH, IDS, VECTORS, exact
from real_sentences import Sentences, encoded, questions
from real_sentences import real_sentences as sentences_of

from lingweave.encoders.choice import encoder_of
from lingweave.encoders.options import EncoderOptions
from lingweave.index.folder import create_index
from lingweave.index.passages import Filter
from lingweave.index.store import VectorStore
from lingweave.software import software

K, LEAST, FASTER = 10, 0.95, 2.0
"""Hits, least recall, and how much more batching must answer."""
CLIENTS = (1, 8, 32)
AT_ONCE = 32
SERVERS = {
    "lingweave": (32, None),
    "lingweave, one a call": (1, None),
    "numpy, exact": (32, "exact"),
    "usearch f16": (32, "usearch"),
}
"""Searches that are answered together at most, and whose search it is."""
HERE = Path(__file__).parent
Floats = NDArray[np.float32]
Found = Callable[[Floats], Sequence[Sequence[int]]]


def main() -> int:
    """Prints the tables; 0 if the claims hold."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    parser.add_argument("--data", type=Path, default=default, help="the shared data")
    parser.add_argument("--model", required=True, help="a sentence-transformers folder")
    parser.add_argument("--cache", type=Path, help="folder for vectors")
    parser.add_argument("--count", type=int, default=real_sentences.COUNT)
    parser.add_argument("--seconds", type=float, default=6.0, help="of each load")
    parser.add_argument("--rounds", type=int, default=3, help="times that each load is measured")
    parser.add_argument("--queries", type=int, default=real_sentences.QUERIES)
    parser.add_argument("--max_length", type=int, default=real_sentences.MAX_LENGTH)
    args = parser.parse_args()
    if find_spec("usearch") is None:
        print("usearch, which is measured beside, is not installed: pip install usearch")
        return 1
    for name in ("ntrex", "mkqa"):
        if not (args.data / "eval" / name).is_dir():
            print(f"no {name} in {args.data}: nothing was measured")
            return 0
    told = software()
    threads = os.environ["OMP_NUM_THREADS"]
    print(
        f"commit {told['commit']}, {os.cpu_count()} CPUs, {threads} thread(s), {platform.machine()}"
    )
    sentences = sentences_of(args.data, args.count, args.queries)
    options = EncoderOptions(model=args.model, max_length=args.max_length, cache=args.cache)
    passages, queries = encoded(encoder_of(options), sentences)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "index"
        np.save(Path(folder) / VECTORS, passages)
        (Path(folder) / IDS).write_text(json.dumps([one.id for one in sentences.passages]))
        holds = stores(place, options, sentences, passages, queries)
        asked = questions(args.data, args.queries)
        ratio = loads(place, "questions in English", asked, args.seconds, args.rounds)
        texts = [text for _, text in sentences.queries]
        loads(place, "sentences in all languages", texts, args.seconds, args.rounds)
        holds &= ratio >= FASTER
    print("the claims hold" if holds else "A CLAIM DOES NOT HOLD")
    return int(not holds)


def stores(
    place: Path, options: EncoderOptions, sentences: Sentences, passages: Floats, queries: Floats
) -> bool:
    """The store beside others; whether its recall is as claimed."""
    languages = np.array([one.language for one in sentences.passages])
    number = {one.id: i for i, one in enumerate(sentences.passages)}
    rarest = np.flatnonzero(languages == sentences.rarest)
    print(
        f"{len(passages):,} passages, {len(np.unique(languages))} languages, rarest"
        f" {sentences.rarest} ({len(rarest)}); {len(queries):,} queries; {passages.shape[1]}"
        " numbers a vector"
    )
    judge = Judge(passages, queries)
    start = time.perf_counter()
    with create_index(place, options) as index:
        for some in np.array_split(np.arange(len(passages)), max(1, len(passages) // 10_000)):
            index.store.upsert([sentences.passages[i] for i in some], passages[some])
        index.store.optimise()
    built = time.perf_counter() - start
    size = sum(file.stat().st_size for file in place.rglob("*") if file.is_file())
    from lingweave.index.folder import open_index

    print(
        "called in this process with vectors, nothing is encoded; MB of lingweave: the folder with"
    )
    print("texts, words and ids; of the others: vectors alone")
    print(f"{'':24}build s     MB   p50 ms   p99 ms   one/s   32/s  recall@10")
    with open_index(place) as index:
        store = index.store

        def ours(some: Floats) -> list[list[int]]:
            return [[number[one.id] for one in found] for found in store.search(some, K)]

        recall = shown("lingweave", built, size, ours, judge)
        shown("numpy, exact", 0, passages.nbytes, lambda some: exact(passages, some, K), judge)
        graph(passages, judge).save(str(place.parent / GRAPH))
        holds = recall >= LEAST
        within = in_language(store, judge, rarest, number, sentences.rarest)
        print(f"recall@10 of the rarest language's passages (filter): {within:.4f}")
        rows = np.array([code == sentences.rarest for code, _ in sentences.queries])
        if rows.any():
            found = judge.of(rows).recall(ours(queries[rows]))
            print(f"recall@10 of queries in the rarest language ({rows.sum()}), pool: {found:.4f}")
            holds &= found >= LEAST
        some = judge.of(np.arange(len(queries)) < 50)
        each = [
            in_language(store, some, np.flatnonzero(languages == code), number, str(code))
            for code in np.unique(languages)
        ]
        print(f"recall@10 with a filter on one language, the worst of them: {min(each):.4f}")
    return holds and min(within, *each) >= LEAST


def loads(place: Path, kind: str, texts: list[str], seconds: float, rounds: int) -> float:
    """The server under load; how many times as much batching answers, 0 where a search failed."""
    bodies = place.parent / "queries.json"
    bodies.write_text(json.dumps([{"query": text, "k": K} for text in texts]))
    seen: dict[tuple[int, str], list[list[float]]] = {}
    with ExitStack() as stack:
        urls = {name: stack.enter_context(served(place, *of)) for name, of in SERVERS.items()}
        for url in urls.values():
            asked(url, bodies, AT_ONCE, min(3.0, seconds))  # Warm.
        for number in range(rounds):
            for clients in CLIENTS:
                for name in SERVERS if number % 2 == 0 else reversed(SERVERS):
                    figures = asked(urls[name], bodies, clients, seconds)
                    if figures["failures"] or not figures["latencies"]:
                        print(f"{clients} clients, {name}: {figures['failures']} failures")
                        return 0.0
                    times = 1000 * np.array(figures["latencies"])
                    low, high = np.percentile(times, (50, 99))
                    row = [low, high, len(times) / figures["seconds"]]
                    seen.setdefault((clients, name), []).append(row)
    print(f"over HTTP, {kind}, encoded by the server; medians of {rounds} rounds of {seconds:g} s")
    print(f"{'':24}clients   p50 ms   p99 ms  queries/s  least-most")
    for name in SERVERS:
        for clients in CLIENTS:
            rows = np.array(seen[clients, name])
            low, high, rate = np.median(rows, axis=0)
            print(
                f"{name:24}{clients:7} {low:8.1f} {high:8.1f} {rate:10.1f}"
                f"  {rows[:, 2].min():.1f}-{rows[:, 2].max():.1f}"
            )
    many, one = (np.array(seen[CLIENTS[-1], name])[:, 2] for name in list(SERVERS)[:2])
    ratios = many / one
    ratio = float(np.median(ratios))
    print(
        f"batching answers {ratio:.2f} times as many queries of {CLIENTS[-1]} clients (rounds:"
        f" {', '.join(f'{each:.2f}' for each in ratios)})"
    )
    return ratio


class Judge:
    """What share of the best passages was found; one that is as near as the tenth counts too.

    Args:
        passages: vectors.
        queries: vectors.
        rows: the passages that count; None: all.
    """

    def __init__(
        self, passages: Floats, queries: Floats, rows: NDArray[np.int64] | None = None
    ) -> None:
        self.passages, self.queries = passages, queries
        counted = passages if rows is None else passages[rows]
        self.depth = min(K, len(counted))
        self.tenth = np.concatenate(
            [
                np.partition(part @ counted.T, len(counted) - self.depth)[:, -self.depth]
                for part in np.array_split(queries, max(1, len(queries) // AT_ONCE))
            ]
        )

    def of(self, rows: NDArray[np.bool_]) -> "Judge":
        """Of some of the queries."""
        return Judge(self.passages, self.queries[rows])

    def within(self, rows: NDArray[np.int64]) -> "Judge":
        """Of some of the passages."""
        return Judge(self.passages, self.queries, rows)

    def recall(self, found: Sequence[Sequence[int]]) -> float:
        """The mean over the queries."""
        near = [
            (self.passages[[*hits]] @ query >= tenth - 1e-5).sum() / self.depth
            for hits, query, tenth in zip(found, self.queries, self.tenth, strict=True)
        ]
        return float(np.mean(near))


def graph(passages: Floats, judge: Judge) -> Any:
    """usearch's HNSW, half precision, as it comes."""
    from usearch.index import Index

    threads = int(os.environ["OMP_NUM_THREADS"])
    start = time.perf_counter()
    index = Index(ndim=passages.shape[1], metric="ip", dtype="f16")
    index.add(np.arange(len(passages)), passages, threads=threads)
    built = time.perf_counter() - start

    def near(some: Floats) -> list[list[int]]:
        if len(some) == 1:
            return [index.search(some[0], K, threads=1).keys.tolist()]
        return index.search(some, K, threads=threads).keys.tolist()

    shown("usearch f16", built, index.serialized_length, near, judge)
    return index


def shown(name: str, built: float, size: int, search: Found, judge: Judge) -> float:
    """Prints a row; the recall."""
    queries = judge.queries
    search(queries[:AT_ONCE])
    one_by_one = []
    for query in queries[:500]:
        start = time.perf_counter()
        search(query[None])
        one_by_one.append(time.perf_counter() - start)
    start = time.perf_counter()
    found = [
        list(hits)
        for first in range(0, len(queries), AT_ONCE)
        for hits in search(queries[first : first + AT_ONCE])
    ]
    together = len(queries) / (time.perf_counter() - start)
    recall = judge.recall(found)
    low, high = (1000 * np.percentile(one_by_one, p) for p in (50, 99))
    print(
        f"{name:24}{built:7.1f} {size / 1e6:6.0f} {low:8.2f} {high:8.2f}"
        f" {len(one_by_one) / sum(one_by_one):7.0f} {together:6.0f} {recall:10.4f}",
        flush=True,
    )
    return recall


def in_language(
    store: VectorStore,
    judge: Judge,
    rows: NDArray[np.int64],
    number: dict[str, int],
    code: str,
) -> float:
    """Recall of the best passages of one language, searched with a filter."""
    found = store.search(judge.queries, K, Filter((code,)))
    return judge.within(rows).recall([[number[one.id] for one in hits] for hits in found])


@contextmanager
def served(place: Path, batch: int, other: str | None) -> Iterator[str]:
    """The address of a server that is ready."""
    code = ["-m", "lingweave.cli"]
    if other is not None:
        code = [str(HERE / "other_store.py"), other, str(place.parent)]
    command = [sys.executable, *code, "serve", str(place), "--port", "0"]
    server = subprocess.Popen(
        [*command, "--batch", str(batch), "--log_level", "error", "--device", "cpu"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert server.stdout is not None
    try:
        url = server.stdout.readline().strip()
        assert url, "the server has ended"
        for _ in range(1200):
            with suppress(OSError), urllib.request.urlopen(f"{url}/readyz"):
                break
            time.sleep(0.1)
        yield url
    finally:
        server.terminate()
        server.wait()


def asked(url: str, bodies: Path, clients: int, seconds: float) -> dict[str, list[float]]:
    """What clients in a process of their own saw."""
    load = [sys.executable, str(HERE / "http_load.py"), url, str(bodies)]
    answer = subprocess.run(
        [*load, "--clients", str(clients), "--seconds", str(seconds)],
        stdout=subprocess.PIPE,
        check=True,
    )
    found: dict[str, list[float]] = json.loads(answer.stdout)
    return found


if __name__ == "__main__":
    sys.exit(main())
