"""Claim: a plan for 40 million records in 14 languages costs next to nothing.

    python benchmarks/planning.py [--budget GB]

At least 1 million pairs a second on one core at batch 100 (hybrid), under 1 GB of memory for the
process, and any step in under 10 ms: 1,000 random steps below 100 million, each far from the
last, over one data set and over nine of the paper's sizes. Shapes only: no texts. A table with
groups (a row of its own, not part of the claim) sorts its records once an epoch, so a far step
costs that sort.

Beside it the stock way to mix languages in sentence-transformers: one data set for each ordered
pair of languages (14 × 14) with the proportional sampler, built as its trainer builds them. It is
given no texts either (its data sets share one column of numbers), so what it holds is the order of
its rows. Its number of records is doubled from 50,000 while it stays within the budget of memory
(4 GB unless given) and a minute; the last size that did is the one reported.

Each case is a process of its own on one thread. CPU seconds, medians of 5 alternations of all
cases; start: from after the imports to the first batch; memory: the largest resident size of the
process, and how much of it came after the imports. Exit status 1 if the claim does not hold.
"""

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

RECORDS, LANGUAGES, SEED, FAR, RUNS = 40_000_000, 14, 7, 100_000_000, 5
PAPER = (1_469, 3_547, 33_298, 59_496, 113_535, 135_557, 176_975, 3_567_659, 39_780_811)
"""Records of the data sets that the paper trains on (arXiv 2408.10536)."""
PLANS: dict[str, dict[str, Any]] = {
    "hybrid, batch 100": {},
    "hybrid, batch 1,000": {"batch_size": 1000},
    "x-x-mono, batch 100": {"mixture": "x-x-mono"},
    "x-y, batch 100": {"mixture": "x-y"},
    "multi-hybrid, batch 100": {"mixture": "multi-hybrid"},
    "hybrid, 9 data sets": {"sizes": PAPER},
    "multi-annealed, 9 data sets": {"mixture": "multi-annealed", "sizes": PAPER},
    "hybrid, 4M records in groups": {"sizes": (4_000_000,), "groups": True, "far": 4},
}
FIRST_SIZE, SECONDS = 50_000, 60.0


