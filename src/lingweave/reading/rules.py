"""When an answer counts as right: the official rules of four reading data sets.

Each set of rules says how a text is normalised before it is compared; exact match then asks for
equal texts, F1 for shared tokens (harmonic mean of precision and recall, tokens counted as often
as they occur), and the best of several right answers counts.

Facts taken from the official scripts: SQuAD `evaluate-v1.1.py`, `facebookresearch/MLQA`
`mlqa_evaluation_v1.py`, `apple/ml-mkqa` `mkqa_eval_util.py`, `google-research-datasets/tydiqa`
`gold_passage_baseline`. Their oddities are kept, so that figures compare with published ones.
"""

import re
import string
import sys
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from lingweave.errors import LingweaveError

ASCII_PUNCTUATION = frozenset(string.punctuation)

_SHARED_ARTICLES = {
    "en": r"\b(a|an|the)\b",
    "es": r"\b(un|una|unos|unas|el|la|los|las)\b",
    "vi": r"\b(của|là|cái|chiếc|những)\b",
    "de": r"\b(ein|eine|einen|einem|eines|einer|der|die|das|den|dem|des)\b",
    # The script's first alternative, a blank before the start of the text, never matches.
    "ar": "ال",
}
MLQA_ARTICLES: Mapping[str, str] = {**_SHARED_ARTICLES, "hi": "(?!)", "zh": "(?!)"}
"""What MLQA removes; "(?!)" matches nothing: Hindi and Chinese have no articles."""
MKQA_ARTICLES: Mapping[str, str] = {
    **_SHARED_ARTICLES,
    "nl": r"\b(de|het|een|des|der|den)\b",
    "sv": r"\b(en|ett)\b",
    "da": r"\b(en|et)\b",
    "no": r"\b(en|et|ei)\b",
    # French and Italian have no boundary at the end: the script cuts beginnings of words, too.
    "fr": r"\b(le|la|l'|les|du|de|d'|des|un|une|des)",
    "pt": r"\b(o|a|os|as|um|uma|uns|umas)\b",
    "it": r"\b(il|lo|la|l'|i|gli|le|del|dello|della|dell'|dei|degli|degl'|delle|un'|uno|una|un)",
    "fi": r"\b(se|yks|yksi)\b",
    "hu": r"\b(a|az|egy)\b",
}
"""What MKQA removes in 14 languages; nothing in the others."""
MKQA_BY_CHARACTER = frozenset({"zh", "ja", "th", "km"})
"""Languages whose tokens are characters under the rules of MKQA."""


class Scored(NamedTuple):
    """How right an answer is, each from 0 to 1."""

    exact: float
    """1 if it equals a right answer after normalisation."""
    f1: float
    """Its best F1 with a right answer, over tokens."""


@dataclass(frozen=True)
class RuleSet:
    """One data set's rules."""

    name: str
    """How options and files call them."""
    title: str
    """How reports call them."""
    normalised: Callable[[str, str], str]
    """(text, language) -> lower case, without punctuation and articles, tokens parted by blanks."""
    empty_agrees: bool = False
    """Whether F1 of two texts without any token is 1 rather than 0."""
    left_out: frozenset[str] = frozenset()
    """Languages that take no part in the mean over languages."""

    def score(self, prediction: str, golds: Sequence[str], language: str) -> Scored:
        """Exact match and F1 of an answer against the right ones, in their language.

        Raises:
            LingweaveError: there is no right answer, or the rules do not know the language.
        """
        if not golds:
            raise LingweaveError(f"{self.title}: no right answer to compare {prediction!r} with")
        given = self.normalised(prediction, language)
        right = [self.normalised(gold, language) for gold in golds]
        return Scored(
            float(given in right), max(self._f1(given.split(), one.split()) for one in right)
        )

    def _f1(self, given: Sequence[str], right: Sequence[str]) -> float:
        if self.empty_agrees and not (given and right):
            return float(given == right)
        shared = (Counter(given) & Counter(right)).total()
        return 2 * shared / (len(given) + len(right)) if shared else 0.0


def _squad(text: str, language: str) -> str:
    return _joined(_without_articles(text, ASCII_PUNCTUATION, _SHARED_ARTICLES["en"]).split())


def _mlqa(text: str, language: str) -> str:
    base = _base(language)
    if base not in MLQA_ARTICLES:
        raise LingweaveError(
            f"the rules of MLQA know {', '.join(sorted(MLQA_ARTICLES))} and not {language!r};"
            " take those of SQuAD or MKQA"
        )
    text = _without_articles(text, unicode_punctuation(), MLQA_ARTICLES[base])
    return _joined(_chinese_apart(text) if base == "zh" else text.split())


def _mkqa(text: str, language: str) -> str:
    base = {"nb": "no"}.get(_base(language), _base(language))
    text = _without_articles(text, ASCII_PUNCTUATION, MKQA_ARTICLES.get(base, "(?!)"))
    return _joined(text if base in MKQA_BY_CHARACTER else text.split())


SQUAD = RuleSet("squad", "SQuAD v1.1", _squad)
"""English articles and ASCII punctuation, in whatever language: also the rules of XQuAD."""
MLQA = RuleSet("mlqa", "MLQA", _mlqa)
"""Articles of 7 languages, all Unicode punctuation, Chinese by character."""
MKQA = RuleSet("mkqa", "MKQA", _mkqa, empty_agrees=True)
"""Articles of 14 languages, ASCII punctuation; zh, ja, th and km by character."""
TYDI = RuleSet("tydi", "TyDiQA-GoldP", _squad, left_out=frozenset({"en"}))
"""The rules of SQuAD for each language; the mean leaves English out."""
RULES: Mapping[str, RuleSet] = {one.name: one for one in (SQUAD, MLQA, MKQA, TYDI)}
"""Names of rule sets."""


@lru_cache(maxsize=1)
def unicode_punctuation() -> frozenset[str]:
    """All characters of Unicode's punctuation categories, and ASCII's punctuation and symbols."""
    everything = map(chr, range(sys.maxunicode))
    return ASCII_PUNCTUATION | {c for c in everything if unicodedata.category(c)[0] == "P"}


def _without_articles(text: str, punctuation: frozenset[str], articles: str) -> str:
    kept = "".join(c for c in text.lower() if c not in punctuation)
    return re.sub(articles, " ", kept)


def _chinese_apart(text: str) -> list[str]:
    """Words parted by blanks, and each Chinese character by itself."""
    return re.sub("([\u4e00-\u9fa5])", r" \1 ", text).split()


def _joined(tokens: Iterable[str]) -> str:
    return " ".join(token for token in tokens if token.strip())


def _base(language: str) -> str:
    return language.replace("_", "-").partition("-")[0].lower()
