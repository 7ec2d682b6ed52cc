"""What each phase of a night does: reads files of the run, writes files, says what it found.

Every one may be begun again after a kill: what it did before is recalled from the ledger or written
over with the same.
"""

from __future__ import annotations

import asyncio
import math
import shutil
import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any, TypeVar

from fd_core.adapter import Adapter
from fd_core.errors import FdError, RegistryError
from fd_core.runs import Phase

from fd_trainer.data.files import write_collected
from fd_trainer.evaluation.decision import Decision, Keep, NotEnoughEvidence
from fd_trainer.evaluation.gate import judge
from fd_trainer.report import contract, run_files
from fd_trainer.run import survey
from fd_trainer.run.attempts import Attempts
from fd_trainer.run.errors import NothingToLearnError, RunError
from fd_trainer.run.ground import Ground
from fd_trainer.run.leaving import LeaveError
from fd_trainer.run.night_problems import NightProblems
from fd_trainer.run.parts import Bench
from fd_trainer.run.retrying import retried
from fd_trainer.run.stand import Stand
from fd_trainer.run.survey import Survey
from fd_trainer.run.trace import peak_memory_mb
from fd_trainer.run.training import Training

T = TypeVar("T")
Found = dict[str, Any]
GRACE_S = 30.0
"""Evaluation may end so long after the deadline; then there is no verdict but "not enough"."""
RESERVE_MARGIN = 1.4
"""The candidate's proofs may be longer than those of what is served."""
LEAST_RESERVE_S = 20.0


