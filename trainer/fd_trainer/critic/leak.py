"""How much of a known proof feedback gives away (METHOD §3.4): n-grams and lemmas in common.

Feedback that spells the proof out distils an answer, not a way to find one: models trained on it
lose their hesitations (METHOD §1.10). Measured against proofs the audit accepted; nobody is masked
for it, the figure goes into pre-flight and report.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from fd_trainer.critic.proof_tokens import code_in, tokens_in

N = 3
_LEMMA = re.compile(r"[^\W\d]\w*(?:\.[^\W\d][\w'!?]*)+|[^\W\d][a-z0-9]*_[\w']+")


@dataclass(frozen=True, slots=True)
class Leak:
    """Shares in [0, 1] of a proof that its feedback holds. `ngrams`: of its runs of N tokens;
    `lemmas`: of the lemmas it cites; `run`: its longest run of tokens in the feedback, as a part
    of the whole proof."""

    ngrams: float
    lemmas: float
    run: float

    @property
    def whole(self) -> bool:
        """Whether the feedback holds the proof itself."""
        return self.run == 1.0


def given_away(feedback: str, proof: str) -> Leak:
    """What of a proof can be read off a feedback: its code, or, without any, all of its words."""
    said = [tokens_in(code) for _, code in code_in(feedback)] or [tokens_in(feedback)]
    wanted = tokens_in(proof)
    if not wanted:
        return Leak(0.0, 0.0, 0.0)
    n = min(N, len(wanted))
    runs = {run for tokens in said for run in _runs(tokens, n)}
    lemmas = {token for token in wanted if _LEMMA.fullmatch(token)}
    words = {token for tokens in said for token in tokens}
    return Leak(
        _share(len(set(_runs(wanted, n)) & runs), len(set(_runs(wanted, n)))),
        _share(len(lemmas & words), len(lemmas)),
        max((_longest(wanted, tokens) for tokens in said), default=0) / len(wanted),
    )


def _runs(tokens: list[str], n: int) -> list[tuple[str, ...]]:
    return [tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)]


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _longest(one: list[str], other: list[str]) -> int:
    """Length of the longest run of tokens in both; O(len(one) · len(other))."""
    best, before = 0, [0] * (len(other) + 1)
    for token in one:
        now = [0] * (len(other) + 1)
        for j, word in enumerate(other, start=1):
            if token == word:
                now[j] = before[j - 1] + 1
        best, before = max(best, *now), now
    return best
