"""`lingweave search`: one search of an index, on the terminal or as JSON."""

import json
from collections.abc import Collection

from rich.console import Console

from lingweave.errors import LingweaveError
from lingweave.index.folder import open_index
from lingweave.index.plain import hit_json
from lingweave.index.requests import Hit
from lingweave.index.rerank import CrossEncoderReranker
from lingweave.index.search import Searcher
from lingweave.index.search_config import SearchConfig
from lingweave.index.show_hits import print_hits


def search(config: SearchConfig) -> list[Hit]:
    """The hits of the search that the options say.

    Raises:
        LingweaveError: there is no such index, or it does not hold what is asked for.
    """
    request = config.request()
    with open_index(
        config.folder, model=config.model, endpoint=config.endpoint, device=config.device
    ) as index:
        present = index.store.counts()
        for option, languages in (
            ("languages", request.where.languages),
            ("prefer", getattr(request.dial, "languages", None)),
        ):
            _check_present(option, languages or (), present)
        reranker = None
        if config.reranker is not None:
            reranker = CrossEncoderReranker(config.reranker, device=config.device)
        searcher = Searcher(index.store, index.encoder, index.similarity, reranker, config.depths())
        return searcher.answers([request])[0]


def run(config: SearchConfig) -> None:
    """Searches and prints the hits."""
    hits = search(config)
    if config.json:
        # Code points that are no characters, which files may hold, would stop the printing.
        print(json.dumps({"hits": [hit_json(one, config.explain) for one in hits]}, indent=2))
        return
    print_hits(hits, config.explain, Console())


def _check_present(option: str, asked: Collection[str], present: Collection[str]) -> None:
    for language in asked:
        if language not in present:
            some = ", ".join(list(present)[:12]) + (", ..." if len(present) > 12 else "")
            raise LingweaveError(
                f"--{option} {language}: the index has no passages in it; it has {some or 'none'}"
            )
