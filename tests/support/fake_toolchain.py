"""FAKE: little scripts that answer `--version` as a Lean would. They can do nothing else."""

from __future__ import annotations

from pathlib import Path


def fake_lean(path: Path, version: str = "4.27.0", *, lake: bool = False, script: str = "") -> Path:
    """An executable at `path` that claims to be a Lean."""
    path.parent.mkdir(parents=True, exist_ok=True)
    line = f"Lean (version {version}, x86_64-unknown-linux-gnu, commit fake, Release)"
    path.write_text("#!/bin/sh\n" + (script or f"echo '{line}'\n"))
    path.chmod(0o755)
    if lake:
        (path.parent / "lake").write_text("#!/bin/sh\n")
        (path.parent / "lake").chmod(0o755)
    return path
