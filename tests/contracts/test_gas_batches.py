"""What a consent in a batch costs: its share of the root, and its proof in a decision."""

from typing import Any

from consenting import chain_of
from scenario import ALICE, HOSPITAL_A, HOSPITAL_B, NO_EVIDENCE, digest


def execution_of(consenting: Any, directive: Any, evidence: Any) -> int:
    """The gas of the registry's part of a decision, without its calldata."""
    scope = (HOSPITAL_A, 0, consenting.study, HOSPITAL_B)
    receipt = consenting.consents.standing.transact(
        ALICE.address, consenting.hash(directive), scope, evidence, sender=consenting.people.relay
    )
    return receipt.gas_used - 21_000 - sum(16 if byte else 4 for byte in receipt.data)


def test_shares_a_root_for_at_most_60_gas_at_1000_and_7_at_10000(consenting):
    used = consenting.anchor(digest("a root")).gas_used
    assert used / 1_000 <= 60
    assert used / 10_000 <= 7


def test_checks_a_proof_for_at_most_8000_gas_at_depth_20(consenting):
    directive = consenting.directive()
    root, path = chain_of(consenting.leaf(directive), 20)
    consenting.anchor(root)
    evidence = consenting.evidence(directive, path, root)
    assert consenting.standing(directive, evidence).kind == 1
    whole = execution_of(consenting, directive, evidence) - execution_of(consenting, directive, NO_EVIDENCE)
    unsigned = consenting.evidence(directive, path, root, signature=b"")
    proof = execution_of(consenting, directive, unsigned) - execution_of(consenting, directive, NO_EVIDENCE)

    assert proof <= 8_000
    assert whole <= 12_000
