"""Logs: one JSON object a line, on stderr. Queries and keys are never in them."""

import json
import logging
import sys
from datetime import UTC, datetime
from typing import Any, Literal

LOG = logging.getLogger("lingweave.serve")
_OTHERS = ("lingweave", "uvicorn.error", "asyncio")
Form = Literal["json", "text"]


def log(level: int, event: str, **fields: Any) -> None:
    """Writes a line.

    Args:
        level: As the logging module counts them.
        event: What happened, in a word or two.
        fields: More about it, of plain JSON values.
    """
    LOG.log(level, event, extra={"fields": fields})


def start_logs(form: Form, level: str) -> None:
    """Sends the logs of the server, lingweave, uvicorn and asyncio to stderr.

    Args:
        form: json, or text for people.
        level: The least that is written, such as info.
    """
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Json() if form == "json" else _Text())
    for name in (LOG.name, *_OTHERS):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.propagate = False
        logger.setLevel(level.upper())


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage().strip(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        # ASCII: a caller's odd characters cannot do anything to a terminal or a log's reader.
        return json.dumps(line, default=str)


class _Text(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        time = datetime.fromtimestamp(record.created).strftime("%H:%M:%S")
        fields = getattr(record, "fields", {})
        words = [time, record.levelname.lower(), record.getMessage().strip()]
        words += [f"{name}={json.dumps(value, default=str)}" for name, value in fields.items()]
        text = " ".join(words)
        return f"{text}\n{self.formatException(record.exc_info)}" if record.exc_info else text
