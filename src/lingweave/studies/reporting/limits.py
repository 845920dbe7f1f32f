"""What a report does not show: the study's own words, then what its intervals leave out."""

from collections import Counter
from collections.abc import Sequence

from lingweave.report.reading import seeds_sentence
from lingweave.studies.definition.arms import arms_of, train_fields
from lingweave.studies.definition.study import Study
from lingweave.studies.reporting.contents import Part
from lingweave.studies.reporting.words import listed
from lingweave.studies.running.runs import starts_of


def limits_of(study: Study, parts: Sequence[Part]) -> tuple[str, ...]:
    """The study's own paragraphs, then what its intervals leave out."""
    own = [" ".join(text.split()) for text in study.limits.split("\n\n")]
    counts = sorted({len(row.seeds) for part in parts for row in part.rows if row.trained})
    texts = [text for text in own if text]
    if several := [count for count in counts if count > 1]:
        texts.append(
            f"Intervals in tables resample training seeds too. {seeds_sentence(several)} The"
            " corrected intervals of claims make up for that, as far as seeds scatter normally."
        )
    if 1 in counts:
        texts.append(
            "Arms with one training seed have intervals over questions alone: they say nothing of"
            " how a second training run would differ, so claims about these arms stay undecided."
        )
    if shared := _drawn_once(study):
        texts.append(shared)
    texts.append(
        "Intervals in tables of figures, by group and by language are uncorrected, each for itself:"
        " only the claims decide anything."
    )
    return tuple(texts)


def _drawn_once(study: Study) -> str:
    """What all runs have in common by chance, and no interval tells of; empty if there is none."""
    runs = Counter(
        start
        for arm in arms_of(study)
        for start in starts_of(study, train_fields(study, arm))
        for _ in study.seeds
        if study.starts[start].extend is None
    )
    starts = [start for start, count in runs.items() if count > 1]
    made = [
        name
        for name, spec in study.benchmarks.items()
        if str(spec.evaluate.get("benchmark", "")).startswith("atlas")
    ]
    told = []
    if starts:
        those = f"start{'s' if len(starts) > 1 else ''} {listed(starts)}"
        told.append(f"several runs go on from one training of {those}")
    if made:
        told.append(f"the data of {listed(made)} have one seed")
    text = f"{', and '.join(told)}: no interval holds the scatter of these."
    return text[0].upper() + text[1:] if told else ""
