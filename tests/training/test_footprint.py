"""What a run is said to take before it starts, against what it takes and against the literature."""

import json
import re

import numpy as np
import pytest
import torch
from torch import nn
from torch._subclasses.fake_tensor import FakeTensorMode
from torch.profiler import ProfilerActivity, profile
from transformers import (
    BertConfig,
    DistilBertConfig,
    Gemma3TextConfig,
    LlamaConfig,
    Qwen3Config,
    XLMRobertaConfig,
)

from benchmarks import footprint as benchmark
from lingweave.cli import main
from lingweave.errors import LingweaveError
from lingweave.training import TrainConfig
from lingweave.training.encoder import built_encoder
from lingweave.training.footprint import devices, footprint_of, traced
from lingweave.training.footprint.ledger import Ledger, Moment
from lingweave.training.footprint.memory import memory_of
from lingweave.training.footprint.shape import described, limit
from lingweave.training.footprint.traced import Setting, Step, Weights, traced_step
from lingweave.training.lookup import added_in_place
from lingweave.training.loss import unit
from lingweave.training.rowwise import RowwiseRMSProp
from lingweave.training.run import train
from lingweave.training.step import whole_step

LLAMA_7B = LlamaConfig(vocab_size=32_000, hidden_size=4096, intermediate_size=11_008)
YI_34B = LlamaConfig(
    vocab_size=64_000,
    hidden_size=7168,
    intermediate_size=20_480,
    num_hidden_layers=60,
    num_attention_heads=56,
    num_key_value_heads=8,
)


def qwen3(hidden, inner, layers, heads):
    return Qwen3Config(
        hidden_size=hidden,
        intermediate_size=inner,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=8,
        head_dim=128,
    )


# Parameters as the models' cards and checkpoints have them, without an output layer of its own.
PUBLISHED = [
    ("XLM-R base", XLMRobertaConfig(vocab_size=250_002, max_position_embeddings=514,
                                    type_vocab_size=1), 278_043_648),
    ("Gemma 3 270M", Gemma3TextConfig(vocab_size=262_144, hidden_size=640, intermediate_size=2048,
                                      num_hidden_layers=18, num_attention_heads=4,
                                      num_key_value_heads=1, head_dim=256), 268_098_176),
    ("Qwen3 0.6B", qwen3(1024, 3072, 28, 16), 596_049_920),
    ("Qwen3 4B", qwen3(2560, 9728, 36, 32), 4_022_468_096),
    ("Qwen3 8B", qwen3(4096, 12_288, 36, 32), 8_190_735_360 - 4096 * 151_936),
    ("Llama 2 7B", LLAMA_7B, 6_738_415_616 - 4096 * 32_000),
    ("Code Llama 34B", LlamaConfig(vocab_size=32_000, hidden_size=8192, intermediate_size=22_016,
                                   num_hidden_layers=48, num_attention_heads=64,
                                   num_key_value_heads=8), 33_743_970_304 - 8192 * 32_000),
    ("Yi 34B", YI_34B, 34_388_917_248 - 7168 * 64_000),
]  # fmt: skip


def small(**changes):
    shape = {"dim": 64, "hidden_dim": 256, "n_layers": 2, "n_heads": 4, "vocab_size": 500}
    return DistilBertConfig(**shape | changes)


def decoder(**changes):
    shape = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 3, "vocab_size": 500,
             "num_attention_heads": 4, "num_key_value_heads": 2}  # fmt: skip
    return LlamaConfig(**shape | changes)


@pytest.fixture
def run_of(tmp_path):
    """A run whose encoder is a folder with a configuration and nothing else."""

    def made(shape, **changes):
        shape.save_pretrained(tmp_path / "m")
        fields = {"batch_size": 16, "query_length": 16, "passage_length": 64, "device": "cpu"}
        return TrainConfig(**{"encoder": str(tmp_path / "m"), **fields, **changes})

    return made


