"""Whatever happens on the contracts, an auditor finds nothing that they rule out.

The worlds are those of the random operations; what their contracts report is audited as a trail.
"""

from __future__ import annotations

from collections import Counter

import pytest
from agreement_chain import CHAIN_ID, Chain, Contract
from eth_utils.crypto import keccak
from operations_random import RandomWorld

from pixelpact.audit import Auditor, Finding, Severity
from pixelpact.chain import Event, Network, Trail
from pixelpact.chain.answers import Log
from pixelpact.chain.events import decode_event

SEEDS = range(1_000, 1_004)
OPERATIONS = 1_500


class AuditedWorld(RandomWorld):
    """A random world that keeps what its contracts report."""

    def __init__(self, seed: int) -> None:
        self.logs: list[tuple[Log, int]] = []
        self.block = 0
        deploy = Chain.deploy

        def deployed(chain: Chain, name: str, *arguments: object) -> Contract:
            contract = deploy(chain, name, *arguments)
            if name == "InstitutionRegistry":
                self.keep(chain)
            return contract

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(Chain, "deploy", deployed)
            super().__init__(seed, Counter())

    def _compare_logs(self, what: str, contract: Contract) -> None:
        super()._compare_logs(what, contract)
        self.keep(self.chain)

    def keep(self, chain: Chain) -> None:
        """What the last transaction logged, as if it stood in a block of its own."""
        result = chain.evm.result
        assert result is not None
        self.block += 1
        for index, found in enumerate(result.logs):
            topics, data = found.data
            log = Log(
                address=bytes.fromhex(found.address[2:]),
                topics=tuple(bytes(topic) for topic in topics),
                data=bytes(data),
                block_number=self.block,
                block_hash=keccak(self.block.to_bytes(8, "big")),
                transaction=keccak(b"t" + self.block.to_bytes(8, "big")),
                index=index,
            )
            self.logs.append((log, chain.time))

    def audit(self) -> tuple[Finding, ...]:
        """What is found in all that was kept."""
        at = self.deployed
        contracts = {
            "InstitutionRegistry": at.institutions,
            "StudyRegistry": at.studies,
            "ConsentRegistry": at.consents,
            "ProjectRegistry": at.projects,
            "PolicyEngine": at.engine,
            "AccessLedger": at.ledger,
        }
        network = Network(
            name="random",
            chain_id=CHAIN_ID,
            genesis=b"\x9e" * 32,
            finality_depth=0,
            clock=None,
            rpc="embedded",
            contracts={name: bytes.fromhex(each.address[2:]) for name, each in contracts.items()},
        )
        events: list[Event] = [decode_event(network, log, time) for log, time in self.logs]
        trail = Trail(network, 0, self.block, keccak(b"end"), tuple(events))
        return Auditor(trail).report().findings


@pytest.mark.parametrize("seed", SEEDS)
def test_an_honest_life_has_no_violation(seed: int) -> None:
    world = AuditedWorld(seed)
    world.live(OPERATIONS)
    assert len(world.logs) > OPERATIONS / 2
    wrong = [each for each in world.audit() if each.severity is Severity.VIOLATION]
    assert wrong == []
