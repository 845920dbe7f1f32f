"""What a check says training would cost."""

from pathlib import Path

import numpy as np
import pytest
from tiny import tiny_decoder, tiny_model

from lingweave.check.checked import checked
from lingweave.check.config import CheckConfig
from lingweave.check.page import page
from lingweave.check.run import check
from lingweave.errors import LingweaveError
from lingweave.table import ParallelTable


def test_the_cost_is_that_of_the_given_model(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The whole command, with a tokenizer that counts."""
    model = tiny_decoder(tmp_path / "model")
    path, out = folder / "table.arrow", tmp_path / "pages" / "check.html"
    config = CheckConfig([str(path)], out, model=str(model), batch_size=4, device="l4")
    found = check(config)
    assert found.notes == ()
    own = int(np.diag(found.coverage.pairs).sum())
    assert found.cost is not None
    assert found.cost.batches == -(-len(found.table) // 4)
    assert found.cost.all_batches == -(-own // 4)
    assert found.cost.plan.device.name == "l4"
    assert 0 < found.cost.plan.memory.peak < 1e9
    for side in found.lengths.values():
        for lengths in side.values():
            assert lengths.tokens is not None
            assert lengths.characters is not None
            assert 0 < lengths.tokens.middle <= lengths.characters.middle
            assert lengths.tokens.known == lengths.characters.known
    text = out.read_text(encoding="utf-8")
    assert str(model) in text
    assert "query, tokens" in text
    printed = capsys.readouterr().out
    assert "Cost of training" in printed
    assert "Removed while it was built: 3 cells" in printed
    assert printed.endswith(f"wrote {out}\n")


@pytest.mark.slow
def test_without_a_model_the_cost_is_xlmr_bases(folder: Path) -> None:
    """Its weights, gradients and two moments alone are 278 million × 16 bytes."""
    path = folder / "table.arrow"
    found = checked(ParallelTable.open(path), CheckConfig([str(path)], batch_size=8))
    assert found.cost is not None
    assert found.cost.plan.step.weights.parameters == pytest.approx(278e6, rel=0.01)
    assert 278e6 * 16 < found.cost.plan.memory.peak < 10e9
    assert found.cost.plan.texts.tokens == 8 * (64 + 256)
    assert "XLM-R base" in found.cost.assumed


def test_a_cost_that_cannot_be_told_is_a_note(folder: Path, tmp_path: Path) -> None:
    path = folder / "table.arrow"
    config = CheckConfig([str(path)], model=str(tiny_model(tmp_path / "model")))
    found = checked(ParallelTable.open(path), config)
    assert found.cost is None
    assert "No estimate of the cost of training" in found.notes[0]
    assert "static encoder" in found.notes[0]
    assert "There is no estimate" in page(found, "table")
    with pytest.raises(LingweaveError, match="--device abacus: choose from a100-40gb"):
        checked(found.table, CheckConfig([str(path)], device="abacus"))
