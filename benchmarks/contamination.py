"""Claim: decontamination finds every planted XQuAD-R item, at the cost of at most 1% of the rest.

    python benchmarks/contamination.py [--data FOLDER] [--quick]

Every question and sentence of XQuAD-R in 11 languages is planted in a record of its own and looked
for by `InBenchmark` with its defaults: verbatim, in upper case and case-folded, with all
punctuation taken out or replaced, and, from 10 ICU words on, with 10% of its words changed (each
replaced by another word of the language, deleted, or with one put behind it; rounded to the next
whole number, and rounded up), 3 seeds. Then inside longer passages. Beside it MinHash LSH (rensa)
over the same runs of letters, as a measure of the other way to find near copies.

Innocent rows are those of ../shared/data/train without qp_squad; rows a second are CPU seconds of
one thread. Shared articles are found by titles in a planted table, and then by what is known of
each data set. Exit status 1 if the claim does not hold.
"""

import argparse
import math
import os
import random
import string
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pyarrow as pa
import regex

from lingweave.benchmark import Benchmark, Texts
from lingweave.building.blocks import blocks
from lingweave.building.decontamination import InBenchmark, Options, decontaminated, titles_of
from lingweave.building.decontamination.normal import letters_of
from lingweave.building.decontamination.shingles import shingles_of
from lingweave.building.decontamination.tokens import segments, words
from lingweave.software import software
from lingweave.sources.lareqa import xquad_r
from lingweave.sources.rows import read_table
from lingweave.table import ParallelTable

SEEDS, SHARE, LEAST_FOUND, MOST_LOST = (1, 2, 3), 0.1, 0.99, 0.01
INNOCENT = ("qp_courses", "qp_tico", "qp_tldr")
SIGNS = string.punctuation + "«»¿¡。，、？！；：؟،।…–“”"
_LETTER, _SIGN = regex.compile(r"[\p{L}\p{N}]"), regex.compile(r"[\p{P}\p{S}]")
Change = Callable[[str, str, random.Random], str | None]


