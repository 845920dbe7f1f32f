"""Every mistake is one clear line and exit status 2, and nothing is lost."""

import errno
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from data import lareqa_folder

from lingweave.cli import main
from lingweave.sources.lareqa import lareqa


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINGWEAVE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")


def refused(words: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """The one line that a mistake gets."""
    capsys.readouterr()
    assert main(words) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("lingweave: ")
    assert printed.err.count("\n") == 1
    return printed.err


def jsonl(path: Path, **change: object) -> Path:
    row = {"id": "1", "lang": "de", "query": "Wo?", "passage": "Hier."} | change
    path.write_text(json.dumps({k: v for k, v in row.items() if v is not None}) + "\n")
    return path


def latin(path: Path) -> Path:
    path.write_bytes('{"id": "1", "lang": "de", "query": "für"}\n'.encode("latin-1"))
    return path


def cut(path: Path) -> Path:
    pq.write_table(pa.table({"id": ["1"] * 500}), path)
    path.write_bytes(path.read_bytes()[:-30])
    return path


TABLES: list[tuple[str, Callable[[Path], Path], str]] = [
    ("absent.parquet", lambda path: path, "absent.parquet: no such file"),
    ("rows.jsonl", lambda path: jsonl(path, passage=None), "no column 'passage'"),
    ("rows.jsonl", lambda path: jsonl(path, lang="xx"), "row 1: unknown language 'xx'"),
    ("rows.jsonl", lambda path: jsonl(path, query=" "), "row 1 (id 1, de): query is empty"),
    ("rows.jsonl", lambda path: jsonl(path, negatives=["x", None]), "a hard negative is empty"),
    ("rows.jsonl", lambda path: jsonl(path, negatives=" "), "a hard negative is empty"),
    ("rows.jsonl", latin, "line 1: not UTF-8"),
    ("rows.parquet", cut, "not a readable Parquet file"),
    ("rows.jsonl", jsonl, "has only 1 records for a 'mono' batch of 100 rows"),
]


@pytest.mark.parametrize(("name", "make", "words"), TABLES, ids=[t[2] for t in TABLES])
def test_tables(
    tmp_path: Path,
    name: str,
    make: Callable[[Path], Path],
    words: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    table, out = make(tmp_path / name), tmp_path / "out"
    assert words in refused(["train", "--table", str(table), "--out", str(out)], capsys)
    # A start that failed does not claim the folder: another configuration may use it.
    assert words in refused(
        ["train", "--table", str(table), "--steps", "7", "--out", str(out)], capsys
    )
    assert not (out / "model").exists()


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["train", "--recipe", "hybird"], "names are x-x-mono, x-y, hybrid"),
        (["train", "--steps", "many"], "steps"),
        (["train", "--steps", "0"], "steps: 0 is not possible"),
        (["train", "--stepz", "3"], "unrecognized arguments: --stepz"),
        (["train"], "no table given"),
        (["train", "--table=absent.jsonl", "--languages=de"], "absent.jsonl: no such file"),
        (["train", "--valid", "v.jsonl"], "it needs eval_every"),
        (["evaluate", "--encoder", "tfidf", "--similarity", "dot"], "tfidf has one similarity"),
        (["evaluate", "--encoder", "tfidf", "--dtype", "bf16"], "only goes with a --model"),
        (["compare", "--resamples", "10", "absent", "other"], "absent is not a folder"),
        (["data", "show", "--split", "train", "null.jsonl"], "null.jsonl: no such file"),
        (["evaluate"], "exactly one of --model, --endpoint, --encoder and --vectors"),
        (["evaluate", "--benchmark", "beer", "--encoder", "tfidf"], "choose from lareqa"),
        (["evaluate", "--encoder", "oracle"], "only the atlas"),
        (["evaluate", "--encoder", "tfidf"], "needs --data"),
        (["evaluate", "--encoder", "tfidf", "--data", "absent"], "absent"),
        (["evaluate", "--benchmark", "atlas", "--encoder", "tfidf", "--languages", "xx"], "xx"),
        (["evaluate", "--benchmark=parallel", "--data=x.jsonl", "--encoder=tfidf"], "no such"),
        (["compare", "absent"], "absent is not a folder"),
        (["compare"], "evaluations"),
        (["demo", "--languages", "en,xx"], "the atlas has no 'xx'"),
        (["demo", "--languages", "en"], "give two or more"),
        (["data", "show", "absent"], "absent: no such file or folder"),
        (["data"], "data show"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_options(
    tmp_path: Path,
    words: list[str],
    line: str,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert line in refused(words, capsys)
    assert list(tmp_path.iterdir()) == []


def vectors(path: Path, folder: Path, spoil: Callable[[dict[str, np.ndarray]], object]) -> Path:
    benchmark = lareqa(folder)
    random = np.random.default_rng(0)
    arrays = {}
    for prefix, sides in (("q", benchmark.queries), ("c", benchmark.corpora)):
        for code, side in sides.items():
            arrays[f"{prefix}_{code}"] = random.standard_normal((len(side.ids), 4))
    spoil(arrays)
    np.savez(path, **arrays)
    return path


@pytest.mark.parametrize(
    ("spoil", "line"),
    [
        (lambda arrays: arrays["q_de"].__setitem__((1, 2), np.nan), "q_de holds NaN or infinity"),
        (lambda arrays: arrays.update(c_en=arrays["c_en"][:-1]), "c_en has 8 rows, expected 9"),
        (lambda arrays: arrays.pop("q_th"), "no array 'q_th'"),
    ],
    ids=["NaN", "rows", "missing"],
)
def test_vectors(
    tmp_path: Path,
    spoil: Callable[[dict[str, np.ndarray]], object],
    line: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = lareqa_folder(tmp_path / "data")
    file = vectors(tmp_path / "v.npz", folder, spoil)
    words = ["evaluate", "--data", str(folder), "--vectors", str(file)]
    assert line in refused([*words, "--out", str(tmp_path / "out")], capsys)
    assert not (tmp_path / "out").exists()


def test_a_model_that_is_not_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder, out = lareqa_folder(tmp_path / "data"), tmp_path / "out"
    words = ["evaluate", "--data", str(folder), "--model", "nobody/no-such-model"]
    assert "nobody/no-such-model" in refused([*words, "--out", str(out)], capsys)
    table = jsonl(tmp_path / "rows.jsonl")
    words = ["train", "--table", str(table), "--encoder", "nobody/no-such-model"]
    # Two rows of one record would do for a plan, so the encoder is what is missing.
    rows = [json.loads(table.read_text()) | {"id": str(n), "query": f"{n}?"} for n in range(4)]
    table.write_text("".join(json.dumps(r | {"passage": r["id"]}) + "\n" for r in rows))
    words += ["--batch_size", "2", "--recipe", "x-x-mono", "--out", str(out)]
    assert "nobody/no-such-model" in refused(words, capsys)


@pytest.mark.parametrize("verb", ["train", "evaluate", "demo", "report", "data pack"])
def test_an_output_path_under_a_regular_file(
    tmp_path: Path, verb: str, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "file"
    file.write_text("mine")
    out = str(file / "below")
    table = str(jsonl(tmp_path / "rows.jsonl"))
    folder = str(lareqa_folder(tmp_path / "data"))
    words = {
        "train": ["train", "--table", table, "--out", out],
        "evaluate": ["evaluate", "--data", folder, "--encoder", "random", "--out", out],
        "demo": ["demo", "--out", out],
        "report": ["report", "scored", "--out", out + "/page.html"],
        "data pack": ["data", "pack", table, "--out", out + "/t.arrow"],
    }[verb]
    if verb == "report":
        scored = tmp_path / "scored"
        made = ["evaluate", "--data", folder, "--encoder", "random", "--out", str(scored)]
        assert main(made) == 0
        words[1] = str(scored)
    assert str(file) in refused(words, capsys)
    assert file.read_text() == "mine"


def test_a_full_disk(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, out = lareqa_folder(tmp_path / "data"), tmp_path / "out"

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    words = ["evaluate", "--data", str(folder), "--encoder", "random", "--out", str(out)]
    with monkeypatch.context() as patch:
        patch.setattr(pq.ParquetWriter, "write_table", full)
        assert "the disk is full" in refused(words, capsys)
    assert not list(out.iterdir())
    assert main(words) == 0
