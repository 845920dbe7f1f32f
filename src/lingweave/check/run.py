"""`lingweave data check`: from a table to its page."""

import sys
from pathlib import Path

from rich.console import Console

from lingweave.check.checked import Checked, checked
from lingweave.check.config import CheckConfig
from lingweave.check.show import print_check
from lingweave.report.files import write_text
from lingweave.sources.rows import read_table


def check(config: CheckConfig) -> Checked:
    """Looks at a table, prints what was found and writes the page.

    Raises:
        LingweaveError: the table, the file of removed cells or the model cannot be read, or the
            page not be written.
    """
    table = read_table(config.paths, split=None, blank="keep")
    name = ", ".join(Path(path).name for path in config.paths)
    found = checked(table, config)
    # Here, because matplotlib takes a second that mistakes need not wait for.
    from lingweave.check.page import page

    write_text(config.out, page(found, name))
    # Other programs' pages may be wider than a terminal: no line is cut there.
    print_check(found, name, Console(width=None if sys.stdout.isatty() else 160))
    print(f"wrote {config.out}")
    return found
