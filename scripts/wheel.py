"""Builds the wheel and tries it where nothing else is: what users install is what is tested."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from environment import install

ROOT = Path(__file__).parent.parent
FORBIDDEN = ("torch", "transformers", "textual", "pygls", "lsprotocol")
"""What `--help` may not load."""
SCRIPTS = ("fd-server", "fd-trainer", "fd-tui")


def main() -> None:
    """Build, install into a fresh environment, run the scripts from a folder of traps."""
    with tempfile.TemporaryDirectory() as folder:
        wheel = build(Path(folder))
        only_ours(wheel)
        python = fresh_environment(Path(folder) / "venv", wheel)
        smoke(python, Path(folder))
    print("wheel: built, installed and started")


def build(folder: Path) -> Path:
    """The wheel, from the sources as they are."""
    _run([sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", folder, ROOT])
    return next(folder.glob("fd_prover-*.whl"))


def only_ours(wheel: Path) -> None:
    """Nothing generic may land in a user's site-packages."""
    tops = {name.split("/")[0] for name in zipfile.ZipFile(wheel).namelist()}
    alien = {top for top in tops if not top.startswith("fd_")}
    if alien:
        sys.exit(f"wheel: holds {sorted(alien)}, which would land in site-packages")


def fresh_environment(folder: Path, wheel: Path) -> Path:
    """A new environment with the wheel and its declared dependencies only."""
    _run([sys.executable, "-m", "venv", folder])
    python = folder / "bin" / "python"
    install([str(wheel)], python)
    return python


def smoke(python: Path, folder: Path) -> None:
    """`--help` works from a folder that shadows our modules, and loads nothing heavy."""
    traps = folder / "traps"
    traps.mkdir()
    for name in ("fd_server", "fd_core", "click"):
        (traps / f"{name}.py").write_text("raise SystemExit('a file of the user was run')")
    for name in SCRIPTS:
        script = python.parent / name
        _run([script, "--version"], cwd=traps)
        listed = _run([python, "-I", "-X", "importtime", script, "--help"], cwd=traps)
        loaded = {line.split("|")[-1].strip() for line in listed.splitlines() if "|" in line}
        if heavy := loaded.intersection(FORBIDDEN):
            sys.exit(f"wheel: {name} --help loads {sorted(heavy)}")
    _run([python.parent / "fd-server", "config", "schema"], cwd=traps)


def _run(command: list[str | Path], cwd: Path | None = None) -> str:
    environment = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHOME")}
    done = subprocess.run(
        command, check=False, cwd=cwd, capture_output=True, text=True, env=environment
    )
    if done.returncode:
        words = " ".join(map(str, command))
        sys.exit(f"wheel: {words} failed:\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


if __name__ == "__main__":
    main()
