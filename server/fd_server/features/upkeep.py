"""Decisions, consent, records, the night, runs, adapters, status."""

from __future__ import annotations

import asyncio
import time
from collections import Counter

from fd_core import night as nights
from fd_core.adapter import Adapter
from fd_core.errors import FdError, ProofSiteError, RegistryError
from fd_core.events import Accepted, Decision, Overridden, Rejected, SuggestionOffered, Unobserved
from fd_core.lean_source import declaration_at
from fd_core.protocol import (
    AdapterId,
    Adapters,
    ConsentParams,
    DecisionParams,
    NightGoal,
    NightQueue,
    NightRemove,
    Nothing,
    Place,
    RecordsStats,
    Reloaded,
    Runs,
    Status,
    WireAdapter,
    WireRun,
)
from fd_core.runs import QueuedGoal, RunSummary

from fd_server.features.places import document_of, open_site
from fd_server.records import Records
from fd_server.workbench import Workbench


async def decision(bench: Workbench, params: DecisionParams) -> Nothing:
    """What the user did, told by a front end; an override is recorded once Lean accepted it."""
    said: Decision
    match params.kind:
        case "accepted":
            said = Accepted(params.partial)
        case "rejected":
            said = Rejected(params.reason)
        case "overridden":
            said = Overridden(params.text)
        case "unobserved":
            said = Unobserved()
    if not bench.decisions.tell(params.suggestion_id, said):
        raise ProofSiteError(
            f"no suggestion {params.suggestion_id}", fix="Send an id that was offered."
        )
    return Nothing()


async def consent(bench: Workbench, params: ConsentParams) -> RecordsStats:
    """The user's answer to whether decisions may be recorded."""
    bench.consent.answer(params.recorded)
    return await records(bench, Nothing())


async def records(bench: Workbench, params: Nothing) -> RecordsStats:
    """What is recorded, and where."""
    return await asyncio.to_thread(_stats, bench.records)


def _stats(records: Records) -> RecordsStats:
    from fd_core.store.folding import fold
    from fd_core.store.opening import open_store

    shown = RecordsStats(
        path=str(records.path), recording=records.is_recording, consent=records.consent
    )
    if not records.path.exists():
        return shown
    records.flush()
    store = open_store(records.path, read_only=True)
    try:
        events = [event for _, event in store.since()]
    finally:
        store.close()
    kinds = Counter(type(item.decision).__name__.lower() for item in fold(events))
    offered = sum(isinstance(event, SuggestionOffered) for event in events)
    return shown.model_copy(
        update={
            "offered": offered,
            **{k: kinds[k] for k in ("accepted", "rejected", "overridden", "unobserved")},
        }
    )


async def tonight(bench: Workbench, params: Place) -> NightQueue:
    """Queue the goal at a place."""
    document = document_of(bench, params)
    site = open_site(document, bench, params)
    found = declaration_at(document.text, document.offset(site.range.start))
    if found is None:
        raise ProofSiteError("there is no declaration here", fix="Ask at a `sorry`.")
    goal = QueuedGoal(
        id=nights.new_goal_id(), at=time.time(), project=bench.root_of(document.uri),
        uri=document.uri, declaration=found.name, line=site.range.start.line,
        column=site.range.start.column,
    )  # fmt: skip
    await asyncio.to_thread(bench.night.add, goal)
    return await night(bench, Nothing())


async def night(bench: Workbench, params: Nothing) -> NightQueue:
    """What is queued."""
    goals = await asyncio.to_thread(bench.night.goals)
    return NightQueue(
        goals=[
            NightGoal(id=g.id, uri=g.uri, declaration=g.declaration, line=g.line, at=g.at)
            for g in goals
        ]
    )


async def night_remove(bench: Workbench, params: NightRemove) -> NightQueue:
    """Take a goal out of tonight's queue."""
    await asyncio.to_thread(bench.night.remove, params.id)
    return await night(bench, Nothing())


async def runs(bench: Workbench, params: Nothing) -> Runs:
    """Overnight runs on this machine, newest first."""
    found = await asyncio.to_thread(nights.runs)
    return Runs(runs=[_run(item) for item in found])


def _run(item: RunSummary) -> WireRun:
    return WireRun(
        id=item.id, phase=item.phase, started_at=item.started_at, finished_at=item.finished_at,
        verdict=item.verdict, report=item.report,
    )  # fmt: skip


async def adapters(bench: Workbench, params: Nothing) -> Adapters:
    """The adapter registry."""
    return await asyncio.to_thread(_adapters, bench)


def _adapters(bench: Workbench) -> Adapters:
    try:
        promoted = bench.registry.promoted()
    except RegistryError:
        promoted = None  # damaged; the list shows what there is
    known = bench.parts.adapters(bench.registry)
    return Adapters(
        adapters=[_wire(item) for item in known], promoted=promoted.id if promoted else None
    )


def _wire(item: Adapter) -> WireAdapter:
    return WireAdapter(
        id=item.id, base_model=item.base_model, parent=item.parent, created_at=item.created_at,
        metrics=item.metrics, status=item.status,
    )  # fmt: skip


async def promote(bench: Workbench, params: AdapterId) -> Adapters:
    """Serve this adapter from the next request on."""
    chosen = await asyncio.to_thread(bench.registry.promote, params.id)
    bench.reload_policies()
    bench.editor.show(f"FD Prover now serves adapter {chosen.id[:12]}.")
    return await adapters(bench, Nothing())


async def rollback(bench: Workbench, params: Nothing) -> Adapters:
    """Serve the adapter before."""
    before = await asyncio.to_thread(bench.registry.rollback)
    bench.reload_policies()
    served = f"adapter {before.id[:12]}" if before else "the base model"
    bench.editor.show(f"FD Prover now serves {served} again.")
    return await adapters(bench, Nothing())


async def reload_policy(bench: Workbench, params: Nothing) -> Reloaded:
    """Read the promoted adapter anew."""
    try:
        bench.reload_policies()
    except FdError as error:
        bench.status.policy_down(error)
        raise
    promoted = bench.registry.promoted()
    version = next((p.engine.policy.version for p in bench.projects()), None)
    return Reloaded(
        base_model=version.base_model if version else promoted.base_model if promoted else "",
        adapter_id=promoted.id if promoted else None,
    )


async def get_status(bench: Workbench, params: Nothing) -> Status:
    """What the engine does now, memory counted."""
    memory = await asyncio.to_thread(
        lambda: sum(p.engine.lean.memory_mb() for p in bench.projects())
    )
    bench.status.facts(memory_mb=memory, recording=bench.records.is_recording)
    return bench.status.current
