"""A virtual environment: what may stop it is checked first, then packages are installed into it.

Standard library only: this runs on a bare Python, before anything is installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

Command = Sequence[str | Path]


def call(
    command: Command, *, quiet: bool = True, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a program; its failure is the caller's to judge."""
    return subprocess.run(
        command, check=False, capture_output=quiet, text=True, env=environment or os.environ
    )


def make_venv(needed_mb: int) -> None:
    """Create `.venv` if it is not there; whatever would stop that is told with its fix."""
    require_disk(ROOT, needed_mb, "the Python environment")
    if PYTHON.exists():
        if call([PYTHON, "-m", "pip", "--version"]).returncode:
            fail("the .venv that is here has no working pip", "rm -rf .venv, then again.")
        return
    require_venv_module()
    say(f"making .venv with Python {sys.version.split()[0]} (about {needed_mb} MB to come)")
    done = call([sys.executable, "-m", "venv", VENV])
    if done.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        fail(f"python -m venv failed: {' '.join(last)}", venv_fix())


def require_venv_module() -> None:
    """Debian keeps `ensurepip` in a package of its own."""
    try:
        import ensurepip  # noqa: F401  (only whether it is there)
        import venv  # noqa: F401
    except ImportError:
        if apt_install([venv_package()]):
            return
        fail("this Python has no venv module", venv_fix())


def apt_install(packages: list[str]) -> bool:
    """Install Debian packages if we are root and may (`FD_NO_APT=1` forbids it)."""
    root = os.name == "posix" and os.geteuid() == 0
    if not root or not shutil.which("apt-get") or os.environ.get("FD_NO_APT"):
        return False
    say(f"apt-get install {' '.join(packages)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *packages]
    for command in (install, ["apt-get", "update", "-q"], install):
        done = call(command, environment=environment)
        if command is install and done.returncode == 0:
            return True
    say("apt-get could not: " + " ".join(done.stderr.strip().splitlines()[-1:]))
    return False


def venv_package() -> str:
    """Debian's package that holds `ensurepip` for this Python."""
    return f"python{sysconfig.get_python_version()}-venv"


def venv_fix() -> str:
    """What to type so that `python -m venv` works."""
    return f"sudo apt-get install {venv_package()}  (Debian, Ubuntu), then again."


def install(
    requirements: list[str],
    python: Path = PYTHON,
    *,
    required: bool = True,
    constrained: bool = True,
) -> bool:
    """Install with uv where pip can get it (minutes become seconds), else with pip."""
    uv = PYTHON.parent / "uv"
    if not uv.exists():
        # A newer pip, too: the one inside Python 3.11 knows no dependency groups.
        call([PYTHON, "-m", "pip", "install", "-q", "-U", "pip", "uv"])
    use = constrained and Path("constraints.txt").exists()
    constraints = ["-c", "constraints.txt"] if use else []
    links = [x for folder in find_links() for x in ("--find-links", folder)]
    if uv.exists():
        # uv reads neither pip's configuration nor its environment.
        environment = {**os.environ, "UV_SYSTEM_CERTS": "1"}
        if index := _pip_index(python):
            environment["UV_DEFAULT_INDEX"] = index
        command: Command = [uv, "pip", "install", "-q", "--python", python, *links]
        command = [*command, *constraints, *requirements]
        if not call(command, quiet=False, environment=environment).returncode:
            return True
        say("uv could not; trying pip")
    command = [python, "-m", "pip", "install", "-q", *constraints, *requirements]
    if not call(command, quiet=False).returncode:
        return True
    if required:
        fail(
            "installing the Python packages failed (the lines above say why)",
            "check the network or proxy (PIP_INDEX_URL, HTTPS_PROXY), then again.",
        )
    return False


def find_links() -> list[str]:
    """Folders of wheels that pip is told to look into."""
    return os.environ.get("PIP_FIND_LINKS", "").split()


def _pip_index(python: Path) -> str:
    done = call([python, "-m", "pip", "config", "get", "global.index-url"])
    return os.environ.get("PIP_INDEX_URL") or done.stdout.strip()


def require_disk(folder: Path, needed_mb: int, what: str) -> None:
    """Stop before a disk runs full."""
    if (free := free_mb(folder)) < needed_mb:
        fail(
            f"{what} needs {needed_mb} MB in {folder} and {free} MB are free",
            f"free {needed_mb - free} MB, or clone onto another disk.",
        )


def free_mb(folder: Path) -> int:
    """Free space where a folder is (or will be), in MB."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free // 2**20


def say(text: str) -> None:
    """One line about what is going on."""
    print(f"setup: {text}", flush=True)


def fail(what: str, fix: str) -> NoReturn:
    """Stop with the fix in the first line."""
    print(f"setup: {what}. Fix: {fix}", file=sys.stderr)
    sys.exit(1)
