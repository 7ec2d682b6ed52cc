"""What was said of a statement that is no fair problem, as a value."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Flag:
    """`why` is told in the morning report; `group` is the declaration within its project."""

    problem_id: str
    group: str
    declaration: str
    why: str

    @property
    def words(self) -> str:
        """For the screen and the report."""
        return f"{self.declaration}: {self.why}"
