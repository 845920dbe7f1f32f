"""The memory of a translator: what it holds, who may write, and what damage does."""

import json
import multiprocessing
import sqlite3
from pathlib import Path

import pytest

from lingweave.building.memory import TranslationMemory
from lingweave.errors import LingweaveError

IDENTITY = {"translator": "pseudo", "version": "1"}


def test_it_gives_back_what_it_was_given(tmp_path: Path) -> None:
    memory = TranslationMemory(tmp_path, IDENTITY)
    texts = {f"text {i} 😀\x00": f"Übersetzung {i}\u2028" for i in range(1200)} | {
        "": "leer",
        "x": "",
    }
    assert memory.find(list(texts), "en", "de") == {}
    memory.add(texts, "en", "de")
    assert memory.find([*texts, "other"], "en", "de") == texts
    for pair in (("en", "fr"), ("de", "en"), ("en", "de-AT")):
        assert memory.find(list(texts), *pair) == {}
    assert TranslationMemory(tmp_path, {**IDENTITY, "version": "2"}).find(["x"], "en", "de") == {}
    again = TranslationMemory(tmp_path, dict(reversed(IDENTITY.items())))
    assert again.find(list(texts), "en", "de") == texts
    assert len(again) == len(texts)
    about = json.loads(memory.path.with_suffix(".json").read_text())
    assert about == {"format_version": 1, "translator": IDENTITY}


def test_the_first_translation_stays(tmp_path: Path) -> None:
    memory = TranslationMemory(tmp_path, IDENTITY)
    memory.add({"a": "first", "b": ""}, "en", "de")
    memory.add({"a": "second", "b": "late", "c": "new"}, "en", "de")
    assert memory.find(["a", "b", "c"], "en", "de") == {"a": "first", "b": "", "c": "new"}
    assert memory.forget_failures() == 1
    assert memory.find(["a", "b", "c"], "en", "de") == {"a": "first", "c": "new"}


def test_a_batch_is_stored_whole_or_not_at_all(tmp_path: Path) -> None:
    memory = TranslationMemory(tmp_path, IDENTITY)
    with pytest.raises(AttributeError):
        memory.add({"a": "1", "b": None}, "en", "de")  # type: ignore[dict-item]
    memory._file.execute(
        "CREATE TRIGGER full BEFORE INSERT ON translations WHEN NEW.text = 'c'"
        " BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END"
    )
    with pytest.raises(LingweaveError, match="disk is full"):
        memory.add({"a": "1", "b": "c"}, "en", "de")
    assert memory.find(["a", "b"], "en", "de") == {}
    memory.add({"a": "1"}, "en", "de")
    assert len(memory) == 1


def _write(folder: Path, number: int) -> None:
    memory = TranslationMemory(folder, IDENTITY)
    for start in range(0, 200, 10):
        memory.add({f"t{i}": f"{number} {i}" for i in range(start, start + 10)}, "en", "de")
        found = memory.find([f"t{i}" for i in range(start + 10)], "en", "de")
        assert len(found) == start + 10


def test_processes_share_a_file(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_write, args=(tmp_path, n)) for n in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    memory = TranslationMemory(tmp_path, IDENTITY)
    assert len(memory) == 200
    found = memory.find([f"t{i}" for i in range(200)], "en", "de")
    # All of a batch is one writer's.
    for start in range(0, 200, 10):
        assert len({found[f"t{i}"].split()[0] for i in range(start, start + 10)}) == 1


@pytest.mark.parametrize("column", ["text", "seal"])
def test_a_damaged_translation_is_told_and_dropped(
    tmp_path: Path, column: str, caplog: pytest.LogCaptureFixture
) -> None:
    memory = TranslationMemory(tmp_path, IDENTITY)
    memory.add({"a": "1", "b": "2"}, "en", "de")
    with sqlite3.connect(memory.path) as file:
        file.execute(f"UPDATE translations SET {column} = 'x' WHERE text = '1'")
    assert memory.find(["a", "b"], "en", "de") == {"b": "2"}
    assert "a translation is damaged and made again" in caplog.text
    memory.add({"a": "1"}, "en", "de")
    assert memory.find(["a", "b"], "en", "de") == {"a": "1", "b": "2"}


def test_what_is_no_memory_is_one_line(tmp_path: Path) -> None:
    path = TranslationMemory(tmp_path, IDENTITY).path
    for other in (path, *path.parent.glob("*-wal"), *path.parent.glob("*-shm")):
        other.unlink()
    path.write_bytes(b"no database" * 1000)
    with pytest.raises(LingweaveError, match=rf"{path}: file is not a database; it is damaged"):
        TranslationMemory(tmp_path, IDENTITY)
    (tmp_path / "file").touch()
    with pytest.raises(LingweaveError, match="choose other --translations"):
        TranslationMemory(tmp_path / "file", IDENTITY)
