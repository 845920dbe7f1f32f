"""A small library in four languages, and an encoder that prefers texts in its query's language."""

from itertools import cycle, islice
from zlib import crc32

import numpy as np

from lingweave.index.passages import Passage

LANGUAGES = ("de", "en", "sw", "th")
TOPICS = ("sky", "grass", "snow")
DIMENSION = 16


class WordEncoder:
    """Each word a fixed vector, a text their sum; the name of a language weighs most."""

    def encode_queries(self, texts, language):
        return self._encoded(texts)

    def encode_passages(self, texts, language):
        return self._encoded(texts)

    def describe(self):
        return {"encoder": "words"}

    def _encoded(self, texts):
        return np.stack([sum(_vector(word) for word in text.split()) for text in texts])


def library(passages: int = 10) -> list[Passage]:
    """So many passages, each in every language; their texts end in the language's code."""
    topics = list(islice(cycle(TOPICS), passages))
    return [
        Passage(
            id=f"{number}-{language}",
            document=f"{number}-{language}",
            text=f"{topic} {'blue' if number % 2 else 'wide'} number{number} {language}",
            language=language,
            parallel=str(number),
            metadata={"topic": topic, "year": 2000 + number, "even": number % 2 == 0},
        )
        for number, topic in enumerate(topics)
        for language in LANGUAGES
    ]


def vectors_of(passages):
    """(passages, 16) at length 1."""
    vectors = WordEncoder().encode_passages([one.text for one in passages], "und")
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _vector(word):
    weight = 2.0 if word in LANGUAGES else 1.0
    random = np.random.default_rng(crc32(word.encode()))
    return (weight * random.standard_normal(DIMENSION)).astype(np.float32)
