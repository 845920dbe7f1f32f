"""New word pieces: for scripts that are spelled out, and no change for the others."""

import json
import math
import random

import pytest
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
from tokenizers.pre_tokenizers import BertPreTokenizer

from lingweave.errors import LingweaveError
from lingweave.studies.extending.pieces import by_script, words_of
from lingweave.studies.extending.vocabularies import extended_tokenizer, kind_of

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
LATIN = ("the sky is blue", "the grass is green", "Bälle über Flüsse", "snow is white, çok güzel")
CYRILLIC = ("снег белый и холодный", "трава зеленая и высокая", "небо голубое и высокое")
THAI = ("ท้องฟ้าเป็นสีฟ้า", "หญ้าเป็นสีเขียว", "หิมะเป็นสีขาว")
HINDI = ("आकाश नीला है", "घास हरी है", "बर्फ सफेद है और ठंडी है")
CHINESE = ("天空是蓝色的", "草是绿色的", "雪是白色的")
OTHERS = (*CYRILLIC, *THAI, *HINDI, *CHINESE)
TEXTS = [*LATIN, *OTHERS] * 60


def wordpiece() -> Tokenizer:
    """An uncased English BERT's tokenizer in small: words of Latin, letters of Cyrillic."""
    words = ("the", "sky", "is", "blue", "grass", "green", "snow", "white", "balle")
    letters = "abcdefghijklmnopqrstuvwxyz"
    cyrillic = "абвгдежзийклмнопрстуфхцчшщъыьэюя"
    pieces = [*SPECIAL, *sorted(words), ",", *letters, *(f"##{x}" for x in letters)]
    pieces += [*cyrillic, *(f"##{x}" for x in cyrillic)]
    made = Tokenizer(
        models.WordPiece({p: i for i, p in enumerate(pieces)}, unk_token="[UNK]",
                         max_input_chars_per_word=100)
    )  # fmt: skip
    made.normalizer = normalizers.BertNormalizer(lowercase=True)
    made.pre_tokenizer = BertPreTokenizer()
    made.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return made


def unigram() -> Tokenizer:
    """A SentencePiece model in small: words of Latin, letters of the others."""
    texts = " ".join(TEXTS)
    letters = sorted({x for x in texts if not x.isspace()})
    words = sorted({f"▁{w}" for t in LATIN for w in t.split()})
    vocabulary = [("<s>", 0.0), ("<pad>", 0.0), ("<unk>", 0.0), ("▁", -5.0)]
    vocabulary += [(w, -6.0) for w in words] + [(x, -9.0) for x in letters]
    made = Tokenizer(models.Unigram(vocabulary, unk_id=2, byte_fallback=False))
    made.normalizer = normalizers.NFKC()
    made.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]
    )
    return made


def byte_pairs() -> Tokenizer:
    """A byte-level BPE model that was trained on Latin letters only."""
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=400, initial_alphabet=sorted(alphabet), show_progress=False
    )
    made.train_from_iterator(LATIN, trainer)
    return made


KINDS = {"WordPiece": wordpiece, "Unigram": unigram, "BPE": byte_pairs}


def ids(tokenizer: Tokenizer, text: str) -> list[int]:
    return tokenizer.encode(text).ids


@pytest.mark.parametrize("kind", KINDS)
def test_texts_in_other_scripts_become_shorter_and_old_ones_stay(kind):
    old = KINDS[kind]()
    assert kind_of(old, "x") == kind
    found = extended_tokenizer(old, TEXTS, 150)
    assert 20 < len(found.pieces) <= 150
    assert "Cyrillic" in found.scripts
    assert "Latin" not in found.scripts
    first = old.get_vocab_size(with_added_tokens=True)
    assert found.first == first
    assert [found.tokenizer.token_to_id(p) for p in found.pieces] == [
        *range(first, first + len(found.pieces))
    ]
    for text in LATIN:
        assert ids(found.tokenizer, text) == ids(old, text)
    for text in (*CYRILLIC, *HINDI):
        assert len(ids(found.tokenizer, text)) < len(ids(old, text)) or 1 in ids(old, text)
    for name in found.scripts:
        assert found.after[name].unknown <= found.before[name].unknown


