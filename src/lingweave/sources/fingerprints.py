"""Which texts a benchmark has: names alone do not tell, as people call many files test.jsonl."""

import hashlib
from collections.abc import Mapping
from typing import Any

from lingweave.benchmark import Benchmark, Texts

ALTERED = "queries"
"""The key of a benchmark's source under which `altering.altered` says how queries were changed."""


def fingerprint_of(benchmark: Benchmark) -> str:
    """A hash of all ids and texts of a benchmark."""
    digest = hashlib.blake2b(digest_size=16)
    for side in (benchmark.queries, benchmark.corpora):
        for language, texts in sorted(side.items()):
            digest.update(f"\n{language}\n".encode())
            _update(digest, texts)
    return digest.hexdigest()


def fingerprints(benchmark: Benchmark) -> dict[str, dict[str, str]]:
    """Hashes of ids and texts: ``queries`` and ``passages``, each by language."""
    sides = {"queries": benchmark.queries, "passages": benchmark.corpora}
    return {
        name: {language: _of(texts) for language, texts in sorted(side.items())}
        for name, side in sides.items()
    }


def is_cleared(entry: Mapping[str, Any], benchmark: Benchmark) -> bool:
    """Whether an entry of a table's ``unseen`` is of this benchmark's texts.

    Some of the languages that were looked for are enough, in which the texts must be the same;
    queries that were changed on purpose (`altering.altered`) are those they were made from. Entries
    of earlier versions have one hash of everything, or none and are of nothing.
    """
    if entry["benchmark"] != benchmark.name:
        return False
    stored = entry.get("fingerprints")
    if stored is None:
        return entry.get("fingerprint") == fingerprint_of(benchmark)
    sides = fingerprints(benchmark)
    if ALTERED in benchmark.source:
        sides["queries"] = {x: h for x, h in stored["queries"].items() if x in sides["queries"]}
    return all(side.items() <= stored[name].items() for name, side in sides.items())


def _of(texts: Texts) -> str:
    digest = hashlib.blake2b(digest_size=16)
    _update(digest, texts)
    return digest.hexdigest()


def _update(digest: Any, texts: Texts) -> None:
    for id, text in zip(texts.ids, texts.texts, strict=True):
        digest.update(f"{len(id)} {id} {len(text)} {text}".encode("utf-8", "surrogatepass"))
