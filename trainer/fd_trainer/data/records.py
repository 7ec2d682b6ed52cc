"""The events that may be learned from: with consent, outside excluded folders, in order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from fd_core.events import Event, ProofObserved, SourceSeen, SuggestionOffered
from fd_core.settings import StoreSettings
from fd_core.store import consent, open_store
from fd_core.store.folding import FoldedSuggestion, fold
from fd_core.store.recorder import RecordingPolicy
from fd_core.store.source_texts import Sources


@dataclass(frozen=True, slots=True)
class Records:
    """What the store holds, sorted for training."""

    suggestions: tuple[FoldedSuggestion, ...] = ()
    proofs: tuple[ProofObserved, ...] = ()
    sources: Sources = field(default_factory=Sources)
    projects: tuple[Path, ...] = ()
    left_out: Counter[str] = field(default_factory=Counter)


def stored_events(settings: StoreSettings, path: Path | None = None) -> tuple[Event, ...]:
    """Everything recorded; nothing without consent, or where nothing is recorded yet.

    Raises StoreError if the store is damaged or from another version.
    """
    file = path or settings.file
    if consent.effective(settings.consent, file) != "yes" or not file.exists():
        return ()
    store = open_store(file, read_only=True)
    try:
        return tuple(event for _, event in store.since())
    finally:
        store.close()


def sorted_records(events: Iterable[Event], policy: RecordingPolicy) -> Records:
    """Events folded, without those of excluded folders: a decision goes with its suggestion."""
    records = Records()
    kept: list[Event] = []
    proofs: list[ProofObserved] = []
    projects: dict[Path, None] = {}
    for event in events:
        if isinstance(event, SourceSeen | SuggestionOffered | ProofObserved):
            if not policy.admits(event.project, event.uri):
                records.left_out["event: in an excluded folder"] += 1
                continue
            projects.setdefault(Path(event.project))
        match event:
            case SourceSeen():
                records.sources.take(event)
            case ProofObserved():
                proofs.append(event)
            case _:
                kept.append(event)
    there = tuple(project for project in projects if project.is_dir())
    return Records(tuple(fold(kept)), tuple(proofs), records.sources, there, records.left_out)
