"""Token ids: those of the library's own preprocessing, made once, and never taken from a bad file.

``check`` of Tokens is called once for every batch of texts that is tokenised, so it counts here
what was not taken from the store.
"""

import errno
import json
import multiprocessing
import os
import signal
import tempfile
import time
from functools import lru_cache
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pair import PRELOADED
from sentence_transformers.sentence_transformer.modules import Pooling
from tokenizers import processors

from lingweave.errors import LingweaveError
from lingweave.sources.rows import read_table
from lingweave.table import SIDES, ParallelTable
from lingweave.training import TrainConfig
from lingweave.training.encoder import built_encoder
from lingweave.training.tokens import (
    Sequences,
    Tokens,
    columns,
    joined,
    shard,
    store_folder,
    text_id,
)

PROMPTS = ("Query: ", "Passage: ")
LETTERS = ["abba cdef", "kmn op", "βγδ αλμ ζη", "жзи клм н", "日本語の文です。", "a" * 300]
WAYS = ("static", "transformer", "decoder")


def encoder(way):
    """A tiny model: a bag of subwords, a padded transformer, one padded left with an end mark."""
    config = TrainConfig(
        encoder="static" if way == "static" else "transformer",
        vocabulary=400,
        dimension=32,
        layers=1,
    )
    model = built_encoder(config, lambda: iter(LETTERS * 3))
    if way == "decoder":
        tokenizer = model[0].tokenizer
        tokenizer.padding_side = "left"
        tokenizer.backend_tokenizer.post_processor = processors.TemplateProcessing(
            single="$A [SEP]", special_tokens=[("[SEP]", tokenizer.sep_token_id)]
        )
    return model.eval()


@lru_cache
def model_of(way):
    return encoder(way)


@pytest.fixture(params=WAYS)
def model(request):
    return model_of(request.param)


def table_of(datasets, negatives=()):
    """A table of data sets of records: ``{language: text}``, the passage being the text twice."""
    records = [(name, record) for name, part in datasets.items() for record in part]
    languages = sorted({language for _, record in records for language in record})
    cells = {x: [record.get(x) for _, record in records] for x in languages}
    columns = {f"query:{x}": pa.array(cells[x], pa.string()) for x in languages}
    columns |= {
        f"passage:{x}": pa.array([None if t is None else f"{t} {t}" for t in cells[x]], pa.string())
        for x in languages
    }
    for language, lists in dict(negatives).items():
        columns[f"negatives:{language}"] = pa.array(lists, pa.list_(pa.string()))
    return ParallelTable.build(
        pa.array([str(i) for i in range(len(records))]),
        pa.array([name for name, _ in records]),
        pa.nulls(len(records)),
        languages,
        columns,
    )


def records(n, start=0, languages=("de", "en", "ru"), hole=True):
    """n records; every fifth has no text in the last language."""
    return [
        {
            x: f"{LETTERS[i % 5]} {x} {i}"
            for x in languages
            if not (hole and i % 5 == 4 and x == "ru")
        }
        for i in range(start, start + n)
    ]


@pytest.fixture
def table():
    return table_of({"a": records(40), "b": records(17, 40)})


def cells_of(table, side):
    """All (rows, languages) that have a text."""
    return [np.array(x, np.int64) for x in np.nonzero(table.present(SIDES[side]))]


def everything(tokens):
    return [tokens.sequences(side, *cells_of(tokens.table, side)) for side in (0, 1)]


def same(one, other):
    return all(
        np.array_equal(a, b)
        for x, y in zip(one, other, strict=True)
        for a, b in zip(x, y, strict=True)
    )


class Calls:
    """Counts the batches of texts that were tokenised."""

    def __init__(self, stop_at=None):
        self.count, self.stop_at = 0, stop_at

    def __call__(self):
        self.count += 1
        if self.count == self.stop_at:
            raise KeyboardInterrupt


def opened(model, table, folder, **options):
    return Tokens(model, table, PROMPTS, (24, 32), folder, **options)


def files_in(folder):
    return sorted(folder.rglob("*.arrow"))


