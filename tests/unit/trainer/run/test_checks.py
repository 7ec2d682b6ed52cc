"""What is looked at before a night: whether attempts will be audited in a sandbox."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest
from fd_core.settings import LeanSettings, Settings
from fd_trainer.config.load import load
from fd_trainer.run.checks import findings
from fd_trainer.run.parts import Finding


def about_the_sandbox(use: Literal["auto", "required", "off"]) -> list[Finding]:
    settings = Settings(lean=LeanSettings(sandbox=use))
    night = load(preset="tiny", overrides={"model": {"base": "some/model"}}).night
    return [found for found in findings(night, settings, {}) if "sandbox" in found.what]


def test_a_night_without_a_sandbox_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (warned,) = about_the_sandbox("auto")
    assert not warned.fatal
    assert "bubblewrap" in warned.fix
    (refused,) = about_the_sandbox("required")
    assert refused.fatal
    assert about_the_sandbox("off") == []
