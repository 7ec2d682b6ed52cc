"""One cluster of two nodes for all tests of this folder: it takes five seconds to start."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.ray_cluster import LocalCluster, local_cluster


@pytest.fixture(scope="package")
def two_nodes() -> Iterator[LocalCluster]:
    with local_cluster() as cluster:
        yield cluster


@pytest.fixture
def nodes(two_nodes: LocalCluster) -> LocalCluster:
    """Whatever the test before did to it, there are two."""
    two_nodes.complete()
    return two_nodes
