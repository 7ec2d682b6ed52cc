"""Builds and checks the VS Code extension: `python scripts/extension.py build|lint|types|unit|e2e`.

`build` (the default) makes `dist/fd-prover-<version>.vsix`, with the server's wheel inside. Needs Node
20.19 or newer; where there is none, one from PyPI is put into the user's cache.
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
from collections.abc import Callable, Mapping
from pathlib import Path

import environment
import setup_workbench
import wheel
from environment import ROOT, Command, say

EXTENSION = ROOT / "vscode-extension"
OLDEST_NODE = (20, 19)
PACKAGES_MB = 350
MOST_MB_WITHOUT_SERVER = 1.0
_STAMP = EXTENSION / "node_modules" / ".fd-installed"
_NPM_CI = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
Environment = Mapping[str, str]


def main() -> None:
    """Install what is needed, then do what the command line names."""
    named = sys.argv[1] if sys.argv[1:] else "build"
    if named not in TASKS:
        sys.exit(f"extension: no task {named!r}. Fix: one of {', '.join(TASKS)}.")
    if reason := install():
        sys.exit(f"extension: {reason}")
    TASKS[named](node_environment())


def install() -> str:
    """Node and npm's packages, exactly as locked; why not, or nothing."""
    if not _has_node() and (reason := setup_workbench.install_node()):
        return f"no Node {'.'.join(map(str, OLDEST_NODE))} or newer, and {reason}"
    digest = hashlib.sha256((EXTENSION / "package-lock.json").read_bytes()).hexdigest()
    if _STAMP.exists() and _STAMP.read_text() == digest:
        return ""
    if (free := environment.free_mb(EXTENSION)) < PACKAGES_MB:
        return f"npm's packages need {PACKAGES_MB} MB on disk, {free} MB are free"
    say(f"npm packages of the extension (about {PACKAGES_MB} MB)")
    done = environment.call((*_NPM_CI, "--prefix", EXTENSION), environment=node_environment())
    if done.returncode:
        last = " ".join((done.stderr or done.stdout).strip().splitlines()[-1:])
        return f"npm ci failed: {last}"
    _STAMP.write_text(digest)
    return ""


def node_environment() -> Environment:
    """An environment whose `node` is new enough."""
    return dict(os.environ) if _has_node() else setup_workbench.node_environment()


def lint(env: Environment) -> None:
    """ESLint's strict rules over everything."""
    _tool(env, "eslint/bin/eslint.js", ".")


def types(env: Environment) -> None:
    """TypeScript, at the oldest VS Code's types; the page and the e2e tests have their own."""
    for project in ("tsconfig.json", "webview/tsconfig.json", "test/e2e/tsconfig.json"):
        _tool(env, "typescript/bin/tsc", "--noEmit", "-p", project)


def unit(env: Environment) -> None:
    """Vitest on the modules, with doubles of the editor."""
    _vitest(env, "unit")


def e2e(env: Environment) -> None:
    """The packaged extension in a real workbench."""
    folder = {"FD_VSIX": str(build(env))}
    _vitest(
        {**setup_workbench.node_environment(env), **folder},
        "e2e",
        "-c",
        "test/e2e/vitest.config.mts",
    )


def _vitest(env: Environment, name: str, *more: str) -> None:
    """Run it; with `FD_TEST_SUMMARY` set its counts go into a file beside that one."""
    counts: tuple[str, ...] = ()
    if summary := os.environ.get("FD_TEST_SUMMARY"):
        file = Path(summary).with_name(f"extension-{name}.json")
        counts = ("--reporter=default", "--reporter=json", f"--outputFile.json={file}")
    _tool(env, "vitest/vitest.mjs", "run", *more, *counts)


def build(env: Environment) -> Path:
    """The wheel, the bundle and the package."""
    bring_wheel()
    target = package(env)
    say(f"built {target.relative_to(ROOT)} ({target.stat().st_size / 1e6:.2f} MB)")
    return target


def bring_wheel() -> None:
    """The wheel, from the sources as they are, and the licence, into the extension."""
    folder = EXTENSION / "server"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    with tempfile.TemporaryDirectory() as built:
        shutil.copy(wheel.build(Path(built)), folder)
    shutil.copy(ROOT / "LICENSE", EXTENSION / "LICENSE")


def package(env: Environment) -> Path:
    """Bundle, package, and refuse what is larger than promised."""
    version = json.loads((EXTENSION / "package.json").read_text(encoding="utf-8"))["version"]
    target = ROOT / "dist" / f"fd-prover-{version}.vsix"
    target.parent.mkdir(exist_ok=True)
    _run(("node", "esbuild.mjs"), env)
    vsce = EXTENSION / "node_modules" / "@vscode" / "vsce" / "vsce"
    # It names no repository as long as it has no public one; its pictures travel with it.
    flags = ("--no-dependencies", "--allow-missing-repository", "--no-rewrite-relative-links")
    _run(("node", vsce, "package", *flags, "--out", target), env)
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


def _has_node() -> bool:
    if shutil.which("npm") is None or shutil.which("node") is None:
        return False
    numbers = environment.call(("node", "--version")).stdout.strip().removeprefix("v").split(".")
    return tuple(int(number) for number in numbers[:2] if number.isdigit()) >= OLDEST_NODE


def _tool(env: Environment, script: str, *parameters: str) -> None:
    command = ("node", f"node_modules/{script}", *parameters)
    status = subprocess.run(command, check=False, cwd=EXTENSION, env=env).returncode
    if status:
        sys.exit(status)


def _run(command: Command, env: Environment) -> None:
    done = subprocess.run(
        command, check=False, cwd=EXTENSION, env=env, capture_output=True, text=True
    )
    if done.returncode:
        words = " ".join(map(str, command))
        sys.exit(f"extension: {words} failed:\n{done.stdout}{done.stderr}")


TASKS: dict[str, Callable[[Environment], object]] = {
    "build": build, "lint": lint, "types": types, "unit": unit, "e2e": e2e,
}  # fmt: skip

if __name__ == "__main__":
    main()
