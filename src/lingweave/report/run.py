"""What ``lingweave compare`` and ``lingweave report`` do."""

import json
from pathlib import Path

from lingweave.benchmark import Benchmark
from lingweave.report.comparison import Comparison, compared, comparison_json
from lingweave.report.config import CompareConfig, ReportConfig
from lingweave.report.files import write_text
from lingweave.report.reading import intervals_sentences, reading
from lingweave.report.tables import print_tables
from lingweave.significance import Resampling


def compare(config: CompareConfig) -> Comparison:
    """Print figures, differences and seeds with their intervals; write ``comparison.json``.

    Raises:
        LingweaveError: the evaluations cannot be read or compared, or ``out`` not be written.
    """
    how = Resampling(config.resamples, config.seed)
    comparison = compared(config.evaluations, config.baseline, how)
    print_tables(comparison)
    for text in (*reading(comparison), *intervals_sentences(comparison)):
        print(text)
    if config.out is not None:
        text = json.dumps(comparison_json(comparison), indent=1, ensure_ascii=False)
        print(f"wrote {write_text(config.out / 'comparison.json', text + chr(10))}")
    return comparison


def report(config: ReportConfig, benchmark: Benchmark | None = None) -> Path:
    """Write one self-contained HTML page; its path.

    Args:
        config: What to put on it.
        benchmark: Texts for example queries; read from ``config.data`` if not given.

    Raises:
        LingweaveError: the evaluations cannot be read or compared, or ``out`` not be written.
    """
    how = Resampling(config.resamples, config.seed)
    comparison = compared(config.evaluations, config.baseline, how)
    if benchmark is None and config.data is not None:
        # Here, so that `compare` does not import the encoders.
        from lingweave.evaluate import Evaluation
        from lingweave.evaluate.again import benchmark_of

        benchmark = benchmark_of(Evaluation.open(comparison.arms[0].folders[0]), config.data)
    path = write_report(comparison, config.out, benchmark)
    print(f"wrote {path}")
    return path


def write_report(comparison: Comparison, out: Path, benchmark: Benchmark | None = None) -> Path:
    """Write the page of a comparison that is at hand; its path.

    Raises:
        LingweaveError: it cannot be written.
    """
    # Here, because matplotlib takes a second that `compare` need not wait for.
    from lingweave.report.page import page

    return write_text(out, page(comparison, benchmark))
