"""A BEIR folder whose queries are asked in more languages: what `lingweave build` is given, and
what becomes of its table (docs/studies/beir-50-queries.md).

    python -m lingweave.studies.data.translated rows FOLDER QUERIES.jsonl
    python -m lingweave.studies.data.translated folder FOLDER TABLE.arrow NEW
"""

import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from lingweave.atomic import disk_errors_named, new_folder, whole_file
from lingweave.errors import LingweaveError
from lingweave.sources.beir import beir
from lingweave.table import ParallelTable


def write_rows(folder: Path, out: Path, split: str = "test") -> int:
    """Writes the judged queries of a BEIR folder as rows, and says how many.

    The query stands as the passage too, as a record needs one; no sentence is translated twice.

    Raises:
        LingweaveError: the folder cannot be read, or the file not be written.
    """
    queries = beir(folder, split=split).queries
    rows = [
        {"id": id, "lang": language, "query": text, "passage": text, "source": folder.name}
        for language, side in queries.items()
        for id, text in zip(side.ids, side.texts, strict=True)
    ]
    with disk_errors_named(str(out)):
        out.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(out) as part:
            part.write_text(_lines(rows), encoding="utf-8")
    return len(rows)


def write_folder(folder: Path, table: Path, out: Path, split: str = "test") -> int:
    """Writes a BEIR folder with the queries of a table, and the documents and judgements as they
    were; every row says its language.

    A query keeps its id in every language, so its judgements hold in all of them.

    Args:
        folder: with the corpus and the judgements.
        table: what `lingweave build` made of the rows that `write_rows` wrote.
        out: the folder that is written, whole or not at all.
        split: whose queries were written.

    Returns:
        In how many languages queries are asked.

    Raises:
        LingweaveError: the table has none of the folder's data set, or something cannot be read or
            written.
    """
    translated = ParallelTable.open(table)
    own = [row for row in range(len(translated)) if translated.dataset(row) == folder.name]
    if not own:
        raise LingweaveError(
            f"{table}: has no queries of {folder.name}; its data sets are"
            f" {', '.join(translated.datasets)}"
        )
    there = translated.present("query")
    rows = [
        {"_id": translated.id(row), "lang": code, "text": translated.query(row, place)}
        for place, code in enumerate(translated.languages)
        for row in own
        if there[row, place]
    ]
    documents = [
        {"_id": id, "lang": code, "text": text}
        for code, side in beir(folder, split=split).corpora.items()
        for id, text in zip(side.ids, side.texts, strict=True)
    ]
    with disk_errors_named(str(out)):
        out.parent.mkdir(parents=True, exist_ok=True)
        with new_folder(out) as part:
            shutil.copytree(folder / "qrels", part / "qrels")
            (part / "corpus.jsonl").write_text(_lines(documents), encoding="utf-8")
            (part / "queries.jsonl").write_text(_lines(rows), encoding="utf-8")
    return len({row["lang"] for row in rows})


def _lines(rows: list[dict[str, str]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def main(words: Sequence[str]) -> int:
    """What the command line asks for."""
    try:
        if len(words) == 3 and words[0] == "rows":
            count = write_rows(Path(words[1]), Path(words[2]))
            print(f"{words[2]}: {count} queries")
        elif len(words) == 4 and words[0] == "folder":
            count = write_folder(Path(words[1]), Path(words[2]), Path(words[3]))
            print(f"{words[3]}: queries in {count} languages")
        else:
            print(__doc__, file=sys.stderr)
            return 2
    except LingweaveError as error:
        print(f"lingweave: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
