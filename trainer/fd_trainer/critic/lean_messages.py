"""Lean as critic: its own messages on a failed attempt; of a proved one, the proof that was found.

The "Lean FD" baseline of METHOD §1.8. Messages quote the attempt, so they are untrusted text: hidden
letters are taken out, and the guard around every critic caps them.
"""

from __future__ import annotations

from fd_trainer.critic.quoting import plain
from fd_trainer.critic.user import as_example
from fd_trainer.critic.voice import Advice, Answer, Complaint, Declined, Voice
from fd_trainer.remark import Material

LEAD_IN = "Lean's messages on a proof of this goal that failed:"


class LeanMessages(Voice):
    """Passes on what Lean said."""

    source = "lean_messages 1"

    async def advise(self, material: Material, complaint: Complaint | None = None) -> Answer:
        """The messages, announced as such; the candidate itself if it was proved."""
        if material.outcome == "proved" and material.candidate.strip():
            return Advice(as_example(material.candidate))
        said = [plain(message).strip() for message in material.messages if message.strip()]
        if not said:
            return Declined("Lean said nothing about this attempt")
        return Advice("\n".join([LEAD_IN, *said]))
