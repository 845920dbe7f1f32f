"""Search by words: BM25 of SQLite's FTS5 over words of every script."""

import sqlite3
from collections.abc import Sequence

from lingweave.encoders.words import words
from lingweave.index.embedded.filters import conditions_sql
from lingweave.index.passages import Filter
from lingweave.index.store import Found


def worded(text: str) -> str:
    """The words of a text with a space between them, as they are kept."""
    return " ".join(words(text))


def words_found(
    connection: sqlite3.Connection, text: str, depth: int, where: Filter
) -> list[Found]:
    """The passages with any word of a text, best first; ties by id.

    Statistics (how many passages hold a word, their mean length) are those of the whole index,
    whatever the filter.
    """
    asked = words(text)
    if not asked:
        return []
    # A word holds no quotation mark, so that in quotes it is only a word.
    match = " OR ".join(f'"{word}"' for word in asked)
    sql = (
        "SELECT id, -bm25(words) AS score FROM words JOIN passages ON passages.row = words.rowid"
        " WHERE words MATCH ?"
    )
    values: list[object] = [match]
    if where.languages is not None:
        sql += f" AND language IN ({', '.join('?' * len(where.languages))})"
        values += where.languages
    if where.conditions:
        part, given = conditions_sql(where.conditions)
        sql += f" AND words.rowid IN ({part})"
        values += given
    found = connection.execute(f"{sql} ORDER BY score DESC, id LIMIT ?", [*values, depth])
    return [Found(id, score) for id, score in found]


def put_words(connection: sqlite3.Connection, rows: Sequence[tuple[int, str]]) -> None:
    """Keeps the words of passages: their rows and texts."""
    connection.executemany(
        "INSERT INTO words (rowid, text) VALUES (?, ?)",
        ((row, worded(text)) for row, text in rows),
    )
