"""The token store: shards of a table on disk, each made once and then mapped by every run.

Builders need no lock and no leader. Each takes the missing shards in an order of its own and looks
again before it makes one, so ranks of one run, or runs that were started together, share the work;
where two make the same file, they make the same bytes, and a rename decides.
"""

import os
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import torch

from lingweave.atomic import disk_errors_named, remove_unfinished
from lingweave.errors import LingweaveError
from lingweave.training.tokens.shard import Shard, read_shard, shard_name, write_shard

FOLDER = ".lingweave-tokens"
"""Name of a store that nobody named."""


class Piece(NamedTuple):
    """Consecutive cells of one column."""

    key: bytes
    """Hash of all that decides the ids beside the texts."""
    texts: pa.LargeStringArray
    """(n,) the texts, null at holes."""
    encode: Callable[[pa.LargeStringArray], Shard]
    """Makes their ids."""


class Built(NamedTuple):
    """What opening a store took."""

    texts: int
    """Texts of all pieces."""
    made: int
    """Texts that were tokenised now."""
    seconds: float
    """Wall-clock time of that."""


def shards_of(
    pieces: Sequence[Piece], folder: Path | None, done: Callable[[int, int], None]
) -> tuple[list[Shard], Built]:
    """The shards of all pieces, in their order: mapped from ``folder``, made where they are not.

    Every file is checked before it is used. ``folder`` None keeps shards in memory.

    Args:
        pieces: what is wanted.
        folder: where the files are.
        done: told the number of texts made and to make, after each piece; may raise to stop.

    Raises:
        LingweaveError: the disk is full; finished shards stay for the next try.
    """
    start = time.monotonic()
    counts = [len(piece.texts) - piece.texts.null_count for piece in pieces]
    if folder is None:
        kept = [piece.encode(piece.texts) for piece in pieces]
        return kept, Built(sum(counts), sum(counts), time.monotonic() - start)
    with ThreadPoolExecutor(max(torch.get_num_threads(), 1)) as pool:
        names = list(pool.map(lambda piece: shard_name(piece.key, piece.texts), pieces))
        paths = [folder / f"{name}.arrow" for name in names]
        found = list(
            pool.map(lambda path, piece: read_shard(path, len(piece.texts)), paths, pieces)
        )
    missing = [number for number, shard in enumerate(found) if shard is None]
    random.Random(os.urandom(8)).shuffle(missing)
    total, finished, made = sum(counts[number] for number in missing), 0, 0
    if missing:
        with disk_errors_named(f"token ids in {folder}"):
            folder.mkdir(parents=True, exist_ok=True)
        remove_unfinished(folder)
    for number in missing:
        path, piece = paths[number], pieces[number]
        shard = read_shard(path, len(piece.texts))
        if shard is None:
            fresh = piece.encode(piece.texts)
            with disk_errors_named(f"token ids in {folder}"):
                write_shard(path, fresh)
            made += counts[number]
            shard = read_shard(path, len(piece.texts))
        if shard is None:
            raise LingweaveError(
                f"{path}: does not hold what was just written to it; the disk may be failing:"
                " name another folder with tokens"
            )
        found[number] = shard
        finished += counts[number]
        done(finished, total)
    shards = [shard for shard in found if shard is not None]
    return shards, Built(sum(counts), made, time.monotonic() - start)


def store_folder(given: str | None, tables: Sequence[str], out: str) -> Path:
    """Where the token ids of a run are kept.

    Args:
        given: the folder that the run names, if it names one.
        tables: the files of the run's table; without ``given`` the store is beside the first one,
            or beside ``out`` where that folder cannot be written to.
        out: the folder of the run.

    Raises:
        LingweaveError: none of them can be written to.
    """
    if given is not None and Path(given).is_dir():
        return Path(given)  # It may be complete and not writable.
    beside = [Path(table).parent for table in tables[:1]] + [Path(out).parent]
    places = [Path(given)] if given is not None else [folder / FOLDER for folder in beside]
    reason = ""
    for place in places:
        try:
            place.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=place):
                pass
            mark = place / ".gitignore"
            if not mark.exists():
                mark.write_text("*\n")
        except OSError as error:
            reason = error.strerror or str(error)
        else:
            return place
    raise LingweaveError(
        f"tokens: {places[-1]} cannot be written to ({reason}); name another folder"
    )
