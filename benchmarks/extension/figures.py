"""The extension's figures in a real workbench: keystroke to ghost text, typing, activation, size.

    .venv/bin/python benchmarks/extension/figures.py

Prints the table of docs/experiments.md. The measuring is TypeScript, in
`vscode-extension/test/figures`, as it drives the same workbench as the end-to-end tests.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "scripts"))

import setup_workbench  # noqa: E402  (a script beside others, not a package)

EXTENSION = ROOT / "vscode-extension"


def main() -> int:
    """Set up what is missing, measure, print."""
    if reason := setup_workbench.install_workbench() or setup_workbench.install_node():
        sys.exit(f"figures: {reason}")
    vitest = EXTENSION / "node_modules" / "vitest" / "vitest.mjs"
    if not vitest.exists():
        sys.exit("figures: the extension's packages are missing. Fix: make extension")
    command = ("node", vitest, "run", "-c", "test/figures/vitest.config.mts", *sys.argv[1:])
    environment = setup_workbench.node_environment()
    return subprocess.run(command, cwd=EXTENSION, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
