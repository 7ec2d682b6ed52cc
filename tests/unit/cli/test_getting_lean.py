"""The demo finds Lean, gets it by elan if the user agreed, or falls back and says so. All on FAKES."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest
from fd_core.errors import ToolchainError
from fd_server.commands import elan
from fd_server.commands.demo import lean_or_recording

FAKE_ELAN = """#!/bin/sh
# A FAKE elan: "installs" a lean that only knows its version.
echo "$@" >> "$ELAN_HOME/asked"
{then}
folder="$ELAN_HOME/toolchains/leanprover--lean4---v4.27.0/bin"
mkdir -p "$folder"
printf '#!/bin/sh\\necho "Lean (version 4.27.0, x86_64, commit 0, Release)"\\n' > "$folder/lean"
chmod +x "$folder/lean"
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ELAN_HOME", str(tmp_path / "elan"))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("FD_LEAN", raising=False)
    monkeypatch.delenv(elan.AGREEMENT, raising=False)
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "lean-toolchain").write_text("leanprover/lean4:v4.27.0\n")
    return folder


def install_fake_elan(project: Path, then: str = "") -> Path:
    script = project.parent / "elan" / "bin" / "elan"
    script.parent.mkdir(parents=True)
    script.write_text(FAKE_ELAN.replace("{then}", then))
    script.chmod(0o755)
    return script.parents[1] / "asked"


def test_without_agreement_nothing_is_installed(project: Path) -> None:
    asked = install_fake_elan(project)
    with pytest.raises(ToolchainError, match="no Lean was found") as caught:
        lean_or_recording(project, None)
    assert "FD_INSTALL_ELAN=yes" in caught.value.fix
    assert not asked.exists()


def test_a_no_is_a_no(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = install_fake_elan(project)
    monkeypatch.setenv(elan.AGREEMENT, "no")
    assert lean_or_recording(project, Path("recording")) == Path("recording")
    assert not asked.exists()


def test_with_agreement_the_projects_toolchain_is_installed_and_used(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = install_fake_elan(project)
    monkeypatch.setenv(elan.AGREEMENT, "yes")
    assert lean_or_recording(project, Path("recording")) is None
    assert asked.read_text() == "toolchain install leanprover/lean4:v4.27.0\n"
    assert elan.SIZES in capsys.readouterr().err


def test_when_elan_fails_the_first_line_says_so_with_the_fix(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    install_fake_elan(project, then="echo 'error: could not download' >&2; exit 1")
    monkeypatch.setenv(elan.AGREEMENT, "yes")
    assert lean_or_recording(project, Path("recording")) == Path("recording")
    first = capsys.readouterr().out.split("\n")[0]
    assert first.startswith("NO LEAN: elan could not install leanprover/lean4:v4.27.0")
    assert "could not download" in first
    assert "Fix: " in first


def test_offline_the_installer_cannot_be_fetched_and_that_is_said(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(url: str, **_: object) -> httpx.Response:
        raise httpx.ConnectError(f"nobody at {url}")

    monkeypatch.setattr(httpx, "get", refuse)
    monkeypatch.setenv(elan.AGREEMENT, "yes")
    assert lean_or_recording(project, Path("recording")) == Path("recording")
    first = capsys.readouterr().out.split("\n")[0]
    assert "elan-init.sh can't be fetched" in first


def test_a_lean_that_is_there_is_used_without_a_question(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lean = project / "lean"
    lean.write_text("#!/bin/sh\necho 'Lean (version 4.30.0, x86_64, commit 0, Release)'\n")
    lean.chmod(0o755)
    monkeypatch.setenv("FD_LEAN", str(lean))
    assert lean_or_recording(project, None) is None
