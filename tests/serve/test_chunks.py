"""What is sent in tiny pieces holds up nobody."""

from serve.backends import LibraryBackend
from serve.serving import everything, problem_of, serving
from serve.test_hostile import posted

from lingweave.serve.keys import Key, Keys, _digest
from lingweave.serve.limits import Limits
from lingweave.serve.metrics import Metrics
from lingweave.serve.protocol import protocol_of

CHUNKED = posted(b"", content_length=None, transfer_encoding="chunked")


def chunks(body, size):
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(one), one) for one in parts) + b"0\r\n\r\n"


def test_little_is_read_of_a_connection_at_a_time(monkeypatch):
    sizes = []
    base = protocol_of(Limits(), Metrics()).__mro__[1]
    plain = base.data_received

    def watched(self, data):
        sizes.append(len(data))
        plain(self, data)

    monkeypatch.setattr(base, "data_received", watched)
    keys = Keys([Key("a", _digest("k" * 20))])
    with serving(LibraryBackend, keys=keys) as served:
        with served.raw() as connection:
            connection.setblocking(False)
            connection.send(CHUNKED + chunks(b"x" * 40_000, 1))
            connection.setblocking(True)
            connection.settimeout(60)
            assert b" 401 " in everything(connection)
        # Refused by its head: of the rest hardly anything is looked at.
        assert max(sizes) <= 4096
        assert sum(sizes) < 40_000


def test_a_body_of_tiny_chunks_is_refused_and_one_of_small_ones_is_not():
    body = b'{"query": "sky"' + b" " * 50_000 + b"}"
    with serving(LibraryBackend) as served:
        with served.raw(CHUNKED + chunks(body, 1)[:120_000]) as connection:
            answer = everything(connection).removesuffix(b"<reset>")
        assert problem_of(answer) == (400, "malformed")
        with served.raw(CHUNKED + chunks(body, 100)) as connection:
            assert everything(connection).startswith(b"HTTP/1.1 200 ")
