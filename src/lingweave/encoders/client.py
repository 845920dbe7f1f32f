"""Asking an HTTP endpoint for JSON: patience with its limits, one clear line for what is wrong."""

import email.utils
import logging
import random
import threading
import time
from collections.abc import Callable
from typing import Any, NamedTuple

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt
from tenacity import wait_random_exponential as back_off
from tenacity.nap import sleep_using_event

from lingweave.encoders.address import Address, Secrets
from lingweave.encoders.pace import Pace
from lingweave.errors import LingweaveError, UnavailableError

log = logging.getLogger("lingweave")

LONGEST_CONNECT = 10.0
"""Seconds in which a server takes a connection, or is not there."""
LONGEST_WAIT = 60.0
"""Seconds between two tries at most, where the endpoint does not ask for more."""
LONGEST_ASKED = 600.0
"""Seconds that an endpoint may ask to wait; one that asks for more has a quota used up."""


class TooMuchError(LingweaveError):
    """The endpoint refuses these texts: too many or too long, or one is not to its taste."""


class StoppedError(Exception):
    """Another request has failed for good, or the user has had enough."""


class Patience(NamedTuple):
    """How a request that fails is tried again."""

    retries: int = 6
    """Tries after the first one."""
    timeout: float = 60.0
    """Seconds that an answer may take."""
    back_off: float = 1.0
    """Seconds of the first wait at most; each further one at most twice as long."""


class _AgainError(Exception):
    """What may go well the next time."""

    def __init__(self, reason: str, after: float | None = None) -> None:
        super().__init__(reason)
        self.after = after


