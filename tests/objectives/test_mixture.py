"""Objectives as one line: what can be written, what is refused, and the weighted sum."""

import pytest
import torch
from objectives.random_batch import random_batch, with_gradients

from lingweave.errors import LingweaveError
from lingweave.objectives import (
    TERMS,
    AlignQueries,
    Clear,
    DistillKL,
    InfoNCE,
    TwoSided,
    objective_of,
    part,
    shares,
    view_languages,
)

MIXED = "infonce=1, align_passages(en)=0.2, margin(0.3)=0.5, clear=2"


def test_a_line_is_its_terms():
    assert objective_of("infonce", 0.05) == (InfoNCE(0.05),)
    assert objective_of("infonce=1,align_queries=0.2,margin(0.3)=0.5", 0.1) == (
        InfoNCE(0.1),
        AlignQueries(0.1, 0.2),
        TwoSided(0.1, 0.5, 0.3),
    )
    assert objective_of("clear(0.3,0.1)", 0.05) == (Clear(0.05, 1.0, "en", 0.3, 0.1),)
    assert objective_of("clear(zh-TW,0.3,0.1)=2", 0.05) == (Clear(0.05, 2.0, "zh-TW", 0.3, 0.1),)
    assert objective_of("clear(nan)", 0.05) == (Clear(0.05, 1.0, "nan"),)  # Min Nan Chinese
    assert objective_of("distill_kl(0.5)", 0.05) == (DistillKL(0.05, 1.0, 0.5),)


@pytest.mark.parametrize("name", TERMS)
def test_every_term_can_be_written_as_shown_and_says_its_name(name):
    (term,) = objective_of(TERMS[name].example, 0.05)
    assert term.name == TERMS[name].example
    assert term.weight == 1


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("", "cannot read ''; terms are infonce, symmetric"),
        ("info", "cannot read 'info'; terms are infonce"),
        ("infonce,", "cannot read ''"),
        ("infonce=", "cannot read 'infonce='"),
        ("infonce=0", "the weight in 'infonce=0' must be more than 0"),
        ("infonce=-1", "must be more than 0"),
        ("infonce=nan", "must be more than 0"),
        ("infonce=one", "must be more than 0"),
        ("infonce(en)", r"write it as infonce$"),
        ("infonce(0.1)", r"write it as infonce$"),
        ("margin", r"write it as margin\(0.3\)"),
        ("margin(en,0.3)", r"write it as margin\(0.3\)"),
        ("margin(-0.1)", "the margin is -0.1: give 0 or more"),
        ("clear(en,0.4)", r"write it as clear\(en,0.4,0.2\)"),
        ("clear(0.8,0.4)", "at most 1 together"),
        ("clear(en,-0.1,0.2)", "give two shares of 0 or more"),
        ("distill_kl(0)", "the temperature must be more than 0"),
        ("infonce,infonce=2", "infonce stands twice"),
        ("symmetric,margin(0)", "symmetric stands twice"),
        (
            "align_passages,clear(en,0.4,0.2)",
            r"align_passages and clear\(en,0.4,0.2\) want translations in different languages",
        ),
        ("semantic(de),language(fr)", "different languages"),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_line(line, message):
    with pytest.raises(LingweaveError, match=message) as error:
        objective_of(line, 0.05)
    assert "\n" not in str(error.value)
    assert repr(line) in str(error.value)


def test_needs_come_with_the_language_of_the_views():
    assert view_languages(objective_of(MIXED, 0.05)) == {"other_passage": "en"}
    assert view_languages(objective_of("align_queries,align_passages(de),distill_kl", 0.05)) == {
        "other_query": None,
        "other_passage": "de",
        "teacher": None,
    }
    assert view_languages(objective_of("infonce,variance", 0.05)) == {}


def test_the_loss_is_the_weighted_sum_of_means_over_counted_rows():
    batch, terms = random_batch(20, rows=7), objective_of(MIXED, 0.1)
    expected = 0.0
    for term in terms:
        counted = term.counted(batch)
        assert counted.sum() > 0
        expected += term.weight * term.losses(batch, slice(None))[counted].mean().item()
    assert part(terms, batch, slice(None)).item() == pytest.approx(expected, rel=1e-12)


def test_parts_add_up_to_the_loss_and_its_gradient():
    terms = objective_of(MIXED, 0.1)
    whole, leaves = with_gradients(random_batch(21, rows=7, records=5))
    loss = part(terms, whole, slice(None))
    loss.backward()
    blocks, others = with_gradients(whole)
    parts = [part(terms, blocks, slice(at, at + 2)) for at in range(0, 7, 2)]
    for some in parts:
        some.backward()
    assert sum(some.item() for some in parts) == pytest.approx(loss.item(), rel=1e-12)
    for one, other in zip(leaves, others, strict=True):
        if one.grad is not None:
            torch.testing.assert_close(other.grad, one.grad)


def test_shares_are_the_terms_without_their_weights():
    batch, terms = random_batch(22, rows=4), objective_of(MIXED, 0.1)
    each = shares(terms, batch, slice(1, 3))
    expected = sum(t.weight * s.item() for t, s in zip(terms, each, strict=True))
    assert part(terms, batch, slice(1, 3)).item() == pytest.approx(expected, rel=1e-12)


def test_a_term_that_counts_no_row_adds_nothing():
    batch = random_batch(23)._replace(other_passages=None, has_other_passage=None)
    batch = batch._replace(queries=batch.queries.requires_grad_())
    loss = part(objective_of("align_passages", 0.1), batch, slice(None))
    loss.backward()
    assert loss.item() == 0
    assert batch.queries.grad.abs().sum() == 0


def test_gradients_of_infonce_are_bit_for_bit_those_of_the_mean_cross_entropy():
    """Figures that were published with the mean form stay what they are."""
    for seed in range(20):
        batch = random_batch(seed, rows=33, negatives=20, width=64, dtype=torch.float32)
        plain, (queries, candidates, *_) = with_gradients(batch)
        own = plain.positives
        same = torch.zeros(33, 53, dtype=torch.bool)
        for values in plain.ids:
            same |= (values[own][:, None] == values) & (values[own] != -1)[:, None]
        scores = queries @ candidates.T / 0.05
        scores = scores.masked_fill(same.scatter(1, own[:, None], False), float("-inf"))
        torch.nn.functional.cross_entropy(scores, own).backward()
        batch, (q, c, *_) = with_gradients(batch)
        part(objective_of("infonce", 0.05), batch, slice(0, 33)).backward()
        assert torch.equal(q.grad, queries.grad)
        assert torch.equal(c.grad, candidates.grad)
