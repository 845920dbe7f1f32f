"""Documents, queries and judgements of one's own."""

import json
import random

import pytest
from audit.words import RECORDS, WORDS


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """Documents, queries and judgements in three languages; no row tells its language."""
    folder = tmp_path_factory.mktemp("own")
    chance = random.Random(0)
    rows = {"documents": [], "queries": []}
    for kind, found in rows.items():
        for number in range(RECORDS):
            for code, words in WORDS.items():
                text = " ".join(chance.choices(words.split(), k=12))
                found.append({"_id": f"{kind[0]}{number}", "text": text, "lang": code})
    for kind, found in rows.items():
        lines = [json.dumps(row, ensure_ascii=False) for row in found]
        (folder / f"{kind}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        bare = [json.dumps({k: v for k, v in row.items() if k != "lang"}) for row in found
                if row["lang"] != "sw"]  # fmt: skip
        once = {json.loads(line)["_id"] + str(i): line for i, line in enumerate(bare)}
        text = "\n".join(json.dumps({**json.loads(line), "_id": id}) for id, line in once.items())
        (folder / f"{kind}.bare.jsonl").write_text(text + "\n", encoding="utf-8")
    judged = [f"q{n} 0 d{n} 1" for n in range(RECORDS)]
    (folder / "qrels.txt").write_text("\n".join(judged) + "\n")
    return folder
