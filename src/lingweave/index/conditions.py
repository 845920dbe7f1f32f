"""Whether a passage fits a filter: what a store's own filters must agree with."""

from lingweave.index.passages import Condition, Filter, Passage, Value


def fits(passage: Passage, where: Filter) -> bool:
    """Whether a search under the filter may find the passage.

    Text, numbers and truth values are three kinds: a value of another kind than the condition's
    does not fit it, not even with ``!=``.
    """
    if where.languages is not None and passage.language not in where.languages:
        return False
    return all(_holds(passage.metadata.get(one.field), one) for one in where.conditions)


def kind_of(value: Value) -> str:
    """What a value can be compared with: values of the same kind."""
    if isinstance(value, bool):  # Which Python takes for a number.
        return "truth"
    return "text" if isinstance(value, str) else "number"


def _holds(value: Value | None, condition: Condition) -> bool:
    given = condition.value
    if value is None:
        return False
    if isinstance(given, tuple):
        alike = [one for one in given if kind_of(one) == kind_of(value)]
        return value in alike
    if kind_of(given) != kind_of(value):
        return False
    match condition.relation:
        case "=" | "in":
            return value == given
        case "!=":
            return value != given
        case relation:
            return _ordered(value, relation, given)


def _ordered(value: Value, relation: str, given: Value) -> bool:
    """Whether the values stand so; both are of one kind."""
    if isinstance(value, str) or isinstance(given, str):
        before, equal = str(value) < str(given), value == given
    else:
        before, equal = value < given, value == given
    return {
        "<": before,
        "<=": before or equal,
        ">": not (before or equal),
        ">=": not before,
    }[relation]
