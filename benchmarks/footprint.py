"""Claim: the memory that `lingweave train --plan-only` prints is within 20 % of what a run takes.

    python benchmarks/footprint.py [CASE ...]

Every case is a small encoder of random weights that is trained for two steps on a CPU by the
command's own code. Planned: from its configuration and the table alone. Measured: weights and
optimiser as they are then, and above them the largest sum of what torch's allocator has handed out
and not yet got back during a step (the profiler's memory events, which know nothing of the plan).
Beside it the growth of the process's resident memory, in which are also libraries, buffers inside
of kernels and what the C library keeps. Prints planned / measured; exit status 1 if one is off.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

# Large blocks go back to the system at once, so that resident memory follows the tensors.
os.environ.setdefault("MALLOC_MMAP_THRESHOLD_", "65536")
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("KINETO_LOG_LEVEL", "5")

import torch
from rich.console import Console
from rich.table import Table
from torch.profiler import ProfilerActivity, profile
from transformers import (
    AutoModel,
    BertConfig,
    DistilBertConfig,
    Gemma3TextConfig,
    GPT2Config,
    LlamaConfig,
    PretrainedConfig,
    PreTrainedTokenizerFast,
    Qwen3Config,
    XLMRobertaConfig,
)

from lingweave.training import TrainConfig
from lingweave.training.footprint import footprint_of
from lingweave.training.options import recipe_of
from lingweave.training.run import train
from lingweave.training.tables import training_table
from lingweave.training.tokenizer import SPECIAL, trained_tokenizer, with_sentence_marks
from lingweave.training.trainer import PlanTrainer

TOLERANCE = 0.2
STEPS = 2
VOCABULARY = 2_000


def bert(width: int = 128, layers: int = 4) -> BertConfig:
    return BertConfig(hidden_size=width, intermediate_size=4 * width, num_hidden_layers=layers,
                      num_attention_heads=width // 32)  # fmt: skip


def distilbert(width: int = 128, layers: int = 4) -> DistilBertConfig:
    return DistilBertConfig(dim=width, hidden_dim=4 * width, n_layers=layers, n_heads=width // 32)


def decoder(kind: type[PretrainedConfig], width: int = 128, layers: int = 3) -> PretrainedConfig:
    return kind(
        hidden_size=width,
        intermediate_size=3 * width,
        num_hidden_layers=layers,
        num_attention_heads=width // 32,
        num_key_value_heads=width // 64,
        head_dim=32,
    )


Case = tuple[Callable[[], PretrainedConfig], dict[str, Any]]
LORA = {"lora": 8}
CASES: dict[str, Case] = {
    "DistilBERT 4 × 256": (lambda: distilbert(256), {}),
    "DistilBERT, one chunk": (distilbert, {"chunk_tokens": 0}),
    "DistilBERT, chunks of 512": (distilbert, {"chunk_tokens": 512}),
    "DistilBERT, GradCache, batch 128": (distilbert, {"grad_cache": True, "batch_size": 128}),
    "DistilBERT, bf16": (distilbert, {"precision": "bf16"}),
    "DistilBERT, translations": (
        distilbert, {"objective": "infonce,align_queries,align_passages"}),
    "BERT with pooler": (bert, {}),
    "BERT, checkpointing": (bert, {"gradient_checkpointing": True, "chunk_tokens": 0}),
    "XLM-R shape, large vocabulary": (
        lambda: XLMRobertaConfig(vocab_size=60_000, hidden_size=192, intermediate_size=768,
                                 num_hidden_layers=2, num_attention_heads=6,
                                 max_position_embeddings=514, type_vocab_size=1), {}),
    "GPT-2": (lambda: GPT2Config(n_embd=128, n_layer=3, n_head=4), {}),
    "Qwen3 3 × 256": (lambda: decoder(Qwen3Config, 256), {}),
    "Qwen3 12 × 128": (lambda: decoder(Qwen3Config, 128, 12), {}),
    "Gemma 3 8 × 128": (lambda: decoder(Gemma3TextConfig, 128, 8), {}),
    "Llama, LoRA": (lambda: decoder(LlamaConfig), LORA),
    "Llama, LoRA, checkpointing": (
        lambda: decoder(LlamaConfig, 128, 8),
        LORA | {"gradient_checkpointing": True, "chunk_tokens": 0}),
    "Llama, LoRA, bf16 weights": (
        lambda: decoder(LlamaConfig), LORA | {"weights": "bf16", "precision": "bf16"}),
    "Llama, LoRA, GradCache, checkpointing": (
        lambda: decoder(LlamaConfig, 128, 8),
        LORA | {"gradient_checkpointing": True, "grad_cache": True, "batch_size": 96}),
}  # fmt: skip


def main() -> int:
    """Prints planned, measured and their ratio; 0 if all are within the tolerance."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", nargs="*", help="names of cases; absent: all")
    parser.add_argument("--measure", metavar="FILE", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.measure:
        config = TrainConfig(**json.loads(Path(given.measure).read_text()))
        print(json.dumps(measured(config)))
        return 0
    view = Table(box=None, padding=(0, 2, 0, 0))
    view.add_column("case")
    for heading in ("planned MB", "measured MB", "ratio", "resident MB"):
        view.add_column(heading, justify="right")
    off = []
    with tempfile.TemporaryDirectory() as folder:
        for name in given.cases or CASES:
            config = prepared(Path(folder), name)
            plan = planned(config)
            found = measured_apart(config, Path(folder))
            ratio = plan / found["bytes"]
            view.add_row(name, *(f"{n / 1e6:.1f}" for n in (plan, found["bytes"])),
                         f"{ratio:.3f}", f"{found['resident'] / 1e6:.0f}")  # fmt: skip
            if abs(ratio - 1) > TOLERANCE:
                off.append(name)
    Console(width=100).print(view)
    print(f"off by more than {TOLERANCE:.0%}: {', '.join(off) or 'none'}")
    return 1 if off else 0


def prepared(folder: Path, name: str) -> TrainConfig:
    """A table, a model of random weights, and the run of a case."""
    shape, fields = CASES[name]
    table = folder / "table.jsonl"
    if not table.exists():
        _write_table(table)
    model = folder / f"model {len(list(folder.glob('model *')))}"
    _write_model(model, shape(), table)
    return TrainConfig(
        **{"table": [str(table)], "out": str(model) + " run", "encoder": str(model), "steps": STEPS,
           "batch_size": 32, "query_length": 32, "passage_length": 160, "recipe": "x-y",
           "device": "cpu", "threads": 1, "log_every": 1, **fields}
    )  # fmt: skip


def planned(config: TrainConfig) -> int:
    """Bytes at the peak, as the command says before the run."""
    return footprint_of(config, training_table(config), recipe_of(config)).memory.peak


def measured(config: TrainConfig) -> dict[str, int]:
    """Bytes at the peak of a run: of tensors, and by which resident memory grew."""
    held, most = 0, 0
    plain = PlanTrainer.training_step

    def watched(trainer: PlanTrainer, model: Any, inputs: Any, number: Any = None) -> Any:
        nonlocal held, most
        assert trainer.optimizer is not None
        tensors = [*trainer.model.parameters(), *trainer.model.buffers()]
        tensors += [t for state in trainer.optimizer.state.values() for t in state.values()]
        held = max(held, sum(_bytes(t) for t in tensors))  # No optimiser state in the first step.
        with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as watch:
            result = plain(trainer, model, inputs, number)
        most = max(most, _largest_sum(watch))
        return result

    before = _resident()
    PlanTrainer.training_step = watched  # type: ignore[method-assign]
    try:
        train(config, on_line=lambda line: None, say=lambda line: None)
    finally:
        PlanTrainer.training_step = plain  # type: ignore[method-assign]
    return {"bytes": held + most, "resident": _resident(peak=True) - before}


def measured_apart(config: TrainConfig, folder: Path) -> dict[str, int]:
    """The same in a process of its own."""
    path = folder / "case.json"
    path.write_text(json.dumps(config.to_dict()))
    command = [sys.executable, __file__, "--measure", str(path)]
    run = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, int] = json.loads(run.stdout.splitlines()[-1])
    return found


