"""Claim: a run that is killed, at any moment, ends with the weights it would have had.

    python benchmarks/faults.py [--kills 20] [--seed 0]

For a static encoder (row-wise RMSProp) and a small transformer (AdamW, dropout), each on 1 process
and on 2 (gloo): a run of its own for each of 20 kills, SIGKILL to all its processes at once, at a
moment drawn over the whole length of a run, imports left out; every third one is drawn within the
writing of a checkpoint. The run is started again until it is done, and its model is compared with
that of a run of as many processes that nothing happened to: every byte of the weights. Runs take a
checkpoint every few steps and validate, so that the best one is another than the last.

Then SIGTERM, at 3 moments drawn over the steps, to all processes or to one of them: all must stop
by themselves with a whole checkpoint, and the end must be the same too.

Prints, for each case, what the kills met and how many ends were identical. Exit status 1 if one
was not.
"""

import argparse
import json
import multiprocessing
import os
import random
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

STOPPED = 75
"""Exit status of a process that stopped because it was asked to."""
_GIVE_UP = 120.0
EVERY = 4
CASES: dict[str, dict[str, Any]] = {
    "static": {"encoder": "static", "steps": 120},
    "transformer": {"encoder": "transformer", "steps": 60, "layers": 2, "dimension": 64},
}
_SHARED = {
    "vocabulary": 400, "batch_size": 16, "threads": 1, "query_length": 24, "passage_length": 32,
    "device": "cpu", "checkpoint_every": EVERY, "keep": 2, "eval_every": 10,
    "criterion": "multi", "valid_records": 40,
}  # fmt: skip


class Outcome(NamedTuple):
    """What became of a run that something happened to."""

    phase: str
    """What the run was at."""
    identical: bool
    """Whether its weights are, byte for byte, those of the undisturbed run."""
    clean: bool = True
    """Whether it stopped as it should have."""


class Runs:
    """Starts runs of one case, undisturbed or not, in a folder of their own."""

    def __init__(self, folder: Path, table: Path, case: dict[str, Any], processes: int) -> None:
        """
        Args:
            folder: what the runs may write into.
            table: file of records.
            case: the options of the run, beside those that all share.
            processes: how many train together.
        """
        self.folder, self.processes = folder, processes
        self.fields = _SHARED | case | {"table": [str(table)]}
        self.context = multiprocessing.get_context("forkserver")
        self.context.set_forkserver_preload(["lingweave.training.run"])
        self.undisturbed = folder / "undisturbed"
        self.finish(self.undisturbed)  # Packs the table and fills the store of token ids.
        shutil.rmtree(self.undisturbed)
        begun = time.monotonic()
        self.finish(self.undisturbed)
        self.seconds = time.monotonic() - begun

    def start(self, out: Path) -> list[Any]:
        """The processes of a run, just started."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        fields = self.fields | {"out": str(out)}
        started = [
            self.context.Process(target=_train, args=(fields, rank, self.processes, port))
            for rank in range(self.processes)
        ]
        for process in started:
            process.start()
        return started

    def finish(self, out: Path) -> None:
        """Runs to the end, from wherever the run stands.

        Raises:
            RuntimeError: it did not come to an end.
        """
        codes = _ended(self.start(out))
        if any(codes):
            raise RuntimeError(f"{out}: the run ended with {codes}, see {out}.*.log")

    def killed(self, out: Path, chance: random.Random, writing: bool) -> Outcome:
        """A run that is killed once and finished.

        Args:
            out: the run's folder.
            chance: draws the moment.
            writing: whether the moment lies within the writing of a checkpoint.
        """
        while True:
            shutil.rmtree(out, ignore_errors=True)
            started = self.start(out)
            if writing:
                step = EVERY * chance.randint(1, self.fields["steps"] // EVERY - 1)
                _until_written(out / "checkpoints" / f"step-{step:08d}", started)
                time.sleep(chance.uniform(0, 0.015))
            else:
                time.sleep(chance.uniform(0, self.seconds))
            for process in chance.sample(started, len(started)):
                process.kill()
            codes = _ended(started)
            phase = _phase(out)
            if phase != "done" and set(codes) == {-signal.SIGKILL}:
                break  # Else it came too late.
        self.finish(out)
        return Outcome(phase, self.same(out))

    def stopped(self, out: Path, chance: random.Random) -> Outcome:
        """A run that is asked to stop once, and finished."""
        from lingweave.training.checkpoint import complete_checkpoints, damage

        while True:
            shutil.rmtree(out, ignore_errors=True)
            started = self.start(out)
            _until_written(out / "history.jsonl", started)
            time.sleep(chance.uniform(0, self.seconds / 2))
            for process in chance.sample(started, chance.randint(1, len(started))):
                process.terminate()
            codes = _ended(started)
            if _phase(out) != "done":
                break
        last = complete_checkpoints(out / "checkpoints")[-1:]
        clean = set(codes) == {STOPPED} and bool(last) and damage(last[0]) is None
        self.finish(out)
        return Outcome("SIGTERM", self.same(out), clean)

    def same(self, out: Path) -> bool:
        """Whether a run's weights are those of the undisturbed one."""
        one, other = (
            (folder / "model" / "model.safetensors").read_bytes()
            for folder in (out, self.undisturbed)
        )
        return one == other


