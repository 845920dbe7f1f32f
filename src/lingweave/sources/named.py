"""What a named benchmark is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from lingweave.benchmark import Benchmark
from lingweave.errors import LingweaveError


@dataclass(frozen=True)
class Request:
    """What of a benchmark is asked for."""

    data: Path | None = None
    """The folder or file with a local copy; None: through a library, where one has it."""
    languages: Sequence[str] | None = None
    """Only these languages, so that nothing else is read; all with None."""
    split: str | None = None
    """Which split; the benchmark's own default with None."""
    seed: int | None = None
    """Seed of a generated benchmark."""


@dataclass(frozen=True)
class Named:
    """One benchmark of the catalogue."""

    name: str
    """How it is asked for."""
    title: str
    """What it is, in a few words."""
    languages: str
    """Which languages, in words."""
    task: str
    """What asks for what."""
    licence: str
    """The licence of its texts, as its publishers state it."""
    metrics: tuple[str, ...]
    """The official measures."""
    overlaps: tuple[str, ...]
    """Names of data sets that share its texts or articles: a model trained on one has seen it."""
    published: str
    """Where it comes from."""
    form: str
    """The local files that ``data`` holds."""
    load: Callable[[Request], Benchmark]
    """Reads it."""
    family: str | None = None
    """The name under which similar benchmarks are listed together, such as ``beir-*``."""


def entry(
    name: str,
    *,
    title: str,
    languages: str,
    task: str,
    licence: str,
    metrics: tuple[str, ...],
    overlaps: tuple[str, ...],
    published: str,
    form: str,
    read: Callable[[Path, Request], Benchmark],
    otherwise: Callable[[Request], Benchmark] | None = None,
    family: str | None = None,
    splits: bool = True,
) -> Named:
    """A benchmark with a reader of local copies, and perhaps a way to get it without one.

    Its ``load`` raises a `LingweaveError` that says what was looked for and how to supply it, and
    one for a split that is asked for where it has none (``splits``).
    """

    def load(request: Request) -> Benchmark:
        if not splits:
            refuse_split(name, request)
        if request.data is not None:
            if not request.data.exists():
                raise LingweaveError(f"--data {request.data}: no such folder or file")
            return read(request.data, request)
        if otherwise is None:
            raise LingweaveError(
                f"--benchmark {name} needs --data: the place of its files ({form}), published at"
                f" {published}"
            )
        try:
            return otherwise(request)
        except LingweaveError as error:
            said = str(error).removeprefix(f"{name}: ")
            raise LingweaveError(f"--benchmark {name}: {said} ({form})") from error

    return Named(
        name, title, languages, task, licence, metrics, overlaps, published, form, load, family
    )


def refuse_split(name: str, request: Request) -> None:
    """Refuses a split of a benchmark that has none.

    Raises:
        LingweaveError: one is asked for.
    """
    if request.split is not None:
        raise LingweaveError(f"--split {request.split}: {name} has no splits: leave --split out")
