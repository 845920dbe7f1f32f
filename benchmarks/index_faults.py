"""What SIGKILL does to an index that is being written: acknowledged documents, half documents.

    python benchmarks/index_faults.py                # 20 kills during 100,000 passages
    python benchmarks/index_faults.py --scale 50     # the same with 2,000

A process puts documents of one or two passages into an index, a quarter of them in two versions,
and notes each batch before it is begun and once it is acknowledged. It is killed at random moments
from the first to the last of them, and started again: near where it was, not from the beginning.
Creating, deleting and merging are killed once each. After each kill everything is read: each
document must be there whole in the version last acknowledged, or in one that was under way;
checksums, words and metadata must fit.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from lingweave.encoders.options import EncoderOptions
from lingweave.encoders.random_vectors import RandomVectors
from lingweave.index.documents import Document
from lingweave.index.embedded import EmbeddedStore
from lingweave.index.folder import create_index, open_index
from lingweave.index.ingest import IngestOptions, ingest, passages_of

LANGUAGES = ("de", "en", "hi", "sw", "ta")
DIMENSION = 32
VERSIONS = 2
PASSAGES = (1, 2, 2)
"""How many a document has, by its number."""
OPTIONS = EncoderOptions(encoder="random", progress=False)
NOTES = "notes"
GONE = 0
"""The version of a document that is not there."""


def document(number: int, version: int) -> Document:
    """A document whose passages all tell its version."""
    sentence = f"Document {number} in version {version} says this. " + "Its words are many. " * 30
    return Document(
        f"d{number}",
        (sentence * (number % 3 + 1)).strip(),
        None,
        LANGUAGES[number % len(LANGUAGES)],
        f"p{number // 5}",
        {"version": version, "number": number},
    )


def documents(passages: int, size: int, first: int = 0) -> Iterator[Document]:
    """Documents that end up as so many passages; of every fourth block there are two versions.

    Args:
        passages: of the last versions together.
        size: documents that follow each other in one version; as many as passages are acknowledged
            together, so that no two versions ever are.
        first: the block to begin with.
    """
    count = block = 0
    while count < passages:
        for version in range(1, VERSIONS + 1 if block % 4 == 0 else 2):
            for number in range(block * size, (block + 1) * size):
                if block >= first:
                    yield document(number, version)
                count += PASSAGES[number % 3] * (version == 1)
        block += 1


class _Fast(RandomVectors):
    """Short vectors of texts."""

    def encode_passages(self, texts, language):
        return RandomVectors(self.seed, DIMENSION).encode_queries(texts, language)


def work(folder: Path, passages: int, together: int) -> None:
    """Puts everything in; notes what is begun and what was acknowledged."""
    with open_index(folder) as index, (folder.parent / NOTES).open("ab", 0) as notes:
        upsert = index.store.upsert

        def noted(some, vectors):
            lines = sorted({(one.document, one.metadata["version"]) for one in some})
            notes.write("".join(f"begun {x} {version}\n" for x, version in lines).encode())
            upsert(some, vectors)
            notes.write("".join(f"done {x} {version}\n" for x, version in lines).encode())

        index.store.upsert = noted
        index.encoder = _Fast()
        # Begins with the block before the last one, some of which is there already.
        known = [int(name[1:]) for name in noted_so_far(folder.parent)[0]]
        first = max(0, max(known, default=0) // together - 1)
        ingest(index, documents(passages, together, first), IngestOptions(together, progress=False))


def change(folder: Path, what: str, together: int) -> None:
    """Deletes every third document, or merges all shards, and waits to be killed."""
    store = EmbeddedStore(folder)
    with (folder.parent / NOTES).open("ab", 0) as notes:
        if what == "optimise":
            notes.write(b"begun - 0\n")
            store.optimise()
        names = sorted(noted_so_far(folder.parent)[0])[::3] if what == "delete" else []
        for start in range(0, len(names), together):
            some = names[start : start + together]
            notes.write("".join(f"begun {x} {GONE}\n" for x in some).encode())
            store.delete(some)
            notes.write("".join(f"done {x} {GONE}\n" for x in some).encode())
    signal.pause()


def noted_so_far(place: Path) -> tuple[dict[str, int], dict[str, set[int]]]:
    """The version of each document that was acknowledged last, and those begun since then."""
    path = place / NOTES
    text = path.read_text() if path.exists() else ""
    known: dict[str, int] = {}
    begun: dict[str, set[int]] = {}
    for line in text[: text.rfind("\n") + 1].splitlines():  # Half a line is none.
        what, name, version = line.split()
        if what == "begun":
            begun.setdefault(name, set()).add(int(version))
        else:
            known[name] = int(version)
            begun[name] = set()
    begun.pop("-", None)
    return known, begun


def verify(folder: Path, known: dict[str, int], begun: dict[str, set[int]]) -> tuple[int, int, int]:
    """Documents that are not as acknowledged, that are there by half, and passages.

    Args:
        folder: of the index.
        known: the version of each document that was acknowledged last.
        begun: versions that were under way since then, any of which may be there.
    """
    store = EmbeddedStore(folder)
    try:
        passages = store.check()
        counted = sum(store.counts().values())
        assert counted == passages, (counted, passages)
        there: dict[str, list] = {}
        with store._states.reading() as (connection, _):
            ids = [row[0] for row in connection.execute("SELECT id FROM passages")]
        for one in store.passages(ids).values():
            there.setdefault(one.document, []).append(one)
    finally:
        store.close()
    half = 0
    versions = {}
    chunks = open_index(folder).record.chunks
    for name, some in there.items():
        version = versions[name] = some[0].metadata["version"]
        whole = passages_of(document(int(name[1:]), version), chunks)
        half += sorted(some) != sorted(whole)
    lost = sum(
        versions.get(name, GONE) not in {known.get(name, GONE), *begun.get(name, ())}
        for name in known.keys() | versions.keys()
    )
    return lost, half, passages


def killed(
    place: Path, passages: int = 100_000, kills: int = 20, together: int = 512, seed: int = 0
) -> dict[str, object]:
    """Makes an index, kills its writer so many times, and lets it end; kills other verbs once each.

    Args:
        place: an empty folder.
        passages: that are written, both versions counted.
        kills: how often while documents are added.
        together: passages that are acknowledged together.
        seed: of the moments.
    """
    chance = random.Random(seed)
    folder = place / "index"
    before = time.perf_counter()
    others = _killed_once(["--create", str(folder)], folder.exists, chance.random() * 0.05)
    create_index(folder, OPTIONS).close()
    # Vectors of 256 numbers are what the name `random` gives; short ones are enough here.
    for path in folder.glob("store.db*"):
        path.unlink()
    EmbeddedStore(folder, DIMENSION).close()
    given = ["--work", str(folder), str(passages), str(together)]
    order = {
        (f"{one.id}", one.metadata["version"]): i
        for i, one in enumerate(documents(passages, together))
    }
    results = []
    alive = 0
    for number in range(kills):
        target = min(0.97, (number + chance.random()) / kills) * len(order)
        alive += _killed_once(
            given, lambda at=target: _reached(place, order) >= at, chance.random() * 0.1
        )
        known, begun = noted_so_far(place)
        lost, half, there = verify(folder, known, begun)
        results.append({"acknowledged": len(known), "passages": there, "lost": lost, "half": half})
    subprocess.run([*_SELF, *given], check=True, env=_ENVIRONMENT)
    lost, half, written = verify(folder, *noted_so_far(place))
    results.append({"lost": lost, "half": half, "passages": written})
    for what in ("delete", "optimise"):
        length = (place / NOTES).stat().st_size
        others += _killed_once(
            ["--change", str(folder), what, str(together)],
            lambda at=length: (place / NOTES).stat().st_size > at,
            chance.random() * 0.1,
        )
        lost, half, there = verify(folder, *noted_so_far(place))
        results.append({"during": what, "lost": lost, "half": half, "passages": there})
    store = EmbeddedStore(folder)
    store.delete([])  # The first change of whoever opens it removes what is left over.
    with store._states.reading() as (_, state):
        files = {name for one in state.held for name in one.shard.manifest.files()}
    store.close()
    return {
        "kills": alive,
        "other kills": others,
        "lost": sum(one["lost"] for one in results),
        "half": sum(one["half"] for one in results),
        "left over": len({x.name for x in (folder / "shards").iterdir()} - files),
        "passages": written,
        "seconds": round(time.perf_counter() - before, 1),
        "after each kill": results,
    }


_SELF = [sys.executable, __file__]
_ENVIRONMENT = os.environ | {"OMP_NUM_THREADS": "1"}


def _killed_once(given: list[str], reached: Callable[[], bool], after: float) -> bool:
    """Starts this file, kills it so many seconds after something; whether it was still alive."""
    process = subprocess.Popen([*_SELF, *given], env=_ENVIRONMENT)
    while process.poll() is None and not reached():
        time.sleep(0.005)
    time.sleep(after)
    process.send_signal(signal.SIGKILL)
    return process.wait() == -signal.SIGKILL


def _reached(place: Path, order: dict[tuple[str, int], int]) -> int:
    """How far the last acknowledgement was among all that is to be written."""
    path = place / NOTES
    if not path.exists():
        return 0
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 50_000))
        lines = file.read().decode().rpartition("\n")[0].splitlines()[1:]
    for line in reversed(lines):
        what, _, rest = line.partition(" ")
        if what == "done":
            name, version = rest.split()
            return order[name, int(version)]
    return 0


def main() -> None:
    if sys.argv[1:2] == ["--work"]:
        work(Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
        return
    if sys.argv[1:2] == ["--change"]:
        change(Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
        return
    if sys.argv[1:2] == ["--create"]:
        create_index(sys.argv[2], OPTIONS).close()
        signal.pause()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scale", type=int, default=1, help="so many times smaller")
    parser.add_argument("--kills", type=int, default=20)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        found = killed(
            Path(place), 100_000 // given.scale, given.kills, max(16, 512 // given.scale)
        )
    print(json.dumps(found, indent=2))


if __name__ == "__main__":
    main()
