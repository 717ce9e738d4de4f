"""Every store there is, for the tests that all of them must pass."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from kubo_node import Node, running
from stores import Rig, folder_rig, kubo_rig, memory_rig

from pixelpact.storage import Store


@pytest.fixture(scope="session")
def running_node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    with running(tmp_path_factory.mktemp("kubo") / "repository") as node:
        yield node


@pytest.fixture
def node(running_node: Node) -> Node:
    """A real Kubo node with nothing in it, in a private swarm of its own."""
    running_node.empty()
    return running_node


@pytest.fixture(params=["folder", "memory", "kubo-httpx", "kubo-ipfshttpclient", "kubo-gateway"])
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    if request.param == "folder":
        made = folder_rig(tmp_path)
    elif request.param == "memory":
        made = memory_rig(tmp_path)
    else:
        node = request.getfixturevalue("node")
        made = kubo_rig(node, tmp_path / "under way", request.param.removeprefix("kubo-"))
    yield made
    made.close()


@pytest.fixture
def store(rig: Rig) -> Store:
    return rig.store
