"""Which of the two runners runs what: `ape test` the contract tests, `pytest` all the others.

ape's plugin starts a chain around every test of a run that it is loaded in, and the contract tests can't do
without it; so each test belongs to exactly one of them. scripts/test calls both.
"""

from __future__ import annotations

from pathlib import Path

import pytest

CONTRACT_TESTS = Path(__file__).resolve().parent / "contracts"


def _run_by_ape(config: pytest.Config) -> bool:
    return config.pluginmanager.hasplugin("ape_test")


def _is_contract_test(path: Path) -> bool:
    return path == CONTRACT_TESTS or CONTRACT_TESTS in path.parents


def pytest_configure(config: pytest.Config) -> None:
    for named in config.args:
        path = Path(config.invocation_params.dir, named.partition("::")[0]).resolve()
        if _is_contract_test(path) and not _run_by_ape(config):
            raise pytest.UsageError("The contract tests run on Anvil: ape test --network ::foundry")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    if collection_path in CONTRACT_TESTS.parents:
        return None
    return True if _is_contract_test(collection_path) != _run_by_ape(config) else None
