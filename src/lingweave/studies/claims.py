"""The claims of a study, judged: every comparison under one correction for all of them."""

from lingweave.significance import Resampling
from lingweave.studies.measurements import Measurements
from lingweave.studies.study import Study
from lingweave.studies.verdicts import Verdict


def judged_claims(
    study: Study, measurements: Measurements, resampling: Resampling | None = None
) -> tuple[Verdict, ...]:
    """A verdict for each claim, in the study's order.

    Raises:
        LingweaveError: a claim names what the study does not have, or its arms were not measured
            alike.
    """
    raise NotImplementedError
