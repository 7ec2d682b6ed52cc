"""What this machine has for tests that need real parts: Lean, models in process, a vLLM server.

Looks only; installs nothing. The answers appear in the closing lines of every test run.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True)
class Part:
    """A real part: whether it is here, and in words what was found or where was looked."""

    present: bool
    words: str


@cache
def lean() -> Part:
    """A Lean that answers `--version`."""
    looked: list[str] = []
    for origin, path in _lean_places():
        looked.append(origin)
        if path is not None and (version := _lean_version(path)):
            return Part(True, f"on {version} (found: {origin})")
    return Part(False, f"no Lean found (looked at {', '.join(looked)})")


def lean_executable() -> Path:
    """The `lean` that `lean()` found; for tests that start it themselves."""
    return next(path for _, path in _lean_places() if path is not None and _lean_version(path))


def _lean_places() -> Iterator[tuple[str, Path | None]]:
    named = os.environ.get("FD_LEAN")
    yield "FD_LEAN", Path(named) if named else None
    elan = Path(os.environ.get("ELAN_HOME") or Path.home() / ".elan")
    proxy = elan / "bin" / "lean"
    yield "elan", proxy if proxy.exists() else None
    toolchains = sorted((elan / "toolchains").glob("*/bin/lean"), reverse=True)
    yield "elan's toolchains", toolchains[0] if toolchains else None
    found = shutil.which("lean")
    yield "PATH", Path(found) if found else None


@cache
def _lean_version(path: Path) -> str:
    """ "Lean 4.27.0", or nothing if that program does not answer (an elan without toolchain)."""
    try:
        done = subprocess.run(
            [path, "--version"], capture_output=True, text=True, timeout=60, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    words = done.stdout.replace(",", " ").split()
    return f"Lean {words[2]}" if words[:1] == ["Lean"] and len(words) > 2 else ""


@cache
def models() -> Part:
    """torch, transformers and peft in this environment."""
    missing = [
        name for name in ("torch", "transformers", "peft") if not importlib.util.find_spec(name)
    ]
    if missing:
        return Part(False, f"not installed: {', '.join(missing)} (extra `local`)")
    from importlib.metadata import version

    return Part(True, f"on torch {version('torch')}, transformers {version('transformers')}")


@cache
def vllm() -> Part:
    """A Python that has vLLM: `FD_VLLM_PYTHON`, or the environment that `make test` builds."""
    python = vllm_python()
    if not python.exists():
        reason = os.environ.get("FD_VLLM_MISSING") or f"{python.name} of .venv-vllm is not there"
        return Part(False, f"no vLLM ({reason})")
    return Part(True, "on vLLM in its own environment")


def vllm_python() -> Path:
    """Where the interpreter with vLLM is expected."""
    named = os.environ.get("FD_VLLM_PYTHON")
    return Path(named) if named else REPOSITORY / ".venv-vllm" / "bin" / "python"
