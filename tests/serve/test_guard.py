"""What stands before the routes, under load and at the end."""

from serve.backends import SlowBackend
from serve.serving import everything, problem_of, serving, wait_until
from serve.test_hostile import posted

from lingweave.serve.limits import Limits


def test_who_watches_is_answered_under_load():
    slow = SlowBackend()
    slow.held.clear()
    asked = posted(b'{"query": "sky"}')
    with serving(lambda: slow, Limits(max_per_caller=1)) as served, served.raw(asked) as waiting:
        wait_until(lambda: ["sky"] in slow.batches)
        assert served.client.get("/v1/stats").status_code == 429
        for path in ("/healthz", "/readyz", "/metrics"):
            assert served.client.get(path).status_code == 200
        slow.held.set()
        assert everything(waiting).startswith(b"HTTP/1.1 200 ")


def test_what_is_not_done_when_it_ends_is_told_so():
    slow = SlowBackend()
    slow.held.clear()
    with serving(lambda: slow, Limits(grace=1.0)) as served:
        with served.raw(posted(b'{"query": "sky"}')) as waiting:
            wait_until(lambda: ["sky"] in slow.batches)
            served.stop()
            assert problem_of(everything(waiting)) == (503, "stopping")
        slow.held.set()


def test_a_length_given_in_two_ways_is_refused_and_nothing_after_it_read():
    both = posted(b"f\r\n" + b'{"query":"sky"}' + b"\r\n0\r\n\r\n", transfer_encoding="chunked")
    after = b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n"
    with serving(SlowBackend) as served:
        assert served.told(both.replace(b"connection: close\r\n", b"") + after) == (
            400,
            "malformed",
        )