def step_of(config, gpu=False, bf16=False, budget=0, sizes=None):
    rows = config.batch_size
    sizes = (
        np.repeat([config.query_length, config.passage_length], rows) if sizes is None else sizes
    )
    return traced_step(described(config), Setting(config, sizes, budget, bf16, gpu))


@pytest.mark.parametrize(("name", "shape", "count"), PUBLISHED, ids=[p[0] for p in PUBLISHED])
def test_parameters_are_those_that_were_published(run_of, name, shape, count):
    encoder = traced.shaped_encoder(described(run_of(shape)), run_of(shape))
    assert sum(p.numel() for p in encoder.parameters()) == count


def test_a_ledger_counts_what_is_kept_and_what_is_computed():
    with FakeTensorMode():
        layers = nn.Sequential(nn.Linear(30, 50, bias=False), nn.Sigmoid(), nn.Linear(50, 7))
        ledger = Ledger(layers.parameters())
        ledger.ignore(layers.parameters())
        with ledger:
            x = torch.zeros(11, 30)
            out = layers(x)
            # The input, what is behind the sigmoid (what is before it is gone), and the output.
            assert ledger.now == Moment(activations=4 * 11 * (30 + 50 + 7))
            assert ledger.flops == 2 * 11 * (30 * 50 + 50 * 7)
            out.sum().backward()
            del out
            gradients = 4 * (30 * 50 + 50 * 7 + 7)
            assert ledger.now == Moment(activations=4 * 11 * 30, gradients=gradients)
            # Two products for the last layer, one for the first: its input needs no gradient.
            assert ledger.flops == 2 * 11 * (2 * 30 * 50 + 3 * 50 * 7)
    assert ledger.most.gradients == gradients


def test_tensors_of_one_storage_count_once():
    with FakeTensorMode():
        ledger = Ledger()
        with ledger:
            x = torch.zeros(10, 10)
            y = x[2:].T
            assert ledger.now.total == 400
            del x
            assert ledger.now.total == 400
            del y
            assert ledger.now.total == 0


@pytest.mark.parametrize(
    ("lora", "checkpointing", "grad_cache"),
    [
        (None, False, False),
        (4, True, True),
        pytest.param(None, True, True, marks=pytest.mark.slow),
        pytest.param(4, True, False, marks=pytest.mark.slow),
    ],
)
def test_many_layers_are_worked_out_from_a_few(
    run_of, monkeypatch, lora, checkpointing, grad_cache
):
    config = run_of(
        decoder(num_hidden_layers=7),
        batch_size=8,
        lora=lora,
        gradient_checkpointing=checkpointing,
        grad_cache=grad_cache,
    )
    short = step_of(config)
    monkeypatch.setattr(traced, "repeated", lambda encoder, layers: [])
    whole = step_of(config)
    assert short.flops == pytest.approx(whole.flops, rel=1e-9)
    assert short.peak.total == pytest.approx(whole.peak.total, rel=0.01)
    assert short.weights == whole.weights


def test_many_chunks_are_worked_out_from_some(run_of):
    config = run_of(small(n_layers=1), batch_size=64)
    sizes = np.random.default_rng(0).integers(8, 64, 128)
    once = step_of(config, sizes=sizes, budget=800)
    assert once.chunks > 5
    # All chunks traced: as if each were a batch of its own, whose activations all are kept.
    kept = {}
    for budget in (800, 400):
        kept[budget] = step_of(config, sizes=sizes, budget=budget).peak.total
    assert kept[400] == pytest.approx(kept[800], rel=0.1)
    cached = step_of(config_with(config, grad_cache=True), sizes=sizes, budget=800)
    assert cached.peak.total < 0.4 * once.peak.total
    assert cached.flops == pytest.approx(4 / 3 * once.flops, rel=0.02)


def config_with(config, **changes):
    return TrainConfig(**config.to_dict() | changes)