def main() -> int:
    """Prints the table; 0 if the claim holds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--budget", type=float, default=4.0, help="GB for the stock way")
    parser.add_argument("--case", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.case:
        case = json.loads(args.case)
        print(json.dumps(stock(**case) if "records" in case else planned(**case)))
        return 0
    from lingweave.software import software

    versions = software()
    print(
        f"commit {versions['commit']}, sentence-transformers {versions['sentence-transformers']},"
        f" {os.cpu_count()} CPUs, one thread; seed {SEED}, {RUNS} alternations"
    )
    size = largest_stock(args.budget)
    cases = PLANS | {f"stock, {size:,} records, batch 100": {"records": size}}
    runs: dict[str, list[dict[str, float]]] = {name: [] for name in cases}
    for _ in range(RUNS):
        for name, case in cases.items():
            runs[name].append(run(case))
    figures = {
        name: {key: statistics.median(run[key] for run in own) for key in own[0]}
        for name, own in runs.items()
    }
    show(figures)
    first, last = figures["hybrid, batch 100"], list(figures.values())[-1]
    bytes_a_record = last["grown"] / size
    print(
        f"stock: {bytes_a_record:,.0f} bytes a record, so {bytes_a_record * RECORDS / 1e9:,.0f} GB"
        f" for {RECORDS:,}; to reach step 10,000 it draws all before: {last['reach']:.2f} s"
    )
    ungrouped = [figures[name] for name, case in PLANS.items() if not case.get("groups")]
    claims = {
        f"{first['rate'] / 1e6:.2f} million pairs a second (claim: at least 1)": first["rate"]
        >= 1e6,
        f"{first['peak'] / 1e6:.0f} MB (claim: under 1,000)": first["peak"] < 1e9,
        f"worst far step {max(f['worst'] for f in ungrouped):.1f} ms (claim: under 10)": all(
            f["worst"] < 10 for f in ungrouped
        ),
    }
    for claim, holds in claims.items():
        print(f"{'holds' if holds else 'FAILS'}: {claim}")
    return int(not all(claims.values()))


def largest_stock(budget: float) -> int:
    """The last size, doubling, at which the stock way stays within the budget."""
    size = FIRST_SIZE
    while True:
        figures = run({"records": size})
        print(
            f"stock, {size:,} records: {figures['peak'] / 1e9:.2f} GB, {figures['seconds']:.1f} s"
        )
        # The next size is not tried where it cannot fit: what was drawn grows with the size.
        if figures["peak"] + figures["grown"] > budget * 1e9 or 2 * figures["seconds"] > SECONDS:
            return size
        size *= 2


def run(case: dict[str, Any]) -> dict[str, float]:
    """The figures of one case, from a process of its own."""
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    answer = subprocess.run(
        [sys.executable, str(Path(__file__).resolve()), "--case", json.dumps(case)],
        env=os.environ | threads,
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode:
        raise SystemExit(f"{case}: {answer.stderr}")
    figures: dict[str, float] = json.loads(answer.stdout.splitlines()[-1])
    return figures


def planned(
    mixture: str = "hybrid",
    batch_size: int = 100,
    sizes: tuple[int, ...] = (RECORDS,),
    groups: bool = False,
    far: int = 1000,
) -> dict[str, float]:
    """The figures of a plan."""
    from lingweave.plan import BatchPlan, Recipe, TableShape

    imported = peak()
    languages = tuple(f"l{number}" for number in range(LANGUAGES))
    names = tuple(f"set{number}" for number in range(len(sizes)))
    numbers = np.arange(sum(sizes)) // 4 if groups else None
    shape = TableShape(languages, names, np.cumsum((0, *sizes)), groups=numbers)
    recipe = Recipe(mixture, batch_size=batch_size, steps=2 * FAR)
    start = time.process_time()
    plan = BatchPlan(recipe, shape, SEED)
    plan.batch(0)
    started = time.process_time() - start
    steps = 200_000 // batch_size
    seconds = cpu_seconds(lambda: [plan.batch(step) for step in range(1, steps)])
    plan, costs = BatchPlan(recipe, shape, SEED), []
    for step in np.random.default_rng(SEED).integers(0, FAR, far).tolist():
        costs.append(cpu_seconds(lambda step=step: plan.batch(step)))
    return {
        "rate": (steps - 1) * batch_size / seconds,
        "start": started,
        "worst": 1000 * max(costs),
        "median": 1000 * statistics.median(costs),
        "peak": peak(),
        "grown": peak() - imported,
    }


def stock(records: int, batch_size: int = 100) -> dict[str, float]:
    """The figures of one data set a pair with the proportional sampler.

    As ``SentenceTransformerTrainer`` makes them; what its constructor does besides with the data
    sets (model card, checks, columns) is not counted.
    """
    import pyarrow as pa
    import torch
    from datasets import Dataset
    from sentence_transformers.base.sampler import DefaultBatchSampler, ProportionalBatchSampler
    from torch.utils.data import ConcatDataset, RandomSampler

    torch.set_num_threads(1)
    imported = peak()
    start = time.process_time()
    column = pa.array(np.arange(records, dtype=np.int32))
    table = pa.table({"query": column, "passage": column})
    sets = [Dataset(table) for _ in range(LANGUAGES**2)]
    generator = torch.Generator().manual_seed(SEED)
    samplers = [
        DefaultBatchSampler(
            RandomSampler(one, generator=generator),
            batch_size=batch_size,
            drop_last=True,
            generator=generator,
            seed=SEED,
        )
        for one in sets
    ]
    sampler = ProportionalBatchSampler(ConcatDataset(sets), samplers, generator, SEED)
    batches = iter(sampler)
    next(batches)
    started = time.process_time() - start
    # Every data set makes its order when its first batch is drawn: by then all have.
    reach = started + cpu_seconds(lambda: [next(batches) for _ in range(9_999)])
    steps = 5_000
    seconds = cpu_seconds(lambda: [next(batches) for _ in range(steps)])
    return {
        "rate": steps * batch_size / seconds,
        "start": started,
        "reach": reach,
        "seconds": time.process_time() - start,
        "peak": peak(),
        "grown": peak() - imported,
    }


def cpu_seconds(work: Any) -> float:
    """CPU time of the process."""
    start = time.process_time()
    work()
    return time.process_time() - start


def peak() -> float:
    """The largest resident size of the process so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024.0


def show(figures: dict[str, dict[str, float]]) -> None:
    """The table of all cases."""
    table = Table(title=f"Planning, {RECORDS:,} records × {LANGUAGES} languages")
    table.add_column("case")
    for heading in ("M pairs/s", "start, s", "far step, ms", "worst", "memory, MB", "grown, MB"):
        table.add_column(heading, justify="right")
    for name, row in figures.items():
        far = (f"{row['median']:.2f}", f"{row['worst']:.2f}") if "worst" in row else ("–", "–")
        memory = (f"{row['peak'] / 1e6:,.0f}", f"{row['grown'] / 1e6:,.0f}")
        table.add_row(name, f"{row['rate'] / 1e6:.2f}", f"{row['start']:.3f}", *far, *memory)
    Console(width=110).print(table)


if __name__ == "__main__":
    sys.exit(main())
