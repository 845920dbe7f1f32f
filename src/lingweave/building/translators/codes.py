"""Codes of languages in translation models: what a model's own vocabulary says that it knows.

NLLB says ``deu_Latn``, M2M100 ``__de__``, mBART-50 ``de_DE``, MADLAD ``<2de>`` and OPUS-MT
``>>deu<<``; all of them stand among the tokens of a model's vocabulary. They are read as BCP 47
codes, and a language of ours is looked up among those; the exceptions are data.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import langcodes
from langcodes.data_dicts import NORMALIZED_MACROLANGUAGES

from lingweave.errors import LingweaveError
from lingweave.languages import name


class Family(NamedTuple):
    """How a kind of models is told the languages."""

    name: str
    token: re.Pattern[str]
    """A token for a language; its group is the code."""
    source: bool
    """Whether the source's token stands before the text, and the target's begins the output; else
    the target's stands before the text."""


FAMILIES = (
    Family("nllb", re.compile(r"([a-z]{3}_[A-Z][a-z]{3})"), True),
    Family("m2m100", re.compile(r"__([a-z]{2,3})__"), True),
    Family("mbart50", re.compile(r"([a-z]{2}_[A-Z]{2})"), True),
    Family("madlad", re.compile(r"<2([a-z]{2,3}(?:_[A-Za-z]+)*)>"), False),
    Family("opus", re.compile(r">>([a-z]{2,3}(?:_[A-Za-z]+)*)<<"), False),
)

MEANT = {
    "ns": "nso",  # M2M100 for Northern Sotho
    "cmn_Hani": "zh",
    "hbs": "sr-Latn",
    "hbs_Cyrl": "sr-Cyrl",
}
"""Codes of models whose language BCP 47 does not tell, or CLDR tells differently."""

MEMBERS = {
    **{member: of for member, of in NORMALIZED_MACROLANGUAGES.items() if member != "tw"},
    **{"fuv": "ff", "pbt": "ps", "quy": "qu"},  # CLDR names another one, which no model has
}
"""Languages that stand for a macrolanguage: Standard Arabic, ``arb``, for ``ar``."""

BOKMAL = ("nb", "no")
"""Texts in ``no`` are Bokmål unless they say otherwise, so that each stands for the other."""

ANY = "*"
"""In place of a source or target: several, and nothing says which."""

_NEAR = 60
"""A distance of languages in CLDR's terms up to which one is worth naming in place of another."""


class Tongue(NamedTuple):
    """A language as a model or a user names it."""

    language: str
    script: str | None
    region: str | None


@dataclass(frozen=True)
class Languages:
    """The languages that a model knows, and their tokens."""

    family: Family | None
    """None: a model of one pair, which is told nothing."""
    tokens: Mapping[str, Tongue]
    """The language of each token."""
    pair: tuple[str | None, str | None] = (None, None)
    """Source and target that the model's files name; None: not said; ``ANY``: a group of them."""

    def token(self, tag: str) -> str | None:
        """The token of a canonical code, or None where the model does not know it.

        The same script is wanted, but where a code names neither script nor region and the model
        has one script, it is taken; then the same region, or none, before any other.
        """
        wanted = tongue(tag)
        found = [
            (token, known)
            for token, known in self.tokens.items()
            if known.language in _same(wanted.language)
        ]
        right = [(t, k) for t, k in found if _script(k) == _script(wanted)]
        if not right and wanted[1:] == (None, None) and len({k.script for _, k in found}) == 1:
            right = found
        if not right:
            return None
        alpha3 = langcodes.get(tag).to_alpha3() if langcodes.tag_is_valid(tag) else ""
        return min(
            right,
            key=lambda one: (
                one[1].language != wanted.language,
                one[1].region != wanted.region,
                one[1].region is not None,
                alpha3 not in one[0],
                one[1].script is not None and wanted.script is None,
                one[0],
            ),
        )[0]

    def check(self, what: str, source: str, targets: Sequence[str]) -> None:
        """Refuses languages that the model does not know.

        Args:
            what: how a message calls the model.
            source: a canonical code.
            targets: more of them.

        Raises:
            LingweaveError: naming the language, and near ones that the model knows.
        """
        if self.family is None or not self.family.source:
            _said(what, "from", self.pair[0], source)
        elif self.token(source) is None:
            raise LingweaveError(self._unknown(what, source))
        for target in targets:
            if self.family is None:
                _said(what, "into", self.pair[1], target)
                if None in self.pair:
                    raise LingweaveError(
                        f"{what}: neither its vocabulary nor its name says which languages it"
                        " translates; write source_lang and target_lang into its"
                        " tokenizer_config.json, as codes such as en and de"
                    )
            elif self.token(target) is None:
                raise LingweaveError(self._unknown(what, target))

    def _unknown(self, what: str, tag: str) -> str:
        known = sorted({_text(known) for known in self.tokens.values()})
        near = nearest(tag, known)
        return (
            f"{what}: does not know {tag} ({name(tag)});"
            f" {'near ones that it knows: ' if near else 'it knows '}"
            f"{', '.join(f'{one} ({name(one)})' for one in near) or _some(known)}"
        )