def test_adapters_train_what_they_train_in_a_run(tmp_path):
    from tiny import tiny_decoder

    folder = tiny_decoder(tmp_path / "m")
    config = TrainConfig(encoder=str(folder), lora=4, lora_targets=["q_proj", "down_proj"])
    model = built_encoder(config, lambda: iter(()))
    (folder / "model.safetensors").unlink()
    weights = step_of(config_with(config, batch_size=2)).weights
    assert weights.parameters == sum(p.numel() for p in model.parameters())
    assert weights.trainable == sum(p.numel() for p in model.parameters() if p.requires_grad)
    assert weights.gradients == 4 * weights.trainable


def test_checkpointing_and_adapters_take_less(run_of):
    plain = step_of(run_of(decoder(num_hidden_layers=4)))
    saving = step_of(run_of(decoder(num_hidden_layers=4), gradient_checkpointing=True))
    assert saving.peak.total < 0.5 * plain.peak.total
    assert saving.flops > 1.2 * plain.flops
    lora = step_of(run_of(decoder(num_hidden_layers=4), lora=4))
    assert lora.flops < 0.85 * plain.flops  # No gradients of the weights.


def test_a_gpu_keeps_no_matrix_of_all_tokens_against_all(run_of):
    def peak(length, gpu, **shape):
        config = run_of(small(max_position_embeddings=1024, **shape), batch_size=2,
                        query_length=length, passage_length=length)  # fmt: skip
        return step_of(config, gpu=gpu).peak.activations

    # Attention with dropout has no fused kernel on a CPU; without dropout it has.
    # (The mask itself has a number for every two tokens, but not for every head.)
    assert peak(512, True) / peak(256, True) < 2.5
    assert peak(512, False) / peak(256, False) > 2.8
    bare = {"attention_dropout": 0.0}
    assert peak(512, False, **bare) / peak(256, False, **bare) < 2.5


WEIGHTS = Weights(1000, 1000, 4000, 4000, gathered=250, rows=20)


def test_the_peak_is_in_the_backward_pass_or_at_the_update():
    big = Step(WEIGHTS, 0.0, Moment(9000, 100, 10), Moment(9000, 4000, 50), 1)
    memory = memory_of(big, "adamw")
    assert memory.peak == 4000 + 8000 + 9000 + 100 + 10
    assert [memory.of(name).most for name in ("gradients", "activations", "loss")] == [
        4000,
        9000,
        50,
    ]
    little = big._replace(peak=Moment(50, 100, 10))
    assert memory_of(little, "adamw").peak == 4000 + 8000 + 4000
    assert memory_of(big, "adamw-8bit").of("optimiser").most == 2 * 1000 + 31
    assert memory_of(big, "rowwise").of("optimiser").most == 8 * 20


def test_several_processes_add_buffers_or_share_the_model():
    step = Step(WEIGHTS, 0.0, Moment(9000, 0, 0), Moment(9000, 4000, 0), 1)
    assert memory_of(step, "adamw", ranks=4).peak == memory_of(step, "adamw").peak + 4000
    shared = memory_of(step, "adamw", ranks=4, sharded=True)
    assert shared.of("weights").most == 1000
    assert shared.of("optimiser").most == 2000
    assert shared.of("processes").most == 4 * 250


def test_more_processes_bring_more_candidates(run_of, monkeypatch):
    config = run_of(small(), plan_device="cpu")
    alone = footprint_of(config)
    monkeypatch.setenv("WORLD_SIZE", "8")
    together = footprint_of(config)
    assert together.ranks == 8
    assert together.step.most.loss > 4 * alone.step.most.loss
    assert together.memory.of("processes").most == alone.step.weights.gradients


def test_devices_are_told_apart(monkeypatch):
    assert devices.device_of("h200").memory > devices.device_of("h100-80gb").memory
    with pytest.raises(LingweaveError, match=r"plan_device: 'abacus'.*a100-80gb.*cpu"):
        devices.device_of("abacus")
    here = devices.device_of("cpu")
    assert not here.gpu
    assert here.fp32 > 1e8
    for name, expected in (("NVIDIA H100 80GB HBM3", "h100-80gb"), ("NVIDIA L4", "l4"),
                           ("NVIDIA A100-SXM4-40GB", "a100-40gb"), ("NVIDIA L40S", "l40s"),
                           ("NVIDIA GeForce RTX 4090", "rtx-4090")):  # fmt: skip
        known = devices.device_of(expected)
        found = type("P", (), {"name": name, "total_memory": known.memory + 5})
        monkeypatch.setattr(torch.cuda, "get_device_properties", lambda index, f=found: f)
        monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
        assert devices.device_of(None) == known._replace(memory=known.memory + 5)


