"""A toy table: words of four made-up languages with the same meanings, learnt in a second."""

import json
import random

import pytest

LETTERS = {
    "de": "abcdefghijklmnop",
    "el": "αβγδεζηθικλμ",
    "en": "qrstuvwxyzabc",
    "ru": "абвгдежзиклмн",
}
WORDS = 120


@pytest.fixture(scope="session")
def table_file(tmp_path_factory):
    """120 training and 40 validation records in 4 languages, long form, with hard negatives."""
    chance = random.Random(0)
    words = {
        language: [
            "".join(chance.choice(letters) for _ in range(chance.randint(3, 7)))
            for _ in range(WORDS)
        ]
        for language, letters in LETTERS.items()
    }
    path = tmp_path_factory.mktemp("toy") / "toy.jsonl"
    with path.open("w", encoding="utf-8") as file:
        for record in range(160):
            meaning = [chance.randrange(WORDS) for _ in range(8)]
            other = [chance.randrange(WORDS) for _ in range(5)]
            for language in LETTERS:
                say = words[language]
                row = {
                    "id": f"r{record}",
                    "lang": language,
                    "query": " ".join(say[w] for w in meaning[:5]),
                    "passage": " ".join(say[w] for w in meaning[2:]),
                    "negatives": [" ".join(say[w] for w in other)],
                    "split": "train" if record < 120 else "dev",
                }
                file.write(json.dumps(row, ensure_ascii=False) + "\n")
    return path


@pytest.fixture(autouse=True, scope="session")
def _own_cache(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LINGWEAVE_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("HF_HUB_OFFLINE", "1")
        yield


@pytest.fixture
def quick(table_file, tmp_path):
    """Fields of a run of a second on one thread."""
    return {
        "table": [str(table_file)],
        "out": str(tmp_path / "run"),
        "vocabulary": 400,
        "dimension": 32,
        "layers": 1,
        "steps": 40,
        "batch_size": 16,
        "threads": 1,
        "log_every": 10,
        "query_length": 24,
        "passage_length": 32,
        "device": "cpu",
    }
