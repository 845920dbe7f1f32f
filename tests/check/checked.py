"""A table with everything that a check looks at."""

import numpy as np
import pyarrow as pa

from lingweave.table import Origin, ParallelTable

CODES = ["ar", "bn", "de", "en", "fi", "ja", "sw"]
HOSTILE = "<script>alert('x')</script></section>\u202e\"&"
UNSEEN = {"benchmark": "xquad-r<b>", "methods": ["exact", "near"], "removed": {"rows": 3}}
ROWS = 60
REMOVED = "table.removed.parquet"


def some_table(seed: int = 0) -> ParallelTable:
    """Holes, copies, untranslated passages, origins, a score, answers and one hostile record."""
    random = np.random.default_rng(seed)
    columns: dict[str, pa.Array] = {}
    for code in CODES:
        share = 0.4 if code == "sw" else 0.9
        query, passage = (random.random(ROWS) < share for _ in range(2))
        numbers = random.integers(0, 50, (2, ROWS)).tolist()
        asked = [
            f"{code} question {n}" if t else None for n, t in zip(numbers[0], query, strict=True)
        ]
        given = [f"{code} a passage {'x' * n}" if t else None
                 for n, t in zip(numbers[1], passage, strict=True)]  # fmt: skip
        if code == "de":
            copied = columns["passage:ar"].to_pylist()
            given = [copied[row] if row % 5 == 0 else text for row, text in enumerate(given)]
        asked[0], given[0] = f"{HOSTILE} {code}", f"{code} {HOSTILE}"
        columns[f"query:{code}"] = pa.array(asked, pa.string())
        columns[f"passage:{code}"] = pa.array(given, pa.string())
        there = np.array(
            [a is not None or g is not None for a, g in zip(asked, given, strict=True)]
        )
        origin = np.full(ROWS, 0 if code == "ar" else 1)
        columns[f"origin:{code}"] = pa.array(origin, mask=~there | (np.arange(ROWS) == 7))
        columns[f"answers:{code}"] = pa.array([[{"text": HOSTILE, "start": 3}]] * ROWS)
        if code != "ar":
            columns[f"score:<i>:{code}"] = pa.array(random.random(ROWS).astype(np.float32))
    return ParallelTable.build(
        pa.array([HOSTILE + str(row) for row in range(ROWS)], pa.string()),
        pa.array(["a", "<b>"] * (ROWS // 2), pa.string()),
        pa.array([None] * ROWS, pa.string()),
        CODES,
        columns,
        [Origin("given", "squad"), Origin("translated", "squad", "ar", "<u>engine", "1")],
        [UNSEEN],
    )
