"""The demo from options to a table, a summary and a page."""

import contextlib
import importlib
import json
import os
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import FIRST_EXCEPTION, ProcessPoolExecutor, ThreadPoolExecutor, wait
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from lingweave.demo import jobs
from lingweave.demo.config import ARMS, FLOORS, DemoConfig
from lingweave.demo.recipe import Runs
from lingweave.errors import LingweaveError
from lingweave.report import Comparison, compared, summary
from lingweave.report.files import write_text
from lingweave.report.run import write_report
from lingweave.report.tables import print_tables
from lingweave.significance import Interval
from lingweave.sources.atlas import atlas_benchmark, atlas_table
from lingweave.workers import THREADS, Bar, started_from
from lingweave.workers import undivided as _undivided

if TYPE_CHECKING:
    from multiprocessing.queues import SimpleQueue


def run(config: DemoConfig) -> Comparison:
    """Builds the atlas, trains and evaluates what is missing, and writes the comparison.

    Interrupted, it goes on where it stopped when it is called again.

    Raises:
        LingweaveError: the folder cannot be written, or a piece of work failed.
    """
    console = Console()
    runs = Runs.of(config)
    _check_folder(Path(config.out))
    table = atlas_table("train", runs.languages)
    console.print(
        f"The atlas: {len(table):,} training records in {len(runs.languages)} languages;"
        f" models and evaluations go to {runs.folder}"
    )
    _work(runs, config)
    names = [f"{arm}={runs.folder}/{arm}-{seed}-test" for arm in ARMS for seed in config.seeds]
    names += [f"{floor}={runs.folder}/{floor}-test" for floor in FLOORS]
    comparison = compared(names)
    print_tables(comparison, console)
    figures = summary(comparison) | {"quick": config.quick}
    text = json.dumps(figures, indent=1, ensure_ascii=False) + "\n"
    written = write_text(Path(config.out) / "summary.json", text)
    benchmark = atlas_benchmark("test", runs.languages)
    page = write_report(comparison, Path(config.out) / "report.html", benchmark)
    for line in (*_meaning(comparison, config), f"Wrote {written} and {page}"):
        print(line)
    return comparison


def _check_folder(out: Path) -> None:
    """Refuses a place that cannot hold a demo, before any work."""
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise LingweaveError(
            f"--out {out}: cannot be made ({error.strerror}); choose another folder"
        ) from None
    if not os.access(out, os.W_OK):
        raise LingweaveError(f"--out {out}: cannot be written to; choose another folder")


def _work(runs: Runs, config: DemoConfig) -> None:
    """Trains and evaluates the arms in worker processes, and meanwhile the floors here."""
    # Each worker computes with one thread: they share the cores between them.
    os.environ |= dict.fromkeys(THREADS, "1")
    arms = [(arm, seed) for seed in config.seeds for arm in ARMS]
    context = started_from(["lingweave.training.run", "lingweave.evaluate.run"])
    queue: SimpleQueue[jobs.Progress | None] = context.SimpleQueue()
    with (
        _shown(queue, ["warm start", *FLOORS, *(f"{arm} {seed}" for arm, seed in arms)]),
        ProcessPoolExecutor(
            config.workers, context, initializer=jobs.start_worker, initargs=(queue,)
        ) as pool,
        ThreadPoolExecutor(1) as here,
        jobs.saying(queue.put),
    ):
        try:
            # The first worker is there once torch is imported; the floors do without.
            futures = [here.submit(jobs.floor, runs, name) for name in FLOORS]
            with _undivided():
                warm = pool.submit(jobs.warm_start, runs)
            warm.result()
            with _undivided():
                futures += [pool.submit(jobs.arm, runs, arm, seed) for arm, seed in arms]
            importlib.import_module("lingweave.report.page")  # The plots' library, meanwhile.
            for future in wait(futures, return_when=FIRST_EXCEPTION).done:
                future.result()
        except BaseException:
            print("Stopping: what is under way is saved first", file=sys.stderr)
            for executor in (pool, here):
                executor.shutdown(wait=True, cancel_futures=True)
            raise


@contextlib.contextmanager
def _shown(queue: "SimpleQueue[jobs.Progress | None]", pieces: list[str]) -> Iterator[None]:
    """Shows on stderr what the workers say, until the block ends."""
    with Bar("demo", pieces) as bar:

        def listen() -> None:
            while (said := queue.get()) is not None:
                bar.at(said.piece, said.done)

        listener = threading.Thread(target=listen, daemon=True)
        listener.start()
        try:
            yield
        finally:
            queue.put(None)
            listener.join(timeout=5)


def _meaning(comparison: Comparison, config: DemoConfig) -> tuple[str, str, str]:
    """Three lines: what the figures mean, how far they go, and what to run next."""
    mono, hybrid = (comparison.arm(name).macro["rank_distance"] for name in ("x-x-mono", "hybrid"))
    return (
        "With monolingual batches the same answer ranks"
        f" {_places(mono)} places apart between languages, with hybrid batches {_places(hybrid)};"
        f" within one language hybrid {_standing(comparison)}.",
        f"{'One seed' if config.quick else f'{len(config.seeds)} seeds'} of a static encoder on"
        " generated facts: the direction is the point, the size is not what a large model would"
        " show. Intervals and every seed are in the report.",
        "Next, your own: lingweave evaluate --benchmark parallel --data rows.jsonl --model MODEL"
        " --out audit; lingweave train --table rows.jsonl --encoder MODEL --out runs/mine",
    )


def _places(distance: Interval) -> str:
    """A rank distance with its interval."""
    return f"{distance.mean:.0f} [{distance.low:.0f}, {distance.high:.0f}]"


def _standing(comparison: Comparison) -> str:
    """How hybrid does beside X-X-mono on mono, as far as the interval goes."""
    gap = comparison.difference("hybrid", "x-x-mono")["mono.mAP"]
    if not gap.excludes_zero:
        return "cannot be told apart from X-X-mono"
    return f"is {gap.mean:+.3f} [{gap.low:+.3f}, {gap.high:+.3f}] mAP from X-X-mono"
