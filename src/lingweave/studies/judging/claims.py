"""The claims of a study, judged: under one correction for all of them."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from lingweave.errors import LingweaveError
from lingweave.significance import Resampling
from lingweave.studies.definition.study import ClaimSpec, Study
from lingweave.studies.judging.arm import ArmFigures
from lingweave.studies.judging.comparisons import Choices, Comparison, Place, comparisons
from lingweave.studies.judging.drawn import BenchmarkFigures, drawn_figures
from lingweave.studies.judging.figures import Drawn, Floats
from lingweave.studies.judging.holm import Difference, Judged, JudgedClaim, Part, interval, judged
from lingweave.studies.judging.measurements import Measurements
from lingweave.studies.judging.verdicts import Compared, Status, Verdict

PLAIN = 0.95
"""Level of the intervals that are not corrected."""


def judged_claims(
    study: Study,
    measurements: Measurements,
    resampling: Resampling | None = None,
    figures: Mapping[str, BenchmarkFigures] | None = None,
) -> tuple[Verdict, ...]:
    """A verdict for each claim, in the study's order.

    Args:
        study: Its claims, benchmarks and seeds.
        measurements: What has been measured.
        resampling: How the bootstrap draws; by default the study's resamples.
        figures: What `drawn_figures` gave for the same; by default it is asked.

    Raises:
        LingweaveError: a claim compares nothing, or its arms were not measured alike.
    """
    made = all_comparisons(study, measurements.choices)
    if figures is None:
        figures = drawn_figures(study, measurements, resampling)
    seen = [[_Seen(study, one, figures) for one in of_claim] for of_claim in made]
    found = judged([[one.held for one in of_claim] for of_claim in seen])
    return tuple(
        _verdict(claim, of_claim, one)
        for claim, of_claim, one in zip(study.claims, seen, found, strict=True)
    )


def all_comparisons(study: Study, choices: Choices) -> tuple[tuple[Comparison, ...], ...]:
    """The comparisons of each claim; nothing need be measured for it.

    Raises:
        LingweaveError: a claim compares nothing.
    """
    return tuple(comparisons(study, claim, choices) for claim in study.claims)


class _Seen:
    """A comparison with what was measured of its two sides."""

    def __init__(
        self, study: Study, one: Comparison, figures: Mapping[str, BenchmarkFigures]
    ) -> None:
        self.one = one
        self.clusters = 0
        self.sides: tuple[Drawn, ...] = ()
        self.paired = self.one_seed = False
        self.held: Part | None = None
        try:
            arms = [_arm(study, place, figures) for place in one.places]
            drawn = [_figure(arm, one) for arm in arms]
            where = [figures[place.benchmark] for place in one.places]
            for place, there in zip(one.places, where, strict=True):
                if there.design != where[0].design:
                    raise LingweaveError(
                        f"{one.left.benchmark} and {place.benchmark} ask different questions"
                    )
        except LingweaveError as error:
            self.missing = str(error)
            return
        self.missing = ""
        self.clusters = where[0].clusters
        self.sides = tuple(drawn)
        self.one_seed = any(len(arm.seeds) == 1 and arm.seeds != (None,) for arm in arms)
        seeds = arms[0].seeds
        # Floors have one seed, which is none: never paired.
        self.paired = None not in seeds and all({*arm.seeds} == {*seeds} for arm in arms)
        if self.paired:
            self.sides = tuple(
                side._replace(by_seed=tuple(side.by_seed[arm.seeds.index(seed)] for seed in seeds))
                for side, arm in zip(drawn, arms, strict=True)
            )
        self.held = Part(self._difference(one.by_share), one.threshold, one.side)

    def _difference(self, by_share: bool) -> Difference:
        factor = self.one.claim.factor

        def apart(a: Floats, b: Floats, *minus: Floats) -> Floats:
            with np.errstate(divide="ignore", invalid="ignore"):
                found = np.asarray(a / (factor * b) - 1 if by_share else a - factor * b)
            return found - (minus[0] - factor * minus[1]) if minus else found

        each = [np.array(side.by_seed) for side in self.sides]
        # Where seeds are not shared, each side's scatter by itself, the others held still.
        series = [apart(*each)] if self.paired else [
            apart(*(one if at == place else one.mean() for at, one in enumerate(each)))
            for place in range(len(each))
        ]  # fmt: skip
        return Difference(
            float(apart(*(np.array(side.observed) for side in self.sides))),
            apart(*(side.draws for side in self.sides)),
            tuple(tuple(map(float, one)) for one in series),
            self.clusters,
            self.one_seed,
        )

    def compared(self, found: Judged | None) -> Compared:
        """What is said of it."""
        one, claim = self.one, self.one.claim
        bare = Compared(
            left=one.left.arm,
            right=one.right.arm,
            benchmark=one.left.benchmark,
            right_benchmark=one.right.benchmark,
            figure=one.figure.name,
            relation=claim.relation,
            side=one.side,
            factor=claim.factor,
            margin=one.margin,
            threshold=one.threshold,
            status="not measured",
            missing=self.missing,
            minus=tuple(
                place.arm if place.benchmark == one.left.benchmark
                else f"{place.arm} ({place.benchmark})"
                for place in one.minus
            ),
        )  # fmt: skip
        if found is None or not self.sides:
            return bare
        plain = self._difference(False)
        status: Status = (
            "undecided" if found.lies is None
            else "supported" if found.lies == one.side else "refuted"
        )  # fmt: skip
        return replace(
            bare,
            status=status,
            left_value=self.sides[0].observed,
            right_value=self.sides[1].observed,
            difference=interval(plain, found.confidence),
            plain=interval(plain, PLAIN),
            share=found.interval if one.by_share else None,
            confidence=found.confidence,
            p=found.p,
            one_seed=self.one_seed,
            by_seed=plain.seeds[0] if self.paired else (),
        )


def _arm(study: Study, place: Place, figures: Mapping[str, BenchmarkFigures]) -> ArmFigures:
    if place.benchmark not in study.benchmarks:
        raise LingweaveError(f"{place.benchmark}, which is left out")
    found = figures[place.benchmark].arms.get(place.arm) if place.benchmark in figures else None
    if found is None:
        raise LingweaveError(f"{place.arm} on {place.benchmark}")
    lacking = [seed for seed in study.seeds if seed not in found.seeds]
    if place.arm not in study.floors and lacking:
        seeds = ", ".join(map(str, lacking))
        raise LingweaveError(
            f"{place.arm} on {place.benchmark}, seed{'s' if len(lacking) > 1 else ''} {seeds}"
        )
    return found


def _figure(arm: ArmFigures, one: Comparison) -> Drawn:
    drawn = arm.drawn.get(one.figure.name)
    if drawn is None or not np.isfinite(drawn.observed):
        raise LingweaveError(arm.undefined.get(one.figure.name, f"{one.figure.name} of {arm.name}"))
    return drawn


def _verdict(claim: ClaimSpec, seen: Sequence[_Seen], found: JudgedClaim) -> Verdict:
    made = tuple(one.compared(part) for one, part in zip(seen, found.parts, strict=True))
    missing = tuple(dict.fromkeys(one.missing for one in made if one.missing))
    status: Status = found.decided or ("not measured" if missing else "undecided")
    return Verdict(claim, status, made, missing, found.p, found.level)
