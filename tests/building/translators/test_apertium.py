"""Apertium: the real one where it is installed, and a script of its name everywhere."""

import os
import random
import shutil
import sys
from pathlib import Path

import pytest

from lingweave.building.translators.apertium import Apertium, _checksum
from lingweave.errors import LingweaveError

FAKE = r"""#!{python} -IS
import os, re, sys, time
if sys.argv[1] == "-l":
    print("  eng-spa\n  spa-eng\n  spa-eng_US\n  en-gl\n  eng-cat_valencia\n  en-eo-bytecode\n"
          "  hbs-eng\n  eng-sqi\n  eng-fra\n  eng-deu")
elif sys.argv[1] == "-V":
    print("Apertium 0.0.1")
else:
    assert sys.argv[1:4] == ["-u", "-f", "none"]
    mode, read = sys.argv[4], sys.stdin.buffer.read().decode()
    if mode == "eng-fra":
        sys.exit()
    if mode == "eng-deu":
        sys.exit("cannot open eng-deu.automorf.bin\nat line 1")
    with open({log!r}, "a") as log:
        log.write(f"{{read.count('[]')}}\n")
    for part in re.split(r"(?<=\n\])", read):
        if "HANG" in part:
            time.sleep(60)
        if "KILL" in part:
            sys.stdout.flush()
            os.kill(os.getpid(), 9)
        if "QUIET" in part:
            part = re.sub(r"^[^.]*", "", part)
        text, end = (part.rsplit(".[]", 1) + [""])[:2]
        sys.stdout.write(text.upper() + (".[]" + end if end else ""))
"""


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """A command that prints texts in capitals, and breaks at some words; its log of calls."""
    log = tmp_path / "log"
    command = tmp_path / "bin" / "apertium"
    command.parent.mkdir()
    command.write_text(FAKE.format(python=sys.executable, log=str(log)))
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(command.parent), prepend=os.pathsep)
    monkeypatch.setenv("APERTIUM_DATADIR", str(tmp_path / "share"))
    return log


@pytest.fixture(scope="module")
def real():
    if shutil.which("apertium") is None:
        pytest.skip("apertium is not installed")
    engine = Apertium()
    try:
        engine.check("en", ["es"])
    except LingweaveError as error:
        pytest.skip(str(error))
    return engine


def test_finds_modes_by_their_languages(fake):
    engine = Apertium()
    for source, target in (
        ("en", "es"), ("en-GB", "es-MX"), ("es", "en-US"), ("en", "gl"), ("sr-Latn", "en"),
        ("en", "sq"),
    ):  # fmt: skip
        engine.check(source, [target])
    for source, target in (("en", "eo"), ("gl", "en"), ("sr", "en"), ("hr", "en"), ("en", "ca")):
        with pytest.raises(LingweaveError, match=f"no pair from {source} .* into {target}"):
            engine.check(source, [target])


def test_a_missing_pair_names_those_that_are_there(fake):
    with pytest.raises(LingweaveError) as caught:
        Apertium().check("en", ["es", "ja"])
    message = str(caught.value)
    assert "into ja (Japanese) is installed; it has de, es, fr, gl, sq;" in message
    assert "\n" not in message


def test_a_pair_that_prints_nothing_or_breaks_is_found_before_work(fake):
    with pytest.raises(LingweaveError, match=r"its pair eng-fra does not work \(it prints nothing"):
        Apertium().check("en", ["fr"])
    with pytest.raises(LingweaveError, match=r"cannot open eng-deu.* at line 1"):
        Apertium().check("en", ["de"])


def test_texts_keep_their_places_and_their_characters(fake):
    texts = ["a b", "", r"a [b] {c} ^d$ e/f \ <g> @ ~h", " \n", "x.[][ 1\n] y", "\0", "a\tb\n\nc"]
    found = Apertium(batch_size=2).translate(texts, "en", "es")
    assert found == ["A B", "", r"A [B] {C} ^D$ E/F \ <G> @ ~H", "", "X.[][ 1 ] Y", "", "A B C"]


