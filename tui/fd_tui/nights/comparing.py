"""Two adapters compared by the gate: `fd-trainer adapters compare`, from what nights measured."""

from __future__ import annotations

from dataclasses import dataclass

from fd_tui.nights import plain_file, trainer
from fd_tui.nights.morning import Compared
from fd_tui.nights.trainer import TrainerError

_WORDS = {
    "Promote": "It would be promoted.",
    "Keep": "It would not: what is served would be kept.",
    "NotEnoughEvidence": "There is not enough evidence to change anything.",
}
_NEVER = (
    "They were never evaluated on the same draws on this machine. Promote the first, and run a "
    "night that starts from it: its gate compares them."
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The gate's verdict on one adapter in place of another, and the runs it rests on."""

    verdict: str
    reasons: tuple[str, ...]
    comparisons: tuple[Compared, ...]
    runs: tuple[str, ...]

    @property
    def words(self) -> str:
        """The verdict as a sentence."""
        return _WORDS.get(self.verdict, self.verdict)


@dataclass(frozen=True, slots=True)
class _Verdict:
    kind: str
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Decision:
    verdict: _Verdict
    comparisons: tuple[Compared, ...] = ()


@dataclass(frozen=True, slots=True)
class _Answer:
    decision: _Decision
    runs: tuple[str, ...] = ()


async def compared(before: str, after: str) -> Comparison | str:
    """The gate's word, or why there is none. Raises TrainerError."""
    found = await trainer.json_of("adapters", "compare", before, after)
    if isinstance(found, dict) and found.get("decision") is None:
        return _NEVER
    answer = plain_file.value(_Answer, found)
    if answer is None:
        raise TrainerError(
            "`fd-trainer adapters compare` answered in words of another version",
            fix="Install fd-trainer and fd-tui of one version.",
        )
    decision = answer.decision
    return Comparison(
        decision.verdict.kind, decision.verdict.reasons, decision.comparisons, answer.runs
    )
