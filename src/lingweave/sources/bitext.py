"""Translated sentences: a table with a column a language, or line-aligned text files.

NTREX-128 (Federmann et al., 2022) and FLORES-200 (arXiv 2207.04672), also as SIB-200 labels half of
it (Adelani et al., arXiv 2309.07445).
"""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from lingweave.benchmark import Benchmark, Texts
from lingweave.errors import LingweaveError
from lingweave.languages import canonical, is_language
from lingweave.sources.aligned import aligned_benchmark
from lingweave.sources.collection import collection
from lingweave.sources.files import read_file, text_lines
from lingweave.sources.layout import chosen, matching, missing
from lingweave.sources.provenance import checksums
from lingweave.sources.records import Fields


def wide(
    file: Path,
    name: str,
    id: str,
    group: str | None = None,
    other: Sequence[str] = (),
    split: str | None = None,
    languages: Sequence[str] | None = None,
) -> Benchmark:
    """A Parquet or JSON lines table with a row a sentence and a column a language.

    Args:
        file: the table.
        name: what to call the benchmark.
        id: the column with the sentences' ids.
        group: the column of what is resampled together, such as the document.
        other: columns that are neither of these nor languages.
        split: only rows that have this in the column ``split``.
        languages: only these.

    Raises:
        LingweaveError: naming file and row: an id is missing or stands twice, a cell is empty, or a
            column is called after no language. A missing cell (null) is a sentence that the
            language lacks.
    """
    table = read_file(file)
    if id not in table.column_names:
        raise LingweaveError(f"{file}: no column {id!r} with the sentences' ids")
    lines = pa.array(range(1, len(table) + 1))
    if split is not None:
        if "split" not in table.column_names:
            raise LingweaveError(f"{file}: no column 'split': leave --split out")
        kept = pc.equal(table["split"].cast(pa.large_string()), split).combine_chunks()
        table, lines = table.filter(kept), lines.filter(kept)
        if not len(table):
            raise LingweaveError(f"{file}: no row has the split {split!r}")
    ids = [str(x) for x in table[id].to_pylist()]
    known: dict[str, int] = {}
    for line, one in zip(lines.to_pylist(), ids, strict=True):
        if one in known:
            raise LingweaveError(
                f"{file}: line {line}: id {one!r} stands twice (first at line {known[one]}): ids"
                " must be unique"
            )
        known[one] = line
    fixed = {id, group, "split", *other}
    columns: dict[str, str] = {}
    for column in table.column_names:
        if column in fixed:
            continue
        if not is_language(column):
            raise LingweaveError(
                f"{file}: column {column!r}: no registered language; name columns by BCP 47 codes"
            )
        if columns.setdefault(canonical(column), column) != column:
            raise LingweaveError(
                f"{file}: column {column!r}: {canonical(column)!r} has two columns"
            )
    texts = {
        code: _column(table[column], ids, lines, file, column)
        for code, column in chosen(columns, languages, file).items()
    }
    groups = {}
    if group is not None and group in table.column_names:
        groups = dict(zip(ids, map(str, table[group].to_pylist()), strict=True))
    source = {"folder": str(file.parent), "split": split or "all", **checksums([file])}
    return aligned_benchmark(name, texts, source, groups)


def _column(
    column: pa.ChunkedArray, ids: Sequence[str], lines: pa.Array, file: Path, name: str
) -> Texts:
    kept, texts = [], []
    for id, line, text in zip(ids, lines.to_pylist(), column.to_pylist(), strict=True):
        if text is None:
            continue
        if not isinstance(text, str) or not text.strip():
            raise LingweaveError(f"{file}: line {line}: the sentence in {name!r} is empty")
        kept.append(id)
        texts.append(text)
    return Texts(tuple(kept), tuple(texts))


def parallel_lines(
    folder: Path,
    name: str,
    templates: Sequence[str],
    split: str | None = None,
    languages: Sequence[str] | None = None,
) -> Benchmark:
    """Line-aligned text files, one a language: line n of each is sentence n.

    Raises:
        LingweaveError: naming file and line: a line is empty, two files are in one language, or
            the files do not have the same number of lines.
    """
    files: dict[str, Path] = {}
    for found in matching(folder, templates):
        if found.split not in (None, split) or found.language is None:
            continue
        if files.setdefault(found.language, found.file) != found.file:
            raise LingweaveError(
                f"{found.file}: {files[found.language].name} is the same language; keep one"
            )
    if not files:
        raise missing(folder, f"files of {name}" + (f" ({split})" if split else ""), templates)
    files = chosen(files, languages, folder)
    read = {code: sentence_lines(file) for code, file in sorted(files.items())}
    sizes = {len(lines) for lines in read.values()}
    if len(sizes) > 1:
        few = min(read, key=lambda code: len(read[code]))
        raise LingweaveError(
            f"{files[few]}: line {len(read[few])}: the file ends here, others have {max(sizes)}"
            " lines: aligned files have one sentence a line"
        )
    ids = tuple(map(str, range(1, sizes.pop() + 1)))
    return aligned_benchmark(
        name,
        {code: Texts(ids, tuple(lines)) for code, lines in read.items()},
        {"folder": str(folder), **({"split": split} if split else {}),
         **checksums(files.values(), folder)},
    )  # fmt: skip


def tables(
    folder: Path,
    name: str,
    templates: Sequence[str],
    fields: Fields,
    split: str | None = None,
    languages: Sequence[str] | None = None,
) -> Benchmark:
    """One table a language, with ids that align, as SIB-200 has them: ``deu_Latn/test.tsv``.

    Raises:
        LingweaveError: naming file and line.
    """
    files: dict[str, list[Path]] = {}
    for found in matching(folder, templates):
        if found.language is not None and (split is None or found.split in (None, split)):
            files.setdefault(found.language, []).append(found.file)
    if not files:
        raise missing(folder, f"files of {name}" + (f" ({split})" if split else ""), templates)
    files = chosen(files, languages, folder)
    texts: dict[str, Texts] = {}
    for code, parts in sorted(files.items()):
        texts |= collection(parts, "sentence", language=code, fields=fields)
    used = [file for parts in files.values() for file in parts]
    source = {"folder": str(folder), "split": split or "all", **checksums(used, folder)}
    return aligned_benchmark(name, texts, source)


def sentence_lines(file: Path) -> list[str]:
    """A file's lines, none of them empty."""
    lines = []
    for line, text in text_lines(file):
        if not text.strip():
            raise LingweaveError(f"{file}: line {line}: the sentence is empty")
        lines.append(text)
    return lines
