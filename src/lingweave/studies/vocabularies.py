"""How pieces are put into a tokenizer: into its vocabulary, or before its model as added tokens."""

import json
import math
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from tokenizers import AddedToken, Regex, Tokenizer, normalizers

from lingweave.errors import LingweaveError
from lingweave.studies.pieces import SCRIPTS, Word

LONG_WORD = 2000
"""Letters of a word that a WordPiece model reads, where words of some script are whole sentences;
its usual limit of 100 makes Thai sentences unknown."""


def kind_of(tokenizer: Tokenizer, name: str) -> str:
    """WordPiece, Unigram or BPE.

    Raises:
        LingweaveError: the model is of another kind.
    """
    kind = str(json.loads(tokenizer.to_str())["model"].get("type"))
    if kind not in ("WordPiece", "Unigram", "BPE"):
        raise LingweaveError(
            f"{name}: its tokenizer is {kind}; WordPiece, Unigram and BPE can be extended"
        )
    return kind


def marks(kind: str, tokenizer: Tokenizer) -> tuple[str, str]:
    """What stands before a word's first piece, and before its others."""
    if kind == "WordPiece":
        return "", str(json.loads(tokenizer.to_str())["model"]["continuing_subword_prefix"])
    return ("▁", "") if kind == "Unigram" else ("", "")


def normalizer_of(tokenizer: Tokenizer, keep: Sequence[str] = SCRIPTS) -> Callable[[str], str]:
    """The tokenizer's normal form of a text, with the vowel signs and tones of some scripts."""
    normalizer = keeping_marks(tokenizer, keep)
    return (lambda text: text) if normalizer is None else normalizer.normalize_str


def keeping_marks(tokenizer: Tokenizer, scripts: Sequence[str]) -> Any:
    """A normalizer that leaves some scripts their marks, and is else as the tokenizer's.

    BERT's takes accents off by leaving out every non-spacing mark: in Devanagari or Thai those are
    vowels. Marks that belong to no script, as accents of Latin letters do, still go.
    """
    told = json.loads(tokenizer.to_str())["normalizer"]
    if not told or told["type"] != "BertNormalizer":
        return tokenizer.normalizer
    strips = told["lowercase"] if told["strip_accents"] is None else told["strip_accents"]
    if not strips or not scripts:
        return tokenizer.normalizer
    kept = "".join(rf"\p{{{name}}}" for name in scripts)
    steps: list[Any] = [
        normalizers.BertNormalizer(
            clean_text=told["clean_text"],
            handle_chinese_chars=told["handle_chinese_chars"],
            strip_accents=False,
            lowercase=False,
        ),
        normalizers.NFD(),
        normalizers.Replace(Regex(rf"[\p{{Mn}}&&[^{kept}]]"), ""),
    ]
    return normalizers.Sequence([*steps, *([normalizers.Lowercase()] if told["lowercase"] else [])])


def with_pieces(
    tokenizer: Tokenizer, pieces: Sequence[str], words: Mapping[Word, int], scripts: Sequence[str]
) -> Tokenizer:
    """A tokenizer with more pieces, whose numbers follow those that there are.

    WordPiece and Unigram get them into their vocabulary; a Unigram piece's score is the logarithm
    of its share in the texts. BPE models get added tokens, which are found before the model is
    asked and swallow the blank before them.

    Args:
        tokenizer: without them.
        pieces: in the order of their numbers.
        words: of the texts.
        scripts: that the pieces are of.
    """
    kind = kind_of(tokenizer, "tokenizer")
    if kind == "BPE":
        made = Tokenizer.from_str(tokenizer.to_str())
        made.add_tokens([AddedToken(p, normalized=True, lstrip=True) for p in pieces])
        return made
    told = json.loads(tokenizer.to_str())
    first = tokenizer.get_vocab_size(with_added_tokens=True)
    if kind == "WordPiece":
        told["model"]["vocab"] |= {piece: first + place for place, piece in enumerate(pieces)}
        longest = max((len(word.letters) for word in words), default=0)
        if longest > told["model"]["max_input_chars_per_word"]:
            told["model"]["max_input_chars_per_word"] = LONG_WORD
    else:
        told["model"]["vocab"] += [[p, score] for p, score in _scores(pieces, words).items()]
    made = Tokenizer.from_str(json.dumps(told))
    if (normalizer := keeping_marks(tokenizer, scripts)) is not None:
        made.normalizer = normalizer
    return made


def _scores(pieces: Sequence[str], words: Mapping[Word, int]) -> dict[str, float]:
    """Piece -> the logarithm of its share of all pieces, where words are cut at the longest."""
    known, counts = frozenset(pieces), Counter(pieces)
    longest = max(map(len, pieces), default=0)
    for word, count in words.items():
        rest = ("▁" if word.first else "") + word.letters
        while rest:
            ends = range(min(longest, len(rest)), 0, -1)
            piece = next((rest[:end] for end in ends if rest[:end] in known), rest[0])
            counts[piece] += count
            rest = rest[len(piece) :]
    total = counts.total()
    return {piece: math.log(counts[piece] / total) for piece in pieces}
