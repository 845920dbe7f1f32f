"""The summary on the terminal: each claim with its status, whatever the terminal's width."""

from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from studies.reported import contents

from lingweave.studies.reporting.terminal import print_report


def printed(width=100, given=None):
    out = StringIO()
    console = Console(file=out, width=width)
    print_report(given or contents(), (Path("somewhere/report.md"),), console)
    return out.getvalue()


def test_the_answer_comes_first():
    lines = printed().splitlines()
    assert lines[0] == "Does mixing help?"
    assert lines[3] == "Of 4 claims: 1 supported, 1 refuted, 1 undecided and 1 not measured."
    assert lines[4] == "   supported  (1) Hybrid beats x-y on mono."
    assert any(line == "not measured  (4) Hybrid is best elsewhere." for line in lines)
    table = next(n for n, line in enumerate(lines) if "mono mAP" in line and "arm" in line)
    assert table > lines.index("     refuted  (3) X-X is best.")
    assert "elsewhere: nothing measured yet" in lines
    assert lines[-1] == "wrote somewhere/report.md"


@pytest.mark.parametrize("width", [40, 60, 80, 120])
def test_nothing_runs_over_the_edge_and_no_claim_is_cut(width):
    text = printed(width)
    assert max(map(len, text.splitlines())) <= width
    assert "Hybrid is as good as x-y in the pool." in " ".join(text.split())


def test_long_names_leave_room_for_figures():
    given = contents()
    part = given.parts[0]
    rows = [replace(row, name=f"{row.name}-with-a-very-long-backbone-name") for row in part.rows]
    given = replace(given, parts=(replace(part, rows=tuple(rows)),))
    text = printed(80, given)
    assert "…" not in text
    assert "rank distance" in text or "multi mAP" in text
    assert "xlm-r-with-a-very-long-backbone-name" in text


def test_markup_in_a_study_is_text():
    given = replace(contents(), title="[bold]not bold[/bold]")
    assert printed(80, given).startswith("[bold]not bold[/bold]")
