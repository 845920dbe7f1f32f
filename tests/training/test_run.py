"""Runs: they learn, repeat, refuse what they cannot continue, and leave nothing behind."""

import json
import os
import random
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file
from sentence_transformers import SentenceTransformer

from lingweave.errors import LingweaveError
from lingweave.sources.rows import read_table
from lingweave.training import TrainConfig
from lingweave.training.encoder import built_encoder
from lingweave.training.run import RunInterrupted, train
from lingweave.training.tokens import Tokens


def weights(folder):
    return load_file(Path(folder) / "model.safetensors")


def same(one, other):
    assert one.keys() == other.keys()
    return all(np.array_equal(one[k], other[k]) for k in one)


def silent(line):
    return None


def history(config):
    lines = (Path(config.out) / "history.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize("encoder", ["static", "transformer"])
def test_a_run_learns_and_its_model_loads_plainly(quick, encoder):
    config = TrainConfig(**quick | {"encoder": encoder, "steps": 80, "eval_every": 80})
    folder = train(config, on_line=silent)
    model = SentenceTransformer(str(folder), device="cpu")
    assert model.encode_query("abc").shape == (32,)
    lines = [line for line in history(config) if "loss" in line]
    assert [line["step"] for line in lines] == list(range(10, 81, 10))
    assert lines[-1]["loss"] < 0.9 * lines[0]["loss"]
    record = json.loads((folder / "lingweave.json").read_text())
    assert record["arm"] == record["recipe"] == "hybrid"
    assert record["languages"] == ["de", "el", "en", "ru"]
    assert (record["seed"], record["steps"], record["records"]) == (0, 80, 120)
    assert record["table"] == config.table
    assert len(record["table_fingerprint"]) == 32
    assert {"torch", "transformers", "lingweave"} <= record["software"].keys()
    assert not (Path(config.out) / "checkpoints").exists()


def test_the_same_seed_gives_the_same_weights_and_another_does_not(quick, tmp_path):
    quick |= {"encoder": "transformer", "steps": 10, "precision": "fp32"}
    models = [
        train(TrainConfig(**quick | {"out": str(tmp_path / str(i)), "seed": seed}), on_line=silent)
        for i, seed in enumerate((3, 3, 4))
    ]
    first, second, other = map(weights, models)
    assert same(first, second)
    assert not same(first, other)


def test_bf16_runs(quick):
    config = TrainConfig(
        **quick | {"encoder": "transformer", "steps": 20, "precision": "bf16", "recipe": "x-y"}
    )
    folder = train(config, on_line=silent)
    lines = history(config)
    assert lines[-1]["loss"] < lines[0]["loss"]
    assert all(w.dtype == np.float32 for w in weights(folder).values())


def test_dropout_is_on_from_the_first_step(quick, monkeypatch):
    seen = []
    plain = torch.nn.Dropout.forward

    def forward(self, values):
        seen.append(self.training)
        return plain(self, values)

    monkeypatch.setattr(torch.nn.Dropout, "forward", forward)
    train(TrainConfig(**quick | {"encoder": "transformer", "steps": 2}), on_line=silent)
    assert seen
    assert all(seen)


def test_a_run_leaves_no_state_behind(quick):
    handlers = [signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)]
    threads = torch.get_num_threads()
    drawn, inside = [], []
    for is_run in (False, True):
        random.seed(1), np.random.seed(1), torch.manual_seed(1)
        if is_run:
            config = TrainConfig(**quick | {"encoder": "transformer", "steps": 10, "threads": 2})
            train(config, on_line=lambda line: inside.append(torch.get_num_threads()))
            assert set(inside) == {2}
        drawn.append((random.random(), np.random.random(), torch.rand(1).item()))
    assert drawn[0] == drawn[1]
    assert torch.get_num_threads() == threads
    assert [signal.getsignal(s) for s in (signal.SIGINT, signal.SIGTERM)] == handlers
    assert not {"TOKENIZERS_PARALLELISM", "WANDB_PROJECT"} & os.environ.keys()


def test_a_finished_run_says_so_and_is_not_touched(quick, capsys):
    config = TrainConfig(**quick)
    folder = train(config, on_line=silent)
    before = (folder / "model.safetensors").stat().st_mtime_ns
    left = Path(config.out) / "checkpoints" / "step-00000040"
    left.mkdir(parents=True)  # As a kill at the end of the run leaves it.
    assert train(replace(config, keep=3), on_line=silent) == folder
    assert "complete after 40 steps" in capsys.readouterr().err
    assert (folder / "model.safetensors").stat().st_mtime_ns == before
    assert not left.parent.exists()


