"""Mining without translation: precision, recall and F1 by the least margin, on real sentences.

    python benchmarks/alignment.py --model FOLDER [--data FOLDER] [--limit N] [--languages de es]

PUD and TICO-19 sentences in English and each other language. Each side gets sentences that the
other lacks: of N sentences the first two thirds in English, the last two thirds in the other
language, so that half of each set has no mate (TICO-19's sentences stand in document order: what
lacks a mate has neighbours on its topic). Then the same of pairs of neighbouring sentences, which
must agree on both sides.
"""

import argparse
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pyarrow.parquet as pq

from lingweave.building.mining import Mates, MiningOptions, MonoSet, encoded, mates
from lingweave.encoders.choice import encoder_of
from lingweave.encoders.options import EncoderOptions
from lingweave.software import software

SETS = {"pud": ("pud/pud.parquet", {}), "tico19": ("tico19/tico19.parquet", {"es": "es-LA"})}
LEAST = (0.0, 1.0, 1.02, 1.04, 1.06, 1.08, 1.1, 1.15, 1.2, 1.3)


def main() -> int:
    """Prints a table a set and language."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = Path(__file__).resolve().parents[2] / "shared" / "data" / "parallel"
    parser.add_argument("--data", type=Path, default=default, help="the parallel sentences")
    parser.add_argument("--model", required=True, help="the encoder")
    parser.add_argument("--limit", type=int, default=3000, help="sentences of a set at most")
    parser.add_argument("--languages", nargs="+", default=["de", "es"])
    args = parser.parse_args()
    encoder = encoder_of(EncoderOptions(model=args.model, progress=False))
    print(f"commit {software()['commit']}, {args.model}; {MiningOptions().neighbours} neighbours")
    for name, (file, names) in SETS.items():
        if not (args.data / file).exists():
            print(f"{name}: not in {args.data}")
            continue
        columns = set(pq.read_schema(args.data / file).names)
        for code in args.languages:
            column = names.get(code, code)
            if column not in columns:
                continue
            rows = pq.read_table(args.data / file, columns=["en", column]).to_pylist()
            pairs = [(r["en"], r[column]) for r in rows if r["en"] and r[column]][: args.limit]
            third = len(pairs) // 3
            left = [pair[0] for pair in pairs[: 2 * third]]
            right = [pair[1] for pair in pairs[third : 3 * third]]
            for both in (False, True):
                start = time.process_time()
                found = pairs_of(encoder, left, right, code, both)
                seconds = time.process_time() - start
                print(f"\n{name} en-{code} {'pairs' if both else 'sentences'}: {len(left)} and"
                      f" {len(right)}, {third} of them parallel; {seconds:.0f} CPU s")  # fmt: skip
                show(found, third)
    return 0


def pairs_of(encoder: object, left: list[str], right: list[str], code: str, both: bool) -> Mates:
    """All mutual best neighbours, whatever their margin."""

    def some(language: str, texts: list[str]) -> MonoSet:
        ids = list(map(str, range(len(texts))))
        after = [*texts[1:], texts[0]] if both else None
        return MonoSet(language, language, ids, after, texts)

    vectors = [encoded(some(x, texts), encoder) for x, texts in (("en", left), (code, right))]
    return mates(*vectors, MiningOptions(least=0))


def show(found: Mates, third: int) -> None:
    """A line a threshold: English sentence i is the other's i - third."""
    print(f"{'least':>6}{'pairs':>7}{'precision':>11}{'recall':>8}{'F1':>7}")
    right = found.left - third == found.right
    for least in LEAST:
        kept = found.margins >= least
        hits = int(np.sum(right & kept))
        precision, recall = hits / max(int(kept.sum()), 1), hits / third
        f1 = 2 * precision * recall / max(precision + recall, 1e-9)
        print(f"{least:>6.2f}{kept.sum():>7}{precision:>11.1%}{recall:>8.1%}{f1:>7.1%}")


if __name__ == "__main__":
    sys.exit(main())
