"""Texts without padding, as attention kernels for sequences of any length take them.

The kernels need a GPU. Here the library is told that they are there, and a decoder's plain
attention takes the same inputs: it keeps texts apart by their positions.
"""

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
from tiny import tiny_decoder
from transformers import PreTrainedTokenizerFast, XLMRobertaConfig, XLMRobertaModel
from transformers import modeling_flash_attention_utils as flash

from lingweave.errors import LingweaveError
from lingweave.plan import BatchPlan, Recipe
from lingweave.sources.rows import read_table
from lingweave.training import TrainConfig
from lingweave.training.data import Feed
from lingweave.training.encoder import built_encoder
from lingweave.training.tokenizer import SPECIAL, trained_tokenizer, with_sentence_marks
from lingweave.training.tokens import Tokens
from lingweave.training.tokens import ways as tokens_ways

TEXTS = ["abba cdef", "kmn op", "βγδ αλμ ζη", "abc " * 60]


@pytest.fixture
def kernels(monkeypatch):
    """The library believes that there are kernels for sequences of any length."""

    def some(*_):
        raise AssertionError("no kernel is called here")

    monkeypatch.setattr(
        flash, "lazy_import_flash_attention", lambda *_: ((some, some, some, some), some)
    )
    monkeypatch.setattr(Transformer, "_is_flash_attention_requested", lambda self: True)


def unpadding(model):
    model[0].unpad_inputs = True
    assert model[0].can_flatten_inputs
    return model


@pytest.fixture
def decoder(tmp_path, kernels):
    folder = tiny_decoder(tmp_path / "llama", "llama", TEXTS)
    config = TrainConfig(encoder=str(folder), passage_length=64, pooling="mean")
    return built_encoder(config, lambda: iter(()))


@pytest.fixture
def roberta(tmp_path, kernels):
    """Its positions begin behind the padding's."""
    torch.manual_seed(0)
    shape = XLMRobertaConfig(
        vocab_size=400, hidden_size=32, intermediate_size=64, num_hidden_layers=1,
        num_attention_heads=2, max_position_embeddings=80, type_vocab_size=1,
        pad_token_id=SPECIAL.index("[PAD]"),
    )  # fmt: skip
    XLMRobertaModel(shape).save_pretrained(tmp_path / "xlmr")
    PreTrainedTokenizerFast(
        tokenizer_object=with_sentence_marks(trained_tokenizer(lambda: TEXTS, 400)),
        pad_token="[PAD]", model_max_length=64, model_input_names=["input_ids", "attention_mask"],
    ).save_pretrained(tmp_path / "xlmr")  # fmt: skip
    module = Transformer(str(tmp_path / "xlmr"))
    return SentenceTransformer(modules=[module, Pooling(32, "mean")], device="cpu")


def features_of(model, texts=TEXTS):
    way = tokens_ways.way_of(model, ("Query: ", ""), (64, 64))
    ids = way.ids(texts, 64)
    sizes = np.array([len(x) for x in ids])
    return way.features(tokens_ways.Sequences(np.concatenate(ids), sizes, np.zeros_like(sizes)))


@pytest.mark.parametrize("name", ["decoder", "roberta"])
def test_features_are_the_librarys(name, request):
    model = unpadding(request.getfixturevalue(name))
    features = features_of(model)  # Opening it has held it against the library's samples too.
    stock = model.preprocess(TEXTS)
    for key, value in features.items():
        assert torch.as_tensor(value).dtype == torch.as_tensor(stock[key]).dtype
        assert torch.equal(torch.as_tensor(value), torch.as_tensor(stock[key])), key
    assert features["input_ids"].shape[0] == 1
    assert int(features["position_ids"].min()) == (1 if name == "roberta" else 0)


def test_a_wrong_first_position_is_noticed(roberta, monkeypatch):
    unpadding(roberta)
    right = tokens_ways.unpadded
    monkeypatch.setattr(tokens_ways, "unpadded", lambda sequences, first: right(sequences, 0))
    with pytest.raises(LingweaveError, match="more than tokenising"):
        features_of(roberta)


def test_vectors_and_gradients_are_those_of_padded_texts(decoder):
    found = []
    model = decoder.train()
    for unpad in (False, True):
        model.zero_grad()
        model[0].unpad_inputs = unpad
        features = features_of(model)
        assert ("attention_mask" in features) != unpad
        vectors = model(features)["sentence_embedding"]
        (vectors * torch.arange(vectors.numel()).view_as(vectors).sin()).sum().backward()
        gradients = [p.grad.clone() for p in model.parameters() if p.grad is not None]
        found.append((vectors.detach(), gradients))
    (padded, one), (unpadded, two) = found
    torch.testing.assert_close(padded, unpadded, rtol=1e-4, atol=1e-5)
    for first, second in zip(one, two, strict=True):
        torch.testing.assert_close(first, second, rtol=1e-3, atol=1e-4)


def test_a_step_takes_them_in_chunks(decoder, tmp_path):
    from toy import toy_table

    table = read_table([toy_table(tmp_path)])
    tokens = Tokens(unpadding(decoder), table, ("", ""), (24, 32))
    plan = BatchPlan(Recipe("hybrid", batch_size=8, steps=2), table.shape(), 0)
    inputs = Feed(tokens, chunk_tokens=64).inputs(plan, plan.batch(0)).to(torch.device("cpu"))
    assert len(inputs.chunks) > 1
    rows = [len(chunk["cu_seq_lens_q"]) - 1 for chunk in inputs.chunks]
    assert sum(rows) == len(inputs.order) == 16
    sizes = tokens.sequences(0, plan.batch(0).rows, plan.batch(0).query_languages).sizes
    sizes = sizes.sum() + tokens.sequences(1, plan.batch(0).rows,
                                           plan.batch(0).passage_languages).sizes.sum()  # fmt: skip
    assert inputs.tokens == sizes  # No padding.
    assert all(chunk["input_ids"].numel() <= 64 for chunk in inputs.chunks)
    with torch.no_grad():
        vectors = torch.cat([decoder(dict(chunk))["sentence_embedding"] for chunk in inputs.chunks])
    assert vectors.shape[0] == 16
    assert vectors.isfinite().all()
