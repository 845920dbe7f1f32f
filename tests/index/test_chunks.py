"""Documents cut into passages."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lingweave.errors import LingweaveError
from lingweave.index.chunks import ChunkOptions, chunks

SENTENCES = [f"This is sentence number {i} of the text." for i in range(20)]


def test_a_short_text_is_one_passage_and_0_cuts_nothing():
    assert chunks("  One.\n Two. ", "en", ChunkOptions()) == ["One.\n Two."]
    assert chunks("x " * 5000, "en", ChunkOptions(chunk=0)) == [("x " * 5000).strip()]


def test_passages_end_where_sentences_do_and_begin_with_the_last_one_again():
    found = chunks(" ".join(SENTENCES), "en", ChunkOptions(chunk=130, overlap=1))
    assert all(len(piece) <= 130 for piece in found)
    assert found[0] == " ".join(SENTENCES[:3])
    assert found[1] == " ".join(SENTENCES[2:5])
    assert found[-1].endswith(SENTENCES[-1])
    apart = chunks(" ".join(SENTENCES), "en", ChunkOptions(chunk=130, overlap=0))
    assert " ".join(apart) == " ".join(SENTENCES)


def test_chinese_counts_for_more_and_thai_is_cut():
    text = "楚格峰是德国最高的山。" * 40
    found = chunks(text, "zh-CN", ChunkOptions(chunk=250, overlap=0))
    assert all(len(piece) <= 100 for piece in found)
    assert "".join(found) == text
    thai = "ภูเขาที่สูงที่สุดในเยอรมนีคือยอดเขาแห่งนี้ที่ทุกคนรู้จักดี " * 20
    assert all(len(x) <= 200 for x in chunks(thai, "th", ChunkOptions(chunk=200)))


@given(
    st.text(alphabet="abc .!?。\n中1-#", max_size=400),
    st.sampled_from(["en", "zh-CN", "th", "und", "zxx"]),
    st.integers(1, 60),
    st.integers(0, 3),
)
def test_nothing_is_lost_and_nothing_grows_too_long(text, language, size, overlap):
    if not text.strip():
        return
    found = chunks(text, language, ChunkOptions(size, overlap))
    assert found
    assert all(piece.strip() for piece in found)
    assert all(piece in text for piece in found)
    limit = max(1, int(size / 2.5)) if language == "zh-CN" else size
    assert all(len(piece) <= limit for piece in found)
    letters = sorted(set(text) - set(" \n"))
    assert letters == sorted(set("".join(found)) - set(" \n"))
    if overlap == 0:
        assert "".join("".join(found).split()) == "".join(text.split())


def test_what_is_no_length_is_refused():
    with pytest.raises(LingweaveError, match="--chunk -1"):
        ChunkOptions(-1)
    with pytest.raises(LingweaveError, match="--overlap -1"):
        ChunkOptions(overlap=-1)
