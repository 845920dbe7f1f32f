"""What a run is judged by, where languages lack queries or passages."""

import json

import pytest
import torch
from toy import toy_table

from lingweave.encoders.scores import encoder_scores
from lingweave.evaluate import evaluate
from lingweave.sources.parallel import benchmark_of
from lingweave.sources.rows import read_table
from lingweave.training import TrainConfig
from lingweave.training.data import Feed
from lingweave.training.encoder import built_encoder
from lingweave.training.tokens import Tokens
from lingweave.training.validation import Validation


class Plain:
    """A model as the evaluation takes it, without prompts."""

    def __init__(self, model):
        self.model = model

    def encode_queries(self, texts, language):
        return self.model.encode(list(texts), normalize_embeddings=True)

    encode_passages = encode_queries

    def describe(self):
        return {}


@pytest.fixture(scope="module")
def partial(tmp_path_factory):
    """The toy table's validation split: questions alone in ru, passages alone in el."""
    folder = tmp_path_factory.mktemp("partial")
    rows = [json.loads(line) for line in toy_table(folder).read_text().splitlines()]
    for row in rows:
        row.pop({"ru": "passage", "el": "query"}.get(row["lang"]), None)
    path = folder / "partial.jsonl"
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    return read_table([path], split="validation")


def test_languages_without_passages_or_without_queries(partial):
    config = TrainConfig(vocabulary=400, dimension=32, layers=1)
    model = built_encoder(config, lambda: partial.texts("passage")).eval()
    validation = Validation(Feed(Tokens(model, partial, ("", ""), (99, 99))), 16, 99, "mono", 0.05)
    assert {*validation.benchmark.queries} ^ {*validation.benchmark.corpora} == {"ru", "el"}
    found = validation.figures(model, torch.device("cpu"))
    made = benchmark_of(partial, "validation", {})
    expected = evaluate(made, encoder_scores(Plain(model), made)).macro
    for setting in ("mono", "cross", "multi"):
        assert found[setting] == pytest.approx(expected[setting]["mAP"], abs=1e-3)
