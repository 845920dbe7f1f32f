"""A check on the terminal."""

from rich.console import Console

from lingweave.check.checked import Checked
from lingweave.check.findings import cost_facts, findings
from lingweave.check.tables import language_table, length_table, loss_table, origin_table
from lingweave.report.tables import fitting_table


def print_check(found: Checked, name: str, console: Console) -> None:
    """Prints what was found, the tables by language, and the cost of training."""
    console.print(name, style="bold", highlight=False, markup=False)
    for sentence in findings(found):
        console.print(f"  {sentence}", highlight=False, markup=False)
    tables = language_table, length_table, loss_table, origin_table
    for table in (make(found) for make in tables):
        if table is not None:
            console.print(fitting_table(table, console))
    if found.cost is not None:
        console.print("Cost of training", style="bold", highlight=False, markup=False)
        for fact, value in cost_facts(found.cost):
            console.print(f"  {fact}: {value}", highlight=False, markup=False)
        console.print(f"  {found.cost.assumed}", highlight=False, markup=False)
    for note in found.notes:
        console.print(note, highlight=False, markup=False)
