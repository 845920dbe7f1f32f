"""What documents say is text on the page, whatever it says."""

import pytest
from serve.backends import LibraryBackend
from serve.browser import DESK, PHONE, Visit
from serve.serving import serving

from lingweave.index.passages import Passage

HOSTILE = [
    "<script>alert(1)</script><img src=x onerror=alert(2)><svg onload=alert(3)>",
    "</p></li></ol><style>*{display:none}</style><base href=//evil.example><meta name=referrer>",
    "<iframe src=javascript:alert(4)></iframe>{{constructor.constructor('alert(5)')()}} ${alert()}",
    "\u202egnirts desrever\u2066 never closed \u202d and marks \u200f\u200e\u061c",
    "q\u0335\u0321\u0322\u0327" + "\u0301" * 400 + " many marks",
    "w" * 30_000,
    "line\nbreaks\r\n\ttabs   spaces \x01\x02\x7f\ufffe end",
    "\ufeff\u200b\u00ad\u2028\u2029 invisible \U000e0041\U000e0042 \ud7ff 👩‍👩‍👧‍👧",
    "__proto__ constructor toString hasOwnProperty",
    "&lt;b&gt;already escaped&lt;/b&gt; &amp;amp; %3Cscript%3E",
]
IDS = [
    "<b>id</b>",
    "../../etc/passwd",
    '"><script>alert(7)</script>',
    "javascript:alert(8)",
    "\u202edi",
    "i" * 500,
    "a b\tc",
    "__proto__",
    "'); alert(9); ('",
    "?a=b&c#d%00",
]


@pytest.fixture(scope="module")
def served():
    passages = [
        Passage(
            id,
            id,
            text,
            ("en", "ar", "und")[i % 3],
            "same",
            {"<i>field</i>": f"<b onclick=alert(1)>{i}</b>", "__proto__": "x" * 300, "n": i},
        )
        for i, (id, text) in enumerate(zip(IDS, HOSTILE, strict=True))
    ]
    with serving(lambda: LibraryBackend(passages)) as found:
        yield found


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["desk", "phone"])
def test_hostile_documents_are_shown_as_what_they_are(browser, served, viewport):
    with Visit(browser, served.url, viewport=viewport) as visit:
        visit.page.check("#explain")
        visit.page.check("#fold")
        visit.search("<script>alert(0)</script> q __proto__ constructor escaped")
        visit.page.locator("summary").first.click()
        visit.page.locator(".versions li").nth(8).wait_for()
        visit.page.uncheck("#fold")
        visit.shown(10)
        assert sorted(visit.hits()) == sorted(IDS)
        shown = visit.page.eval_on_selector_all(
            ".hit", "all => all.map(x => [x.dataset.id, x.querySelector('.text').textContent])"
        )
        for id, text in shown:
            whole = HOSTILE[IDS.index(id)]
            assert text == (whole if len(whole) < 4000 else whole[:4000] + " …")
        made = visit.page.evaluate(
            "[...document.all].map(x => x.localName).filter(x =>"
            " ['script', 'style', 'base', 'meta', 'iframe', 'img'].includes(x)).sort()"
        )
        assert made == ["img", "meta", "meta", "meta", "meta", "script"]
        handlers = "[...document.all].some(x => [...x.attributes].some(a => a.name[0] === 'o'"
        assert not visit.page.evaluate(handlers + " && a.name[1] === 'n'))")
        # A document cannot turn round, cover or push away what stands beside it.
        assert not visit.wider_than_window()
        for hit in visit.page.locator(".hit").all():
            outer, inner = hit.bounding_box(), hit.locator(".facts").bounding_box()
            assert inner["y"] + inner["height"] <= outer["y"] + outer["height"] + 1
            assert outer["height"] < 420
        visit.page.locator("button.open:visible").first.click()
        assert not visit.wider_than_window()
        visit.page.locator(".metadata").first.click()
        visit.settle()
        assert visit.page.locator("#conditions .chip").count() == 1
        assert all(url.startswith(served.url) for url in visit.asked)


def test_nothing_is_fetched_from_elsewhere_and_nothing_is_inline(browser, served):
    with Visit(browser, served.url) as visit:
        visit.search("escaped")
        assert len(visit.asked) > 5
        assert all(url.startswith(served.url) for url in visit.asked)
        rules = visit.page.request.get(served.url).headers["content-security-policy"]
        assert "unsafe" not in rules
        blocked = visit.page.evaluate(
            """() => new Promise(done => {
              document.addEventListener('securitypolicyviolation', event =>
                done(event.violatedDirective));
              const made = document.createElement('script');
              made.textContent = 'window.ran = true';
              document.body.append(made);
            })"""
        )
        assert blocked.startswith("script-src")
        assert visit.page.evaluate("window.ran") is None
        visit.problems.clear()
