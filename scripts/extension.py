"""Builds the VS Code extension: `dist/fd-prover-<version>.vsix`, with the server's wheel inside.

Needs Node 20.19 or newer; where there is none, one from PyPI is put into the user's cache.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import setup_workbench
import wheel
from environment import ROOT, Command, say

EXTENSION = ROOT / "vscode-extension"
OLDEST_NODE = (20, 19)
MOST_MB_WITHOUT_SERVER = 1.0
_STAMP = EXTENSION / "node_modules" / ".fd-installed"


def main() -> None:
    """Install what the build needs, build, package, and say how large it is."""
    environment = node_environment()
    install_packages(environment)
    bring_wheel()
    target = package(environment)
    say(f"built {target.relative_to(ROOT)} ({target.stat().st_size / 1e6:.2f} MB)")


def node_environment() -> dict[str, str]:
    """An environment whose `node` is new enough; ends with the fix if none can be had."""
    if _node_version("node", os.environ) >= OLDEST_NODE and shutil.which("npm"):
        return dict(os.environ)
    if reason := setup_workbench.install_node():
        sys.exit(f"extension: no Node {OLDEST_NODE}: {reason}. Fix: install nodejs and npm.")
    return setup_workbench.node_environment()


def install_packages(environment: dict[str, str]) -> None:
    """npm's packages, exactly as locked; once for each state of the lock file."""
    digest = hashlib.sha256((EXTENSION / "package-lock.json").read_bytes()).hexdigest()
    if _STAMP.exists() and _STAMP.read_text() == digest:
        return
    say("npm packages of the extension (about 230 MB)")
    _run(
        ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"),
        environment,
    )
    _STAMP.write_text(digest)


def bring_wheel() -> None:
    """The wheel, from the sources as they are, and the licence, into the extension."""
    folder = EXTENSION / "server"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    with tempfile.TemporaryDirectory() as built:
        shutil.copy(wheel.build(Path(built)), folder)
    shutil.copy(ROOT / "LICENSE", EXTENSION / "LICENSE")


def package(environment: dict[str, str]) -> Path:
    """Bundle, package, and refuse what is larger than promised."""
    version = json.loads((EXTENSION / "package.json").read_text(encoding="utf-8"))["version"]
    target = ROOT / "dist" / f"fd-prover-{version}.vsix"
    target.parent.mkdir(exist_ok=True)
    _run(("node", "esbuild.mjs"), environment)
    vsce = ("npx", "--no-install", "vsce", "package", "--no-dependencies", "--out", str(target))
    _run(vsce, environment)
    size = _megabytes_without_server(target)
    if size > MOST_MB_WITHOUT_SERVER:
        sys.exit(
            f"extension: {size:.2f} MB without the server; {MOST_MB_WITHOUT_SERVER} is the bar"
        )
    say(f"{size:.2f} MB without the server")
    return target


def _megabytes_without_server(vsix: Path) -> float:
    with zipfile.ZipFile(vsix) as archive:
        kept = (item for item in archive.infolist() if not item.filename.endswith(".whl"))
        return sum(item.compress_size for item in kept) / 1e6


def _node_version(node: str, environment: os._Environ[str]) -> tuple[int, ...]:
    if shutil.which(node) is None:
        return (0,)
    done = subprocess.run(
        [node, "--version"], check=False, capture_output=True, text=True, env=environment
    )
    numbers = done.stdout.strip().removeprefix("v").split(".")
    return tuple(int(number) for number in numbers[:2] if number.isdigit()) or (0,)


def _run(command: Command, environment: dict[str, str]) -> None:
    done = subprocess.run(
        command, check=False, cwd=EXTENSION, env=environment, capture_output=True, text=True
    )
    if done.returncode:
        words = " ".join(map(str, command))
        sys.exit(f"extension: {words} failed:\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    main()
