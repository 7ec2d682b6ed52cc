"""What all phases of one night share: its files, its limits, its parts."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from fd_core.adapter import Adapter

from fd_trainer.config.night import NightConfig
from fd_trainer.report import contract, run_files
from fd_trainer.report.contract import RunFacts
from fd_trainer.rollout import Rollout
from fd_trainer.run.folder import RunFolder
from fd_trainer.run.leaving import Leaving
from fd_trainer.run.parts import Bench, Parts
from fd_trainer.run.record import RunRecord
from fd_trainer.run.retrying import retried
from fd_trainer.run.screen import Screen
from fd_trainer.run.trace import Trace

T = TypeVar("T")


@dataclass(slots=True)
class Stand:
    """One night."""

    config: NightConfig
    preset: str
    folder: RunFolder
    record: RunRecord
    parts: Parts
    leaving: Leaving
    screen: Screen
    registry_get: Callable[[str], Adapter]
    trace: Trace = field(init=False)
    _facts: dict[str, str] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self.trace = Trace(self.folder)

    def at_step(self, step: int, stage: str) -> None:
        """Tell onlookers how far training is."""
        self.record.change(step=step)

    def facts(self, bench: Bench) -> None:
        """What the parts are, for the report."""
        self.trace.tokenizer = bench.tokenizer
        self._facts = dict(bench.facts)
        self.write_facts()

    def write_facts(self) -> None:
        """run.json, as far as it is known."""
        status, facts = self.record.status, self._facts
        found = self.record.found
        trained, decided = found("train") or {}, found("promote") or {}
        known = {"device", "lean", "critic", "sampler"}
        run_files.put(
            self.folder.path / contract.RUN,
            RunFacts(
                id=self.folder.id,
                started_at=status.started_at,
                base_model=self.config.model.base,
                finished_at=status.finished_at,
                preset=self.preset,
                algorithms=tuple(trained.get("stages", ())),
                critic=facts.get("critic", self.config.critic.kind),
                sampler=facts.get("sampler", self.config.sampler.kind),
                lean=facts.get("lean", ""),
                device=facts.get("device", self.config.model.device),
                seed=self.config.run.seed,
                parent_adapter=(found("preflight") or {}).get("serving"),
                adapter=(found("evaluate") or {}).get("adapter"),
                promoted=bool(decided.get("promoted")),
                steps=int(trained.get("steps", status.step)),
                projects=tuple(str(path) for path in self.config.data.projects),
                versions={k: v for k, v in facts.items() if k not in known},
                stopped=str(trained.get("stopped", status.reason)),
                notes=(*(found("collect") or {}).get("notes", ()), *_said(decided.get("why"))),
            ),
        )

    async def speak(self, step: int) -> None:
        """Send the weights to the sampler, tried again while it may come back."""
        await self.patiently(lambda: self.parts.speak(step), "sending the weights to the sampler")

    async def retry(
        self, work: Callable[[], Awaitable[Sequence[Rollout]]], doing: str
    ) -> Sequence[Rollout]:
        """`work`, tried again while what failed may come back."""
        return await self.patiently(work, doing)

    async def patiently(self, work: Callable[[], Awaitable[T]], doing: str) -> T:
        """The result of `work`, tried again while what failed may come back."""
        run = self.config.run
        return await retried(
            work,
            doing,
            retries=run.retries,
            first_pause_s=run.retry_s,
            say=self.screen.say,
            left_s=self.leaving.deadline.left_s,
        )


def _said(why: object) -> tuple[str, ...]:
    """As a sentence of the report, if there is something to say."""
    return (f"{str(why)[:1].upper()}{str(why)[1:]}.",) if why else ()
