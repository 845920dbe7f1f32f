"""A re-ranker: a model that reads query and passage together and says how well they go together."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import numpy as np

from lingweave.errors import LingweaveError
from lingweave.index.lists import Listed
from lingweave.index.passages import Passage
from lingweave.index.store import Floats


class Reranker(Protocol):
    """Scores of pairs of texts; only their order within a query means something."""

    def scores(self, pairs: Sequence[tuple[str, str]]) -> Floats:
        """(pairs,) of (query, passage) float32, more is better."""
        ...


class CrossEncoderReranker:
    """A cross-encoder of sentence-transformers, from a folder or by its hub name.

    Only safetensors weights are read, and never code from a model's folder.

    Args:
        model: A folder, or a name on the hub.
        batch_size: Pairs read together.
        device: Where to read ("cpu", "cuda"); None takes an accelerator if there is one.

    Raises:
        LingweaveError: the model is not there, cannot be fetched, or gives no single score.
    """

    def __init__(self, model: str, batch_size: int = 32, device: str | None = None) -> None:
        # Imported here: torch takes seconds, and most searches do without a re-ranker.
        from sentence_transformers import CrossEncoder

        from lingweave.encoders.sentence_transformer import model_folder

        self.name = model
        folder = model_folder(model)
        try:
            self._model: Any = CrossEncoder(
                str(folder),
                device=device,
                local_files_only=True,
                trust_remote_code=False,
                model_kwargs={"use_safetensors": True},
            )
        except Exception as error:  # The libraries below raise almost anything for a bad folder.
            reason = " ".join(str(error).split())[:300]
            raise LingweaveError(f"--reranker {model}: cannot be loaded ({reason})") from error
        self._batch_size = batch_size
        labels = self._model.num_labels
        if labels != 1:
            raise LingweaveError(
                f"--reranker {model}: gives {labels} numbers for a pair, a re-ranker gives one"
            )

    def scores(self, pairs: Sequence[tuple[str, str]]) -> Floats:
        """(pairs,) float32."""
        if not pairs:
            return np.zeros(0, np.float32)
        found = self._model.predict(
            list(pairs), batch_size=self._batch_size, show_progress_bar=False
        )
        return np.asarray(found, np.float32)


def read_anew(
    reranker: Reranker,
    asked: Sequence[tuple[str, Sequence[Listed]]],
    passages: Mapping[str, Passage],
    read: dict[tuple[str, str], float],
) -> list[list[Listed]]:
    """The lists in the order of the re-ranker's scores, ties as they were.

    Args:
        reranker: what reads.
        asked: queries, each with its list.
        passages: those of the lists, by id.
        read: scores of (query, passage id) that are known; new ones are added.
    """
    pairs = [(query, one.id) for query, listed in asked for one in listed]
    new = [pair for pair in dict.fromkeys(pairs) if pair not in read]
    scores = reranker.scores([(query, passages[id].text) for query, id in new])
    read.update(zip(new, map(float, scores), strict=True))
    anew = []
    for query, listed in asked:
        scored = [one._replace(score=read[query, one.id]) for one in listed]
        anew.append(sorted(scored, key=lambda one: -one.score))
    return anew
