"""A whole model that speaks with the student's weights, where the student is spread over ranks.

Sampling can't wait for other ranks at every token. Rank 0 therefore keeps one whole model beside its part
of what is trained: four bytes a weight, where training takes sixteen and more. The canary compares it
with the spread student after every push.
"""

from __future__ import annotations

from functools import partial

from fd_trainer.model import loading
from fd_trainer.model.full_weights import FullWeights, fill
from fd_trainer.model.policy_model import PolicyModel


class SpeakingCopy:
    """`model` can be sampled in process; it says what the student said when it was last `refresh`ed."""

    def __init__(self, student: PolicyModel) -> None:
        base, options = student.base, student.options
        again = partial(loading.load_base, base, options, student.device)
        weights = FullWeights(again(), again, base, taught=False)
        self._student = student
        self.model = PolicyModel(base, options, weights, student.tokenizer)

    def refresh(self) -> None:
        """Put the spread student together, with all ranks, and speak with it."""
        fill(self.model.roles.causal("student"), self._student.whole())
