"""Keys: read from a file and a variable, compared as digests."""

import hmac

import pytest

from lingweave.errors import LingweaveError
from lingweave.serve import keys as module
from lingweave.serve.keys import KEYS_VARIABLE, is_loopback, read_keys

KEY, OTHER = "a-key-of-20-letters-", "another-key-of-many-letters"


@pytest.fixture
def keys_file(tmp_path, monkeypatch):
    monkeypatch.delenv(KEYS_VARIABLE, raising=False)

    def written(text):
        file = tmp_path / "keys"
        file.write_text(text, encoding="utf-8")
        return file

    return written


def test_names_and_keys_of_file_and_variable(keys_file, monkeypatch):
    monkeypatch.setenv(KEYS_VARIABLE, f"team : {OTHER} ,")
    keys = read_keys(keys_file(f"# ours\n\n{KEY}\n"))
    assert keys
    assert keys.holder(f"Bearer {KEY}") == "key 1"
    assert keys.holder(f"bearer  {OTHER}") == "team"
    for wrong in (None, "", KEY, f"Basic {KEY}", f"Bearer {KEY[:-1]}", "Bearer", "Bearer \ud800"):
        assert keys.holder(wrong) is None


def test_without_any_there_are_none(keys_file):
    assert not read_keys(None)


def test_every_key_is_compared_whichever_fits(keys_file, monkeypatch):
    asked = []
    compare = hmac.compare_digest

    def compared(a, b):
        asked.append((len(a), len(b)))
        return compare(a, b)

    keys = read_keys(keys_file(f"{KEY}\n{OTHER}\n{KEY}x\n"))
    monkeypatch.setattr(module.hmac, "compare_digest", compared)
    counts = []
    for given in (f"Bearer {KEY}", f"Bearer {KEY}x", "Bearer no", None, f"Basic {KEY}"):
        asked.clear()
        keys.holder(given)
        counts.append(asked.copy())
    assert counts == [[(32, 32)] * 3] * 5


def test_a_key_is_kept_as_a_digest_alone(keys_file):
    keys = read_keys(keys_file(KEY))
    assert KEY not in repr(vars(keys))


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "holds no key"),
        ("# none\n", "holds no key"),
        ("short", "keys:1: a key has at least 16"),
        (f"{KEY}\nname:short", "keys:2: a key has at least 16"),
        ("ü" * 20, "keys:1: a key has at least 16 characters, all ASCII"),
        (f"{KEY}\n{KEY}", "keys:2: this key"),
        (f"a:{KEY}\na:{OTHER}", "keys:2: this key"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_by_line_and_never_the_key(keys_file, text, told):
    with pytest.raises(LingweaveError, match=told) as refused:
        read_keys(keys_file(text))
    assert "short" not in str(refused.value).replace("keys", "")
    assert KEY not in str(refused.value)


def test_a_file_that_cannot_be_read(tmp_path, keys_file):
    with pytest.raises(LingweaveError, match=r"--keys_file .*none: cannot be read"):
        read_keys(tmp_path / "none")
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    with pytest.raises(LingweaveError, match="not UTF-8"):
        read_keys(tmp_path / "binary")


def test_which_addresses_only_this_machine_reaches():
    for host in ("localhost", "127.0.0.1", "127.1.2.3", "::1", "[::1]"):
        assert is_loopback(host)
    for host in ("0.0.0.0", "::", "192.168.1.1", "example.org", "", "localhost.evil.example"):
        assert not is_loopback(host)
