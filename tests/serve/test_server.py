"""Where a server listens."""

import socket

import pytest

from lingweave.errors import LingweaveError
from lingweave.serve.server import bound


@pytest.mark.parametrize("host", ["a" * 70, "a..b", "\udcff"])
def test_what_is_no_name_is_refused_in_one_line(host):
    with pytest.raises(LingweaveError, match="--host") as error:
        bound(host, 0)
    assert "\n" not in str(error.value)


def test_brackets_of_an_address_are_taken_off(monkeypatch):
    asked = []

    def getaddrinfo(host, port, **options):
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    bound("[::1]", 0).close()
    assert asked == ["::1"]


def test_a_connection_does_not_hold_small_writes_back():
    with (
        bound("127.0.0.1", 0) as listening,
        socket.create_connection(listening.getsockname()),
        listening.accept()[0] as taken,
    ):
        assert taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
