"""The benchmarks of filters: faults are planted where they are said to be, scripts run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from building.filters.tables import ENGLISH, RUSSIAN, SPANISH, table_of
from planted import judged
from planting import KINDS, planted

from lingweave.building.filters.standard import FilterOptions

FOLDER = Path(__file__).resolve().parents[3] / "benchmarks"


def some_table(records=48):
    """Texts of two sentences and a year, with a name that every language writes alike."""

    def texts(sentences, words):
        return [
            f"{sentences[i % 4]} {words} Zamenhof{chr(97 + i % 26)}, {1500 + 7 * i}."
            f" {sentences[(i // 4) % 4]}"
            for i in range(records)
        ]

    german = [
        "Die alte Brücke über den Fluss wurde von einer Familie von Steinmetzen gebaut.",
        "Jeden Morgen öffnet der Bäcker den Laden, bevor der erste Zug ankommt.",
        "Ein langer Winter hatte das Dorf und seine Felder mit Schnee bedeckt.",
        "Niemand in der Stadt wusste, wer die Tür der Bücherei grün gestrichen hatte.",
    ]
    passages = {
        "de": texts(german, "so schrieb"), "en": texts(ENGLISH, "so wrote"),
        "es": texts(SPANISH, "escribió"), "ru": texts(RUSSIAN, "писал"),
    }  # fmt: skip
    return table_of(passages)


def test_faults_are_planted_where_they_are_said_to_be():
    table = some_table()
    changed, faults = planted(table, "en", "passage", seed=0, each=2)
    assert {*faults.values()} == {*KINDS}
    assert all(list(faults.values()).count(kind) == 2 for kind in KINDS)
    for language in table.languages:
        before, after = (x.column("passage", language).to_pylist() for x in (table, changed))
        rows = {row for row, pair in enumerate(zip(before, after, strict=True)) if len({*pair}) > 1}
        assert rows == {cell.row for cell in faults if cell.language == language}
    assert planted(table, "en", "passage", seed=0, each=2)[1] == faults
    assert planted(table, "en", "passage", seed=1, each=2)[1] != faults


def test_planted_faults_are_found():
    table, faults = planted(some_table(), "en", "passage", seed=0, each=2)
    result = judged(table, faults, FilterOptions(), "en")
    sure = {*KINDS} - {"another record's", "name replaced"}
    assert {kind for kind in sure if result.recall[kind] < 1} == set()
    assert result.untouched == 4 * 48 - 2 * len(KINDS)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("script", "words"),
    [("planted.py", "encoding damaged"), ("filters.py", "keys of duplicates 14")],
)
def test_the_scripts_run(script, words):
    answer = subprocess.run(
        [sys.executable, str(FOLDER / script), "--tiny"], capture_output=True, text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"}, check=False, timeout=600,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    assert words in answer.stdout
