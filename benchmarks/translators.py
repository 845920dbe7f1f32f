"""Claim: CTranslate2 in int8 translates on a CPU at least twice as fast as transformers in fp32.

    python benchmarks/translators.py [--texts FILE]

A Marian model of OPUS-MT's shape (6 + 6 layers of 512 numbers, 32,000 tokens) with random weights,
and its conversion: the same 32 sentences of 5 to 30 tokens, sorted by length, in batches of 16,
each translated into exactly 24 tokens (random weights come to no end before), greedily and with 4
beams. Sentences a CPU second of one thread; medians of 5 alternations.

Beside it, where they are installed, Apertium's pairs from English into Spanish, Catalan and
Galician on 2,048 sentences in one call: sentences a second by the clock, in which the stages
of its pipe share the cores, and sentences a CPU second of all stages together; medians of 3 runs.
The sentences are made up from a few words, or the lines of --texts. Exit status 1 if the claim does
not hold.
"""

import argparse
import os
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import torch
from rich.console import Console
from rich.table import Table
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import MarianConfig, MarianMTModel, PreTrainedTokenizerFast
from transformers.utils import logging

from lingweave.building.translators.apertium import Apertium
from lingweave.building.translators.ctranslate2 import CTranslate2, converted
from lingweave.building.translators.protocol import Translator
from lingweave.building.translators.seq2seq import Search, Seq2Seq
from lingweave.errors import LingweaveError

CLAIM = 2.0
SUBJECTS = ("the old king", "a small river", "the first train", "every student", "my neighbour")
VERBS = ("crossed", "forgot", "described", "sold", "found", "wanted to see", "did not like")
OBJECTS = ("the bridge", "a red house", "three books about history", "the capital of France", "it")
WHEN = ("in 1998", "before the war", "after a long winter", "on Monday", "for ten days")


def marian(folder: Path, layers: int, width: int, words: int) -> Path:
    """A model of random weights whose tokens are made-up words."""
    vocabulary = ["</s>", "<unk>", *(f"w{i}" for i in range(words)), "<pad>"]
    tokenizer = Tokenizer(
        models.WordLevel({word: i for i, word in enumerate(vocabulary)}, unk_token="<unk>")
    )
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token="</s>", unk_token="<unk>", pad_token="<pad>",
        model_max_length=512, source_lang="en", target_lang="de",
    ).save_pretrained(folder)  # fmt: skip
    pad = len(vocabulary) - 1
    torch.manual_seed(0)
    model = MarianMTModel(
        MarianConfig(
            vocab_size=len(vocabulary), d_model=width, encoder_layers=layers,
            decoder_layers=layers, encoder_attention_heads=8, decoder_attention_heads=8,
            encoder_ffn_dim=4 * width, decoder_ffn_dim=4 * width, activation_function="swish",
            scale_embedding=True, pad_token_id=pad, eos_token_id=0, decoder_start_token_id=pad,
        )
    )  # fmt: skip
    model.final_logits_bias[0, 0] = -100.0  # No output ends before the limit.
    model.save_pretrained(folder)
    return folder


def seconds(translator: Translator, texts: Sequence[str]) -> float:
    """CPU seconds of this process for some sentences."""
    begun = time.process_time()
    translator.translate(texts, "en", "de")
    return time.process_time() - begun


def compared(folder: Path, texts: Sequence[str], beams: int, tokens: int, runs: int) -> list[float]:
    """Sentences a CPU second by transformers and by CTranslate2."""
    search = Search(beams, tokens)
    engines: list[Translator] = [
        Seq2Seq(str(folder / "model"), search=search, batch_size=16, device="cpu"),
        CTranslate2(str(folder / "int8"), search, batch_size=16, device="cpu"),
    ]
    for engine in engines:
        engine.translate(texts[:2], "en", "de")
    spent = [[seconds(engine, texts) for engine in engines] for _ in range(runs)]
    return [len(texts) / statistics.median(column) for column in zip(*spent, strict=True)]


def apertium(texts: Sequence[str], target: str, runs: int) -> tuple[float, float] | None:
    """Sentences a second and a CPU second; None where the pair is not installed."""
    try:
        engine = Apertium()
        engine.check("en", [target])
    except LingweaveError:
        return None
    clock, spent = [], []
    for _ in range(runs):
        begun, before = time.monotonic(), _children()
        engine.translate(texts, "en", target)
        clock.append(time.monotonic() - begun)
        spent.append(_children() - before)
    return len(texts) / statistics.median(clock), len(texts) / statistics.median(spent)


def made_up(count: int) -> list[str]:
    """English sentences."""
    chance = random.Random(0)
    pick: Callable[[Sequence[str]], str] = chance.choice
    return [
        f"{pick(SUBJECTS)} {pick(VERBS)} {pick(OBJECTS)} {pick(WHEN)}.".capitalize()
        for _ in range(count)
    ]


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> int:
    """Prints the figures; 0 if the claim holds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--texts", type=Path, help="file of English sentences, one a line")
    parser.add_argument("--tiny", action="store_true", help="sizes at which figures mean nothing")
    args = parser.parse_args()
    logging.disable_progress_bar()
    torch.set_num_threads(1)
    layers, width, words, count, tokens, runs = (
        (1, 64, 100, 8, 4, 1) if args.tiny else (6, 512, 32_000, 32, 24, 5)
    )
    chance = random.Random(0)
    sentences = sorted(
        (
            " ".join(f"w{chance.randrange(words)}" for _ in range(chance.randint(5, 30)))
            for _ in range(count)
        ),
        key=len,
    )
    view = Table(box=None, padding=(0, 2, 0, 0))
    view.add_column("translator")
    for heading in ("sentences/s", "sentences/CPU s", "ratio"):
        view.add_column(heading, justify="right")
    holds = True
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model = marian(folder / "model", layers, width, words)
        converted(str(model), folder / "int8", "int8")
        for beams in (1, 4):
            slow, fast = compared(folder, sentences, beams, tokens, runs)
            view.add_row(f"transformers fp32, beams {beams}", "", f"{slow:.2f}", "")
            view.add_row(
                f"CTranslate2 int8, beams {beams}", "", f"{fast:.2f}", f"{fast / slow:.2f}"
            )
            holds &= fast >= CLAIM * slow
    many = 50 if args.tiny else 2_048
    texts = args.texts.read_text(encoding="utf-8").split("\n") if args.texts else made_up(many)
    for target in ("es",) if args.tiny else ("es", "ca", "gl"):
        found = apertium(texts[:many], target, 1 if args.tiny else 3)
        if found:
            view.add_row(f"Apertium en-{target}", f"{found[0]:.0f}", f"{found[1]:.0f}", "")
    Console(width=100).print(view)
    print(f"the claim {'holds' if holds else 'DOES NOT HOLD'}")
    return int(not holds)


if __name__ == "__main__":
    sys.exit(main())
