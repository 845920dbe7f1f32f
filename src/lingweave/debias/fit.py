"""Learning a correction from texts by language, or from vectors that are there."""

import logging
from collections.abc import Mapping
from typing import Any

from lingweave.benchmark import Texts
from lingweave.debias.config import DebiasConfig
from lingweave.debias.fitted import Debias
from lingweave.debias.maps import (
    NO_LANGUAGES,
    LanguageMaps,
    Samples,
    lir_maps,
    mean_maps,
    no_maps,
    shift_maps,
)
from lingweave.debias.vectors import drawn_rows
from lingweave.encoders.scores import Encoder
from lingweave.encoders.unit import normalised
from lingweave.languages import canonical

log = logging.getLogger("lingweave")

ENOUGH = 100
"""Texts of a language below which its mean is as much about their topics as about the language."""


def fitted(
    config: DebiasConfig, passages: Samples, queries: Samples, about: Mapping[str, Any]
) -> Debias:
    """The correction that the options ask for.

    Args:
        config: The method and its options.
        passages: Vectors to learn from.
        queries: Vectors of queries; none where they get the map of passages.
        about: Where the vectors come from, kept with the correction.

    Raises:
        LingweaveError: there is nothing to learn from, or too little.
    """
    unit_length = config.similarity == "cosine"
    # Learned from what the similarity compares.
    maps = _maps(config, _scaled(passages, unit_length))
    if config.method == "shift":
        asked = no_maps(maps)
    else:
        asked = _maps(config, _scaled(queries, unit_length)) if queries else maps
    few = [f"{x} ({len(v)})" for x, v in sorted(passages.items()) if len(v) < ENOUGH]
    if few:
        log.warning(
            "fewer than %d texts to learn from in %s: the correction is as much about their topics"
            " as about the language",
            ENOUGH,
            ", ".join(few),
        )
    options = {"lir": ("components",), "shift": ("source", "strength")}.get(config.method, ())
    return Debias(
        asked,
        maps,
        unit_length,
        {
            "method": config.method,
            **{name: getattr(config, name) for name in options},
            "texts": {language: len(vectors) for language, vectors in sorted(passages.items())},
            "queries": {language: len(vectors) for language, vectors in sorted(queries.items())},
            "seed": config.seed or 0,
            **about,
        },
    )


def text_samples(
    sides: Mapping[str, Texts], encoder: Encoder, side: str, most: int, seed: int
) -> Samples:
    """The vectors of at most `most` texts of each language, drawn by the seed.

    Texts of unknown language are none to learn from.
    """
    encode = encoder.encode_queries if side == "queries" else encoder.encode_passages
    found = {}
    for language, texts in sides.items():
        if language in NO_LANGUAGES:
            continue
        rows = drawn_rows(len(texts.texts), most, seed)
        drawn = [text for row in rows.tolist() if (text := texts.texts[row]).strip()]
        if drawn:
            found[language] = encode(drawn, language)
    return found


def warn_of_unknown(debias: Debias, languages: tuple[str, ...]) -> None:
    """Tells which languages no map was learned for."""
    known = {*debias.passages.languages}
    unknown = [x for x in languages if not {x, x.partition("-")[0]} & known]
    if unknown:
        log.warning(
            "no map was learned for %s: their vectors get that of unknown languages",
            ", ".join(unknown),
        )


def _maps(config: DebiasConfig, samples: Samples) -> LanguageMaps:
    if config.method == "mean":
        return mean_maps(samples)
    if config.method == "lir":
        return lir_maps(samples, config.components)
    return shift_maps(samples, canonical(config.source), config.strength)


def _scaled(samples: Samples, unit_length: bool) -> Samples:
    return {x: normalised(v) if unit_length else v for x, v in samples.items()}
