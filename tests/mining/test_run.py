"""The verb: a file of negatives, its figures, going on after an interruption, and mistakes."""

import errno

import numpy as np
import pyarrow.parquet as pq
import pytest
from tiny import tiny_model

from lingweave.cli import main
from lingweave.encoders.random_vectors import RandomVectors
from lingweave.mining import MineConfig
from lingweave.mining.run import mine
from lingweave.mining.search import Search
from lingweave.negatives import HardNegatives, made_by
from lingweave.sources.rows import read_table


def lists(path):
    return pq.read_table(path).to_pydict()


def refused(words, capsys):
    capsys.readouterr()
    assert main(words) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.count("\n") == 1
    return printed.err


@pytest.mark.parametrize("scope", ["language", "pool", "both"])
def test_the_verb_writes_what_training_reads(table_file, tmp_path, capsys, scope):
    out = tmp_path / "mined.parquet"
    words = ["mine", "--table", str(table_file), "--encoder", "tfidf", "--scope", scope]
    assert main([*words, "--per_record", "5", "--share=0.8", "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "120 of 120 records in 4 languages: 5 hard negatives each" in printed
    assert f"lingweave train --table {table_file} --mined {out} --negatives 4" in printed
    table = read_table([table_file])
    negatives = HardNegatives.read(out, table)
    owners, rows = negatives.of(np.arange(120), 5)
    assert (np.bincount(owners, minlength=120) == 5).all()
    assert (owners != rows).all()
    lower = negatives.scores.reshape(120, 5)
    assert (np.diff(lower, axis=1) <= 1e-6).all()
    assert (lower < negatives.positive_scores[:, None]).all()
    made = negatives.made_by
    assert made["encoder"]["encoder"] == "tfidf"
    assert made["configuration"]["scope"] == scope
    assert made["table"]["fingerprint"] == table.fingerprint
    assert made["table"]["languages"] == ["de", "el", "en", "ru"]
    assert "torch" in made["software"]
    assert made["summary"]["records"] == 120
    assert 0 <= made["summary"]["filtered"] < 1
    assert not (tmp_path / "mined.parquet.parts").exists()


def test_negatives_share_words_with_the_query(table_file, tmp_path):
    out = tmp_path / "mined.parquet"
    mine(MineConfig([str(table_file)], out, encoder="tfidf", per_record=3, share=None))
    table = read_table([table_file])
    negatives = HardNegatives.read(out, table)
    for language in range(4):
        words = [{*table.query(row, language).split()} for row in range(120)]
        passages = [{*table.passage(row, language).split()} for row in range(120)]
        shared = [len(words[row] & passages[other]) for row in range(120) for other in
                  negatives.of(np.array([row]), 1)[1]]  # fmt: skip
        chance = [len(words[row] & passages[(row + 7) % 120]) for row in range(120)]
        assert np.mean(shared) > 4 * np.mean(chance)


def test_a_model_and_dot_products(table_file, tmp_path, capsys):
    model, out = tiny_model(tmp_path / "model"), tmp_path / "mined.parquet"
    words = ["mine", "--table", str(table_file), "--model", str(model), "--languages", "de,en"]
    words += ["--similarity", "dot"]
    # Words that the model does not know are all alike to it: nothing is left by the filter.
    assert "every record is left out" in refused([*words, "--out", str(out)], capsys)
    words += ["--share", "null", "--out", str(out)]
    assert main(words) == 0
    made = made_by(out)
    assert made["configuration"]["model"] == made["encoder"]["sha256"]
    assert made["table"]["languages"] == ["de", "en"]
    HardNegatives.read(out, read_table([table_file]))


def test_a_finished_file_is_kept_and_another_configuration_refused(table_file, tmp_path, capsys):
    out = tmp_path / "mined.parquet"
    words = ["mine", "--table", str(table_file), "--encoder", "random", "--out", str(out)]
    assert main(words) == 0
    before, written = capsys.readouterr().out, out.stat().st_mtime_ns
    assert main(words) == 0
    assert capsys.readouterr().out == before
    assert out.stat().st_mtime_ns == written
    assert "differs in seed" in refused([*words, "--seed", "3"], capsys)
    assert "differs in margin, scope" in refused([*words, "--margin=.1", "--scope=pool"], capsys)
    assert "differs in table" in refused([*words, "--split=validation"], capsys)


def test_an_interrupted_search_goes_on(table_file, tmp_path, monkeypatch):
    monkeypatch.setattr("lingweave.mining.run.BLOCK", 50)
    fields = {"table": [str(table_file)], "encoder": "random", "share": None}
    whole, out = MineConfig(out=tmp_path / "a", **fields), MineConfig(out=tmp_path / "b", **fields)
    mine(whole)
    encode, search = RandomVectors.encode_passages, Search.found
    calls = []

    def stopped_in_english(self, texts, language):
        calls.append(language)
        if language == "en":
            raise KeyboardInterrupt
        return encode(self, texts, language)

    def stopped_in_second_block(self, rows, excluded):
        calls.append(rows.start)
        if rows.start == 50:
            raise KeyboardInterrupt
        return search(self, rows, excluded)

    with monkeypatch.context() as patch:
        patch.setattr(RandomVectors, "encode_passages", stopped_in_english)
        with pytest.raises(KeyboardInterrupt):
            mine(out)
    with monkeypatch.context() as patch:
        patch.setattr(Search, "found", stopped_in_second_block)
        with pytest.raises(KeyboardInterrupt):
            mine(out)
    assert [c for c in calls if c in ("de", "el", "en")] == ["de", "el", "en"]
    with monkeypatch.context() as patch:
        patch.setattr(RandomVectors, "encode_passages", None)
        patch.setattr(
            Search, "found", lambda self, rows, excluded: calls.append(rows.start) or
            search(self, rows, excluded)
        )  # fmt: skip
        mine(out)
    assert [c for c in calls if isinstance(c, int)] == [0, 50, 50, 100]
    assert lists(tmp_path / "a") == lists(tmp_path / "b")
    assert {p.name for p in tmp_path.iterdir()} == {"a", "b"}


def test_parts_serve_another_rule_but_not_another_encoder(
    table_file, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr("lingweave.mining.run.BLOCK", 50)
    out, fresh = tmp_path / "mined.parquet", tmp_path / "fresh.parquet"
    words = ["mine", "--table", str(table_file), "--encoder", "random"]
    search = Search.found

    def stopped_in_second_block(self, rows, excluded):
        if rows.start == 50:
            raise KeyboardInterrupt
        return search(self, rows, excluded)

    with monkeypatch.context() as patch:
        patch.setattr(Search, "found", stopped_in_second_block)
        assert main([*words, "--out", str(out)]) == 130
    assert "mined.parquet.parts: is of a search that differs in seed" in refused(
        [*words, "--out", str(out), "--seed=2"], capsys
    )
    words.append("--share=0.3")
    assert main([*words, "--out", str(fresh)]) == 0
    monkeypatch.setattr(RandomVectors, "encode_queries", None)
    assert main([*words, "--out", str(out)]) == 0
    assert lists(out) == lists(fresh)


def test_damaged_parts_are_made_again(table_file, tmp_path, monkeypatch):
    monkeypatch.setattr("lingweave.mining.run.BLOCK", 50)
    fields = {"table": [str(table_file)], "encoder": "random", "share": None}
    whole, out = MineConfig(out=tmp_path / "a", **fields), MineConfig(out=tmp_path / "b", **fields)
    mine(whole)
    search = Search.found

    def stopped_in_last_block(self, rows, excluded):
        if rows.start == 100:
            raise KeyboardInterrupt
        return search(self, rows, excluded)

    with monkeypatch.context() as patch:
        patch.setattr(Search, "found", stopped_in_last_block)
        with pytest.raises(KeyboardInterrupt):
            mine(out)
    parts = tmp_path / "b.parts"
    cut, swapped = parts / "query-de.npy", parts / "passage-el.npy"
    cut.write_bytes(cut.read_bytes()[:-10])
    swapped.write_bytes(b"no vectors" * 40)
    (parts / "query-ru.npy").write_bytes(b"")
    first, second = sorted(parts.glob("found-*.arrow"))
    first.write_bytes(first.read_bytes()[:-10])
    second.write_bytes(first.read_bytes().replace(b"\1", b"\2"))
    mine(out)
    assert lists(tmp_path / "a") == lists(tmp_path / "b")


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["--encoder", "random"], "no table given"),
        (["--table", "absent.jsonl", "--encoder", "random"], "absent.jsonl: no such file"),
        (["--table", "t"], "give one of --model and --encoder (neither given)"),
        (["--table", "t", "--model", "m", "--encoder", "random"], "(both given)"),
        (["--table", "t", "--encoder", "bm25"], "encoder"),
        (["--table", "t", "--encoder", "random", "--scope", "all"], "scope"),
        (["--table", "t", "--encoder", "random", "--share", "1.5"], "--share 1.5: must be above 0"),
        (["--table", "t", "--encoder", "random", "--share", "0"], "--share 0.0: must be above 0"),
        (["--table", "t", "--encoder", "random", "--margin=-1"], "--margin -1.0: must be 0"),
        (["--table", "t", "--encoder", "random", "--per_record", "0"], "must be 1 or more"),
        (["--table", "t", "--encoder", "random", "--similarity", "dot"], "goes with --model"),
        (["--table", "t", "--encoder", "random", "--dtype", "bf16"], "only a model"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_mistakes(tmp_path, monkeypatch, capsys, words, line):
    monkeypatch.chdir(tmp_path)
    assert line in refused(["mine", *words], capsys)
    assert list(tmp_path.iterdir()) == []


def test_places_that_cannot_be_written(table_file, tmp_path, capsys):
    words = ["mine", "--table", str(table_file), "--encoder", "random", "--out"]
    file = tmp_path / "file"
    file.write_text("mine")
    assert f"{file} is not a folder" in refused([*words, str(file / "below")], capsys)
    assert "is a folder; name a file in it" in refused([*words, str(tmp_path)], capsys)
    assert "not a readable file of hard negatives" in refused([*words, str(file)], capsys)
    assert file.read_text() == "mine"


@pytest.mark.parametrize(
    ("encoder", "device", "line"),
    [
        ("random", "abacus", "no such device"),
        ("random", "meta", "no such device"),
        ("random", "cuda:99", "no such device"),
        ("tfidf", "abacus", "no such device"),
        ("tfidf", "cuda", "tfidf works on the cpu"),
    ],
)
def test_a_device_that_is_not_there(table_file, tmp_path, capsys, encoder, device, line):
    words = ["mine", "--table", str(table_file), "--encoder", encoder, "--device", device]
    message = refused([*words, "--out", str(tmp_path / "m")], capsys)
    assert f"--device {device}: {line}" in message
    assert not list(tmp_path.iterdir())


def test_a_full_disk(table_file, tmp_path, capsys, monkeypatch):
    out = tmp_path / "mined.parquet"
    words = ["mine", "--table", str(table_file), "--encoder", "random", "--out", str(out)]

    def full(*_, **__):
        raise OSError(errno.ENOSPC, "No space left on device")

    for place in ("lingweave.mining.parts.write_sealed", "pyarrow.parquet.write_table"):
        with monkeypatch.context() as patch:
            patch.setattr(place, full)
            assert "No space left on device" in refused(words, capsys)
        assert not out.exists()
    assert main(words) == 0
    assert {path.name for path in tmp_path.iterdir()} == {"mined.parquet"}


def test_queries_and_passages_in_different_languages_need_the_pool(tmp_path, capsys):
    rows = tmp_path / "rows.jsonl"
    rows.write_text(
        "".join(
            f'{{"id": "{i}", "lang": "{x}", "query": {q}, "passage": {p}}}\n'
            for i in range(4)
            for x, q, p in (("sw", f'"swali {i}"', "null"), ("en", "null", f'"text {i}"'))
        )
    )
    words = ["mine", "--table", str(rows), "--encoder", "random", "--share", "null"]
    words += ["--out", str(tmp_path / "mined.parquet")]
    assert "give --scope pool" in refused(words, capsys)
    assert main([*words, "--scope", "pool"]) == 0
    assert [len(ids) for ids in lists(tmp_path / "mined.parquet")["negatives"]] == [3] * 4
