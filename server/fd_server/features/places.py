"""From a `Place` on the wire to document, project and site; what can't be found is said."""

from __future__ import annotations

from fd_core.errors import ProofSiteError
from fd_core.proof import Document, ProofSite, Range
from fd_core.protocol import Place
from fd_core.sites import site_of_error

from fd_server.long_work import MovedOnError
from fd_server.places import at_cursor, sorry_at
from fd_server.silence import file_silence
from fd_server.workbench import Project, Workbench


def document_of(bench: Workbench, place: Place) -> Document:
    """The document, open or on disk, in the version asked about."""
    document = bench.documents.read(place.uri)
    if document is None:
        raise ProofSiteError(f"{place.uri} can't be read", fix="Open it, or check the path.")
    if place.version is not None and place.version != document.version:
        raise MovedOnError(
            f"version {place.version} was asked about, and {document.version} is current",
            fix="Ask again.",
        )
    if reason := file_silence(document):
        raise ProofSiteError(f"{place.uri}: {reason}", fix="Ask in a Lean file of your own.")
    return document


async def project_of(bench: Workbench, uri: str) -> Project:
    """The project with its engine, for somebody who asks Lean: what looks at a save gives way."""
    bench.after_saves.give_way(uri)
    project = await bench.project_of(uri)
    if project is None:
        status = bench.status.current
        raise ProofSiteError(
            status.detail or f"no Lean for {uri}", fix=status.fix or "Run `fd-server doctor`."
        )
    return project


def cursor_site(document: Document, bench: Workbench, place: Place) -> ProofSite:
    """A `sorry` at the place if there is one, else the cursor itself."""
    at = bench.encoding.position(document, place.position)
    return sorry_at(document, Range.empty(at)) or at_cursor(document, at).site


def open_site(document: Document, bench: Workbench, place: Place) -> ProofSite:
    """The `sorry` at a place, else the failing step there, else the cursor."""
    at = bench.encoding.position(document, place.position)
    found = sorry_at(document, Range.empty(at))
    if found is not None:
        return found
    if any(mark == at for _, mark in bench.marks.failing(document)):
        found = site_of_error(document, Range.empty(at))
    return found or at_cursor(document, at).site
