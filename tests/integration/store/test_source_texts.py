"""Texts above declarations in a real store: once, with consent only, and gone with their project."""

from pathlib import Path

import pytest
from fd_core.events import SourceSeen, source_digest
from fd_core.store import open_store
from fd_core.store.background import BackgroundWriter
from fd_core.store.purge import PurgeScope, purge
from fd_core.store.recorder import Recorder, RecordingPolicy
from fd_core.store.source_texts import Sources
from support.records import offered

SECRET = "theorem secret_lemma : True := trivial\n"


def seen(project: Path, text: str = SECRET, name: str = "A.lean") -> SourceSeen:
    uri = (project / name).as_uri()
    return SourceSeen(1.0, str(project), uri, source_digest(text), "", text)


def texts(path: Path) -> list[SourceSeen]:
    store = open_store(path)
    found = [event for _, event in store.since() if isinstance(event, SourceSeen)]
    store.close()
    return found


def test_a_text_is_stored_once_across_sessions_and_read_back(tmp_path: Path) -> None:
    path, project = tmp_path / "events.db", tmp_path / "p"
    for _ in range(2):
        recorder = Recorder(RecordingPolicy("yes"), BackgroundWriter(path))
        assert recorder.record(seen(project))
        assert recorder.record(seen(project, SECRET + "more\n"))
        assert recorder.writer.close()
    rows = texts(path)
    assert [row.text for row in rows] == [SECRET, "more\n"]
    sources = Sources()
    for row in rows:
        sources.take(row)
    assert sources.text(str(project), source_digest(SECRET + "more\n")) == SECRET + "more\n"


@pytest.mark.parametrize(
    "policy",
    [
        RecordingPolicy("ask"),
        RecordingPolicy("no"),
        RecordingPolicy("yes", sources=False),
        RecordingPolicy("yes", excluded=("A.lean",)),
    ],
)
def test_without_consent_or_in_excluded_folders_no_text_is_kept(
    tmp_path: Path, policy: RecordingPolicy
) -> None:
    path = tmp_path / "events.db"
    recorder = Recorder(policy, BackgroundWriter(path))
    assert not recorder.record(seen(tmp_path / "p"))
    recorder.writer.close()
    assert not path.exists() or texts(path) == []


def test_consent_given_later_keeps_the_text_that_was_refused_before(tmp_path: Path) -> None:
    path = tmp_path / "events.db"
    recorder = Recorder(RecordingPolicy("ask"), BackgroundWriter(path))
    assert not recorder.record(seen(tmp_path / "p"))
    recorder.consented("yes")
    assert recorder.record(seen(tmp_path / "p"))
    recorder.writer.close()
    assert len(texts(path)) == 1


def test_a_purge_of_the_project_takes_its_texts_and_no_byte_is_left(tmp_path: Path) -> None:
    path = tmp_path / "events.db"
    mine, other = tmp_path / "mine", tmp_path / "other"
    store = open_store(path)
    store.append_all([seen(mine), seen(other, "theorem other : True := trivial\n")])
    store.append(offered(project=str(mine), uri=(mine / "A.lean").as_uri(), above="x"))
    assert purge(store, PurgeScope(project=str(mine))).removed == 2
    store.close()
    assert [row.project for row in texts(path)] == [str(other)]
    assert not any(SECRET.encode() in file.read_bytes() for file in tmp_path.glob("events.db*"))


def test_a_text_known_keeps_its_number(tmp_path: Path) -> None:
    store = open_store(tmp_path / "events.db")
    first = store.append(seen(tmp_path))
    assert store.append_all([seen(tmp_path), offered()]) == [first, first + 1]
    assert store.append(seen(tmp_path / "elsewhere")) == first + 2
    store.close()
