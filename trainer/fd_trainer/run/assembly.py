"""The bench of a night, put together: model, sampler, Lean, critic and ledger, and their closing."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from fd_core.adapter import Adapter

from fd_trainer.config.night import NightConfig
from fd_trainer.example import Row
from fd_trainer.run.folder import RunFolder
from fd_trainer.run.machinery import Machinery
from fd_trainer.run.parts import Attempting, Bench
from fd_trainer.run.screen import Screen
from fd_trainer.run.speaking import Speaking

if TYPE_CHECKING:
    from fd_trainer.data.collection import Collected
    from fd_trainer.model.policy_model import PolicyModel
    from fd_trainer.rollouts.prompting import Prompting


class Assembly:
    """Knows which part is made of what, and closes in turn what it opened."""

    def __init__(
        self,
        night: NightConfig,
        folder: RunFolder,
        screen: Screen,
        machinery: Machinery,
        speaking: Speaking,
    ) -> None:
        self._night, self._folder, self._screen = night, folder, screen
        self._machinery, self._speaking = machinery, speaking
        self._closing: list[Any] = []

    async def bench(self, serving: Adapter | None, collected: Collected) -> Bench:
        """All that attempts, judges and learns tonight. Raises FdError."""
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
        grader = self._machinery.leans.grader(ledger, label)
        fresh = self._machinery.leans.grader(None, label)
        self._closing += [grader, fresh]
        prompting = self._prompting(model)
        attempting = self._attempting(prompting)
        cluster = await self._machinery.cluster()
        pushed = self._folder.path / "pushed"
        sampler = await self._speaking.sampler(pushed, self._closing, cluster)
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

    async def aclose(self) -> None:
        """Release everything, what was opened last first."""
        closing, self._closing = self._closing, []
        for part in reversed(closing):
            close = getattr(part, "aclose", None)
            if close is not None:
                await close()
            else:
                part.close()

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
