"""The benchmarks of the field by name: what each is, and how it is loaded."""

import difflib
from collections.abc import Callable, Mapping
from pathlib import Path

from lingweave.benchmark import Benchmark
from lingweave.errors import LingweaveError
from lingweave.sources.beir import beir
from lingweave.sources.entries import ENTRIES
from lingweave.sources.entries_beir import BEIR
from lingweave.sources.ir_datasets import from_ir_datasets
from lingweave.sources.mteb import from_mteb
from lingweave.sources.named import Named, Request, entry

CATALOGUE: Mapping[str, Named] = {one.name: one for one in (*ENTRIES, *BEIR)}
"""Every named benchmark, in the order in which they are listed."""

PREFIXES = ("mteb:", "ir_datasets:", "beir:")
"""What comes before the name of a task, of a set, or a folder, that is not in the catalogue."""


def named(name: str) -> Named:
    """A benchmark by its name, or by a prefix and what it stands before.

    ``mteb:<task>`` is any retrieval or bitext task of mteb, ``ir_datasets:<set>`` any set of
    ir_datasets, ``beir:<folder>`` a BEIR folder or a folder of them, one a language.

    Raises:
        LingweaveError: there is no such benchmark; near names are told.
    """
    if name in CATALOGUE:
        return CATALOGUE[name]
    prefix, _, rest = name.partition(":")
    if f"{prefix}:" in PREFIXES and rest:
        return {"mteb": _task, "ir_datasets": _set, "beir": _folder}[prefix](rest)
    near = difflib.get_close_matches(name, CATALOGUE, 3, 0.6)
    listed = dict.fromkeys(one.family or one.name for one in CATALOGUE.values())
    raise LingweaveError(
        f"--benchmark {name}: choose from {', '.join((*listed, *(f'{p}NAME' for p in PREFIXES)))}"
        + (f" (near: {', '.join(near)})" if near else "")
        + "; `lingweave data benchmarks` tells more"
    )


def _task(task: str) -> Named:
    return _unlisted(
        f"mteb:{task}",
        title=f"the task {task} of mteb",
        read=lambda data, request: beir(
            data,
            split=request.split or "test",
            language=_only(request),
            name=task,
            languages=request.languages,
        ),
        otherwise=lambda request: from_mteb(task, task, request.split, request.languages),
        form="a BEIR folder, or such folders, one a language, named by its code",
    )


def _set(id: str) -> Named:
    def no_copies(data: Path, request: Request) -> Benchmark:
        raise LingweaveError(
            f"--data {data}: ir_datasets:{id} is read through ir_datasets alone; give local files"
            " as beir:<folder>"
        )

    return _unlisted(
        f"ir_datasets:{id}",
        title=f"the set {id} of ir_datasets",
        read=no_copies,
        otherwise=lambda request: from_ir_datasets(id, languages=request.languages),
        form="or give local files as beir:<folder>",
        splits=False,
    )


def _folder(folder: str) -> Named:
    def load(request: Request) -> Benchmark:
        return beir(
            Path(folder),
            split=request.split or "test",
            language=_only(request),
            languages=request.languages,
        )

    return _unlisted(
        f"beir:{folder}",
        title=f"the BEIR folder {folder}",
        read=lambda data, request: load(request),
        otherwise=load,
        form="a BEIR folder, or such folders, one a language, named by its code",
    )


def _only(request: Request) -> str | None:
    """The one language that is asked for: that of rows that do not tell theirs."""
    asked = request.languages or ()
    return asked[0] if len(asked) == 1 else None


def _unlisted(
    name: str,
    *,
    title: str,
    read: Callable[[Path, Request], Benchmark],
    otherwise: Callable[[Request], Benchmark],
    form: str,
    splits: bool = True,
) -> Named:
    return entry(
        name,
        title=title,
        languages="its own",
        task="its own",
        licence="its own",
        metrics=("nDCG@10",),
        overlaps=(),
        published="its own place",
        form=form,
        read=read,
        otherwise=otherwise,
        splits=splits,
    )
