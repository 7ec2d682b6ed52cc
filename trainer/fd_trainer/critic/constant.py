"""The constant critic: one text for every attempt. For experiments (METHOD §1.10, claim C1)."""

from __future__ import annotations

import hashlib

from fd_trainer.critic.voice import Advice, Answer, Complaint, Voice
from fd_trainer.remark import Material


class Constant(Voice):
    """Says the same whatever it sees."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.source = f"constant {hashlib.sha256(text.encode()).hexdigest()[:8]}"

    async def advise(self, material: Material, complaint: Complaint | None = None) -> Answer:
        """The text."""
        return Advice(self._text)
