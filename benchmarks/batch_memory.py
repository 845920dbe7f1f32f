"""Claim: with ``grad_cache`` a batch of 8,192 takes at most 1.2 × the memory of a batch of 512.

    python benchmarks/batch_memory.py [--rows 32000] [--length 64] [--stock]

A fresh DistilBERT of 4 layers × 256 over made-up texts in two languages cut at --length tokens, on
a CPU, each batch size in a process of its own. Its table of word pieces has --rows rows: 250,000 by
default, as XLM-R's and most pretrained multilingual encoders' has, most of them unused; their
gradient and the optimiser's state are as large as for any others. Measured is the first step and
its update, while the step behind it is made ready (a step of 8,192 rows takes minutes, and later
ones are like it). Memory is resident memory of the process: its peak over that time, which Linux
keeps (``/proc/self/status``: VmHWM, set back through ``clear_refs``), above the level just before.
What grows with the batch are its vectors and their gradient (17 MB each at 8,192 × 2 × 256) and the
token ids of two steps: beside a smaller encoder they weigh more.
Blocks of 64 kB and more go back to the system when they are freed (MALLOC_MMAP_THRESHOLD_) and
there is one arena (MALLOC_ARENA_MAX=1), so that resident memory follows the tensors; the level, for
comparison, is that of the libraries, the model and the table. With ``--stock`` the same for
sentence-transformers' CachedMultipleNegativesRankingLoss, whose passes are cut by rows: 8, so that
a pass has about as many tokens as a chunk. Exit status 1 if the ratio is above 1.2.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from typing import Any

from sentence_transformers import SentenceTransformer, SentenceTransformerTrainer
from stock import changed, prepared, stock
from trainer import made_up

from lingweave.software import software
from lingweave.training import TrainConfig
from lingweave.training.run import train
from lingweave.training.trainer import PlanTrainer

LIMIT = 1.2
SIZES = (512, 8192)
MINI_BATCH = 8
CONFIG = TrainConfig(
    encoder="transformer", vocabulary=32_000, dimension=256, layers=4, query_length=64,
    passage_length=64, steps=3, device="cpu", threads=2, grad_cache=True, recipe="x-y", seed=3,
    log_every=1,
)  # fmt: skip
MALLOC = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_ARENA_MAX": "1"}
HERE = str(Path(__file__).resolve())


def main() -> int:
    """Prints the figures; 0 if the claim holds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=250_000, help="of the table of word pieces")
    parser.add_argument("--length", type=int, default=64, help="tokens of a text at most")
    parser.add_argument("--stock", action="store_true", help="the stock loss as well")
    parser.add_argument("--tiny", action="store_true", help="sizes at which figures mean nothing")
    parser.add_argument("--case", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.case:
        print(json.dumps(measured(json.loads(args.case))))
        return 0
    versions = software()
    config = changed(CONFIG, query_length=args.length, passage_length=args.length)
    sizes, rows = SIZES, args.rows
    if args.tiny:
        sizes, rows = (8, 32), 500
        config = changed(config, vocabulary=400, dimension=32, layers=1)
    print(
        f"commit {versions['commit']}, torch {versions['torch']}; DistilBERT {config.layers} ×"
        f" {config.dimension}, {rows:,} word pieces, made-up texts, lengths {config.passage_length}"
    )
    with tempfile.TemporaryDirectory() as folder:
        table = made_up(sizes[-1] * 9 // 8, ("de", "en"))
        config = prepared(Path(folder), table, config)
        widen(config.encoder, rows)
        ratio = compared("grad_cache", config, sizes, "ours")
        if args.stock:
            compared("stock cached loss", config, sizes, "stock")
    print(f"{'holds' if ratio <= LIMIT else 'FAILS'}: {ratio:.2f} × (claim: at most {LIMIT})")
    return int(ratio > LIMIT)


def compared(name: str, config: TrainConfig, sizes: tuple[int, ...], side: str) -> float:
    """Prints both sizes' memory; the ratio."""
    found = []
    for size in sizes:
        case = {"side": side, "config": changed(config, batch_size=size).to_dict()}
        answer = subprocess.run(
            [sys.executable, HERE, "--case", json.dumps(case)],
            env=os.environ | MALLOC, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if answer.returncode:
            raise SystemExit(f"{name}, batch {size}: {answer.stderr}")
        found.append(json.loads(answer.stdout.splitlines()[-1]))
    (small, *_, large), (low, *_, high) = ([f[k] for f in found] for k in ("grown", "level"))
    print(
        f"{name}: batch {sizes[0]:,} {small / 1e6:,.0f} MB above {low / 1e6:,.0f}, batch"
        f" {sizes[-1]:,} {large / 1e6:,.0f} MB above {high / 1e6:,.0f}: {large / small:.2f} ×",
        flush=True,
    )
    return float(large / small)


def widen(folder: str, rows: int) -> None:
    """Gives the encoder in a folder more word pieces, which no text has."""
    model = SentenceTransformer(folder)
    model[0].model.resize_token_embeddings(rows, mean_resizing=False)
    model.save_pretrained(folder, create_model_card=False)


def measured(case: dict[str, Any]) -> dict[str, int]:
    """Bytes of the level before the first step, and of the peak above it."""
    level = 0

    def watched(trainer: Any, *inputs: Any) -> Any:
        nonlocal level
        if level:
            raise _EnoughError
        Path("/proc/self/clear_refs").write_text("5")
        level = resident("VmRSS")
        return plain(trainer, *inputs)

    with tempfile.TemporaryDirectory() as folder:
        config = changed(TrainConfig(**case["config"]), out=folder + "/run")
        trainer: Any = PlanTrainer if case["side"] == "ours" else SentenceTransformerTrainer
        plain, trainer.training_step = trainer.training_step, watched
        with suppress(_EnoughError):
            if case["side"] == "ours":
                train(config, on_line=lambda line: None, say=lambda line: None)
            else:
                stock(config, MINI_BATCH)
        return {"level": level, "grown": resident("VmHWM") - level}


class _EnoughError(Exception):
    """The second step is about to begin."""


def resident(name: str) -> int:
    """A line of the process's status, in bytes."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith(name))


if __name__ == "__main__":
    sys.exit(main())
