import pytest

from lingweave.benchmark import Benchmark, Gold, Texts
from lingweave.errors import LingweaveError

QUERIES = {"de": Texts(("1", "2"), ("eins?", "zwei?")), "en": Texts(("1",), ("one?",))}
CORPORA = {"de": Texts(("a", "b"), ("A", "B")), "en": Texts(("x",), ("X",))}
GOLD = (Gold("1", "de", "a"), Gold("1", "en", "x"), Gold("2", "de", "b"))


def test_a_benchmark_can_be_narrowed_to_some_languages() -> None:
    narrow = Benchmark("b", QUERIES, CORPORA, GOLD, {"1": "p", "2": "p"}).select(["en"])
    assert narrow.languages == ("en",)
    assert narrow.gold == (Gold("1", "en", "x"),)
    assert narrow.group("1") == "p"
    assert narrow.group("9") == "9"
    with pytest.raises(LingweaveError, match="no language 'fr': choose from en"):
        narrow.select(["fr"])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"gold": (*GOLD, Gold("1", "de", "zz"))}, "gold passage 'zz' of query '1' is not in"),
        ({"gold": (*GOLD, Gold("3", "de", "a"))}, "query '3', which no language asks"),
        ({"queries": QUERIES | {"fr": Texts(("1", "1"), ("un", "un"))}}, "'1' stands twice"),
        ({"corpora": CORPORA | {"fr": Texts(("1",), ("un", "un"))}}, "1 passage ids but 2 texts"),
    ],
)
def test_inconsistent_parts_are_refused(change: dict[str, object], words: str) -> None:
    parts = {"queries": QUERIES, "corpora": CORPORA, "gold": GOLD} | change
    with pytest.raises(LingweaveError, match=words):
        Benchmark("b", **parts)  # type: ignore[arg-type]
