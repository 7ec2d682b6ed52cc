"""`fd/session…`: an undo tree over the wire."""

from __future__ import annotations

from pathlib import Path

from fd_core.errors import ProofSiteError
from fd_core.landing import land
from fd_core.lean.audit_text import pair_of
from fd_core.proof import Complete, NoProof, ProofState
from fd_core.protocol import (
    Nothing,
    ProveResult,
    SessionApplied,
    SessionApply,
    SessionAt,
    SessionFinish,
    SessionName,
    SessionNode,
    SessionOpen,
    SessionSearch,
    SessionTree,
    SuggestParams,
    SuggestResult,
)
from fd_core.search.best_first import best_first
from fd_core.search.events import Finished, SolutionFound
from fd_core.search.minimise import minimise
from fd_core.suggestion import (
    AuditResult,
    Candidate,
    Closed,
    Cost,
    Judgement,
    Origin,
    Proved,
    offerable,
)

from fd_server import wire
from fd_server.features.places import document_of, open_site, project_of
from fd_server.features.prove import proved_edit, search_settings, tree_events
from fd_server.features.thinking import think
from fd_server.job import closing
from fd_server.sessions import Node, Session
from fd_server.workbench import Project, Workbench


async def open_session(bench: Workbench, params: SessionOpen) -> SessionTree:
    """Open a session at a `sorry` (or a failing step, or the cursor)."""
    document = document_of(bench, params)
    site = open_site(document, bench, params)
    project = await project_of(bench, document.uri)
    answer = bench.goals.find(site) or await project.engine.lean.goals_at(site)
    if not isinstance(answer, ProofState):
        reason = answer.reason if isinstance(answer, NoProof) else "nothing is left to prove"
        raise ProofSiteError(reason, fix="Open a session at a `sorry`.")
    return _tree(bench, bench.sessions.open(project.engine, str(project.root), answer))


async def tree(bench: Workbench, params: SessionAt) -> SessionTree:
    """The whole undo tree."""
    return _tree(bench, bench.sessions.get(params.session))


async def apply(bench: Workbench, params: SessionApply) -> SessionApplied:
    """Judge a text at a node, and go there if it is offerable."""
    session = _asked(bench, params.session)
    node = session.node(params.node)
    made = bench.offers.get(params.suggestion_id) if params.suggestion_id else None
    ours = made is not None and made.suggestion.candidate.text == params.text
    told = Origin.told(params.origin if params.again else "")
    origin = made.suggestion.candidate.origin if made and ours else told
    judged = await session.judge(node, params.text, origin)
    shown = wire.candidate(judged.candidate, judged.verdict, made.id if made and ours else None)
    if not offerable(judged.verdict):
        return SessionApplied(candidate=shown)
    child = session.grow(node, judged, shown.id)
    if shown.id is not None:
        bench.decisions.accept(shown.id)
    elif not params.again:
        bench.decisions.wrote_instead(session.open_state(node), params.text)
    return SessionApplied(candidate=shown, node=_node(child))


async def undo(bench: Workbench, params: SessionAt) -> SessionTree:
    """Back to the parent; nothing is lost."""
    session = bench.sessions.get(params.session)
    node = session.node(params.node)
    session.current = node.parent if node.parent is not None else node.id
    return _tree(bench, session)


async def goto(bench: Workbench, params: SessionAt) -> SessionTree:
    """Stand at another node."""
    session = bench.sessions.get(params.session)
    session.current = session.node(params.node).id
    return _tree(bench, session)


async def name(bench: Workbench, params: SessionName) -> SessionTree:
    """Name a branch."""
    session = bench.sessions.get(params.session)
    session.node(params.node).name = params.name
    return _tree(bench, session)


async def suggest(bench: Workbench, params: SessionSearch) -> SuggestResult:
    """Candidates at a node, streamed under the token."""
    session = _asked(bench, params.session)
    state = session.open_state(session.node(params.node))
    at = bench.encoding.wire_position(state.site.document, state.position)
    asked = SuggestParams(
        uri=state.uri, position=at, token=params.token, seconds=params.seconds,
        limit=20, include_failed=True,
    )  # fmt: skip
    return await think(bench, _project(session), state.site, asked, state)


