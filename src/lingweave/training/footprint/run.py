"""`lingweave train --plan-only`."""

import sys

from rich.console import Console
from transformers.utils import logging

from lingweave.training.checks import check_validation
from lingweave.training.config import TrainConfig
from lingweave.training.footprint.footprint import footprint_of
from lingweave.training.footprint.show import print_footprint
from lingweave.training.options import recipe_of
from lingweave.training.tables import training_table, validation_table


def plan_run(config: TrainConfig) -> None:
    """Prints what the run would take; writes nothing.

    Without a table the lengths of texts are taken to be at their limits.

    Raises:
        LingweaveError: the table or the encoder's configuration cannot be read.
    """
    verbosity = logging.get_verbosity()
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    try:
        table = training_table(config) if config.table else None
        valid = validation_table(config) if config.table else None
        if valid is not None:
            check_validation(config, valid)
        plan = footprint_of(config, table, recipe_of(config) if table else None)
    finally:
        logging.set_verbosity(verbosity)
    # Other programs' pages may be wider than a terminal: no line is cut there.
    print_footprint(plan, Console(width=None if sys.stdout.isatty() else 120))
