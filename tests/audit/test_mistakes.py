"""Mistakes in what is asked of an audit are told before any work."""

from pathlib import Path

import pytest

from lingweave.audit.config import AuditConfig
from lingweave.cli import main
from lingweave.errors import LingweaveError


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"corpus": None}, "--corpus"),
        ({"benchmark": "xquad-r"}, "--corpus"),
        ({"queries": None}, "--qrels"),
        ({"queries": None, "qrels": None, "probe": False}, "--probe"),
        ({"corpus": ["nowhere.jsonl"]}, "nowhere.jsonl"),
        ({"languages": ["tlh"]}, "tlh"),
        ({"split": "dev"}, "--split"),
        ({"sample": 0}, "--sample"),
        ({"pivot": "klingon"}, "--pivot klingon: unknown language"),
        ({"shards": "s"}, "--shards"),
        ({"encoder": None}, "--model"),
    ],
)
def test_mistakes_are_one_line(files, tmp_path, capsys, changes, words):
    fields = {"corpus": [str(files / "documents.jsonl")], "queries": [str(files / "queries.jsonl")],
              "qrels": [str(files / "qrels.txt")], "encoder": "random"} | changes  # fmt: skip
    options = ["--out", str(tmp_path / "a")]
    for name, value in fields.items():
        if value is not None:
            options += [f"--{name}", *(value if isinstance(value, list) else [str(value).lower()
                        if isinstance(value, bool) else str(value)])]  # fmt: skip
    assert main(["audit", *options]) == 2
    error = capsys.readouterr().err
    assert error.startswith("lingweave: ")
    assert error.count("\n") == 1
    assert words in error
    assert not Path(tmp_path / "a").exists()


def test_an_audit_does_not_overwrite_the_vectors_it_is_of(tmp_path):
    with pytest.raises(LingweaveError, match=r"would overwrite .*means-removed.npz; give another"):
        AuditConfig(
            corpus=["c.jsonl"],
            vectors=tmp_path / "a" / ".." / "means-removed.npz",
            out=tmp_path,
        )
