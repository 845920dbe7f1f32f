"""Paths or a benchmark's name -> documents with their languages."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path

from lingweave.detection import Detector
from lingweave.errors import LingweaveError
from lingweave.index.documents import rows, texts
from lingweave.index.documents.document import Document, Reading
from lingweave.index.documents.rows import row_documents
from lingweave.index.documents.texts import text_document, text_files
from lingweave.languages import canonical, is_language

_CORPUS = tuple(f"corpus{ending}" for ending in rows.ENDINGS)
_TOGETHER = 512
"""Documents whose languages are told together."""


def documents_of(paths: Sequence[str | Path], reading: Reading | None = None) -> Iterator[Document]:
    """The documents of files and folders, one after another, each with its language.

    A folder with ``corpus.jsonl`` (or another form of it) is a BEIR folder, one with such folders
    named by language codes a collection of them, whose ids get the code before them (``de/17``);
    of any other folder all files count, with what is below it. A text file is one document, and its
    path in the folder its id.

    Args:
        paths: files or folders.
        reading: languages and fields.

    Raises:
        LingweaveError: naming file and line; a path that is not there before anything is read.
    """
    how = reading or Reading()
    sources = [one for path in paths for one in _sources(Path(path))]
    return _told(_once(one for source in sources for one in source), how)


def _sources(path: Path) -> list[Iterator[Document]]:
    if path.is_file():
        return [_file(path, path.name)]
    if not path.is_dir():
        raise LingweaveError(f"{path}: no such file or folder")
    if corpus := _corpus(path):
        return [row_documents(file) for file in corpus]
    folders = [
        (inside, _corpus(inside))
        for inside in sorted(path.iterdir())
        if inside.is_dir() and is_language(inside.name)
    ]
    if any(corpus for _, corpus in folders):
        return [
            row_documents(file, f"{inside.name}/", canonical(inside.name))
            for inside, corpus in folders
            for file in corpus
        ]
    files = list(text_files(path, (*rows.ENDINGS, *texts.ENDINGS)))
    if not files:
        raise LingweaveError(
            f"{path}: no {', '.join((*rows.ENDINGS, *texts.ENDINGS))} file in this folder"
        )
    return [_file(file, file.relative_to(path).as_posix()) for file in files]


def _corpus(folder: Path) -> list[Path]:
    """The files of a BEIR folder's corpus."""
    found = [folder / name for name in _CORPUS if (folder / name).is_file()][:1]
    if not found and (folder / "corpus").is_dir():
        found = list(text_files(folder / "corpus", rows.ENDINGS))
    return found


def _file(path: Path, id: str) -> Iterator[Document]:
    if path.name.endswith(rows.ENDINGS):
        return row_documents(path)
    if path.name.endswith(texts.ENDINGS):
        # Read when its turn comes.
        return (text_document(one, id) for one in [path])
    raise LingweaveError(f"{path}: not a {', '.join((*rows.ENDINGS, *texts.ENDINGS))} file")


def _once(documents: Iterator[Document]) -> Iterator[Document]:
    """The same documents, as long as no id comes twice."""
    seen: set[str] = set()
    for one in documents:
        if one.id in seen:
            raise LingweaveError(
                f"{one.where}: document id {one.id!r} stands twice; ids must be unique"
            )
        seen.add(one.id)
        yield one


def _told(documents: Iterator[Document], reading: Reading) -> Iterator[Document]:
    """The documents with their languages, without those of languages that nobody asked for."""
    codes = reading.codes
    detect = Detector(codes)
    all = None if reading.language is None else canonical(reading.language)
    fields = None if reading.metadata is None else set(reading.metadata)
    while some := list(islice(documents, _TOGETHER)):
        if all is not None:
            some = [one._replace(language=all) for one in some]
        unknown = [i for i, one in enumerate(some) if one.language is None]
        if unknown:
            told = detect([some[i].text or some[i].title or "" for i in unknown])
            for i, code in zip(unknown, told, strict=True):
                some[i] = some[i]._replace(language=code)
        for one in some:
            if codes is not None and one.language not in codes:
                continue
            if fields is not None:
                kept = {name: x for name, x in one.metadata.items() if name in fields}
                one = one._replace(metadata=kept)
            yield one
