"""The problems of one night, read from its files: what is trained on, replayed, and evaluated on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from fd_trainer.config.night import NightConfig
from fd_trainer.data.collection import Collected
from fd_trainer.data.files import read_collected
from fd_trainer.problem import Problem
from fd_trainer.run.folder import RunFolder
from fd_trainer.run.parts import Attempting, Suites
from fd_trainer.run.record import RunRecord


class NightProblems:
    """What was collected, seen through what the survey found."""

    def __init__(self, config: NightConfig, folder: RunFolder, record: RunRecord) -> None:
        self._config, self._folder, self._record = config, folder, record
        self._collected: Collected | None = None

    @property
    def collected(self) -> Collected:
        """All of it. Raises an FdError naming the line if the file is damaged."""
        if self._collected is None:
            self._collected = read_collected(self._folder.collected)
        return self._collected

    def leave_out_long(self, attempting: Attempting) -> int:
        """Drop problems whose prompt is longer than is allowed; how many there were."""
        most, before = self._config.rollout.max_prompt_tokens, self.collected.problems
        kept = tuple(p for p in before if len(attempting.prompt_ids(p)) <= most)
        self._collected = replace(self.collected, problems=kept)
        return len(before) - len(kept)

    def to_train_on(self) -> Sequence[Problem]:
        """Problems that the starting policy does not prove every time, if there are any."""
        problems, rates = self.collected.of("train"), self._rates()
        return [p for p in problems if rates.get(p.id, 0.0) < 1.0] or problems

    def suites(self, rates: Mapping[str, float] | None = None) -> Suites:
        """Known are training problems that the starting policy proved: they tell what is forgotten.

        `rates` are the survey's, by problem id, where they are not recorded yet.
        """
        collected, rates = self.collected, self._rates() if rates is None else rates
        proved = [p for p in collected.of("train") if rates.get(p.id, 0.0) > 0.0]
        return {
            "held_out": collected.of("held_out"),
            "known": proved[: self._config.data.replay],
            "frozen": collected.frozen,
        }

    def _rates(self) -> dict[str, float]:
        """Pass rates of the survey, by problem id."""
        found = (self._record.found("verify") or {}).get("pass_rates", {})
        return {str(key): float(rate) for key, rate in found.items()}
