"""What the `fd/…` methods have in common: places, goals, verdicts, candidates, edits."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict
from pydantic.alias_generators import to_camel

PROTOCOL_VERSION = 1


class Wire(BaseModel):
    """Base of everything on the wire: camelCase, frozen, unknown fields ignored."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        frozen=True,
        extra="ignore",
        defer_build=True,  # most of the words are never said in one run; each is built when it is
    )

    def to_wire(self) -> dict[str, Any]:
        """JSON-ready."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


class Nothing(Wire):
    """No params, or no result."""


class WirePosition(Wire):
    """An LSP position: `character` in units of the negotiated encoding."""

    line: int
    character: int


class WireRange(Wire):
    """An LSP range."""

    start: WirePosition
    end: WirePosition


class Place(Wire):
    """A position in a document; `version` is checked if given."""

    uri: str
    position: WirePosition
    version: int | None = None


class WireHypothesis(Wire):
    """`change` is against the goal before: "inserted", "removed" or absent."""

    names: list[str]
    type: str
    value: str | None = None
    change: Literal["inserted", "removed"] | None = None


class WireGoal(Wire):
    """One goal; `text` is Lean's own rendering."""

    target: str
    hypotheses: list[WireHypothesis] = []
    case: str | None = None
    text: str = ""


class GoalsResult(Wire):
    """`goals`: there is something to prove; `complete`: nothing left; `noProof`: nothing here."""

    kind: Literal["goals", "complete", "noProof"]
    goals: list[WireGoal] = []
    digest: str = ""
    reason: str = ""


class ProvidedGoals(Place):
    """Goals that the editor got from the user's own Lean server for this version and place."""

    answer: GoalsResult


class WireVerdict(Wire):
    """A verdict with its cost. `after` for progressed, `messages` for failed, `reason` for undecided.

    `heartbeats` in thousands, where Lean told.
    """

    kind: Literal["closed", "progressed", "failed", "undecided"]
    milliseconds: float
    heartbeats: int | None = None
    after: list[WireGoal] = []
    messages: list[str] = []
    axioms: list[str] = []
    reason: str = ""


class WireAudit(Wire):
    """The audit of a whole declaration."""

    kind: Literal["proved", "notProved", "undecided"]
    declaration: str
    axioms: list[str] = []
    reasons: list[str] = []
    milliseconds: float = 0


class WireError(Wire):
    """An error that Lean reports in a document."""

    range: WireRange
    message: str


class ProvidedErrors(Wire):
    """All errors that the user's own Lean server reports for this version."""

    uri: str
    version: int
    errors: list[WireError]


class WireEdit(Wire):
    """One replacement, valid for `version` only."""

    uri: str
    version: int | None = None
    range: WireRange
    new_text: str


class WireCandidate(Wire):
    """A judged candidate. `id` is set once it was offered; decisions refer to it."""

    text: str
    origin: str
    verdict: WireVerdict
    id: str | None = None
    logprob: float | None = None
    base_model: str = ""
    adapter_id: str = ""
    edit: WireEdit | None = None
    """What takes it: from `fd/suggest` at a place of a document, for what has an `id`."""
