"""What holds whatever anybody says in matters of consent, numbered as in docs/contracts.md, Invariants.

As in test_invariants: people say what comes to their minds; after each transaction all is looked at again.
"""

import random
from typing import Any

import pytest
from ape.exceptions import CustomError
from consenting import ON_PAPER, OWN_KEY, SUCCESSOR
from scenario import ALICE, GUARDIAN, HOSPITAL_A, NEW_KEY, SAFE, STRANGER, ZERO32, ZERO_ADDRESS, digest, plain

STEPS = 100
NAMES = ("one", "two", "three")
ROOTS = [digest("a root"), digest("another root")]


def look(consents: Any, hashes: list[bytes], study: bytes) -> dict[str, Any]:
    """Everything that the invariants speak of."""
    subject = ALICE.address
    return {
        "subject": plain(consents.subjectOf(subject)),
        "key": consents.keyOf(subject),
        "commitments": [plain(consents.commitment(subject, hash_)) for hash_ in hashes],
        "appointments": [plain(consents.appointmentOf(subject, number)) for number in range(1, 5)],
        "recovery": plain(tuple(consents.recoveryOf(subject))),
        "signed": plain(tuple(consents.refusalOf(subject, 0, ZERO32, 0))),
        "taken": [
            plain(tuple(consents.takenRefusalOf(subject, *scope)))
            for scope in ((HOSPITAL_A, ZERO32), (0, study))
        ],
        "anchors": [consents.anchoredAt(HOSPITAL_A, root) for root in ROOTS],
    }


def anything(acts: Any, state: Any, dice: random.Random, time: int) -> tuple[str, Any]:
    """Something that somebody might say: mostly the right person in the right order, but not always."""
    key = NEW_KEY if state["key"] == NEW_KEY.address else ALICE
    appointment = dice.choice([0, 0, 1, 2])
    signer = dice.choice([GUARDIAN if appointment else key] * 8 + [ALICE, STRANGER])
    by = {"signer": signer, "appointment": appointment}
    count, (_, sequence, _, _, attempt) = state["subject"]["appointmentCount"], state["recovery"]
    directive = acts.directive(dice.choice(NAMES), generation=dice.choice([0, 0, 1]))
    owner = dice.choice([key] * 6 + [STRANGER])
    number, candidate = count + dice.choice([1, 1, 1, 0]), dice.choice([NEW_KEY, NEW_KEY, ALICE]).address
    until = time + dice.choice([5, 500_000, 50_000_000])
    taken = dice.choice([ZERO32, acts.study])
    says: dict[str, Any] = {
        "record": lambda: acts.record(directive, **by),
        "revoke": lambda: acts.revoke(acts.hash(directive), **by),
        "revokeAll": lambda: acts.revoke_all(state["subject"]["generation"] + 1, **by),
        "refuse": lambda: acts.refuse(
            dice.randrange(8), sequence=state["signed"][1] + dice.choice([1, 1, 2]), **by
        ),
        "recordPaper": lambda: acts.paper(directive),
        "takeRevocation": lambda: acts.take_revocation(directive),
        "takeRefusal": lambda: acts.take_refusal(dice.randrange(8), study=taken),
        "liftTakenRefusal": lambda: acts.lift(state["taken"][taken == acts.study][1] + 1, study=taken),
        "endPaper": lambda: acts.end_paper(signer=owner),
        "anchor": lambda: acts.anchor(dice.choice(ROOTS)),
        "appoint": lambda: acts.appoint(signer=owner, number=number, powers=dice.randrange(4), until=until),
        "appointAttested": lambda: acts.attest(number=number, powers=dice.randrange(2), until=until),
        "dismiss": lambda: acts.dismiss(dice.choice([1, 2]), signer=owner),
        "nameRecovery": lambda: acts.name(sequence=sequence + dice.choice([1, 1, 0]), signer=owner),
        "startRecovery": lambda: acts.start(
            candidate, attempt + 1, signer=dice.choice([SAFE, SAFE, STRANGER])
        ),
        "startRecoveryByGuardian": lambda: acts.start_by_guardian(
            candidate, attempt + 1, appointment=appointment
        ),
        "stopRecovery": lambda: acts.stop(attempt, signer=owner),
        "finishRecovery": acts.finish,
    }
    rare = {"endPaper": 1, "revokeAll": 2, "stopRecovery": 2, "takeRevocation": 2, "revoke": 2, "refuse": 5}
    (name,) = dice.choices(list(says), [rare.get(name, 6) for name in says])
    return f"{name}, by a guardian" if name == "refuse" and appointment else name, says[name]


def check(name: str, before: Any, after: Any, time: int) -> None:
    was, now = before["subject"], after["subject"]
    # 20: kind, authority and generation of a directive never change once it is recorded.
    for old, new in zip(before["commitments"], after["commitments"], strict=True):
        for field in ("kind", "authority", "generation", "recordedAt"):
            assert not old["kind"] or new[field] == old[field]
        assert old["revokedAt"] in (0, new["revokedAt"])
        # 22: no paper is recorded once the patient signed with a key.
        assert not (new["kind"] == ON_PAPER and not old["kind"] and was["flags"] & OWN_KEY)
    # 21: an appointment never changes but to be dismissed, once; they are counted by one.
    for old, new in zip(before["appointments"], after["appointments"], strict=True):
        assert old["guardian"] == ZERO_ADDRESS or new == old | {"ended": old["ended"] or new["ended"]}
    assert now["appointmentCount"] - was["appointmentCount"] in (0, 1)
    # 22: flags are for good.
    assert now["flags"] & was["flags"] == was["flags"]
    # 23: sequences only grow, and only the patient, or two of the hospital on paper, lift.
    for old, new, lifts in [
        (before["signed"], after["signed"], ("refuse",)),
        *(
            (old, new, ("liftTakenRefusal",))
            for old, new in zip(before["taken"], after["taken"], strict=True)
        ),
    ]:
        assert new[1] >= old[1]
        assert new == old or new[1] > old[1]
        assert name in lifts or new[0] & old[0] == old[0]
    assert after["recovery"][1] >= before["recovery"][1]
    # 24: the key changes only when a recovery is finished, not before its delay, with the generation.
    assert now["generation"] - was["generation"] in (0, 1)
    if after["key"] != before["key"]:
        assert name == "finishRecovery"
        assert before["recovery"][2] == after["key"]
        assert time >= before["recovery"][3] > 0
        assert now["generation"] == was["generation"] + 1
        assert now["flags"] & SUCCESSOR
    # 25: when a batch was anchored never changes.
    for old, new in zip(before["anchors"], after["anchors"], strict=True):
        assert old in (0, new)


@pytest.mark.parametrize("seed", [1, 2])
def test_hold_whatever_anybody_says(chain, consents, consenting, study, seed):
    dice = random.Random(seed)
    hashes = [
        consenting.hash(consenting.directive(name, generation=generation))
        for name in NAMES
        for generation in (0, 1)
    ]
    state, succeeded = look(consents, hashes, study), set()
    time = chain.blocks.head.timestamp
    for _ in range(STEPS):
        time += dice.choice([1, 10, 10, 400_000])
        chain.pending_timestamp = time
        name, say = anything(consenting, state, dice, time)
        try:
            say()
        except CustomError:
            continue
        succeeded.add(name)
        before, state = state, look(consents, hashes, study)
        check(name, before, state, time)
    assert len(succeeded) >= 9
