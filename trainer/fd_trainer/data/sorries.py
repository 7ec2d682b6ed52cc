"""Open `sorry`s of the user's projects as places to prove at.

A place ends with its declaration: neither the theorem itself nor anything later can be cited. Where a
declaration holds several `sorry`s, filling one proves nothing, so its whole proof is the place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fd_core.lean.audit_text import label_of
from fd_core.lean_files import lean_files
from fd_core.lean_source import Declaration, declaration_at, declarations, sorries
from fd_core.proof import Document, Position, ProofSite, Range
from fd_core.runs import QueuedGoal
from fd_core.store.recorder import RecordingPolicy, path_of

from fd_trainer.data.places import ReadText, cut_site, read_text
from fd_trainer.data.split import group_of
from fd_trainer.problem import Part, ProblemSource

PROVABLE = frozenset({"theorem", "lemma", "example", "instance", "def", "abbrev"})
_STATED = frozenset({"theorem", "lemma", "example"})


@dataclass(frozen=True, slots=True)
class Place:
    """A site to prove at, before Lean was asked for its goals."""

    site: ProofSite
    declaration: str
    statement: str
    project: Path
    source: ProblemSource
    group: str
    reference: str = ""
    """A proof that is said to be one; the audit decides."""
    fixed: Part | None = None
    """A side of the split that its dataset gave it."""


def open_places(
    project: Path, policy: RecordingPolicy, read: ReadText = read_text
) -> Iterator[Place]:
    """Every open `sorry` of a project's own Lean files, excluded folders left out."""
    for path in lean_files(project):
        if not policy.admits(str(project), path.as_uri()):
            continue
        text = read(path)
        if text and ("sorry" in text or "admit" in text):
            yield from places_in(Document(path.as_uri(), 0, text), project, "sorry")


def places_in(document: Document, project: Path, source: ProblemSource) -> Iterator[Place]:
    """The open declarations of one document, from the top down."""
    spans = sorries(document.text)
    for declaration in declarations(document.text):
        if any(declaration.start <= start < declaration.next_start for start, _ in spans):
            site = open_site(document, declaration)
            if site is not None:
                yield place_of(site, declaration, project, source)


def open_site(document: Document, declaration: Declaration) -> ProofSite | None:
    """Where a text would prove a declaration: its one `sorry`, or its whole proof taken out."""
    if declaration.keyword not in PROVABLE:
        return None
    inside = [
        span
        for span in sorries(document.text)
        if declaration.start <= span[0] < declaration.next_start
    ]
    if len(inside) == 1:
        return cut_site(document, declaration, *inside[0])
    return _whole(document, declaration)


def place_of(
    site: ProofSite, declaration: Declaration, project: Path, source: ProblemSource
) -> Place:
    """A site as a place, with its label, statement and group."""
    text = site.document.text
    found = declaration_at(text, site.document.offset(site.range.start)) or declaration
    body = found.body_start if found.body_start is not None else found.statement_end
    statement = text[found.start : body].strip()
    group = group_of(project.name, found.name, statement)
    return Place(site, label_of(text, found), statement, project, source, group)


def queued_place(
    goal: QueuedGoal, policy: RecordingPolicy, read: ReadText = read_text
) -> Place | None:
    """Where a queued goal stands in its file now; None if its declaration is gone or excluded."""
    path = path_of(goal.uri)
    if path is None or not policy.admits(goal.project, goal.uri):
        return None
    document = Document(goal.uri, 0, read(path) or "")
    declaration = _declared(document, goal)
    site = open_site(document, declaration) if declaration else None
    project = Path(goal.project)
    return place_of(site, declaration, project, "queue") if site and declaration else None


def _declared(document: Document, goal: QueuedGoal) -> Declaration | None:
    """By name, else by its place in the file."""
    named = [
        d for d in declarations(document.text) if goal.declaration and d.name == goal.declaration
    ]
    if named:
        return named[0]
    return declaration_at(document.text, document.offset(Position(goal.line, goal.column)))


def _whole(document: Document, declaration: Declaration) -> ProofSite | None:
    """The whole proof taken out: for several `sorry`s, or a proof that fails."""
    if declaration.keyword not in _STATED or declaration.body_start is None:
        return None
    head = document.text[: declaration.body_start].rstrip() + " := by\n  "
    cut = Document(document.uri, 0, head + "sorry")
    where = Range(cut.position(len(head)), cut.position(len(cut.text)))
    return ProofSite(cut, where, "tactic")
