"""Benchmarks and tables with texts planted in them, and texts with changes."""

import random
import string
from collections.abc import Mapping, Sequence

import pyarrow as pa
import regex

from lingweave.benchmark import Benchmark, Gold, Texts
from lingweave.building.decontamination.tokens import segments
from lingweave.table import ParallelTable

Record = dict[str, tuple[str, str]]
"""Language -> query and passage."""
SIGNS = string.punctuation + "«»¿¡。，、؟।…–"
_LETTER = regex.compile(r"[\p{L}\p{N}]")
_WORDS = {
    "ar": "كتاب مدينة قديم نهر طويل ملك شمال تاريخ حرب علم جديد بحر جزيرة شعب لغة قصر باب نور",
    "de": "Fluss alte Stadt König Norden Geschichte Krieg Wissenschaft Inselbewohner Sprache war in"
    " der die das gegründet Verfassungsgericht Jahrhundert wurde von",
    "en": "river old city king north history war science island people language palace the of in"
    " was founded court century by",
    "hi": "नदी पुराना शहर राजा उत्तर इतिहास युद्ध विज्ञान नया समुद्र द्वीप लोग भाषा महल का में था",
    "th": "แม่น้ำ เมือง เก่า กษัตริย์ เหนือ ประวัติศาสตร์ สงคราม วิทยาศาสตร์ ใหม่ ทะเล เกาะ ภาษา ใน เป็น",
    "zh": "河流 古老 城市 国王 北方 历史 战争 科学 新的 海洋 岛屿 人民 语言 世纪 法院 建立",
}
CODES = tuple(sorted(_WORDS))


def sentence(code: str, rng: random.Random, words: int) -> str:
    """Words of a language and made-up names in any order, with a full stop."""
    known = _WORDS[code].split()
    between = "" if code in ("th", "zh") else " "
    kinds = (lambda: rng.choice(known), lambda: _name(code, rng))
    return between.join(rng.choice(kinds)() for _ in range(words)) + "."


def _name(code: str, rng: random.Random) -> str:
    if code == "zh":
        return "".join(chr(rng.randint(0x4E00, 0x5FFF)) for _ in range(2))
    letters = [letter for letter in _WORDS[code] if letter.isalpha()]
    return "".join(rng.sample(letters, rng.randint(3, 8)))


def changed(text: str, code: str, rng: random.Random, share: float = 0.1) -> str | None:
    """The text with a share of its ICU words replaced, deleted or with another beside them.

    None: it has fewer than 10 words.
    """
    parts = segments(text, code)
    at = [place for place, part in enumerate(parts) if _LETTER.search(part)]
    if len(at) < 10:
        return None
    between = "" if code in ("th", "zh") else " "
    pool = [parts[place] for place in at]
    for place in rng.sample(at, max(1, round(share * len(at)))):
        other = rng.choice(pool)[::-1]
        parts[place] = rng.choice((other, "", parts[place] + between + other))
    return "".join(parts)


def other_signs(text: str, rng: random.Random) -> str:
    """The text with other punctuation: its own taken out, some put in between and at the ends."""
    kept = "".join(rng.choice(SIGNS) if sign in SIGNS else sign for sign in text)
    return f"{rng.choice(SIGNS)} {kept.strip()}{rng.choice(SIGNS)}{rng.choice(SIGNS)}"


def benchmark(seed: int, queries: int = 30, codes: Sequence[str] = CODES) -> Benchmark:
    """Made-up questions and sentences in several scripts, with ids like SQuAD's."""
    rng = random.Random(seed)
    ids = [f"{rng.getrandbits(96):024x}" for _ in range(queries)]
    asked, corpora = {}, {}
    for code in codes:
        texts = [sentence(code, rng, rng.randint(10, 16)) for _ in ids]
        asked[code] = Texts(tuple(ids), tuple(texts))
        passages = [sentence(code, rng, rng.randint(12, 40)) for _ in ids]
        corpora[code] = Texts(tuple(f"0/{i}/0" for i in range(queries)), tuple(passages))
    gold = [Gold(id, code, f"0/{i}/0") for i, id in enumerate(ids) for code in codes]
    return Benchmark("planted", asked, corpora, tuple(gold))


def table(
    records: Sequence[Record],
    ids: Sequence[str] | None = None,
    groups: Sequence[str | None] | None = None,
    dataset: str = "made-up",
    negatives: Mapping[tuple[int, str], list[str]] | None = None,
) -> ParallelTable:
    """Records of code -> (query, passage)."""
    codes = sorted({code for record in records for code in record})
    count = len(records)
    columns = {}
    for code in codes:
        for place, side in enumerate(("query", "passage")):
            cells = [record[code][place] if code in record else None for record in records]
            columns[f"{side}:{code}"] = pa.array(cells, pa.large_string())
        if negatives:
            lists = [negatives.get((row, code)) for row in range(count)]
            columns[f"negatives:{code}"] = pa.array(lists, pa.large_list(pa.large_string()))
    return ParallelTable.build(
        pa.array(ids or [str(i) for i in range(count)], pa.string()),
        pa.array([dataset] * count, pa.string()),
        pa.array(groups or [None] * count, pa.string()),
        codes,
        columns,
    )


def innocent(
    seed: int, count: int, codes: Sequence[str] = CODES
) -> list[dict[str, tuple[str, str]]]:
    """Records of made-up texts."""
    rng = random.Random(f"innocent {seed}")
    return [
        {code: (sentence(code, rng, 8), sentence(code, rng, 30)) for code in codes}
        for _ in range(count)
    ]
