"""Encoders: what training sees is what a plain SentenceTransformer gives."""

import json

import numpy as np
import pytest
import torch
from sentence_transformers import SentenceTransformer

from lingweave.errors import LingweaveError
from lingweave.training import TrainConfig
from lingweave.training.encoder import built_encoder, loaded_encoder
from lingweave.training.tokenizer import trained_tokenizer

TEXTS = ["abba cdef", "kmn op", "βγδ αλμ ζη", "жзи клм н", "a" * 300]


@pytest.fixture(params=["static", "transformer"])
def config(request, quick):
    return TrainConfig(**quick | {"encoder": request.param})


def encoder_of(config):
    return built_encoder(config, lambda: iter(TEXTS * 3))


def test_a_saved_encoder_gives_the_same_vectors(config, tmp_path):
    model = encoder_of(config).eval()
    model.save_pretrained(str(tmp_path / "m"), create_model_card=False)
    again = SentenceTransformer(str(tmp_path / "m"), device="cpu")
    assert again.prompts["query"] == "Query: "
    assert again.similarity_fn_name == "cosine"
    for encode in ("encode_query", "encode_document"):
        first, second = getattr(model, encode)(TEXTS), getattr(again, encode)(TEXTS)
        np.testing.assert_array_equal(first, second)
    assert not np.allclose(again.encode_query(TEXTS), again.encode_document(TEXTS))
    assert not np.allclose(again.encode_query(TEXTS), again.encode(TEXTS))


def test_fresh_weights_depend_on_the_seed_alone(config):
    torch.manual_seed(1)
    first = encoder_of(config).state_dict()
    torch.manual_seed(2)
    second = encoder_of(config).state_dict()
    assert first.keys() == second.keys()
    assert all(torch.equal(first[k], second[k]) for k in first)


def test_the_tokenizer_does_not_depend_on_the_order_of_texts():
    texts = [f"{a} {b}{a}" for a in TEXTS for b in TEXTS]
    one = trained_tokenizer(lambda: texts, 300).to_str()
    assert one == trained_tokenizer(lambda: reversed(texts), 300).to_str()


def test_the_letters_of_a_small_vocabulary_are_its_most_frequent_ones():
    texts = ["d e f g", "abba", "ba", "c\tc", "Ａ"]
    found = {trained_tokenizer(lambda: texts, 12).to_str() for _ in range(8)}
    assert len(found) == 1
    letters = {
        token for token in trained_tokenizer(lambda: texts, 12).get_vocab() if len(token) < 2
    }
    assert letters == {"▁", "a", "b", "c", "\t", "d"}  # d stands for e, f and g, which are as rare.


def test_a_model_that_is_not_there_is_one_line():
    for name in ("./no/such/folder", "nosuch/model", "nosuchmodel"):
        with pytest.raises(LingweaveError, match=f"model {name}") as error:
            loaded_encoder(name)
        assert name in str(error.value)
        assert "\n" not in str(error.value)


def test_pickled_weights_are_refused(config, tmp_path):
    folder = tmp_path / "m"
    encoder_of(config).save_pretrained(str(folder), create_model_card=False)
    assert loaded_encoder(str(folder)) is not None
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(LingweaveError, match="safetensors"):
        loaded_encoder(str(folder))


def test_a_broken_model_is_one_line(config, tmp_path):
    folder = tmp_path / "m"
    encoder_of(config).save_pretrained(str(folder), create_model_card=False)
    (folder / "model.safetensors").write_bytes(b"nonsense")
    with pytest.raises(LingweaveError, match="cannot be read") as error:
        loaded_encoder(str(folder))
    assert "\n" not in str(error.value)


def test_a_plain_transformers_model_is_pooled_by_the_mean(quick, tmp_path):
    config = TrainConfig(**quick | {"encoder": "transformer"})
    folder = tmp_path / "plain"
    encoder_of(config)[0].save(str(folder))
    for name in ("modules.json", "sentence_bert_config.json"):
        (folder / name).unlink(missing_ok=True)
    assert json.loads((folder / "config.json").read_text())["model_type"] == "distilbert"
    assert loaded_encoder(str(folder))[1].pooling_mode == "mean"
    assert loaded_encoder(str(folder), "cls")[1].pooling_mode == "cls"
    labse = folder.rename(tmp_path / "LaBSE")
    assert loaded_encoder(str(labse))[1].pooling_mode == "cls"
