"""Who translates: this process, several of this machine, or the workers of a Ray cluster.

Workers get lists of sentences and give lists of translations back; each makes its own translator.
They need neither the table nor the folder of the memory, and one that dies loses nothing.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple
from uuid import uuid4

from lingweave.building.processes import Processes
from lingweave.building.translators.protocol import Translator
from lingweave.encoders.cluster import driven, on_ray
from lingweave.errors import LingweaveError

Make = Callable[[], Translator]
"""Makes a translator; it is pickled for workers."""


@dataclass(frozen=True)
class WorkerOptions:
    """Who works."""

    workers: int = 1
    """Processes of this machine; 1: the one that runs."""
    ray: str | None = None
    """The address of a Ray cluster that works instead; ``local`` starts one."""

    def __post_init__(self) -> None:
        if self.workers < 1:
            raise LingweaveError(f"workers {self.workers}: must be 1 or more")
        if self.ray is not None and self.workers > 1:
            raise LingweaveError(
                f"--workers {self.workers} and --ray {self.ray}: a cluster decides itself how many"
                " work; leave one of them out"
            )


HERE = WorkerOptions()
"""This process works."""


class Pair(NamedTuple):
    """Asks for the translator, before anything is translated."""

    number: int
    """For the answer."""
    source: str
    """The language to translate from."""
    targets: tuple[str, ...]
    """The languages to translate into."""


class Described(NamedTuple):
    """What a translator says of itself."""

    identity: dict[str, Any]
    """All that decides its output, as plain JSON."""
    batch_size: int
    """Sentences that it likes to be given together."""


class Sentences(NamedTuple):
    """Sentences to translate."""

    number: int
    """Which of them, for the answer."""
    source: str
    """Their language."""
    target: str
    """The language that is wanted."""
    texts: tuple[str, ...]
    """The sentences."""
    identity: str
    """The hash of the identity that the translator must have."""


Work = Pair | Sentences
Done = Described | list[str]
Translate = Callable[[Iterator[Work]], Iterator[tuple[int, Done]]]


def translating(options: WorkerOptions, make: Make) -> AbstractContextManager[Translate]:
    """From works to their answers, in any order.

    Raises:
        LingweaveError: on entering, the cluster cannot be reached; in the works, what the
            translator raised, or workers died again and again.
    """
    if options.ray is not None:
        return on_ray(options.ray, done_there, make, uuid4().hex)
    hand = Hand(make)
    if options.workers == 1:
        return nullcontext(partial(_here, hand))
    return _beside(options.workers, hand)


def identity_hash(identity: dict[str, Any]) -> str:
    """32 hexadecimal digits: equal for equal identities."""
    text = json.dumps(identity, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


class Hand:
    """One worker: makes its translator for its first piece of work, and keeps it."""

    def __init__(self, make: Make) -> None:
        self._make = make
        self._translator: Translator | None = None
        self._identity = ""

    def __call__(self, work: Work) -> Done:
        """What a piece of work asks for.

        Raises:
            LingweaveError: what the translator raised; it is another one than the run's.
        """
        if self._translator is None:
            self._translator = self._make()
            self._identity = identity_hash(self._translator.identity())
        if isinstance(work, Pair):
            self._translator.check(work.source, work.targets)
            return Described(self._translator.identity(), self._translator.batch_size)
        if self._identity != work.identity:
            raise LingweaveError(
                f"a worker has another translator ({_named(self._translator)}) than the run began"
                " with: give all machines the same files and versions"
            )
        found = self._translator.translate(work.texts, work.source, work.target)
        if len(found) != len(work.texts):
            raise LingweaveError(
                f"{_named(self._translator)}: gave {len(found)} translations for"
                f" {len(work.texts)} sentences, first {work.texts[0][:40]!r}"
            )
        return [_line(text) for text in found]


_hands: dict[str, Hand] = {}


def done_there(make: Make, key: str, work: Work) -> Done:
    """What a worker of a cluster runs; it keeps the translator of a run for the next task."""
    if key not in _hands:
        _hands.clear()
        _hands[key] = Hand(make)
    return _hands[key](work)


def _here(hand: Hand, works: Iterator[Work]) -> Iterator[tuple[int, Done]]:
    for work in works:
        yield work.number, hand(work)


@contextmanager
def _beside(count: int, hand: Hand) -> Iterator[Translate]:
    with Processes[Work, Done](count, hand) as processes:
        yield partial(driven, processes)


def _line(text: str) -> str:
    """One line: a translation that has several would change the passage's boundaries. What cannot
    be written as UTF-8 is no translation."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return ""
    return " ".join(text.split())


def _named(translator: Translator) -> str:
    identity = translator.identity()
    return " ".join(str(identity[k]) for k in ("translator", "version") if identity.get(k))


def described(translate: Translate, source: str, targets: Sequence[str]) -> Described:
    """What the translator of the workers says of itself, once it has agreed to the languages.

    Raises:
        LingweaveError: it lacks a language.
    """
    ((_, answer),) = translate(iter([Pair(0, source, tuple(targets))]))
    assert isinstance(answer, Described)
    return answer
