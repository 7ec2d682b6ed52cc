"""A whole night whose attempts are written and judged on Ray nodes makes the steps of a local one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support import lantern_night, tiny_model
from support.ray_cluster import LocalCluster

pytest.importorskip("torch")
pytestmark = [
    pytest.mark.ray, pytest.mark.models, pytest.mark.slow, pytest.mark.timeout(250)
]  # fmt: skip


def night(folder: Path, base: Path, machines: dict[str, Any]) -> tuple[list[float], dict[str, Any]]:
    """Losses of its steps, and what the report is told."""
    verdict, made = lantern_night.run(folder, base, {"machines": machines})
    assert verdict.startswith("not enough evidence")
    lines = [json.loads(line) for line in (made / "metrics.jsonl").open()]
    return [line["loss"] for line in lines], json.loads((made / "run.json").read_text())


def test_one_address_away_from_the_local_night(nodes: LocalCluster, tmp_path: Path) -> None:
    base = tiny_model.build(tmp_path / "model")
    here, _ = night(tmp_path / "here", base, {})
    workers = {"ray_address": nodes.address, "lean_workers": 1, "samplers": 1}
    there, told = night(tmp_path / "there", base, workers)
    assert there == pytest.approx(here, abs=1e-5)
    assert len(there) == 3
    assert told["sampler"] == "ray × 1"
    assert told["lean"].endswith("on 1 worker of a Ray cluster")
