"""`fd-trainer demo`: one whole night on this CPU, with a tiny model made on the spot.

Everything is real but small: the model is schooled first, Lean judges every attempt, and the
adapter is gated as any other. It keeps to a folder of its own: records, adapters and runs of the user
are not touched.
"""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path
from typing import Any

import click
from fd_core import locations
from fd_core.errors import RegistryError, ToolchainError

from fd_trainer.run.quiet import quieten
from fd_trainer.run.screen import Screen

_MARK = ".fd-trainer-demo"
_SETTINGS: dict[str, Any] = {
    "run": {
        "method": "fd_then_grpo", "steps": 20, "fd_share": 0.7, "problems_per_step": 9, "survey": 18,
        "checkpoint_every": 5, "until": "",
    },
    "data": {
        "decisions": False, "queue": False, "frozen": False, "rollouts": "step", "held_out": 0.35,
    },
    "rollout": {"max_tokens": 20, "step_prompt": "fd-tactic-1"},
    "critic": {
        "kind": "lean_messages", "preflight": {"action": "warn", "problems": 5, "samples": 2},
    },
    # With the preset's own, what Lean's words had taught by step 7 was lost again by step 14.
    "algorithms": {
        "optimiser": {"learning_rate": 1.5e-3},
        "teacher": {"schedule": "frozen"},
        "anchor": {"weight": 3.0},
    },
    # One unlucky draw among a dozen is no forgetting yet.
    "gate": {"forgetting_bound": 0.2, "forgetting_limit": 0.5},
    "evaluation": {
        "samples": 4, "ks": [1, 2, 4], "max_tokens": 20, "every_steps": 7, "during_samples": 2,
    },
}  # fmt: skip


@click.command(name="demo")
@click.option("--folder", type=click.Path(path_type=Path), help="Where; default: in the cache.")
@click.option("--steps", type=click.IntRange(1, 500), help="Optimiser steps.")
@click.option(
    "--keep-model", is_flag=True, help="Take the model of the last demo, if there is one."
)
def command(folder: Path | None, steps: int | None, keep_model: bool) -> None:
    """Train a tiny policy through all phases of a night, on CPU, with live metrics.

    It learns the keys of lanterns (a toy world of core-Lean goals) from Lean's own error messages, and
    prints where the morning report lies. Needs Lean and the training libraries, no GPU, no network.
    """
    quieten()
    kept = locations.cache_dir() / "starters"
    root = _fresh(folder or locations.cache_dir() / "training-demo")
    _of_its_own(root)
    screen = Screen()
    started = time.monotonic()
    project = _project(root)
    _require_lean(project)
    model = _model(kept, screen)
    settings = dict(_SETTINGS)
    settings["model"] = {"base": str(model)}
    settings["data"] = settings["data"] | {"projects": [str(project)]}
    if steps is not None:
        settings["run"] = settings["run"] | {"steps": steps}
    verdict, report = _night(settings, screen)
    click.echo(f"{verdict}  ({time.monotonic() - started:.0f} s in all)")
    if report:
        click.echo(f"report: {report}")


def _night(settings: dict[str, Any], screen: Screen) -> tuple[str, str | None]:
    from fd_trainer.config import load
    from fd_trainer.run.launch import launch

    loaded = load.load(preset="tiny", overrides=settings)
    return launch(None, loaded.night, loaded.preset, screen)


def _fresh(root: Path) -> Path:
    """An empty folder, or that of the last demo without its night. Raises RegistryError for a folder
    that is somebody else's."""
    if root.exists() and any(root.iterdir()) and not (root / _MARK).exists():
        raise RegistryError(f"{root} is not empty", fix="Name a folder that is empty or new.")
    for part in ("data", "project"):
        shutil.rmtree(root / part, ignore_errors=True)
    root.mkdir(parents=True, exist_ok=True)
    (root / _MARK).touch()
    return root.resolve()


def _of_its_own(root: Path) -> None:
    """Nothing of the user's is read or written from here on."""
    os.environ["FD_DATA_DIR"] = str(root / "data")
    os.environ["FD_CACHE_DIR"] = str(root / "cache")
    os.environ["FD_CONFIG"] = str(root / "config.toml")
    os.environ.setdefault("OMP_NUM_THREADS", "1")


def _project(root: Path) -> Path:
    from fd_trainer import lanterns

    project = root / "project"
    project.mkdir()
    (project / "Lanterns.lean").write_text(lanterns.project_text(), encoding="utf-8")
    return project


def _require_lean(project: Path) -> None:
    """Raises ToolchainError that says what is missing and why nothing can stand in for it."""
    from fd_core.lean.toolchain import find_toolchain

    try:
        find_toolchain(project).require()
    except ToolchainError as error:
        raise ToolchainError(
            f"{error.what}\nThe demo trains on Lean's verdicts on text that nobody wrote before: a "
            "recording of Lean can't give them.",
            fix=error.fix,
        ) from error


def _model(kept: Path, screen: Screen) -> Path:
    """A model of 0.17 million parameters that has learned to read, and some of the keys."""
    from fd_trainer.model.from_scratch import Schooling
    from fd_trainer.starter import starter

    screen.phase("model", "a tiny one is schooled, unless the last demo left it")
    steps = Schooling().steps
    return starter(kept, say=lambda step, loss: screen.progress(step, steps, f"loss {loss:.3f}"))
