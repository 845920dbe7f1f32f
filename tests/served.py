"""A local server of vectors, OpenAI-compatible or like text-embeddings-inference, that can fail."""

import base64
import json
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np

Fault = Callable[["Handler", list[str]], bool]
"""Answers a request for the vectors of some texts in its own way: True if it did."""


@dataclass
class Served:
    """What a server gives, and what it has been asked."""

    encode: Callable[[Sequence[str]], np.ndarray]
    """Texts, prompts included, to vectors."""
    key: str | None = None
    """The key that it wants."""
    faults: list[Fault] = field(default_factory=list)
    """What befalls the next requests, one each; then all is well."""
    always: Fault | None = None
    """What befalls every request after those."""
    prompts: dict[str, str] = field(default_factory=dict)
    """By name, of the TEI-like interface."""
    most: int = 2**20
    """Texts in one request at most, with /info."""
    url: str = ""
    texts: Counter = field(default_factory=Counter)
    """How often each text was encoded."""
    requests: list[dict[str, Any]] = field(default_factory=list)
    """The requests for vectors, refused ones too."""
    headers: list[dict[str, str]] = field(default_factory=list)
    flying: int = 0
    most_flying: int = 0
    lock: Any = field(default_factory=threading.Lock)


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    served: Served

    def do_GET(self) -> None:
        if self.path != "/info":
            self.answer(404, {"error": "not found"})
            return
        self.answer(
            200,
            {
                "model_id": "tiny",
                "model_sha": "abc",
                "model_dtype": "float32",
                "max_client_batch_size": self.served.most,
            },
        )

    def do_POST(self) -> None:
        served = self.served
        with served.lock:
            served.flying += 1
            served.most_flying = max(served.flying, served.most_flying)
        try:
            self.post(served)
        finally:
            with served.lock:
                served.flying -= 1

    def post(self, served: Served) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        texts = body["input"] if "input" in body else body["inputs"]
        with served.lock:
            served.requests.append(body)
            served.headers.append({k.lower(): v for k, v in self.headers.items()})
            fault = served.faults.pop(0) if served.faults else served.always
        if self.path.split("?")[0] not in ("/v1/embeddings", "/embed"):
            self.answer(404, {"error": {"message": "no such page"}})
        elif served.key and self.headers.get("authorization") != f"Bearer {served.key}":
            said = f"Incorrect API key provided: {self.headers.get('authorization')}"
            self.answer(401, {"error": {"message": said}})
        elif body.get("model", "tiny") != "tiny":
            self.answer(404, {"error": {"message": f"The model {body['model']} does not exist"}})
        elif not (fault and fault(self, texts)):
            self.vectors(texts, body)

    def vectors(self, texts: list[str], body: dict[str, Any]) -> None:
        prompt = self.served.prompts[body["prompt_name"]] if "prompt_name" in body else ""
        numbers = self.served.encode([prompt + text for text in texts])
        with self.served.lock:
            self.served.texts.update(texts)
        if self.path == "/embed":
            self.answer(200, numbers.tolist())
            return
        numbers = numbers[:, : body.get("dimensions")]
        if body["encoding_format"] == "base64":
            rows: list[Any] = [base64.b64encode(row.astype("<f4")).decode() for row in numbers]
        else:
            rows = numbers.tolist()
        data = [{"object": "embedding", "index": i, "embedding": row} for i, row in enumerate(rows)]
        self.answer(200, {"object": "list", "data": data, "model": "tiny"})

    def answer(self, code: int, content: Any, headers: dict[str, str] | None = None) -> None:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(code)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        pass


@contextmanager
def serving(served: Served) -> Iterator[Served]:
    """Runs the server on a free port of this machine."""
    handler = type("Bound", (Handler,), {"served": served})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    served.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield served
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
