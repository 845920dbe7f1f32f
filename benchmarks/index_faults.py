"""What SIGKILL does to an index that is being written: acknowledged documents, half documents.

    python benchmarks/index_faults.py                # 20 kills during 100,000 passages
    python benchmarks/index_faults.py --scale 50     # the same with 2,000

A process puts documents of one or two passages into an index, a quarter of them in two versions,
and notes each batch once it is acknowledged. It is killed at random moments and started again.
After each kill everything is read: each document must be there whole in the version last
acknowledged, or in the one that was under way; checksums, words and metadata must fit.
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
from collections.abc import Iterator
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
ACKNOWLEDGED = "acknowledged"


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
    """Puts everything in, and notes what was acknowledged."""
    with open_index(folder) as index, (folder.parent / ACKNOWLEDGED).open("ab", 0) as notes:
        upsert = index.store.upsert

        def noted(some, vectors):
            upsert(some, vectors)
            lines = {(one.document, one.metadata["version"]) for one in some}
            notes.write("".join(f"{x} {version}\n" for x, version in sorted(lines)).encode())

        index.store.upsert = noted
        index.encoder = _Fast()
        # Begins with the block before the last one, some of which is there already.
        known = [int(name[1:]) for name in acknowledged(folder.parent)]
        first = max(0, max(known, default=0) // together - 1)
        ingest(index, documents(passages, together, first), IngestOptions(together, progress=False))


def acknowledged(place: Path) -> dict[str, int]:
    """The version of each document that was acknowledged last; half a line is none."""
    path = place / ACKNOWLEDGED
    text = path.read_text() if path.exists() else ""
    found = {}
    for line in text[: text.rfind("\n") + 1].splitlines():
        name, version = line.split()
        found[name] = int(version)
    return found


def verify(folder: Path, known: dict[str, int]) -> tuple[int, int, int]:
    """Documents that were acknowledged and are lost, that are there by half, and passages."""
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
    lost = half = 0
    chunks = open_index(folder).record.chunks
    for name, some in there.items():
        version = some[0].metadata["version"]
        whole = passages_of(document(int(name[1:]), version), chunks)
        half += sorted(some) != sorted(whole)
        # What is under way may be there already, and what was there before is newer then.
        lost += version not in {known.get(name, 0), known.get(name, 0) % VERSIONS + 1}
    lost += len(known.keys() - there.keys())
    return lost, half, passages


def killed(
    place: Path, passages: int = 100_000, kills: int = 20, together: int = 512, seed: int = 0
) -> dict[str, object]:
    """Makes an index, kills its writer so many times, and lets it end.

    Args:
        place: an empty folder.
        passages: that are written, both versions counted.
        kills: how often.
        together: passages that are acknowledged together.
        seed: of the moments.
    """
    chance = random.Random(seed)
    folder = place / "index"
    index = create_index(folder, OPTIONS)
    index.close()
    # Vectors of 256 numbers are what the name `random` gives; short ones are enough here.
    for path in folder.glob("store.db*"):
        path.unlink()
    EmbeddedStore(folder, DIMENSION).close()
    words = [sys.executable, __file__, "--work", str(folder), str(passages), str(together)]
    lines = sum(1 for _ in documents(passages, together))
    results = []
    alive = 0
    before = time.perf_counter()
    for number in range(kills):
        known = acknowledged(place)
        target = lines * (number + chance.random()) / kills
        process = subprocess.Popen(words, env=os.environ | {"OMP_NUM_THREADS": "1"})
        while process.poll() is None and _count(place) < target:
            time.sleep(0.002)
        time.sleep(chance.random() * 0.1)
        process.send_signal(signal.SIGKILL)
        alive += process.wait() == -signal.SIGKILL
        known = acknowledged(place)
        lost, half, there = verify(folder, known)
        results.append({"acknowledged": len(known), "passages": there, "lost": lost, "half": half})
    subprocess.run(words, check=True, env=os.environ | {"OMP_NUM_THREADS": "1"})
    lost, half, there = verify(folder, acknowledged(place))
    store = EmbeddedStore(folder)
    with store._states.reading() as (_, state):
        files = {name for one in state.held for name in one.shard.manifest.files()}
    store.close()
    return {
        "kills": alive,
        "lost": lost + sum(one["lost"] for one in results),
        "half": half + sum(one["half"] for one in results),
        "left over": len({x.name for x in (folder / "shards").iterdir()} - files),
        "passages": there,
        "seconds": round(time.perf_counter() - before, 1),
        "after each kill": results,
    }


def _count(place: Path) -> int:
    path = place / ACKNOWLEDGED
    return path.read_bytes().count(b"\n") if path.exists() else 0


def main() -> None:
    if sys.argv[1:2] == ["--work"]:
        work(Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
        return
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
