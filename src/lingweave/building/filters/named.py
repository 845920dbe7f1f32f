"""Names, addresses and codes in a text, and whether another text has them."""

import unicodedata
from typing import NamedTuple

import regex

_ADDRESS = regex.compile(
    r"(?:https?://|www\.)[^\s<>\"'`)\]}，。、]*[\w/]|[\w.+-]+@[\w-]+(?:\.[\w-]+)+"
)
_CODE = regex.compile(
    r"(?<![\w./@-])(?=[\w.-]*[A-Za-z])(?=[\w.-]*[0-9])[A-Za-z0-9]+(?:[_.-]?[A-Za-z0-9]+)+(?![\w@])"
)
_WORDS = regex.compile(r"[_.-]?(?:\b|(?<=[_.-]))[a-z]+(?=$|[_.-])|^\p{Lu}\p{Ll}+-|\.\p{Lu}\p{Ll}*$")
# Neither a word with a number (Table2) nor one in Roman figures (11-XIII), which languages rewrite.
_IS_CODE = regex.compile(
    r"(?=.*[0-9])(?=.*[A-Z].*[A-Z0-9])(?!\p{Lu}\p{Ll}+[0-9_.-]*$)(?![0-9IVXLC_.-]+$).{3,}"
)
# Not at the start of a sentence, where any word has a capital letter.
_NAME = regex.compile(r"(?<=[\p{Ll}\p{Nd},;] )\p{Lu}[\p{L}\p{M}'’-]{3,}")
_STEM = 0.7


class Named(NamedTuple):
    """What of a text is expected to stay as it is."""

    addresses: tuple[str, ...]
    """Addresses of pages and of mail."""
    codes: tuple[str, ...]
    """Words of letters and digits, with two capitals or more: COVID-19, ISO9001."""
    names: tuple[str, ...]
    """Words with a capital letter within a sentence."""


def named(text: str) -> Named:
    """The addresses, codes and names of a text, each once, in its order."""
    addresses = dict.fromkeys(_ADDRESS.findall(text)) if _may_have(text) else {}
    for address in addresses:
        text = text.replace(address, " ")
    # Words before and after a code are translated, or were not set apart: COVID-19-specific.The.
    codes = (_WORDS.sub("", x).strip("_.-") for x in _CODE.findall(text)) if _digit(text) else ()
    codes = (x for x in codes if _IS_CODE.fullmatch(x))
    names = (name.removesuffix("'s").removesuffix("’s") for name in _NAME.findall(text))
    return Named(tuple(addresses), tuple(dict.fromkeys(codes)), tuple(dict.fromkeys(names)))


def stem(name: str) -> str:
    """What inflection leaves of a name, bare of case and accents."""
    whole = bare(name)
    return whole[: max(4, round(len(whole) * _STEM))]


def bare(text: str) -> str:
    """A text in lower case, without accents, hyphens, dots and commas."""
    letters = unicodedata.normalize("NFKD", text.casefold())
    return "".join(x for x in letters if not unicodedata.combining(x) and x not in "-_.,'’")


def _may_have(text: str) -> bool:
    return "://" in text or "www." in text or "@" in text


def _digit(text: str) -> bool:
    return any(map(str.isdigit, text))
