"""Claims about the speed of training on a CPU, against sentence-transformers' own trainer.

    python benchmarks/trainer.py [transformer | losses | static | quality | chunks | precision ...]

Both sides start from the same files and take the same rows in the same order; the same loss,
optimiser, schedule and precision (``stock.py``). Runs are processes of their own, the sides in
turn; medians of the runs, and of the ratios within a turn, in pairs a second (wall clock) and in
CPU seconds of all threads.

transformer: at least 2.5 × stock pairs a second for DistilBERT of 4 layers × 256 on XQuAD's
    questions and paragraphs in 11 languages (made-up words of like lengths where the data is
    absent), batch 100, fp32. Dropout is off. Texts are read to 512 tokens, which cuts one paragraph
    in a hundred. One question a paragraph: a batch that held a passage twice would have another
    loss here, which never takes it for a negative.
losses: those of the first 50 steps of the same are equal to 1e-4 (20 minutes on two cores).
static: a static encoder on the atlas under the same optimiser, AdamW (reported).
quality: our default for it, row-wise RMSProp, against the stock default, AdamW at the best of
    several rates: at least 5 × at equal or better validation mAP.
chunks, precision: what defaults were chosen by: tokens of a chunk, threads, bf16 autocast.

Exit status 1 if a claim does not hold.
"""

import argparse
import gzip
import json
import os
import random
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyarrow as pa
from stock import apart, changed, middle, one_run, ours, prepared, stock, tokens_a_step

from lingweave.software import software
from lingweave.sources.atlas import atlas_path
from lingweave.sources.rows import read_table
from lingweave.table import SIDES, ParallelTable
from lingweave.training import TrainConfig
from lingweave.training.data import Feed
from lingweave.training.defaults import chunk_budget
from lingweave.training.tokens import Tokens
from lingweave.training.validation import Validation

LANGUAGES = ("ar", "de", "el", "en", "es", "hi", "ru", "th", "tr", "vi", "zh")
SPEED, STATIC_SPEED, SAME = 2.5, 5.0, 1e-4
SEED = 3
HERE = str(Path(__file__).resolve())
XQUAD = Path(HERE).parents[2] / "shared" / "data" / "eval" / "xquad_r"
TRANSFORMER = TrainConfig(
    encoder="transformer", vocabulary=32_000, dimension=256, layers=4, batch_size=100,
    query_length=512, passage_length=512, steps=50, device="cpu", seed=SEED, threads=2,
)  # fmt: skip
STATIC = TrainConfig(
    vocabulary=16_000, dimension=128, batch_size=128, steps=400, device="cpu", seed=SEED,
    threads=1, log_every=20,
)  # fmt: skip
SHAPES = ((16_000, 128, 128), (16_000, 128, 1024), (32_000, 512, 128), (32_000, 512, 1024))
"""Vocabulary, dimension and batch size of static encoders."""
STOCK_DEFAULTS = {"weight_decay": 0.0, "max_grad_norm": 1.0}
STOCK_RATES = (5e-3, 1e-2, 2e-2, 5e-2)
SEEDS = (0, 1, 2)
BUDGETS = (256, 512, 1_024, 2_048, 4_096, 8_192)


