"""Language codes: BCP 47 in, canonical out; names, scripts and writing direction.

Codes are data here, not translations of each other: ``zh-CN`` and ``zh-TW`` are two languages of
a table until the user says otherwise.
"""

from functools import lru_cache

import langcodes

from lingweave.errors import LingweaveError

UNKNOWN = "und"
"""The code of texts whose language is not known (ISO 639-2)."""

RIGHT_TO_LEFT_SCRIPTS = frozenset(
    {"Adlm", "Arab", "Hebr", "Mand", "Mend", "Nkoo", "Rohg", "Samr", "Syrc", "Thaa", "Yezi"}
)


@lru_cache(maxsize=4096)
def canonical(tag: str) -> str:
    """The canonical BCP 47 form of ``tag`` (``zh_cn`` -> ``zh-CN``, ``iw`` -> ``he``).

    Raises:
        LingweaveError: ``tag`` is not a registered language code.
    """
    if not is_language(tag):
        raise LingweaveError(
            f"unknown language {tag!r}: give a BCP 47 code such as 'de', 'zh-CN' or 'sw'"
        )
    return langcodes.standardize_tag(tag)


@lru_cache(maxsize=4096)
def is_language(tag: str) -> bool:
    """Whether ``tag`` is a well-formed code of a registered language."""
    return tag != UNKNOWN and bool(tag) and langcodes.tag_is_valid(tag.replace("_", "-"))


@lru_cache(maxsize=4096)
def name(tag: str) -> str:
    """The English name of a language, for tables and plots."""
    return langcodes.get(tag).display_name()


@lru_cache(maxsize=4096)
def script(tag: str) -> str:
    """The ISO 15924 code of the script a language is most often written in."""
    return langcodes.get(tag).maximize().script or "Zzzz"


def right_to_left(tag: str) -> bool:
    """Whether text in this language runs from right to left."""
    return script(tag) in RIGHT_TO_LEFT_SCRIPTS
