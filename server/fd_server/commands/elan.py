"""Getting Lean for a project by elan, Lean's own installer: only if the user agreed.

Agreement is `FD_INSTALL_ELAN=yes` or an answer at a terminal. Nothing is fetched without it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import click
from fd_core.errors import ToolchainError
from fd_core.lean.toolchain import elan_home, wanted_toolchain

INSTALLER = "https://elan.lean-lang.org/elan-init.sh"
SIZES = "about 0.5 GB to fetch and 2 GB on disk, under ~/.elan"
AGREEMENT = "FD_INSTALL_ELAN"
_FETCH_S = 60.0
_INSTALL_S = 3_600.0


def agreed(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the user agrees that Lean is fetched; asks where there is somebody to ask."""
    given = environment.get(AGREEMENT, "").lower()
    if given in ("yes", "1", "true"):
        return True
    if given or not (sys.stdin.isatty() and sys.stdout.isatty()):
        return False
    return click.confirm(f"No Lean here. Install it with elan ({SIZES})?", default=True)


def install(project: Path) -> None:
    """elan if it is missing, then the project's toolchain. Raises ToolchainError with the fix."""
    elan = _elan() or _install_elan()
    wanted = wanted_toolchain(project) or "leanprover/lean4:stable"
    click.echo(f"elan toolchain install {wanted} ({SIZES})", err=True)
    done = _run([str(elan), "toolchain", "install", wanted], _INSTALL_S)
    # elan says no to what is installed already; that is no failure.
    if done.returncode and "already installed" not in done.stderr:
        raise _failed(f"elan could not install {wanted}", done.stderr)


def _elan() -> Path | None:
    own = elan_home() / "bin" / "elan"
    if own.exists():
        return own
    found = shutil.which("elan")
    return Path(found) if found else None


def _install_elan() -> Path:
    import httpx

    try:
        script = httpx.get(INSTALLER, follow_redirects=True, timeout=_FETCH_S).raise_for_status()
    except httpx.HTTPError as error:
        raise _failed(f"{INSTALLER} can't be fetched", str(error)) from error
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "elan-init.sh"
        file.write_bytes(script.content)
        options = ["-y", "--no-modify-path", "--default-toolchain", "none"]
        done = _run(["sh", str(file), *options], _INSTALL_S)
    elan = _elan()
    if done.returncode or elan is None:
        raise _failed("elan's installer failed", done.stderr)
    return elan


def _run(command: list[str], seconds: float) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(command, capture_output=True, text=True, timeout=seconds, check=False)
    except (OSError, subprocess.SubprocessError) as error:
        raise _failed(f"{command[0]} could not be run", str(error)) from error


def _failed(what: str, said: str) -> ToolchainError:
    last = " ".join(said.strip().splitlines()[-1:])
    return ToolchainError(
        f"{what}: {last}" if last else what,
        fix="Check the network, or install Lean by hand (https://lean-lang.org/install).",
    )
