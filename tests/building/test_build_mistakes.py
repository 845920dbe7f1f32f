"""The words of `lingweave build`, and the mistakes that it tells before any work."""

from pathlib import Path
from typing import Any

import pytest

from lingweave.building.run import build
from lingweave.cli import main
from lingweave.errors import LingweaveError
from lingweave.table import ParallelTable
from tests.building.towns import LEFT_OUT, config


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"from_": []}, "--from"),
        ({"from_": ["nothing.jsonl"]}, "nothing.jsonl: no such file"),
        ({"to": ["klingon"]}, "klingon"),
        ({"to": []}, "--to"),
        ({"translator": None}, "--translator"),
        ({"source": "fr"}, "--source fr"),
        ({"languages": ["fr"]}, "--languages fr"),
        ({"out": Path("table.parquet")}, "--out table.parquet"),
        ({"against": ["xquad-r="]}, "--against xquad-r="),
        ({"against": ["nothing"]}, "--against nothing: choose from"),
        ({"against": ["xquad-r=nowhere"]}, "--against xquad-r=nowhere: no such"),
        ({"against": ["xquad-r"]}, "needs --against xquad-r=FOLDER"),
        ({"titles": ["t.json"]}, "--titles"),
        ({"near": 0.2}, "--near 0.2"),
        ({"workers": 0}, "--workers 0"),
        ({"mine": ["de.jsonl"]}, "--mine"),
        ({"leave_out": ["lenght"]}, "lenght"),
        ({"least_languages": 9}, "--least_languages 9"),
        ({"sentence_limit": 0}, "--sentence_limit 0"),
        ({"against": ["atlas", "atlas"]}, "--against atlas: is given twice"),
        ({"against": ["parallel=a", "parallel=b"]}, "--against parallel=a: no such"),
        ({"articles": "remove"}, "--articles: only goes with --against"),
        ({"margin": 1.2}, "--margin: only goes with --mine"),
        ({"duplicates": "none", "near": None}, "--near: only goes with"),
        ({"translator": "file:de.jsonl", "retry_failed": True}, "--retry_failed: only goes with"),
        ({"back": Path("nothing.arrow")}, "nothing.arrow: no such file"),
        ({"estimation": "comet"}, "comet"),
    ],
)
def test_a_mistake_is_told_in_one_line(pairs: Path, options: Any, words: str) -> None:
    with pytest.raises(LingweaveError) as told:
        build(config(pairs, **options))
    assert words in str(told.value)
    assert "\n" not in str(told.value)


def test_the_command_takes_from_and_to(
    pairs: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(pairs.parent)
    words = f"build --from {pairs} --to de --translator pseudo --out t.arrow --progress false"
    assert main([*words.split(), "--leave_out", ",".join(LEFT_OUT)]) == 0
    assert "to look at it: lingweave data check t.arrow" in capsys.readouterr().out
    assert ParallelTable.open("t.arrow").languages == ("de", "en")
    assert main(["build", "--from", str(pairs), "--to", "de"]) == 2
    assert "--translator" in capsys.readouterr().err


@pytest.mark.parametrize("ending", [".json", ".removed.parquet", ".arrow"])
def test_nothing_that_is_read_is_written_over(pairs: Path, ending: str) -> None:
    source = pairs.rename(pairs.with_name("own" + ending))
    with pytest.raises(LingweaveError, match="--from reads"):
        config(source, out=pairs.parent / "own.arrow")
    with pytest.raises(LingweaveError, match="--from reads"):
        config(pairs.parent, out=pairs.parent / "own.arrow")
    with pytest.raises(LingweaveError, match="--work"):
        config(source, out=pairs.parent / "w" / "translated.arrow", work=pairs.parent / "w")


def test_work_and_what_is_read_stay_apart(pairs: Path) -> None:
    """A build's own tables are no pairs, and pairs are not to be written over."""
    folder, out = pairs.parent, pairs.parent / "out" / "t.arrow"
    for work in (folder, folder / "w"):
        with pytest.raises(LingweaveError, match=r"--work .*is, or lies in, what --from reads"):
            config(folder, out=folder.parent / "t.arrow", work=work)
    (folder / "w").mkdir()
    inside = pairs.rename(folder / "w" / "joined.jsonl")
    with pytest.raises(LingweaveError, match=r"--work .*--from reads .*joined\.jsonl in it"):
        config(inside, out=out, work=folder / "w")
    with pytest.raises(LingweaveError, match=r"--work .*joined\.jsonl: is a file; give a folder"):
        config(folder / "other.jsonl", out=out, work=inside)
