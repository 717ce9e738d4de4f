from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from chain_engines import Anvil, Consortium, Embedded, Engine, Geth, anvil, founders, geth

from pixelpact.chain import Chain, deploy


@pytest.fixture(scope="session")
def anvil_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Anvil]:
    with anvil(tmp_path_factory.mktemp("anvil"), "--chain-id", "7081976") as running:
        yield running


@pytest.fixture(scope="session")
def embedded_engine() -> Embedded:
    return Embedded()


@pytest.fixture(scope="session")
def geth_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Geth]:
    with geth(tmp_path_factory.mktemp("geth"), validators=3) as running:
        yield running


@pytest.fixture(scope="session", params=["embedded", "anvil", "geth"])
def engine(request: pytest.FixtureRequest) -> Engine:
    found: Engine = request.getfixturevalue(f"{request.param}_engine")
    return found


def _found(engine: Engine) -> Consortium:
    deployer, a, b, c, d = (engine.funded() for _ in range(5))
    network = deploy(engine.network, deployer, founders(a, b, c, d))
    return Consortium(engine, network, deployer, a, b, c, d)


@pytest.fixture(scope="session")
def consortium(engine: Engine) -> Consortium:
    """Four institutions on each engine in turn."""
    return _found(engine)


@pytest.fixture(scope="session")
def embedded_consortium(embedded_engine: Embedded) -> Consortium:
    return _found(embedded_engine)


@pytest.fixture(scope="session")
def anvil_consortium(anvil_engine: Anvil) -> Consortium:
    return _found(anvil_engine)


@pytest.fixture(scope="session")
def hospital(consortium: Consortium) -> Chain:
    """A, connected."""
    return Chain.connect(consortium.network, consortium.a)


@pytest.fixture(scope="session")
def asker(consortium: Consortium) -> Chain:
    """B, connected."""
    return Chain.connect(consortium.network, consortium.b)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path
