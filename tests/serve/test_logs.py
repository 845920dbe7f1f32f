"""Logs of a server: every line of lingweave's is JSON."""

import json
import logging

import pytest

from lingweave.serve.logs import log, start_logs


@pytest.fixture(autouse=True)
def as_before():
    """Loggers belong to the whole process."""
    names = ("lingweave.serve", "lingweave", "uvicorn.error", "asyncio")
    loggers = [logging.getLogger(name) for name in names]
    before = [(one.handlers, one.propagate, one.level) for one in loggers]
    yield
    for one, (handlers, propagate, level) in zip(loggers, before, strict=True):
        one.handlers, one.propagate = handlers, propagate
        one.setLevel(level)


def test_the_library_s_lines_are_json_too_and_each_is_there_once(capsys):
    start_logs("json", "info")
    log(logging.INFO, "ready", seconds=1)
    logging.getLogger("lingweave.index").warning("small shards\nstay")
    logging.getLogger("lingweave").info("again in 1 s")
    logging.getLogger("lingweave").debug("not this")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert [(one["level"], one["event"]) for one in lines] == [
        ("info", "ready"), ("warning", "small shards\nstay"), ("info", "again in 1 s"),
    ]  # fmt: skip
