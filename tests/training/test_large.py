"""Large encoders, on small ones of the same build: decoders, adapters, checkpointing."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import load_file
from sentence_transformers import SentenceTransformer
from tiny import tiny_decoder
from transformers import AutoConfig, AutoTokenizer, BertConfig, GPT2Config

from lingweave.encoders.loading import default_pooling
from lingweave.errors import LingweaveError
from lingweave.training import TrainConfig
from lingweave.training.adapters import adapted_layers, merged
from lingweave.training.backbone import check_engine
from lingweave.training.encoder import built_encoder, loaded_encoder
from lingweave.training.weights import WEIGHTS, load_weights, save_weights

TEXTS = ["abba cdef", "kmn op", "βγδ αλμ ζη", "жзи клм н", "abc " * 60]


@pytest.fixture(scope="module", params=["qwen3", "llama", "gemma3"])
def decoder(request, tmp_path_factory):
    return tiny_decoder(tmp_path_factory.mktemp(request.param), request.param, TEXTS)


@pytest.fixture(scope="module")
def qwen(tmp_path_factory):
    return tiny_decoder(tmp_path_factory.mktemp("qwen"), "qwen3", TEXTS)


def config_of(folder, **changes):
    return TrainConfig(**{"encoder": str(folder), "passage_length": 64, **changes})


def encoder_of(config):
    return built_encoder(config, lambda: iter(()))


def disturbed(model):
    """The model with adapters that change something: fresh ones change nothing."""
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if "lora_B" in name:
                weight.normal_(std=0.05)
    return model


def gradients_of(model, texts=TEXTS):
    model.zero_grad()
    model.train()
    features = model.preprocess(texts, prompt="Query: ")
    vectors = model(features)["sentence_embedding"]
    (vectors * torch.arange(vectors.numel()).view_as(vectors).sin()).sum().backward()
    return {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}


def test_a_decoder_is_read_at_the_end_mark(decoder, tmp_path):
    assert AutoTokenizer.from_pretrained(decoder).pad_token is None
    model = encoder_of(config_of(decoder)).eval()
    assert model[1].pooling_mode == "lasttoken"
    end = model.tokenizer.eos_token_id
    features = model.preprocess(TEXTS, prompt="Query: ")
    sizes = features["attention_mask"].sum(1)
    last = features["input_ids"][torch.arange(len(TEXTS)), sizes - 1]
    assert (last == end).all()
    assert sizes.max() == 64  # The longest text is cut, and the mark stands behind the cut.
    model.save_pretrained(str(tmp_path / "m"), create_model_card=False)
    again = SentenceTransformer(str(tmp_path / "m"), device="cpu")
    np.testing.assert_array_equal(again.preprocess(TEXTS, prompt="Query: ")["input_ids"],
                                  features["input_ids"])  # fmt: skip
    np.testing.assert_allclose(again.encode_query(TEXTS), model.encode_query(TEXTS), atol=1e-6)
    assert not np.allclose(again.encode_query(TEXTS), again.encode_document(TEXTS), atol=1e-2)


@pytest.mark.parametrize("pooling", ["lasttoken", "mean"])
@pytest.mark.parametrize("side", ["left", "right"])
def test_a_vector_does_not_depend_on_its_neighbours(decoder, pooling, side):
    model = encoder_of(config_of(decoder, pooling=pooling)).eval()
    model.tokenizer.padding_side = side
    together = model.encode_query(TEXTS, batch_size=len(TEXTS))
    alone = np.concatenate([model.encode_query([text]) for text in TEXTS])
    np.testing.assert_allclose(together, alone, atol=1e-5)
    assert np.abs(together[0] - together[1]).max() > 1e-2


def test_an_end_mark_that_is_there_is_not_doubled(decoder, tmp_path):
    first = encoder_of(config_of(decoder))
    plain = tmp_path / "plain"
    first[0].model.save_pretrained(plain)
    first.tokenizer.save_pretrained(plain)
    ids = encoder_of(config_of(plain)).tokenizer("kmn")["input_ids"]
    assert ids.count(first.tokenizer.eos_token_id) == 1


def test_pooling_follows_the_kind_of_model():
    assert default_pooling(GPT2Config(), "x/y") == "lasttoken"
    assert default_pooling(BertConfig(), "sentence-transformers/LaBSE") == "cls"
    assert default_pooling(BertConfig(is_decoder=True), "x/y") == "lasttoken"
    for kind in ("xlm-roberta", "distilbert", "modernbert", "roberta"):
        assert default_pooling(AutoConfig.for_model(kind), "x/y") == "mean"
    for kind in ("qwen2", "mistral", "gemma2"):
        assert default_pooling(AutoConfig.for_model(kind), "x/y") == "lasttoken"
    bidirectional = AutoConfig.for_model("gemma3_text", use_bidirectional_attention=True)
    assert default_pooling(bidirectional, "x/y") == "mean"


def test_only_adapters_are_trained(decoder):
    model = encoder_of(config_of(decoder, lora=4))
    trained = {name for name, p in model.named_parameters() if p.requires_grad}
    assert trained
    assert all("lora_" in name for name in trained)
    assert len(list(adapted_layers(model))) == 2 * 7  # Two layers of q k v o gate up down.
    disturbed(model)
    assert gradients_of(model).keys() == trained


def test_fresh_adapters_change_nothing(qwen):
    plain = encoder_of(config_of(qwen)).eval()
    model = encoder_of(config_of(qwen, lora=4)).eval()
    np.testing.assert_array_equal(model.encode_query(TEXTS), plain.encode_query(TEXTS))


def test_adapters_depend_on_the_seed_alone(qwen):
    def weights(seed):
        torch.manual_seed(torch.seed() % 1000)
        return encoder_of(config_of(qwen, lora=4, seed=seed)).state_dict()

    one, two, other = weights(0), weights(0), weights(1)
    assert all(torch.equal(one[name], two[name]) for name in one)
    assert any(not torch.equal(one[name], other[name]) for name in one)


def test_a_merged_model_is_a_plain_one_with_the_same_vectors(decoder, tmp_path):
    model = disturbed(encoder_of(config_of(decoder, lora=4, lora_alpha=3))).eval()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    vectors = model.encode_query(TEXTS)
    with merged(model) as plain:
        assert not list(adapted_layers(plain))
        plain.save_pretrained(str(tmp_path / "m"), create_model_card=False)
    assert not list((tmp_path / "m").rglob("adapter*"))
    again = SentenceTransformer(str(tmp_path / "m"), device="cpu")
    np.testing.assert_allclose(again.encode_query(TEXTS), vectors, atol=1e-5)
    base = encoder_of(config_of(decoder)).eval()
    assert np.abs(base.encode_query(TEXTS) - vectors).max() > 1e-2
    # And the model goes on as it was.
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())
    np.testing.assert_array_equal(model.encode_query(TEXTS), vectors)


def test_adapters_may_be_few_and_wrong_names_are_told(qwen):
    model = encoder_of(config_of(qwen, lora=2, lora_targets=["q_proj", "v_proj"]))
    assert {name.rpartition(".")[2] for name, _ in adapted_layers(model)} == {"q_proj", "v_proj"}
    with pytest.raises(LingweaveError, match=r"lora_targets: 'query'.*q_proj"):
        encoder_of(config_of(qwen, lora=2, lora_targets=["query"]))


def test_half_precision_weights_keep_adapters_in_full(qwen, tmp_path):
    model = disturbed(encoder_of(config_of(qwen, lora=4, weights="bf16")))
    kinds = {p.requires_grad: p.dtype for p in model.parameters()}
    assert kinds == {True: torch.float32, False: torch.bfloat16}
    with merged(model) as plain:
        plain.save_pretrained(str(tmp_path / "m"), create_model_card=False)
    stored = load_file(tmp_path / "m" / "model.safetensors")
    assert {tensor.dtype for tensor in stored.values()} == {torch.bfloat16}


@pytest.mark.parametrize("lora", [None, 4])
def test_checkpointing_gives_the_same_gradients(decoder, lora):
    plain, saving = (
        disturbed(encoder_of(config_of(decoder, lora=lora, gradient_checkpointing=flag))).double()
        for flag in (False, True)
    )
    saving.load_state_dict(plain.state_dict())
    kept = []

    def count(tensor):
        kept[-1] += tensor.numel()
        return tensor

    found = []
    for model in (plain, saving):
        kept.append(0)
        with torch.autograd.graph.saved_tensors_hooks(count, lambda tensor: tensor):
            found.append(gradients_of(model))
    assert kept[1] < kept[0]
    assert found[0].keys() == found[1].keys()
    for name, gradient in found[0].items():
        torch.testing.assert_close(found[1][name], gradient, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("lora", [None, 4])
def test_weights_come_back_bit_by_bit(qwen, tmp_path, lora):
    config = config_of(qwen, lora=lora)
    model = encoder_of(config)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter.normal_()
    path = save_weights(model, tmp_path)
    if lora:
        assert all("lora_" in name for name in load_file(path))
    again = encoder_of(config)
    load_weights(again, tmp_path)
    expected = model.state_dict()
    assert all(torch.equal(tensor, expected[name]) for name, tensor in again.state_dict().items())
    assert {n for n, p in again.named_parameters() if p.requires_grad} == {
        n for n, p in model.named_parameters() if p.requires_grad
    }


def test_weights_of_another_model_are_refused(qwen, tmp_path):
    save_weights(encoder_of(config_of(qwen, lora=4)), tmp_path)
    for other in (config_of(qwen), config_of(qwen, lora=8)):
        with pytest.raises(LingweaveError, match="another model"):
            load_weights(encoder_of(other), tmp_path)
    (tmp_path / WEIGHTS).write_bytes(b"nonsense")
    with pytest.raises(LingweaveError, match="cannot be read"):
        load_weights(encoder_of(config_of(qwen, lora=4)), tmp_path)


def test_what_is_missing_is_said_in_one_line(qwen, monkeypatch):
    config = config_of(qwen, optimizer="adamw-8bit")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(LingweaveError, match=r"lingweave\[8bit\]"):
        check_engine(config)
    with pytest.raises(LingweaveError, match=r"lingweave\[lora\]"):
        check_engine(config_of(qwen, lora=4))
    with pytest.raises(LingweaveError, match=r"lingweave\[lora\]"):
        encoder_of(config_of(qwen, lora=4))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object())
    with pytest.raises(LingweaveError, match="needs a GPU"):
        check_engine(replace(config, device="cpu"))
    for encoder in ("static", "transformer"):
        with pytest.raises(LingweaveError, match="starts from nothing"):
            check_engine(TrainConfig(encoder=encoder, lora=4))


def test_a_bert_like_model_takes_adapters_without_its_pooler(tmp_path):
    from transformers import BertModel

    shape = BertConfig(vocab_size=400, hidden_size=32, num_hidden_layers=1, num_attention_heads=2,
                       intermediate_size=64)  # fmt: skip
    tiny_decoder(tmp_path / "m", "qwen3", TEXTS)
    (tmp_path / "m" / "model.safetensors").unlink()
    BertModel(shape).save_pretrained(tmp_path / "m")
    tokenizer = AutoTokenizer.from_pretrained(tmp_path / "m")
    tokenizer.pad_token = "[PAD]"
    tokenizer.save_pretrained(tmp_path / "m")
    model = disturbed(encoder_of(config_of(tmp_path / "m", lora=2)))
    assert not any("pooler" in name for name, _ in adapted_layers(model))
    trained = {name for name, p in model.named_parameters() if p.requires_grad}
    assert gradients_of(model).keys() == trained
    full = encoder_of(config_of(tmp_path / "m"))
    assert gradients_of(full).keys() == {n for n, p in full.named_parameters() if p.requires_grad}


def test_a_decoder_keeps_what_its_own_modules_say(qwen, tmp_path):
    model = encoder_of(config_of(qwen, pooling="mean"))
    model.save_pretrained(str(tmp_path / "m"), create_model_card=False)
    assert loaded_encoder(str(tmp_path / "m"))[1].pooling_mode == "mean"
    assert loaded_encoder(str(tmp_path / "m"), "lasttoken")[1].pooling_mode == "lasttoken"
