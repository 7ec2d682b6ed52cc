"""FAKE: a Lean whose searches ("Try this") find what a test tells them to."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from fd_core.errors import LeanTimeoutError
from fd_core.proof import ProofState

from support.fakes import FakeLean


class SearchingLean(FakeLean):
    """Answers `try_this` from a table; a result `slow` never comes, `bad` fails."""

    def __init__(self, found: Mapping[str, Sequence[str]], version: str = "4.27.0") -> None:
        super().__init__()
        self._found, self._version = found, version
        self.searched: list[str] = []

    @property
    def label(self) -> str:
        return f"fake Lean {self._version}"

    async def try_this(self, state: ProofState, tactic: str) -> tuple[str, ...]:
        self.searched.append(tactic)
        texts = self._found.get(tactic, ())
        if "slow" in texts:
            await asyncio.sleep(3_600)
        if "bad" in texts:
            raise LeanTimeoutError("no answer")
        return tuple(texts)
