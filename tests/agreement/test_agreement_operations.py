"""Random operations on all contracts and on the model: answers, errors, reports, what is kept are alike.

A seed is a world; one that differs is named, and lives again in `RandomWorld(seed, Counter()).live(1_500)`.
PIXELPACT_WORLDS lets more of them live, PIXELPACT_FIRST_SEED other ones.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator

import pytest
from agreement_chain import artifact
from operations_chain import errors
from operations_model import CONTRACTS, event_types
from operations_random import WEIGHTS, RandomWorld

from pixelpact.policy import Reason
from pixelpact.policy.state import State

WORLDS = int(os.environ.get("PIXELPACT_WORLDS", "68"))
FIRST_SEED = int(os.environ.get("PIXELPACT_FIRST_SEED", "0"))
OPERATIONS = 1_500

#: What only a constructor answers with, or takes more than a test has: 256 voters, little gas, long names.
BEYOND = {
    "AccessLedger_GasTooLow",
    "AccessLedger_NoCode",
    "AccessLedger_NotFirstEngine",
    "ConsentRegistry_NoCode",
    "Consortium_TermUnusable",
    "Consortium_VotersExhausted",
    "InstitutionRegistry_FounderCount",
    "InvalidShortString",
    "ProjectRegistry_NoCode",
    "StringTooLong",
    "StudyRegistry_NoCode",
}

Met = Counter[tuple[str, str]]


@pytest.fixture(scope="module")
def met() -> Met:
    """How often each function ended how, in all worlds."""
    found: Met = Counter()
    print(f"seeds {FIRST_SEED} to {FIRST_SEED + WORLDS - 1}, {OPERATIONS} operations each")  # noqa: T201  # who wants to see it again needs it
    for seed in range(FIRST_SEED, FIRST_SEED + WORLDS):
        RandomWorld(seed, found).live(OPERATIONS)
    return found


def test_the_state_knows_every_event() -> None:
    state = State()
    assert set(state.events) == set(event_types())


def transactions() -> Iterator[str]:
    """Every function that changes something."""
    for contract in CONTRACTS:
        for entry in artifact(contract)["abi"]:
            if entry["type"] == "function" and entry["stateMutability"] == "nonpayable":
                yield f"{contract}.{entry['name']}"


def test_enough_happened_and_most_of_it_went_well(met: Met) -> None:
    sent = Counter({key: count for key, count in met.items() if not key[1].startswith("answers")})
    well = sum(count for (_, outcome), count in sent.items() if outcome == "done")
    answered = sum(count for (name, _), count in met.items() if name.startswith("AccessLedger.decide"))
    assert sent.total() + answered >= WORLDS * OPERATIONS >= 100_000
    assert well >= 0.75 * sent.total()


def test_every_function_went_well(met: Met) -> None:
    names = set(transactions())
    assert len(names) >= len(WEIGHTS) - 2  # two ask, and change nothing
    rare = {name: met[name, "done"] for name in names if met[name, "done"] < 50}
    assert not rare


def test_every_reason_was_given(met: Met) -> None:
    given: Counter[int] = Counter()
    for (_, outcome), count in met.items():
        kind, _, number = outcome.partition(" ")
        if kind in ("answers", "AccessLedger_Denied"):
            given[int(number)] += count
    rare = {reason.name: given[reason] for reason in Reason if given[reason] < 20}
    assert not rare
    assert given[Reason.PERMITTED] >= 5_000


def test_every_error_was_met(met: Met) -> None:
    found = {outcome.split()[0] for _, outcome in met}
    assert set(errors().values()) - found == BEYOND