@pytest.mark.parametrize("kind", KINDS)
def test_random_texts_in_covered_scripts_are_cut_as_before(kind):
    old = KINDS[kind]()
    new = extended_tokenizer(old, TEXTS, 150).tokenizer
    draw = random.Random(1)
    letters = "abcdefghijk äöüßéñçãİı ABC  ,.!?'-0123 \u0301\u0308 \t"
    for _ in range(300):
        text = "".join(draw.choice(letters) for _ in range(draw.randrange(60)))
        assert ids(new, text) == ids(old, text)


def test_the_same_texts_give_the_same_pieces_in_any_order():
    one = extended_tokenizer(wordpiece(), TEXTS, 100)
    other = extended_tokenizer(wordpiece(), [*reversed(TEXTS)], 100)
    assert one.pieces == other.pieces
    assert extended_tokenizer(wordpiece(), TEXTS, 50).pieces == one.pieces[:50]


def test_scripts_take_turns():
    found = extended_tokenizer(wordpiece(), [*TEXTS, *CYRILLIC * 500], 40)
    own = by_script(words_of([p.removeprefix("##") for p in found.pieces], str))
    shares = {name: len(own.get(name, ())) for name in found.scripts}
    assert shares.keys() == {"Cyrillic", "Devanagari", "Thai", "Han"}
    # Marks alone are pieces too, and belong to no word here; and Chinese has few signs in all.
    assert min(shares["Cyrillic"], shares["Devanagari"], shares["Thai"]) >= 5
    assert shares["Cyrillic"] <= 11


def test_what_is_lacking_is_spelled_or_unknown():
    found = extended_tokenizer(wordpiece(), TEXTS, 200)
    assert found.before["Cyrillic"].unknown == 0
    assert found.before["Thai"].unknown == found.before["Thai"].letters
    assert found.after["Thai"].unknown == found.after["Han"].unknown == 0
    russian = found.after["Cyrillic"]
    assert russian.letters / russian.pieces > 2 * found.before["Cyrillic"].letters / (
        found.before["Cyrillic"].pieces
    )


def test_vowel_signs_of_new_scripts_are_kept():
    old, new = wordpiece(), extended_tokenizer(wordpiece(), TEXTS, 150).tokenizer
    assert old.normalizer.normalize_str("हिन्दी है") != new.normalizer.normalize_str("हिन्दी है")
    assert new.normalizer.normalize_str("है नीला") == "है नीला"
    # Of a script that no text is in they go as before.
    assert new.normalizer.normalize_str("கற்க") == old.normalizer.normalize_str("கற்க")


def test_long_words_are_read_where_no_blanks_are_written():
    text = "".join(THAI) * 4
    assert len(text) > 100
    found = extended_tokenizer(wordpiece(), [*TEXTS, text], 150)
    assert 1 not in ids(found.tokenizer, text)


def test_scores_of_unigram_pieces_are_shares():
    found = extended_tokenizer(unigram(), TEXTS, 100)
    told = json.loads(found.tokenizer.to_str())["model"]["vocab"][found.first :]
    assert [piece for piece, _ in told] == [*found.pieces]
    assert sum(math.exp(score) for _, score in told) <= 1.0001


def test_nothing_is_lacking():
    assert extended_tokenizer(wordpiece(), LATIN * 60, 100).pieces == ()


def test_other_tokenizers_are_refused():
    plain = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    with pytest.raises(LingweaveError, match="its tokenizer is WordLevel; WordPiece, Unigram"):
        extended_tokenizer(plain, TEXTS, 10)


@pytest.fixture(scope="module")
def bert(tmp_path_factory):
    """A BERT of two layers with the tokenizer above, as the hub would give it."""
    import torch
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    folder = tmp_path_factory.mktemp("bert")
    torch.manual_seed(0)
    tokenizer = wordpiece()
    wrapped = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]",
        sep_token="[SEP]", model_max_length=64,
    )  # fmt: skip
    shape = BertConfig(
        vocab_size=tokenizer.get_vocab_size(), hidden_size=16, num_hidden_layers=2,
        num_attention_heads=2, intermediate_size=32, max_position_embeddings=64,
    )  # fmt: skip
    BertModel(shape).save_pretrained(folder)
    wrapped.save_pretrained(folder)
    return folder


