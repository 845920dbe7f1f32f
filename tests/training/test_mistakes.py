"""Runs that cannot work are refused in one line, before the long work, and leave nothing behind."""

import json
import os
import shutil
import signal
import threading
from pathlib import Path

import pytest
import torch
from tiny import tiny_decoder
from transformers import AutoTokenizer, BertConfig, BertModel, XLMRobertaConfig, XLMRobertaModel

from lingweave.errors import LingweaveError
from lingweave.negatives import HardNegatives
from lingweave.sources.rows import read_table
from lingweave.training import TrainConfig
from lingweave.training.run import RunInterrupted, train
from lingweave.training.tokens import Tokens

TEXTS = ["abba cdef", "kmn op", "βγδ αλμ ζη", "жзи клм н"]


def silent(line):
    return None


def refused(config, match, said=None):
    """The line with which a run is refused; its folder is not there afterwards."""
    with pytest.raises(LingweaveError, match=match) as error:
        train(config, on_line=silent, say=silent if said is None else said.append)
    assert "\n" not in str(error.value)
    assert not Path(config.out).exists()


@pytest.fixture(scope="module")
def decoder(tmp_path_factory):
    return tiny_decoder(tmp_path_factory.mktemp("qwen"), "qwen3", TEXTS)


@pytest.fixture(scope="module")
def static(table_file, tmp_path_factory):
    folder = tmp_path_factory.mktemp("static")
    config = TrainConfig(table=[str(table_file)], out=str(folder / "run"), vocabulary=400,
                         dimension=32, steps=2, batch_size=16, device="cpu")  # fmt: skip
    return train(config, on_line=silent, say=silent)


@pytest.fixture
def untouched(monkeypatch):
    """Fails the test if a table is tokenised."""

    def made(*args, **kwargs):
        raise AssertionError("a table was tokenised")

    monkeypatch.setattr(Tokens, "__init__", made)