def test_another_configuration_in_the_folder_is_refused(quick):
    train(TrainConfig(**quick | {"steps": 2}), on_line=silent)
    with pytest.raises(LingweaveError, match=r"steps: 2 there, 3 here; .*seed: 0 there, 1 here"):
        train(TrainConfig(**quick | {"steps": 3, "seed": 1}), on_line=silent)


def test_other_data_under_the_same_names_are_refused(quick, table_file, tmp_path):
    copy = tmp_path / "copy.jsonl"
    copy.write_bytes(table_file.read_bytes())
    config = TrainConfig(**quick | {"table": [str(copy)], "steps": 2})
    train(config, on_line=silent)
    copy.write_text("\n".join(copy.read_text().splitlines()[:-200]))
    with pytest.raises(LingweaveError, match="data have changed"):
        train(config, on_line=silent)


def test_a_folder_under_a_file_is_refused(quick, tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(LingweaveError, match="is a file"):
        train(TrainConfig(**quick | {"out": str(tmp_path / "file" / "run")}))


def test_a_model_without_its_run_is_not_overwritten(quick):
    (Path(quick["out"]) / "model").mkdir(parents=True)
    with pytest.raises(LingweaveError, match=r"no run\.json"):
        train(TrainConfig(**quick))


def test_a_report_without_its_package_is_one_line(quick, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(LingweaveError, match="pip install wandb"):
        train(TrainConfig(**quick | {"report_to": "wandb"}))


def test_tensorboard_gets_the_figures(quick):
    pytest.importorskip("tensorboard")
    config = TrainConfig(**quick | {"report_to": "tensorboard", "steps": 10})
    train(config, on_line=silent)
    assert list(Path(config.out).rglob("events.out.tfevents.*"))


def test_validation_without_a_split_is_refused(quick, tmp_path):
    path = tmp_path / "only-train.jsonl"
    lines = Path(quick["table"][0]).read_text().splitlines()
    path.write_text("\n".join(line for line in lines if '"train"' in line))
    with pytest.raises(LingweaveError, match="nothing to validate on"):
        train(TrainConfig(**quick | {"table": [str(path)], "eval_every": 5}))


def test_the_best_model_is_kept_and_the_run_stops_without_progress(quick):
    # A rate that ruins the weights: after the first validation it only gets worse.
    config = TrainConfig(
        **quick
        | {"learning_rate": 5.0, "weight_decay": 0.15, "steps": 200, "warmup": 0.9}
        | {"eval_every": 10, "patience": 3, "criterion": "mono", "checkpoint_every": 7}
    )
    folder = train(config, on_line=silent)
    record = json.loads((folder / "lingweave.json").read_text())
    found = {line["step"]: line["eval_mono"] for line in history(config) if "eval_mono" in line}
    assert record["steps"] < 200
    assert record["steps"] == record["step"] + 30
    assert record["validation"] == max(found.values()) == found[record["step"]]
    assert not same(weights(folder), weights(Path(config.out) / "last"))


def test_a_small_validation_split_of_one_language_will_do(quick, tmp_path):
    path = tmp_path / "few.jsonl"
    lines = Path(quick["table"][0]).read_text().splitlines()
    path.write_text("\n".join([line for line in lines if '"dev"' in line and '"de"' in line][:3]))
    config = TrainConfig(**quick | {"valid": [str(path)], "eval_every": 40, "criterion": "multi"})
    train(config, on_line=silent)
    assert 0 < history(config)[-1]["eval_mono"] <= 1
    assert "eval_cross" not in history(config)[-1]


def test_what_is_validated_is_what_the_evaluation_ranks(quick, table_file):
    """Against a plain loop over the validation split."""
    from lingweave.training.data import Feed
    from lingweave.training.validation import Validation

    table = read_table([table_file], split="validation")
    config = TrainConfig(**quick)
    model = built_encoder(config, lambda: table.texts("passage")).eval()
    tokens = Tokens(model, table, ("", ""), (99, 99))
    validation = Validation(Feed(tokens), 16, 1000, "mono", 0.05)
    found = validation.figures(model, torch.device("cpu"))
    width = range(len(table.languages))
    encode = {
        side: [
            model.encode([read(r, x) for r in range(len(table))], normalize_embeddings=True)
            for x in width
        ]
        for side, read in (("query", table.query), ("passage", table.passage))
    }
    mono, cross, multi = [], [], []
    pool = np.concatenate(encode["passage"])
    for x in width:
        for r in range(len(table)):
            query = encode["query"][x][r]
            golds = [query @ encode["passage"][y][r] for y in width]
            for y in width:
                ahead = np.sum(encode["passage"][y] @ query >= golds[y] - 1e-6)
                (mono if x == y else cross).append(1 / ahead)
            ranks = sorted(np.sum(pool @ query >= gold - 1e-6) for gold in golds)
            multi.append(np.mean([(k + 1) / rank for k, rank in enumerate(ranks)]))
    for name, values in (("mono", mono), ("cross", cross), ("multi", multi)):
        assert found[name] == pytest.approx(np.mean(values), abs=1e-3)


def test_hard_negatives_and_a_schedule_run(quick):
    config = TrainConfig(**quick | {"negatives": 1, "recipe": "mono=0:1,cross=1:0", "steps": 10})
    assert (train(config, on_line=silent) / "modules.json").exists()


def test_training_goes_on_from_a_trained_model(quick, tmp_path):
    first = train(TrainConfig(**quick), on_line=silent)
    config = TrainConfig(
        **quick | {"encoder": str(first), "learning_rate": 1e-4, "out": str(tmp_path / "second")}
    )
    lines = []
    train(config, on_line=lines.append)
    begun = history(TrainConfig(**quick))[0]["loss"]
    assert lines[0]["loss"] < begun


def test_runs_share_a_table_and_token_ids(quick, table_file, tmp_path):
    start = train(TrainConfig(**quick | {"steps": 2}), on_line=silent)
    quick |= {"encoder": str(start), "learning_rate": 1e-2, "tokens": str(tmp_path / "ids")}
    table, said = read_table([table_file]), []
    first, second, other = (
        train(
            TrainConfig(**quick | {"out": str(tmp_path / name), "query_prompt": prompt}),
            table=table,
            on_line=silent,
            say=said.append,
        )
        for name, prompt in (("a", "Query: "), ("b", "Query: "), ("c", "Q: "))
    )
    lines = [line for line in said if line.startswith("tokens: ")]
    # 120 records in four languages, two sides; the third run shares the passages only.
    assert [line.split(" texts ")[0] for line in lines] == [
        "tokens: 960 of 960",
        "tokens: 960",
        "tokens: 480 of 960",
    ]
    assert same(weights(first), weights(second))
    assert not same(weights(first), weights(other))


def test_a_run_that_is_stopped_while_it_tokenises_goes_on(quick, tmp_path):
    def interrupt(message):
        if message.startswith("tokens: "):  # The table is done, the validation table is next.
            os.kill(os.getpid(), signal.SIGINT)

    config = TrainConfig(**quick | {"eval_every": 20, "tokens": str(tmp_path / "ids")})
    with pytest.raises(RunInterrupted, match="stopped at step 0") as stopped:
        train(config, on_line=silent, say=interrupt)
    assert stopped.value.number == signal.SIGINT
    assert train(config, on_line=silent).is_dir()


def test_the_vocabulary_may_come_from_other_files(quick, table_file, tmp_path):
    few = tmp_path / "few.jsonl"
    few.write_text("\n".join(table_file.read_text().splitlines()[:80]))
    quick |= {"table": [str(few)], "steps": 2, "batch_size": 8}
    own = train(TrainConfig(**quick), on_line=silent)
    config = TrainConfig(
        **quick | {"vocabulary_from": [str(table_file)], "out": str(tmp_path / "b")}
    )
    other = train(config, on_line=silent)
    assert (own / "tokenizer.json").read_text() != (other / "tokenizer.json").read_text()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_is_saved_and_goes_on(quick, tmp_path, number):
    whole = train(TrainConfig(**quick | {"out": str(tmp_path / "whole")}), on_line=silent)
    config = TrainConfig(**quick)

    def interrupt(line):
        if line["step"] == 20:
            os.kill(os.getpid(), number)

    with pytest.raises(RunInterrupted, match="same command") as stopped:
        train(config, on_line=interrupt)
    assert stopped.value.number == number
    assert 20 <= stopped.value.step < 40
    resumed = train(config, on_line=silent)
    assert same(weights(whole), weights(resumed))
    assert [line["step"] for line in history(config)] == [10, 20, 30, 40]
