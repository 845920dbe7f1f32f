"""What the connection to an endpoint says, in the words of a translator's options."""

from collections.abc import Iterator
from contextlib import contextmanager

from lingweave.errors import LingweaveError

NAMES = {
    "--endpoint": "--translator_endpoint",
    "--api_key_env": "--translator_key_env",
    "check the address, --model and --api": "check the address and --translator_model",
    "check the address and --api": "check the address",
}
"""What encoders' options are called here."""


@contextmanager
def option_names() -> Iterator[None]:
    """Renames options in the messages of a block's errors."""
    try:
        yield
    except LingweaveError as error:
        message = str(error)
        for name, ours in NAMES.items():
            message = message.replace(name, ours)
        # The same kind of error: who asked may know what to do about it.
        raise type(error)(message) from error.__cause__
