"""Word pieces for scripts that a tokenizer takes apart into letters, learned from texts.

A script is lacking where the words of the texts have fewer than `FEW` letters a piece, an unknown
piece counting as one for each letter of its word. For each lacking script pieces are learned apart
from the others: first its letters that the tokenizer does not know, the most frequent first, then
what byte-pair encoding merges, in the order of the merges; nothing that occurs once. The scripts
then take turns until so many pieces are chosen as were asked for. Every new piece has a letter of
a lacking script in it, so texts in other scripts are cut as before.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from itertools import islice
from typing import NamedTuple

import regex
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

FEW = 1.5
"""Letters a piece below which a script is lacking: its words are spelled, not read."""
ENOUGH = 200
"""Letters of a script below which nothing is said of it."""
LONGEST = 16
"""Characters of a piece at most."""
SCRIPTS = (
    "Latin", "Greek", "Cyrillic", "Armenian", "Hebrew", "Arabic", "Syriac", "Thaana", "Nko",
    "Devanagari", "Bengali", "Gurmukhi", "Gujarati", "Oriya", "Tamil", "Telugu", "Kannada",
    "Malayalam", "Sinhala", "Thai", "Lao", "Tibetan", "Myanmar", "Georgian", "Hangul", "Ethiopic",
    "Cherokee", "Khmer", "Mongolian", "Hiragana", "Katakana", "Han", "Tifinagh", "Javanese",
)  # fmt: skip
"""Scripts of Unicode that are looked at."""
START = "▁"
"""Stands before words while pieces are learned."""
_WORD = regex.compile(r"(?:(?<=^|[\s▁])(?P<first>))?(?P<word>[\p{L}\p{M}]+)")
_LETTER = regex.compile(r"\p{L}")
_OF = tuple((name, regex.compile(rf"\p{{{name}}}")) for name in SCRIPTS)


class Word(NamedTuple):
    """A stretch of letters in a text."""

    letters: str
    """In the tokenizer's normal form."""
    first: bool
    """Whether a blank stands before it."""


class Form(NamedTuple):
    """How a tokenizer writes its pieces."""

    first: str = ""
    """What stands before a word's first piece ("▁" of SentencePiece)."""
    inside: str = ""
    """What stands before a word's other pieces ("##" of WordPiece)."""
    always: bool = False
    """Whether every word has a first piece of its own form, with a blank before it or not."""

    def written(self, piece: str) -> str:
        """A piece, which starts with `START` where it begins a word, as the tokenizer has it."""
        if piece.startswith(START):
            return self.first + piece.removeprefix(START)
        return self.inside + piece


class Coverage(NamedTuple):
    """How a tokenizer cuts the words of a script."""

    letters: int
    """Letters of all its words."""
    pieces: int
    """What they are cut into, unknown words into their letters."""
    unknown: int
    """Letters of unknown words."""

    @property
    def lacking(self) -> bool:
        """Whether the script needs pieces of its own."""
        return self.letters >= ENOUGH and self.letters < FEW * self.pieces


def words_of(texts: Iterable[str], normal: Callable[[str], str]) -> Counter[Word]:
    """How often each word stands in the texts."""
    counts: Counter[Word] = Counter()
    for text in texts:
        counts.update(
            Word(found["word"], found["first"] is not None)
            for found in _WORD.finditer(normal(text))
        )
    return counts


def by_script(words: Mapping[Word, int]) -> dict[str, dict[Word, int]]:
    """Script -> its words, in the order of `SCRIPTS`; a word is of the script of its first letter.

    Words of other scripts are left out.
    """
    found: dict[str, dict[Word, int]] = {name: {} for name in SCRIPTS}
    for word, count in words.items():
        if letter := _LETTER.search(word.letters):
            found.get(_script(letter[0]), {})[word] = count
    return {name: own for name, own in found.items() if own}


def coverage_of(
    words: Mapping[str, Mapping[Word, int]], tokenizer: Tokenizer, unknown: int | None
) -> dict[str, Coverage]:
    """Script -> how a tokenizer cuts its words.

    Args:
        words: by script.
        tokenizer: that cuts them.
        unknown: the number of its unknown piece, if it has one.
    """
    found = {}
    for name, own in words.items():
        cut = tokenizer.encode_batch_fast([word.letters for word in own], add_special_tokens=False)
        letters = pieces = lost = 0
        for (word, count), one in zip(own.items(), cut, strict=True):
            of_word = len(_LETTER.findall(word.letters)) * count
            ids = one.ids
            letters += of_word
            lost += of_word if unknown in ids else 0
            pieces += of_word if unknown in ids else len(ids) * count
        found[name] = Coverage(letters, pieces, lost)
    return found


def learned(
    words: Mapping[str, Mapping[Word, int]], known: frozenset[str], tokens: int, form: Form
) -> list[str]:
    """The new pieces, in the order in which they are chosen.

    Args:
        words: of the scripts that lack pieces, by script.
        known: pieces that there are.
        tokens: how many are chosen at most.
        form: how the tokenizer writes its pieces.
    """
    turns = [iter(_of_script(own, name, known, tokens, form)) for name, own in words.items()]
    chosen: list[str] = []
    while turns and len(chosen) < tokens:
        for turn in list(turns):
            piece = next(turn, None)
            if piece is None:
                turns.remove(turn)
            elif len(chosen) < tokens:
                chosen.append(piece)
    return chosen


@cache
def _script(letter: str) -> str:
    return next((name for name, pattern in _OF if pattern.match(letter)), "")


def _of_script(
    words: Mapping[Word, int], script: str, known: frozenset[str], tokens: int, form: Form
) -> list[str]:
    counts: Counter[str] = Counter()
    for word, count in words.items():
        marked = form.always or (word.first and bool(form.first))
        counts[(START if marked else "") + word.letters] += count
    alphabet: Counter[str] = Counter()
    for text, count in counts.items():
        start = text.startswith(START)
        pieces = [text[:2], *text[2:]] if start else [*text]
        for piece in pieces:
            alphabet[piece] += count
    letters = [piece for piece, count in alphabet.items() if count > 1]
    found = [*sorted(letters, key=lambda piece: (-alphabet[piece], piece))]
    found += _merged(counts, len(alphabet) + tokens)
    own = dict(_OF)[script]
    written = (form.written(piece) for piece in dict.fromkeys(found) if own.search(piece))
    return list(islice((piece for piece in written if piece not in known), tokens))


def _merged(counts: Mapping[str, int], size: int) -> list[str]:
    """What byte-pair encoding makes of the words, letters included, in the order of the merges.

    Words have a mark at their start and pieces none inside: with a mark of its own the library
    numbers letters as it meets them, and ties between pairs are then decided by chance.
    """
    model = Tokenizer(models.BPE())
    model.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    trainer = trainers.BpeTrainer(
        vocab_size=size, min_frequency=2, max_token_length=LONGEST, show_progress=False
    )
    model.train_from_iterator(_repeated(counts), trainer)
    vocabulary: dict[str, int] = model.get_vocab()
    return sorted(vocabulary, key=vocabulary.__getitem__)


def _repeated(counts: Mapping[str, int]) -> Iterator[str]:
    """Each word as often as it occurs, in an order that depends on nothing else."""
    for word, count in sorted(counts.items()):
        for start in range(0, count, 1000):
            yield " ".join([word] * min(1000, count - start))
