"""What a run changes around itself while it lasts, and puts back."""

import os
import random
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import numpy as np
import torch
from transformers.utils import logging

from lingweave.training.config import TrainConfig

_VARIABLES = ("TOKENIZERS_PARALLELISM", "WANDB_PROJECT")


class Interruption:
    """Whether someone asked the run to stop; ``signal`` is set from a signal handler."""

    signal: int | None = None
    step: int | None = None
    """The step at which the run was saved and stopped for it."""


@contextmanager
def surroundings(config: TrainConfig) -> Iterator[Interruption]:
    """Threads, seeds, environment and signal handlers of a run, put back afterwards."""
    states = random.getstate(), np.random.get_state(), torch.get_rng_state()
    threads = torch.get_num_threads()
    environment = {name: os.environ.get(name) for name in _VARIABLES}
    os.environ.setdefault("WANDB_PROJECT", "lingweave")
    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    interruption = Interruption()
    previous: dict[int, Any] = {}

    def note(number: int, frame: FrameType | None) -> None:
        interruption.signal = number
        signal.signal(number, previous[number])  # The second one is not waited for.

    if threading.current_thread() is threading.main_thread():
        for number in (signal.SIGINT, signal.SIGTERM):
            previous[number] = signal.getsignal(number) or signal.SIG_DFL
            signal.signal(number, note)
    if config.threads is not None:
        torch.set_num_threads(config.threads)
        os.environ["TOKENIZERS_PARALLELISM"] = "true" if config.threads > 1 else "false"
    # What the libraries would say is about their own defaults.
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield interruption
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()  # type: ignore[no-untyped-call]
        for caught, handler in previous.items():
            signal.signal(caught, handler)
        torch.set_num_threads(threads)
        for name, value in environment.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        random.setstate(states[0])
        np.random.set_state(states[1])
        torch.set_rng_state(states[2])