def main() -> int:
    """Prints the tables; 0 if the claim holds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    parser.add_argument("--data", type=Path, default=default, help="the shared data")
    parser.add_argument("--quick", action="store_true", help="three languages, one item in ten")
    args = parser.parse_args()
    if not (args.data / "eval" / "xquad_r").is_dir():
        print(f"no XQuAD-R in {args.data}: nothing was measured")
        return 0
    real = xquad_r(args.data / "eval" / "xquad_r")
    if args.quick:
        real = thinned(real.select(["en", "th", "zh"]), 10)
    versions = software()
    print(f"commit {versions['commit']}, {os.cpu_count()} CPUs, seeds {SEEDS}")
    start = time.process_time()
    filter = InBenchmark(real)
    print(
        f"index of {len(filter.items.items):,} texts, {filter.items.runs.nnz:,} runs of letters:"
        f" {time.process_time() - start:.1f} CPU s; {filter.options}"
    )
    holds = planted(filter)
    minhash(real, filter)
    holds &= innocent(args.data / "train", filter, quick=args.quick)
    holds &= articles(args.data, real)
    print("the claim holds" if holds else "THE CLAIM DOES NOT HOLD")
    return int(not holds)


def thinned(given: Benchmark, step: int) -> Benchmark:
    """Every so many of the questions and passages."""

    def some(side: Texts) -> Texts:
        return Texts(side.ids[::step], side.texts[::step])

    queries = {code: some(side) for code, side in given.queries.items()}
    corpora = {code: some(side) for code, side in given.corpora.items()}
    return Benchmark(given.name, queries, corpora, ())


def verbatim(text: str, code: str, rng: random.Random) -> str:
    """The text."""
    return text


def upper(text: str, code: str, rng: random.Random) -> str | None:
    """In upper case; None where that is another text to case folding too (as of Greek ΐ)."""
    return text.upper() if text.upper().casefold() == text.casefold() else None


def folded(text: str, code: str, rng: random.Random) -> str:
    """Case-folded."""
    return text.casefold()


def bare(text: str, code: str, rng: random.Random) -> str | None:
    """Without punctuation; None where nothing else is there."""
    return _SIGN.sub("", text) if _LETTER.search(text) else None


def punctuated(text: str, code: str, rng: random.Random) -> str | None:
    """With other punctuation in place of its own, and at both ends."""
    if not _LETTER.search(text):
        return None
    return rng.choice(SIGNS) + _SIGN.sub(lambda _: rng.choice(SIGNS), text) + rng.choice(SIGNS)


def worded(
    text: str, code: str, rng: random.Random, rounding: Callable[[float], int], pool: Sequence[str]
) -> str | None:
    """With a share of its words changed; None where it has fewer than 10."""
    parts = segments(text, code)
    at = [place for place, part in enumerate(parts) if _LETTER.search(part)]
    if len(at) < 10:
        return None
    between = "" if code in ("th", "zh") else " "
    for place in rng.sample(at, max(1, rounding(SHARE * len(at)))):
        other = rng.choice(pool)
        parts[place] = rng.choice((other, "", parts[place] + between + other))
    return "".join(parts)


def inside(text: str, code: str, rng: random.Random, around: Sequence[str]) -> str | None:
    """Between two other passages; None where it is too short to be looked for inside others."""
    if len(words(text, code)) < Options().shortest:
        return None
    return f"{rng.choice(around)} {text} {rng.choice(around)}"


def planted(filter: InBenchmark) -> bool:
    """The share that is found, by change and language."""
    real = filter.benchmark
    exact: dict[str, Change] = {
        "verbatim": verbatim, "upper case": upper, "case-folded": folded, "bare": bare,
        "punctuation": punctuated,
    }  # fmt: skip
    holds = True
    columns = [*exact, "10%", "10% up", "inside", "inside 10%"]
    print(f"\n{'':4}" + "".join(f"{name:>21}" for name in columns) + "   found / planted")
    for code in real.languages:
        texts = [*real.queries[code].texts, *real.corpora[code].texts]
        pool = [part for text in texts for part in segments(text, code) if _LETTER.search(part)]
        # What stands around is no benchmark's: a made-up order of words.
        filler = random.Random(code)
        between = "" if code in ("th", "zh") else " "
        around = [between.join(filler.sample(pool, min(40, len(pool)))) for _ in range(50)]
        put = partial(inside, around=around)
        change: Change = partial(worded, rounding=round, pool=pool)
        more = partial(worded, rounding=math.ceil, pool=pool)

        def both(
            text: str, code: str, rng: random.Random, change: Change = change, put: Change = put
        ) -> str | None:
            changed = change(text, code, rng)
            return None if changed is None else put(changed, code, rng)

        cells = []
        changes: dict[str, Change] = {"10%": change, "10% up": more, "inside": put,
                                      "inside 10%": both}  # fmt: skip
        for name, how in (exact | changes).items():
            seeds = SEEDS if name not in ("verbatim", "upper case", "case-folded", "bare") else (1,)
            found = total = 0
            for seed in seeds:
                rng = random.Random(f"{code} {name} {seed}")
                made = [x for x in (how(text, code, rng) for text in texts) if x is not None]
                hits = rows_found(filter, made, code)
                found, total = found + hits, total + len(made)
            cells.append(f"{found:,}/{total:,}")
            if name in exact:
                holds &= found == total
            elif name == "10%":
                holds &= found >= LEAST_FOUND * total
            if found < total:
                cells[-1] += f" {found / total:.2%}"
        print(f"{code:4}" + "".join(f"{cell:>21}" for cell in cells))
    return holds


def rows_found(filter: InBenchmark, texts: Sequence[str], code: str) -> int:
    """How many records are found that have one of the texts each, as question or as passage."""
    half = len(texts) // 2
    other = [f"x{place}" for place in range(len(texts))]
    columns = {
        f"query:{code}": pa.array([*texts[:half], *other[half:]], pa.large_string()),
        f"passage:{code}": pa.array([*other[:half], *texts[half:]], pa.large_string()),
    }
    ids = pa.array([str(place) for place in range(len(texts))], pa.string())
    sets = pa.array(["planted"] * len(texts), pa.string())
    table = ParallelTable.build(ids, sets, pa.nulls(len(texts), pa.string()), [code], columns)
    return len({row for block in blocks(table) for row in filter(block).rows.tolist()})


def minhash(real: Benchmark, filter: InBenchmark) -> None:
    """What MinHash LSH finds of the same, in three languages."""
    try:
        from rensa import RMinHash, RMinHashLSH
    except ImportError:
        return
    permutations, bands = 128, 32

    def signature(text: str) -> RMinHash:
        sketch = RMinHash(permutations, 1)
        sketch.update([str(one) for one in shingles_of(letters_of([text])).hashes.tolist()])
        return sketch

    print(f"\nMinHash LSH, {permutations} permutations, {bands} bands: candidates alone")
    for code in [x for x in ("en", "th", "zh") if x in real.languages]:
        texts = [*real.queries[code].texts, *real.corpora[code].texts]
        pool = [part for text in texts for part in segments(text, code) if _LETTER.search(part)]
        start = time.process_time()
        index = RMinHashLSH(0.5, permutations, bands)
        for place, text in enumerate(texts):
            index.insert(place, signature(text))
        filler = random.Random(code)
        around = [" ".join(filler.sample(pool, 40)) for _ in range(50)]
        shares = []
        rng = random.Random(f"{code} minhash")
        changes: tuple[Change, ...] = (
            partial(worded, rounding=round, pool=pool), partial(inside, around=around)
        )  # fmt: skip
        for how in changes:
            made = [(place, how(text, code, rng)) for place, text in enumerate(texts)]
            asked = [(place, text) for place, text in made if text is not None]
            hits = sum(place in index.query(signature(text)) for place, text in asked)
            shares.append(hits / len(asked))
        seconds = time.process_time() - start
        print(f"{code:4} 10%: {shares[0]:.2%}   inside: {shares[1]:.2%}   {seconds:.1f} CPU s")


def innocent(folder: Path, filter: InBenchmark, quick: bool) -> bool:
    """Rows that are lost where nothing is to be found, and rows a second."""
    print(f"\n{'':12}{'records':>9}{'texts':>9}{'lost':>6}{'records/s':>11}{'texts/s':>9}")
    holds = True
    for name in (*INNOCENT, "qp_squad"):
        if not (folder / f"{name}.parquet").exists() or (quick and name != "qp_tldr"):
            continue
        table = read_table([folder / f"{name}.parquet"], split=None)
        texts = sum(int(table.present(side).sum()) for side in ("query", "passage"))
        start = time.process_time()
        found = [filter(block).rows for block in blocks(table)]
        seconds = time.process_time() - start
        lost = len(np.unique(np.concatenate(found)))
        print(
            f"{name:12}{len(table):>9,}{texts:>9,}{lost:>6,}"
            f"{len(table) / seconds:>11,.0f}{texts / seconds:>9,.0f}"
        )
        if name in INNOCENT:
            holds &= lost <= MOST_LOST * len(table)
    return holds


def articles(data: Path, real: Benchmark) -> bool:
    """Shared articles by titles in a planted table, and what is known of the training files."""
    file = data / "eval" / "xquad_r" / "en.json.gz"
    known = titles_of([file])
    filter = InBenchmark(real, Options(corpus="none"))
    titles = sorted(known.titles)
    shared = [f"{title.replace('_', ' ')}/{place}" for place, title in enumerate(titles[:24])]
    groups = [*shared, *(f"Another article {place}/0" for place in range(200))]
    count = len(groups)
    cells = {
        f"{side}:en": pa.array([f"{side} {place}" for place in range(count)], pa.large_string())
        for side in ("query", "passage")
    }
    table = ParallelTable.build(
        pa.array([str(place) for place in range(count)]), pa.array(["planted"] * count),
        pa.array(groups), ["en"], cells,
    )  # fmt: skip
    report = decontaminated(table, filter, [known]).report
    got = [(one.records, one.articles) for one in report.articles]
    holds = got == [(24, 24)] and report.removed == 0
    print(f"\nplanted: 24 of 224 records of articles with {known.name}; found {got}")
    for name in (*INNOCENT, "qp_squad"):
        place = data / "train" / f"{name}.parquet"
        if place.exists():
            report = decontaminated(read_table([place], split=None), filter, [known]).report
            print(f"{name}: {len(report.articles) or 'no'} evidence of shared articles")
            for one in report.articles:
                print(f"  {one.records:,} records of {one.articles:,} articles: {one.evidence}")
    return holds


if __name__ == "__main__":
    sys.exit(main())
