"""Clients that take their answers slowly, or not at all."""

from types import SimpleNamespace

import pytest

from lingweave.serve.limits import Limits
from lingweave.serve.metrics import Metrics
from lingweave.serve.protocol import protocol_of


class Transport:
    """What waits to be taken, and whether the connection was cut off."""

    def __init__(self):
        self.waiting = 0
        self.closing = False
        self.aborted = False

    def get_write_buffer_size(self):
        return self.waiting

    def is_closing(self):
        return self.closing

    def abort(self):
        self.aborted = True


class Loop:
    """Timers that go off when they are told to."""

    def __init__(self):
        self.timers = []

    def call_later(self, seconds, function):
        timer = SimpleNamespace(function=function, cancel=lambda: self.timers.remove(timer))
        self.timers.append(timer)
        return timer

    def pass_time(self):
        now, self.timers = self.timers, []
        for timer in now:
            timer.function()


@pytest.fixture
def protocol():
    kind = protocol_of(Limits(), Metrics())
    made = kind.__new__(kind)
    made.transport = Transport()
    made.loop = Loop()
    made.flow = SimpleNamespace(pause_writing=lambda: None, resume_writing=lambda: None)
    made.server_state = SimpleNamespace(total_requests=0)
    return made


def test_an_answer_at_a_closing_connection_is_not_waited_for_for_ever(protocol):
    protocol.transport.waiting = 1000
    protocol.transport.closing = True
    protocol.on_response_complete()
    protocol.loop.pass_time()
    assert protocol.transport.aborted


def test_who_goes_on_taking_an_answer_is_not_cut_off(protocol):
    protocol.transport.waiting = 3000
    protocol.transport.closing = True
    protocol.on_response_complete()
    for left in (2000, 1000):
        protocol.transport.waiting = left
        protocol.loop.pass_time()
        assert not protocol.transport.aborted
    protocol.loop.pass_time()
    assert protocol.transport.aborted
