"""The words of a command as people write them -> the words that the parser reads."""

import json
from keyword import iskeyword
from typing import Any, get_args, get_origin, get_type_hints

WHOLE = ("table", "valid", "evaluations", "paths", "corpus", "queries", "qrels", "from_", "against",
         "titles", "mine", "where")  # fmt: skip
"""Options whose words, paths and conditions, are one item each: a comma in them is one."""


def joined(argv: list[str], kind: type[Any]) -> list[str]:
    """Options as people write them: ``--quick``, ``--table a.parquet b.parquet``,
    ``--languages de,en``, ``--plan-only`` for ``--plan_only``, ``--from`` for the field ``from_``
    (Python keeps the word for itself).

    The words after an option that takes a list become the JSON list that the parser reads; words
    that belong to no option go to the field that the dataclass names as POSITIONAL.
    """
    hints = get_type_hints(kind)
    words: list[str] = []
    bare: list[str] = []
    place = 0
    while place < len(argv):
        word, place = argv[place], place + 1
        option, equals, value = word.partition("=")
        if option.startswith("--"):
            field = option[2:].replace("-", "_")
            field += "_" * iskeyword(field)
            if field in hints:
                option = f"--{field}"
                word = option + equals + value
        name = option.removeprefix("--")
        if not word.startswith("-"):
            bare.append(word)
        elif hints.get(name) is bool and not equals:
            given = argv[place : place + 1] in (["true"], ["false"])
            words.append(f"{word}={argv[place] if given else 'true'}")
            place += given
        elif _takes_list(hints.get(name)):
            values = [value] if equals else []
            while not equals and place < len(argv) and not argv[place].startswith("-"):
                values, place = [*values, argv[place]], place + 1
            words.append(f"{option}={_listed(values, name, hints[name])}")
        elif equals or name in ("help", "print_config") or word in ("-h", "--"):
            words += [word] if word != "--" else []
        else:
            words += [word, *argv[place : place + 1]]
            place += 1
    positional = getattr(kind, "POSITIONAL", None)
    if bare and positional:
        return [*words, f"--{positional}={json.dumps(bare)}"]
    return [*words, *bare]


def _takes_list(hint: Any) -> bool:
    return any(get_origin(arm) is list for arm in (hint, *get_args(hint)))


def _listed(values: list[str], name: str, hint: Any) -> str:
    """The words of one option as JSON; a word may hold several items, except in WHOLE."""
    if name in WHOLE:
        return json.dumps(values)
    if len(values) == 1 and (values[0] == "null" or values[0].startswith("[")):
        return values[0]
    items = [value.split(",") for value in values]
    return json.dumps(items if "list[list" in str(hint) else [x for item in items for x in item])
