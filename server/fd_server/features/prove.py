"""`fd/prove` and the command behind the lens: from a site to an audited edit, with tree events."""

from __future__ import annotations

import time
from collections.abc import Callable

from fd_core.events import Surface
from fd_core.proof import NoProof, ProofSite, ProofState, Range
from fd_core.protocol import ProveParams, ProveResult
from fd_core.protocol import SearchEvent as WireEvent
from fd_core.search.events import Finished, NodeAdded, NodeExpanded, SearchEvent, SolutionFound
from fd_core.search.prove import NothingFound, ProofFound, ProofUnaudited, prove
from fd_core.settings import SearchSettings
from fd_core.suggestion import Candidate, Closed, Cost, Judgement, Origin, Proved

from fd_server import wire
from fd_server.features.accepting import wire_edit
from fd_server.features.places import document_of, open_site, project_of
from fd_server.long_work import still_stands
from fd_server.suggest import Engine
from fd_server.workbench import Project, Workbench

Heard = Callable[[SearchEvent], None]


async def prove_method(bench: Workbench, params: ProveParams) -> ProveResult:
    """`fd/prove`."""
    document = document_of(bench, params)
    site = open_site(document, bench, params)
    project = await project_of(bench, document.uri)
    heard = tree_events(bench, params.token)
    return await prove_site(bench, project, site, params, heard, surface=bench.surface)


def search_settings(engine: Engine, seconds: float | None, nodes: int | None) -> SearchSettings:
    """The project's, with a request's own budget."""
    given = {"seconds": seconds, "nodes": nodes}
    wanted = {key: value for key, value in given.items() if value is not None and value > 0}
    return engine.settings.search.model_copy(update=wanted)


async def prove_site(
    bench: Workbench, project: Project, site: ProofSite, params: ProveParams, heard: Heard, *,
    surface: Surface,
) -> ProveResult:  # fmt: skip
    """Search, audit, minimise; the edit if it is proved and the text still stands."""

    async def work() -> ProveResult:
        engine = project.engine
        answer = bench.goals.find(site) or await engine.lean.goals_at(site)
        if not isinstance(answer, ProofState):
            reason = answer.reason if isinstance(answer, NoProof) else "nothing is left to prove"
            return ProveResult(found=False, reason=reason)
        settings = search_settings(engine, params.seconds, params.nodes)
        outcome = await prove(
            answer, engine.policy, engine.lean, settings, limits=engine.limits, listener=heard
        )
        return result(bench, project, answer, outcome, surface)

    async with bench.search_slot:
        bench.status.thinking(0, 0)
        try:
            return await bench.long_work.on(site, work())
        finally:
            bench.status.idle()


def result(
    bench: Workbench, project: Project, state: ProofState,
    outcome: ProofFound | ProofUnaudited | NothingFound, surface: Surface,
) -> ProveResult:  # fmt: skip
    """An outcome on the wire; an edit only if it is Proved and fits the document as it is now."""
    spent = outcome.spent
    shown = ProveResult(found=False, nodes=spent.nodes, milliseconds=spent.milliseconds)
    match outcome:
        case NothingFound(reason=reason):
            return shown.model_copy(update={"reason": reason})
        case ProofUnaudited(text=text, audit=audit, reason=reason):
            said = {"found": True, "proof": text, "reason": reason}
            return shown.model_copy(
                update={**said, "audit": wire.audit(audit) if audit is not None else None}
            )
        case ProofFound(text=text, audit=audit, edit=edit):
            proved = {"found": True, "proof": text, "audit": wire.audit(audit)}
            more = proved_edit(bench, project, state, text, (edit.range, edit.text), surface, audit)
            return shown.model_copy(update={**proved, **more})


def proved_edit(
    bench: Workbench, project: Project, state: ProofState, text: str, edit: tuple[Range, str],
    surface: Surface, audit: Proved,
) -> dict[str, object]:  # fmt: skip
    """Edit and suggestion id of a proof that passed the audit; neither if the text moved on."""
    now = bench.documents.read(state.uri)
    if now is None or not still_stands(state.site, now):
        return {"reason": "proved, but the text has changed meanwhile"}
    found = wire_edit(bench, state, *edit)
    candidate = Candidate(text, Origin("search", "best-first"))
    judged = Judgement(candidate, Closed(Cost(audit.milliseconds), audit.axioms))
    made = bench.offers.make(
        state, judged, project=str(project.root), surface=surface, rank=0, began=time.perf_counter()
    )
    # All that the edit depends on is unchanged, so it fits the newer version as well.
    version = now.version if bench.documents.get(state.uri) is not None else None
    return {"edit": found.model_copy(update={"version": version}), "suggestion_id": made.id}


def tree_events(bench: Workbench, token: str | None) -> Heard:
    """Sends a search's events under a token, and the count to the status."""

    def heard(event: SearchEvent) -> None:
        if isinstance(event, NodeExpanded):
            bench.status.thinking(event.expanded, event.expanded)
        if token is not None:
            bench.editor.tell("fd/searchEvent", wire_event(token, event))

    return heard


def wire_event(token: str, event: SearchEvent) -> WireEvent:
    """One event of a search on the wire."""
    match event:
        case NodeAdded():
            return WireEvent(
                token=token, kind="added", node=event.node, parent=event.parent, text=event.text,
                goals=len(event.state.goals), score=event.score,
            )  # fmt: skip
        case NodeExpanded():
            return WireEvent(
                token=token, kind="expanded", node=event.node, expanded=event.expanded,
                goals=event.progressed,
            )  # fmt: skip
        case SolutionFound():
            return WireEvent(token=token, kind="solved", text=event.text, expanded=event.expanded)
        case Finished():
            return WireEvent(
                token=token, kind="finished", expanded=event.expanded, reason=event.reason
            )