@given(st.lists(st.lists(st.integers(0, 9), max_size=4), max_size=6), st.data())
def test_sequences_are_taken_and_joined_like_lists(lists, data):
    def sequences(some):
        return joined(
            [Sequences(np.array(x, np.int64), np.array([len(x)]), np.array([sum(x)])) for x in some]
        )

    def plain(found):
        ends = np.cumsum(found.sizes)
        return [found.ids[end - n : end].tolist() for n, end in zip(found.sizes, ends, strict=True)]

    whole = sequences(lists)
    assert plain(whole) == lists
    order = data.draw(
        st.lists(st.integers(0, len(lists) - 1), max_size=8) if lists else st.just([])
    )
    taken = whole.take(np.array(order, np.int64))
    assert plain(taken) == [lists[i] for i in order]
    assert taken.texts.tolist() == [sum(lists[i]) for i in order]
    assert plain(joined([taken, whole])) == plain(taken) + lists


@settings(max_examples=15, deadline=None)
@given(
    texts=st.lists(
        st.tuples(*[st.none() | st.text(st.characters(codec="utf-8"), max_size=60)] * 2).filter(
            any
        ),
        min_size=1,
        max_size=9,
    ),
    way=st.sampled_from(WAYS),
    data=st.data(),
)
def test_the_store_gives_what_the_library_preprocesses(texts, way, data):
    model = model_of(way)
    table = table_of(
        {
            "a": [
                {k: v for k, v in zip(("de", "en"), t, strict=True) if v is not None} for t in texts
            ]
        }
    )
    # A bag of words has no length in the library, so nothing is cut there.
    lengths = (999, 999) if way == "static" else (9, 14)
    with tempfile.TemporaryDirectory() as folder:
        tokens = Tokens(model, table, PROMPTS, lengths, Path(folder))
        again = Tokens(model, table, PROMPTS, lengths, Path(folder))
        for side, read in ((0, table.query), (1, table.passage)):
            rows, languages = cells_of(table, side)
            order = np.array(data.draw(st.permutations(range(len(rows)))))
            cells = rows[order], languages[order]
            found = tokens.sequences(side, *cells)
            assert same([found], [again.sequences(side, *cells)])
            words = [read(int(r), int(x)) for r, x in zip(*cells, strict=True)]
            assert found.texts.tolist() == [text_id(text) for text in words]
            stock = model.preprocess(words, prompt=PROMPTS[side], max_length=lengths[side])
            features = tokens.features(found)
            tensors = {k for k, v in stock.items() if isinstance(v, torch.Tensor)}
            assert features.keys() == tensors
            for name in tensors:
                torch.testing.assert_close(features[name], stock[name], rtol=0, atol=0)


def test_training_sees_what_encode_sees(model, table_file):
    table = read_table([table_file])
    tokens = Tokens(model, table, PROMPTS, (99, 99))
    rows, languages = np.arange(6), np.array([0, 1, 2, 3, 0, 1])
    for side, read, encode in (
        (0, table.query, model.encode_query),
        (1, table.passage, model.encode_document),
    ):
        features = tokens.features(tokens.sequences(side, rows, languages))
        with torch.no_grad():
            ours = model(features)["sentence_embedding"].numpy()
        texts = [read(int(r), int(x)) for r, x in zip(rows, languages, strict=True)]
        np.testing.assert_allclose(ours, encode(texts), atol=1e-6)


@pytest.mark.parametrize("size", [7, 1000])
def test_the_size_of_a_shard_changes_nothing(model, table, tmp_path, monkeypatch, size):
    expected = everything(opened(model, table, None))
    monkeypatch.setattr(columns, "SHARD", size)
    assert same(everything(opened(model, table, tmp_path)), expected)
    assert same(everything(opened(model, table, tmp_path)), expected)
    rows = np.array([50, 3, 3, 41, 0])
    taken = opened(model, table, tmp_path).sequences(1, rows, np.array([1, 0, 0, 2, 1]))
    naive = [text_id(table.passage(int(r), x)) for r, x in zip(rows, (1, 0, 0, 2, 1), strict=True)]
    assert taken.texts.tolist() == naive


