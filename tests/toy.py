"""A toy table: words of four made-up languages with the same meanings, learnt in a second."""

import json
import random
from pathlib import Path

LETTERS = {
    "de": "abcdefghijklmnop",
    "el": "αβγδεζηθικλμ",
    "en": "qrstuvwxyzabc",
    "ru": "абвгдежзиклмн",
}
WORDS = 120


def toy_table(folder: Path) -> Path:
    """120 training and 40 validation records in 4 languages, long form, with hard negatives."""
    chance = random.Random(0)
    words = {
        language: [
            "".join(chance.choice(letters) for _ in range(chance.randint(3, 7)))
            for _ in range(WORDS)
        ]
        for language, letters in LETTERS.items()
    }
    path = folder / "toy.jsonl"
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
