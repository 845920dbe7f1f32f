"""How often an endpoint is asked: so many requests and texts a minute, and pauses that it names."""

import threading
import time
from collections.abc import Callable


class Pace:
    """Requests spread evenly over time; shared by the threads that ask one endpoint.

    Args:
        requests_per_minute: None: any number.
        texts_per_minute: None: any number.
        now: seconds on a clock that only goes forward.
    """

    def __init__(
        self,
        requests_per_minute: float | None = None,
        texts_per_minute: float | None = None,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._request = 60 / requests_per_minute if requests_per_minute else 0.0
        self._text = 60 / texts_per_minute if texts_per_minute else 0.0
        self._now = now
        self._lock = threading.Lock()
        self._next = self._paused = 0.0

    def wait(self, texts: int) -> float:
        """Books a request of so many texts: seconds until it may start."""
        with self._lock:
            now = self._now()
            start = max(now, self._next, self._paused)
            self._next = start + max(self._request, texts * self._text)
            return start - now

    def pause(self, seconds: float) -> None:
        """No request starts before so many seconds have passed."""
        with self._lock:
            self._paused = max(self._paused, self._now() + seconds)
