"""A critic with all that a night needs around it: cache, lint with one second try, cap, fallback.

What comes out is feedback that may stand in a teacher's prompt, or a reason why the sample is
masked. A grade goes in and is never changed: no text of an attempt or a critic reaches a reward.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal
from weakref import WeakValueDictionary

from fd_core.feedback import Feedback
from fd_core.prompt_context import clip

from fd_trainer.critic.answer_cache import AnswerCache, key_of
from fd_trainer.critic.budget import Budget
from fd_trainer.critic.facts import first_goal, named
from fd_trainer.critic.known_names import NameCheck, lemma_names
from fd_trainer.critic.lint import Linted, lint
from fd_trainer.critic.voice import Complaint, Declined, Voice
from fd_trainer.problem import Problem
from fd_trainer.remark import Masked, Material, Remark, RemarkCost, Remarked
from fd_trainer.rollout import Graded


@dataclass(frozen=True, slots=True)
class House:
    """What holds for every voice: lint as configured, `max_chars` of feedback, and whether the next
    try will have `tools`."""

    format: Literal["retry", "mask", "off"] = "retry"
    unknown_names: Literal["flag", "mask"] = "flag"
    max_chars: int = 1_500
    tools: bool = False


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer with its lint; `cached`: nothing new was asked. `trouble` with keeping it, if any."""

    linted: Linted
    cost: RemarkCost
    cached: bool
    trouble: str = ""


class Guarded:
    """`fd_trainer.ports.GuardedCritic` over one voice, and others where the first gives nothing."""

    def __init__(
        self,
        voices: Sequence[Voice],
        house: House = House(),
        *,
        cache: AnswerCache | None = None,
        budget: Budget | None = None,
        names: NameCheck | None = None,
    ) -> None:
        self.voices = tuple(voices)
        self._house = house
        self._cache = cache or AnswerCache(None)
        self._budget = budget
        self._names = names
        self._unbudgeted = RemarkCost()
        self._under_way: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    @property
    def spent(self) -> RemarkCost:
        """What this run has cost so far, before a resume included."""
        return self._unbudgeted + (self._budget.spent if self._budget else RemarkCost())

    async def remark_on(self, problem: Problem, graded: Graded) -> Remark:
        """Feedback on one attempt, or why it is masked."""
        if graded.outcome == "undecided":
            return Masked("Lean did not decide this attempt: it trains nothing")
        material = Material.of(problem, graded, tools=self._house.tools)
        cost, reasons = RemarkCost(), []
        for voice in self.voices:
            remark = await self._asked(voice, problem, material)
            cost += remark.cost
            if isinstance(remark, Remarked):
                return replace(remark, cost=cost)
            reasons.append(remark.reason)
        return Masked("; ".join(reasons) or "no critic was given", cost)

    async def aclose(self) -> None:
        """Close every voice."""
        for voice in self.voices:
            await voice.aclose()

    async def _asked(self, voice: Voice, problem: Problem, material: Material) -> Remark:
        """One voice; the same question is never under way twice."""
        key = key_of(voice.identity, material)
        lock = self._under_way.setdefault(key, asyncio.Lock())
        async with lock:
            heard = await self._heard(voice, material, key)
        if isinstance(heard, Masked):
            return heard
        if self._is_bad(heard.linted):
            findings = " ".join(heard.linted.findings)
            return Masked(f"the feedback is out of format: {findings}", heard.cost)
        return await self._judged(voice, problem, material, heard)

    async def _heard(self, voice: Voice, material: Material, key: str) -> Heard | Masked:
        """Answers until one is in format: those kept first, then new ones, two in all."""
        tries = 2 if voice.costly and self._house.format == "retry" else 1
        answers = self._cache.answers(key)[:tries] if voice.costly else ()
        known, cost, trouble = len(answers), RemarkCost(), ""
        linted = lint(answers[-1], voice.format) if answers else None
        while linted is None or (self._is_bad(linted) and len(answers) < tries):
            complaint = Complaint(answers[-1], linted.findings) if linted else None
            answer = await voice.advise(material, complaint)
            cost += answer.cost
            self._count(voice, answer.cost)
            if isinstance(answer, Declined):
                return Masked(answer.reason, cost)
            answers = (*answers, answer.text)
            trouble = self._kept(key, answers) if voice.costly else ""
            linted = lint(answer.text, voice.format)
        return Heard(linted, cost, len(answers) == known, trouble)

    async def _judged(
        self, voice: Voice, problem: Problem, material: Material, heard: Heard
    ) -> Remark:
        """Good feedback, capped, with what was noticed about it."""
        flags = [heard.trouble] if heard.trouble else []
        if self._house.format == "off":
            flags += heard.linted.findings
        unknown = ""
        if voice.costly:  # the others say what Lean, the book or the user said
            unknown = await self._unknown(problem, material, heard.linted.text)
        if unknown and self._house.unknown_names == "mask":
            return Masked(f"the feedback names what does not exist: {unknown}", heard.cost)
        if unknown:
            flags.append(f"names what does not exist: {unknown}")
        text = capped(heard.linted, self._house.max_chars)
        if not text.strip():
            return Masked("the feedback is empty", heard.cost)
        return Remarked(Feedback(text, voice.source), heard.cost, heard.cached, tuple(flags))

    async def _unknown(self, problem: Problem, material: Material, text: str) -> str:
        names = lemma_names(text, named(first_goal(material.goals)))
        if self._names is None or not names:
            return ""
        missing = await self._names.unknown(problem, names)
        return ", ".join(f"`{name}`" for name in names if name in missing)

    def _is_bad(self, linted: Linted) -> bool:
        return not linted.good and self._house.format != "off"

    def _kept(self, key: str, answers: tuple[str, ...]) -> str:
        """What went wrong with keeping answers, if anything: they are used all the same."""
        try:
            self._cache.keep(key, answers)
        except OSError as error:
            return f"the answer could not be cached: {error.strerror or error}"
        return ""

    def _count(self, voice: Voice, cost: RemarkCost) -> None:
        """Costs that the budget does not see: calls under it are counted there."""
        if cost.calls == 0:
            self._unbudgeted += cost


def capped(linted: Linted, limit: int) -> str:
    """At most `limit` characters: whole orders while they fit, then what fits of the first."""
    text = linted.text
    if len(text) <= limit:
        return text
    lines = text.split("\n")
    if len(linted.items) == len(lines) > 1:
        while len(lines) > 1 and len("\n".join(lines)) > limit:
            lines.pop()
        text = "\n".join(lines)
    return text if len(text) <= limit else clip(text, max(limit - 3, 1))