class Client:
    """A connection to one endpoint, for any number of threads.

    Tried again are 408, 409, 424, 425, 429, answers from 500 on, timeouts and broken connections:
    after as long as Retry-After says, which holds back all other requests too, else after a random
    time below a bound that doubles. A server that cannot be reached at all, or whose first answer
    is no JSON, is an error at once.

    Args:
        address: where it is.
        secrets: what opens it; nothing here logs them or puts them into a message.
        patience: how often and how long to try.
        pace: how often to ask.
    """

    def __init__(self, address: Address, secrets: Secrets, patience: Patience, pace: Pace) -> None:
        self.address = address
        self._secrets, self._patience, self._pace = secrets, patience, pace
        self._reached = False
        self._stop = threading.Event()
        self._http = httpx.Client(
            headers={"Authorization": f"Bearer {secrets.key}"} if secrets.key else {},
            auth=secrets.user,
            params={"api-version": address.version} if address.version else {},
            timeout=httpx.Timeout(patience.timeout, connect=min(patience.timeout, LONGEST_CONNECT)),
            limits=httpx.Limits(max_connections=None),
        )

    def post(self, path: str, body: dict[str, Any], texts: int) -> Any:
        """The JSON that the endpoint answers.

        Raises:
            TooMuchError: it refuses the texts (400, 413, 422).
            UnavailableError: it cannot be reached, or fails again and again.
            LingweaveError: it wants another key, or does not know the model.
            StoppedError: ``stop`` was called.
        """
        return self._patiently(lambda: self._http.post(self._url(path), json=body), path, texts)

    def get(self, path: str) -> Any:
        """The JSON at a path; raises as ``post`` does."""
        return self._patiently(lambda: self._http.get(self._url(path)), path, 0)

    def stop(self) -> None:
        """Ends all waiting at once."""
        self._stop.set()

    def resume(self) -> None:
        """Lets requests start again."""
        self._stop.clear()

    def _url(self, path: str) -> str:
        return self.address.url + path

    def _patiently(self, ask: Callable[[], httpx.Response], path: str, texts: int) -> Any:
        retrying = Retrying(
            retry=retry_if_exception_type(_AgainError),
            wait=self._wait,
            stop=stop_after_attempt(self._patience.retries + 1),
            sleep=sleep_using_event(self._stop),
            reraise=True,
        )
        try:
            return retrying(self._once, ask, path, texts)
        except _AgainError as error:
            raise UnavailableError(
                f"--endpoint {self.address.url}: gave up after {self._patience.retries + 1} tries"
                f" ({error}); run the same command again to go on"
            ) from None

    def _once(self, ask: Callable[[], httpx.Response], path: str, texts: int) -> Any:
        self._stop.wait(self._pace.wait(texts))
        if self._stop.is_set():
            raise StoppedError
        try:
            answer = ask()
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            reason = self._line(str(error)) or "no connection"
            if self._reached:
                raise _AgainError(reason) from None
            raise UnavailableError(
                f"--endpoint {self.address.url}: cannot be reached ({reason}); is the server"
                " running, and the address right?"
            ) from None
        except httpx.TimeoutException:
            raise _AgainError(f"no answer within {self._patience.timeout:g} s") from None
        except httpx.RequestError as error:
            raise _AgainError(self._line(str(error)) or type(error).__name__) from None
        return self._content(answer, path)

    def _content(self, answer: httpx.Response, path: str) -> Any:
        code, where = answer.status_code, f"--endpoint {self.address.url}"
        said = self._line(_message(answer)) or answer.reason_phrase
        if code in (408, 409, 424, 425, 429) or code >= 500:
            if code == 429 and "insufficient_quota" in answer.text:
                raise LingweaveError(f"{where}: the key's quota is used up (429: {said})")
            raise _AgainError(f"{code}: {said}", self._asked(answer))
        if code in (401, 403):
            wanted = "refuses the key" if self._secrets.key else "wants a key"
            raise LingweaveError(
                f"{where}: {wanted} ({code}: {said}); name the environment variable that holds the"
                " right one with --api_key_env"
            )
        if code == 404:
            raise LingweaveError(
                f"{where}: has no {path}, or not this model (404: {said}); check the address,"
                " --model and --api"
            )
        if code in (400, 413, 422):
            raise TooMuchError(f"{code}: {said}")
        if not answer.is_success:
            raise LingweaveError(f"{where}: answers {code} ({said}); check the address")
        try:
            content = answer.json()
        except ValueError:
            start = self._line(answer.text)[:60]
            if self._reached:
                raise _AgainError(f"answers no JSON but {start!r}") from None
            raise LingweaveError(
                f"{where}: answers no JSON but {start!r}; check the address and --api"
            ) from None
        self._reached = True
        return content

    def _asked(self, answer: httpx.Response) -> float | None:
        """Seconds that the endpoint asks to wait; all requests keep to it."""
        seconds = _seconds(answer.headers.get("retry-after", ""))
        if seconds is None:
            return None
        if seconds > LONGEST_ASKED:
            raise UnavailableError(
                f"--endpoint {self.address.url}: asks to wait {seconds:.0f} s; run the same command"
                " again after that, it goes on where it stopped"
            )
        self._pace.pause(seconds)
        return seconds

    def _wait(self, state: RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        after = error.after if isinstance(error, _AgainError) else None
        unit = self._patience.back_off
        if after is not None:
            wait = after + random.uniform(0, 0.1 * unit)
        else:
            wait = back_off(multiplier=unit, max=LONGEST_WAIT)(state)
        log.info("%s: %s; again in %.1f s", self.address.url, error, wait)
        return wait

    def _line(self, text: str) -> str:
        return self._secrets.hidden(" ".join(text.split()))[:200]


def _message(answer: httpx.Response) -> str:
    """What an endpoint says about an error, in any of the shapes in use."""
    try:
        said = answer.json()
    except ValueError:
        return answer.text
    for name in ("error", "message", "detail"):
        if isinstance(said, dict) and name in said:
            said = said[name]
    return said if isinstance(said, str) else answer.text


def _seconds(text: str) -> float | None:
    """What Retry-After says: seconds, or a date."""
    try:
        return max(float(text), 0.0)
    except ValueError:
        pass
    try:
        return max(email.utils.parsedate_to_datetime(text).timestamp() - time.time(), 0.0)
    except (ValueError, TypeError):
        return None
