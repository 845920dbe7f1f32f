"""Pictures of the page for the documentation, of real texts, through the installed commands.

    LINGWEAVE_PAGE_MODEL=runs/real-x-x-mono/model LINGWEAVE_PICTURES=docs/images \\
        pytest tests/serve/test_page_pictures.py -m slow

The model is that of docs/results.md; LINGWEAVE_PAGE_AUDIT, a folder of `lingweave audit`, fills the
audit's tab. Chinese needs a font that has it, such as Debian's fonts-noto-cjk.
"""

import os
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from data import shared_data
from playwright.sync_api import expect
from serve.browser import DESK, PHONE, Visit, chromium

pytestmark = pytest.mark.slow
LONG = 600_000
AMAZON = (
    "What happened to the rate of deforestation in the Amazon region of Brazil"
    " between 2004 and 2014?"
)
APIA = "How many people live in Apia, the capital of Samoa on the island of Upolu?"
ALGIERS = {
    "ar": "كم عدد الأشخاص الذين هلكوا في الجزائر خلال الفترة 1620–1621؟",
    "de": "Wie viele Menschen kamen in den Jahren 1620-21 in Algier ums Leben?",
}


@pytest.fixture(scope="module")
def model():
    if "LINGWEAVE_PAGE_MODEL" not in os.environ:
        pytest.skip("needs a model ($LINGWEAVE_PAGE_MODEL)")
    return os.environ["LINGWEAVE_PAGE_MODEL"]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    return Path(os.environ.get("LINGWEAVE_PICTURES") or tmp_path_factory.mktemp("pictures"))


def lingweave(*words):
    return [sys.executable, "-m", "lingweave.cli", *map(str, words)]


@contextmanager
def served(folder, *options):
    """The address of `lingweave serve`."""
    process = subprocess.Popen(
        lingweave("serve", folder, "--port", 0, *options),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        yield next(word for word in process.stdout.readline().split() if word.startswith("http"))
    finally:
        process.terminate()
        assert process.wait(60) == 0


@contextmanager
def looking(browser, url, **options):
    """A page whose hits are there, with nothing in focus."""
    with Visit(browser, url, ready=False, **options) as visit:
        visit.context.set_default_timeout(LONG)
        visit.page.wait_for_selector("li.hit", timeout=LONG)
        visit.page.evaluate("document.activeElement.blur()")
        yield visit


def test_pictures_of_eleven_languages(model, pictures, tmp_path):
    data = shared_data("eval/xquad_r")
    folder = os.environ.get("LINGWEAVE_PAGE_XQUAD")
    if folder is None:
        folder = tmp_path / "xquad"
        source = ["--benchmark", "xquad-r", "--data", data]
        subprocess.run(lingweave("index", "create", folder, *source, "--model", model), check=True)
    audit = os.environ.get("LINGWEAVE_PAGE_AUDIT")
    with chromium() as browser, served(folder, *(["--audit", audit] if audit else [])) as url:
        with looking(browser, f"{url}/#explain=1&q={AMAZON}") as visit:
            visit.page.screenshot(path=pictures / "search.png")
        asked = f"dial=balanced&explain=1&k=11&q={AMAZON}"
        with looking(browser, f"{url}/#{asked}", viewport=DESK | {"height": 1100}) as visit:
            expect(visit.page.locator("#shares li")).to_have_count(11)
            visit.page.screenshot(path=pictures / "search-balanced.png")
        asked = f"dial=balanced&fold=1&q={ALGIERS['ar']}"
        with looking(browser, f"{url}/#{asked}", color_scheme="dark") as visit:
            assert visit.page.locator(".text[dir=rtl]").count() >= 1
            summary = visit.page.locator("summary").first
            summary.click()
            visit.page.screenshot(path=pictures / "search-dark.png")
        asked = f"dial=balanced&explain=1&q={ALGIERS['de']}"
        phone = {"viewport": PHONE, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}
        with looking(browser, f"{url}/#{asked}", **phone) as visit:
            assert not visit.wider_than_window()
            visit.page.screenshot(path=pictures / "search-phone.png")
        if audit:
            with looking(browser, f"{url}/#q={AMAZON}") as visit:
                visit.page.click("#audit-tab")
                visit.page.frame_locator("#audit-view iframe").locator("h1").wait_for()
                visit.page.screenshot(path=pictures / "search-audit.png")


def test_a_picture_of_205_languages(model, pictures, tmp_path):
    data = shared_data("eval/flores_sib200") / "flores_sib200.parquet"
    folder = os.environ.get("LINGWEAVE_PAGE_FLORES")
    if folder is None:
        folder = tmp_path / "flores"
        source = ["--benchmark", "sib-200", "--data", data, "--split"]
        made = lingweave("index", "create", folder, *source, "train", "--model", model)
        subprocess.run(made, check=True)
        for split in ("dev", "test"):
            subprocess.run(lingweave("index", "add", folder, *source, split), check=True)
    asked = f"fold=1&explain=1&mode=both&q={APIA}"
    with (
        chromium() as browser,
        served(folder) as url,
        looking(browser, f"{url}/#{asked}", viewport=DESK | {"height": 1000}) as visit,
    ):
        visit.page.get_by_role("button", name="All 205 languages").first.click()
        visit.page.locator("summary").first.click()
        visit.page.evaluate("document.activeElement.blur()")
        visit.page.screenshot(path=pictures / "search-205.png")