def _bytes(value: Any) -> int:
    return value.numel() * value.element_size() if isinstance(value, torch.Tensor) else 0


def _largest_sum(watch: profile) -> int:
    events = [e for e in watch.profiler.kineto_results.events() if e.name() == "[memory]"]
    now = most = 0
    for event in sorted(events, key=lambda event: event.start_ns()):
        now += event.nbytes()
        most = max(most, now)
    return most


def _resident(peak: bool = False) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    name = "VmHWM:" if peak else "VmRSS:"
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith(name))


def _write_table(path: Path) -> None:
    """800 records in two languages; passages of 20 to about 200 tokens."""
    chance = random.Random(0)
    words = ["".join(chance.choices("abcdefghijklmno", k=chance.randint(2, 8))) for _ in range(600)]
    with path.open("w", encoding="utf-8") as file:
        for record in range(800):
            for language in ("de", "en"):
                row = {"id": f"r{record}", "lang": language, "split": "train"}
                for side, least, most in (("query", 3, 14), ("passage", 8, 80)):
                    row[side] = " ".join(chance.choices(words, k=chance.randint(least, most)))
                file.write(json.dumps(row) + "\n")


def _write_model(folder: Path, shape: PretrainedConfig, table: Path) -> None:
    """A plain transformers model of random weights with a tokenizer of the table's texts."""
    texts = [json.loads(line)["passage"] for line in table.read_text("utf-8").splitlines()]
    tokenizer = trained_tokenizer(lambda: texts, VOCABULARY)
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=with_sentence_marks(tokenizer), pad_token=SPECIAL[0], eos_token="[SEP]",
        model_input_names=["input_ids", "attention_mask"], model_max_length=160,
    )  # fmt: skip
    shape.vocab_size = max(shape.vocab_size if shape.vocab_size == 60_000 else 0, len(wrapped))
    shape.pad_token_id = 0
    torch.manual_seed(0)
    AutoModel.from_config(shape).save_pretrained(folder)
    wrapped.save_pretrained(folder)


if __name__ == "__main__":
    sys.exit(main())
