"""Sequence-to-sequence models by transformers and by CTranslate2."""

import json
import random
import shutil
import sys
from importlib.metadata import version

import pytest
from safetensors.torch import load_file, save_file

from lingweave.building.translators.ctranslate2 import CTranslate2, converted, main
from lingweave.building.translators.seq2seq import Search, Seq2Seq
from lingweave.errors import LingweaveError
from tests.building.translators.models import LETTERS, TEXTS, tiny_madlad, tiny_marian, tiny_nllb

CHANCE = random.Random(0)
MORE = ["".join(CHANCE.choices(LETTERS + "     ", k=CHANCE.randint(1, 60))) for _ in range(40)]
MOST = 16


@pytest.fixture(scope="module")
def marian(tmp_path_factory):
    return tiny_marian(tmp_path_factory.mktemp("marian") / "tiny")


@pytest.fixture(scope="module")
def marian_ct2(marian):
    return converted(str(marian), marian.parent / "ct2", "default")


@pytest.fixture(scope="module")
def nllb(tmp_path_factory):
    return tiny_nllb(tmp_path_factory.mktemp("nllb") / "tiny")


@pytest.fixture(scope="module")
def nllb_ct2(nllb):
    return converted(str(nllb), nllb.parent / "ct2", "default")


@pytest.mark.parametrize("beams", [1, 2, 5])
def test_both_engines_give_the_same_text(marian, marian_ct2, beams):
    search = Search(beams, MOST)
    one = Seq2Seq(str(marian), search=search, device="cpu", batch_size=7)
    other = CTranslate2(str(marian_ct2), search, device="cpu", batch_size=5)
    texts = TEXTS + MORE
    found = one.translate(texts, "en", "de")
    assert found == other.translate(texts, "en", "de")
    assert len(set(found)) > 5
    assert "" in found  # Some come to no end.


@pytest.mark.parametrize("target", ["de", "zh-CN"])
def test_both_engines_tell_a_model_its_languages(nllb, nllb_ct2, target):
    search = Search(2, MOST)
    one, other = Seq2Seq(str(nllb), search=search, device="cpu"), CTranslate2(str(nllb_ct2), search)
    for engine in (one, other):
        engine.check("en", [target])
        with pytest.raises(LingweaveError, match="does not know fr"):
            engine.check("en", [target, "fr"])
    found = one.translate(TEXTS + MORE, "en", target)
    assert found == other.translate(TEXTS + MORE, "en", target)
    assert any(found)
    assert not any("Latn" in text for text in found)


def test_both_engines_tell_madlad_its_target(tmp_path):
    folder = tiny_madlad(tmp_path / "m")
    one = Seq2Seq(str(folder), search=Search(2, MOST), device="cpu")
    other = CTranslate2(str(converted(str(folder), tmp_path / "ct2", "default")), Search(2, MOST))
    found = {}
    for target in ("de", "zh-CN"):
        for engine in (one, other):
            engine.check("en", [target])
        found[target] = one.translate(TEXTS + MORE, "en", target)
        assert found[target] == other.translate(TEXTS + MORE, "en", target)
        assert any(found[target])
    assert found["de"] != found["zh-CN"]


def test_converting_from_the_command_line(marian, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["convert", str(marian), str(tmp_path / "out")])
    main()
    assert capsys.readouterr().out == f"{tmp_path / 'out'}\n"
    assert CTranslate2(str(tmp_path / "out"), Search(1, MOST)).translate(["", "a"], "en", "de")
    monkeypatch.setattr(sys, "argv", ["convert", str(tmp_path), str(tmp_path / "out2")])
    with pytest.raises(SystemExit, match=r"no \*\.safetensors weights"):
        main()
    assert not (tmp_path / "out2").exists()


def test_the_languages_decide_the_text(nllb):
    engine = Seq2Seq(str(nllb), search=Search(1, MOST), device="cpu")
    german, chinese = (engine.translate(TEXTS, "en", target) for target in ("de", "zh"))
    assert german != chinese
    assert engine.translate(TEXTS, "zh", "de") != german


def test_a_target_before_the_text(tmp_path):
    folder = tiny_marian(tmp_path / "m", (">>deu<<", ">>cmn_Hant<<"), ("eng", "mul"))
    engine = Seq2Seq(str(folder), search=Search(1, MOST), device="cpu")
    engine.check("en", ["de", "zh-TW"])
    with pytest.raises(LingweaveError, match="does not know zh-CN"):
        engine.check("en", ["zh-CN"])
    german, chinese = (engine.translate(TEXTS, "en", target) for target in ("de", "zh-TW"))
    assert german != chinese
    # A text cannot choose the language: what looks like the model's own token is text.
    named = engine.translate([f">>cmn_Hant<< {TEXTS[0]}"], "en", "de")
    assert named != engine.translate([TEXTS[0]], "en", "zh-TW")


