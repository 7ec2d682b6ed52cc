"""A real Ray cluster on this machine: a head without CPUs, and nodes that can be killed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parents[1]
_SMALL = {"object_store_memory": 80_000_000, "include_dashboard": False}


class LocalCluster:
    """Two nodes of one CPU each, and what a test does to them."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.address: str = inner.address
        self.nodes = [self._node() for _ in range(2)]

    def kill(self, node: Any) -> None:
        """As a machine that loses its power: SIGKILL, no farewell."""
        self.nodes.remove(node)
        self._inner.remove_node(node, allow_graceful=False)

    def complete(self) -> None:
        """Two nodes again."""
        while len(self.nodes) < 2:
            self.nodes.append(self._node())

    def _node(self) -> Any:
        return self._inner.add_node(num_cpus=1, **_SMALL)


@contextmanager
def local_cluster() -> Iterator[LocalCluster]:
    """Up for a while. Nodes get the tests' folder on their path, as workers unpickle fakes from it."""
    import ray
    from ray.cluster_utils import Cluster

    before = dict(os.environ)
    os.environ |= {"PYTHONPATH": str(TESTS), "RAY_USAGE_STATS_ENABLED": "0"}
    inner = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, **_SMALL})
    try:
        yield LocalCluster(inner)
    finally:
        ray.shutdown()
        inner.shutdown()
        os.environ.clear()
        os.environ.update(before)
