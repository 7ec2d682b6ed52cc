"""The document as it was when something was offered: rebuilt from the records, or found on disk.

What stands below the declaration is cut: no theorem can cite itself or what comes later.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fd_core.events import ProofObserved, SuggestionOffered
from fd_core.landing import guess_kind
from fd_core.lean_source import Declaration, declarations, sorries
from fd_core.proof import Document, Position, ProofSite, Range
from fd_core.store.recorder import path_of
from fd_core.store.source_texts import Sources

ReadText = Callable[[Path], str | None]
"""A file's text; None if it can't be read."""


def read_text(path: Path) -> str | None:
    """A file on disk, or None."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def recorded_site(offer: SuggestionOffered, sources: Sources) -> ProofSite | None:
    """The very place, from the records alone; None where the text above was not kept, or purged."""
    above = sources.text(offer.project, offer.above) if offer.above else None
    if above is None or not offer.site_kind:
        return None
    start = len(above) + len(offer.before)
    document = Document(offer.uri, 0, above + offer.before + offer.hole + offer.below)
    where = Range(document.position(start), document.position(start + len(offer.hole)))
    return ProofSite(document, where, offer.site_kind)


def located_site(offer: SuggestionOffered, read: ReadText = read_text) -> ProofSite | None:
    """The place in the file as it is now, cut behind it, if its declaration is still there.

    Whether the goals there are the recorded ones is for Lean to say.
    """
    path = path_of(offer.uri)
    text = read(path) if path else None
    if not text or not offer.declaration:
        return None
    document = Document(offer.uri, 0, text)
    found = [d for d in declarations(text) if d.name == offer.declaration]
    offset = document.offset(Position(offer.line, offer.column))
    for declaration in found:
        if declaration.statement_end <= offset <= declaration.next_start:
            at = Range.empty(document.position(offset))
            return guess_kind(Document(offer.uri, 0, text[:offset]), at)
        inside = [span for span in sorries(text) if declaration.start <= span[0] < declaration.end]
        if len(inside) == 1:
            return cut_site(document, declaration, *inside[0])
    return None


def cut_site(document: Document, declaration: Declaration, start: int, end: int) -> ProofSite:
    """A site at offsets of a document that ends with its declaration."""
    cut = Document(document.uri, 0, document.text[: max(declaration.end, end)])
    return guess_kind(cut, Range(cut.position(start), cut.position(end)))


def open_elsewhere(site: ProofSite, declaration: Declaration) -> bool:
    """Whether the declaration holds a `sorry` beside the site: then no text there can prove it."""
    document = site.document
    first, last = document.offset(site.range.start), document.offset(site.range.end)
    return any(
        at >= declaration.start and not first <= at < last for at, _ in sorries(document.text)
    )


def whole_proof_site(above: str, statement: str, uri: str) -> ProofSite:
    """A statement with its whole proof open, below a text."""
    head = f"{above}{statement.rstrip()} := by\n  "
    document = Document(uri, 0, f"{head}sorry")
    where = Range(document.position(len(head)), document.position(len(head) + len("sorry")))
    return ProofSite(document, where, "tactic")


def text_above(proof: ProofObserved, sources: Sources, read: ReadText = read_text) -> str | None:
    """What stands above an observed proof: as recorded, or in the file if the statement is there."""
    recorded = sources.text(proof.project, proof.above) if proof.above else None
    if recorded is not None:
        return recorded
    path = path_of(proof.uri)
    text = (read(path) if path else None) or ""
    for found in declarations(text):
        body = found.body_start if found.body_start is not None else found.end
        if proof.statement and text[found.start : body].strip() == proof.statement:
            return text[: found.start]
    return None
