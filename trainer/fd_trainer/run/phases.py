"""What each phase of a night does: reads files of the run, writes files, says what it found.

Every one may be begun again after a kill: what it did before is recalled from the ledger or written
over with the same.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Any, TypeVar

from fd_core.runs import Phase

from fd_trainer.data.files import write_collected
from fd_trainer.run import survey
from fd_trainer.run.at_hand import AtHand
from fd_trainer.run.attempts import Attempts
from fd_trainer.run.deciding import Deciding
from fd_trainer.run.errors import NothingToLearnError, RunError
from fd_trainer.run.ground import Ground
from fd_trainer.run.leaving import LeaveError
from fd_trainer.run.parts import Bench
from fd_trainer.run.stand import Stand
from fd_trainer.run.survey import Survey
from fd_trainer.run.trace import peak_memory_mb
from fd_trainer.run.training import Training

T = TypeVar("T")
Found = dict[str, Any]
RESERVE_MARGIN = 1.4
"""The candidate's proofs may be longer than those of what is served."""
LEAST_RESERVE_S = 20.0


class Phases:
    """The work of one night, phase by phase. Holds the parts while they are needed."""

    def __init__(self, stand: Stand) -> None:
        self._stand = stand
        self._hand = AtHand(stand)
        self._problems = self._hand.problems
        self._deciding = Deciding(stand, self._hand)

    def work(self) -> dict[Phase, Callable[[], Awaitable[Found]]]:
        """Phase → what is done in it."""
        return {
            "preflight": self.preflight,
            "collect": self.collect,
            "rollout": self.rollout,
            "verify": self.verify,
            "criticise": self.criticise,
            "train": self.train,
            "evaluate": self._deciding.evaluate,
            "decide": self._deciding.decide,
            "promote": self._deciding.promote,
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
        attempted = await self._bounded(self._stand.patiently(seen.decided, "the survey")) or []
        rates = survey.pass_rates(attempted)
        if attempted:
            share = sum(rates.values()) / len(rates) if rates else 0.0
            self._stand.screen.say(f"  the starting policy proves {share:.0%} of what it tries")
        started = time.monotonic()
        bench, suites = await self._hand.ready(), self._problems.suites(rates)
        serving = self._hand.serving()
        table = None
        if any(suites.values()):
            work = self._stand.patiently(
                lambda: bench.measuring.serving(suites, serving), "measuring what is served"
            )
            table = await self._bounded(work)
        reckoned_s = bench.measuring.reckoned_s(suites, serving)
        reserve_s = max(time.monotonic() - started, reckoned_s)
        return {"pass_rates": rates, "measured": table is not None, "reserve_s": reserve_s}

    async def criticise(self) -> Found:
        """Try the critic on what failed, and whether its feedback helps."""
        stand = self._stand
        with_critic = "fd" in stand.config.run.stages
        seen = await self._survey()
        work = seen.remarked() if with_critic else seen.judged(shown=False)
        attempted = await self._bounded(work) or []
        stand.trace.attempts(-1, "survey", attempted)  # once, with the remarks
        if not with_critic:
            return {"asked": 0}
        finding = None
        if stand.config.critic.preflight.action != "off":
            trial = stand.parts.useful(self._problems.collected.of("train"))
            finding = await self._bounded(trial)
        if finding is not None and finding.fatal:
            raise RunError(finding.what, fix=finding.fix)
        if finding is not None:
            stand.screen.say(f"  {finding.what}")
        spent = (await self._hand.ready()).critic.spent
        return {
            "asked": sum(remark is not None for each in attempted for remark in each.remarks),
            "calls": spent.calls,
            "tokens": spent.tokens,
            "money": spent.money,
            "finding": finding.what if finding else "",
        }

    async def train(self) -> Found:
        """The loop of optimiser steps."""
        stand, bench = self._stand, await self._hand.ready()
        training = Training(await self._ground(bench))
        await stand.speak(training.position.step)
        outcome = await training.run()
        stand.screen.say(f"  training ended after {outcome.steps} steps: {outcome.stopped}")
        return asdict(outcome)

    def write_costs(self) -> None:
        """What the night took so far, for the report."""
        stand, bench = self._stand, self._hand.bench
        spent = bench.critic.spent if bench is not None else None
        stand.trace.costs(spent, stand.config.critic.currency, {"trainer": peak_memory_mb()})

    async def aclose(self) -> None:
        """Release the parts."""
        await self._stand.parts.aclose()

    async def _ground(self, bench: Bench) -> Ground:
        stand = self._stand
        verified = stand.record.found("verify") or {}
        reserve_s = max(LEAST_RESERVE_S, RESERVE_MARGIN * float(verified.get("reserve_s", 0.0)))
        seen = await self._survey()
        judged = await self._bounded(seen.judged(shown=False, final=True)) or []
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
        attempts = Attempts(await self._hand.ready(), stand.retry)
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
