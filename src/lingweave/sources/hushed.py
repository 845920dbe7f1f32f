"""Libraries that fetch data, without their reports: one line of ours says what failed."""

import contextlib
import io
import logging
from collections.abc import Iterator


@contextlib.contextmanager
def hushed(stderr: bool = False) -> Iterator[None]:
    """Only errors of the hub's client and of mteb are logged in the block.

    Args:
        stderr: whether nothing at all is printed there, for libraries that print without logging.
    """
    loggers = [logging.getLogger(name) for name in ("huggingface_hub", "datasets", "mteb")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with contextlib.redirect_stderr(io.StringIO()) if stderr else contextlib.nullcontext():
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
