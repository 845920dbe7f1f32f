"""The finished model: its card, and the files of those who serve it."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from huggingface_hub import ModelCard
from safetensors import safe_open
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
from tokenizers import Tokenizer
from transformers import (
    BertConfig,
    BertModel,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen2Model,
    XLMRobertaConfig,
    XLMRobertaModel,
)

from lingweave.sources.rows import read_table
from lingweave.training import TrainConfig
from lingweave.training.card import base_of
from lingweave.training.card_sections import data
from lingweave.training.run import train
from lingweave.training.serving import add_serving_files, not_served
from lingweave.training.tokenizer import SPECIAL, trained_tokenizer, with_sentence_marks

# What text-embeddings-inference reads without a default, in each architecture's configuration.
BERT = (
    "vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size",
    "hidden_act", "hidden_dropout_prob", "max_position_embeddings", "type_vocab_size",
    "initializer_range", "layer_norm_eps", "pad_token_id",
)  # fmt: skip
FIELDS = {
    "bert": BERT,
    "xlm-roberta": BERT,
    "distilbert": (
        "vocab_size", "dim", "n_layers", "n_heads", "hidden_dim", "activation",
        "max_position_embeddings", "pad_token_id",
    ),
}  # fmt: skip
WEIGHTS = {
    "bert": ("embeddings.word_embeddings.weight", "encoder.layer.0.attention.self.query.weight"),
    "xlm-roberta": (
        "embeddings.word_embeddings.weight", "encoder.layer.0.attention.self.query.weight",
    ),
    "distilbert": (
        "embeddings.word_embeddings.weight", "transformer.layer.0.attention.q_lin.weight",
    ),
}  # fmt: skip
TEXTS = ["Query: abc def", "Passage: " + "ρω αβγ κλμ " * 40, "x", "Query: НОВЫЙ  мир!"]


@pytest.fixture(scope="module")
def table(table_file):
    return read_table([table_file])


@pytest.fixture
def plain(table, tmp_path):
    """Makes the folder of a small model with fresh weights, as transformers saves it."""

    def made(kind):
        tokenizer = with_sentence_marks(trained_tokenizer(lambda: table.texts("passage"), 400))
        wrapped = PreTrainedTokenizerFast(
            tokenizer_object=tokenizer,
            **{f"{token[1:-1].lower()}_token": token for token in SPECIAL},
            model_max_length=60,
        )
        shape = {
            "vocab_size": 400, "hidden_size": 32, "num_hidden_layers": 1,
            "num_attention_heads": 2, "intermediate_size": 64, "max_position_embeddings": 64,
        }  # fmt: skip
        torch.manual_seed(0)
        model = {
            "bert": lambda: BertModel(BertConfig(**shape)),
            "xlm-roberta": lambda: XLMRobertaModel(XLMRobertaConfig(**shape, pad_token_id=0)),
            "qwen2": lambda: Qwen2Model(Qwen2Config(**shape, num_key_value_heads=2)),
        }[kind]()
        folder = tmp_path / kind
        model.save_pretrained(folder)
        wrapped.save_pretrained(folder)
        return folder

    return made


def silent(line):
    return None


def read(path):
    return json.loads(path.read_text())


@pytest.mark.parametrize("pooling", ["mean", "cls"])
@pytest.mark.parametrize("kind", ["distilbert", "bert", "xlm-roberta"])
def test_a_server_finds_what_it_reads(quick, plain, kind, pooling):
    fields = {"steps": 2, "pooling": pooling, "encoder": "transformer"}
    if kind != "distilbert":
        fields["encoder"] = str(plain(kind))
    folder = train(TrainConfig(**quick | fields), on_line=silent, say=silent)
    shape = read(folder / "config.json")
    assert shape["model_type"] == kind
    assert shape["architectures"]
    assert [name for name in FIELDS[kind] if shape.get(name) is None] == []
    pool = read(folder / "1_Pooling" / "config.json")
    on = {name for name, value in pool.items() if value is True and name != "include_prompt"}
    assert on == {f"pooling_mode_{pooling}_token" + ("s" if pooling == "mean" else "")}
    assert {"pooling_mode_cls_token", "pooling_mode_mean_tokens", "pooling_mode_lasttoken"} <= set(
        pool
    )
    assert read(folder / "sentence_bert_config.json")["max_seq_length"] == 32
    prompts = read(folder / "config_sentence_transformers.json")["prompts"]
    assert prompts["query"] == "Query: "
    assert [module["path"] for module in read(folder / "modules.json")] == ["", "1_Pooling"]
    with safe_open(folder / "model.safetensors", "pt") as weights:
        assert set(WEIGHTS[kind]) <= set(weights.keys())
    model = SentenceTransformer(str(folder), device="cpu")
    assert not_served(model) is None
    # The tokenizer's file alone gives our ids; a server cuts and pads by itself.
    alone = Tokenizer.from_file(str(folder / "tokenizer.json"))
    assert alone.truncation is None
    assert alone.padding is None
    for text in TEXTS:
        ours = model.tokenizer(text, truncation=True, max_length=32)["input_ids"]
        theirs = alone.encode(text).ids
        assert theirs[:31] == ours[:31]
        assert len(theirs) > 32 or theirs == ours


def test_its_files_give_the_vectors_of_the_model(quick, plain):
    """Pooled by the flags alone, as a server does."""
    fields = {"steps": 2, "encoder": str(plain("bert"))}
    folder = train(TrainConfig(**quick | fields), on_line=silent, say=silent)
    model = SentenceTransformer(str(folder), device="cpu")
    backbone = BertModel.from_pretrained(folder)
    alone = Tokenizer.from_file(str(folder / "tokenizer.json"))
    for text in (TEXTS[0], TEXTS[2]):
        ids = torch.tensor([alone.encode("Query: " + text).ids])
        with torch.no_grad():
            vector = backbone(ids).last_hidden_state[0].mean(0)
        np.testing.assert_allclose(vector, model.encode_query(text), atol=1e-5)


def test_adapters_are_merged_into_what_is_served(quick, plain):
    fields = {"steps": 6, "encoder": str(plain("bert")), "lora": 2, "learning_rate": 1e-2}
    folder = train(TrainConfig(**quick | fields), on_line=silent, say=silent)
    assert not list(folder.glob("adapter*"))
    with safe_open(folder / "model.safetensors", "pt") as served:
        assert not [name for name in served.keys() if "lora" in name]  # noqa: SIM118
        name = WEIGHTS["bert"][1]
        with safe_open(Path(fields["encoder"]) / "model.safetensors", "pt") as begun:
            assert not torch.equal(served.get_tensor(name), begun.get_tensor(name))
    card = card_of(None, folder)
    assert "LoRA adapters of rank 2" in card.text
    model = SentenceTransformer(str(folder), device="cpu")
    assert f"{sum(p.numel() for p in model.parameters()):,} parameters" in card.text


@pytest.mark.parametrize(
    "modes", [*Pooling.POOLING_MODES, ("cls", "mean")], ids=lambda modes: "+".join([*modes][:3])
)
def test_every_pooling_loads_as_it_was(plain, tmp_path, modes):
    module = Transformer(str(plain("bert")), max_seq_length=20)
    model = SentenceTransformer(modules=[module, Pooling(32, modes, include_prompt=False)])
    model.save_pretrained(str(tmp_path / "saved"), create_model_card=False)
    add_serving_files(tmp_path / "saved", model)
    loaded = SentenceTransformer(str(tmp_path / "saved"), device="cpu")
    assert loaded[1].pooling_mode == modes
    assert loaded[1].embedding_dimension == 32
    assert loaded[1].include_prompt is False
    assert loaded.max_seq_length == 20
    np.testing.assert_array_equal(loaded.encode(TEXTS), model.encode(TEXTS))


def test_what_is_not_served_is_said(plain):
    bert = Transformer(str(plain("bert")))
    for mode in ("max", "weightedmean"):
        assert mode in not_served(SentenceTransformer(modules=[bert, Pooling(32, mode)]))
    assert not_served(SentenceTransformer(modules=[bert, Pooling(32, "lasttoken")])) is None
    qwen = Transformer(str(plain("qwen2")))
    last = SentenceTransformer(modules=[qwen, Pooling(32, "lasttoken")])
    assert "end mark" in not_served(last)
    assert not_served(SentenceTransformer(modules=[qwen, Pooling(32, "mean")])) is None


def card_of(config, folder=None):
    folder = folder or train(config, on_line=silent, say=silent)
    return ModelCard.load(folder / "README.md")


def test_the_card_says_what_the_run_was(quick):
    config = TrainConfig(
        **quick
        | {
            "encoder": "transformer", "steps": 12, "eval_every": 4, "criterion": "multi",
            "seen": ["xquad-r (articles)"], "seed": 11, "temperature": 0.07, "negatives": 1,
            "recipe": "mono=0:1,cross=1:0", "arm": "annealed once",
        }
    )  # fmt: skip
    card = card_of(config)
    data = card.data.to_dict()
    assert data["language"] == ["de", "el", "en", "ru"]
    assert data["library_name"] == "sentence-transformers"
    assert data["pipeline_tag"] == "sentence-similarity"
    assert "text-embeddings-inference" in data["tags"]
    assert not {"license", "base_model", "datasets"} & data.keys()
    record = read(Path(config.out) / "model" / "lingweave.json")
    for piece in (
        "annealed once", "Greek (el)", "batches of 16 queries", "12 steps", "seed 11",
        "temperature 0.07", "mono=0:1,cross=1:0", "hard negatives a query: 1", "120 records",
        "`toy.jsonl`", record["table_fingerprint"], "xquad-r (articles)", f"**{record['step']}**",
        f"{record['validation']:.4f}", "encode_query", "encode_document",
        "text-embeddings-router", f"torch {torch.__version__}", "2408.10536",
    ):  # fmt: skip
        assert piece in card.text, piece
    given = yaml.safe_load(card.text.split("```yaml")[1].split("```")[0])
    again = TrainConfig(**given, out=config.out)
    assert again == config


def test_the_card_says_of_what_its_table_was_cleared():
    cleared = {"benchmark": "xquad-r", "articles": [{"removed": False}], "methods": ["exact"]}
    record = {
        "table": ["t.arrow"], "datasets": ["own"], "records": 3, "table_fingerprint": "0",
        "seen": None, "unseen": [cleared],
    }  # fmt: skip
    assert "By its table, xquad-r is seen (articles)." in data(record)
    # Two files may have one name: each is told by its texts.
    one, other = ({"benchmark": "parallel t", "fingerprint": x, "methods": ["exact"],
                   "articles": []} for x in "ab")  # fmt: skip
    record["unseen"] = [one, other | {"table_languages": ["en"]}]
    record["languages"] = ["de", "en"]
    told = data(record)
    assert "parallel t (texts a) is unseen (decontaminated: exact)." in told
    assert "parallel t (texts b) is unseen (decontaminated in 1 of 2 languages: exact)." in told
    record["unseen"] = []
    assert "By its table" not in data(record)


def test_the_card_of_a_static_model_says_that_it_is_not_served(quick):
    card = card_of(TrainConfig(**quick | {"steps": 2, "seen": []}))
    assert "text-embeddings-inference does not serve this model: it has no transformer" in card.text
    assert "text-embeddings-inference" not in card.data.tags
    assert "The run was not validated." in card.text
    assert "texts of no known benchmark" in card.text
    assert "cuts texts" not in card.text
    assert "1 × infonce (temperature 0.05); other rows' passages are negatives" in card.text


def test_the_card_of_a_static_model_from_a_folder_knows_what_it_is(quick, tmp_path):
    first = train(TrainConfig(**quick | {"steps": 2}), on_line=silent, say=silent)
    again = {"encoder": str(first), "steps": 2, "out": str(tmp_path / "again")}
    text = card_of(TrainConfig(**quick | again)).text
    assert "The order of words does not matter" in text
    assert "cuts texts" not in text


def test_a_card_names_the_base_only_if_it_has_a_name_on_a_hub(quick, tmp_path, monkeypatch):
    assert base_of("FacebookAI/xlm-roberta-base") == "FacebookAI/xlm-roberta-base"
    assert base_of("static") is None
    assert base_of(str(tmp_path)) is None
    assert base_of("~/models/mine/best") is None


def test_regions_stand_where_the_hub_looks_for_them(quick, table_file, tmp_path):
    path = tmp_path / "regions.jsonl"
    text = table_file.read_text().replace('"lang": "de"', '"lang": "zh-TW"')
    path.write_text(text.replace('"lang": "el"', '"lang": "zh-CN"'))
    card = card_of(TrainConfig(**quick | {"table": [str(path)], "steps": 2}))
    assert card.data.language == ["en", "ru", "zh"]
    assert card.data.to_dict()["language_bcp47"] == ["zh-CN", "zh-TW"]


def test_nothing_is_looked_up(quick, monkeypatch):
    import socket

    def refused(*args):
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refused)
    assert (train(TrainConfig(**quick | {"steps": 2}), on_line=silent, say=silent)).is_dir()
