"""The end of a night: the candidate is published, measured against what is served, and promoted or not."""

from __future__ import annotations

import asyncio
import math
import shutil
import time
from typing import Any

from fd_core.adapter import Adapter
from fd_core.errors import RegistryError

from fd_trainer.evaluation.decision import Decision, Keep, NotEnoughEvidence
from fd_trainer.evaluation.gate import judge
from fd_trainer.report import contract, run_files
from fd_trainer.run.at_hand import AtHand
from fd_trainer.run.parts import Bench
from fd_trainer.run.retrying import retried
from fd_trainer.run.stand import Stand

Found = dict[str, Any]
GRACE_S = 30.0
"""Evaluation may end so long after the deadline; then there is no verdict but "not enough"."""


class Deciding:
    """The phases evaluate, decide and promote."""

    def __init__(self, stand: Stand, hand: AtHand) -> None:
        self._stand, self._hand = stand, hand

    async def evaluate(self) -> Found:
        """Publish the candidate, and measure it against what is served."""
        stand = self._stand
        trained = stand.record.found("train") or {}
        if not trained.get("steps"):
            return {"skipped": f"no step was made ({trained.get('stopped', '')})"}
        bench = await self._hand.ready()
        candidate = self._published(bench, trained)
        if isinstance(candidate, str):
            return {"skipped": candidate}
        suites = self._hand.problems.suites()
        left_s = stand.leaving.deadline.left_s() + GRACE_S
        timeout = None if math.isinf(left_s) else max(1.0, left_s)
        work = retried(
            lambda: bench.measuring.both(suites, self._hand.serving(), candidate),
            "evaluation",
            retries=stand.config.run.retries,
            first_pause_s=stand.config.run.retry_s,
            say=stand.screen.say,
            left_s=lambda: stand.leaving.deadline.left_s() + GRACE_S,
        )
        try:
            async with asyncio.timeout(timeout):
                evaluation = await stand.leaving.during(work, -float("inf"))
        except TimeoutError:
            return {"adapter": candidate.id, "skipped": "the deadline came before it was measured"}
        run_files.put(stand.folder.path / contract.EVALUATION, evaluation)
        return {"adapter": candidate.id, "seconds": evaluation.candidate.seconds}

    async def decide(self) -> Found:
        """Promote or not, with reasons: a pure function of two tables."""
        stand = self._stand
        evaluated = stand.record.found("evaluate") or {}
        decision = self._decision(evaluated)
        run_files.put(stand.folder.path / contract.DECISION, decision)
        word = {"Promote": "promote", "Keep": "keep"}.get(
            type(decision.verdict).__name__, "not enough evidence"
        )
        for reason in decision.verdict.reasons:
            stand.screen.say(f"  {reason}")
        return {"verdict": word, "promotes": decision.promotes, "reasons": decision.verdict.reasons}

    async def promote(self) -> Found:
        """Swap the one pointer, if the gate said so."""
        promoted = await self._promoted()
        try:
            gone = await self._stand.parts.tidy()
        except RegistryError as error:
            self._stand.screen.say(f"  old models stay: {error.what}")
        else:
            for name in gone:
                self._stand.screen.say(f"  {name}: an old whole model, removed (run.models_kept)")
        return promoted

    async def _promoted(self) -> Found:
        stand = self._stand
        decided = stand.record.found("decide") or {}
        adapter_id = (stand.record.found("evaluate") or {}).get("adapter")
        if decided.get("promotes") and adapter_id:
            if why := self._served_by_now(str(adapter_id)):
                stand.screen.say(f"  {why}")
                return {"promoted": None, "why": why}
            adapter = stand.parts.registry.promote(str(adapter_id))
            await stand.parts.served_from_now_on(adapter)
            stand.screen.say(f"  {adapter.id} is served from now on")
            return {"promoted": adapter.id}
        return {"promoted": None}

    def _served_by_now(self, candidate: str) -> str:
        """Why the pointer is left alone: somebody moved it in the night, and the gate compared the
        candidate with what was served before. Empty if all is as it was, or promoted by us already."""
        registry = self._stand.parts.registry
        now = served.id if (served := registry.promoted()) else None
        before = (self._stand.record.found("preflight") or {}).get("serving")
        if now in (before, candidate):
            return ""
        return (
            f"not promoted: {now or 'the base model'} is served since, and the candidate was compared "
            f"with {before or 'the base model'}; `fd-trainer adapters promote {candidate[:8]}` if wanted"
        )

    def _decision(self, evaluated: Found) -> Decision:
        if why := evaluated.get("skipped"):
            reasons = (f"There is no evaluation: {why}.",)
            verdict = NotEnoughEvidence(reasons) if evaluated.get("adapter") else Keep(reasons)
            return Decision(verdict, self._stand.config.gate.confidence, at=time.time())
        evaluation = run_files.read_night(self._stand.folder.path).evaluation
        if evaluation is None:
            reasons = ("The evaluation can't be read; `fd-trainer run --new` measures anew.",)
            return Decision(NotEnoughEvidence(reasons), self._stand.config.gate.confidence)
        return judge(evaluation, self._stand.config.gate)

    def _published(self, bench: Bench, trained: Found) -> Adapter | str:
        """The best weights as a published adapter, or why there is none."""
        stand = self._stand
        folder, learner = stand.folder, bench.learner
        if trained.get("best_step") is not None and learner.restore(folder.best) is not None:
            stand.screen.say(f"  the candidate is the checkpoint of step {trained['best_step']}")
        else:
            learner.restore(folder.checkpoints)
        shutil.rmtree(folder.candidate, ignore_errors=True)
        try:
            learner.save_adapter(folder.candidate)
            serving = self._hand.start()
            return stand.parts.registry.publish(
                folder.candidate, stand.config.model.base, serving.id if serving else None, {}
            )
        except RegistryError as error:
            return f"nothing could be published: {error.what}"
