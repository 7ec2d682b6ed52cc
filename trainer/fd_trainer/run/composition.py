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
from fd_trainer.run.parts import Attempting, Bench, Finding, Learner
from fd_trainer.run.screen import Screen

if TYPE_CHECKING:
    from fd_trainer.critic.trial import Trials
    from fd_trainer.data.collection import Collected
    from fd_trainer.data.observed import Judge
    from fd_trainer.machines.cluster import Cluster
    from fd_trainer.model.policy_model import PolicyModel
    from fd_trainer.model.speaking_copy import SpeakingCopy
    from fd_trainer.rollouts.prompting import Prompting
    from fd_trainer.run.leans import Leans
    from fd_trainer.run.team import Team
    from fd_trainer.samplers.canary import Expected
    from fd_trainer.samplers.delivery import Delivery


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
        self._night, self._folder, self._screen, self._team = night, folder, screen, team
        self._settings = settings.load()
        self._label = ""
        self._leans_: Leans | None = None
        self._cluster_: Cluster | None = None
        self._bench: Bench | None = None
        self._delivery: Delivery | None = None
        self._model_: PolicyModel | None = None
        self._copy: SpeakingCopy | None = None
        self._closing: list[Any] = []

    async def preflight(self) -> Sequence[Finding]:
        """What a dry run looks at, and whether each Lean answers."""
        found = await asyncio.to_thread(checks.findings, self._night, self._settings)
        if not any(finding.fatal for finding in found):
            projects = checks.projects_of(self._night)
            leans = await self._opened_leans()
            _, more = await asyncio.to_thread(leans.labels, projects)
            found += more or await leans.elsewhere(projects)
        return found

    async def collect(self, say: Say) -> Collected:
        """Decisions, open goals, queue and datasets, by the data part; what the audit says meanwhile is in
        the ledger, so that a night that was cut off here asks again for nothing."""
        from fd_trainer.data.labelled import labels_of
        from fd_trainer.ledger import Ledger

        label = await self._label_of_leans()
        ledger = Ledger(self._folder.ledger)
        grader = self._leans.grader(ledger, label)
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
        collector = Collector(data, self._leans.of, judge, home(), store.excluded, say)
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
        assert self._delivery is not None
        await self._delivery.push(step)

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
        if self._model_ is not None:
            from fd_trainer.samplers.canary import Canary

            canary = Canary(self._model_, tolerance=self._night.sampler.canary_tolerance)
            self.promoted = adapter, await asyncio.to_thread(canary.expected)

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
        self._bench = self._delivery = self._model_ = self._copy = None
        if self._leans_ is not None:
            await self._leans_.aclose()
            self._leans_ = None
        if self._cluster_ is not None:
            await asyncio.to_thread(self._cluster_.leave)
            self._cluster_ = None

    @property
    def _leans(self) -> Leans:
        assert self._leans_ is not None, "opened by preflight, or by whoever asks for the label"
        return self._leans_

    async def _opened_leans(self) -> Leans:
        """Those of this machine, or of the cluster's. Raises MachinesError."""
        from fd_trainer.run.leans import Leans

        if self._leans_ is None:
            crew = None
            if cluster := await self._cluster():
                from fd_trainer.machines.remote_lean import lean_crew

                crew = lean_crew(cluster, self._settings.lean, self._night.machines.lean_workers)
            self._leans_ = Leans(self._settings.lean, crew=crew)
        return self._leans_

    async def _cluster(self) -> Cluster | None:
        """The cluster of the night, joined when first asked for. Raises MachinesError."""
        address = self._night.machines.ray_address
        if self._cluster_ is None and address:
            from fd_trainer.machines.cluster import joined

            self._cluster_ = await asyncio.to_thread(joined, address)
        return self._cluster_

    async def _made(self, serving: Adapter | None, collected: Collected) -> Bench:
        from fd_trainer.evaluation.measuring import Measuring
        from fd_trainer.ledger import Ledger
        from fd_trainer.rollouts.rows import rows_of
        from fd_trainer.run.recall import LedgerRecall

        night = self._night
        self._model_ = model = await asyncio.to_thread(self._model, serving)
        ledger = Ledger(self._folder.ledger)
        self._closing.append(ledger)
        for corrupt in ledger.corrupt:
            self._screen.say(f"  ledger: {corrupt}")
        label = await self._label_of_leans()
        grader, fresh = self._leans.grader(ledger, label), self._leans.grader(None, label)
        prompting = self._prompting(model)
        attempting = self._attempting(prompting)
        sampler = await self._sampler(model)
        self._closing += [grader, fresh]
        critic = await self._critic(model, serving, collected)
        recall = LedgerRecall(ledger, self._folder.id)
        measuring = Measuring(
            night.evaluation, sampler, attempting, grader, recall, fresh, self._measured
        )
        return Bench(
            self._learner(model),
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

    def _model(self, serving: Adapter | None) -> PolicyModel:
        from pathlib import Path

        from fd_trainer.model.policy_model import PolicyModel

        options = self._night.model
        if self._team is not None:
            spread = self._samples_elsewhere or options.method == "full"
            return self._team.load(serving, self._night, spread=spread)
        adapter = Path(serving.path) if serving else None
        return PolicyModel.load(options.base, options, adapter=adapter, seed=self._night.run.seed)

    def _learner(self, model: PolicyModel) -> Learner:
        from fd_trainer.run.night_learner import NightLearner
        from fd_trainer.run.team import LeadingLearner

        algorithms, say = self._night.algorithms, self._screen.say
        if self._team is None:
            return NightLearner(model, algorithms, say)
        own = NightLearner(model, algorithms, say, self._team.ranks)
        return LeadingLearner(own, self._team)

    @property
    def _samples_elsewhere(self) -> bool:
        """Whether attempts are written by other processes."""
        return self._night.sampler.kind != "in_process" or bool(self._night.machines.samplers)

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
            prompting, self._leans.checker, data.tool_calls, data.tool_s, excluded=data.excluded
        )

    async def _sampler(self, model: PolicyModel) -> Any:
        from fd_trainer.run.sampling_parts import opened_sampler
        from fd_trainer.samplers.canary import Canary
        from fd_trainer.samplers.delivery import Delivery

        cluster = await self._cluster()
        say, closing = self._screen.say, self._closing
        speaking = model
        if model.sharded and model.options.method == "full" and not self._samples_elsewhere:
            from fd_trainer.model.speaking_copy import SpeakingCopy

            self._copy = await asyncio.to_thread(SpeakingCopy, model)
            speaking = self._copy.model
        sampler = await opened_sampler(self._night, speaking, say, closing, cluster)
        canary = Canary(model, tolerance=self._night.sampler.canary_tolerance)
        refresh = self._copy.refresh if self._copy else None
        self._delivery = Delivery(model, sampler, self._folder.path / "pushed", canary, refresh)
        await self._delivery.push(0)
        return sampler

    async def _critic(
        self, model: PolicyModel, serving: Adapter | None, collected: Collected
    ) -> Any:
        from fd_trainer.critic.known_names import LeanNames
        from fd_trainer.critic.opening import Surroundings, open_critic

        frozen = None
        if "self" in (self._night.critic.kind, self._night.critic.fallback):
            from fd_trainer.samplers.in_process import InProcessSampler

            speaking = self._copy.model if self._copy else model
            frozen = InProcessSampler(speaking, self._night.sampler, self._screen.say)
            self._closing.append(frozen)
            await frozen.speak_with(serving)
        project = next((problem.project for problem in collected.problems), None)
        critic = open_critic(
            self._night.critic,
            Surroundings(
                self._folder.path,
                project,
                frozen,
                model.tokenizer,
                LeanNames(self._leans.of),
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
            "lean": f"{label}{self._leans.where}",
            "device": str(model.device),
            "critic": night.critic.kind,
            "sampler": getattr(sampler, "label", night.sampler.kind),
            **libraries,
        }

    async def _label_of_leans(self) -> str:
        if not self._label:
            from fd_trainer.run.leans import home

            projects = checks.projects_of(self._night) or (home(),)
            leans = await self._opened_leans()
            self._label, _ = await asyncio.to_thread(leans.labels, projects)
        return self._label


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
