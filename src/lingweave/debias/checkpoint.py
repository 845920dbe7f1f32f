"""A correction inside a sentence-transformers checkpoint, of stock modules alone.

Which map a text needs depends on its language, which no module can tell from a vector. So the
checkpoint ends with a `Router` that has a route for each side and language, and the caller names
it: ``model.encode(texts, prompt_name="query", task="query-de")``. `encode_query` and
`encode_document` take the route for unknown languages. Nothing of lingweave is needed to load it;
`encoders.routes` finds the route of a language.
"""

import shutil
from pathlib import Path

import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.base.modules import Dense, Module, Router
from sentence_transformers.sentence_transformer.modules import Normalize

from lingweave.atomic import disk_errors_named, new_folder
from lingweave.debias.fitted import Debias
from lingweave.debias.maps import LanguageMaps
from lingweave.encoders.routes import TASKS
from lingweave.errors import LingweaveError
from lingweave.languages import UNKNOWN


def save_checkpoint(
    model: SentenceTransformer, debias: Debias, folder: Path, record: Path | None = None
) -> None:
    """Writes the model with its correction; a folder that is there is replaced.

    Args:
        model: The model that the correction was fitted on, in fp32.
        debias: The correction.
        folder: Where to.
        record: How the model was trained, a file that goes with it: what it has seen stays known.

    Raises:
        LingweaveError: the model's vectors have another dimension, or the disk is full.
    """
    dimension = model.get_embedding_dimension()
    if dimension != debias.passages.dimension:
        raise LingweaveError(
            f"the model's vectors have {dimension} dimensions, the map"
            f" {debias.passages.dimension}: fit it on vectors of this model"
        )
    length = [Normalize()] if debias.unit_length else []
    corrected = SentenceTransformer(
        modules=[*model.children(), *length, _router(debias), *length],
        prompts={name: text or "" for name, text in model.prompts.items()},
        default_prompt_name=model.default_prompt_name,
        similarity_fn_name=model.similarity_fn_name,
        device="cpu",
    )
    with disk_errors_named(str(folder)), new_folder(folder) as part:
        corrected.save(str(part), create_model_card=False)
        if record is not None and record.is_file():
            shutil.copyfile(record, part / record.name)


def _router(debias: Debias) -> Router:
    routes: dict[str, list[Module]] = {}
    for language in debias.passages.languages:
        passages = _dense(debias.passages, language)
        same = debias.queries is debias.passages
        routes[f"{TASKS['passage']}-{language}"] = [passages]
        # One module in two routes is written once.
        queries = passages if same else _dense(debias.queries, language)
        routes[f"{TASKS['query']}-{language}"] = [queries]
    unknown: dict[tuple[str | None, str | tuple[str, ...] | None], str] = {
        (task, None): f"{task}-{UNKNOWN}" for task in TASKS.values()
    }
    return Router(routes, f"{TASKS['passage']}-{UNKNOWN}", route_mappings=unknown)


def _dense(maps: LanguageMaps, language: str) -> Dense:
    weight, bias = maps.weight_and_bias(language)
    return Dense(
        maps.dimension,
        maps.dimension,
        activation_function=None,
        init_weight=torch.from_numpy(weight),
        init_bias=torch.from_numpy(bias),
    )