def test_a_translation_without_an_end_is_none(marian, marian_ct2):
    found = {
        most: Seq2Seq(str(marian), search=Search(1, most), device="cpu").translate(
            TEXTS + MORE, "en", "de"
        )
        for most in (2, MOST)
    }
    short = CTranslate2(str(marian_ct2), Search(1, 2)).translate(TEXTS + MORE, "en", "de")
    assert found[2] == short
    # With fewer tokens a text is the same or none, never a part of it.
    assert {a == b or a == "" for a, b in zip(found[2], found[MOST], strict=True)} == {True}
    assert found[2].count("") > found[MOST].count("")


def test_a_text_that_is_too_long_is_none_and_empty_texts_are_not_translated(marian, marian_ct2):
    texts = ["", "a" * 5000, "m", "  "]
    for engine in (
        Seq2Seq(str(marian), search=Search(4, MOST), device="cpu"),
        CTranslate2(str(marian_ct2), Search(4, MOST)),
    ):
        found = engine.translate(texts, "en", "de")
        assert [bool(text) for text in found] == [False, False, True, False]
        assert engine.translate([], "en", "de") == []
        assert engine.translate(["", " "], "en", "de") == ["", ""]


def test_other_arithmetic(marian, tmp_path):
    int8 = converted(str(marian), tmp_path / "int8", "int8")
    assert (int8 / "model.bin").stat().st_size < (marian / "model.safetensors").stat().st_size
    assert any(CTranslate2(str(int8), Search(2, MOST)).translate(TEXTS, "en", "de"))
    bf16 = Seq2Seq(str(marian), search=Search(2, MOST), device="cpu", dtype="bf16")
    assert any(bf16.translate(TEXTS, "en", "de"))
    assert bf16.identity() != Seq2Seq(str(marian), search=Search(2, MOST)).identity()


def test_identity_follows_the_weights_and_not_the_place(marian, tmp_path):
    moved = tmp_path / "tiny"
    shutil.copytree(marian, moved)
    before = Seq2Seq(str(marian)).identity()
    assert Seq2Seq(str(moved)).identity() == before
    assert json.loads(json.dumps(before)) == before
    assert before["libraries"] == {name: version(name) for name in ("transformers", "tokenizers")}
    weights = load_file(moved / "model.safetensors")
    weights["final_logits_bias"] = weights["final_logits_bias"] + 1
    save_file(weights, moved / "model.safetensors", {"format": "pt"})
    assert Seq2Seq(str(moved)).identity() != before
    assert Seq2Seq(str(marian), search=Search(1)).identity() != before


def test_what_is_no_model_is_one_line(marian, marian_ct2, tmp_path):
    with pytest.raises(LingweaveError, match="no such folder, and no name of the hub"):
        Seq2Seq("nowhere")
    with pytest.raises(LingweaveError, match="the hub does not give it"):
        Seq2Seq("no-such/opus-mt-en-de")
    with pytest.raises(LingweaveError, match=r"is a model of CTranslate2; write ct2:"):
        Seq2Seq(str(marian_ct2))
    with pytest.raises(LingweaveError, match=r"no model\.bin in this folder"):
        CTranslate2(str(marian))
    with pytest.raises(LingweaveError, match="translator_revision"):
        Seq2Seq(str(marian), "main")

    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "model.bin").touch()
    with pytest.raises(LingweaveError, match="no tokenizer_config"):
        CTranslate2(str(bare))

    pickled = tmp_path / "pickled"
    shutil.copytree(marian, pickled)
    (pickled / "model.safetensors").rename(pickled / "pytorch_model.bin")
    for make in (Seq2Seq, lambda name: converted(name, tmp_path / "out")):
        with pytest.raises(LingweaveError, match="pickled ones are not read"):
            make(str(pickled))

    other = tmp_path / "other"
    shutil.copytree(marian, other)
    (other / "config.json").write_text('{"model_type": "bert"}')
    with pytest.raises(LingweaveError, match="is no sequence-to-sequence model"):
        Seq2Seq(str(other))

    broken = tmp_path / "broken"
    shutil.copytree(marian, broken)
    (broken / "model.safetensors").write_bytes(b"\0" * 100)
    with pytest.raises(LingweaveError, match="cannot be loaded"):
        Seq2Seq(str(broken)).translate(["a"], "en", "de")


def test_a_model_that_does_not_say_its_languages(tmp_path):
    folder = tiny_marian(tmp_path / "m", pair=None)
    with pytest.raises(LingweaveError, match="which languages it translates"):
        Seq2Seq(str(folder)).check("en", ["de"])
    named = folder.rename(tmp_path / "opus-mt-en-de")
    Seq2Seq(str(named)).check("en", ["de"])
    with pytest.raises(LingweaveError, match="not into fr"):
        Seq2Seq(str(named)).check("en", ["fr"])
