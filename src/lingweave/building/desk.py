"""Where sentences are asked for: from the memory, or from the workers, each once."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from lingweave.building.memory import TranslationMemory
from lingweave.building.workers import Described, Sentences, Translate, identity_hash
from lingweave.errors import LingweaveError

Wanted = Mapping[str, Iterable[str]]
"""Sentences by the language that is wanted."""


class Desk:
    """Translates sentences that the memory lacks, and stores each batch as it comes.

    Batches are made of sentences of like length, whole ones first. As batches are stored whole, a
    run that goes on makes of the rest the same batches as the run that was stopped: padding, and
    so the last digit of a model's figures, cannot differ between the two.

    Args:
        translate: the workers.
        memory: what is known.
        source: the canonical code of the language of the sentences.
        translator: what the workers' translator says of itself.
    """

    def __init__(
        self, translate: Translate, memory: TranslationMemory, source: str, translator: Described
    ) -> None:
        self._translate, self._memory, self._source = translate, memory, source
        self._batch_size = max(1, translator.batch_size)
        self._identity = identity_hash(translator.identity)
        self.counts: Counter[str] = Counter()
        """``remembered``: sentences that the memory had; ``translated``: that it had not."""

    def __call__(
        self, wanted: Wanted, advance: Callable[[float], None]
    ) -> dict[str, dict[str, str]]:
        """The translations of sentences, ``""`` where there is none, by language.

        Args:
            wanted: the sentences.
            advance: told, with each batch, the share of the sentences that are new.

        Raises:
            LingweaveError: what the workers raise; the memory cannot be written.
        """
        known = {x: self._memory.find(tuple(texts), self._source, x) for x, texts in wanted.items()}
        missing = {
            x: sorted((t for t in dict.fromkeys(texts) if t not in known[x]), key=_longest)
            for x, texts in wanted.items()
        }
        self.counts["remembered"] += sum(map(len, known.values()))
        works = [
            Sentences(0, self._source, x, tuple(texts[i : i + self._batch_size]), self._identity)
            for x, texts in missing.items()
            for i in range(0, len(texts), self._batch_size)
        ]
        works = [work._replace(number=number) for number, work in enumerate(works)]
        total = sum(map(len, missing.values()))
        for number, made in self._translate(iter(works)):
            assert isinstance(made, list)
            work = works[number]
            self._memory.add(dict(zip(work.texts, made, strict=True)), self._source, work.target)
            self.counts["translated"] += len(made)
            advance(len(made) / total)
        for x, texts in missing.items():
            # Of two processes that had the same sentence, the first to store it is right.
            known[x] |= self._memory.find(texts, self._source, x)
            if not all(text in known[x] for text in texts):
                raise LingweaveError(
                    f"{self._memory.path}: does not hold what was just written to it; the disk may"
                    " be failing, or something removes rows there: give other --translations"
                )
        return known


def _longest(text: str) -> tuple[int, str]:
    """Longest first: what is too long for the memory fails at once, and none waits for one."""
    return -len(text), text