def test_nothing_is_tokenised_twice(model, table, tmp_path):
    first, second, said = Calls(), Calls(), []
    opened(model, table, tmp_path, check=first, say=said.append)
    opened(model, table, tmp_path, check=second, say=said.append)
    assert (first.count, second.count) == (12, 0)
    texts = int(table.present("query").sum() + table.present("passage").sum())
    assert f"{texts} of {texts} texts tokenised" in said[0]
    assert f"{texts} texts from {tmp_path}" in said[1]


def test_a_text_that_is_not_there_is_refused(model, table):
    tokens = opened(model, table, None)
    with pytest.raises(ValueError, match="no such text"):
        tokens.sequences(0, np.array([3, 4]), np.array([2, 2]))


def test_negatives_are_those_of_the_table(model, tmp_path, monkeypatch):
    monkeypatch.setattr(columns, "SHARD", 3)
    lists = [["x y", "z"], None, [], ["kmn", "op", "abba"], ["z"], ["a b", "a b"]]
    table = table_of(
        {"a": records(4), "b": records(2, 4)}, {"en": lists, "ru": [["д"], *[None] * 5]}
    )
    rows, languages = np.array([3, 0, 0, 1, 5, 2, 4, 0]), np.array([1, 1, 2, 1, 1, 1, 1, 0])
    for folder in (None, tmp_path, tmp_path):
        tokens = opened(model, table, folder)
        for count in (1, 2, 5):
            naive = [
                text
                for row, language in zip(rows.tolist(), languages.tolist(), strict=True)
                for text in table.negatives(row, language)[:count]
            ]
            found = tokens.negatives(rows, languages, count)
            assert found.texts.tolist() == [text_id(text) for text in naive]
            stock = model.preprocess(naive, prompt=PROMPTS[1], max_length=32)
            assert torch.equal(tokens.features(found)["input_ids"], stock["input_ids"])
    calls = Calls()
    opened(model, table, tmp_path, check=calls).negatives(rows, languages, 1)
    assert calls.count == 0


def test_a_table_without_negatives_has_none(model, table):
    assert not len(opened(model, table, None).negatives(np.arange(3), np.zeros(3, int), 4).sizes)


def cut(path, others):
    path.write_bytes(path.read_bytes()[:-100])


def empty(path, others):
    path.write_bytes(b"")


def flip(path, others):
    content = bytearray(path.read_bytes())
    content[np.random.default_rng(0).integers(len(content))] ^= 4
    path.write_bytes(bytes(content))


def swap(path, others):
    there = others[0].read_bytes()
    others[0].write_bytes(path.read_bytes())
    path.write_bytes(there)


def foreign(path, others):
    path.write_bytes(os.urandom(5000))


def older(path, others):
    """A file of another format that is sound by its own checksum."""
    real, count = shard.FORMAT_VERSION, 40 if shard.read_shard(path, 40) else 17
    try:
        shard.FORMAT_VERSION = real - 1
        content = shard.Shard(np.zeros(count + 1, int), np.empty(0, np.int32), np.zeros(count, int))
        shard.write_shard(path, content)
    finally:
        shard.FORMAT_VERSION = real


@pytest.mark.parametrize("damage", [cut, empty, flip, swap, foreign, older])
def test_a_bad_file_is_made_again(table, tmp_path, damage):
    model = model_of("transformer")
    expected = everything(opened(model, table, tmp_path))
    before = {path: path.read_bytes() for path in files_in(tmp_path)}
    path, *others = before
    damage(path, others)
    changed = sum(path.read_bytes() != content for path, content in before.items())
    assert changed == (2 if damage is swap else 1)
    calls = Calls()
    assert same(everything(opened(model, table, tmp_path, check=calls)), expected)
    assert calls.count == changed
    assert {path: path.read_bytes() for path in files_in(tmp_path)} == before


def test_every_flipped_byte_is_noticed(table, tmp_path):
    opened(model_of("static"), table, tmp_path)
    path = files_in(tmp_path)[0]
    count = 40 if shard.read_shard(path, 40) else 17
    sound = path.read_bytes()
    for place in range(0, len(sound), 11):
        content = bytearray(sound)
        content[place] ^= 1 << place % 8
        path.write_bytes(content)
        assert shard.read_shard(path, count) is None
    for length in range(0, len(sound), 53):
        path.write_bytes(sound[:length])
        assert shard.read_shard(path, count) is None


