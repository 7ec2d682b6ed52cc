"""Finding Lean: a numbered list of places, looked at in order, with a record of each look.

1. `FD_LEAN`, or `lean.executable` in the settings: the user said which.
2. The project's `lean-toolchain`, resolved in the elan home's `toolchains` folder directly.
3. elan's proxies (`$ELAN_HOME/bin`, default `~/.elan/bin`): they may fetch a toolchain.
4. `lean` on PATH.

The first that answers `--version` and is new enough wins. A place that the user named (1) is never
passed over: if it fails, the search ends there. Starts no server and installs nothing.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from fd_core.errors import ToolchainError
from fd_core.settings import LeanSettings

OLDEST = (4, 24, 0)
"""The oldest Lean whose server speaks what we rely on (EDITOR §3.3: reports, barrier, cancel)."""

_VERSION = re.compile(r"version (\d+)\.(\d+)\.(\d+)([^\s,]*)")
_ANSWER_S = 60.0
"""elan's proxy may have to unpack a toolchain before it answers."""


@dataclass(frozen=True, slots=True)
class Toolchain:
    """A Lean that answered: its programs, its version, and which stage found it."""

    lean: Path
    lake: Path | None
    version: tuple[int, int, int]
    suffix: str
    origin: str

    def __str__(self) -> str:
        return f"Lean {'.'.join(map(str, self.version))}{self.suffix}"


@dataclass(frozen=True, slots=True)
class Looked:
    """One look: the stage's number and name, the place, and what came of it, in words."""

    stage: int
    what: str
    where: str
    outcome: str


@dataclass(frozen=True, slots=True)
class ToolchainSearch:
    """What the search found, and every place it looked at on the way."""

    found: Toolchain | None
    looked: tuple[Looked, ...]

    def require(self) -> Toolchain:
        """The toolchain found. Raises ToolchainError that lists where was looked and the fix."""
        if self.found is not None:
            return self.found
        lines = [f"  {look.stage}. {look.what}: {look.outcome}" for look in self.looked]
        raise ToolchainError("no usable Lean was found\n" + "\n".join(lines), fix=self._fix())

    def _fix(self) -> str:
        old = any("too old" in look.outcome for look in self.looked)
        oldest = ".".join(map(str, OLDEST))
        if old:
            return f"Put `leanprover/lean4:v{oldest}` or newer into the project's lean-toolchain."
        return "Install Lean with elan (https://lean-lang.org/install), or set FD_LEAN to a `lean`."


def find_toolchain(
    project: Path,
    settings: LeanSettings | None = None,
    environment: Mapping[str, str] = os.environ,
) -> ToolchainSearch:
    """Look for Lean, for one project. Runs `lean --version` of what it finds."""
    looked: list[Looked] = []
    for stage, what, path, absent in _places(project, settings or LeanSettings(), environment):
        if path is None:
            looked.append(Looked(stage, what, "", absent))
            continue
        found, outcome = _try(path, what, project, environment)
        looked.append(Looked(stage, what, str(path), outcome))
        if found is not None:
            return ToolchainSearch(found, tuple(looked))
        if stage == 1:
            break
    return ToolchainSearch(None, tuple(looked))


def elan_home(environment: Mapping[str, str] = os.environ) -> Path:
    """Where elan keeps its toolchains."""
    named = environment.get("ELAN_HOME")
    return Path(named) if named else Path(environment.get("HOME") or Path.home()) / ".elan"


def toolchain_folder(name: str) -> str:
    """elan's folder name: `leanprover/lean4:v4.27.0` lies in `leanprover--lean4---v4.27.0`."""
    channel = re.fullmatch(r"v?(\d+\.\d+\.\d+\S*)", name)
    if channel is not None:
        name = f"leanprover/lean4:v{channel.group(1)}"
    return name.replace("/", "--").replace(":", "---")


def wanted_toolchain(project: Path) -> str | None:
    """What the nearest `lean-toolchain` at or above the project says."""
    for folder in [project, *project.parents]:
        try:
            text = (folder / "lean-toolchain").read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError):
            continue
        return text or None
    return None


_Place = tuple[int, str, Path | None, str]


def _places(
    project: Path, settings: LeanSettings, environment: Mapping[str, str]
) -> Iterator[_Place]:
    named = environment.get("FD_LEAN") or settings.executable
    what = "FD_LEAN" if environment.get("FD_LEAN") else "settings lean.executable"
    yield 1, what, Path(named).expanduser() if named else None, "not set"
    yield _from_project(project, elan_home(environment))
    proxy = elan_home(environment) / "bin" / "lean"
    yield 3, "elan", proxy if proxy.exists() else None, f"no {proxy}"
    found = shutil.which("lean", path=environment.get("PATH", ""))
    yield 4, "PATH", Path(found) if found else None, "no `lean` on PATH"


def _from_project(project: Path, elan: Path) -> _Place:
    name = wanted_toolchain(project)
    if name is None:
        return 2, "the project's lean-toolchain", None, "the project has none"
    what = f"the project's lean-toolchain ({name})"
    linked = Path(name).expanduser()
    folder = linked if linked.is_absolute() else elan / "toolchains" / toolchain_folder(name)
    lean = folder / "bin" / "lean"
    return 2, what, lean if lean.exists() else None, f"not installed: no {lean}"


def _try(
    lean: Path, origin: str, project: Path, environment: Mapping[str, str]
) -> tuple[Toolchain | None, str]:
    """Ask one `lean` for its version, in the project's folder, as elan's proxy goes by it."""
    try:
        done = subprocess.run(
            [lean, "--version"],
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_ANSWER_S,
            cwd=project if project.is_dir() else None,
            env=dict(environment),
            check=False,
        )
    except subprocess.TimeoutExpired:
        return None, f"did not answer `--version` within {_ANSWER_S:.0f} s"
    except OSError as error:
        return None, f"can't be started: {error.strerror or error}"
    found = _VERSION.search(done.stdout)
    if done.returncode != 0 or found is None:
        said = (done.stderr or done.stdout).strip().split("\n")[0][:200]
        return None, f"`--version` failed: {said or f'exit status {done.returncode}'}"
    version = (int(found.group(1)), int(found.group(2)), int(found.group(3)))
    toolchain = Toolchain(lean, _lake_beside(lean), version, found.group(4), origin)
    if version < OLDEST:
        return None, f"{toolchain} is too old: {'.'.join(map(str, OLDEST))} or newer is needed"
    return toolchain, f"found {toolchain}"


def _lake_beside(lean: Path) -> Path | None:
    lake = lean.with_name("lake" + lean.suffix)
    return lake if lake.exists() else None
