"""What this machine has for tests that need real parts: Lean, models in process, a vLLM server, Ray.

Looks only; installs nothing. The answers appear in the closing lines of every test run.
"""

from __future__ import annotations

import importlib.util
import os
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fd_core.lean.toolchain import Toolchain, find_toolchain
from fd_core.policy.vllm_environment import CPU_PACKAGE, VllmEnvironment, environment_for

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
        reason = os.environ.get("FD_MODELS_MISSING") or "extra `local`"
        return Part(False, f"not installed: {', '.join(missing)} ({reason})")
    from importlib.metadata import version

    return Part(True, f"on torch {version('torch')}, transformers {version('transformers')}")


@cache
def vllm() -> Part:
    """The environment with vLLM that `make test` makes once for all clones."""
    if not vllm_environment().ready:
        reason = os.environ.get("FD_VLLM_MISSING") or "`make setup-test` installs it"
        return Part(False, f"no vLLM ({reason})")
    return Part(True, f"on {CPU_PACKAGE.replace('==', ' ')}")


@cache
def ray() -> Part:
    """Ray in this environment."""
    if not importlib.util.find_spec("ray"):
        reason = os.environ.get("FD_RAY_MISSING") or "extra `ray`"
        return Part(False, f"Ray is not installed ({reason})")
    from importlib.metadata import version

    return Part(True, f"on Ray {version('ray')}")


def vllm_environment() -> VllmEnvironment:
    """Where `scripts/setup_parts.py` puts it: `FD_VLLM_ENV`, or a folder of the user's cache."""
    cache_folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    version = f"py{sys.version_info.major}.{sys.version_info.minor}"
    folder = cache_folder / "fd-prover" / f"{CPU_PACKAGE.replace('==', '-')}-{version}"
    named = os.environ.get("FD_VLLM_ENV")
    return environment_for(Path(named) if named else folder, gpu=False)


def vllm_python() -> Path:
    """Its interpreter."""
    return vllm_environment().python
