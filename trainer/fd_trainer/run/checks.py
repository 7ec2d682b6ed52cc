"""What can be known to be wrong before a GPU is taken, and without torch: for dry runs and pre-flight.

Everything is looked at, and everything wrong is told at once.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from fd_core import locations
from fd_core.errors import FdError
from fd_core.lean.sandbox import FIX, NoSandbox, look_for_sandbox
from fd_core.lean.toolchain import find_toolchain
from fd_core.registry import FolderRegistry
from fd_core.settings import Settings

from fd_trainer.config.night import NightConfig
from fd_trainer.machines.cluster import wrong_address
from fd_trainer.run.parts import Finding

_RAY = 'Install it on all machines: `pip install "fd-prover[ray]"`.'
_LIBRARIES = ("torch", "transformers", "peft")
_MB = 1 << 20


def findings(
    night: NightConfig, settings: Settings, environment: Mapping[str, str] = os.environ
) -> list[Finding]:
    """All of it. Nothing is started but `lean --version` and a try of the sandbox, nothing is written."""
    found: list[Finding] = []
    for look in (_libraries, _machines, _base, _adapter, _projects, _datasets, _disk):
        found += look(night)
    found += _lean(night, settings)
    found += _sandbox(settings)
    found += _critic(night, environment)
    return found


def projects_of(night: NightConfig) -> tuple[Path, ...]:
    """Projects named in the configuration; those of the records are known only once they are read."""
    named = [*night.data.projects]
    named += [dataset.project for dataset in night.data.datasets if dataset.project is not None]
    return tuple(dict.fromkeys(named))


def _libraries(_: NightConfig) -> Iterator[Finding]:
    missing = [name for name in _LIBRARIES if importlib.util.find_spec(name) is None]
    if missing:
        fix = 'Install them: `pip install "fd-prover[train]"`.'
        yield Finding(f"training needs {', '.join(missing)}", fix)


def _machines(night: NightConfig) -> Iterator[Finding]:
    address = night.machines.ray_address
    if not address:
        return
    if importlib.util.find_spec("ray") is None:
        yield Finding("machines.ray_address needs Ray", _RAY)
    if why := wrong_address(address):
        yield Finding(
            f"machines.ray_address: {why}", "Start Ray on this machine and name the head."
        )


def _base(night: NightConfig) -> Iterator[Finding]:
    base = night.model.base
    folder = Path(base).expanduser()
    if not _is_path(base):
        yield Finding(f"{base} is taken from the hub, or its cache", fatal=False)
    elif not folder.is_dir():
        yield Finding(
            f"model.base: no folder {folder}", "Name a folder with a model, or a hub name."
        )
    elif not (folder / "config.json").is_file():
        yield Finding(f"model.base: {folder} holds no config.json", "Name a folder with a model.")


def _adapter(night: NightConfig) -> Iterator[Finding]:
    try:
        promoted = FolderRegistry().promoted()
    except FdError as error:
        yield Finding(error.what, error.fix, fatal=night.run.adapt)
        return
    if promoted and promoted.whole_model and night.model.method == "lora":
        yield Finding(
            f"{promoted.id} is promoted, a whole model, which a night of LoRA can't be compared with",
            'Set model.method = "full", roll back, or set model.base to its folder.',
        )
    if promoted is None or not night.run.adapt or promoted.base_model == night.model.base:
        return
    yield Finding(
        f"the promoted adapter {promoted.id} belongs to {promoted.base_model}, not to "
        f"{night.model.base}",
        "Set model.base to that, run.adapt = false, or roll back with `fd-trainer adapters`.",
    )


def _projects(night: NightConfig) -> Iterator[Finding]:
    for project in projects_of(night):
        if not project.is_dir():
            yield Finding(f"data.projects: no folder {project}", "Correct the path.")


def _datasets(night: NightConfig) -> Iterator[Finding]:
    for dataset in night.data.datasets:
        if not dataset.path.is_file():
            yield Finding(f"data.datasets: no file {dataset.path}", "Correct the path.")


def _disk(night: NightConfig) -> Iterator[Finding]:
    folder = locations.runs_dir()
    there = next(path for path in [folder, *folder.parents] if path.exists())
    if not os.access(there, os.W_OK):
        yield Finding(f"{folder} can't be written", "Make it writable, or set FD_DATA_DIR.")
    free_mb = shutil.disk_usage(there).free // _MB
    if free_mb < night.run.min_free_mb:
        yield Finding(
            f"{free_mb} MB are free at {folder}, {night.run.min_free_mb} are needed",
            "Make room, or lower run.min_free_mb.",
        )


def _lean(night: NightConfig, settings: Settings) -> Iterator[Finding]:
    for project in projects_of(night) or (Path.cwd(),):
        if not project.is_dir():
            continue
        try:
            find_toolchain(project, settings.lean).require()
        except FdError as error:
            yield Finding(f"{project}: {error.what}", error.fix)


def _sandbox(settings: Settings) -> Iterator[Finding]:
    use = settings.lean.sandbox
    if use != "off" and isinstance(found := look_for_sandbox(), NoSandbox):
        what = f"attempts are audited without a sandbox, and run as you: {found.reason}"
        yield Finding(what, f"{FIX}.", fatal=use == "required")


def _critic(night: NightConfig, environment: Mapping[str, str]) -> Iterator[Finding]:
    if "fd" not in night.run.stages:
        return
    from fd_trainer.critic.estimate import estimate_of_night
    from fd_trainer.critic.opening import check, leaves_machine

    wrong = list(_said(lambda: check(night.critic, environment)))
    yield from wrong
    if address := leaves_machine(night.critic):
        yield Finding(f"attempts and goals are sent to {address}", fatal=False)
        if not wrong:
            words = estimate_of_night(night).words
            yield Finding(f"if every step is made: {words}", fatal=False)


def _said(look: Callable[[], None]) -> Iterator[Finding]:
    try:
        look()
    except FdError as error:
        yield Finding(error.what, error.fix)


def _is_path(base: str) -> bool:
    """Whether a base names a folder: a hub name has at most one slash and no leading mark."""
    return base.startswith(("/", ".", "~")) or base.count("/") > 1 or Path(base).exists()
