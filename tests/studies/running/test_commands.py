"""The commands that a study comes down to."""

from studies.runnable import runnable

from lingweave.studies.config import StudyConfig
from lingweave.studies.running.commands import command_lines
from lingweave.studies.running.runs import runs_of


def test_starts_stand_first_and_the_report_last(table_file, tmp_path):
    runs = runs_of(runnable(table_file), tmp_path)
    config = StudyConfig(study=["my study.yaml"], scale="tiny", out="o", benchmarks=["all"])
    whole = "lingweave study run 'my study.yaml' --scale tiny --out o --benchmarks all"
    lines = [line for line in command_lines(runs, config) if not line.startswith("#")]
    assert lines[0] == f"{whole} --only {runs.starts['warm'].id}  # start warm"
    assert lines[1] == f"{whole} --only {runs.arms['mono', 1].id}  # mono 1"
    tfidf = next(one.id for one in runs.measures if one.arm == "tfidf")
    assert lines[-2] == f"{whole} --only {tfidf}  # tfidf"
    assert lines[-1] == whole
    assert len(lines) == 1 + 4 + 1 + 1
