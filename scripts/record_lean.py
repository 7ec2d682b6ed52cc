"""Makes `tests/data/lean/recorded` anew: the demo's walk on a live Lean, written down, then played back.

    .venv/bin/python scripts/record_lean.py [--seconds 20] [--rounds 2]

Walks several times, as what is asked first depends on what is fast today; the last walk's words
become docs/demo-transcript.md. Fails if no live Lean is found, or if the walk played back leaves
other declarations open than the live one did.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from fd_core.lean_source import declaration_at, sorries

ROOT = Path(__file__).parent.parent
EXAMPLE = Path("examples/lean-project/Examples.lean")
TARGET = ROOT / "tests" / "data" / "lean" / "recorded"
TRANSCRIPT = ROOT / "docs" / "demo-transcript.md"
SCRIPT = Path(sys.executable).with_name("fd-server")
LIMIT_BYTES = 3_000_000


@dataclass(frozen=True)
class Walk:
    """What one walk printed, and which declarations it left open."""

    words: str
    open: tuple[str, ...]


def main() -> None:
    """Record, play, compare, and only then replace what is there."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", default="20")
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "recorded"
        live = Walk("", ())
        for _ in range(options.rounds):
            live = walk(options.seconds, FD_RECORD_LEAN=str(folder))
            print(live.words.strip().split("\n")[-2])
        if "[recorded]" in live.words:
            sys.exit("this is no live Lean: FD_RECORDED_LEAN is set")
        played = walk(options.seconds, FD_RECORDED_LEAN=str(folder))
        if played.open != live.open:
            sys.exit(f"played back, other goals stay open: {played.open}, live {live.open}")
        keep(folder, live)


def walk(seconds: str, **environment: str) -> Walk:
    """The demo on the example, on a machine without memories."""
    with tempfile.TemporaryDirectory() as data:
        clean = {"FD_DATA_DIR": data, "FD_CONFIG": f"{data}/config.toml", "FD_CACHE_DIR": data}
        finished = Path(data) / "Finished.lean"
        command: list[str | Path] = [SCRIPT, "demo", EXAMPLE, "--seconds", seconds]
        done = subprocess.run(
            [*command, "--write", finished],
            cwd=ROOT,
            env={**os.environ, **clean, **environment},
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        if done.returncode:
            sys.exit(f"the demo ended with status {done.returncode}:\n{done.stdout}")
        return Walk(done.stdout, still_open(finished.read_text(encoding="utf-8")))


def still_open(text: str) -> tuple[str, ...]:
    """Declarations that hold a `sorry`."""
    around = [declaration_at(text, start) for start, _ in sorries(text)]
    return tuple(declared.name for declared in around if declared is not None)


def keep(folder: Path, live: Walk) -> None:
    """Replace the recording and the transcript in the repository."""
    file = folder / "lean.jsonl"
    size = file.stat().st_size
    if size > LIMIT_BYTES:
        sys.exit(f"the recording has {size} bytes, more than {LIMIT_BYTES}")
    TARGET.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(file, TARGET / "lean.jsonl")
    today = datetime.now(UTC).date().isoformat()
    head = (
        "# `make demo`, as it ran\n\n"
        f"On a live Lean, {today}, {platform.system()} {platform.machine()}, {os.cpu_count()} cores; "
        "written by `scripts/record_lean.py`. Milliseconds are this run's, not a benchmark.\n"
    )
    TRANSCRIPT.write_text(f"{head}\n```text\n{live.words.strip()}\n```\n", encoding="utf-8")
    print(f"{TARGET.relative_to(ROOT)}/lean.jsonl: {size} bytes; left open: {live.open}")


if __name__ == "__main__":
    main()
