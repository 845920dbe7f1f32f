"""The tokenizers of OPUS-MT and M2M100 themselves, which need the package sentencepiece."""

import json
import random

import pytest

from lingweave.building.translators.ctranslate2 import CTranslate2, converted
from lingweave.building.translators.folders import tokenizer_of
from lingweave.building.translators.seq2seq import Search, Seq2Seq
from lingweave.errors import LingweaveError
from tests.building.translators.models import LETTERS, TEXTS, random_m2m100, random_marian

SEARCH = Search(2, 16)


@pytest.fixture(scope="module")
def pieces(tmp_path_factory):
    """A sentencepiece model, and its pieces."""
    sentencepiece = pytest.importorskip("sentencepiece")
    folder = tmp_path_factory.mktemp("pieces")
    chance = random.Random(0)
    lines = ["".join(chance.choices(LETTERS + "     ", k=40)) for _ in range(500)]
    (folder / "texts").write_text("\n".join(lines))
    sentencepiece.SentencePieceTrainer.train(
        input=str(folder / "texts"), model_prefix=str(folder / "m"), vocab_size=80,
        model_type="bpe", minloglevel=2,
    )  # fmt: skip
    read = sentencepiece.SentencePieceProcessor(model_file=str(folder / "m.model"))
    words = [read.id_to_piece(place) for place in range(read.vocab_size())]
    return folder / "m.model", [w for w in words if w not in ("<unk>", "<s>", "</s>")]


@pytest.fixture(scope="module")
def opus(pieces, tmp_path_factory):
    from transformers import MarianTokenizer

    path, words = pieces
    folder = tmp_path_factory.mktemp("opus") / "tiny"
    vocabulary = ["</s>", "<unk>", ">>deu<<", ">>fra<<", *words, "<pad>"]
    file = path.with_name("opus.json")
    file.write_text(json.dumps({word: place for place, word in enumerate(vocabulary)}))
    MarianTokenizer(
        str(path), str(path), str(file), source_lang="eng", target_lang="mul", model_max_length=100
    ).save_pretrained(folder)
    random_marian(len(vocabulary)).save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def m2m100(pieces, tmp_path_factory):
    from transformers import M2M100Tokenizer

    path, words = pieces
    folder = tmp_path_factory.mktemp("m2m100") / "tiny"
    vocabulary = ["<s>", "<pad>", "</s>", "<unk>", *words]
    file = path.with_name("m2m100.json")
    file.write_text(json.dumps({word: place for place, word in enumerate(vocabulary)}))
    M2M100Tokenizer(str(file), str(path), model_max_length=100).save_pretrained(folder)
    # Its languages, and the eight words that its own checkpoints leave empty.
    random_m2m100(len(vocabulary) + 100 + 8).save_pretrained(folder)
    return folder


@pytest.mark.parametrize("name", ["opus", "m2m100"])
def test_both_engines_give_the_same_text(name, request, tmp_path):
    folder = request.getfixturevalue(name)
    one = Seq2Seq(str(folder), search=SEARCH, device="cpu")
    other = CTranslate2(str(converted(str(folder), tmp_path / "ct2", "default")), SEARCH)
    for engine in (one, other):
        engine.check("en", ["de", "fr"])
        with pytest.raises(LingweaveError, match="does not know zh-TW"):
            engine.check("en", ["zh-TW"])
    texts = TEXTS + list(LETTERS)
    for target in ("de", "fr"):
        assert one.translate(texts, "en", target) == other.translate(texts, "en", target)


def test_a_text_cannot_choose_the_language(opus):
    tokens = Seq2Seq(str(opus))._tokens
    marks = tokens.marks("en", "de")
    read = tokens.names(tokens.read(">>fra<< a </s> b", marks))
    assert read[0] == ">>deu<<"
    assert read.count("</s>") == 1
    assert ">>fra<<" not in read


def test_without_the_package_is_one_line(tmp_path, monkeypatch):
    (tmp_path / "tokenizer_config.json").write_text('{"tokenizer_class": "MarianTokenizer"}')

    def missing(*_, **__):
        raise ImportError("MarianTokenizer requires the SentencePiece library")

    monkeypatch.setattr("transformers.AutoTokenizer.from_pretrained", missing)
    with pytest.raises(LingweaveError, match=r"^model X: .*pip install sentencepiece"):
        tokenizer_of(tmp_path, "model X")
