"""The real parts of a night, built when a phase first asks for them. The only place that knows all."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fd_core import settings
from fd_core.adapter import Adapter
from fd_core.registry import FolderRegistry

from fd_trainer.config.night import NightConfig
from fd_trainer.example import Row
from fd_trainer.ports import Say
from fd_trainer.problem import Problem
from fd_trainer.rollout import Sampling
from fd_trainer.run import checks
from fd_trainer.run.folder import RunFolder
from fd_trainer.run.machinery import Machinery
from fd_trainer.run.parts import Attempting, Bench, Finding
from fd_trainer.run.screen import Screen
from fd_trainer.run.speaking import Speaking

if TYPE_CHECKING:
    from fd_trainer.critic.trial import Trials
    from fd_trainer.data.collection import Collected
    from fd_trainer.data.observed import Judge
    from fd_trainer.model.policy_model import PolicyModel
    from fd_trainer.rollouts.prompting import Prompting
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
        self._bench: Bench | None = None
        self._closing: list[Any] = []

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
            self._bench = await self._made(serving, collected)
        return self._bench

    async def speak(self, step: int) -> None:
        """Push the weights to the sampler, and read the canary."""
        await self._speaking.push(step)

    async def useful(self, problems: Sequence[Problem]) -> Finding | None:
        """The critic's pre-flight."""
        from fd_trainer.critic.preflight import preflight

        bench, rollout = self._bench, self._night.rollout
        if bench is None or not problems:
            return None
        await self.speak(0)
        measured = await preflight(
            problems,
            self._night.critic.preflight,
            trials=self._trials(bench),
            grader=bench.grader,
            critic=bench.critic,
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
        closing, self._closing = self._closing, []
        for part in reversed(closing):
            close = getattr(part, "aclose", None)
            if close is not None:
                await close()
            else:
                part.close()
        self._bench = None
        self._speaking.forget()
        await self._machinery.aclose()

    async def _made(self, serving: Adapter | None, collected: Collected) -> Bench:
        from fd_trainer.evaluation.measuring import Measuring
        from fd_trainer.ledger import Ledger
        from fd_trainer.rollouts.rows import rows_of
        from fd_trainer.run.recall import LedgerRecall

        night = self._night
        model = await asyncio.to_thread(self._speaking.load, serving)
        ledger = Ledger(self._folder.ledger)
        self._closing.append(ledger)
        for corrupt in ledger.corrupt:
            self._screen.say(f"  ledger: {corrupt}")
        label = await self._machinery.label()
        grader, fresh = (
            self._machinery.leans.grader(ledger, label),
            self._machinery.leans.grader(None, label),
        )
        prompting = self._prompting(model)
        attempting = self._attempting(prompting)
        cluster = await self._machinery.cluster()
        pushed = self._folder.path / "pushed"
        sampler = await self._speaking.sampler(pushed, self._closing, cluster)
        self._closing += [grader, fresh]
        critic = await self._critic(model, serving, collected)
        recall = LedgerRecall(ledger, self._folder.id)
        measuring = Measuring(
            night.evaluation, sampler, attempting, grader, recall, fresh, self._measured
        )
        return Bench(
            self._speaking.learner(),
            sampler,
            model.tokenizer,
            attempting,
            grader,
            critic,
            ledger,
            measuring,
            rows_of(collected, prompting),
            lambda proved: _paired(collected, proved, prompting),
            self._facts(model, sampler, label),
        )

    def _measured(self, done: int, of: int, declaration: str) -> None:
        self._screen.progress(done, of, f"measured: {declaration}")

    def _prompting(self, model: PolicyModel) -> Prompting:
        from fd_trainer.rollouts.prompting import Prompting

        rollout = self._night.rollout
        return Prompting(model.tokenizer, rollout.step_prompt, rollout.proof_prompt)

    def _attempting(self, prompting: Prompting) -> Attempting:
        from fd_trainer.rollouts.attempting import SingleAnswers
        from fd_trainer.rollouts.tool_loop import ToolAttempts

        data = self._night.data
        if data.rollouts != "tools":
            return SingleAnswers(prompting)
        return ToolAttempts(
            prompting,
            self._machinery.leans.checker,
            data.tool_calls,
            data.tool_s,
            excluded=data.excluded,
        )

    async def _critic(
        self, model: PolicyModel, serving: Adapter | None, collected: Collected
    ) -> Any:
        from fd_trainer.critic.known_names import LeanNames
        from fd_trainer.critic.opening import Surroundings, open_critic

        frozen = None
        if "self" in (self._night.critic.kind, self._night.critic.fallback):
            frozen = await self._speaking.frozen(serving)
            self._closing.append(frozen)
        project = next((problem.project for problem in collected.problems), None)
        critic = open_critic(
            self._night.critic,
            Surroundings(
                self._folder.path,
                project,
                frozen,
                model.tokenizer,
                LeanNames(self._machinery.leans.of),
                tools=self._night.data.rollouts == "tools",
            ),
        )
        self._closing.append(critic)
        return critic

    def _facts(self, model: PolicyModel, sampler: Any, label: str) -> dict[str, str]:
        from importlib.metadata import version

        night = self._night
        libraries = {name: version(name) for name in ("torch", "transformers", "peft")}
        return {
            "lean": f"{label}{self._machinery.leans.where}",
            "device": str(model.device),
            "critic": night.critic.kind,
            "sampler": getattr(sampler, "label", night.sampler.kind),
            **libraries,
        }


def _paired(
    collected: Collected, proved: Mapping[str, Sequence[str]], prompting: Prompting
) -> list[Row]:
    """Preferences of tonight's proofs over what the user refused."""
    from fd_trainer.rollouts.rows import preference_rows

    pairs = [
        pair
        for refusal in collected.refusals
        for pair in refusal.paired(proved.get(refusal.problem.id, ()))
    ]
    return [row for pair in pairs for row in preference_rows(pair, prompting)]