async def search(bench: Workbench, params: SessionSearch) -> ProveResult:
    """Search from a node; a solution becomes a node. The audit is for `sessionFinish`."""
    session = _asked(bench, params.session)
    node = session.node(params.node)
    state = session.open_state(node)
    engine, heard = session.engine, tree_events(bench, params.token)
    settings = search_settings(engine, params.seconds, params.nodes)
    text, last = "", Finished("out of time", 0, 0, 0.0)
    async with bench.search_slot:
        stream = best_first(state, engine.policy, engine.lean, settings, engine.limits)
        async with closing(stream) as events:
            async for event in events:
                heard(event)
                text = event.text if isinstance(event, SolutionFound) else text
                last = event if isinstance(event, Finished) else last
    bench.status.idle()
    if text:
        candidate = Candidate(text, Origin("search", "best-first"))
        session.grow(node, Judgement(candidate, Closed(Cost(last.milliseconds))))
    return ProveResult(
        found=bool(text), proof=text, reason=last.reason, nodes=last.expanded,
        milliseconds=last.milliseconds,
    )  # fmt: skip


async def finish(bench: Workbench, params: SessionFinish) -> ProveResult:
    """Minimise if asked, audit the whole declaration, and the edit if it is Proved."""
    session = _asked(bench, params.session)
    node = session.node(params.node)
    if not isinstance(node.answer, Complete):
        return ProveResult(found=False, reason="goals are left at this node")
    engine, root = session.engine, session.open_state(session.nodes[0])
    text = session.proof(node)
    audited = await _audit(session, text)
    if params.minimise and isinstance(audited, Proved):
        less = await minimise(
            root, text, engine.lean, engine.settings.search.seconds / 2, engine.limits
        )
        again = await _audit(session, less) if less != text else audited
        text, audited = (less, again) if isinstance(again, Proved) else (text, audited)
    shown = ProveResult(
        found=True, proof=text, audit=wire.audit(audited), milliseconds=audited.milliseconds
    )
    if not isinstance(audited, Proved):
        return shown.model_copy(update={"reason": "; ".join(wire.audit(audited).reasons)})
    landed = land(session.site, text)
    edit = (landed.range, landed.text)
    more = proved_edit(bench, _project(session), root, text, edit, "session", audited)
    return shown.model_copy(update=more)


async def _audit(session: Session, text: str) -> AuditResult:
    pair = pair_of(session.site, text)
    if pair is None:
        raise ProofSiteError("this is in no declaration", fix="Open a session in a theorem.")
    return await session.engine.lean.audit(pair.challenge, pair.solution, pair.declaration)


async def close(bench: Workbench, params: SessionAt) -> Nothing:
    """Forget a session."""
    bench.sessions.close(params.session)
    return Nothing()


def _asked(bench: Workbench, id: str) -> Session:
    """A session that Lean is about to be asked for: what looks at a save gives way."""
    session = bench.sessions.get(id)
    bench.after_saves.give_way(session.site.document.uri)
    return session


def _project(session: Session) -> Project:
    return Project(Path(session.project), session.engine)


def _tree(bench: Workbench, session: Session) -> SessionTree:
    return SessionTree(
        session=session.id, uri=session.site.document.uri, declaration=session.declaration,
        range=bench.encoding.wire_range(session.site.document, session.site.range),
        current=session.current, nodes=[_node(node) for node in session.nodes],
    )  # fmt: skip


def _node(node: Node) -> SessionNode:
    step = node.step
    shown = wire.candidate(step.candidate, step.verdict, node.suggestion_id) if step else None
    return SessionNode(
        id=node.id, parent=node.parent, candidate=shown, state=wire.goals(node.answer),
        name=node.name,
    )  # fmt: skip
