"""Folders as BEIR publishes them (Thakur et al., arXiv 2104.08663), in one language or in many.

``corpus.jsonl``, ``queries.jsonl`` and ``qrels/<split>.tsv``, each perhaps ending in ``.gz``, or
Parquet files, as the hub keeps them (``corpus/train-00000-of-00001.parquet``); in many languages
one such folder a language, named by its code.
"""

from collections.abc import Sequence
from pathlib import Path

from lingweave.benchmark import Benchmark
from lingweave.errors import LingweaveError
from lingweave.languages import canonical, is_language
from lingweave.sources.collection import Blank, collection
from lingweave.sources.layout import chosen
from lingweave.sources.parts import Part, joined, only_judged
from lingweave.sources.provenance import checksums
from lingweave.sources.qrels import Unknown, golds, read_qrels

_ENDINGS = (".jsonl", ".jsonl.gz", ".parquet", ".tsv", ".tsv.gz")


def beir(
    folder: Path,
    *,
    split: str = "test",
    language: str | None = "en",
    name: str | None = None,
    languages: Sequence[str] | None = None,
    aligned: bool | None = None,
    blank: Blank = "refuse",
    unknown: Unknown = "refuse",
) -> Benchmark:
    """A BEIR folder, or a folder of them named by language codes, as a benchmark.

    Args:
        folder: where it lies.
        split: which qrels file.
        language: of a single folder, the language of rows without a field ``lang``.
        name: what to call it; the folder's name by default.
        languages: of a folder of folders, only these.
        aligned: whether query ids mean the same question in all languages: see `parts.joined`.
        blank, unknown: see `collection` and `golds`.

    Raises:
        LingweaveError: naming file and line.
    """
    if not folder.is_dir():
        raise LingweaveError(
            f"{folder}: no such folder; give one with corpus.jsonl, queries.jsonl and"
            f" qrels/{split}.tsv"
        )
    if _holds_corpus(folder):
        folders: dict[str, tuple[Path, str | None]] = {"": (folder, None)}
    else:
        folders = {code: (inside, code) for code, inside in _folders(folder, languages).items()}
    parts = {
        key: _read(place, split, code, language, blank, unknown)
        for key, (place, code) in folders.items()
    }
    files = [
        file for place, _ in folders.values() for some in _files(place, split) for file in some
    ]
    source = {"folder": str(folder), "split": split, **checksums(files, folder)}
    return joined(parts, name or folder.name, source, aligned)


def _read(
    folder: Path,
    split: str,
    language: str | None,
    otherwise: str | None,
    blank: Blank,
    unknown: Unknown,
) -> Part:
    corpus, asked, judgements = _files(folder, split)
    judged = [one for file in judgements for one in read_qrels(file)]
    queries = collection(asked, "query", language=language, otherwise=otherwise)
    corpora = collection(corpus, "document", language=language, otherwise=otherwise, blank=blank)
    gold = golds(judged, queries, corpora, unknown)
    return Part(only_judged(queries, gold), corpora, gold)


def _files(folder: Path, split: str) -> tuple[list[Path], list[Path], list[Path]]:
    """The files of the corpus, of the queries and of the split's judgements."""
    sides = []
    for stem in ("corpus", "queries"):
        found = _found(folder, stem) or _found(folder / stem, "*")
        if not found:
            raise LingweaveError(
                f"{folder}: no {stem}.jsonl (or .jsonl.gz, .parquet) in this folder"
            )
        sides.append(found)
    inside = folder / "qrels"
    judgements = _found(inside, split) or sorted(inside.glob(f"{split}-*.parquet"))
    if not judgements:
        there = sorted({p.name.split(".")[0].split("-0")[0] for p in inside.glob("*.*")})
        splits = f"; --split can be {', '.join(there)}" if there else ""
        raise LingweaveError(f"{inside}: no {split}.tsv (or .tsv.gz, .jsonl, .parquet){splits}")
    return sides[0], sides[1], judgements


def _found(folder: Path, stem: str) -> list[Path]:
    """The files of this name with the first ending that there is."""
    for ending in _ENDINGS:
        if files := sorted(folder.glob(f"{stem}{ending}")):
            return files
    return []


def _holds_corpus(folder: Path) -> bool:
    return bool(_found(folder, "corpus") or _found(folder / "corpus", "*"))


def _folders(folder: Path, languages: Sequence[str] | None) -> dict[str, Path]:
    found = {
        canonical(inside.name): inside
        for inside in sorted(folder.iterdir())
        if inside.is_dir() and is_language(inside.name) and _holds_corpus(inside)
    }
    if not found:
        raise LingweaveError(
            f"{folder}: no corpus.jsonl, and no folder named by a language (de, en, ...) with one"
        )
    return chosen(found, languages, folder)
