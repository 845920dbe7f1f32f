"""`lingweave study list`: the studies that lingweave brings, with their scales and questions."""

from rich.console import Console
from rich.text import Text

from lingweave.studies.definition.given import SCALES, shipped
from lingweave.studies.definition.plain import plain


def print_studies(console: Console | None = None) -> None:
    """Prints name, scales and question of each shipped study."""
    console = console or Console()
    studies = {name: plain(text, f"{name}.yaml") for name, text in shipped().items()}
    for name, study in studies.items():
        scales = ", ".join(study.get(SCALES) or {})
        head = Text(name, "bold")
        head.append(f"  {study.get('title', '')}", "default")
        head.append(f"  (--scale {scales})" if scales else "", "dim")
        console.print(head)
        console.print(
            Text("    " + " ".join(str(study.get("question", "")).split())), soft_wrap=True
        )
    console.print(
        "\n`lingweave study plan NAME --scale tiny` says what one would take, `lingweave study run"
        " NAME --scale tiny` runs it; without --scale it is the study at its full size.",
        highlight=False,
        soft_wrap=True,
    )
