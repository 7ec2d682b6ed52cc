"""Makes `.venv` ready for `demo` or `test`: checks what is missing, says sizes, then installs.

Done once per state of the lists of what is installed: a stamp in `.venv` remembers. The first
line of any failure names the fix.
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path

import setup_parts
from environment import ROOT, VENV, install, make_venv

BASE_MB = 250
DEV_MB = 450


def main() -> None:
    """Set up for the profile named on the command line."""
    profile = sys.argv[1] if sys.argv[1:] else "demo"
    os.chdir(ROOT)
    if profile == "test":
        setup_parts.install_system_packages()
    if _stamp(profile).exists() or (profile in ("demo", "night") and _stamp("test").exists()):
        return
    make_venv(BASE_MB + (DEV_MB if profile == "test" else 0))
    if profile == "test":
        install(["-e", ".[tui]", "--group", "dev"])
        setup_parts.install_models()
        setup_parts.install_ray()
        setup_parts.install_vllm()
        setup_parts.install_extension()
        setup_parts.install_workbench()
    else:
        install(["-e", "."])
    if profile == "night" and (reason := setup_parts.install_training()):
        sys.exit(f"a night needs torch, transformers and peft: {reason}")
    for old in VENV.glob(f".fd-{profile}-*"):
        old.unlink()
    _stamp(profile).touch()


def _stamp(profile: str) -> Path:
    digest = hashlib.sha256(sys.version.encode())
    lists = ("package-lock.json", "test-host/package.json")
    for name in (
        "pyproject.toml", "constraints.txt", *(f"vscode-extension/{each}" for each in lists),
    ):  # fmt: skip
        if (ROOT / name).exists():
            digest.update((ROOT / name).read_bytes())
    return VENV / f".fd-{profile}-{digest.hexdigest()[:12]}"


if __name__ == "__main__":
    main()
