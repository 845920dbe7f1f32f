"""The set-up scripts, with an environment that only says what it was asked."""

import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_demo_script_installs_once_and_passes_its_options_on(tmp_path: Path) -> None:
    for name in ("scripts", "pyproject.toml", "constraints.txt"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, tmp_path / name)
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name in ("python", "lingweave"):
        program = programs / name
        program.write_text(f'#!/bin/sh\necho "{name} $*"\n')
        program.chmod(0o755)
    command = [tmp_path / "scripts" / "demo", "--quick", "--out", "a b"]
    first, second = (
        subprocess.run(command, capture_output=True, text=True, check=True).stdout for _ in "12"
    )
    assert "Installing lingweave into .venv" in first
    assert second == "lingweave demo --quick --out a b\n"
