"""Kept tokenizers: the same as fresh ones, and never trusted without their checksum."""

import pytest

from lingweave.training import TrainConfig, kept
from lingweave.training.encoder import built_encoder
from lingweave.training.kept import kept_tokenizer
from lingweave.training.tokenizer import trained_tokenizer

TEXTS = ["abba cdef", "kmn op", "βγδ αλμ ζη", "жзи клм н", "abba op"] * 3


@pytest.fixture
def trained(monkeypatch):
    """How often a tokenizer was trained."""
    calls = []

    def counted(texts, vocabulary):
        calls.append(vocabulary)
        return trained_tokenizer(texts, vocabulary)

    monkeypatch.setattr(kept, "trained_tokenizer", counted)
    return calls


def given(texts=TEXTS, vocabulary=60, folder=None):
    return kept_tokenizer(lambda: iter(texts), vocabulary, folder).to_str()


def test_a_kept_tokenizer_is_the_one_that_would_be_trained(tmp_path, trained):
    fresh = trained_tokenizer(lambda: TEXTS, 60).to_str()
    folder = tmp_path / "store"
    assert [given(folder=folder) for _ in range(3)] == [fresh] * 3
    assert trained == [60]
    assert given() == fresh
    assert trained == [60, 60]


def test_other_texts_sizes_and_boundaries_have_their_own(tmp_path, trained):
    given(folder=tmp_path)
    given(vocabulary=40, folder=tmp_path)
    given(texts=[*TEXTS, "new"], folder=tmp_path)
    given(texts=["".join(TEXTS[:2]), *TEXTS[2:]], folder=tmp_path)
    assert len(trained) == 4
    assert len(list(tmp_path.iterdir())) == 4


@pytest.mark.parametrize("damage", [b"", b"{}", None])
def test_a_damaged_file_is_made_again(tmp_path, trained, damage):
    fresh = given(folder=tmp_path)
    (path,) = tmp_path.iterdir()
    whole = path.read_bytes()
    place = len(whole) // 2
    changed = whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
    path.write_bytes(changed if damage is None else damage)
    assert given(folder=tmp_path) == fresh
    assert len(trained) == 2
    assert path.read_bytes() == whole


def test_a_file_under_another_name_is_not_taken(tmp_path, trained):
    given(folder=tmp_path)
    (one,) = tmp_path.iterdir()
    given(vocabulary=40, folder=tmp_path)
    (other,) = set(tmp_path.iterdir()) - {one}
    other.write_bytes(one.read_bytes())
    assert given(vocabulary=40, folder=tmp_path) == trained_tokenizer(lambda: TEXTS, 40).to_str()


def test_a_store_that_nobody_writes_to_is_no_error(tmp_path, trained):
    (tmp_path / "file").write_text("")
    assert (
        given(folder=tmp_path / "file" / "store") == trained_tokenizer(lambda: TEXTS, 60).to_str()
    )


@pytest.mark.parametrize("encoder", ["static", "transformer"])
def test_an_encoder_from_nothing_uses_the_store(quick, tmp_path, trained, encoder):
    config = TrainConfig(**quick | {"encoder": encoder, "vocabulary": 60})
    first = built_encoder(config, lambda: iter(TEXTS), tmp_path)
    second = built_encoder(config, lambda: iter(TEXTS), tmp_path)
    assert len(trained) == 1
    assert (first.encode(TEXTS[:5]) == second.encode(TEXTS[:5])).all()
