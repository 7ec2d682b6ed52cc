"""The real parts of a night, built when a phase first asks for them; the bench by `assembly`."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from fd_core import settings
from fd_core.adapter import Adapter
from fd_core.registry import FolderRegistry

from fd_trainer.config.night import NightConfig
from fd_trainer.ports import Say
from fd_trainer.problem import Problem
from fd_trainer.rollout import Sampling
from fd_trainer.run import checks
from fd_trainer.run.assembly import Assembly
from fd_trainer.run.folder import RunFolder
from fd_trainer.run.machinery import Machinery
from fd_trainer.run.parts import Bench, Finding
from fd_trainer.run.screen import Screen
from fd_trainer.run.speaking import Speaking

if TYPE_CHECKING:
    from fd_trainer.critic.trial import Trials
    from fd_trainer.data.collection import Collected
    from fd_trainer.data.observed import Judge
    from fd_trainer.run.team import Team
    from fd_trainer.samplers.canary import Expected


class RealParts:
    """Implements `parts.Parts`."""

    def __init__(
        self,
        night: NightConfig,
        folder: RunFolder,
        registry: FolderRegistry,
        screen: Screen,
        team: Team | None = None,
    ) -> None:
        self.registry = registry
        self.promoted: tuple[Adapter, Expected] | None = None
        """What serving is to speak with from now on, and what it should say to the canary."""
        self._night, self._folder, self._screen = night, folder, screen
        self._settings = settings.load()
        self._machinery = Machinery(night, self._settings.lean)
        self._speaking = Speaking(night, team, screen.say)
        self._assembly = Assembly(night, folder, screen, self._machinery, self._speaking)
        self._bench: Bench | None = None

    async def preflight(self) -> Sequence[Finding]:
        """What a dry run looks at, and whether each Lean answers."""
        found = await asyncio.to_thread(checks.findings, self._night, self._settings)
        if not any(finding.fatal for finding in found):
            projects = checks.projects_of(self._night)
            leans = await self._machinery.opened()
            _, more = await asyncio.to_thread(leans.labels, projects)
            found += more or await leans.elsewhere(projects)
        return found

    async def collect(self, say: Say) -> Collected:
        """Decisions, open goals, queue and datasets, by the data part; what the audit says meanwhile is in
        the ledger, so that a night that was cut off here asks again for nothing."""
        from fd_trainer.data.labelled import labels_of
        from fd_trainer.ledger import Ledger

        label = await self._machinery.label()
        ledger = Ledger(self._folder.ledger)
        grader = self._machinery.leans.grader(ledger, label)
        try:
            collected = await self._collected(grader, say)
            ledger.record_flags({flag.problem_id: flag.why for flag in collected.flags})
            ledger.record_labels(labels_of(collected))
            return collected
        finally:
            await grader.aclose()
            ledger.close()

    async def _collected(self, judge: Judge, say: Say) -> Collected:
        from fd_core.night import NightQueue

        from fd_trainer.data.collection import Collector
        from fd_trainer.data.records import stored_events
        from fd_trainer.data.suspects import Suspects
        from fd_trainer.run.leans import home

        data, store = self._night.data, self._settings.store
        collector = Collector(data, self._machinery.leans.of, judge, home(), store.excluded, say)
        queue = NightQueue().goals() if data.queue else ()
        # Nothing without consent: a later no holds for what was recorded before, too.
        found = await collector.collect(stored_events(store, data.store), queue)
        return await Suspects(data, judge, say).sifted(found)

    async def bench(self, serving: Adapter | None, collected: Collected) -> Bench:
        """Model, sampler, Lean and critic."""
        if self._bench is None:
            self._bench = await self._assembly.bench(serving, collected)
        return self._bench

    async def speak(self, step: int) -> None:
        """Push the weights to the sampler, and read the canary."""
        await self._speaking.push(step)

    async def useful(self, problems: Sequence[Problem]) -> Finding | None:
        """The critic's pre-flight, through the ledger."""
        from fd_trainer.critic.preflight import preflight
        from fd_trainer.run.recorded_trials import RecordedTrials

        bench, rollout = self._bench, self._night.rollout
        if bench is None or not problems:
            return None
        await self.speak(0)
        recorded = RecordedTrials(self._folder.id, bench, self._trials(bench))
        measured = await preflight(
            problems,
            self._night.critic.preflight,
            trials=recorded,
            grader=recorded,
            critic=recorded,
            sampling=Sampling(
                rollout.temperature, rollout.top_p, rollout.max_tokens, seed=self._night.run.seed
            ),
        )
        verdict = measured.verdict(self._night.critic.preflight.action)
        fix = 'Use another critic, or set critic.preflight.action = "warn".'
        return Finding(measured.words, fix, fatal=verdict == "refuse")

    def _trials(self, bench: Bench) -> Trials:
        """The pre-flight's attempts, made as the night's are."""
        from fd_trainer.critic.trial import PromptTrials
        from fd_trainer.rollouts.tool_loop import ToolAttempts, ToolTrials

        if isinstance(bench.attempting, ToolAttempts):
            return ToolTrials(bench.attempting, bench.sampler)
        rollout = self._night.rollout
        return PromptTrials(
            bench.sampler, bench.tokenizer, rollout.step_prompt, rollout.proof_prompt
        )

    async def served_from_now_on(self, adapter: Adapter) -> None:
        """Keep the canary of what was promoted, while its weights are at hand."""
        if adapter.whole_model:
            self._screen.say(
                "  a whole model: models in process change to it by themselves, a vLLM is to be started "
                f"anew: fd-server model serve {adapter.path}"
            )
            return
        if self._speaking.loaded:
            self.promoted = adapter, await self._speaking.expected()

    async def tidy(self) -> Sequence[str]:
        """Whole models beyond those that are kept. Raises RegistryError."""
        gone = await asyncio.to_thread(self.registry.prune, self._night.run.models_kept)
        return [adapter.id for adapter in gone]

    async def aclose(self) -> None:
        """Release everything, what was opened last first."""
        await self._assembly.aclose()
        self._bench = None
        self._speaking.forget()
        await self._machinery.aclose()
