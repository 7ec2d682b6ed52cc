"""A process is in one real Ray cluster; another address is refused, whatever the first is called."""

from __future__ import annotations

import pytest
from fd_trainer.machines.cluster import MachinesError, joined
from support.ray_cluster import LocalCluster

pytestmark = [pytest.mark.ray, pytest.mark.slow, pytest.mark.timeout(120)]


def test_another_address_is_refused_and_the_same_one_is_not(nodes: LocalCluster) -> None:
    _, _, port = nodes.address.rpartition(":")
    cluster = joined(nodes.address)
    assert cluster.cpus == 2
    for same in (nodes.address, "auto"):
        assert joined(same).cpus == 2
    with pytest.raises(MachinesError, match=f"joined the Ray cluster at {nodes.address}") as told:
        joined("10.9.8.7:6379")
    assert "10.9.8.7:6379" in told.value.what
    assert nodes.address in told.value.fix
    cluster.leave()
    assert joined(f"localhost:{port}").cpus == 2
