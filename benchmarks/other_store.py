"""`lingweave serve` with another search of vectors in it, so that what differs is that alone.

    python benchmarks/other_store.py exact|usearch FOLDER serve INDEX --port 0 ...

FOLDER has what serving.py writes: vectors.npy, ids.json (of the passages) and graph.usearch.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lingweave.cli import main as lingweave
from lingweave.index.embedded.store import EmbeddedStore
from lingweave.index.passages import EVERYTHING, Filter
from lingweave.index.store import Found

Floats = NDArray[np.float32]
VECTORS, IDS, GRAPH = "vectors.npy", "ids.json", "graph.usearch"


def exact(vectors: Floats, queries: Floats, depth: int) -> list[list[int]]:
    """The rows of the best vectors of each query, best first, by numpy."""
    scores = queries @ vectors.T
    near = np.argpartition(-scores, depth, axis=1)[:, :depth]
    order = np.argsort(-np.take_along_axis(scores, near, 1), axis=1, kind="stable")
    found: list[list[int]] = np.take_along_axis(near, order, 1).tolist()
    return found


def main() -> int:
    """Serves."""
    kind, folder, *command = sys.argv[1:]
    vectors = np.load(Path(folder) / VECTORS, mmap_mode="r" if kind == "usearch" else None)
    ids = json.loads((Path(folder) / IDS).read_text())
    if kind == "usearch":
        from usearch.index import Index

        graph = Index.restore(str(Path(folder) / GRAPH))

    def search(
        store: EmbeddedStore, queries: Floats, depth: int, where: Filter = EVERYTHING
    ) -> Sequence[Sequence[Found]]:
        if kind == "exact":
            near = exact(vectors, queries, depth)
        else:
            near = [graph.search(query, depth, threads=1).keys.tolist() for query in queries]
        return [
            [Found(ids[row], float(vectors[row] @ query)) for row in rows]
            for rows, query in zip(near, queries, strict=True)
        ]

    EmbeddedStore.search = search  # type: ignore[assignment, method-assign]
    return lingweave(command)


if __name__ == "__main__":
    sys.exit(main())