def test_another_tokenizer_prompt_or_length_has_its_own_files(table, tmp_path):
    plain, other = model_of("transformer"), encoder("transformer")
    other[0].tokenizer.add_tokens(["abba"])
    makers = [
        lambda folder: Tokens(plain, table, PROMPTS, (24, 32), folder),
        lambda folder: Tokens(other, table, PROMPTS, (24, 32), folder),
        lambda folder: Tokens(model_of("decoder"), table, PROMPTS, (24, 32), folder),
        lambda folder: Tokens(model_of("static"), table, PROMPTS, (24, 32), folder),
        lambda folder: Tokens(plain, table, ("Q: ", "Passage: "), (24, 32), folder),
        lambda folder: Tokens(plain, table, PROMPTS, (24, 9), folder),
    ]
    for make in makers * 2:
        assert same(everything(make(tmp_path)), everything(make(None)))
    # Two data sets in three languages: six files a side, of which one is shared in the last two.
    assert len(files_in(tmp_path)) == 4 * 12 + 2 * 6


def test_how_a_tokenizer_was_last_called_does_not_matter_and_stays(table, tmp_path):
    model = encoder("transformer")
    opened(model, table, tmp_path)
    model[0].tokenizer(["a b"] * 2, padding="max_length", truncation=True, max_length=77)
    before, calls = model[0].tokenizer.backend_tokenizer.to_str(), Calls()
    opened(model, table, tmp_path, check=calls)
    assert calls.count == 0
    opened(model, table, None)
    assert model[0].tokenizer.backend_tokenizer.to_str() == before
    assert json.loads(before)["truncation"]["max_length"] == 77


@pytest.mark.parametrize(
    ("datasets", "made"),
    [
        ({"a": records(41), "b": records(17, 40)}, 6),  # Grown: the other data set stays.
        ({"b": records(17, 40), "a": records(40)}, 0),
        ({"a": records(40)}, 0),
        ({"a": records(40, languages=("de", "en"))}, 0),
        ({"a": [*records(39), {**records(1, 39)[0], "de": "new"}], "b": records(17, 40)}, 2),
        ({"a": records(40, hole=False), "b": records(17, 40)}, 2),
    ],
)
def test_a_changed_table_costs_what_has_changed(table, tmp_path, datasets, made):
    model, calls = model_of("static"), Calls()
    opened(model, table, tmp_path)
    other = table_of(datasets)
    assert same(everything(opened(model, other, tmp_path, check=calls)),
                everything(opened(model, other, None)))  # fmt: skip
    assert calls.count == made


def test_a_stop_keeps_what_is_finished(table, tmp_path):
    model, calls = model_of("static"), Calls()
    with pytest.raises(KeyboardInterrupt):
        opened(model, table, tmp_path, check=Calls(stop_at=5))
    assert len(files_in(tmp_path)) == 4
    opened(model, table, tmp_path, check=calls)
    assert calls.count == 8


def test_a_full_disk_is_one_line_and_leaves_nothing_half_written(table, tmp_path, monkeypatch):
    plain, written = os.fsync, []

    def fsync(handle):
        written.append(handle)
        if len(written) == 4:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        plain(handle)

    model, calls = model_of("static"), Calls()
    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(LingweaveError, match="No space left") as error:
        opened(model, table, tmp_path)
    assert "\n" not in str(error.value)
    assert str(tmp_path) in str(error.value)
    assert [path.suffix for path in tmp_path.rglob("*.*")] == [".arrow"] * 3
    opened(model, table, tmp_path, check=calls)
    assert calls.count == 9


def test_what_the_dead_left_is_removed_and_what_the_living_write_is_not(table, tmp_path):
    model = model_of("static")
    opened(model, table, tmp_path)
    path = files_in(tmp_path)[0]
    path.unlink()
    old, young = path.with_name("old.part"), path.with_name("young.part")
    old.touch(), young.touch()
    os.utime(old, (time.time() - 7200,) * 2)
    opened(model, table, tmp_path)
    assert [x.name for x in path.parent.glob("*.part")] == ["young.part"]


