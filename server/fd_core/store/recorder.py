"""What may be recorded at all: only with consent, and never from excluded folders."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import unquote, urlsplit

from fd_core.events import Event, ProofObserved, SourceSeen, SuggestionOffered
from fd_core.store.background import BackgroundWriter
from fd_core.store.consent import Consent
from fd_core.store.source_texts import Shortener

NEVER_RECORDED = frozenset({".lake", ".elan"})
"""Folders of dependencies and toolchains: not the user's own text."""
_REMEMBERED = 50_000


@dataclass(frozen=True, slots=True)
class RecordingPolicy:
    """Consent, and folders whose files are never recorded (`~` and relative to the project allowed)."""

    consent: Consent = "ask"
    excluded: tuple[str, ...] = ()
    sources: bool = True
    """Whether the text above a declaration is kept with its suggestions."""

    def admits(self, project: str, uri: str) -> bool:
        """Whether events of a file of a project may be written."""
        if self.consent != "yes":
            return False
        paths = [path for path in (path_of(uri), Path(project) if project else None) if path]
        return not any(self._is_excluded(path, project) for path in paths)

    def _is_excluded(self, path: Path, project: str) -> bool:
        forms = {path, path.resolve()}  # excluded by either name, if a link leads there
        if any(NEVER_RECORDED.intersection(form.parts) for form in forms):
            return True
        folders = [Path(project, Path(folder).expanduser()) for folder in self.excluded]
        roots = {form for folder in folders for form in (folder, folder.resolve())}
        return any(form.is_relative_to(root) for form in forms for root in roots)


class Recorder:
    """Lets through what the policy admits. Decisions follow the suggestion they are about."""

    def __init__(self, policy: RecordingPolicy, writer: BackgroundWriter) -> None:
        self.policy = policy
        self.writer = writer
        self._admitted: OrderedDict[str, None] = OrderedDict()
        self._shortener = Shortener()

    def record(self, event: Event) -> bool:
        """Queue an event if it may be written; never waits. False if it was refused or dropped."""
        if self.policy.consent != "yes":
            return False
        if isinstance(event, SourceSeen):
            return self._record_text(event)
        if isinstance(event, SuggestionOffered | ProofObserved):
            if not self.policy.admits(event.project, event.uri):
                return False
            if isinstance(event, SuggestionOffered):
                self._remember(event.suggestion_id)
            return self.writer.submit(event)
        # A decision names no file: it is written if its suggestion was, now or in an earlier session,
        # and was not purged since.
        here = event.suggestion_id in self._admitted
        return self.writer.submit(event, only_if_known=True, offered_here=here)

    def _record_text(self, event: SourceSeen) -> bool:
        """Queue a text above a declaration, shortened; False if it is not to be kept."""
        if not (self.policy.sources and self.policy.admits(event.project, event.uri)):
            return False
        shortened = self._shortener.shortened(event)
        if shortened is None or self.writer.submit(shortened):
            return True
        self._shortener.forget(shortened)
        return False

    def consented(self, consent: Consent) -> None:
        """The user answered, here or in another window; holds from the next event on."""
        if consent != self.policy.consent:
            self.policy = replace(self.policy, consent=consent)

    def exclude(self, folders: Sequence[str], *, sources: bool = True) -> None:
        """The settings changed; holds from the next event on."""
        self.policy = replace(self.policy, excluded=tuple(folders), sources=sources)

    def _remember(self, suggestion_id: str) -> None:
        self._admitted[suggestion_id] = None
        if len(self._admitted) > _REMEMBERED:
            self._admitted.popitem(last=False)


def path_of(uri: str) -> Path | None:
    """The path of a `file:` URI, or of a path; None for what lies in no folder."""
    parts = urlsplit(uri)
    if parts.scheme == "file":
        return Path(unquote(parts.path))
    return Path(uri) if uri.startswith("/") else None
