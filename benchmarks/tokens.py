"""Claim: a batch from stored token ids costs at most a fiftieth of tokenising it in the step.

    python benchmarks/tokens.py [--data FOLDER]

Batches of 100 questions with their paragraphs, drawn as the hybrid recipe draws them from XQuAD in
11 languages (or from made-up words where the data is absent), as tensors that the model takes. CPU
seconds (all threads), medians of 7 alternations, of: the library's own preprocessing of the texts,
which the stock trainer does in every step; token ids kept one array a text in a dictionary; token
ids from the store. Then the cost of making the store and of opening it, which checks every byte.
Prints the ratios; exit status 1 if the first is below 50.
"""

import argparse
import gzip
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

os.environ.setdefault("TOKENIZERS_PARALLELISM", "true")

import numpy as np
import pyarrow as pa

from lingweave.plan import BatchPlan, Recipe
from lingweave.software import software
from lingweave.table import SIDES, ParallelTable
from lingweave.training import TrainConfig
from lingweave.training.encoder import built_encoder
from lingweave.training.tokens import Sequences, Tokens, joined

LANGUAGES = ("ar", "de", "el", "en", "es", "hi", "ru", "th", "tr", "vi", "zh")
BATCH, BATCHES, RUNS, LIMIT = 100, 20, 7, 50.0


def main() -> int:
    """Prints the figures; 0 if the claim holds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = Path(__file__).resolve().parents[2] / "shared" / "data" / "eval" / "xquad_r"
    parser.add_argument("--data", type=Path, default=default, help="the folder of XQuAD-R")
    folder = parser.parse_args().data
    there = folder.is_dir()
    table = xquad(folder) if there else made_up()
    versions = software()
    print(
        f"commit {versions['commit']}, tokenizers {versions['tokenizers']}, {os.cpu_count()} CPUs"
    )
    print(f"{'XQuAD' if there else 'made-up words'}: {len(table)} records, 11 languages")
    ratios = []
    for kind in ("static", "transformer"):
        config = TrainConfig(encoder=kind, vocabulary=32_000, dimension=256)
        print(f"{kind}: byte pairs, 32,000 entries; {BATCH} questions and paragraphs a batch")
        ratios.append(measured(config, table))
    return int(min(ratios) < LIMIT)


def measured(config: TrainConfig, table: ParallelTable) -> float:
    """Prints the figures of one kind of encoder and returns the ratio of the claim."""
    model = built_encoder(config, lambda: table.texts("passage"))
    prompts = (config.query_prompt, config.passage_prompt)
    lengths = (config.query_length, config.passage_length)
    with tempfile.TemporaryDirectory() as folder:
        store, made = timed(lambda: Tokens(model, table, prompts, lengths, Path(folder)))
        _, opened = timed(lambda: Tokens(model, table, prompts, lengths, Path(folder)))
        plan = BatchPlan(Recipe("hybrid", batch_size=BATCH, steps=BATCHES), table.shape(), 0)
        batches = [plan.batch(step) for step in range(BATCHES)]
        reads = (table.query, table.passage)
        cells = [
            (side, batch.rows, columns)
            for batch in batches
            for side, columns in enumerate((batch.query_languages, batch.passage_languages))
        ]
        texts = [
            [reads[side](int(r), int(x)) for r, x in zip(rows, columns, strict=True)]
            for side, rows, columns in cells
        ]
        kept: dict[tuple[int, int, int], Sequences] = {}
        for side, rows, columns in cells:
            for r, x in zip(rows.tolist(), columns.tolist(), strict=True):
                kept[side, r, x] = store.sequences(side, np.array([r]), np.array([x]))

        def tokenised() -> None:
            for (side, _, _), some in zip(cells, texts, strict=True):
                model.preprocess(some, prompt=prompts[side], max_length=lengths[side])

        def dictionary() -> None:
            for side, rows, columns in cells:
                keys = zip(rows.tolist(), columns.tolist(), strict=True)
                store.features(joined([kept[side, r, x] for r, x in keys]))

        def stored() -> None:
            for side, rows, columns in cells:
                store.features(store.sequences(side, rows, columns))

        def gathered() -> None:
            for side, rows, columns in cells:
                store.sequences(side, rows, columns)

        ways = (tokenised, dictionary, stored, gathered)
        runs = [[1000 * timed(way)[1] / BATCHES for way in ways] for _ in range(RUNS)]
        first, second, third, alone = (
            statistics.median(times) for times in zip(*runs, strict=True)
        )
        texts_made = sum(int(table.present(side).sum()) for side in SIDES)
        size = sum(path.stat().st_size for path in Path(folder).rglob("*.arrow"))
    print(
        f"  a batch, CPU ms: tokenised {first:.2f}, dictionary {second:.2f}, store {third:.2f}"
        f" (of which gathering {alone:.2f})"
    )
    print(
        f"  {texts_made:,} texts, {size / 1e6:.1f} MB: made in {made:.2f} CPU s, opened and checked"
        f" in {opened:.3f} CPU s"
    )
    print(
        f"  ratio tokenised / store {first / third:.1f} (claim: at least {LIMIT:.0f});"
        f" dictionary / store {second / third:.2f}; made / opened {made / opened:.0f}"
    )
    return first / third


def timed(work: Callable[[], Any]) -> tuple[Any, float]:
    """What the work gives, and its CPU seconds."""
    start = time.process_time()
    found = work()
    return found, time.process_time() - start


def xquad(folder: Path) -> ParallelTable:
    """Every question with its paragraph, in 11 languages."""
    cells: dict[str, dict[str, tuple[str, str]]] = {}
    for language in LANGUAGES:
        with gzip.open(folder / f"{language}.json.gz", "rt", encoding="utf-8") as file:
            articles = json.load(file)["data"]
        cells[language] = {
            asked["id"]: (asked["question"], paragraph["context"])
            for article in articles
            for paragraph in article["paragraphs"]
            for asked in paragraph["qas"]
        }
    return table_of(cells)


def made_up() -> ParallelTable:
    """Words of random letters in the sizes of XQuAD."""
    chance = random.Random(0)
    words = [
        "".join(chance.choices("abcdefghijklmnop", k=chance.randint(2, 9))) for _ in range(9000)
    ]
    return table_of(
        {
            language: {
                str(i): (
                    " ".join(chance.choices(words, k=11)),
                    " ".join(chance.choices(words, k=120)),
                )
                for i in range(1190)
            }
            for language in LANGUAGES
        }
    )


def table_of(cells: dict[str, dict[str, tuple[str, str]]]) -> ParallelTable:
    """Texts by language and id as one data set."""
    ids = list(cells["en"])
    columns = {
        f"{side}:{language}": pa.array([texts[id][number] for id in ids])
        for language, texts in cells.items()
        for number, side in enumerate(SIDES)
    }
    names = pa.array(["xquad"] * len(ids))
    return ParallelTable.build(pa.array(ids), names, pa.nulls(len(ids)), LANGUAGES, columns)


if __name__ == "__main__":
    sys.exit(main())
