"""The benchmark of the dial, at a size at which its figures mean nothing."""

import sys

import dial
import numpy as np
import pytest

from lingweave.index.passages import Passage
from lingweave.index.requests import AsScored, Balanced, Hit, Preferred


def test_its_claim_on_a_made_up_model(monkeypatch, capsys):
    made_up = dial.made_up
    monkeypatch.setattr(dial, "made_up", lambda: made_up(languages=4, sentences=24))
    monkeypatch.setattr(sys, "argv", ["dial.py", "--tiny"])
    assert dial.main() == 0
    out = capsys.readouterr().out
    assert "96 passages in 4 languages" in out
    assert "| balanced, change | +" in out
    assert "cross recall of answers in | de | en | sw | th" in out


def test_the_values_of_a_question():
    def hit(id):
        return Hit(Passage(id, id, "text", id.partition(":")[0]), 0.0)

    hits = [hit(f"en:{i}") for i in range(30)] + [hit("de:0")]
    gold = ["de:0", "en:4", "en:25", "th:0"]
    found = dial.values(hits, gold, "en", ("de", "en", "th"), 20)
    nan = np.nan
    recall, cross = [0, 0.5, 0], [0, nan, 0]
    assert found == pytest.approx([*recall, *cross, 0.5, 1 / 5, 101 - 5, 1.0], nan_ok=True)
    missed = dial.values(hits, gold, "th", ("de", "en", "th"), 20)
    assert missed[6:8] == [0.0, 0.0]


def test_the_dials_names():
    assert dial.dial_of("as scored", "th") == AsScored()
    assert dial.dial_of("balanced", "th") == Balanced()
    assert dial.dial_of("preferred: own", "th") == Preferred(("th",))
    assert dial.dial_of("preferred: en", "th") == Preferred(("en",))
    for name in dial.DIALS:
        dial.dial_of(name, "th")
