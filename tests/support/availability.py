"""What this machine has for tests that need real parts: Lean, models in process, a vLLM server.

Looks only; installs nothing. The answers appear in the closing lines of every test run.
"""

from __future__ import annotations

import importlib.util
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fd_core.lean.toolchain import Toolchain, find_toolchain

REPOSITORY = Path(__file__).resolve().parents[2]
EXAMPLE = REPOSITORY / "examples" / "lean-project"


@dataclass(frozen=True, slots=True)
class Part:
    """A real part: whether it is here, and in words what was found or where was looked."""

    present: bool
    words: str


@cache
def lean() -> Part:
    """What the product itself would find for the example project."""
    search = find_toolchain(EXAMPLE)
    if search.found is not None:
        return Part(True, f"on {search.found} (found: {search.found.origin})")
    looked = ", ".join(look.what for look in search.looked)
    return Part(False, f"no Lean found (looked at {looked})")


def toolchain() -> Toolchain:
    """The Lean that tests marked `lean` run on."""
    return find_toolchain(EXAMPLE).require()


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
