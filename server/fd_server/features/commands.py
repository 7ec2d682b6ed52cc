"""`workspace/executeCommand`: what items, actions and lenses carry.

Arguments come from any client: what does not fit is refused with the list of what was expected.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fd_core.errors import FdError, ProofSiteError
from fd_core.proof import Document, Position, ProofSite, Range
from fd_core.protocol import (
    COMMANDS,
    ExplainParams,
    Nothing,
    Place,
    ProveParams,
    ProveResult,
    WhyNotParams,
    Wire,
    WireEdit,
)
from fd_core.search.events import NodeExpanded, SearchEvent
from fd_core.search.prove import ProofFound
from fd_core.search.prove_document import prove_all as search_all
from fd_core.sites import open_sites
from lsprotocol import types
from pydantic import ValidationError

from fd_server.documents import whole_text_edit
from fd_server.editor_link import Report
from fd_server.features import thinking, upkeep
from fd_server.features.places import document_of, open_site, project_of
from fd_server.features.prove import prove_site, tree_events
from fd_server.job import closing
from fd_server.suggest import Engine
from fd_server.workbench import Workbench

Command = Callable[..., Awaitable[Wire]]


def _place(uri: object, position: object) -> dict[str, Any]:
    if not isinstance(position, dict):
        position = {name: getattr(position, name, None) for name in ("line", "character")}
    return {"uri": uri, "position": position}


async def accept(bench: Workbench, id: str) -> Wire:
    """An item was taken. An unknown id (another session's) is not worth a pop-up."""
    bench.decisions.accept(str(id))
    return Nothing()


async def reject(bench: Workbench, id: str, reason: str = "") -> Wire:
    """An item was refused."""
    bench.decisions.reject(str(id), str(reason))
    return Nothing()


async def prove(bench: Workbench, uri: str, position: object) -> Wire:
    """Prove one place, with progress; the edit is applied if it is Proved."""
    params = ProveParams.model_validate(_place(uri, position))
    done = await _prove(bench, params)
    if done.edit is not None and not await _apply(bench, "Prove", [done]):
        bench.editor.show("FD Prover found a proof; the editor did not take the edit.")
    elif done.edit is None:
        bench.editor.show(f"FD Prover: no proof ({done.reason or 'nothing found'}).")
    return done


async def _prove(bench: Workbench, params: ProveParams) -> ProveResult:
    document = document_of(bench, params)
    site = open_site(document, bench, params)
    project = await project_of(bench, document.uri)
    nodes = params.nodes or project.engine.settings.search.nodes
    async with bench.editor.progress("Proving") as report:
        tree = tree_events(bench, params.token)

        def heard(event: SearchEvent) -> None:
            tree(event)
            if isinstance(event, NodeExpanded):
                report(f"{event.expanded} states tried", event.expanded / nodes)

        return await prove_site(bench, project, site, params, heard, surface="lens")


async def prove_all(bench: Workbench, uri: str) -> Wire:
    """Every `sorry` of a file, one edit for all that is Proved. Any edit of the file stops it."""
    document = bench.documents.read(uri)
    if document is None:
        raise ProofSiteError(f"{uri} can't be read", fix="Open it, or check the path.")
    engine = (await project_of(bench, uri)).engine
    everything = ProofSite(document, Range(Position(0, 0), document.position(len(document.text))))
    async with bench.search_slot, bench.editor.progress("Proving every sorry") as report:
        work = _attempts(engine, document, report)
        proved, tried, last = await bench.long_work.on(everything, work)
    bench.status.idle()
    done = ProveResult(found=proved > 0, reason=f"{proved} of {tried} proved")
    if proved:
        change = whole_text_edit(document.text, last.text)
        where = Range(document.position(change.start), document.position(change.end))
        edit = WireEdit(
            uri=uri, version=document.version if bench.documents.get(uri) else None,
            range=bench.encoding.wire_range(document, where), new_text=change.text,
        )  # fmt: skip
        done = done.model_copy(update={"edit": edit})
        await _apply(bench, "Prove all", [done])
    bench.editor.show(f"FD Prover: {done.reason}.")
    return done


async def _attempts(
    engine: Engine, document: Document, report: Report
) -> tuple[int, int, Document]:
    """How many were proved, how many tried, and the document with the proofs."""
    proved, tried, last = 0, 0, document
    total = max(1, len(open_sites(document)))
    stream = search_all(
        document, engine.policy, engine.lean, engine.settings.search, limits=engine.limits
    )
    async with closing(stream) as attempts:
        async for attempt in attempts:
            tried += 1
            proved += isinstance(attempt.outcome, ProofFound)
            last = attempt.document
            report(f"{attempt.declaration}: {proved} proved", tried / total)
    return proved, tried, last


async def _apply(bench: Workbench, label: str, results: list[ProveResult]) -> bool:
    edits = [result.edit for result in results if result.edit is not None]
    applied = await bench.editor.apply(label, _workspace_edit(bench, edits))
    if applied:
        for result in results:
            if result.suggestion_id:
                bench.decisions.accept(result.suggestion_id)
    return applied


def _workspace_edit(bench: Workbench, edits: list[WireEdit]) -> types.WorkspaceEdit:
    changes: dict[str, list[types.TextEdit]] = {}
    versions = {edit.uri: edit.version for edit in edits}
    for edit in edits:
        where = types.Range(
            types.Position(edit.range.start.line, edit.range.start.character),
            types.Position(edit.range.end.line, edit.range.end.character),
        )
        changes.setdefault(edit.uri, []).append(types.TextEdit(where, edit.new_text))
    if not bench.client.versioned_edits:
        return types.WorkspaceEdit(changes=changes)
    return types.WorkspaceEdit(
        document_changes=[
            types.TextDocumentEdit(
                types.OptionalVersionedTextDocumentIdentifier(uri, versions[uri]), list(texts)
            )
            for uri, texts in changes.items()
        ]
    )


async def try_tonight(bench: Workbench, uri: str, position: object) -> Wire:
    """Queue a goal for the night."""
    queue = await upkeep.tonight(bench, Place.model_validate(_place(uri, position)))
    bench.editor.show(f"Queued for tonight ({len(queue.goals)} in all).")
    return queue


async def explain(bench: Workbench, id: str) -> Wire:
    """Why a suggestion was made."""
    return await thinking.explain(bench, ExplainParams(suggestion_id=str(id)))


async def why_not(bench: Workbench, uri: str, position: object, text: str) -> Wire:
    """Lean's verdict on the user's text."""
    given = WhyNotParams.model_validate({**_place(uri, position), "text": text})
    return await thinking.why_not(bench, given)


async def reload_policy(bench: Workbench) -> Wire:
    """Read the promoted adapter anew."""
    return await upkeep.reload_policy(bench, Nothing())


BY_ID: dict[str, Command] = {
    "fd.accept": accept,
    "fd.reject": reject,
    "fd.prove": prove,
    "fd.proveAll": prove_all,
    "fd.tryTonight": try_tonight,
    "fd.explain": explain,
    "fd.whyNot": why_not,
    "fd.reloadPolicy": reload_policy,
}


async def run(bench: Workbench, id: str, arguments: tuple[Any, ...]) -> dict[str, Any] | None:
    """Run a command. What can't be done is said to the user, and answered with nothing."""
    try:
        return (await BY_ID[id](bench, *arguments)).to_wire()
    except (TypeError, ValidationError) as error:
        bench.editor.show(f"{id}: wrong arguments. {COMMANDS[id]}", error=True)
        bench.status.failed(id, error)
    except FdError as error:
        bench.editor.show(f"FD Prover: {error}", error=True)
        bench.status.failed(id, error)
    return None