def main() -> int:
    """Prints the figures; 0 if the claims hold."""
    parts = {"transformer": transformer, "losses": losses, "static": static, "quality": quality,
             "chunks": chunks, "precision": precision}  # fmt: skip
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("parts", nargs="*", help=f"some of {', '.join(parts)}; absent: the claims")
    parser.add_argument("--data", type=Path, default=XQUAD, help="the folder of XQuAD-R")
    parser.add_argument("--runs", type=int, default=3, help="times that the sides take turns")
    parser.add_argument("--tiny", action="store_true", help="sizes at which figures mean nothing")
    parser.add_argument("--case", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.case:
        case = json.loads(args.case)
        print(json.dumps(judged(case) if "valid" in case else one_run(case)))
        return 0
    unknown = [name for name in args.parts if name not in parts]
    if unknown:
        parser.error(f"no part {unknown[0]}; there are {', '.join(parts)}")
    versions = software()
    print(
        f"commit {versions['commit']}, sentence-transformers {versions['sentence-transformers']},"
        f" torch {versions['torch']}, {os.cpu_count()} CPUs; seed {SEED}, {args.runs} turns"
    )
    held = [parts[name](args) for name in args.parts or list(parts)[:4]]
    return int(not all(held))


def transformer(args: argparse.Namespace) -> bool:
    """The claim about the small transformer's speed."""
    with tempfile.TemporaryDirectory() as folder:
        config = on_xquad(args, Path(folder))
        budget = chunk_budget(config, False, False)
        real, theirs, own = tokens_a_step(config, budget)
        print(
            f"  tokens a step: {real:,.0f}; with padding {theirs:,.0f} (stock), {own:,.0f} (ours):"
            f" {theirs / own:.2f} × fewer"
        )
        short = changed(config, steps=config.steps // 6, log_every=max(1, config.steps // 24))
        ratio = turns(args.runs, {"stock": (short, "stock", {}), "ours": (short, "ours", {})})
    say(ratio >= SPEED, f"{ratio:.2f} × stock pairs a second (claim: {SPEED})")
    return ratio >= SPEED


def losses(args: argparse.Namespace) -> bool:
    """The claim about its losses."""
    with tempfile.TemporaryDirectory() as folder:
        config = on_xquad(args, Path(folder))
        found = {side: run(config, side, log_every=1)["losses"] for side in ("stock", "ours")}
    worst = max(abs(a - b) for a, b in zip(*found.values(), strict=True))
    say(worst <= SAME, f"losses of {len(found['ours'])} steps differ by at most {worst:.1e}"
        f" (claim: {SAME:.0e})")  # fmt: skip
    return worst <= SAME


def static(args: argparse.Namespace) -> bool:
    """The ratio under AdamW, and with our default, for encoders of several sizes."""
    for vocabulary, dimension, batch in SHAPES[:1] if args.tiny else SHAPES:
        with tempfile.TemporaryDirectory() as folder:
            config = changed(
                STATIC, vocabulary=vocabulary, dimension=dimension, batch_size=batch,
                steps=40 if args.tiny else max(60, STATIC.steps * 128 // batch),
            )  # fmt: skip
            config = prepared(Path(folder), read_table([atlas("train")]), config)
            print(f"static, {vocabulary:,} × {dimension}, batch {batch}, one thread")
            turns(
                args.runs,
                {
                    "stock, AdamW": (config, "stock", {}),
                    "ours, AdamW": (changed(config, optimizer="adamw"), "ours", {}),
                    "ours, row-wise": (config, "ours", {}),
                },
            )
    return True


def quality(args: argparse.Namespace) -> bool:
    """Our default against the stock default at its best rate: speed and validation mAP."""
    steps, seeds = (40, SEEDS[:1]) if args.tiny else (600, SEEDS)
    with tempfile.TemporaryDirectory() as folder:
        base = changed(STATIC, steps=steps, seed=SEED, log_every=20)
        config = prepared(Path(folder), read_table([atlas("train")]), base)
        rates = STOCK_RATES[:1] if args.tiny else STOCK_RATES
        tried = {rate: judge(config, "stock", learning_rate=rate) for rate in rates}
        best = max(rates, key=lambda rate: tried[rate]["multi"])
        print(
            f"static, 16,000 × 128, batch 128, {steps} steps of the atlas (seed {SEED}); stock rate"
            f" by validation mAP (multi) at seed {SEED}: "
            + ", ".join(f"{rate:g} {tried[rate]['multi']:.3f}" for rate in rates)
        )
        found: dict[str, list[dict[str, float]]] = {"stock": [], "ours": []}
        for seed in seeds:
            seeded = changed(config, seed=seed)
            found["stock"].append(judge(seeded, "stock", learning_rate=best))
            found["ours"].append(judge(seeded, "ours"))
        for side, rows in found.items():
            means = {name: sum(r[name] for r in rows) / len(rows) for name in rows[0]}
            print(
                f"  {side:6} mAP mono {means['mono']:.3f}, cross {means['cross']:.3f}, multi"
                f" {means['multi']:.3f}; {means['rate']:,.0f} pairs/s, {means['cpu']:.2f} CPU ms a"
                f" step ({len(rows)} seeds)"
            )
        pairs = list(zip(found["stock"], found["ours"], strict=True))
        ratio = middle([own["rate"] / theirs["rate"] for theirs, own in pairs])
        cpu = middle([theirs["cpu"] / own["cpu"] for theirs, own in pairs])
        worst = min(
            sum(own[name] - theirs[name] for theirs, own in pairs) / len(pairs)
            for name in ("mono", "cross", "multi")
        )
    good = ratio >= STATIC_SPEED and worst >= 0
    say(good, f"{ratio:.2f} × stock pairs a second ({cpu:.2f} × less CPU; claim: {STATIC_SPEED}) at"
        f" validation mAP {worst:+.3f} in the worst of the three (claim: 0 or more)")  # fmt: skip
    return good


def chunks(args: argparse.Namespace) -> bool:
    """Pairs a second by tokens of a chunk and threads."""
    with tempfile.TemporaryDirectory() as folder:
        config = changed(on_xquad(args, Path(folder)), steps=4, log_every=1)
        for threads in (1, 2):
            cases = {
                f"{threads} thread, {budget:,} tokens": (
                    changed(config, threads=threads, chunk_tokens=budget), "ours", {})
                for budget in BUDGETS
            }  # fmt: skip
            turns(args.runs, cases)
    return True


def precision(args: argparse.Namespace) -> bool:
    """fp32 against autocast to bf16."""
    with tempfile.TemporaryDirectory() as folder:
        config = changed(on_xquad(args, Path(folder)), steps=4, log_every=1)
        turns(args.runs, {
            name: (changed(config, precision=name), "ours", {}) for name in ("fp32", "bf16")
        })  # fmt: skip
    return True


Case = tuple[TrainConfig, str, Mapping[str, Any]]


def turns(count: int, cases: Mapping[str, Case]) -> float:
    """Prints medians of each case and its ratios to the first; returns the last one's, by pairs a
    second. The cases take turns."""
    rows = [{name: run(*case[:2], **case[2]) for name, case in cases.items()}
            for _ in range(count)]  # fmt: skip
    first = next(iter(cases))
    ratio = 1.0
    for name in cases:
        own = [row[name]["rate"] for row in rows]
        ratios = sorted(row[name]["rate"] / row[first]["rate"] for row in rows)
        ratio = middle(ratios)
        cpu = middle([row[first]["cpu"] / row[name]["cpu"] for row in rows])
        print(
            f"  {name:22} {middle(own):9,.1f} pairs/s,"
            f" {middle([row[name]['cpu'] for row in rows]):9,.1f} CPU ms a step; {ratio:.2f} ×"
            f" ({ratios[0]:.2f}–{ratios[-1]:.2f}), CPU {cpu:.2f} ×; load {os.getloadavg()[0]:.1f}",
            flush=True,
        )
    return ratio


def run(config: TrainConfig, side: str, **fields: Any) -> dict[str, Any]:
    """The figures of a run in a process of its own."""
    return apart(HERE, {"side": side, "config": changed(config, **fields).to_dict()})


def judge(config: TrainConfig, side: str, **fields: Any) -> dict[str, float]:
    """Speed and validation mAP of a run in a process of its own; the stock side's by defaults."""
    case = {"side": side, "config": changed(config, **fields).to_dict(), "valid": atlas("valid")}
    return apart(HERE, case)


def judged(case: dict[str, Any]) -> dict[str, float]:
    """What ``judge`` asks for."""
    from sentence_transformers import SentenceTransformer

    with tempfile.TemporaryDirectory() as folder:
        config = TrainConfig(**{**case["config"], "out": folder + "/run"})
        if case["side"] == "ours":
            path, found = ours(config)
            model = SentenceTransformer(str(path), device="cpu")
        else:
            model, found = stock(config, **STOCK_DEFAULTS)
        table = read_table([case["valid"]], split=None)
        prompts = (config.query_prompt, config.passage_prompt)
        tokens = Tokens(model, table, prompts, (config.query_length, config.passage_length))
        figures = Validation(
            Feed(tokens), config.batch_size, config.valid_records, "multi", config.temperature
        ).figures(model, model.device)
    return {"rate": found["rate"], "cpu": found["cpu"], **figures}


def atlas(part: str) -> str:
    """The file of a part of the built-in atlas."""
    return str(atlas_path({"valid": "validation"}.get(part, part), seed=SEED))


def on_xquad(args: argparse.Namespace, folder: Path) -> TrainConfig:
    """The transformer's run over XQuAD, or over made-up words in its shape."""
    config, there = TRANSFORMER, args.data.is_dir() and not args.tiny
    table = xquad(args.data) if there else made_up(60 if args.tiny else 240)
    if args.tiny:
        config = changed(config, vocabulary=400, dimension=32, layers=1, batch_size=8, steps=24)
    print(
        f"{'XQuAD, a question of each paragraph' if there else 'made-up words'}: {len(table)}"
        f" records, 11 languages; DistilBERT {config.layers} × {config.dimension}, batch"
        f" {config.batch_size}, lengths {config.passage_length}, {config.threads} threads"
    )
    return prepared(folder, table, config)


def xquad(folder: Path) -> ParallelTable:
    """The first question of each paragraph, with the paragraph, in 11 languages."""
    cells: dict[str, dict[str, tuple[str, str]]] = {}
    for language in LANGUAGES:
        with gzip.open(folder / f"{language}.json.gz", "rt", encoding="utf-8") as file:
            articles = json.load(file)["data"]
        cells[language] = {
            paragraph["qas"][0]["id"]: (paragraph["qas"][0]["question"], paragraph["context"])
            for article in articles
            for paragraph in article["paragraphs"]
        }
    return table_of(cells)


def made_up(records: int, languages: tuple[str, ...] = LANGUAGES) -> ParallelTable:
    """Words of random letters, a token each; texts about as long as XQuAD's: means of 17 and 215
    tokens, at most 30 and 480."""
    chance = random.Random(0)
    words = [
        "".join(chance.choices("abcdefghijklmnop", k=chance.randint(2, 9))) for _ in range(9000)
    ]

    def text(least: int, most: int, tail: float) -> str:
        return " ".join(
            chance.choices(words, k=least + int((most - least) * chance.random() ** tail))
        )

    return table_of(
        {
            language: {str(i): (text(5, 30, 1), text(120, 480, 3)) for i in range(records)}
            for language in languages
        }
    )


def table_of(cells: Mapping[str, Mapping[str, tuple[str, str]]]) -> ParallelTable:
    """Texts by language and id as one data set."""
    ids = [id for id in next(iter(cells.values())) if all(id in texts for texts in cells.values())]
    columns = {
        f"{side}:{language}": pa.array([texts[id][number] for id in ids])
        for language, texts in cells.items()
        for number, side in enumerate(SIDES)
    }
    names = pa.array(["xquad"] * len(ids))
    return ParallelTable.build(pa.array(ids), names, pa.nulls(len(ids)), tuple(cells), columns)


def say(holds: bool, claim: str) -> None:
    """Prints whether a claim holds."""
    print(f"{'holds' if holds else 'FAILS'}: {claim}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
