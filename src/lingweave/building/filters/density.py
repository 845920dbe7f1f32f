"""How many characters a script takes to say what Latin script says in one."""

from lingweave.languages import script

_DENSITIES = {
    "Hans": 0.33, "Hant": 0.33, "Hani": 0.33, "Jpan": 0.45, "Kore": 0.5, "Ethi": 0.65,
    "Hebr": 0.78, "Arab": 0.88, "Thai": 0.92,
}  # fmt: skip
"""Medians of translations from English, rounded; other scripts are near 1."""


def density(language: str) -> float:
    """Characters of a text in this language for each of its translation into English, roughly."""
    return _DENSITIES.get(script(language), 1.0)
