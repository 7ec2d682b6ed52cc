"""How long the programs take to say something, beside `pip --help` and a Python that does nothing.

    python benchmarks/starts.py [--runs 9]

Medians and 95th percentiles, all in one run, each program in turn. Byte code is there, as in what
users install.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

BIN = Path(sys.executable).parent
CONFIG = '{"architectures": ["Qwen3ForCausalLM"], "model_type": "qwen3"}'
"""Enough of a model's folder for a dry run, which looks and loads nothing."""


def rows(model: Path) -> dict[str, Sequence[str | Path]]:
    """Each program by the name of its line."""
    dry = ("run", "--dry-run", "--preset", "tiny", "--set", f"model.base={model}")
    return {
        "python, nothing": (sys.executable, "-c", "pass"),
        "pip --help": (sys.executable, "-m", "pip", "--help"),
        "fd-server --help": (BIN / "fd-server", "--help"),
        "fd-tui --help": (BIN / "fd-tui", "--help"),
        "fd-trainer --help": (BIN / "fd-trainer", "--help"),
        "fd-trainer run --dry-run": (BIN / "fd-trainer", *dry),
    }


def seconds(command: Sequence[str | Path], folder: Path, environment: Mapping[str, str]) -> float:
    """From the start to the end. A dry run ends with 2 where it has said what is missing (Lean)."""
    began = time.perf_counter()
    done = subprocess.run(
        command, check=False, cwd=folder, env=environment, capture_output=True, text=True
    )
    if done.returncode not in (0, 2):
        sys.exit(f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return time.perf_counter() - began


def measure(runs: int, folder: Path) -> dict[str, list[float]]:
    """Every program once, then all again; the first round only warms the disk's cache."""
    model = folder / "model"
    model.mkdir()
    (model / "config.json").write_text(CONFIG)
    environment = {
        **{k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"},
        "FD_DATA_DIR": str(folder / "data"), "FD_CONFIG": str(folder / "config.toml"),
    }  # fmt: skip
    took: dict[str, list[float]] = {name: [] for name in rows(model)}
    for turn in range(runs + 1):
        for name, command in rows(model).items():
            spent = seconds(command, folder, environment)
            took[name] += [spent] if turn else []
    return took


def main() -> None:
    """One table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=9)
    runs = parser.parse_args().runs
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores, {runs} runs each\n")
    with tempfile.TemporaryDirectory() as name:
        took = measure(runs, Path(name))
    pip = statistics.median(took["pip --help"])
    print("| what | p50 ms | p95 ms | ratio to pip --help |\n|---|---|---|---|")
    for name, spent in took.items():
        median, tail = statistics.median(spent), sorted(spent)[round(0.95 * len(spent)) - 1]
        print(f"| {name} | {1000 * median:.0f} | {1000 * tail:.0f} | {median / pip:.2f} |")


if __name__ == "__main__":
    main()
