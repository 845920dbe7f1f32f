"""What tests of the server share: an index on the disk, and a window of a browser.

Modules, and not the whole run, have a browser: its event loop stays in the thread that began it.
"""

import json

import pytest
from serve.browser import Visit, chromium

from lingweave.index.configs import IndexCreateConfig
from lingweave.index.run import create


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """An index of 30 documents in three languages with random vectors."""
    here = tmp_path_factory.mktemp("served")
    rows = [
        {
            "id": f"{number}-{language}",
            "text": f"word{number} sky {language}",
            "language": language,
            "parallel": str(number),
            "year": 2000 + number,
        }
        for number in range(10)
        for language in ("de", "en", "sw")
    ]
    (here / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    config = IndexCreateConfig(
        folder=[str(here / "index")],
        from_=[str(here / "rows.jsonl")],
        encoder="random",
        progress=False,
    )
    create(config)
    return here / "index"


@pytest.fixture(scope="module")
def browser():
    with chromium() as found:
        yield found


@pytest.fixture(scope="module")
def window(browser, served):
    """A window on the module's own server."""
    with Visit(browser, served.url) as found:
        yield found


@pytest.fixture
def visit(window):
    window.open()
    yield window
    window.page.unroute_all()
    window.check()
