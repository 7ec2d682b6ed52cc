"""A whole tiny night as `fd-trainer run` makes it, with a FAKE Lean that knows lanterns.

Real throughout but for Lean: configuration, phases, model, sampler, ledger, gate, registry, report. The
model's weights are random, so it proves nothing, and the gate keeps what is served. Also a program, for
torchrun: `lantern_night.py FOLDER OVERRIDES` (JSON); each rank writes FOLDER/rank-N.json.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest import mock

NIGHT: dict[str, Any] = {
    "run": {
        "steps": 3, "problems_per_step": 2, "survey": 2, "checkpoint_every": 1, "fd_share": 0.67,
        "measure_steps": 1,
    },
    "model": {"rank": 4, "device": "cpu"},
    "data": {
        "frozen": False, "decisions": False, "queue": False, "rollouts": "step", "held_out": 0.3,
    },
    "rollout": {"max_tokens": 6, "step_prompt": "fd-tactic-1"},
    "algorithms": {"policy_gradient": {"group_size": 2}},
    "critic": {"kind": "constant", "text": "Use omega.", "preflight": {"action": "off"}},
    "evaluation": {
        "samples": 2, "ks": [1, 2], "max_tokens": 6, "every_steps": 3, "during_samples": 1,
    },
    "gate": {"k": 2},
    "guards": {"enabled": False},
}  # fmt: skip


@dataclass(frozen=True)
class LanternThere:
    """What `LeanThere` is for the real Lean; on any machine."""

    settings: Any = None

    def auditor(self, project: Path) -> Any:
        from support.lantern_lean import LanternLean

        return LanternLean()

    checker = auditor

    def label(self, project: Path) -> str:
        return str(self.auditor(project).label)


@contextmanager
def lanterns_for_lean() -> Iterator[None]:
    """Within it, every project's Lean is the fake one, also on other machines."""
    from fd_trainer.machines import remote_lean
    from fd_trainer.run import checks, leans

    there = LanternThere()
    with (
        mock.patch.object(leans, "open_lean", lambda project, _: there.checker(project)),
        mock.patch.object(leans, "ProjectAuditor", lambda project, _: there.auditor(project)),
        mock.patch.object(remote_lean, "LeanThere", LanternThere),
        mock.patch.object(checks, "_lean", return_value=()),
    ):
        yield


def project(folder: Path) -> Path:
    """Eight open goals of two kinds."""
    from fd_trainer import lanterns

    kinds = lanterns.LANTERNS[:2]
    text = "\n".join(
        [each.declaration for each in kinds]
        + [
            each.theorem(f"{each.predicate.lower()}_{n}", n)
            for each in kinds
            for n in range(11, 15)
        ]
    )
    if os.environ.get("RANK", "0") == "0":
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "Lanterns.lean").write_text(text + "\n", encoding="utf-8")
    return folder


def environment(folder: Path) -> dict[str, str]:
    """Everything the night writes goes below `folder`."""
    names = {"FD_DATA_DIR": "data", "FD_CACHE_DIR": "cache", "FD_CONFIG": "config.toml"}
    return {name: str(folder / part) for name, part in names.items()} | {"OMP_NUM_THREADS": "1"}


def night_of(folder: Path, base: Path, overrides: Mapping[str, Any]) -> Any:
    """The configuration: the tiny preset, `NIGHT`, and what a test wants."""
    from fd_trainer.config import load

    here = {"model": {"base": str(base)}, "data": {"projects": [str(project(folder / "project"))]}}
    return load.load(preset="tiny", overrides=load.merged(NIGHT, here, overrides))


def run(folder: Path, base: Path, overrides: Mapping[str, Any]) -> tuple[str, Path]:
    """A night from beginning to end in this process: its verdict and its folder."""
    import io

    from fd_core import locations
    from fd_trainer.run.launch import launch
    from fd_trainer.run.screen import Screen

    out = io.StringIO()
    with mock.patch.dict(os.environ, environment(folder)), lanterns_for_lean():
        loaded = night_of(folder, base, overrides)
        before = set(locations.runs_dir().glob("*"))
        try:
            verdict, _ = launch(None, loaded.night, loaded.preset, Screen(out))
        finally:
            print(out.getvalue())
        made = set(locations.runs_dir().glob("*")) - before
    return verdict, next(iter(made), folder)


class Elsewhere:
    """FAKE of a sampler on another machine: a copy of the model of its own, which hears adapters only."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


@contextmanager
def sampled_elsewhere() -> Iterator[None]:
    """Within it, whatever sampler is configured is the fake one."""
    from fd_trainer.run import sampling_parts

    async def opened(night: Any, model: Any, say: Any, closing: list[Any], _: Any) -> Elsewhere:
        from fd_trainer.model.policy_model import PolicyModel
        from fd_trainer.samplers.in_process import InProcessSampler

        assert model.sharded == ("RANK" in os.environ)
        inner = InProcessSampler(PolicyModel.load(night.model.base, night.model))
        closing.append(inner)
        return Elsewhere(inner)

    with mock.patch.object(sampling_parts, "opened_sampler", opened):
        yield


def counted() -> tuple[list[int], Any]:
    """Tokens that this process learned from, step by step; and what makes the learner count them."""
    from fd_trainer.algorithms.learner import Learner

    tokens: list[int] = []
    passed = Learner._passed

    def counting(self: Learner, rows: Any) -> Any:
        found = passed(self, rows)
        tokens.append(found.seen if found else 0)
        return found

    return tokens, mock.patch.object(Learner, "_passed", counting)


def main() -> None:
    """One rank of torchrun: says what it learned from, and the first also how the night ended."""
    folder, rank = Path(sys.argv[1]), os.environ["RANK"]
    tokens, counting = counted()
    given = json.loads(sys.argv[2])
    with counting, sampled_elsewhere() if "sampler" in given else nullcontext():
        verdict, made = run(folder, folder.parent / "model", given)
    said = {"tokens": tokens, "verdict": verdict, "run": str(made)}
    (folder / f"rank-{rank}.json").write_text(json.dumps(said))
    sys.stdout.flush()
    os._exit(0)  # as the command does under torchrun


if __name__ == "__main__":
    main()
