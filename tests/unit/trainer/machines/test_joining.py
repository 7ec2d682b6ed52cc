"""What is wrong with a cluster is told within seconds, and before anything heavy is loaded."""

from __future__ import annotations

import signal
import socket
import sys
import time

import pytest
from fd_core.settings import Settings
from fd_trainer.config.load import load
from fd_trainer.machines.cluster import MachinesError, joined, wrong_address
from fd_trainer.run.checks import findings


def test_a_missing_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(MachinesError, match="needs Ray") as caught:
        joined("10.0.0.1:6379")
    assert 'pip install "fd-prover[ray]"' in caught.value.fix


@pytest.mark.ray
def test_an_address_that_nobody_listens_at_is_told_at_once() -> None:
    pytest.importorskip("ray").shutdown()  # of a cluster that another test joined
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    began, before = time.monotonic(), signal.getsignal(signal.SIGTERM)
    with pytest.raises(MachinesError, match=f"no Ray cluster answers at 127.0.0.1:{port}") as told:
        joined(f"127.0.0.1:{port}")
    assert "ray start" in told.value.fix
    assert time.monotonic() - began < 10
    assert signal.getsignal(signal.SIGTERM) is before


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("auto", ""),
        ("10.0.0.1:6379", ""),
        ("ray://10.0.0.1:10001", "ray start --address=10.0.0.1:6379"),
        ("ray://10.0.0.1:10001", 'then "10.0.0.1:6379"'),
        ("10.0.0.1", "neither"),
        (":6379", "neither"),
        ("host:port", "neither"),
    ],
)
def test_an_address_is_read_before_it_is_dialled(address: str, words: str) -> None:
    found = wrong_address(address)
    assert words in found
    assert bool(words) == bool(found)


class InACluster:
    """FAKE of the library, in a process that has joined a cluster."""

    def __init__(self, address: str) -> None:
        self.gcs_address = address

    def is_initialized(self) -> bool:
        return True

    def get_runtime_context(self) -> InACluster:
        return self


@pytest.mark.parametrize(
    ("asked", "refused"),
    [
        ("127.0.0.1:6379", False),
        ("localhost:6379", False),
        ("auto", False),
        ("127.0.0.1:6380", True),
        ("10.9.8.7:6379", True),
    ],
)
def test_a_second_cluster_is_refused_by_name(
    asked: str, refused: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "ray", InACluster("127.0.0.1:6379"))
    if not refused:
        assert joined(asked).address == asked
        return
    with pytest.raises(MachinesError, match=f"at 127.0.0.1:6379, and can't join {asked}") as told:
        joined(asked)
    assert 'machines.ray_address to "127.0.0.1:6379"' in told.value.fix


def test_a_dry_run_says_what_is_wrong_with_the_machines() -> None:
    machines = {"machines": {"ray_address": "nowhere"}, "model": {"base": "hub/model"}}
    night = load(preset="tiny", overrides=machines).night
    assert any("machines.ray_address" in each.what for each in findings(night, Settings()))


def test_samplers_elsewhere_need_a_cluster_and_no_other_sampler() -> None:
    from fd_core.errors import SettingsError

    for machines, sampler, words in (
        ({"samplers": 2}, "in_process", "need machines.ray_address"),
        ({"samplers": 2, "ray_address": "auto"}, "vllm", 'sampler.kind = "vllm"'),
    ):
        overrides = {
            "machines": machines,
            "sampler": {"kind": sampler},
            "model": {"base": "hub/model"},
        }
        with pytest.raises(SettingsError, match=words):
            load(preset="tiny", overrides=overrides)
