"""Keys and passwords come from the environment and go nowhere but to the server."""

import logging
import traceback
from pathlib import Path
from typing import Any

import pytest
from asked import fails
from data import lareqa_folder
from served import Served

from lingweave.cli import main
from lingweave.encoders.address import Secrets, address_of
from lingweave.encoders.choice import EncoderOptions, encoder_of
from lingweave.encoders.client import Patience
from lingweave.errors import LingweaveError

pytestmark = pytest.mark.usefixtures("one_context")

KEY = "sk-test-2f6b1c9e"


def everything_written(folder: Path) -> bytes:
    return b"\n".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("way", ["key", "wrong key", "user", "named", "no server", "failing"])
def test_secrets_are_shown_nowhere(
    served: Served,
    way: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    lareqa_folder(tmp_path / "data")
    url, words = served.url, []
    if way == "user":
        url = url.replace("//", f"//someone:{KEY}@")
    elif way == "named":
        monkeypatch.setenv("MY_KEY", KEY)
        words = ["--api_key_env", "MY_KEY"]
    else:
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
    if way in ("key", "named"):
        served.key = KEY
    if way == "wrong key":
        served.key = "another"  # The server repeats what it was given.
    if way == "no server":
        url = url.replace("//", f"//someone:{KEY}@").rsplit(":", 1)[0] + ":1"
    if way == "failing":
        served.faults = [fails(500, {"error": {"message": f"key {KEY} broke me"}})] * 9
    words += ["--endpoint", url, "--model", "tiny", "--retries", "1", "--data"]
    words += [str(tmp_path / "data"), "--out", str(tmp_path / "out")]
    words += ["--cache", str(tmp_path / "cache"), "--progress", "false"]
    monkeypatch.setattr(Patience, "__new__", _hasty(Patience.__new__))
    with caplog.at_level(logging.DEBUG):
        code = main(["evaluate", *words])
    printed = capfd.readouterr()
    assert code == (0 if way in ("key", "named", "user") else 2), printed.err
    shown = printed.out + printed.err + caplog.text
    if code == 0:
        assert f"{served.url}/v1" in (tmp_path / "out" / "evaluation.json").read_text()
        authorization = served.headers[-1]["authorization"]
        assert authorization.startswith("Basic " if way == "user" else f"Bearer {KEY}")
        shown += everything_written(tmp_path).decode("utf-8", "replace")
        shown += repr(encoder_of(EncoderOptions(endpoint=url, model="tiny"))._inner.__dict__)
        shown += repr(EncoderOptions(endpoint=url, model="tiny", api_key_env="MY_KEY"))
    else:
        assert printed.err.count("\n") == 1
        options = EncoderOptions(
            endpoint=url, model="tiny", retries=0, cache=tmp_path / "cache", progress=False
        )
        try:
            encoder_of(options).encode_queries(["a"], "en")
        except LingweaveError:
            shown += traceback.format_exc()
        assert "Traceback" in shown
    assert KEY not in shown
    assert "someone" not in shown


def _hasty(new: Any) -> Any:
    return lambda cls, retries=6, timeout=60.0, back_off=1.0: new(cls, retries, timeout, 0.001)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"endpoint": f"http://h/?api_key={KEY}", "model": "m"}, "no query but api-version"),
        ({"endpoint": f"ftp://{KEY}@h", "model": "m"}, "not an address of an HTTP server"),
        ({"endpoint": f"http://{KEY}:x", "model": "m"}, "not an address"),
        ({"endpoint": KEY, "model": "m"}, "not an address"),
        ({"api_key_env": KEY}, "not the name of an environment variable"),
        ({"api_key_env": "NOT_SET_ANYWHERE"}, "NOT_SET_ANYWHERE is not set"),
        ({"api_key_env": "k3y"}, "the variable is not set"),
        ({"api_key_env": "BROKEN"}, "what BROKEN holds is no key"),
        ({"api_key_env": "BROKEN", "endpoint": "http://u:p@h"}, "give one of them"),
    ],
)
def test_mistakes_around_secrets_do_not_repeat_them(
    options: dict[str, Any], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BROKEN", f"{KEY} and more")
    given = {"endpoint": "http://localhost:1", "model": "m", **options}
    with pytest.raises(LingweaveError, match=words) as caught:
        encoder_of(EncoderOptions(**given))
    assert KEY not in traceback.format_exc()
    assert KEY not in str(caught.value)
    assert "\n" not in str(caught.value)


def test_short_secrets_are_hidden_in_addresses_and_nowhere_else() -> None:
    secrets = Secrets(None, ("u", "p4ssword"))
    said = "Connection refused by http://u:p4ssword@h/v1, http://u@h and p4ssword"
    assert secrets.hidden(said) == "Connection refused by http://***@h/v1, http://***@h and ***"
    assert Secrets("ab", None).hidden("Bearer ab: absent") == "Bearer ***: absent"
    assert Secrets("long", None).hidden("no longer: long") == "no ***er: ***"


def test_addresses_with_and_without_their_usual_end(served: Served) -> None:
    for end in ("", "/", "/v1", "/v1/", "/v1/embeddings", "/v1?api-version=2"):
        options = EncoderOptions(endpoint=served.url + end, model="tiny", progress=False)
        assert encoder_of(options).describe()["endpoint"] == f"{served.url}/v1"
    for end in ("", "/", "/embed"):
        options = EncoderOptions(endpoint=served.url + end, api="tei", progress=False)
        assert encoder_of(options).describe()["endpoint"] == served.url
    assert address_of("https://[::1]:8/v1/")[0].url == "https://[::1]:8/v1"
