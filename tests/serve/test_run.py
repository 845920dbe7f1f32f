"""`lingweave serve` as a process: what it prints, what it refuses, and how it ends."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys

import httpx
import pytest

from lingweave.encoders.options import EncoderOptions
from lingweave.errors import LingweaveError
from lingweave.index.folder import create_index
from lingweave.serve import open_index
from lingweave.serve.config import ServeConfig
from lingweave.serve.keys import KEYS_VARIABLE
from lingweave.serve.run import run

KEY = "a-key-of-20-letters-"
PROGRAM = """
import sys
from lingweave.serve import open_index
from lingweave.serve.config import ServeConfig
from lingweave.serve.run import run
run(ServeConfig(folder=[sys.argv[1]], port=0))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run") / "index"
    create_index(folder, EncoderOptions(encoder="random")).close()
    return str(folder)


@pytest.mark.parametrize(
    "told", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.slow)]
)
def test_it_prints_its_address_serves_and_ends_in_order(folder, told):
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, folder],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, KEYS_VARIABLE: f"me:{KEY}"},
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),
    )
    try:
        url = process.stdout.readline().strip()
        assert url.startswith("http://127.0.0.1:")
        with httpx.Client(base_url=url, timeout=60, verify=False) as client:
            assert client.get("/healthz").json() == {"status": "ok"}
            while client.get("/readyz").status_code != 200:
                pass
            assert client.get("/v1/stats").status_code == 401
            headers = {"authorization": f"Bearer {KEY}", "x-request-id": "mine"}
            body = {"query": "very private words"}
            answer = client.post("/v1/search", json=body, headers=headers)
            assert answer.json()["hits"] == []
        process.send_signal(told)
        _, logged = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 0, logged
    lines = [json.loads(line) for line in logged.splitlines()]
    [mine] = [line for line in lines if line.get("request") == "mine"]
    assert (mine["route"], mine["status"], mine["caller"]) == ("/v1/search", 200, "me")
    assert {"listening", "ready", "request"} <= {line["event"] for line in lines}
    assert KEY not in logged
    assert "private" not in logged


def refused(**options):
    with pytest.raises(LingweaveError) as error:
        run(ServeConfig(**options))
    assert "\n" not in str(error.value)
    return str(error.value)


def test_other_addresses_need_keys(folder, monkeypatch):
    monkeypatch.delenv(KEYS_VARIABLE, raising=False)
    for host in ("0.0.0.0", "::", "192.168.0.1"):
        assert "keys are needed" in refused(folder=[folder], host=host)


def test_mistakes_are_one_line(folder, tmp_path, monkeypatch):
    monkeypatch.delenv(KEYS_VARIABLE, raising=False)
    assert "holds no index" in refused(folder=[str(tmp_path)])
    assert "--audit" in refused(folder=[folder], audit=tmp_path / "none.html")
    assert "--keys_file" in refused(folder=[folder], keys_file=tmp_path / "none")
    with taken_port() as port:
        assert f"--port {port}: cannot be listened at" in refused(folder=[folder], port=port)


def test_options_that_cannot_be(folder):
    for options, told in (
        ({"folder": []}, "give the index's folder"),
        ({"folder": [folder, folder]}, "give the index's folder"),
        ({"folder": [folder], "port": 70000}, "--port 70000"),
        ({"folder": [folder], "max_k": 0}, "--max_k 0"),
        ({"folder": [folder], "timeout": 0.0}, "--timeout 0.0"),
        ({"folder": [folder], "timeout": float("nan")}, "--timeout nan"),
        ({"folder": [folder], "batch_wait": -1.0}, "--batch_wait"),
        ({"folder": [folder], "max_waiting": 3}, "--max_waiting 3"),
        ({"folder": [folder], "reranked": 7}, "--reranked"),
        ({"folder": [folder], "fused": 0}, "--fused 0"),
    ):
        with pytest.raises(LingweaveError, match=told):
            ServeConfig(**options)


def test_an_extra_that_is_missing_is_named(folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "uvicorn", None)
    assert refused(folder=[folder]) == 'uvicorn is not installed: pip install "lingweave[serve]"'


def test_a_model_that_cannot_be_read_ends_it_with_one_line(folder, monkeypatch):
    monkeypatch.delenv(KEYS_VARIABLE, raising=False)

    def cannot(model, device=None):
        raise LingweaveError(f"--reranker {model}: cannot be loaded")

    monkeypatch.setattr(open_index, "CrossEncoderReranker", cannot)
    told = refused(folder=[folder], reranker="none", port=0)
    assert told == "--reranker none: cannot be loaded"


@contextlib.contextmanager
def taken_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        one.listen()
        yield one.getsockname()[1]
