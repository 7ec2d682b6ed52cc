"""The user as critic: their own proof of this very goal, as the audit accepted it.

What METHOD §1.8 calls ground truth: strong and cheap, but it gives the proof away (see `leak`), and
models trained on it lose their hesitations (METHOD §1.10). Best as a fallback's opposite: first for
goals with a known proof, with another critic behind it for the rest.
"""

from __future__ import annotations

from fd_trainer.critic.quoting import plain
from fd_trainer.critic.voice import Advice, Answer, Complaint, Declined, Voice
from fd_trainer.remark import Material

LEAD_IN = "A proof of this goal that Lean accepts:"


class User(Voice):
    """Shows the best reference there is."""

    source = "user 1"

    async def advise(self, material: Material, complaint: Complaint | None = None) -> Answer:
        """The first reference, announced as an example."""
        if not material.references:
            return Declined("no accepted proof of this goal is known")
        return Advice(as_example(material.references[0]))


def as_example(proof: str) -> str:
    """A proof as feedback."""
    return f"{LEAD_IN}\n```lean\n{plain(proof).strip(chr(10))}\n```"