def said(capsys, *words):
    assert main(["train", *words]) == 0
    return capsys.readouterr().out


def figures(page, row):
    return re.findall(r"\d[\d,.]*\d|\d", page.split(f"\n{row}")[1].split("\n")[0])


def test_the_command_needs_a_configuration_alone(run_of, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    config = run_of(decoder())
    words = ["--encoder", config.encoder, "--batch-size=16", "--plan-device", "h100-80gb"]
    page = said(capsys, *words, "--plan-only", "--lora", "4", "--steps", "77")
    assert "lengths at their limits" in page
    assert figures(page, "steps") == ["77"]
    assert figures(page, "tokens a step")[0] == f"{16 * (64 + 256):,}"
    assert said(capsys, *words, "--plan_only", "--lora=4", "--steps=77") == page
    assert {p.name for p in tmp_path.iterdir()} == {"m"}  # Nothing was written.


def test_a_plan_refuses_what_the_run_would(run_of, table_file, tmp_path, capsys):
    decoding = run_of(decoder()).encoder
    for words, match in (
        (["--sharding=full"], "sharding: full is for transformers"),
        (["--objective=distill_mse"], "teacher"),
        (["--optimizer=rowwise", "--max_grad_norm=1"], "max_grad_norm: 1"),
        (["--negatives=1", "--mined=nowhere.parquet", f"--table={table_file}"], "nowhere.parquet"),
        ([f"--encoder={decoding}", "--passage_length=100000"], "passage_length: 100000 is more"),
        ([f"--encoder={decoding}", "--optimizer=rowwise"], "optimizer: rowwise is for static"),
        (
            [
                "--objective=distill_mse",
                "--teacher=m",
                "--teacher_language=tlh",
                f"--table={table_file}",
            ],
            "teacher_language: 'tlh'",
        ),
        (["--eval_every=1", f"--table={table_file}", "--valid=nowhere.jsonl"], "nowhere.jsonl"),
    ):
        assert main(["train", "--plan-only", *words]) == 2
        assert match in capsys.readouterr().err


def test_from_python_a_plan_is_not_a_run(quick):
    with pytest.raises(LingweaveError, match=r"plan_only: .*footprint_of"):
        train(TrainConfig(**quick | {"plan_only": True}))


def test_lengths_are_cut_to_what_the_model_reads(run_of):
    shape = BertConfig(vocab_size=400, hidden_size=32, num_hidden_layers=1, num_attention_heads=2,
                       intermediate_size=64, max_position_embeddings=40)  # fmt: skip
    plan = footprint_of(run_of(shape, query_length=64, passage_length=256))
    assert (plan.config.query_length, plan.config.passage_length) == (40, 40)
    assert plan.texts.sizes.max() == 40


def test_lengths_come_from_the_table_where_there_is_one(table_file, tmp_path, capsys):
    from tiny import tiny_decoder

    folder = tiny_decoder(tmp_path / "m")
    words = ["--encoder", str(folder), "--table", str(table_file), "--plan-only",
             "--batch_size", "16", "--device", "cpu", "--steps", "40"]  # fmt: skip
    page = said(capsys, *words)
    assert "16 batches of the plan" in page
    tokens, padded = (float(n.replace(",", "")) for n in figures(page, "tokens a step"))
    assert tokens <= padded < 16 * (64 + 256)
    assert "measured here" in page
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize("encoder", ["static", "transformer"])
def test_encoders_from_nothing_are_planned_too(encoder, capsys):
    page = said(capsys, "--encoder", encoder, "--plan-only", "--vocabulary", "5000",
                "--dimension", "64", "--batch_size", "16", "--plan_device", "l4")  # fmt: skip
    assert "a vocabulary of 5,000" in page
    if encoder == "static":
        assert figures(page, "parameters") == ["320,000"]
        assert "no estimate" in page


@pytest.mark.parametrize(
    ("files", "words", "message"),
    [
        ({}, [], "config.json"),
        ({"config.json": "{"}, [], "config.json"),
        ({"config.json": json.dumps({"model_type": "nosuch"})}, [], "config.json"),
        ({"config.json": small().to_json_string()}, ["--plan-device", "abacus"], "a100-80gb"),
        ({"config.json": small().to_json_string()}, ["--lora=2", "--lora-targets=x"], "q_lin"),
    ],
)  # fmt: skip
def test_mistakes_are_one_line(tmp_path, capsys, files, words, message):
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    assert main(["train", "--encoder", str(tmp_path), "--plan-only", *words]) == 2
    error = capsys.readouterr().err
    assert error.startswith("lingweave: ")
    assert error.count("\n") == 1
    assert message in error


def test_a_row_wise_step_takes_what_its_rows_take():
    config = TrainConfig(encoder="static", vocabulary=20_000, dimension=64, batch_size=64,
                         query_length=20, passage_length=100, device="cpu")  # fmt: skip
    sizes = np.repeat([20, 100], 64)
    setting = Setting(config, sizes, 0, False, False)
    memory = memory_of(traced_step(described(config), setting), "rowwise")
    planned = memory.peak - memory.of("weights").most - memory.of("optimiser").most

    table = nn.EmbeddingBag(20_000, 64, mode="mean")
    optimizer = RowwiseRMSProp(table.parameters(), lr=0.1)
    ids = torch.randperm(20_000)[: sizes.sum()]  # All different, as a plan has to assume.
    offsets = torch.from_numpy(sizes.cumsum() - sizes)
    given = [{"input_ids": ids, "offsets": offsets}]
    for _ in range(2):  # The optimiser's state comes with the first.
        table.weight.grad = None
        with (
            profile(activities=[ProfilerActivity.CPU], profile_memory=True) as watch,
            added_in_place([table]),
        ):
            whole_step(lambda number, chunk: unit(table(chunk["input_ids"], chunk["offsets"])),
                       given, None, lambda vectors: traced._loss(vectors, setting))  # fmt: skip
            optimizer.step()
    assert planned == pytest.approx(benchmark._largest_sum(watch), rel=0.2)


@pytest.mark.parametrize(
    ("theirs", "tokenizer", "modules", "length"),
    [
        (128, 64, True, 128),  # sentence-transformers' own file goes first
        (64, 128, True, 64),
        (128, 64, False, 64),  # and is not read in a folder that is not theirs
        (None, 128, True, 128),
        (None, None, False, 512),  # the table of positions
    ],
)
def test_a_plan_reads_as_many_tokens_as_the_run_would(
    run_of, tmp_path, theirs, tokenizer, modules, length
):
    config = run_of(small(max_position_embeddings=512), passage_length=512)
    if theirs is not None:
        text = json.dumps({"max_seq_length": theirs})
        (tmp_path / "m" / "sentence_bert_config.json").write_text(text)
    if tokenizer is not None:
        (tmp_path / "m" / "tokenizer_config.json").write_text(
            f'{{"model_max_length": {tokenizer}}}'
        )
    if modules:
        part = {
            "idx": 0,
            "name": "0",
            "path": "",
            "type": "sentence_transformers.models.Transformer",
        }
        (tmp_path / "m" / "modules.json").write_text(json.dumps([part]))
    assert limit(described(config), config) == length


QUICK = ["DistilBERT, chunks of 512"]


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=() if name in QUICK else pytest.mark.slow)
        for name in benchmark.CASES
    ],
)
def test_the_memory_is_within_a_fifth_of_what_is_measured(tmp_path, name):
    config = benchmark.prepared(tmp_path, name)
    ratio = benchmark.planned(config) / benchmark.measured(config)["bytes"]
    assert ratio == pytest.approx(1, abs=benchmark.TOLERANCE)