def test_a_model_is_extended(bert, tmp_path):
    import numpy as np

    from lingweave.encoders.sentence_transformer import SentenceTransformerEncoder
    from lingweave.studies.extending.extension import RECORD, extended

    out = extended(str(bert), TEXTS, 120, tmp_path / "out")
    old, new = SentenceTransformerEncoder(str(bert)), SentenceTransformerEncoder(str(out))
    assert np.array_equal(new.encode_queries(LATIN, "en"), old.encode_queries(LATIN, "en"))
    thai = new.encode_queries(THAI, "th")
    assert len(np.unique(thai.round(5), axis=0)) == len(THAI)
    assert len(np.unique(old.encode_queries(THAI, "th").round(5), axis=0)) == 1  # All unknown.
    record = json.loads((out / RECORD).read_text())
    rows = new._model[0].model.get_input_embeddings().weight
    assert len(rows) == record["first"] + len(record["pieces"])
    again = extended(str(bert), TEXTS, 120, tmp_path / "again")
    for name in ("model.safetensors", "tokenizer.json", RECORD):
        assert (again / name).read_bytes() == (out / name).read_bytes()


def test_new_rows_are_means_of_old_ones(bert, tmp_path):
    import torch
    from sentence_transformers import SentenceTransformer

    from lingweave.studies.extending.extension import extended

    out = extended(str(bert), TEXTS, 120, tmp_path / "out")
    rows = SentenceTransformer(str(out))[0].model.get_input_embeddings().weight.detach()
    tokenizer = Tokenizer.from_file(str(out / "tokenizer.json"))
    vocabulary = tokenizer.get_vocab()
    piece = next(p for p in vocabulary if p.startswith("##") and p[2:] in "высокая" and len(p) > 4)
    parts = [vocabulary[f"##{letter}"] for letter in piece[2:]]
    assert torch.allclose(rows[vocabulary[piece]], rows[parts].mean(0), atol=1e-6)


def test_a_model_that_lacks_nothing_is_refused(bert, tmp_path):
    from lingweave.studies.extending.extension import extended

    with pytest.raises(LingweaveError, match="no script of the texts lacks pieces; train it as it"):
        extended(str(bert), LATIN * 60, 10, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_what_is_no_transformer_is_refused(tmp_path):
    from tiny import tiny_model

    from lingweave.studies.extending.extension import extended

    with pytest.raises(LingweaveError, match="is no transformer"):
        extended(str(tiny_model(tmp_path / "static")), TEXTS, 10, tmp_path / "out")


def test_a_decoder_is_extended(tmp_path):
    """Its pieces are added tokens, and its table of embeddings grows."""
    import torch
    from transformers import AutoModel, PreTrainedTokenizerFast, Qwen3Config

    from lingweave.encoders.sentence_transformer import SentenceTransformerEncoder
    from lingweave.studies.extending.extension import extended

    tokenizer = byte_pairs()
    tokenizer.add_special_tokens(["<end>"])
    wrapped = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<end>")
    shape = Qwen3Config(
        vocab_size=len(wrapped), hidden_size=16, num_hidden_layers=1, num_attention_heads=2,
        num_key_value_heads=1, head_dim=8, intermediate_size=32, max_position_embeddings=64,
    )  # fmt: skip
    torch.manual_seed(0)
    AutoModel.from_config(shape).save_pretrained(tmp_path / "old")
    wrapped.save_pretrained(tmp_path / "old")
    out = extended(str(tmp_path / "old"), TEXTS, 50, tmp_path / "new")
    new = SentenceTransformerEncoder(str(out))
    old = SentenceTransformerEncoder(str(tmp_path / "old"))
    cut = [len(e._model[0].tokenizer(CYRILLIC[0])["input_ids"]) for e in (old, new)]
    assert cut[1] < cut[0]
    assert abs(new.encode_queries(LATIN, "en") - old.encode_queries(LATIN, "en")).max() < 1e-5
