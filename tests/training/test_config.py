"""A configuration that cannot work is refused before anything starts, in one line."""

import subprocess
import sys

import pytest

from lingweave.errors import LingweaveError
from lingweave.training import TrainConfig
from lingweave.training.config import FREE_FIELDS, differing_fields


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("steps", 0),
        ("batch_size", 1),
        ("temperature", 0.0),
        ("learning_rate", -1.0),
        ("learning_rate", float("nan")),
        ("warmup", 1.0),
        ("schedule", "sometimes"),
        ("precision", "fp8"),
        ("criterion", "mAP"),
        ("report_to", "mlflow"),
        ("pooling", "median"),
        ("threads", 0),
        ("seed", -1),
        ("patience", 3),
        ("encoder", ""),
    ],
)
def test_a_wrong_field_is_named(field, value):
    with pytest.raises(LingweaveError, match=field) as error:
        TrainConfig(**{field: value})
    assert "\n" not in str(error.value)


def test_an_encoder_that_is_a_file_is_refused(tmp_path):
    path = tmp_path / "model.bin"
    path.write_text("x")
    with pytest.raises(LingweaveError, match="folder"):
        TrainConfig(encoder=str(path))


def test_differences_are_those_that_change_the_weights():
    stored = TrainConfig(seed=1, out="a", keep=2).to_dict()
    assert differing_fields(stored, TrainConfig(seed=1, out="b", keep=3)) == []
    (difference,) = differing_fields(stored, TrainConfig(seed=2))
    assert difference == "seed: 1 there, 2 here"
    assert {"out", "keep"} <= FREE_FIELDS


def test_every_field_has_a_sentence():
    import ast
    import inspect

    (tree,) = ast.parse(inspect.getsource(TrainConfig)).body
    pairs = zip(tree.body, tree.body[1:], strict=False)
    for field, after in pairs:
        if isinstance(field, ast.AnnAssign):
            assert isinstance(after, ast.Expr), field.target.id
            assert after.value.value.rstrip().endswith("."), field.target.id


def test_the_configuration_imports_no_framework():
    code = (
        "import sys, lingweave.training; "
        "assert not {'torch', 'numpy', 'transformers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
