"""An audit on the terminal."""

from rich.console import Console

from lingweave.audit.audit import Audit
from lingweave.audit.config import AuditConfig
from lingweave.audit.findings import findings
from lingweave.audit.tables import FIRST_PLACES, bias_table, language_table
from lingweave.report.tables import fitting_table, rich_table


def print_audit(audit: Audit, config: AuditConfig, console: Console | None = None) -> None:
    """Prints what was found, the figures, and where the page is."""
    console = console or Console()
    documents = sum(len(side.ids) for side in audit.benchmark.corpora.values())
    title = (
        f"{audit.benchmark.name}: {documents:,} documents, {len(audit.benchmark.corpora)} languages"
    )
    console.print(title, style="bold", highlight=False, markup=False)
    for question, answers in findings(audit):
        console.print(question, style="bold", highlight=False, markup=False)
        for answer in answers:
            console.print(f"  {answer}", highlight=False, markup=False)
    # Meaning and source are on the page: a terminal has no room for them.
    where = audit.main.benchmark.name if audit.main else ""
    if audit.heads:
        console.print(rich_table(bias_table(audit.heads, FIRST_PLACES), 4))
    if audit.main is not None:
        console.print(rich_table(bias_table(audit.main.bias, f"on {where}"), 4))
    console.print(fitting_table(language_table(audit), console))
    for note in audit.notes:
        console.print(note, highlight=False, markup=False)
    print(f"wrote {config.out / 'audit.html'}")
    print(f"wrote {config.out / 'audit.json'}")
