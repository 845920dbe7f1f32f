"""A cross-encoder as the re-ranker."""

import numpy as np
import pytest
import torch
from index.library import WordEncoder, library, vectors_of
from index.memory_store import MemoryStore
from sentence_transformers import CrossEncoder
from transformers import BertConfig, BertForSequenceClassification, PreTrainedTokenizerFast

from lingweave.errors import LingweaveError
from lingweave.index.lists import Listed
from lingweave.index.passages import Passage
from lingweave.index.requests import Request
from lingweave.index.rerank import CrossEncoderReranker, read_anew
from lingweave.index.search import Searcher
from lingweave.training.tokenizer import trained_tokenizer


def tiny_cross_encoder(folder, labels=1):
    """A BERT of one layer that has read nothing."""
    texts = [one.text for one in library()]
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=trained_tokenizer(lambda: texts, 300),
        unk_token="[UNK]", sep_token="[SEP]", cls_token="[CLS]", pad_token="[PAD]",
    )  # fmt: skip
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(tokenizer), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        intermediate_size=16, num_labels=labels,
    )  # fmt: skip
    BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return str(folder)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tiny_cross_encoder(tmp_path_factory.mktemp("cross"))


def test_scores_are_the_models_own(folder):
    pairs = [("sky", "blue sky"), ("grass", "x"), ("sky", "snow " * 50)]
    found = CrossEncoderReranker(folder, batch_size=2, device="cpu").scores(pairs)
    own = CrossEncoder(folder, device="cpu", local_files_only=True).predict(pairs)
    assert found.dtype == np.float32
    assert found == pytest.approx(own, abs=1e-6)
    assert CrossEncoderReranker(folder, device="cpu").scores([]).shape == (0,)


def test_a_search_with_it(folder):
    reranker = CrossEncoderReranker(folder, device="cpu")
    store = MemoryStore(16)
    store.upsert(library(), vectors_of(library()))
    searcher = Searcher(store, WordEncoder(), reranker=reranker)
    (hits,) = searcher.answers([Request("sky blue", k=40, rerank=True)])
    pairs = [("sky blue", hit.passage.text) for hit in hits]
    assert [hit.score for hit in hits] == pytest.approx(reranker.scores(pairs), abs=1e-6)
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert all(hit.similarity is not None for hit in hits)


def test_pairs_are_read_once_and_ties_stay():
    class Counting:
        read = 0

        def scores(self, pairs):
            self.read += len(pairs)
            return np.zeros(len(pairs), np.float32)

    reranker = Counting()
    passages = {id: Passage(id, id, id, "de") for id in "abc"}
    listed = [Listed(id, 0.0, None) for id in "cab"]
    known = {("q", "a"): 0.0}
    found = read_anew(reranker, [("q", listed), ("q", listed[:1])], passages, known)
    assert [one.id for one in found[0]] == ["c", "a", "b"]
    assert reranker.read == 2
    read_anew(reranker, [("q", listed)], passages, known)
    assert reranker.read == 2


def test_what_is_no_reranker(tmp_path):
    with pytest.raises(LingweaveError, match="no such folder"):
        CrossEncoderReranker("/nowhere")
    two = tiny_cross_encoder(tmp_path / "two", labels=2)
    with pytest.raises(LingweaveError, match="gives 2 numbers for a pair"):
        CrossEncoderReranker(two)
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "model.safetensors").write_bytes(b"x")
    with pytest.raises(LingweaveError, match=r"--reranker .*cannot be loaded") as error:
        CrossEncoderReranker(str(tmp_path / "broken"))
    assert "\n" not in str(error.value)
