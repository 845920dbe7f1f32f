"""What Prometheus is told."""

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from prometheus_client.core import GaugeMetricFamily

METHODS = frozenset({"GET", "POST", "DELETE", "HEAD", "OPTIONS", "PUT", "PATCH"})
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Metrics:
    """The counters of one server, in a registry of their own.

    Labels are routes, methods and status, never what a caller made up: their number is bounded.
    """

    def __init__(self) -> None:
        from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

        self.registry = CollectorRegistry()
        self._seconds = Histogram(
            "lingweave_request_seconds",
            "From a request's head to the end of its answer.",
            ["method", "route", "status"],
            registry=self.registry,
            buckets=_SECONDS,
        )
        self._batch = Histogram(
            "lingweave_batch_searches",
            "Searches that were answered together.",
            registry=self.registry,
            buckets=_SIZES,
        )
        self._waited = Histogram(
            "lingweave_wait_seconds",
            "How long searches waited for their batch.",
            registry=self.registry,
            buckets=_SECONDS,
        )
        self._problems = Counter(
            "lingweave_problems",
            "Requests that were refused or failed.",
            ["code"],
            registry=self.registry,
        )
        self.open = Gauge("lingweave_requests_open", "Requests under way.", registry=self.registry)

    def request(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request has been answered."""
        known = method if method in METHODS else "other"
        self._seconds.labels(known, route, str(status)).observe(seconds)

    def problem(self, code: str) -> None:
        """A request was refused or failed."""
        self._problems.labels(code).inc()

    def batch(self, count: int, waited: list[float]) -> None:
        """Searches are being answered together."""
        self._batch.observe(count)
        for seconds in waited:
            self._waited.observe(seconds)

    def watch(self, load: Callable[[], int], counts: Callable[[], Mapping[str, int]]) -> None:
        """Tells of the searches that wait, and of the passages of each language as last counted."""
        from prometheus_client.core import GaugeMetricFamily

        class Figures:
            def collect(self) -> "Iterator[GaugeMetricFamily]":
                yield GaugeMetricFamily(
                    "lingweave_searches_open", "Searches waiting or under way.", value=load()
                )
                passages = GaugeMetricFamily(
                    "lingweave_passages", "Passages of the index.", labels=["language"]
                )
                for language, count in counts().items():
                    passages.add_metric([language], count)
                yield passages

        self.registry.register(Figures())

    def text(self) -> tuple[bytes, str]:
        """All figures in Prometheus' format, and the type of that."""
        from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

        return generate_latest(self.registry), CONTENT_TYPE_LATEST
