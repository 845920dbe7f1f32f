"""The page's files, and the audit's page, with the rules that browsers are given for them."""

import mimetypes
import secrets
import time
from importlib.resources import files
from pathlib import Path

PAGE_RULES = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; frame-src 'self'; form-action 'none'; base-uri 'none';"
    " frame-ancestors 'none'"
)
"""The page runs its own script, asks its own server, and nothing else."""
AUDIT_RULES = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none';"
    " form-action 'none'; frame-ancestors 'self'; sandbox"
)
"""An audit's page has its style and pictures in it, and no script."""
_SERVED = (".css", ".js", ".svg")
_TICKET_SECONDS = 60.0


def page_files() -> dict[str, tuple[bytes, str]]:
    """By path the content and the type of each file of the page; empty where there is none."""
    folder = files("lingweave.serve") / "page"
    found: dict[str, tuple[bytes, str]] = {}
    for file in folder.iterdir() if folder.is_dir() else ():
        if file.name == "index.html":
            found["/"] = file.read_bytes(), "text/html; charset=utf-8"
        elif Path(file.name).suffix in _SERVED:
            kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
            plain = kind if kind.startswith("image/") else f"{kind}; charset=utf-8"
            found[f"/{file.name}"] = file.read_bytes(), plain
    return found


class Tickets:
    """Words that each open the audit's page once: a frame cannot send a key."""

    def __init__(self) -> None:
        self._open: dict[str, float] = {}

    def issue(self) -> str:
        """A new one, good for a minute."""
        now = time.monotonic()
        self._open = {word: until for word, until in self._open.items() if until > now}
        word = secrets.token_urlsafe(24)
        self._open[word] = now + _TICKET_SECONDS
        return word

    def take(self, word: str) -> bool:
        """Whether it was good; it is no more."""
        return self._open.pop(word, 0.0) > time.monotonic()
