"""The `self` critic: the policy as it was before any training, answering the same instruction.

Speaks through the Sampler port, so nothing leaves the machine. The sampler it is given must stay at
the weights it had at the start: one that has moved on is no frozen critic, and it declines.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace

from fd_core.errors import FdError

from fd_trainer.critic.instruction import Budget as Room
from fd_trainer.critic.instruction import as_text, instruction, turns
from fd_trainer.critic.quoting import spoken
from fd_trainer.critic.voice import Advice, Answer, Complaint, Declined, Voice
from fd_trainer.ports import Sampler, Tokenizer
from fd_trainer.remark import Material, RemarkCost
from fd_trainer.rollout import Sampling

_SAMPLING = Sampling(max_tokens=600)
_ROOM = Room()


class Untrained(Voice):
    """The frozen initial policy as critic ("Self FD", METHOD §1.8)."""

    costly = True

    def __init__(
        self,
        prompt: str,
        sampler: Sampler,
        tokenizer: Tokenizer,
        *,
        sampling: Sampling = _SAMPLING,
        room: Room = _ROOM,
    ) -> None:
        self._told = instruction(prompt)
        self._sampler = sampler
        self._tokenizer = tokenizer
        self._frozen = sampler.version
        self._sampling = sampling
        self._room = room
        self.source = f"self {self._frozen} {self._told.version}"
        self.format = self._told.format

    async def advise(self, material: Material, complaint: Complaint | None = None) -> Answer:
        """One completion of the instruction, written out as text."""
        if self._sampler.version != self._frozen:
            return Declined(f"the sampler speaks with {self._sampler.version}, not {self._frozen}")
        conversation = turns(self._told, material, complaint, self._room)
        text = as_text(self._told, conversation)
        ids = self._tokenizer.encode(text)
        sampling = replace(self._sampling, seed=_seed(text))
        try:
            (completion, *_) = await self._sampler.sample(ids, sampling, 1)
        except FdError as error:
            return Declined(str(error))
        cost = RemarkCost(0, len(ids), len(completion.ids), 0.0)
        if completion.finish == "length":
            return Declined(f"the answer was cut off at {sampling.max_tokens} tokens", cost)
        # The text given to the model opens the answer ("1. "); what it wrote goes on from there.
        return Advice(self._told.as_text["answer"] + spoken(completion.text), cost)


def _seed(text: str) -> int:
    """The same material always draws the same answer."""
    return int.from_bytes(hashlib.sha256(text.encode("utf-8", "replace")).digest()[:4], "big")
