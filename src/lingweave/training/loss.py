"""The objective as the module that the library's trainer calls with features and labels."""

from typing import Any

import torch
from sentence_transformers import SentenceTransformer
from torch import Tensor, nn
from torch.nn import functional

from lingweave.objectives import Ids, info_nce, shared


class MaskedInfoNCE(nn.Module):
    """Cosine InfoNCE of queries over all passages of the batch; masks are always on."""

    def __init__(self, model: SentenceTransformer, temperature: float) -> None:
        super().__init__()
        self.model = model
        self.temperature = temperature

    def forward(self, features: list[dict[str, Any]], label: Tensor) -> Tensor:
        """The loss. ``features`` are the queries' (B) and those of the C candidates."""
        queries, candidates = self._vectors(features)
        positives = torch.arange(queries.shape[0], device=queries.device)
        mask = shared(Ids(*label), positives)
        return info_nce(queries, candidates, positives, mask, self.temperature)

    def _vectors(self, features: list[dict[str, Any]]) -> list[Tensor]:
        """Unit vectors of each side."""
        if not all("offsets" in side for side in features):
            return [_unit(self.model(side)) for side in features]
        # A bag of tokens needs no padding, so both sides go through at once: two passes would make
        # and add two dense gradients as large as the vocabulary, most of the step's time.
        sizes = [side["offsets"].shape[0] for side in features]
        shifts = (0, features[0]["input_ids"].shape[0])
        offsets = [side["offsets"] + by for side, by in zip(features, shifts, strict=True)]
        ids = torch.cat([side["input_ids"] for side in features])
        output = self.model({"input_ids": ids, "offsets": torch.cat(offsets)})
        return list(torch.split(_unit(output), sizes))


def _unit(output: dict[str, Tensor]) -> Tensor:
    return functional.normalize(output["sentence_embedding"].float(), dim=1)
