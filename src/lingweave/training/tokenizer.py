"""A subword tokenizer trained on a table's own texts, the same to the byte on every machine."""

from collections import Counter
from collections.abc import Callable, Iterable

from tokenizers import (
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
_SPACE = "▁"


def trained_tokenizer(texts: Callable[[], Iterable[str]], vocabulary: int) -> Tokenizer:
    """A byte-pair tokenizer over lower-cased NFKC text with word starts marked.

    Byte pairs rather than a unigram model: its training counts whole numbers, so it does not depend
    on the order of floating-point sums or on the number of threads. Scripts without spaces are
    merged within the stretch between two punctuation marks.

    Args:
        texts: gives every text once, and may be called twice; their order does not matter.
        vocabulary: entries at most, the five special ones included. At most half of them are
            letters: in a table of many scripts rare ideographs would take the place of words.
    """
    limit = max(vocabulary // 2, 1)
    tokenizer = _trained(texts(), vocabulary, limit, [])
    if sum(len(token) == 1 for token in tokenizer.get_vocab()) < limit:
        return tokenizer
    # There may be more letters. Of those that are as rare as each other the library leaves out any,
    # so it is told which to keep.
    counts: Counter[str] = Counter()
    for text in texts():
        counts.update(tokenizer.normalizer.normalize_str(text))
    counts[_SPACE] = counts.total()
    del counts[" "]
    kept = sorted(counts, key=lambda letter: (-counts[letter], letter))[:limit]
    return _trained(texts(), vocabulary, limit, kept)


def _trained(texts: Iterable[str], vocabulary: int, limit: int, letters: list[str]) -> Tokenizer:
    """One with ``limit`` letters at most, ``letters`` before all others."""
    tokenizer = Tokenizer(models.BPE(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Metaspace(_SPACE),
            pre_tokenizers.Punctuation(),
            pre_tokenizers.Digits(),
        ]
    )
    tokenizer.decoder = decoders.Metaspace(_SPACE)
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        special_tokens=list(SPECIAL),
        initial_alphabet=letters,
        limit_alphabet=limit,
        max_token_length=16,
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def with_sentence_marks(tokenizer: Tokenizer) -> Tokenizer:
    """The same tokenizer, adding [CLS] and [SEP] as a transformer expects them."""
    marked = Tokenizer.from_str(tokenizer.to_str())
    marked.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]",
        pair="[CLS] $A [SEP] $B:1 [SEP]:1",
        special_tokens=[("[CLS]", SPECIAL.index("[CLS]")), ("[SEP]", SPECIAL.index("[SEP]"))],
    )
    return marked