class Phases:
    """The work of one night, phase by phase. Holds the parts while they are needed."""

    def __init__(self, stand: Stand) -> None:
        self._stand = stand
        self._bench: Bench | None = None
        self._problems = NightProblems(stand.config, stand.folder, stand.record)

    def work(self) -> dict[Phase, Callable[[], Awaitable[Found]]]:
        """Phase → what is done in it."""
        return {
            "preflight": self.preflight,
            "collect": self.collect,
            "rollout": self.rollout,
            "verify": self.verify,
            "criticise": self.criticise,
            "train": self.train,
            "evaluate": self.evaluate,
            "decide": self.decide,
            "promote": self.promote,
        }

    async def preflight(self) -> Found:
        """Look at everything before a GPU is taken; all that is wrong is told at once."""
        stand = self._stand
        findings = await stand.parts.preflight()
        fatal = [finding for finding in findings if finding.fatal]
        if fatal:
            raise RunError(
                "\n".join(finding.what for finding in fatal),
                fix=" ".join(dict.fromkeys(f.fix for f in fatal if f.fix)),
            )
        for finding in findings:
            stand.screen.say(f"  note: {finding.what}")
        serving = stand.parts.registry.promoted()
        return {
            "started_at": stand.record.status.started_at,
            "serving": serving.id if serving else None,
            "findings": [asdict(finding) for finding in findings],
        }

    async def collect(self) -> Found:
        """Decisions, open goals, queue and datasets as problems and rows."""
        stand = self._stand
        collected = await stand.leaving.during(stand.parts.collect(stand.screen.say))
        notes = [f"{count} × {why}" for why, count in sorted(collected.left_out.items())]
        counts = {
            "train": len(collected.of("train")),
            "held_out": len(collected.of("held_out")),
            "frozen": len(collected.frozen),
            "targets": len(collected.targets),
            "preferences": len(collected.preferences),
        }
        if not (counts["train"] or counts["targets"] or counts["preferences"]):
            raise NothingToLearnError(
                "; ".join(["there is nothing to learn from", *notes]),
                fix="Open a project with `sorry`s (--project), queue goals in the editor, or name a "
                "dataset in [data].",
            )
        write_collected(stand.folder.collected, collected)
        stand.trace.problems(collected.problems)
        stand.screen.say(
            "  {train} problems to train on, {held_out} held out, {frozen} frozen; "
            "{targets} targets and {preferences} preferences of decisions".format(**counts)
        )
        told = [f"left out: {note}" for note in notes]
        told += [f"flagged: {flag.words}" for flag in collected.flags]
        for line in told:
            stand.screen.say(f"  {line}")
        return counts | {"notes": told}

    async def rollout(self) -> Found:
        """The starting policy attempts some problems."""
        seen = await self._survey()
        started = time.monotonic()
        rollouts = await self._bounded(seen.rollouts())
        made = [rollout for group in rollouts or () for rollout in group]
        seconds = time.monotonic() - started
        self._stand.trace.seconds["survey"] += seconds
        return {
            "attempts": len(made),
            "tokens": sum(len(rollout.ids) for rollout in made),
            "seconds": seconds,
            "recalled": seen.attempts.recalled,
            "complete": rollouts is not None,
        }

    async def verify(self) -> Found:
        """Lean's word on the survey; and what is served now, on the problems of the gate."""
        seen = await self._survey()
        attempted = await self._bounded(seen.judged()) or []
        rates = survey.pass_rates(attempted)
        if attempted:
            share = sum(rates.values()) / len(rates) if rates else 0.0
            self._stand.screen.say(f"  the starting policy proves {share:.0%} of what it tries")
            self._stand.trace.attempts(-1, "survey", attempted)
        started = time.monotonic()
        bench, suites = await self._ready(), self._problems.suites(rates)
        serving = self._serving()
        table = None
        if any(suites.values()):
            table = await self._bounded(bench.measuring.serving(suites, serving))
        seconds = time.monotonic() - started
        return {"pass_rates": rates, "measured": table is not None, "reserve_s": seconds}

    async def criticise(self) -> Found:
        """Try the critic on what failed, and whether its feedback helps."""
        stand = self._stand
        if "fd" not in stand.config.run.stages:
            return {"asked": 0}
        seen = await self._survey()
        attempted = await self._bounded(seen.remarked()) or []
        stand.trace.attempts(-1, "survey", attempted)
        finding = None
        if stand.config.critic.preflight.action != "off":
            work = stand.parts.useful(self._problems.collected.of("train"))
            finding = await self._bounded(work)
        if finding is not None and finding.fatal:
            raise RunError(finding.what, fix=finding.fix)
        if finding is not None:
            stand.screen.say(f"  {finding.what}")
        spent = (await self._ready()).critic.spent
        return {
            "asked": sum(len(each.remarks) for each in attempted),
            "calls": spent.calls,
            "tokens": spent.tokens,
            "money": spent.money,
            "finding": finding.what if finding else "",
        }

    async def train(self) -> Found:
        """The loop of optimiser steps."""
        stand, bench = self._stand, await self._ready()
        training = Training(await self._ground(bench))
        await stand.speak(training.position.step)
        outcome = await training.run()
        stand.screen.say(f"  training ended after {outcome.steps} steps: {outcome.stopped}")
        return asdict(outcome)

    async def evaluate(self) -> Found:
        """Publish the candidate, and measure it against what is served."""
        stand = self._stand
        trained = stand.record.found("train") or {}
        if not trained.get("steps"):
            return {"skipped": f"no step was made ({trained.get('stopped', '')})"}
        bench = await self._ready()
        candidate = self._published(bench, trained)
        if isinstance(candidate, str):
            return {"skipped": candidate}
        suites = self._problems.suites()
        left_s = stand.leaving.deadline.left_s() + GRACE_S
        timeout = None if math.isinf(left_s) else max(1.0, left_s)
        work = retried(
            lambda: bench.measuring.both(suites, self._serving(), candidate),
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

    def write_costs(self) -> None:
        """What the night took so far, for the report."""
        stand, bench = self._stand, self._bench
        spent = bench.critic.spent if bench is not None else None
        stand.trace.costs(spent, stand.config.critic.currency, {"trainer": peak_memory_mb()})

    async def aclose(self) -> None:
        """Release the parts."""
        await self._stand.parts.aclose()

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
            serving = self._start()
            return stand.parts.registry.publish(
                folder.candidate, stand.config.model.base, serving.id if serving else None, {}
            )
        except RegistryError as error:
            return f"nothing could be published: {error.what}"

    async def _ground(self, bench: Bench) -> Ground:
        stand = self._stand
        verified = stand.record.found("verify") or {}
        reserve_s = max(LEAST_RESERVE_S, RESERVE_MARGIN * float(verified.get("reserve_s", 0.0)))
        seen = await self._survey()
        judged = await self._bounded(seen.judged(shown=False)) or []
        anchored = survey.anchors(judged, stand.config.data.replay)
        return Ground(
            config=stand.config,
            folder=stand.folder,
            bench=bench,
            problems=self._problems.to_train_on(),
            rows=[*bench.rows, *bench.paired(survey.proved_texts(judged)), *anchored],
            suites=self._problems.suites(),
            speak=stand.speak,
            leaving=stand.leaving,
            screen=stand.screen,
            trace=stand.trace,
            reserve_s=reserve_s,
            pass_rates=tuple(verified.get("pass_rates", {}).values()),
            progress=stand.at_step,
        )

    async def _survey(self) -> Survey:
        stand = self._stand
        attempts = Attempts(await self._ready(), stand.retry)
        return Survey(stand.config, stand.folder, attempts, self._problems.collected, stand.screen)

    async def _bounded(self, work: Any) -> Any:
        """The result of `work`; none when the deadline came meanwhile. Asked to go, it leaves."""
        try:
            return await self._stand.leaving.during(work, LEAST_RESERVE_S)
        except LeaveError as leave:
            if leave.interrupted:
                raise
            self._stand.screen.say(f"  cut short: {leave.reason}")
            return None

    async def _ready(self) -> Bench:
        if self._bench is None:
            parts = self._stand.parts
            self._bench = await parts.bench(self._start(), self._problems.collected)
            self._stand.facts(self._bench)
            if long := self._problems.leave_out_long(self._bench.attempting):
                most = self._stand.config.rollout.max_prompt_tokens
                self._stand.screen.say(f"  {long} problems left out: prompts above {most} tokens")
        return self._bench

    def _start(self) -> Adapter | None:
        """What training starts from: what was served when the run began, or the base model."""
        return self._serving() if self._stand.config.run.adapt else None

    def _serving(self) -> Adapter | None:
        """What was served when the run began."""
        adapter_id = (self._stand.record.found("preflight") or {}).get("serving")
        if adapter_id is None:
            return None
        try:
            return self._stand.registry_get(str(adapter_id))
        except FdError as error:
            raise RunError(error.what, fix=f"{error.fix} Or begin a new run.") from error
