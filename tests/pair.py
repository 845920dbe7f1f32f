"""Two processes that share a gloo group, as torchrun would start them on a CPU."""

import multiprocessing
import os
import socket
import traceback
from collections.abc import Callable
from multiprocessing.connection import Connection, wait
from typing import Any

PRELOADED = ("lingweave.training.run", "frozen")
"""Imported by the server that processes are forked from. There is one in a process, for good: all
tests name the same modules, or those that come later would import torch in each of theirs."""
_PATIENCE = 120


class Pair:
    """Calls functions on both processes at once; imports are paid for once."""

    def __init__(self) -> None:
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(list(PRELOADED))
        self._processes: list[Any] = []
        self._pipes: list[Connection] = []

    def __call__(self, function: Callable[..., Any], *args: Any) -> list[Any]:
        """``function(*args)`` of each rank; it is pickled, and so is what it returns: no tensors.

        Raises:
            AssertionError: a process raised; both are ended, and started anew by the next call.
        """
        if not self._processes:
            self._start()
        for pipe in self._pipes:
            pipe.send((function, args))
        found = {}
        while len(found) < 2:
            ready = wait([p for p in self._pipes if p not in found], _PATIENCE)
            for pipe in ready:
                done, found[pipe] = pipe.recv()
                if not done:
                    self.close()
                    raise AssertionError(found[pipe])
            if not ready:
                self.close()
                raise AssertionError(f"{function.__name__}: no answer in {_PATIENCE} s")
        return [found[pipe] for pipe in self._pipes]

    def close(self) -> None:
        """Ends the processes."""
        for process in self._processes:
            process.kill()
            process.join()
        self._processes, self._pipes = [], []

    def _start(self) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        for rank in (0, 1):
            ours, theirs = self._context.Pipe()
            process = self._context.Process(target=_serve, args=(rank, port, theirs), daemon=True)
            process.start()
            self._processes.append(process)
            self._pipes.append(ours)


def _serve(rank: int, port: int, pipe: Connection) -> None:
    _join(rank, port)
    while True:
        function, args = pipe.recv()
        try:
            pipe.send((True, function(*args)))
        except BaseException:
            pipe.send((False, traceback.format_exc()))


def _join(rank: int, port: int) -> None:
    os.environ |= {
        "RANK": str(rank),
        "LOCAL_RANK": str(rank),
        "WORLD_SIZE": "2",
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": str(port),
        "ACCELERATE_USE_CPU": "true",
    }
    import torch
    from accelerate import PartialState

    torch.set_num_threads(1)
    PartialState(cpu=True)
