"""The command line: words to a verb's options, and mistakes to one line."""

import os
import sys
import time
from argparse import RawDescriptionHelpFormatter
from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any

from jsonargparse import ArgumentError, ArgumentParser, set_parsing_settings

import lingweave
from lingweave.argv import joined
from lingweave.errors import LingweaveError
from lingweave.verbs import VERBS

set_parsing_settings(docstring_parse_attribute_docstrings=True)

_OTHERS_WAIT = 5.0
"""Seconds in which a launcher has ended all processes."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one verb; returns the exit status: 2 for a mistake of the user's, 130 for Ctrl-C."""
    # Idle threads of numpy's BLAS otherwise spin for a while after every product.
    os.environ.setdefault("OPENBLAS_THREAD_TIMEOUT", "4")
    try:
        config, run = _parsed(list(sys.argv[1:] if argv is None else argv))
        run(config)
    except (LingweaveError, ArgumentError) as error:
        _tell(" ".join(str(error).split()))
        return 2
    except KeyboardInterrupt as error:
        _tell(str(error) or "stopped; run the same command to go on")
        return 130
    except BrokenPipeError:
        # The reader of our output has gone (`| head`): nothing is wrong.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return 0


def _tell(message: str) -> None:
    """Prints what went wrong; of the processes that torchrun has started, one on each machine does.

    The launcher ends the others as soon as that one has ended, unless all is well with it.
    """
    if os.environ.get("LOCAL_RANK", "0") != "0":
        time.sleep(_OTHERS_WAIT)
    print(f"lingweave: {message}", file=sys.stderr)


def _parsed(argv: list[str]) -> tuple[Any, Callable[[Any], object]]:
    """The configuration that the words give, and what is to be done with it."""
    verb = next((v for v in VERBS if argv[: len(v.split())] == v.split()), None)
    if verb is None:
        pairs = [v for v in VERBS if v.split()[0] == (argv or [""])[0]]
        if pairs and not {"-h", "--help"} & set(argv):
            raise LingweaveError(f"{' '.join(argv[:2])}: give one of {', '.join(pairs)}")
        _parser().parse_args(["--help"] if pairs or not argv else argv)
        raise LingweaveError(f"give one of {', '.join(VERBS)}; see `lingweave --help`")
    kind, run = VERBS[verb]()
    parser = ArgumentParser(
        prog=f"lingweave {verb}", description=VERBS[verb].__doc__, exit_on_error=False
    )
    parser.add_argument("--config", action="config", help="YAML file with any of these options.")
    parser.add_class_arguments(kind, as_group=False)
    given = parser.parse_args(joined(argv[len(verb.split()) :], kind))
    return kind(**{field.name: given[field.name] for field in fields(kind)}), run


def _parser() -> ArgumentParser:
    """The outermost parser: it only knows the verbs."""
    lines = [f"  {verb:<15} {function.__doc__}" for verb, function in VERBS.items()]
    parser = ArgumentParser(
        prog="lingweave",
        usage="lingweave VERB [OPTIONS]",
        description=lingweave.__doc__,
        epilog="verbs:\n" + "\n".join(lines),
        formatter_class=RawDescriptionHelpFormatter,
        version=lingweave.__version__,
        exit_on_error=False,
    )
    parser.add_argument("verb", choices=list(VERBS), help="`lingweave VERB --help` tells more")
    return parser


if __name__ == "__main__":
    sys.exit(main())
