"""The built-in atlas as tables and benchmarks: generated at first use, then kept in the cache."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import babel
import pyarrow as pa

import lingweave
from lingweave import atlas
from lingweave.atlas import Atlas, Record
from lingweave.benchmark import Benchmark
from lingweave.sources.parallel import benchmark_of
from lingweave.sources.rows import cache_folder
from lingweave.table import ParallelTable

SEED = 31
"""The atlas that the demo and ``--benchmark atlas`` use; no figure of it was seen while the
generator and the demo's recipe were chosen."""

PARTS = ("train", "validation", "test", "names")


def atlas_table(
    part: str, languages: Sequence[str] = atlas.DEFAULT_LANGUAGES, seed: int = SEED
) -> ParallelTable:
    """One part of the atlas: a split, or the parallel names for a warm start.

    Raises:
        LingweaveError: the atlas has no sentences in one of the languages.
    """
    return ParallelTable.open(atlas_path(part, languages, seed))


def atlas_path(
    part: str, languages: Sequence[str] = atlas.DEFAULT_LANGUAGES, seed: int = SEED
) -> Path:
    """The packed table of a part; generated if it is not there yet.

    Raises:
        LingweaveError: the atlas has no sentences in one of the languages.
    """
    path = _folder(languages, seed) / f"{part}.arrow"
    if not path.exists():
        _write(atlas.generate(languages, seed), path.parent)
    return path


def atlas_benchmark(
    split: str = "test", languages: Sequence[str] = atlas.DEFAULT_LANGUAGES, seed: int = SEED
) -> Benchmark:
    """The validation or test split as a retrieval benchmark."""
    table = atlas_table(split, languages, seed)
    name = "atlas" if split == "test" else f"atlas-{split}"
    source = {
        "data": f"atlas of CLDR facts (babel {babel.__version__}), {split} split, seed {seed}",
        "fingerprint": table.fingerprint,
        "licence": "CLDR facts: Unicode-3.0; sentences: Apache-2.0",
    }
    return benchmark_of(table, name, source)


def fact_of(query_id: str) -> str:
    """The (subject, property) that a record of the atlas is about, from its id in a benchmark."""
    return query_id.split("/", 1)[1].rsplit("|", 1)[0]


def _folder(languages: Sequence[str], seed: int) -> Path:
    """Another folder for every atlas that could differ by a byte."""
    sources = sorted(Path(atlas.__file__).parent.rglob("*"))
    digest = hashlib.sha256()
    for source in sources:
        if source.is_file() and source.suffix != ".pyc":
            digest.update(source.read_bytes())
    recipe = [list(languages), seed, babel.__version__, lingweave.__version__]
    digest.update(json.dumps(recipe).encode())
    return cache_folder() / "atlas" / digest.hexdigest()[:24]


def _write(made: Atlas, folder: Path) -> None:
    for part in PARTS[:-1]:
        records = getattr(made, part)
        table = _table(
            [record.id for record in records],
            [_group(part, record) for record in records],
            [(record.queries, record.passages) for record in records],
            made.languages,
        )
        table.write(folder / f"{part}.arrow")
    ids = [f"name-{number}" for number in range(len(made.names))]
    pairs = [(texts, texts) for texts in made.names]
    _table(ids, [None] * len(ids), pairs, made.languages).write(folder / "names.arrow")


def _group(part: str, record: Record) -> str:
    """What stands together: in training, records of one fact, which have one passage; in the
    other splits, records about one subject, which are not independent of each other."""
    fact = f"{record.fact.subject}|{record.fact.property}"
    return fact if part == "train" else record.group


def _table(
    ids: Sequence[str],
    groups: Sequence[str | None],
    texts: Sequence[tuple[Mapping[str, str], Mapping[str, str]]],
    languages: Sequence[str],
) -> ParallelTable:
    columns = {
        f"{side}:{code}": pa.array([cells[place].get(code) for cells in texts], pa.large_string())
        for code in languages
        for place, side in enumerate(("query", "passage"))
    }
    datasets = pa.array(["atlas"] * len(ids))
    return ParallelTable.build(
        pa.array(ids), datasets, pa.array(groups, pa.string()), languages, columns
    )
