"""A real browser for tests of the page, and a library in many scripts for it to show."""

import shutil
from contextlib import contextmanager

import pytest
from playwright.sync_api import expect, sync_playwright

from lingweave.index.passages import Passage

DESK, PHONE = {"width": 1200, "height": 800}, {"width": 390, "height": 844}
TEXTS = {
    "ar": "الماء يغلي عند مئة درجة",
    "de": "Wasser kocht bei hundert Grad",
    "en": "Water boils at a hundred degrees",
    "he": "מים רותחים במאה מעלות",
    "hi": "पानी सौ डिग्री पर उबलता है",
    "ja": "水は百度で沸騰する",
    "sw": "Maji huchemka kwa nyuzi mia",
    "th": "น้ำเดือดที่หนึ่งร้อยองศา",
    "ur": "پانی سو ڈگری پر ابلتا ہے",
    "zh": "水在一百度沸腾",
}
MORE = {
    "de": ("Eis ist gefrorenes Wasser", "Die Zugspitze ist ein Berg", "Schnee ist weiß"),
    "en": ("Ice is frozen water", "The Zugspitze is a mountain", "Snow is white", "Rain is water"),
}


def scripts():
    """One statement in ten languages, and others in two of them; metadata, versions, no hidden
    surprises."""
    passages = [
        Passage(f"boil-{code}", f"boil-{code}", text, code, "boil", {"topic": "heat", "year": 1742})
        for code, text in TEXTS.items()
    ]
    for code, texts in MORE.items():
        passages += [
            Passage(f"{code}-{i}", f"{code}-{i}", text, code, None, {"topic": "cold", "year": i})
            for i, text in enumerate(texts)
        ]
    return passages


@contextmanager
def chromium():
    """Chromium of this machine; the test is skipped, by name, where there is none.

    Open for a module at most: while it is, this thread can run no other event loop.
    """
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    if found is None:
        pytest.skip("needs chromium on the path")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found)
        yield browser
        browser.close()


class Visit:
    """A page of a server, and what happened on it.

    Args:
        browser: of `chromium`.
        url: of the server, with a fragment perhaps.
        options: of the browser's context, such as its viewport.
    """

    def __init__(self, browser, url, ready=True, **options):
        self.context = browser.new_context(**{"viewport": DESK, "color_scheme": "light"} | options)
        self.context.set_default_timeout(20_000)
        self.page = self.context.new_page()
        self.problems, self.asked, self.bodies = [], [], []
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("dialog", self._dialog)
        self.page.on("request", self._request)
        self.url = url
        self.open(ready)

    def open(self, ready=True):
        """The page from its beginning: a browser that is begun anew takes many times as long."""
        self.asked.clear()
        self.bodies.clear()
        self.page.goto(self.url)
        if ready:
            self.page.wait_for_selector("#languages .chip")

    def search(self, text):
        """Searches, and waits for the answer to be shown."""
        self.page.fill("#query", text)
        self.page.press("#query", "Enter")
        self.settle()

    def settle(self):
        """Waits until what was asked last is shown."""
        self.page.wait_for_selector("#found[aria-busy=false]")

    def shown(self, count):
        """Waits until so many hits are shown."""
        expect(self.page.locator("li.hit")).to_have_count(count)

    def hits(self):
        """Ids of the hits that are shown."""
        return self.page.eval_on_selector_all("li.hit", "all => all.map(one => one.dataset.id)")

    def texts(self, selector):
        """Texts of all that a selector finds."""
        return self.page.locator(selector).all_inner_texts()

    def focused(self):
        """What has the focus: an id, or the id of a hit's passage."""
        return self.page.evaluate("document.activeElement.id || document.activeElement.dataset.id")

    def wider_than_window(self):
        """Whether the page can be pushed sideways."""
        return self.page.evaluate(
            "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        )

    def _said(self, message):
        # What a refusal's status is called in the log is none of the page's doing.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.problems.append(message.text)

    def _dialog(self, dialog):
        self.problems.append(f"dialog {dialog.message}")
        dialog.dismiss()

    def _request(self, request):
        self.asked.append(request.url)
        if request.url.endswith("/v1/search"):
            self.bodies.append(request.post_data_json)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.context.close()
        if error == (None, None, None):
            assert self.problems == []

    def check(self):
        """That nothing went wrong on the page so far."""
        assert self.problems == []
