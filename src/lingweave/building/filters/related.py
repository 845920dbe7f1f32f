"""Which languages are one, or so near that short texts do not tell them apart."""

from functools import lru_cache

import langcodes

GROUPS = (
    {"da", "nb", "nn", "no"}, {"bs", "cnr", "hr", "sh", "sr"}, {"id", "ms", "jv", "su"},
    {"cs", "sk"}, {"an", "ast", "ca", "es", "ext", "gl"}, {"gl", "pt"}, {"ca", "oc"},
    {"co", "it", "lij", "scn", "vec"}, {"fr", "wa"}, {"af", "fy", "li", "nl", "vls"}, {"de", "lb"},
    {"bg", "mk"}, {"be", "rue", "uk"}, {"bho", "hi", "mai"}, {"gom", "mr"}, {"fa", "prs", "tg"},
    {"nr", "ss", "xh", "zu"}, {"wuu", "yue", "zh"}, {"ar", "arz", "ary", "apc"},
    {"nso", "st", "tn"}, {"rn", "rw"}, {"bcl", "ceb", "fil", "ilo", "tl"}, {"az", "crh", "tr"},
    {"ba", "kk", "ky", "tt"}, {"ckb", "kmr", "ku", "sdh"}, {"en", "pcm", "sco"},
    {"fr", "gcf", "gcr", "ht"}, {"am", "ti"}, {"as", "bn"}, {"lt", "ltg", "lv"}, {"ga", "gd"},
    {"hbo", "he", "yi"}, {"fo", "is"},
)  # fmt: skip
"""Languages of one group share many words and letters."""


@lru_cache(maxsize=4096)
def base(language: str) -> str:
    """The language without script and region, and by its macrolanguage: ``zh`` for ``cmn-TW``."""
    found = langcodes.get(language, normalize=True)
    return str(found.prefer_macrolanguage().language or language)


def same_language(first: str, second: str) -> bool:
    """Whether two codes name varieties of one language."""
    return base(first) == base(second)


@lru_cache(maxsize=65536)
def related(first: str, second: str) -> bool:
    """Whether texts of two languages are easily taken for each other."""
    pair = {base(first), base(second)}
    return len(pair) == 1 or any(pair <= group for group in GROUPS)