def outcomes(runs: Runs, kills: int, stops: int, seed: int) -> Iterator[Outcome]:
    """Kills and stops one run after another, at moments drawn from a seed."""
    chance = random.Random(seed)
    for number in range(kills):
        yield runs.killed(runs.folder / "killed", chance, writing=number % 3 == 2)
    for _ in range(stops):
        yield runs.stopped(runs.folder / "stopped", chance)


def made_up_table(folder: Path) -> Path:
    """160 records of made-up words in 4 languages, a quarter of them for validation."""
    chance = random.Random(0)
    scripts = {"de": "abcdefghijk", "el": "αβγδεζηθικλ", "en": "qrstuvwxyza", "ru": "абвгдежзикл"}
    words = {
        language: ["".join(chance.choices(letters, k=chance.randint(3, 7))) for _ in range(120)]
        for language, letters in scripts.items()
    }
    path = folder / "made-up.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for record in range(160):
            meaning = chance.choices(range(120), k=8)
            for language, say in words.items():
                row = {
                    "id": f"r{record}",
                    "lang": language,
                    "query": " ".join(say[word] for word in meaning[:5]),
                    "passage": " ".join(say[word] for word in meaning[2:]),
                    "split": "dev" if record % 4 == 3 else "train",
                }
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return path


def _train(fields: dict[str, Any], rank: int, processes: int, port: int) -> None:
    """The body of one process of a run."""
    log = os.open(f"{fields['out']}.{rank}.log", os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(log, 1)
    os.dup2(log, 2)
    if processes > 1:
        os.environ |= {
            "RANK": str(rank),
            "LOCAL_RANK": str(rank),
            "WORLD_SIZE": str(processes),
            "MASTER_ADDR": "127.0.0.1",
            "MASTER_PORT": str(port),
            "ACCELERATE_USE_CPU": "true",
        }
    from lingweave.training import TrainConfig
    from lingweave.training.run import RunInterrupted, train

    try:
        train(TrainConfig(**fields))
    except RunInterrupted:
        sys.exit(STOPPED)


def _ended(started: list[Any]) -> list[int | None]:
    """The exit statuses of processes, once all have ended."""
    for process in started:
        process.join(_GIVE_UP)
    codes = [process.exitcode for process in started]
    for process in started:
        process.kill()
        process.join()
    return codes


def _until_written(path: Path, started: list[Any]) -> None:
    """Waits until a file or folder is there or is being written, or the run is over."""
    part = path.with_name(path.name + ".part")
    while not (part.exists() or path.exists()) and any(p.is_alive() for p in started):
        time.sleep(0.0005)


def _phase(out: Path) -> str:
    """What a run was at when it was killed, by what it has left behind."""
    if (out / "model").exists():
        return "done"
    names = [path.name for path in (out / "checkpoints").glob("*")]
    if any(name.endswith(".part") for name in names):
        return "writing a checkpoint"
    if any(path.suffix == ".part" for path in out.glob("*")):
        return "writing the model"
    if any(name.endswith(".old") for name in names):
        return "removing a checkpoint"
    return "between checkpoints" if names else "before the first checkpoint"


def main() -> int:
    """Prints the figures; 0 if the claim holds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=20, help="kills of each case")
    parser.add_argument("--stops", type=int, default=3, help="SIGTERMs of each case")
    parser.add_argument("--seed", type=int, default=0, help="draws the moments")
    args = parser.parse_args()
    from lingweave.software import software

    print(f"commit {software()['commit']}, {os.cpu_count()} CPUs, seed {args.seed}")
    holds = True
    with tempfile.TemporaryDirectory() as name:
        os.environ["LINGWEAVE_CACHE"] = f"{name}/cache"
        table = made_up_table(Path(name))
        for case, fields in CASES.items():
            for processes in (1, 2):
                folder = Path(name) / f"{case}-{processes}"
                folder.mkdir()
                runs = Runs(folder, table, fields, processes)
                found = list(outcomes(runs, args.kills, args.stops, args.seed))
                phases = Counter(outcome.phase for outcome in found)
                same = sum(outcome.identical for outcome in found)
                clean = all(outcome.clean for outcome in found)
                holds &= same == len(found) and clean
                print(
                    f"{case}, {processes} {'process' if processes == 1 else 'processes'}:"
                    f" {same} of {len(found)} identical"
                    f" ({', '.join(f'{count} {phase}' for phase, count in phases.most_common())})"
                    f"{'' if clean else ', NOT stopped cleanly'}",
                    flush=True,
                )
    return int(not holds)


if __name__ == "__main__":
    sys.exit(main())
