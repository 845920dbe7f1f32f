"""Reports as Markdown: the answer first, nothing that Markdown could misread."""

from dataclasses import replace

import pytest
from studies.reported import a_study, compared, contents, verdicts

from lingweave.report.tables import Cell, Table
from lingweave.significance import Interval
from lingweave.studies.judging.verdicts import Verdict
from lingweave.studies.reporting.answer import answer_sentence, reason
from lingweave.studies.reporting.markdown import costs_markdown, escaped, markdown, table_text
from lingweave.studies.reporting.words import asked_words, figure_words


@pytest.fixture(scope="module")
def text():
    return markdown(contents())


def heads(text, level):
    return [line[level + 1 :] for line in text.splitlines() if line.startswith("#" * level + " ")]


def test_the_answer_comes_first_then_tables_costs_limits_and_what_made_it(text):
    assert heads(text, 1) == ["Does mixing help?"]
    assert heads(text, 2) == [
        "Answer",
        "facts",
        "elsewhere",
        "The paper's figures",
        "Planned arms",
        "The comparisons behind the claims",
        "Costs",
        "Limits",
        "What made it",
    ]
    assert heads(text, 3)[:4] == ["Supported", "Refuted", "Undecided", "Not measured"]
    assert "Of 4 claims: 1 supported, 1 refuted, 1 undecided and 1 not measured." in text


def test_a_claim_says_what_decided_it(text):
    told = " ".join(text.split())
    assert (
        "- **(1) Hybrid beats x-y on mono.** (after the paper's claim) Both comparisons hold; the"
        " least sure: mono mAP on facts, hybrid/xlm-r − x-y/xlm-r: +.040 [+.021 to +.060]."
    ) in told
    assert "“As good” and “equal” allow .01 and 5% of a rank distance." in told
    assert "- **(3) X-X is best.** multi mAP on facts, x-x-mono/xlm-r − x-y/xlm-r: −.150 [" in text
    assert "1 of 2 comparisons is undecided: rank distance on facts," in text
    assert "- **(4) Hybrid is best elsewhere.** Missing: hybrid/xlm-r on elsewhere." in text


def test_a_comparison_has_both_intervals_and_what_is_asked(text):
    assert (
        "| hybrid/xlm-r − x-y/xlm-r | facts | mono mAP | +.040 [+.021 to +.060]"
        " | +.040 [+.030 to +.052] | above 0 | holds |"
    ) in text
    assert "+16.0% [−2.0% to +33.0%] | +10.0 [+2.0 to +18.0] | at most 5.0% worse" in text
    assert "| −.002 [−.008 to +.003] | +.040 [+.030 to +.052] | at most .010 worse |" in text
    assert "Corrected intervals hold 99.17%." in text


def test_many_telling_comparisons_are_counted_not_listed():
    study = a_study()
    many = tuple(compared("refuted", right=f"arm{n}") for n in range(7))
    why = reason(Verdict(study.claims[0], "refuted", many))
    assert why.startswith("7 of 7 comparisons go the other way: ")
    assert why.count("mono mAP") == 2
    assert why.endswith("; 5 more.")


def test_a_study_without_claims_decides_nothing():
    text = markdown(replace(contents(), claims=(), comparisons=0))
    assert "This study makes no claim" in text
    assert "Holm" not in text
    assert "behind the claims" not in text


def test_all_comparisons_of_a_claim_may_hold_or_be_one():
    one, *_ = verdicts(a_study())
    three = (compared(), compared(p=0.02, figure="cross.mAP"), compared())
    told = reason(replace(one, comparisons=three))
    assert told.startswith("All 3 comparisons hold; the least sure: cross mAP on facts,")
    alone = reason(replace(one, comparisons=(compared(),)))
    assert alone == "mono mAP on facts, hybrid/xlm-r − x-y/xlm-r: +.040 [+.021 to +.060]."
    assert answer_sentence(replace(contents(), claims=(one,))) == "The one claim is supported."
    assert answer_sentence(replace(contents(), claims=(one, one))) == "All 2 claims are supported."


