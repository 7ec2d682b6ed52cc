"""Excluded folders stay out of the tool loop's searches: what they show may be sent to a critic."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from fd_trainer.rollouts.tooling import searcher_of
from support.trainer_values import problem


@pytest.mark.parametrize("ripgrep", [True, False])
async def test_no_search_shows_an_excluded_folder(tmp_path: Path, ripgrep: bool) -> None:
    for name in ("Open", "Secret"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "A.lean").write_text(f"theorem {name.lower()}_key : True := trivial\n")
    (tmp_path / "Link.lean").symlink_to(tmp_path / "Secret" / "A.lean")
    searcher = searcher_of(replace(problem(), project=tmp_path), 10.0, ("Secret",))
    if not ripgrep:
        searcher = replace(searcher, ripgrep=None)
    found = await searcher.search("_key")
    assert "open_key" in found
    assert "secret_key" not in found
    everything = await searcher_of(replace(problem(), project=tmp_path), 10.0).search("_key")
    assert "secret_key" in everything
