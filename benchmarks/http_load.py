"""Clients that search a server over HTTP, each on its own connection, one search after another.

    python benchmarks/http_load.py URL QUERIES.json --clients 8 --seconds 10

QUERIES.json is a list of bodies of POST /v1/search. Prints {"seconds": ..., "latencies": [...],
"failures": N} as JSON. A process of its own, with next to no work a request, so that what is
measured is the server.
"""

import argparse
import asyncio
import itertools
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np


async def asked(
    url: str, bodies: list[bytes], clients: int, seconds: float
) -> tuple[float, list[float], int]:
    """Seconds that it took, the latency of each search, and how many were not answered with 200."""
    place = urlsplit(url)
    latencies: list[float] = []
    failures = 0
    # Each body once before any comes twice.
    queue = itertools.cycle(bodies)
    end = time.perf_counter() + seconds

    async def client(mine: Iterator[bytes]) -> None:
        nonlocal failures
        reader, writer = await asyncio.open_connection(place.hostname, place.port)
        while (start := time.perf_counter()) < end:
            body = next(mine)
            writer.write(
                b"POST /v1/search HTTP/1.1\r\nHost: %b\r\nContent-Type: application/json\r\n"
                b"Content-Length: %d\r\n\r\n%b" % (place.netloc.encode(), len(body), body)
            )
            head = await reader.readuntil(b"\r\n\r\n")
            fields = dict(
                line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:] if b": " in line
            )
            await reader.readexactly(int(fields[b"content-length"]))
            latencies.append(time.perf_counter() - start)
            failures += not head.startswith(b"HTTP/1.1 200")
        writer.close()

    start = time.perf_counter()
    await asyncio.gather(*(client(queue) for _ in range(clients)))
    return time.perf_counter() - start, latencies, failures


def main() -> None:
    """Prints what the clients saw."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("url")
    parser.add_argument("queries", type=Path)
    parser.add_argument("--clients", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=10.0)
    args = parser.parse_args()
    bodies = [json.dumps(one).encode() for one in json.loads(args.queries.read_text())]
    seconds, latencies, failures = asyncio.run(asked(args.url, bodies, args.clients, args.seconds))
    json.dump(
        {"seconds": seconds, "latencies": np.round(latencies, 6).tolist(), "failures": failures},
        sys.stdout,
    )


if __name__ == "__main__":
    main()