def test_before_any_run_nothing_is_known_and_what_is_asked_still_stands():
    one = verdicts(a_study())[3]
    unknown = Interval(float("nan"), float("nan"), float("nan"))
    distance = compared("not measured", "rank_distance", "as_good", side="below", margin=0.1,
                        threshold=0.1, difference=unknown, plain=unknown)  # fmt: skip
    one = replace(one, comparisons=(distance,))
    text = markdown(replace(contents(), claims=(one,)))
    assert "Nothing is known yet of the claim: its runs are missing." in text
    assert "“As good” and “equal” allow 10% of a rank distance." in " ".join(text.split())
    assert "left − right |" not in text
    assert asked_words(distance) == "at most 10.0% worse"


def test_what_was_measured_and_what_was_not(text):
    assert "6 languages; 24 questions in 12 clusters; not trained in: sw. Ties: pessimistic." in (
        " ".join(text.split())
    )
    assert "| arm | mono mAP | multi mAP | multi mAP, unseen languages | rank distance |" in text
    assert "| Swahili sw † |" in text
    assert "Not measured: x-x-mono/xlm-r, x-x-mono/labse," in text
    assert "xquad-r, data data:eval/xquad_r." in text


def test_a_claim_is_the_papers_own_at_the_full_scale_alone(text):
    assert "(claimed in the paper)" not in text
    full = markdown(replace(contents(), scale=None))
    assert "(claimed in the paper)" in full
    assert "after the paper's claim" not in full


def test_what_is_corrected_for_is_told(text):
    assert "corrected for the study's 4 claims (Holm)" in " ".join(text.split())


def test_the_papers_figures_stand_beside_ours(text):
    """A grid a benchmark: the paper's columns, and below each figure ours and the verdict."""
    at = text.index("## The paper's figures")
    lines = text[at : text.index("## Planned arms")].splitlines()
    rows = [line for line in lines if line.startswith("| ")]
    assert rows[0] == "| arm |  | mono mAP | multi mAP |"
    assert rows[1] == "| hybrid/xlm-r | paper | .790 | .300 |"
    assert rows[2].startswith("| hybrid/xlm-r | here | .7")
    assert rows[3] == "| hybrid/xlm-r | verdict | undecided | not reproduced |"
    assert rows[4:] == [
        "| arm |  | mono mAP |",
        "| hybrid/labse | paper | .800 |",
        "| hybrid/labse | here | – |",
        "| hybrid/labse | verdict | not measured |",
    ]
    assert sum(" ".join(line.split()).startswith(("facts.", "elsewhere.")) for line in lines) == 2


def test_seconds_stand_apart(text):
    assert "13.5" not in text
    assert "seconds" in costs_markdown(contents())
    assert "cpu" in costs_markdown(contents())
    assert "| x-x-mono/xlm-r | 3 | 100 | 3,200 | 80,000 | 1,000,000 |" in text


def test_tables_survive_what_markdown_would_misread():
    table = Table("a_b *c*", ("arm", "x|y", "say"), (
        (Cell("pivot(en,*)|`x`"), Cell(".5", ".4–.6"), Cell("<b>&", words=True)),
    ))  # fmt: skip
    assert table_text(table).splitlines() == [
        r"a_b \*c\*",
        "",
        r"| arm | x\|y | say |",
        "|---|---:|---|",
        r"| pivot(en,\*)\|\`x\` | .5 [.4–.6] | &lt;b>&amp; |",
    ]
    assert escaped("_so_ a_b [x](y)\n z") == r"\_so\_ a_b [x]\(y) z"


def test_lines_are_short_but_for_tables(text):
    assert all(len(line) <= 110 for line in text.splitlines() if not line.startswith("|"))


@pytest.mark.parametrize(
    ("figure", "words"),
    [
        ("mono.mAP", "mono mAP"),
        ("multi.nDCG@10|unseen", "multi nDCG@10, unseen languages"),
        ("multi.mAP|language=el", "multi mAP, Greek queries"),
        ("multi.mAP|family=Bantu", "multi mAP, Bantu languages"),
        ("multi.mAP|script=Arab", "multi mAP, Arabic script"),
        ("rank_distance|resource=low", "rank distance, low-resource languages"),
        ("cross.mAP|worst_decile", "cross mAP, worst tenth of languages"),
        ("cross.mAP|gap_to=en", "cross mAP, gap to English"),
        ("exact_match", "exact match"),
        ("sentence_match@1", "answer sentence match@1"),
    ],
)
def test_figures_have_the_names_of_the_field(figure, words):
    assert figure_words(figure) == words
