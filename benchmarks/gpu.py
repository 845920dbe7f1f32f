"""What training takes on a GPU; without one it says so in a line.

    python benchmarks/gpu.py [--device cpu --tiny]

speed: an encoder in the shape of XLM-R base (random weights) over made-up texts of XQuAD's lengths,
    bf16, batch 100 and 1,024 (both sides with a gradient cache there): pairs a second against
    sentence-transformers' own trainer (``stock.py``), the share of the device's peak that the
    model's operations reach (of the texts' own tokens, and with the padding that each side adds),
    and peak memory.
lora: one step of LoRA with gradient checkpointing on decoders in the shape of 7B and 34B models,
    random bf16 weights made on the device: the largest sum of tensors that torch handed out beside
    what ``lingweave train --plan-only`` says.

``--tiny`` is for a look at the script itself: sizes at which figures mean nothing.
"""

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from stock import apart, changed, one_run, plan_of
from torch import Tensor
from trainer import made_up
from transformers import (
    LlamaConfig,
    PreTrainedTokenizerFast,
    XLMRobertaConfig,
    XLMRobertaModel,
)

from lingweave.objectives import objective_of
from lingweave.software import software
from lingweave.table import ParallelTable
from lingweave.training import TrainConfig
from lingweave.training.chunks import chunks_by_length, places
from lingweave.training.defaults import autocasts, chunk_budget
from lingweave.training.encoder import built_encoder
from lingweave.training.footprint import footprint_of
from lingweave.training.footprint.devices import Device, device_of
from lingweave.training.footprint.shape import Stack, described
from lingweave.training.loss import Texts, loss_and_gradient, unit
from lingweave.training.processes import Processes
from lingweave.training.step import cached_step, whole_step
from lingweave.training.tables import training_table
from lingweave.training.tokenizer import SPECIAL, trained_tokenizer, with_sentence_marks
from lingweave.training.tokens import Features, Tokens

RUNS, MINI_BATCH = 3, 64
HERE = str(Path(__file__).resolve())
ENCODER = {"hidden_size": 768, "intermediate_size": 3072, "num_hidden_layers": 12,
           "num_attention_heads": 12, "vocab_size": 250_002}  # fmt: skip
DECODERS = {
    "7B": {"hidden_size": 4096, "intermediate_size": 11_008, "num_hidden_layers": 32,
           "num_attention_heads": 32, "num_key_value_heads": 32, "vocab_size": 32_000},
    "34B": {"hidden_size": 7168, "intermediate_size": 20_480, "num_hidden_layers": 60,
            "num_attention_heads": 56, "num_key_value_heads": 8, "vocab_size": 64_000},
}  # fmt: skip
SMALL = {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2,
         "num_attention_heads": 2, "vocab_size": 6_000}  # fmt: skip


