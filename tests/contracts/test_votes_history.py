"""No vote's gas grows with what was voted on before, nor with how many vote.

The institutions are contracts, so that it takes a dozen transactions.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from scenario import BOARD, TERMS, VOTER
from votes import ADMIT, CHANGE, STOP, motion

MORE, AT_ONCE = 84, 21


@pytest.fixture
def world(project, people, mocks):
    """Three that vote, of which two are two thirds, and one that is voted on."""
    deploy = people.relay.deploy
    agents = [deploy(mocks.Agent) for _ in range(4)]
    rows = [(agent, role, b"GB", 0) for agent, role in zip(agents, (VOTER, VOTER, VOTER, BOARD), strict=True)]
    registry = deploy(project.InstitutionRegistry, rows, TERMS)
    return SimpleNamespace(
        agents=agents, registry=registry, crowd=deploy(mocks.Crowd), sender=people.relay, proposals=0
    )


def turn(world: Any) -> dict[str, tuple[Any, Any, bytes]]:
    """Everything once: who calls what with which data. Each motion is proposed, voted for and carried out."""
    a, b, c, _ = world.agents
    registry, calls = world.registry, {}
    of_all = {"country": b"GB", "attributes": 1}
    account = f"0x{world.proposals + 0x100000:040x}"
    for name, proposed in (
        ("admission", motion(ADMIT, account=account, roles=BOARD, **of_all)),
        ("change", motion(CHANGE, institution=4, roles=BOARD, **of_all)),
        ("stop", motion(STOP, duration=world.proposals + 1)),
    ):
        world.proposals += 1
        number = world.proposals
        for by, what, method, arguments in (
            (a, "propose", registry.propose, (proposed,)),
            (b, "vote", registry.vote, (number,)),
            (c, "vote after it passed", registry.vote, (number,)),
            (c, "carry out", registry.carryOut, (number, proposed)),
        ):
            calls[f"{what}: {name}"] = (by, registry, bytes(method.encode_input(*arguments)))
    return calls


def costs(world: Any) -> dict[str, int]:
    """The gas of each call of a turn, without what its own bytes cost, which differ."""
    used = {}
    for name, call in turn(world).items():
        receipt = world.crowd.act([call], sender=world.sender, gas=2_000_000)
        used[name] = receipt.gas_used - sum(16 if byte else 4 for byte in receipt.data)
    return used


def test_costs_the_same_after_a_long_history(world):
    costs(world)
    early = costs(world)
    for _ in range(0, MORE, AT_ONCE):
        calls = [call for _ in range(AT_ONCE) for call in turn(world).values()]
        world.crowd.act(calls, sender=world.sender, gas=29_000_000)
    assert costs(world) == early
    assert world.registry.proposalCount() == 3 * (MORE + 3)
    assert world.registry.institutionCount() == 4 + MORE + 3


def test_costs_the_same_however_many_vote(project, people, mocks):
    """Two that vote, or a hundred."""
    used = set()
    for voters in (2, 100):
        admins = [people.hospital_a.address, *(f"0x{0x10000 + i:040x}" for i in range(voters - 1))]
        rows = [(admin, VOTER, b"CH", 0) for admin in admins]
        registry = people.relay.deploy(project.InstitutionRegistry, rows, TERMS)
        used.add(registry.propose(motion(STOP), sender=people.hospital_a).gas_used)
    assert len(used) == 1