def german(table_file, path, split):
    """Records of the toy table in one language, without hard negatives."""
    rows = [json.loads(line) for line in table_file.read_text(encoding="utf-8").splitlines()]
    kept = [
        {**row, "negatives": []} for row in rows if (row["lang"], row["split"]) == ("de", split)
    ]
    path.write_text("\n".join(map(json.dumps, kept)), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize(
    ("fields", "match"),
    [
        ({"lora": 4}, "lora: .*starts from nothing"),
        ({"encoder": "transformer", "lora": 4}, "lora: .*starts from nothing"),
        ({"gradient_checkpointing": True}, "gradient_checkpointing: "),
        ({"weights": "bf16"}, "weights: "),
        ({"encoder": "transformer", "optimizer": "adamw-8bit"}, "optimizer: adamw-8bit needs"),
        ({"encoder": "transformer", "optimizer": "rowwise"}, "optimizer: rowwise"),
        ({"optimizer": "rowwise", "max_grad_norm": 1.0}, "max_grad_norm: 1"),
        ({"pooling": "cls"}, "pooling: static"),
        ({"grad_cache": True}, "grad_cache: 'static'"),
        ({"chunk_tokens": 64}, "chunk_tokens: 'static'"),
        ({"mined": "nowhere.parquet", "negatives": 1}, "nowhere.parquet: no such file"),
        ({"objective": "infonce,align_queries(fr)=1"}, "objective: it names 'fr'"),
        ({"objective": "multi_positive"}, r"objective: .*multi\(2\), or infonce"),
        ({"query_length": 2}, "query_length: of 2 tokens the prompt"),
        ({"encoder": "transformer", "passage_length": 3}, "passage_length: of 3 tokens"),
    ],
)
def test_options_that_do_not_go_together(quick, untouched, fields, match):
    refused(TrainConfig(**quick | fields), match)


def test_multi_positive_runs_with_a_recipe_that_has_several(quick):
    given = {"objective": "multi_positive", "recipe": "multi-hybrid", "steps": 2}
    assert train(TrainConfig(**quick | given), on_line=silent).is_dir()


@pytest.mark.parametrize(
    ("fields", "match"),
    [
        ({"weights": "bf16"}, "weights: bf16 .*give lora"),
        ({"optimizer": "rowwise"}, "optimizer: rowwise"),
        ({"passage_length": 513}, "passage_length: 513 is more than the 512 tokens"),
    ],
)
def test_options_that_a_loaded_transformer_cannot_follow(quick, decoder, untouched, fields, match):
    refused(TrainConfig(**quick | {"encoder": str(decoder)} | fields), match)


@pytest.mark.parametrize(
    "fields",
    [
        {"lora": 4},
        {"gradient_checkpointing": True},
        {"pooling": "cls"},
        {"grad_cache": True},
        {"chunk_tokens": 64},
    ],
)
def test_options_that_a_loaded_static_encoder_cannot_follow(quick, static, untouched, fields):
    refused(TrainConfig(**quick | {"encoder": str(static)} | fields), f"{next(iter(fields))}: ")


def test_a_table_of_one_language(quick, table_file, tmp_path, untouched):
    given = quick | {"table": [german(table_file, tmp_path / "de.jsonl", "train")]}
    given["recipe"] = "x-x-mono"
    refused(TrainConfig(**given, negatives=2), "negatives: 2 .*give mined")
    for term, side in (("align_queries", "query"), ("align_passages(de)", "passage")):
        match = rf"objective: {term[:8]}.* needs translations.* {side} "
        refused(TrainConfig(**given, objective=f"infonce,{term}=1"), match)


def test_a_criterion_that_validation_cannot_give(quick, table_file, tmp_path, untouched):
    given = {"valid": [german(table_file, tmp_path / "de.jsonl", "dev")], "eval_every": 20}
    refused(TrainConfig(**quick | given, criterion="cross"), "criterion: cross needs .*two lang")


def test_a_teacher_of_another_width(quick, decoder, untouched, static, monkeypatch):
    monkeypatch.setattr(
        "lingweave.training.teacher.encoded", lambda *a: pytest.fail("the table was encoded")
    )
    given = {"objective": "distill_mse", "dimension": 64, "teacher": str(static)}
    refused(TrainConfig(**quick | given), "distill_mse .*32 dimensions and the model's 64")


def test_a_folder_that_was_there_stays(quick):
    out = Path(quick["out"])
    out.mkdir()
    (out / "notes.txt").write_text("mine")
    with pytest.raises(LingweaveError, match="query_length"):
        train(TrainConfig(**quick | {"query_length": 2}), on_line=silent, say=silent)
    assert (out / "notes.txt").read_text() == "mine"


# Lengths beyond what an encoder reads.


def small(folder, decoder, kind):
    """A BERT or XLM-R of 40 positions, of which XLM-R's first two are never a token's."""
    common = {"vocab_size": 400, "hidden_size": 32, "num_hidden_layers": 1,
              "num_attention_heads": 2, "intermediate_size": 64,
              "max_position_embeddings": 40}  # fmt: skip
    torch.manual_seed(0)
    if kind == "bert":
        BertModel(BertConfig(**common)).save_pretrained(folder)
    else:
        XLMRobertaModel(XLMRobertaConfig(**common, pad_token_id=1)).save_pretrained(folder)
    tokenizer = AutoTokenizer.from_pretrained(decoder)
    tokenizer.pad_token = tokenizer.convert_ids_to_tokens(1)
    tokenizer.save_pretrained(folder)
    return str(folder)


@pytest.mark.parametrize(("kind", "limit"), [("bert", 40), ("xlm-r", 38)])
def test_lengths_end_where_the_encoder_does(quick, decoder, tmp_path, kind, limit):
    given = quick | {"encoder": small(tmp_path / "m", decoder, kind), "steps": 2}
    given |= {"query_prompt": "a " * 15, "passage_prompt": "a " * 15}  # Every text is cut.
    refused(TrainConfig(**given | {"passage_length": 64}), f"more than the {limit} tokens")
    del given["passage_length"], given["query_length"]
    said = []
    folder = train(TrainConfig(**given), on_line=silent, say=said.append)
    for name in ("query_length", "passage_length"):
        (line,) = [line for line in said if line.startswith(f"{name}: ")]
        assert line.startswith(f"{name}: {limit}, all that")
    assert AutoTokenizer.from_pretrained(folder).model_max_length == limit


# What has changed since a run was stopped.


def stopped(config):
    def interrupt(line):
        if line["step"] == 10:
            os.kill(os.getpid(), signal.SIGINT)

    with pytest.raises(RunInterrupted):
        train(config, on_line=interrupt, say=silent)


def changed(config, name):
    with pytest.raises(LingweaveError, match=rf"^{name}: .* changed since the run in") as error:
        train(config, on_line=silent, say=silent)
    assert "\n" not in str(error.value)
    assert (Path(config.out) / "checkpoints").is_dir()


def touched(model):
    """Another model in the same folder."""
    path = Path(model) / "config_sentence_transformers.json"
    path.write_text(path.read_text() + "\n")


def test_a_run_does_not_go_on_from_other_models(quick, static, tmp_path):
    given = {"objective": "infonce,distill_kl=1", "learning_rate": 1e-3}
    for name in ("encoder", "teacher"):
        shutil.copytree(static, tmp_path / name)
        given[name] = str(tmp_path / name)
    config = TrainConfig(**quick | given)
    stopped(config)
    for name in ("teacher", "encoder"):  # The first one of the two is told.
        touched(given[name])
        changed(config, name)


def mined_by(table, path, seed):
    """A file in which each record has its next one, or the one after, as hard negative."""
    rows = (torch.arange(len(table)) + 1 + seed).remainder(len(table)).numpy()
    ones = torch.ones(len(table)).numpy()
    offsets = torch.arange(len(table) + 1).numpy()
    return HardNegatives(offsets, rows, ones / 2, ones, {"seed": seed}).write(path, table)


def test_a_run_does_not_go_on_from_other_files(quick, table_file, tmp_path):
    table, mined = read_table([table_file]), tmp_path / "mined.parquet"
    texts = tmp_path / "texts.jsonl"
    shutil.copy(table_file, texts)
    given = {"eval_every": 20, "negatives": 1, "vocabulary_from": [str(texts)],
             "mined": str(mined_by(table, mined, 0)),
             "valid": [german(table_file, tmp_path / "valid.jsonl", "dev")]}  # fmt: skip
    config = TrainConfig(**quick | given)
    stopped(config)
    with texts.open("a", encoding="utf-8") as file:
        file.write("\n")
    changed(config, "vocabulary_from")
    mined_by(table, mined, 1)
    changed(config, "mined")
    german(table_file, tmp_path / "valid.jsonl", "train")
    changed(config, "valid")


def test_a_run_with_the_same_inputs_goes_on(quick, static):
    config = TrainConfig(**quick | {"encoder": str(static), "eval_every": 20})
    stopped(config)
    assert train(config, on_line=silent, say=silent).is_dir()


def test_no_thread_is_left(quick):
    def makers():
        return [t for t in threading.enumerate() if t.name.startswith("lingweave-batches")]

    before = makers()
    train(TrainConfig(**quick | {"steps": 4}), on_line=silent, say=silent)
    stopped(TrainConfig(**quick | {"out": f"{quick['out']}-stopped"}))
    assert makers() == before
