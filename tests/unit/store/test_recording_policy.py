from pathlib import Path

import pytest
from fd_core.store.recorder import RecordingPolicy

PROJECT = "/home/user/proofs"


@pytest.mark.parametrize("consent", ["ask", "no"])
def test_without_consent_nothing_is_admitted(consent: str) -> None:
    policy = RecordingPolicy(consent)  # type: ignore[arg-type]
    assert not policy.admits(PROJECT, "file:///home/user/proofs/A.lean")


@pytest.mark.parametrize(
    ("uri", "admitted"),
    [
        ("file:///home/user/proofs/A.lean", True),
        ("file:///home/user/proofs/private/B.lean", False),
        ("file:///home/user/proofs/privately/B.lean", True),
        ("file:///home/user/proofs/my%20secrets/B.lean", False),
        ("file:///home/user/proofs/.lake/packages/mathlib/M.lean", False),
        ("file:///home/user/.elan/toolchains/x/src/Init.lean", False),
        ("untitled:Untitled-1", True),
    ],
)
def test_excluded_folders(uri: str, admitted: bool) -> None:
    policy = RecordingPolicy("yes", ("private", "/home/user/proofs/my secrets"))
    assert policy.admits(PROJECT, uri) is admitted


def test_an_excluded_project_takes_its_untitled_buffers_along() -> None:
    assert not RecordingPolicy("yes", (PROJECT,)).admits(PROJECT, "untitled:Untitled-1")


def test_home_and_links_lead_to_the_same_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    secret = tmp_path / "secret"
    secret.mkdir()
    (tmp_path / "link").symlink_to(secret)
    policy = RecordingPolicy("yes", ("~/secret",))
    assert not policy.admits("", (secret / "A.lean").as_uri())
    assert not policy.admits("", (tmp_path / "link" / "A.lean").as_uri())
    assert not RecordingPolicy("yes", ("~/link",)).admits("", (secret / "A.lean").as_uri())
    assert policy.admits("", (tmp_path / "A.lean").as_uri())