def build(folder, kill_at, ready, result):
    """The body of a child process: builds a store, and is killed at a moment."""
    calls = Calls()

    def check():
        calls()
        if calls.count == kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        time.sleep(0.02)

    table = table_of({"a": records(40), "b": records(17, 40)})
    model = encoder("static")
    ready.wait()
    Tokens(model, table, PROMPTS, (24, 32), folder, check=check)
    result.put(calls.count)


@pytest.fixture(scope="module")
def processes():
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(PRELOADED))
    return context


def test_processes_that_build_at_once_share_the_work(processes, table, tmp_path):
    barrier, results = processes.Barrier(2), processes.SimpleQueue()
    children = [
        processes.Process(target=build, args=(tmp_path, None, barrier, results)) for _ in range(2)
    ]
    for child in children:
        child.start()
    for child in children:
        child.join(120)
    assert [child.exitcode for child in children] == [0, 0]
    made = [results.get(), results.get()]
    assert 12 <= sum(made) < 24
    assert not list(tmp_path.rglob("*.part"))
    calls = Calls()
    found = everything(opened(model_of("static"), table, tmp_path, check=calls))
    assert same(found, everything(opened(model_of("static"), table, None)))
    assert calls.count == 0


def test_a_killed_build_goes_on_where_it_was(processes, table, tmp_path):
    barrier, results = processes.Barrier(1), processes.SimpleQueue()
    child = processes.Process(target=build, args=(tmp_path, 6, barrier, results))
    child.start()
    child.join(120)
    assert child.exitcode == -signal.SIGKILL
    assert len(files_in(tmp_path)) == 5
    calls = Calls()
    found = everything(opened(model_of("static"), table, tmp_path, check=calls))
    assert calls.count == 7
    assert same(found, everything(opened(model_of("static"), table, None)))


def test_ids_are_mapped_and_not_loaded(table, tmp_path):
    tokens = opened(model_of("static"), table, tmp_path)
    mapped = Path("/proc/self/maps")
    if not mapped.exists():
        pytest.skip("no /proc")
    names = mapped.read_text()
    assert all(path.name in names for path in files_in(tmp_path))
    assert not any(part.ids.flags.owndata for part in tokens._columns[0].shards)


def test_the_store_lies_beside_the_table_or_where_it_is_told(tmp_path, monkeypatch):
    data, runs = tmp_path / "data", tmp_path / "runs"
    data.mkdir(), runs.mkdir()
    tables, out = [str(data / "a.jsonl"), "b.jsonl"], str(runs / "one")
    assert store_folder(None, tables, out) == data / ".lingweave-tokens"
    assert (data / ".lingweave-tokens" / ".gitignore").read_text() == "*\n"
    assert store_folder(None, [], out) == runs / ".lingweave-tokens"
    assert store_folder(str(tmp_path / "x" / "y"), tables, out) == tmp_path / "x" / "y"
    assert store_folder(str(runs), tables, out) == runs
    assert [path.name for path in runs.iterdir()] == [".lingweave-tokens"]
    # A folder that takes no files: a file stands where the store would be.
    other = tmp_path / "read-only"
    other.mkdir()
    (other / ".lingweave-tokens").write_text("")
    assert store_folder(None, [str(other / "a.jsonl")], out) == runs / ".lingweave-tokens"
    with pytest.raises(LingweaveError, match=r"tokens: .* cannot be written to .*another folder"):
        store_folder(str(other / ".lingweave-tokens"), tables, out)


def test_a_model_that_does_more_than_tokenise_is_refused(table):
    model = encoder("transformer")
    plain = model[0].preprocess

    def preprocess(inputs, prompt=None, **options):
        return plain([f"<|user|>{text}" for text in inputs], prompt=prompt, **options)

    model[0].preprocess = preprocess
    with pytest.raises(LingweaveError, match="more than tokenising"):
        Tokens(model, table, PROMPTS, (24, 32))


def test_pooling_without_the_prompt_is_refused(table):
    model = encoder("transformer")
    model[1] = Pooling(32, "mean", include_prompt=False)
    with pytest.raises(LingweaveError, match="leaves out the prompt"):
        Tokens(model, table, PROMPTS, (24, 32))
    assert Tokens(model, table, ("", ""), (24, 32)) is not None