def test_many_sentences_take_one_call(fake):
    Apertium(batch_size=100).translate([f"text {i}" for i in range(250)], "en", "es")
    assert fake.read_text().split() == ["101", "101", "51"]  # Ends of sentences.


def test_sentences_that_it_dies_at_have_no_translation_and_all_others_do(fake):
    texts = [f"text {i}" for i in range(40)]
    texts[7] = "please KILL it"
    texts[20] = "be QUIET"
    expected = [text.upper() for text in texts]
    expected[7] = expected[20] = ""
    assert Apertium().translate(texts, "en", "es") == expected


def test_a_sentence_that_it_hangs_at_has_no_translation(fake):
    found = Apertium(timeout=1.0).translate(["one", "HANG"], "en", "es")
    assert found == ["ONE", ""]


def test_one_that_dies_at_everything_is_an_error(fake):
    with pytest.raises(LingweaveError, match=r"eng-spa: 5 texts in a row came to nothing \(exit"):
        Apertium().translate(["KILL"] * 20, "en", "es")


@pytest.mark.parametrize(("word", "target"), [("text", "fr"), ("QUIET", "es")])
def test_a_batch_that_comes_to_nothing_is_not_taken_for_empty_translations(fake, word, target):
    with pytest.raises(LingweaveError, match=r"in a row came to nothing .it prints nothing"):
        Apertium().translate([f"{word} {i}" for i in range(20)], "en", target)
    assert Apertium().translate([word], "en", target) == [""]


def test_identity_follows_the_files_of_the_pairs(fake, tmp_path):
    modes = tmp_path / "share" / "modes"
    modes.mkdir(parents=True)
    data = tmp_path / "spa.bin"
    data.write_bytes(b"one")
    for name in ("eng-spa", "en-gl"):
        (modes / f"{name}.mode").write_text(f"lt-proc '{data}'")

    def now():
        _checksum.cache_clear()
        return Apertium().identity()

    before = now()
    assert before["version"] == "0.0.1"
    assert now() == before
    data.write_bytes(b"two")
    assert now() != before


def test_without_the_command_is_one_line(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(LingweaveError, match="apt install apertium apertium-eng-spa"):
        Apertium()


def test_the_real_one_translates(real):
    texts = ["The house is big.", "What is the capital of France?", "", "In 1998 it was 3.5 % [1]."]
    found = real.translate(texts, "en", "es")
    assert found[0] == "La casa es grande."
    assert "capital" in found[1]
    assert "Francia" in found[1]
    assert found[2] == ""
    assert "1998" in found[3]
    assert "[1]" in found[3]
    assert real.translate(texts[:1], "en", "es-MX") == found[:1]


def test_the_real_one_keeps_what_it_does_not_know(real):
    marks = r"[a] {b} ^c^ /d/ \e <f> @g | & # % ~ 日本語 😀 e@x.org"
    (found,) = real.translate([marks], "en", "es")
    for mark in (
        "[",
        "]",
        "{",
        "}",
        "^",
        "/",
        "\\",
        "<",
        ">",
        "@",
        "|",
        "&",
        "#",
        "%",
        "~",
        "日本語",
    ):
        assert mark in found, mark
    assert "*" not in found
    assert "\\[" not in found


def test_the_real_ones_sentences_keep_their_places(real):
    texts = [f"The number of the house is {i}." for i in range(150)]
    random.Random(0).shuffle(texts)
    found = Apertium(batch_size=80).translate(texts, "en", "es")
    for text, translation in zip(texts, found, strict=True):
        assert text.split()[-1] == translation.split()[-1]


def test_the_real_ones_identity_has_a_checksum_of_each_pair(real):
    pairs = real.identity()["pairs"]
    assert len(pairs["eng-spa"]) == 64
    assert len(set(pairs.values())) == len(pairs)
    assert Path("/usr/share/apertium/modes").is_dir() or "" in pairs.values()
