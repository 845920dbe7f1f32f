"""Every objective is its plain loop in double precision, and keeps what all of them promise."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from objectives.loops import LOOPS, Batch, counts
from objectives.random_batch import random_batch, with_gradients
from torch.nn.functional import normalize

from lingweave.errors import LingweaveError
from lingweave.objectives import (
    NONE,
    Embedded,
    Ids,
    InfoNCE,
    MultiPositive,
    TwoSided,
    info_nce,
    objective_of,
)

EVERYTHING = slice(None)
every_term = pytest.mark.parametrize("name", LOOPS)


def term_of(name, temperature=0.2):
    (term,) = objective_of(name, temperature)
    return term


def lists(batch):
    """The batch as nested lists, for the loops."""
    values = batch._replace(ids=torch.stack(tuple(batch.ids)))
    return Batch(*(value.tolist() for value in values))


@every_term
@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    rows=st.integers(1, 6),
    negatives=st.integers(0, 4),
    records=st.none() | st.integers(1, 4),
    temperature=st.sampled_from((0.05, 0.2, 1.0)),
    unknown=st.sampled_from((0.0, 0.4, 1.0)),
)
def test_it_is_the_plain_loop(name, seed, rows, negatives, records, temperature, unknown):
    batch = random_batch(seed, rows, negatives, records, unknown=unknown)
    term, plain = term_of(name, temperature), lists(batch)
    expected = [
        LOOPS[name](plain, i, temperature) if counts(name, plain, i) else 0.0 for i in range(rows)
    ]
    assert term.counted(batch).tolist() == [counts(name, plain, i) for i in range(rows)]
    assert term.losses(batch, EVERYTHING).tolist() == pytest.approx(expected, rel=1e-9, abs=1e-9)


@every_term
@pytest.mark.parametrize("records", [None, 3])
def test_gradients_are_right(name, records):
    batch, leaves = with_gradients(random_batch(1, rows=4, negatives=2, records=records, width=3))

    def losses(*vectors):
        queries, candidates, other_queries, other_passages = vectors
        moved = batch._replace(
            queries=queries,
            candidates=candidates,
            other_queries=other_queries,
            other_passages=other_passages,
        )
        return term_of(name).losses(moved, EVERYTHING)

    assert torch.autograd.gradcheck(losses, leaves)


@every_term
@pytest.mark.parametrize("records", [None, 3])
def test_blocks_of_rows_have_the_losses_of_all_rows(name, records):
    batch, term = random_batch(2, rows=7, records=records), term_of(name)
    whole = term.losses(batch, EVERYTHING)
    blocks = torch.cat([term.losses(batch, slice(at, at + 3)) for at in (0, 3, 6)])
    numbers = torch.tensor([5, 0, 3])
    torch.testing.assert_close(blocks, whole, rtol=1e-13, atol=1e-13)
    torch.testing.assert_close(term.losses(batch, numbers), whole[numbers], rtol=1e-13, atol=1e-13)


@every_term
def test_what_a_block_keeps_grows_with_its_rows_times_the_texts(name):
    """No tensor that the loss of a few rows keeps is larger than vectors, or rows × texts."""
    batch, _ = with_gradients(random_batch(3, rows=40, negatives=40, width=2))
    largest = []

    def note(tensor):
        largest.append(tensor.numel())
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(note, lambda tensor: tensor):
        term_of(name).losses(batch, slice(0, 2))
    assert max(largest) <= 2 * 80


@every_term
def test_the_order_of_candidates_changes_nothing(name):
    batch, term = random_batch(4, records=4), term_of(name)
    order = torch.randperm(len(batch.candidates))
    moved = batch._replace(
        candidates=batch.candidates[order],
        positives=order.argsort()[batch.positives],
        ids=batch.ids.of(order),
        teacher_candidates=batch.teacher_candidates[order],
    )
    torch.testing.assert_close(term.losses(moved, EVERYTHING), term.losses(batch, EVERYTHING))


@every_term
def test_the_order_of_rows_moves_losses_with_them(name):
    batch, term = random_batch(5, records=4), term_of(name)
    order = torch.randperm(len(batch.queries))
    moved = batch._replace(
        queries=batch.queries[order],
        positives=batch.positives[order],
        other_queries=batch.other_queries[order],
        has_other_query=batch.has_other_query[order],
        other_passages=batch.other_passages[order],
        has_other_passage=batch.has_other_passage[order],
        teacher_queries=batch.teacher_queries[order],
        passage_in_language=batch.passage_in_language[order],
        query_texts=batch.query_texts[order],
        other_query_texts=batch.other_query_texts[order],
        other_passage_texts=batch.other_passage_texts[order],
    )
    expected = term.losses(batch, EVERYTHING)[order]
    torch.testing.assert_close(term.losses(moved, EVERYTHING), expected)


@every_term
@pytest.mark.parametrize("shared", ["records", "groups", "texts"])
def test_a_translation_of_the_positive_is_no_negative(name, shared):
    """Rows 0 and 1 have passages that are one record (group, text); row 2 is another."""
    batch = random_batch(6, rows=3, negatives=0)
    ids = Ids(*(torch.tensor([10 * k, 10 * k + 1, 10 * k + 2]) for k in range(3)))
    getattr(ids, shared)[1] = getattr(ids, shared)[0]
    everyone = torch.ones(3, dtype=torch.bool)
    batch = batch._replace(
        positives=torch.arange(3),
        ids=ids,
        has_other_query=everyone,
        has_other_passage=everyone,
        query_texts=None,
        other_query_texts=None,
        other_passage_texts=None,
    )
    batch, (_, candidates, other_queries, other_passages) = with_gradients(batch)
    term_of(name).losses(batch, slice(0, 1)).sum().backward()
    pushed = [candidates.grad, other_queries.grad, other_passages.grad, batch.queries.grad]
    is_positive = name == "multi_positive" and shared == "records"
    for gradient in pushed:
        if gradient is not None and not (is_positive and gradient is candidates.grad):
            assert gradient[1].abs().sum() == 0
    if is_positive:
        assert (candidates.grad[1] @ batch.queries[0]).item() < 0, "pulled, not pushed"
    if name != "distill_mse":
        assert any(g is not None and g[2].abs().sum() > 0 for g in pushed), "row 2 is a negative"


SIDES = [("own", "own"), ("own", "view"), ("view", "own"), ("view", "view")]


@pytest.mark.parametrize("name", ["align_queries", "align_passages", "semantic"])
@pytest.mark.parametrize(("mine", "theirs"), SIDES)
def test_a_text_in_common_is_no_negative(name, mine, theirs):
    """One of row 0's two texts is one of row 1's; row 2 is another, and so are all ids."""
    batch = random_batch(24, rows=3, negatives=0)
    queries = {"own": torch.tensor([0, 1, 2]), "view": torch.tensor([10, 11, 12])}
    passages = {"own": torch.tensor([20, 21, 22]), "view": torch.tensor([30, 31, 32])}
    for texts in (queries, passages):
        texts[theirs][1] = texts[mine][0]
    everyone = torch.ones(3, dtype=torch.bool)
    batch = batch._replace(
        positives=torch.arange(3),
        ids=Ids(torch.arange(3), torch.full((3,), NONE), passages["own"]),
        has_other_query=everyone,
        has_other_passage=everyone,
        query_texts=queries["own"],
        other_query_texts=queries["view"],
        other_passage_texts=passages["view"],
    )
    batch, (_, candidates, other_queries, other_passages) = with_gradients(batch)
    term_of(name).losses(batch, slice(0, 1)).sum().backward()
    pushed = [v.grad for v in (candidates, other_queries, other_passages) if v.grad is not None]
    assert all(gradient[1].abs().sum() == 0 for gradient in pushed)
    assert any(gradient[2].abs().sum() > 0 for gradient in pushed)


@every_term
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_one_vector_for_all_texts_gives_finite_gradients(name, dtype):
    batch = random_batch(7, rows=6, records=4)
    one = normalize(torch.ones(1, 4), dim=1).to(dtype)
    constant = {field: one.expand(len(value), 4) for field, value in batch._asdict().items()
                if isinstance(value, torch.Tensor) and value.is_floating_point()}  # fmt: skip
    batch, leaves = with_gradients(batch._replace(**constant))
    losses = term_of(name, 0.01).losses(batch, EVERYTHING)
    assert losses.dtype == torch.float32
    assert torch.isfinite(losses).all()
    losses.sum().backward()
    assert all(leaf.grad is None or torch.isfinite(leaf.grad).all() for leaf in leaves)


@every_term
@pytest.mark.parametrize("rows", [1, 4])
def test_rows_without_negatives_are_finite(name, rows):
    """One record in all: nothing is a negative of anything."""
    batch, leaves = with_gradients(random_batch(8, rows=rows, negatives=0, records=1))
    losses = term_of(name, 0.01).losses(batch, EVERYTHING)
    losses.sum().backward()
    assert torch.isfinite(losses).all()
    assert all(leaf.grad is None or torch.isfinite(leaf.grad).all() for leaf in leaves)


@every_term
def test_a_batch_without_what_is_needed_counts_no_row(name):
    full, term = random_batch(9), term_of(name)
    batch = Embedded(full.queries.requires_grad_(), full.candidates, full.positives, full.ids)
    losses = term.losses(batch, slice(1, 3))
    losses.sum().backward()
    if term.needs:
        assert not term.counted(batch).any()
        assert losses.tolist() == [0, 0]
    else:
        assert term.counted(batch).all()


@pytest.mark.parametrize("name", ["align_queries", "align_passages", "semantic", "language"])
def test_the_filler_of_a_row_without_a_view_changes_nothing(name):
    batch, term = random_batch(10, rows=6), term_of(name)
    filled = batch._replace(
        other_queries=batch.other_queries.where(batch.has_other_query.unsqueeze(1), 7.0),
        other_passages=batch.other_passages.where(batch.has_other_passage.unsqueeze(1), 7.0),
    )
    assert not batch.has_other_query.all()
    assert not batch.has_other_passage.all()
    assert torch.equal(term.losses(filled, EVERYTHING), term.losses(batch, EVERYTHING))


def test_several_positives_are_infonce_where_records_stand_once():
    batch = random_batch(11, rows=8)
    expected = InfoNCE(0.1).losses(batch, EVERYTHING)
    torch.testing.assert_close(MultiPositive(0.1).losses(batch, EVERYTHING), expected)


def test_several_positives_are_the_mean_of_infonce_over_them():
    batch = random_batch(12, rows=6, records=2)
    records, query = batch.ids.records, batch.queries[:1]
    unknown = torch.full_like(records, NONE)
    batch = batch._replace(ids=Ids(records, unknown, unknown))
    mine = records == records[batch.positives[0]]
    each = [
        info_nce(query, batch.candidates, position, mine.unsqueeze(0), 0.1)
        for position in mine.nonzero()
    ]
    assert len(each) > 1
    found = MultiPositive(0.1).losses(batch, slice(0, 1))
    torch.testing.assert_close(found, torch.stack(each).mean(0))


def test_both_directions_are_one_where_queries_and_passages_are_the_same():
    batch = random_batch(13, rows=8, negatives=0)
    batch = batch._replace(queries=batch.passages())
    torch.testing.assert_close(
        TwoSided(0.1).losses(batch, EVERYTHING), InfoNCE(0.1).losses(batch, EVERYTHING)
    )


def test_a_margin_is_taken_from_the_cosine_of_the_pair():
    batch = random_batch(14)
    losses = [TwoSided(0.1, margin=m).losses(batch, EVERYTHING) for m in (0.0, 0.1, 0.3)]
    assert (losses[0] < losses[1]).all()
    assert (losses[1] < losses[2]).all()
    assert TwoSided(0.1).name == "symmetric"


def test_the_language_loss_is_least_where_translations_are_equal():
    batch = random_batch(15, rows=6)
    everyone = torch.ones(6, dtype=torch.bool)
    batch = batch._replace(has_other_passage=everyone)
    equal = batch._replace(other_passages=batch.passages())
    term = term_of("language")
    thirds = torch.tensor([len(lists(batch).negatives(i)) for i in range(6)])
    least = term.losses(equal, EVERYTHING)
    torch.testing.assert_close(least, thirds * torch.log(torch.tensor(2.0, dtype=torch.float64)))
    assert (term.losses(batch, EVERYTHING) > least).all()


def test_distillation_is_zero_for_the_teacher_itself():
    batch = random_batch(16)
    batch = batch._replace(
        teacher_queries=batch.queries.clone(), teacher_candidates=batch.candidates.clone()
    )
    for name in ("distill_mse", "distill_kl"):
        losses = term_of(name).losses(batch, EVERYTHING)
        torch.testing.assert_close(losses, torch.zeros_like(losses))


def test_a_teacher_of_another_width_serves_the_kl_alone():
    batch = random_batch(17)
    wide = {side: torch.cat((getattr(batch, side), getattr(batch, side)), dim=1)
            for side in ("teacher_queries", "teacher_candidates")}  # fmt: skip
    batch = batch._replace(**wide)
    assert torch.isfinite(term_of("distill_kl").losses(batch, EVERYTHING)).all()
    with pytest.raises(LingweaveError, match=r"teacher's have 8 dimensions and the model's 4"):
        term_of("distill_mse").losses(batch, EVERYTHING)


def test_clear_takes_a_passage_in_the_bridge_language_as_it_is():
    batch, term = random_batch(18, rows=6), term_of("clear(en,0.4,0.2)")
    nobody, everyone = torch.zeros(6, dtype=torch.bool), torch.ones(6, dtype=torch.bool)
    own = batch._replace(has_other_passage=nobody, passage_in_language=everyone)
    viewed = batch._replace(
        other_passages=batch.passages(), has_other_passage=everyone, passage_in_language=None
    )
    torch.testing.assert_close(term.losses(own, EVERYTHING), term.losses(viewed, EVERYTHING))
    neither = batch._replace(has_other_passage=nobody, passage_in_language=None)
    assert not term.counted(neither).any()


def test_the_mean_of_variance_is_the_published_sum():
    batch = random_batch(19, rows=6, negatives=0)
    unknown = torch.full((6,), NONE)
    batch = batch._replace(ids=Ids(unknown, unknown, unknown))
    cosines = batch.queries @ batch.passages().T
    expected = (cosines.square().sum() - cosines.diagonal().square().sum()) / (6 * 5)
    torch.testing.assert_close(term_of("variance").losses(batch, EVERYTHING).mean(), expected)
