"""Makes `tests/data/lean/recorded` anew: the demo's walk on a live Lean, written down, then played back.

    .venv/bin/python scripts/record_lean.py [--seconds 20] [--rounds 2]

Walks several times, as what is asked first depends on what is fast today. Fails if no live Lean is
found, or if the walk played back proves anything else than the live one did.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
EXAMPLE = ROOT / "examples" / "lean-project" / "Examples.lean"
TARGET = ROOT / "tests" / "data" / "lean" / "recorded"
SCRIPT = Path(sys.executable).with_name("fd-server")
LIMIT_BYTES = 3_000_000


def main() -> None:
    """Record, play, compare, and only then replace what is there."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", default="20")
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "recorded"
        live: dict[str, Any] = {}
        for _ in range(options.rounds):
            live = walk(options.seconds, FD_RECORD_LEAN=str(folder))
            print(f"live: {live['proved']} of {live['goals']} on {live['lean']}")
        if live["lean"].startswith("recorded"):
            sys.exit("this is no live Lean: FD_RECORDED_LEAN is set")
        played = walk(options.seconds, FD_RECORDED_LEAN=str(folder))
        if played["open"] != live["open"]:
            sys.exit(f"played back, other goals stay open: {played['open']}, live {live['open']}")
        keep(folder)


def walk(seconds: str, **environment: str) -> dict[str, Any]:
    """The demo on the example, as plain data."""
    command: list[str | Path] = [SCRIPT, "demo", EXAMPLE, "--seconds", seconds, "--json"]
    with tempfile.TemporaryDirectory() as data:
        # No memory of earlier walks: a newcomer's machine has none.
        clean = {"FD_DATA_DIR": data, "FD_CONFIG": f"{data}/config.toml", "FD_CACHE_DIR": data}
        done = subprocess.run(
            command, env={**os.environ, **clean, **environment}, stdout=subprocess.PIPE, check=False
        )
    try:
        value: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        sys.exit(f"the demo failed with status {done.returncode}")
    return value


def keep(folder: Path) -> None:
    """Replace the recording in the repository."""
    file = folder / "lean.jsonl"
    size = file.stat().st_size
    if size > LIMIT_BYTES:
        sys.exit(f"the recording has {size} bytes, more than {LIMIT_BYTES}")
    TARGET.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, TARGET / "lean.jsonl")
    print(f"{TARGET.relative_to(ROOT)}/lean.jsonl: {size} bytes")


if __name__ == "__main__":
    main()
