"""A benchmark with changed queries; passages, gold and ids stay as they are."""

import random
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from lingweave.altering import letters, scripts, typing_mistakes
from lingweave.altering.spec import Altered
from lingweave.benchmark import Benchmark, Texts

Change = Callable[[str, str, random.Random], str]
"""Changes a text, in a language, by a random stream of its own."""


def altered(benchmark: Benchmark, how: Altered) -> Benchmark:
    """The benchmark with its queries changed.

    What becomes of a query depends on its id, its language and the seed alone, so the same query
    is changed alike in every selection of languages; of words that are changed at one share, all
    are changed at a larger one. `source` says how many queries came out otherwise than they went
    in, and in which languages none did.

    Raises:
        LingweaveError: a package that the change needs is not installed.
    """
    change = _change(how)
    queries: dict[str, Texts] = {}
    changed: dict[str, int] = {}
    for language, side in benchmark.queries.items():
        texts = tuple(
            change(text, language, random.Random(f"{how.kind} {how.seed} {language} {id}"))
            for id, text in zip(side.ids, side.texts, strict=True)
        )
        changed[language] = sum(a != b for a, b in zip(texts, side.texts, strict=True))
        queries[language] = Texts(side.ids, texts)
    return replace(
        benchmark,
        queries=queries,
        source={**benchmark.source, "queries": _told(how, changed, benchmark)},
    )


def _change(how: Altered) -> Change:
    if how.kind in ("typos", "keyboard"):
        mistake = typing_mistakes.MISTAKES[how.kind]
        return partial(typing_mistakes.mistyped, mistake, how.share)
    if how.kind == "other_script":
        scripts.check_installed()
        return lambda text, language, _: scripts.in_other_script(text, language)
    plain = letters.lower if how.kind == "no_case" else letters.without_marks
    return lambda text, language, _: plain(text, language)


def _told(how: Altered, changed: dict[str, int], benchmark: Benchmark) -> str:
    """One line for provenance, which also decides whether two evaluations are of one thing."""
    what = {
        "typos": f"typing mistakes in {how.share:g} of the words, seed {how.seed}",
        "keyboard": f"neighbouring keys in {how.share:g} of the words, seed {how.seed}",
        "no_case": "lower case",
        "no_marks": "without diacritics",
        "other_script": f"in the other script ({scripts.versions()})",
    }[how.kind]
    total = sum(len(side.ids) for side in benchmark.queries.values())
    as_before = [language for language, count in sorted(changed.items()) if not count]
    told = f"{what}: {sum(changed.values())} of {total} changed"
    return told + (f", none in {' '.join(as_before)}" if as_before else "")
