"""FAKE: a language model as critic of lanterns, over real HTTP. It reads Lean's error in the request,
as a real one would, and answers in the wanted format by a rule; no model thinks here."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from fd_trainer.lanterns import Lantern

from support.scripted_critic import said
from support.scripted_endpoint import Answer, Request, ScriptedEndpoint, scripted

_WANTED = re.compile(r"\((\d) == (\d)\) = true")
_TRIED = re.compile(r"exact (\w+)\.(\w+) _ (\d) rfl")


def advice(lantern: Lantern, tried: int, number: int) -> str:
    """One order in the format of METHOD §1.8; the same text schools the starting policy."""
    what = f"{lantern.predicate}.{lantern.constructor}"
    return (
        f"1. Apply `{what}` with the key {lantern.key} and `rfl`, since Lean compares the key with "
        "it, and check that very step with the tools before trying any other."
    )


def answer(asked: str) -> Answer:
    """What the tutor says to a request's text."""
    tried = _TRIED.search(asked)
    if tried is None:
        return said("1. Apply the constructor of the goal with a key and `rfl`, then read what "
                    "Lean compares that key with, and use the tools to check the step.")  # fmt: skip
    predicate, constructor, key = tried.groups()
    wanted = _WANTED.search(asked)
    right = int(wanted.group(2)) if wanted else int(key)
    return said(advice(Lantern(predicate, constructor, right), int(key), 0))


@dataclass
class Tutor(ScriptedEndpoint):
    """Answers each request by what it says."""

    heard: list[str] = field(default_factory=list)

    def reply(self, request: Request) -> Answer:
        """By rule, not by script."""
        text = "\n".join(str(turn["content"]) for turn in request.body["messages"])
        self.heard.append(text)
        return answer(text)


@asynccontextmanager
async def tutoring() -> AsyncIterator[Tutor]:
    """The tutor, listening on a free local port."""
    async with scripted([], Tutor) as endpoint:
        assert isinstance(endpoint, Tutor)
        yield endpoint
