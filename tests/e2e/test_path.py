"""The path that a user walks, through the installed command's own entry point."""

import json
import math
import random
import subprocess
import sys
from pathlib import Path

import pytest
from data import lareqa_folder, shared_data

from lingweave.cli import main
from lingweave.evaluate import Evaluation

WORDS = {
    "de": ["Haus", "Baum", "Fluss", "Berg", "Stadt", "Brot", "Licht", "Stein", "Wolke", "Tür"],
    "en": ["house", "tree", "river", "hill", "town", "bread", "light", "stone", "cloud", "door"],
    "sw": ["nyumba", "mti", "mto", "mlima", "mji", "mkate", "mwanga", "jiwe", "wingu", "mlango"],
}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LINGWEAVE_CACHE", str(tmp_path / "cache"))


def rows(path: Path, count: int = 90) -> Path:
    """Parallel rows: a question names two words of its passage of four."""
    choose = random.Random(0)
    picked = [tuple(choose.sample(range(10), 4)) for _ in range(count)]
    lines = [
        {
            "id": str(number),
            "lang": code,
            "query": f"{words[a]} {words[b]} {number}?",
            "passage": " ".join(words[place] for place in (a, b, c, d)) + f" {number}",
            "split": "dev" if number % 3 == 0 else "train",
        }
        for number, (a, b, c, d) in enumerate(picked)
        for code, words in WORDS.items()
    ]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def test_the_installed_command_answers() -> None:
    command = Path(sys.executable).with_name("lingweave")
    for words, expected in (("--version", "lingweave 0."), ("--help", "data pack")):
        done = subprocess.run([command, words], capture_output=True, text=True, check=True)
        assert expected in done.stdout
    bare = subprocess.run([command], capture_output=True, text=True, check=False)
    assert (bare.returncode, "usage: lingweave VERB" in bare.stdout) == (0, True)
    wrong = subprocess.run([command, "trian"], capture_output=True, text=True, check=False)
    assert (wrong.returncode, wrong.stderr.count("\n")) == (2, 1)


def test_from_rows_to_a_report(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = rows(tmp_path / "rows.jsonl")
    assert main(["data", "show", str(table)]) == 0
    assert "90 records in 3 languages, 270 of 270 cells filled" in capsys.readouterr().out
    packed = tmp_path / "packed.arrow"
    assert main(["data", "pack", str(table), "--out", str(packed)]) == 0
    shared = ["--table", str(table), "--batch_size", "16", "--steps", "30", "--threads", "1"]
    shared += ["--vocabulary", "300", "--seen", "[]"]
    evaluations = []
    for recipe in ("x-x-mono", "hybrid"):
        for seed in ("1", "2"):
            out = tmp_path / f"{recipe}-{seed}"
            words = ["train", *shared, "--recipe", recipe, "--seed", seed, "--out", str(out)]
            assert main(words) == 0
            scored = str(out / "evaluation")
            words = ["evaluate", "--benchmark", "parallel", "--data", str(table)]
            assert main([*words, "--model", str(out / "model"), "--out", scored]) == 0
            evaluations.append(scored)
    assert "same language first" in capsys.readouterr().out
    made = json.loads((Path(evaluations[0]) / "evaluation.json").read_text())
    assert made["provenance"]["seen"] == "unseen"
    assert made["provenance"]["training"]["recipe"] == "x-x-mono"

    comparison = tmp_path / "comparison"
    assert main(["compare", *evaluations, "--resamples", "200", "--out", str(comparison)]) == 0
    shown = capsys.readouterr().out
    assert "hybrid" in shown
    assert (comparison / "comparison.json").exists()
    page = tmp_path / "report.html"
    assert main(["report", *evaluations, "--out", str(page), "--resamples", "200"]) == 0
    assert "hybrid minus x-x-mono" in page.read_text()

    # The same command again says that it is complete; another one is refused, and nothing is lost.
    out = tmp_path / "hybrid-1"
    words = ["train", *shared, "--recipe", "hybrid", "--seed", "1", "--out", str(out)]
    weights = next((out / "model").rglob("*.safetensors"))
    before = weights.read_bytes()
    capsys.readouterr()
    assert main(words) == 0
    assert "complete after 30 steps" in capsys.readouterr().err
    assert main([*words, "--temperature", "0.1"]) == 2
    assert "temperature: 0.05 there, 0.1 here" in capsys.readouterr().err
    assert weights.read_bytes() == before


def test_options_come_from_a_file_and_are_overridden(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tables = ["--table", "a.parquet", "b,c.parquet", "--languages", "de,en"]
    with pytest.raises(SystemExit) as stopped:
        main(["train", *tables, "--one_of", "zh-CN,zh-TW", "pt-BR,pt-PT", "--print_config"])
    assert stopped.value.code == 0
    text = capsys.readouterr().out
    assert "- b,c.parquet" in text
    file = tmp_path / "run.yaml"
    file.write_text(text.replace("a.parquet", "absent.parquet"))
    assert main(["train", "--config", str(file), "--out", str(tmp_path / "run")]) == 2
    assert "absent.parquet: no such file" in capsys.readouterr().err
    file.write_text("tabel: [a]")
    assert main(["train", "--config", str(file)]) == 2
    message = capsys.readouterr().err
    assert "tabel" in message
    assert message.count("\n") == 1


@pytest.mark.parametrize("twin", ["published", "generated"])
def test_a_lareqa_folder_is_evaluated_with_the_floors(
    tmp_path: Path, twin: str, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = lareqa_folder(tmp_path / "data")
    words = ["evaluate", "--benchmark", "lareqa"]
    if twin == "published":
        folder = shared_data("eval/xquad_r")
        words = ["evaluate", "--benchmark", "xquad-r", "--languages", "de", "en"]
    out = tmp_path / "out"
    assert main([*words, "--data", str(folder), "--encoder", "tfidf", "--out", str(out)]) == 0
    evaluation = Evaluation.open(out)
    assert evaluation.ties == "pessimistic"
    if twin == "published":
        assert evaluation.languages == ("de", "en")
        assert math.isclose(
            evaluation.summary["per_language"]["en"]["mono"]["mAP"], 0.8, abs_tol=0.1
        )
    else:
        assert evaluation.languages == ("de", "en", "th")
    assert main([*words, "--data", str(folder), "--encoder", "random", "--out", str(out)]) == 2
    assert "differs in encoder" in capsys.readouterr().err