def main() -> int:
    """Prints the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--tiny", action="store_true", help="sizes at which figures mean nothing")
    parser.add_argument("--case", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.case:
        print(json.dumps(measured(json.loads(args.case))))
        return 0
    if args.device == "cuda" and not torch.cuda.is_available():
        print("no GPU here: nothing was measured")
        return 0
    versions, device = software(), device_of(None, args.device == "cpu")
    print(
        f"commit {versions['commit']}, sentence-transformers {versions['sentence-transformers']},"
        f" torch {versions['torch']}; {device.name}, {device.memory / 1e9:.0f} GB"
    )
    with tempfile.TemporaryDirectory() as folder:
        speed(args, Path(folder), device)
        for name, shape in DECODERS.items():
            lora(args, Path(folder) / name, name, SMALL if args.tiny else shape, device)
    return 0


def speed(args: argparse.Namespace, folder: Path, device: Device) -> None:
    """Prints both sides' pairs a second, utilisation and memory, at two batch sizes."""
    table = made_up(200 if args.tiny else 1_200)
    base = encoder_run(args, folder, table)
    for batch in (8, 16) if args.tiny else (100, 1024):
        cached = batch >= 16 if args.tiny else batch >= 1024
        steps = 4 if args.tiny else (44 if not cached else 8)
        config = changed(
            base, batch_size=batch, grad_cache=cached, steps=steps, log_every=max(1, steps // 4)
        )
        work = work_of(config, device)
        rows: dict[str, list[dict[str, Any]]] = {"stock": [], "ours": []}
        for _ in range(1 if args.tiny else RUNS):
            for side, found in rows.items():
                more = {"mini_batch": 4 if args.tiny else MINI_BATCH} if cached else {}
                case = {"side": side, "config": config.to_dict(),
                        "more": more if side == "stock" else {}}  # fmt: skip
                found.append(in_own_process(case))
        print(f"XLM-R base shape, batch {batch:,}{', gradient cache' if cached else ''}, bf16")
        peak = device.bf16 or float("nan")
        for side, found in rows.items():
            rate = statistics.median(run["rate"] for run in found)
            memory = max(run["memory"] for run in found)
            steps_a_second = rate / batch
            own, padded = work.own * steps_a_second, work.padded[side] * steps_a_second
            print(
                f"  {side:5} {rate:9,.1f} pairs/s; {own / peak:.1%} of the peak for the texts'"
                f" tokens, {padded / peak:.1%} with padding; {memory / 1e9:.1f} GB"
            )
        ratios = sorted(
            own["rate"] / theirs["rate"] for theirs, own in zip(*rows.values(), strict=True)
        )
        print(
            f"  ratio {statistics.median(ratios):.2f} ({ratios[0]:.2f}–{ratios[-1]:.2f});"
            f" tokens with padding {work.tokens['stock']:,.0f} and {work.tokens['ours']:,.0f}",
            flush=True,
        )


def encoder_run(args: argparse.Namespace, folder: Path, table: ParallelTable) -> TrainConfig:
    """A run over files: the table, and an encoder of random weights without dropout."""
    shape = XLMRobertaConfig(
        **(SMALL if args.tiny else ENCODER), max_position_embeddings=514, type_vocab_size=1,
        pad_token_id=SPECIAL.index("[PAD]"), hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )  # fmt: skip
    tokenizer = trained_tokenizer(lambda: table.texts("passage"), min(shape.vocab_size, 32_000))
    torch.manual_seed(0)
    XLMRobertaModel(shape, add_pooling_layer=False).save_pretrained(folder / "encoder")
    PreTrainedTokenizerFast(
        tokenizer_object=with_sentence_marks(tokenizer),
        **{f"{token[1:-1].lower()}_token": token for token in SPECIAL},
        model_max_length=512, model_input_names=["input_ids", "attention_mask"],
    ).save_pretrained(folder / "encoder")  # fmt: skip
    table.write(folder / "table.arrow")
    return TrainConfig(
        table=[str(folder / "table.arrow")], encoder=str(folder / "encoder"), query_length=512,
        passage_length=512, precision="bf16", learning_rate=3e-5, seed=3,
        device="cpu" if args.device == "cpu" else "auto",
    )  # fmt: skip


class Work(NamedTuple):
    """What an average step asks of the device."""

    own: float
    """Operations of the model for the texts' own tokens; what a cache does twice counts once."""
    padded: dict[str, float]
    """The same with each side's padding."""
    tokens: dict[str, float]
    """Tokens of each side, padding included."""


def work_of(config: TrainConfig, device: Device) -> Work:
    """Operations and tokens of a step, from the plan's first steps."""
    table = training_table(config)
    model = built_encoder(config, lambda: iter(()))
    prompts = (config.query_prompt, config.passage_prompt)
    tokens = Tokens(model, table, prompts, (config.query_length, config.passage_length))
    shape, plan = model[0].model.config, plan_of(config, table)
    budget, found = chunk_budget(config, False, device.gpu), []
    for step in range(min(config.steps, 10)):
        batch = plan.batch(step)
        sizes = [
            tokens.sequences(side, batch.rows, languages).sizes
            for side, languages in enumerate((batch.query_languages, batch.passage_languages))
        ]
        stock = np.concatenate([np.full_like(some, some.max()) for some in sizes])
        texts = np.concatenate(sizes)
        chunks = chunks_by_length(texts, budget)
        ours = np.concatenate([np.full_like(chunk, texts[chunk[0]]) for chunk in chunks])
        if model[0].can_flatten_inputs:
            ours = texts
        each = [operations(shape, some) for some in (texts, stock, ours)]
        found.append((*each, float(stock.sum()), float(ours.sum())))
    own, stock_work, our_work, stock_tokens, our_tokens = np.mean(found, axis=0).tolist()
    return Work(
        own,
        {"stock": stock_work, "ours": our_work},
        {"stock": stock_tokens, "ours": our_tokens},
    )


def operations(shape: Any, sizes: Any) -> float:
    """Floating-point operations of a forward and a backward pass over texts of these lengths.

    6 for every weight of the layers and token, and 12 · width · length for attention in every layer
    and token (Narayanan et al. 2021, arXiv 2104.04473, equation 3, without the logits).
    """
    width, layers = shape.hidden_size, shape.num_hidden_layers
    weights = layers * (4 * width**2 + 2 * width * shape.intermediate_size)
    return float((6 * weights * sizes + 12 * layers * width * sizes.astype(float) ** 2).sum())


def lora(
    args: argparse.Namespace, folder: Path, name: str, shape: dict[str, int], device: Device
) -> None:
    """Prints measured and planned memory of a step of a decoder."""
    folder.mkdir()
    LlamaConfig(**shape, architectures=["LlamaModel"]).save_pretrained(folder)
    config = TrainConfig(
        encoder=str(folder), lora=16, weights="bf16", precision="bf16", batch_size=16,
        gradient_checkpointing=True, query_length=64, passage_length=256, steps=2,
        chunk_tokens=2_048, device="cpu" if args.device == "cpu" else "auto",
        grad_cache=name == "34B",
    )  # fmt: skip
    plan = footprint_of(config)
    kind = f"{name} shape, LoRA 16, batch 16 of 64 and 256 tokens"
    if not plan.fits:
        print(f"{kind}: planned {plan.memory.peak / 1e9:.1f} GB, more than this device has")
        return
    found = in_own_process({"lora": config.to_dict(), "sizes": plan.texts.sizes.tolist()})
    line = f"{kind}: planned {plan.memory.peak / 1e9:.2f} GB"
    if device.gpu:
        line += (
            f", measured {found['memory'] / 1e9:.2f} GB: {plan.memory.peak / found['memory']:.3f}"
        )
    print(f"{line}; a step {found['seconds']:.2f} s, loss {found['loss']:.3f}", flush=True)


def lora_steps(config: TrainConfig, sizes: list[int]) -> dict[str, float]:
    """Two steps of the trainer's own functions over random ids: the second has the optimiser's
    state and is the one that is timed."""
    gpu = config.device != "cpu"
    device = torch.device("cuda" if gpu else "cpu")
    torch.manual_seed(0)
    with torch.device(device):
        model = Stack(described(config), config).train()
    model.to(device)  # Adapters are made where peft puts them.
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    optimizer = torch.optim.AdamW(trained, lr=1e-4, fused=True)
    vocabulary = model.backbone.config.vocab_size
    chunks = chunks_by_length(np.array(sizes), chunk_budget(config, False, gpu))
    features = [_features(len(chunk), sizes[chunk[0]], vocabulary, device) for chunk in chunks]
    order = torch.from_numpy(places(chunks)).to(device)
    rows = config.batch_size
    ids = torch.stack([torch.arange(rows), torch.full((rows,), -1), torch.arange(rows)])
    texts = Texts(ids.to(device), ((rows, rows),))
    terms = objective_of(config.objective, config.temperature)
    on = autocasts(config, False, gpu)

    def encode(number: int, chunk: Features) -> Tensor:
        with torch.autocast(device.type, torch.bfloat16, enabled=on):
            vectors = model(chunk)
        return unit(vectors)

    def loss(vectors: Tensor) -> tuple[Tensor, Tensor]:
        return loss_and_gradient(vectors, texts, terms, Processes())

    step = cached_step if config.grad_cache else whole_step
    for _ in range(2):
        start = time.perf_counter()
        value = float(step(encode, features, order, loss))
        torch.nn.utils.clip_grad_norm_(trained, 1.0)
        optimizer.step()
        optimizer.zero_grad()
        if gpu:
            torch.cuda.synchronize()
        seconds = time.perf_counter() - start
    return {"loss": value, "seconds": seconds, "memory": _memory()}


def _features(rows: int, width: int, vocabulary: int, device: torch.device) -> Features:
    ids = torch.randint(5, vocabulary, (rows, width), device=device)
    return {"input_ids": ids, "attention_mask": torch.ones_like(ids)}


def _memory() -> float:
    """The largest sum of tensors on the GPU so far, in bytes; 0 without one."""
    return float(torch.cuda.max_memory_allocated()) if torch.cuda.is_available() else 0.0


def measured(case: dict[str, Any]) -> dict[str, Any]:
    """A case's figures."""
    if "lora" in case:
        return lora_steps(TrainConfig(**case["lora"]), case["sizes"])
    return one_run(case) | {"memory": _memory()}


def in_own_process(case: dict[str, Any]) -> dict[str, Any]:
    """The figures of a case, from a process that begins with an empty device."""
    os.environ.setdefault("PYTORCH_ALLOC_CONF", "expandable_segments:True")
    return apart(HERE, case)


if __name__ == "__main__":
    sys.exit(main())
