"""Where an endpoint is, and the secrets that open it: what may be shown, and what must not be."""

import base64
import os
import re
from typing import NamedTuple

import httpx

from lingweave.errors import LingweaveError

OPENAI_KEY = "OPENAI_API_KEY"
"""The variable that an OpenAI-compatible endpoint's key is taken from if none is named."""


SHORTEST = 4
"""Characters below which a secret is hidden only where an address or a header shows it: anywhere
else it is a part of other words."""


class Address(NamedTuple):
    """An endpoint's address without its secrets, which no `str` or `repr` shows."""

    url: str
    """Without user, password and query; its path ends without a slash."""
    version: str | None
    """What the query's `api-version` says."""


class Secrets:
    """A key and a password; `hidden` takes them out of any text."""

    def __init__(self, key: str | None, user: tuple[str, str] | None) -> None:
        self.key, self.user = key, user

    def __repr__(self) -> str:
        return "Secrets(...)"

    def hidden(self, text: str) -> str:
        """The text with stars for secrets."""
        pair = base64.b64encode(":".join(self.user).encode()).decode() if self.user else None
        if self.user:
            text = re.sub(r"//[^/\s@]*@", "//***@", text)
        for secret in (self.key, pair, *(self.user or ())):
            if secret and len(secret) >= SHORTEST:
                text = text.replace(secret, "***")
        return text.replace(f"Bearer {self.key}", "Bearer ***") if self.key else text


def secrets_of(user: tuple[str, str] | None, variable: str | None, default: str | None) -> Secrets:
    """What opens an endpoint: the user of its address, or the key in an environment variable.

    Args:
        user: user and password of the address.
        variable: name of the variable with the key; "" is none, None the default one if it is set
            and there is no user.
        default: name of the default one.

    Raises:
        LingweaveError: both are given, or the variable is not set or holds no key.
    """
    if user and variable:
        raise LingweaveError("--api_key_env: the address has a user already; give one of them")
    return Secrets(None if user else _key(variable, default), user)


def address_of(endpoint: str) -> tuple[Address, tuple[str, str] | None]:
    """An endpoint's address, and the user and password in it, if there are any.

    Raises:
        LingweaveError: it is no address of an HTTP server, or its query holds anything but
            `api-version`, such as a key; the message shows none of it.
    """
    try:
        url = httpx.URL(endpoint.strip())
        port = url.port
    except (httpx.InvalidURL, ValueError, UnicodeError):
        raise LingweaveError("--endpoint: not an address; give one like http://host:8080") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise LingweaveError(
            "--endpoint: not an address of an HTTP server; give one like http://host:8080"
        )
    if set(url.params) - {"api-version"} or url.fragment:
        raise LingweaveError(
            "--endpoint: an address may have no query but api-version; put a key into an"
            " environment variable and name it with --api_key_env"
        )
    host = f"[{url.host}]" if ":" in url.host else url.host
    shown = f"{url.scheme}://{host}{'' if port is None else f':{port}'}{url.path.rstrip('/')}"
    user = (url.username, url.password) if url.userinfo else None
    return Address(shown, url.params.get("api-version")), user


def _key(variable: str | None, default: str | None) -> str | None:
    """The key in an environment variable; of the default one only if it is set, "" names none.

    Raises:
        LingweaveError: the variable is not set, or holds what cannot be a key. The message does not
            repeat the variable's name where that does not look like one: it may be the key itself.
    """
    if variable is None:
        value = os.environ.get(default, "").strip() if default else ""
        name = default or ""
    elif not variable:
        return None
    elif not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,80}", variable):
        raise LingweaveError(
            "--api_key_env: not the name of an environment variable; give the name of the variable"
            " that holds the key, never the key"
        )
    else:
        value = os.environ.get(variable, "").strip()
        name = variable if variable.isupper() else "the variable"
        if not value:
            raise LingweaveError(
                f"--api_key_env: {name} is not set in the environment; set it to the endpoint's key"
            )
    if value and not re.fullmatch(r"[!-~]+", value):
        raise LingweaveError(
            f"--api_key_env: what {name} holds is no key; a key has letters, digits and marks of"
            " ASCII, without spaces"
        )
    return value or None
