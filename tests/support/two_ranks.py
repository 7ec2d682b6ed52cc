"""Programs under a real torchrun on this machine: two gloo ranks, and what each of them said."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parents[1]


def torchrun(
    program: str | Path,
    *words: str,
    ranks: int = 2,
    timeout_s: float = 250,
    environment: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run it to its end, whatever that is."""
    return subprocess.run(
        [str(Path(sys.executable).with_name("torchrun")), *_meeting(ranks), str(program), *words],
        capture_output=True, text=True, timeout=timeout_s, check=False,
        env=os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(TESTS)} | (environment or {}),
    )  # fmt: skip


def said(program: str | Path, folder: Path, *words: str, ranks: int = 2) -> list[Any]:
    """What each rank of a program left in FOLDER/rank-N.json."""
    folder.mkdir(exist_ok=True)
    done = torchrun(program, *words, ranks=ranks)
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]
    return [json.loads((folder / f"rank-{rank}.json").read_text()) for rank in range(ranks)]


def _meeting(ranks: int) -> Sequence[str]:
    """A port that is free, as several tests may run at once."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    return ("--nproc-per-node", str(ranks), "--master-addr", "127.0.0.1", "--master-port", port)