def languages_of(
    vocabulary: Collection[str], source: str | None = None, target: str | None = None, of: str = ""
) -> Languages:
    """What the tokens of a vocabulary say.

    Args:
        vocabulary: all tokens of a model.
        source: the language that its files say it reads, if they do.
        target: the one that it writes.
        of: the model's name, whose last two parts may be languages (``opus-mt-en-de``).
    """
    best: tuple[Family | None, dict[str, Tongue]] = (None, {})
    for family in FAMILIES:
        found = {}
        for token in vocabulary:
            match = family.token.fullmatch(token)
            if match and (known := model_tongue(match[1])):
                found[token] = known
        if len(found) > len(best[1]):
            best = (family, found)
    named = re.search(r"opus-mt(?:-[a-z]+)*?-([A-Za-z]+)-([A-Za-z]+)$", of.rstrip("/"))
    first, second = named.groups() if named else (None, None)
    return Languages(*best, (_code(source or first), _code(target or second)))


@lru_cache(maxsize=4096)
def tongue(tag: str) -> Tongue:
    """The language, script and region that a BCP 47 code names."""
    read = langcodes.get(tag)
    language = read.language or "und"
    return Tongue(MEMBERS.get(language, language), read.script, read.territory)


@lru_cache(maxsize=4096)
def model_tongue(code: str) -> Tongue | None:
    """The language that a model's code means; None: it is no language's."""
    head = code.split("_")[0]
    if code not in MEANT and head in MEANT:
        code = code.replace(head, MEANT[head], 1)
    code = MEANT.get(code, code).removesuffix("_XX")  # mBART's for no region in particular
    tag = code.replace("_", "-")
    if not langcodes.tag_is_valid(tag) or langcodes.get(tag).language in (None, "und", "mul"):
        return None
    return tongue(langcodes.standardize_tag(tag))


def nearest(tag: str, known: Iterable[str], most: int = 5) -> list[str]:
    """The codes whose languages readers of ``tag`` understand best, by CLDR's distances."""
    distances = sorted((langcodes.tag_distance(tag, one), one) for one in known)
    return [one for distance, one in distances[:most] if distance <= _NEAR]


def _same(language: str) -> tuple[str, ...]:
    return BOKMAL if language in BOKMAL else (language,)


def _script(known: Tongue) -> str | None:
    """The script, as far as the code or what is usual says."""
    if known.script == "Hang":  # What FLORES calls Korean's mixed script.
        return "Kore"
    if known.script:
        return known.script
    read = langcodes.Language.make(language=known.language, territory=known.region)
    return read.maximize().script


def _text(known: Tongue) -> str:
    """The shortest code of a language."""
    parts = [part for part in known if part]
    return langcodes.standardize_tag("-".join(parts))


def _some(known: Sequence[str]) -> str:
    return ", ".join(known[:12]) + (f" and {len(known) - 12} more" if len(known) > 12 else "")


def _code(said: str | None) -> str | None:
    """A language that a model's files name."""
    if not said:
        return None
    known = model_tongue(said)
    # ISO 639-5 groups, such as gem and roa, are valid codes that no text is in.
    return ANY if known is None or name(known.language).endswith("languages") else _text(known)


def _said(what: str, way: str, said: str | None, asked: str) -> None:
    """Refuses a language that is not the one that the model's files name."""
    if said is None or said == ANY:
        return
    one, other = tongue(said), tongue(asked)
    if one.language not in _same(other.language) or _script(one) != _script(other):
        raise LingweaveError(
            f"{what}: translates {way} {said} ({name(said)}), not {way} {asked} ({name(asked)})"
        )
