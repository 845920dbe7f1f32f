"""Templates to pages: everything escaped, nothing fetched."""

from importlib.resources import files
from typing import Any

import jinja2
from markupsafe import Markup

import lingweave

_SHARED = "lingweave.report"
"""Where the style and the macros of all pages are."""


def rendered(package: str, name: str, **values: Any) -> str:
    """The page of a template, with the style of all pages and the version.

    Args:
        package: where the template is; it may use the macros of this room.
        name: the template's file.
        values: what it shows.
    """

    def source(asked: str) -> str | None:
        for place in (package, _SHARED):
            path = files(place) / asked
            if path.is_file():
                return path.read_text(encoding="utf-8")
        return None

    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(source),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    style = (files(_SHARED) / "page.css").read_text(encoding="utf-8")
    # Imports come first in a template; a page must begin with its doctype.
    return (
        environment.get_template(name)
        .render(style=Markup(style), version=lingweave.__version__, **values)
        .lstrip()
    )
