"""Whether a model that a study names can be had, before anything is started."""

import os
from functools import lru_cache
from pathlib import Path

from lingweave.errors import LingweaveError
from lingweave.studies.definition.places import place_of

_PATIENCE = 10.0
"""Seconds that the hub has to answer."""


def check_model(model: str) -> None:
    """Refuses a folder that is not there, and a name that neither the cache nor the hub knows.

    Raises:
        LingweaveError: says how to supply the model.
    """
    place = Path(place_of(model))
    if place.is_dir():
        return
    if place.exists():
        raise LingweaveError(f"model {model}: {place} is a file; give the model's folder")
    if str(place) != model or model.startswith((".", "/", "~")) or model.count("/") > 1:
        raise LingweaveError(f"model {model}: no such folder as {place}")
    names = [model] if "/" in model else [model, f"sentence-transformers/{model}"]
    reasons = [reason for reason in map(_absent, names) if reason is not None]
    if len(reasons) == len(names):
        raise LingweaveError(
            f"model {model}: no such folder, and {reasons[0]}; fetch it where there is a network"
            f" (hf download {model}) and set HF_HOME to its cache, or give its folder"
        )


@lru_cache
def _absent(name: str) -> str | None:
    """Why a model of the hub cannot be had; None: it can."""
    from huggingface_hub import HfApi, constants, try_to_load_from_cache

    if isinstance(try_to_load_from_cache(name, "config.json"), str):
        return None
    if constants.HF_HUB_OFFLINE or os.environ.get("TRANSFORMERS_OFFLINE") == "1":
        return "it is not in the hub's cache, which is all that is asked (HF_HUB_OFFLINE)"
    try:
        HfApi().model_info(name, timeout=_PATIENCE)
    except Exception as error:  # No network, unknown name, no access: each its own exception.
        said = " ".join(str(error).split())[:120]
        return f"the hub does not give it ({type(error).__name__}: {said})"
    return None
