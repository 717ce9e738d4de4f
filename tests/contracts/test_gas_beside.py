"""What the nearest calls of others cost on the same chain, against the committed snapshot.

    UPDATE_GAS=1 ape test --network ::foundry tests/contracts/test_gas_beside.py

writes the snapshot anew; `scripts/bench gas` does that for ours too and makes docs/gas.md of both.
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from beside import Attestations, compiled, published
from scenario import ALICE, DAY, START

SNAPSHOT = Path(__file__).with_name("gas_beside.json")
EXPIRY = START + 300 * DAY


def measure_attestations(containers: dict[str, Any], people: Any, chain: Any, time: int) -> dict[str, Any]:
    recipient = people.hospital_b.address
    attestations = Attestations(containers, people.relay)
    # An attestation's number follows from its time, and the zero bytes in a number are cheaper.
    chain.pending_timestamp = time
    attested = attestations.attest("a directive", recipient, EXPIRY)
    chain.pending_timestamp = time + 100
    delegated = attestations.attest_by(ALICE, "another directive", recipient, EXPIRY)
    return {
        "EAS.attest": attested,
        "EAS.attestByDelegation, a person's first": delegated,
        "EAS.attestByDelegation": attestations.attest_by(ALICE, "a third directive", recipient, EXPIRY),
        "EAS.revoke": attestations.revoke(attested),
        "EAS.revokeByDelegation": attestations.revoke_by(ALICE, delegated),
    }


def measure_manager(containers: dict[str, Any], people: Any) -> dict[str, Any]:
    owner = people.relay
    manager = owner.deploy(containers["AccessManager"], owner)
    return {
        "AccessManager.grantRole": manager.grantRole(7, people.hospital_b, 0, sender=owner),
        "AccessManager.revokeRole": manager.revokeRole(7, people.hospital_b, sender=owner),
    }


@pytest.fixture
def measured(people, chain):
    """Gas used by call."""
    ours = compiled()
    theirs = measure_attestations(published(), people, chain, START + 1_000)
    receipts = measure_attestations(ours, people, chain, START + 2_000) | measure_manager(ours, people)
    receipts |= {f"{name} (as published)": receipt for name, receipt in theirs.items()}
    return {name: receipt.gas_used for name, receipt in receipts.items()}


def test_others_cost_what_the_snapshot_says(measured):
    if os.environ.get("UPDATE_GAS"):
        SNAPSHOT.write_text(json.dumps(measured, indent=2, sort_keys=True) + "\n", "utf-8")
    assert json.loads(SNAPSHOT.read_text("utf-8")) == measured
