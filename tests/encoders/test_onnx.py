"""Weights of 8 bits: the copy of a model, what its vectors are, and what is refused."""

import shutil

import numpy as np
import onnx
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
from tiny import tiny_model
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from lingweave.encoders.choice import encoder_of, identity_of
from lingweave.encoders.onnx import FILE, INPUTS, OUTPUT, OnnxEncoder
from lingweave.encoders.options import EncoderOptions
from lingweave.encoders.sentence_transformer import SentenceTransformerEncoder
from lingweave.encoders.shrink import EXAMPLES, ShrinkConfig, shrink
from lingweave.errors import LingweaveError
from lingweave.training.tokenizer import trained_tokenizer


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """A BERT of one layer, 32 wide, with mean pooling and prompts."""
    folder = tmp_path_factory.mktemp("bert")
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=trained_tokenizer(lambda: EXAMPLES, 300),
        unk_token="[UNK]",
        pad_token="[PAD]",
        model_max_length=64,
    )
    torch.manual_seed(0)
    shape = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=32,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=64,
    )
    BertModel(shape).save_pretrained(folder / "bert")
    tokenizer.save_pretrained(folder / "bert")
    module = Transformer(str(folder / "bert"))
    model = SentenceTransformer(
        modules=[module, Pooling(32, "mean"), Normalize()],
        prompts={"query": "Query: ", "document": ""},
        device="cpu",
    )
    model.save(str(folder / "model"), create_model_card=False)
    return folder / "model"


@pytest.fixture(scope="module")
def small(model, tmp_path_factory):
    """The same with a file whose layers are BERT's word embeddings alone, made by hand."""
    out = tmp_path_factory.mktemp("small") / "model"
    shutil.copytree(model, out)
    module = Transformer(str(model))
    words = module.model.embeddings.word_embeddings.weight.detach().numpy()
    ids, mask = (
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"])
        for name in INPUTS
    )
    made = helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["batch", "tokens", 32])
    graph = helper.make_graph(
        [helper.make_node("Gather", ["words", INPUTS[0]], [OUTPUT])],
        "words",
        [ids, mask],
        [made],
        [numpy_helper.from_array(words, "words")],
    )
    (out / FILE).parent.mkdir()
    version = helper.make_opsetid("", 17)
    onnx.save(helper.make_model(graph, opset_imports=[version], ir_version=10), out / FILE)
    return out


def test_the_file_takes_the_place_of_the_layers(model, small):
    words = Transformer(str(model)).model.embeddings.word_embeddings.weight.detach().numpy()
    made = OnnxEncoder(str(small))
    ids = made._model.preprocess(["tower"])["input_ids"][0].numpy()
    mean = words[ids].mean(axis=0)
    (vector,) = made.encode_passages(["tower"], "en")
    np.testing.assert_allclose(vector, mean / np.linalg.norm(mean), atol=1e-6)


@pytest.mark.slow
def test_the_copy_of_a_model_gives_vectors_near_its_own(model, tmp_path, capsys):
    out = tmp_path / "made"
    shrink(ShrinkConfig(model=str(model), out=out))
    assert "cosine with the model's vectors 0.99" in capsys.readouterr().out
    files = {one.relative_to(model) for one in model.rglob("*") if one.is_file()}
    assert {one.relative_to(out) for one in out.rglob("*") if one.is_file()} == files | {FILE}
    whole = SentenceTransformerEncoder(str(model), device="cpu")
    made = OnnxEncoder(str(out))
    for texts in (EXAMPLES, EXAMPLES[:1], ("sky", "tower " * 200)):
        for side in ("encode_queries", "encode_passages"):
            expected, found = getattr(whole, side)(texts, "en"), getattr(made, side)(texts, "en")
            assert found.dtype == np.float32
            assert (expected * found).sum(axis=1).min() > 0.98
            assert not np.array_equal(expected, found)


def test_options_of_a_model_count(small):
    made = OnnxEncoder(str(small), query_prompt="", truncate_dim=8, max_length=4)
    assert made.encode_queries(["tower"], "en").shape == (1, 8)
    np.testing.assert_array_equal(
        made.encode_queries(["tower"], "en"), made.encode_passages(["tower"], "en")
    )
    assert made.identity("query")["truncate_dim"] == 8


def test_the_file_decides_the_identity(model, small, tmp_path):
    made = OnnxEncoder(str(small))
    whole = SentenceTransformerEncoder(str(small), device="cpu")
    assert made.identity("passage") != whole.identity("passage")
    assert made.identity("passage")["onnx"] == made.describe()["onnx"]
    assert made.describe()["dtype"] == "int8"


def test_it_is_chosen_by_an_option(model, small):
    options = EncoderOptions(model=str(small), dtype="int8", truncate_dim=8)
    assert isinstance(encoder_of(options), OnnxEncoder)
    assert encoder_of(options).encode_queries(["tower"], "en").shape == (1, 8)
    other = EncoderOptions(model=str(small), truncate_dim=8)
    assert identity_of(options)["onnx"] == encoder_of(options).identity("query")["onnx"]
    assert "onnx" not in identity_of(other)
    with pytest.raises(LingweaveError, match="make a model that has it"):
        identity_of(EncoderOptions(model=str(model), dtype="int8"))
    with pytest.raises(LingweaveError, match="--device cuda: --dtype int8 runs on the CPU only"):
        EncoderOptions(model=str(small), dtype="int8", device="cuda")


def test_what_cannot_be_done_is_refused(model, small, tmp_path):
    with pytest.raises(LingweaveError, match=r"has no onnx/model_qint8\.onnx; make it with"):
        OnnxEncoder(str(model))
    with pytest.raises(LingweaveError, match="is there already"):
        shrink(ShrinkConfig(model=str(model), out=small))
    static = tiny_model(tmp_path / "static")
    with pytest.raises(LingweaveError, match="only transformers that give token vectors"):
        shrink(ShrinkConfig(model=str(static), out=tmp_path / "out"))
    assert not (tmp_path / "out").exists()


def test_a_damaged_file_is_one_line(model, small, tmp_path):
    broken = shutil.copytree(small, tmp_path / "broken")
    (broken / FILE).write_bytes(b"no model")
    with pytest.raises(LingweaveError, match=r"cannot be read .*make it again"):
        OnnxEncoder(str(broken))
