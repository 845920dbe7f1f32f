"""How pieces are put into a tokenizer: into its vocabulary, or before its model as added tokens."""

import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

from tokenizers import AddedToken, Regex, Tokenizer, normalizers

from lingweave.errors import LingweaveError
from lingweave.studies.extending.pieces import (
    SCRIPTS,
    Coverage,
    Form,
    Word,
    by_script,
    coverage_of,
    learned,
    words_of,
)

LONG_WORD = 2000
"""Letters of a word that a WordPiece model reads, where words of some script are whole sentences;
its usual limit of 100 makes Thai sentences unknown."""


class Extended(NamedTuple):
    """What became of a tokenizer."""

    tokenizer: Tokenizer
    """With the new pieces."""
    pieces: tuple[str, ...]
    """The new pieces, in the order of their numbers."""
    first: int
    """The number of the first one."""
    before: Mapping[str, Coverage]
    """Script -> how its words were cut."""
    after: Mapping[str, Coverage]
    """Script -> how they are cut now."""

    @property
    def scripts(self) -> tuple[str, ...]:
        """Those that were lacking."""
        return tuple(name for name, found in self.before.items() if found.lacking)


def extended_tokenizer(
    tokenizer: Tokenizer, texts: Iterable[str], tokens: int, name: str = "tokenizer"
) -> Extended:
    """A tokenizer with pieces for the scripts that it lacks.

    Raises:
        LingweaveError: its model is of a kind that cannot be extended.
    """
    kind = kind_of(tokenizer, name)
    tokenizer = Tokenizer.from_str(tokenizer.to_str())
    tokenizer.no_padding()
    tokenizer.no_truncation()
    words = by_script(words_of(texts, normalizer_of(tokenizer)))
    unknown = unknown_of(tokenizer)
    before = coverage_of(words, tokenizer, unknown)
    lacking = {script: words[script] for script, found in before.items() if found.lacking}
    known = frozenset(tokenizer.get_vocab(with_added_tokens=True))
    pieces = learned(lacking, known, tokens, form_of(kind, tokenizer))
    made = with_pieces(tokenizer, pieces, lacking)
    first = tokenizer.get_vocab_size(with_added_tokens=True)
    return Extended(made, tuple(pieces), first, before, coverage_of(words, made, unknown))


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


def form_of(kind: str, tokenizer: Tokenizer) -> Form:
    """How a tokenizer of a kind writes its pieces."""
    if kind == "WordPiece":
        inside = json.loads(tokenizer.to_str())["model"]["continuing_subword_prefix"]
        return Form(inside=str(inside), always=True)
    return Form(first="▁") if kind == "Unigram" else Form()


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
    tokenizer: Tokenizer, pieces: Sequence[str], words: Mapping[str, Mapping[Word, int]]
) -> Tokenizer:
    """A tokenizer with more pieces, whose numbers follow those that there are.

    WordPiece and Unigram get them into their vocabulary; a Unigram piece's score is the logarithm
    of its share in the texts. BPE models get added tokens, which are found before the model is
    asked and swallow the blank before them.

    Args:
        tokenizer: without them.
        pieces: in the order of their numbers.
        words: of the scripts that the pieces are of, by script.
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
        longest = max((len(word.letters) for own in words.values() for word in own), default=0)
        if longest > told["model"]["max_input_chars_per_word"]:
            told["model"]["max_input_chars_per_word"] = LONG_WORD
    else:
        told["model"]["vocab"] += [
            [p, score] for p, score in _scores(pieces, words.values()).items()
        ]
    made = Tokenizer.from_str(json.dumps(told))
    if (normalizer := keeping_marks(tokenizer, [*words])) is not None:
        made.normalizer = normalizer
    return made


def _scores(pieces: Sequence[str], words: Iterable[Mapping[Word, int]]) -> dict[str, float]:
    """Piece -> the logarithm of its share of all pieces, where words are cut at the longest."""
    known, counts = frozenset(pieces), Counter(pieces)
    longest = max(map(len, pieces), default=0)
    for word, count in chain.from_iterable(own.items() for own in words):
        rest = ("▁" if word.first else "") + word.letters
        while rest:
            ends = range(min(longest, len(rest)), 0, -1)
            piece = next((rest[:end] for end in ends if rest[:end] in known), rest[0])
            counts[piece] += count
            rest = rest[len(piece) :]
    total = counts.total()
    return {piece: math.log(counts[piece] / total) for piece in pieces}


def unknown_of(tokenizer: Tokenizer) -> int | None:
    """The number of the piece that stands for what is not known, if there is one."""
    token = next(
        (t for t in ("[UNK]", "<unk>", "<UNK>") if tokenizer.token_to_id(t) is not None), None
    )
    return None if token is None else tokenizer.token_to_id(token)
