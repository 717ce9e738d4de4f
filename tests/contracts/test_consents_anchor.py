"""Batches: the root, the leaves, and what a decision is told of a consent that is in one."""

from typing import Any

import pytest
from consenting import BY_GUARDIAN, NONE, RECOVER, SIGNED, chain_of, node_of, tree_of
from scenario import (
    ALICE,
    BOB,
    GUARDIAN,
    HOSPITAL_A,
    HOSPITAL_D,
    NEW_KEY,
    REASON,
    START,
    STRANGER,
    ZERO32,
    digest,
    events_of,
    reverts,
)

ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
ROOT = digest("root")
ANCHORED = START + 700


def test_reverts_without_a_root(consents, consenting):
    with reverts(consents.ConsentRegistry_DigestMissing):
        consenting.anchor(ZERO32)


def test_reverts_when_it_was_anchored_before(consents, consenting, chain):
    chain.pending_timestamp = ANCHORED
    consenting.anchor(ROOT)
    with reverts(consents.ConsentRegistry_AlreadyAnchored, poster=HOSPITAL_A, root=ROOT, anchoredAt=ANCHORED):
        consenting.anchor(ROOT)


def test_stores_the_time_of_each_institution(consents, consenting, chain, people):
    """Who anchors another's root first takes nothing from it: its leaves name the poster."""
    chain.pending_timestamp = ANCHORED
    consenting.anchor(ROOT, sender=people.hospital_d)
    chain.pending_timestamp = ANCHORED + 10
    receipt = consenting.anchor(ROOT)
    assert consents.anchoredAt(HOSPITAL_D, ROOT) == ANCHORED
    assert consents.anchoredAt(HOSPITAL_A, ROOT) == ANCHORED + 10
    assert consents.anchoredAt(HOSPITAL_A, digest("another")) == 0
    assert events_of(receipt) == [("BatchAnchored", {"poster": HOSPITAL_A, "root": ROOT})]


def test_leaf_is_what_another_encoder_gives(consents, consenting):
    directive = consenting.directive()
    given = bytes(consents.leafOf(HOSPITAL_A, ALICE.address, consenting.hash(directive)))
    assert given == consenting.leaf(directive)


@pytest.fixture
def batch(consenting, chain):
    """Anchor a tree of eight of Alice's directives; each with its evidence, by number."""
    directives = [consenting.directive(f"leaf {number}") for number in range(8)]
    root, paths = tree_of([consenting.leaf(directive) for directive in directives])
    chain.pending_timestamp = ANCHORED
    consenting.anchor(root)
    return [
        (directive, consenting.evidence(directive, path, root))
        for directive, path in zip(directives, paths, strict=True)
    ]


def assert_shown(found, kind=SIGNED):
    assert (found.kind, found.recordedAt, found.revokedAt, found.flaw) == (kind, ANCHORED, 0, 0)


def assert_invalid(found):
    assert (found.kind, found.recordedAt, found.flaw) == (NONE, 0, REASON.EVIDENCE_INVALID)


def assert_absent(found):
    assert (found.kind, found.recordedAt, found.flaw) == (NONE, 0, 0)


def changed(evidence, **changes: Any):
    fields = dict(zip(("poster", "root", "path", "appointment", "signature"), evidence, strict=True))
    return tuple((fields | changes).values())


def test_shows_each_leaf(consenting, batch):
    for directive, evidence in batch:
        assert_shown(consenting.standing(directive, evidence))


@pytest.mark.parametrize("depth", [0, 1, 20, 32])
def test_shows_a_leaf_at_any_depth(consenting, chain, depth):
    directive = consenting.directive()
    root, path = chain_of(consenting.leaf(directive), depth)
    chain.pending_timestamp = ANCHORED
    consenting.anchor(root)
    assert_shown(consenting.standing(directive, consenting.evidence(directive, path, root)))


@pytest.mark.parametrize("depth", [33, 40])
def test_shows_none_below_32(consenting, depth):
    directive = consenting.directive()
    root, path = chain_of(consenting.leaf(directive), depth)
    consenting.anchor(root)
    assert_invalid(consenting.standing(directive, consenting.evidence(directive, path, root)))


def test_is_not_looked_at_when_the_directive_is_recorded(consents, consenting, batch):
    directive, evidence = batch[0]
    consenting.record(directive)
    found = consenting.standing(directive, changed(evidence, signature=b""))
    kept = consents.commitment(ALICE.address, consenting.hash(directive))
    assert (found.kind, found.recordedAt, found.flaw) == (SIGNED, kept.recordedAt, 0)


def test_shows_nothing_without_a_root_or_an_anchor(consenting, batch):
    directive, evidence = batch[0]
    assert_absent(consenting.standing(directive, changed(evidence, root=ZERO32)))
    assert_absent(consenting.standing(directive, changed(evidence, root=digest("never anchored"))))
    assert_absent(consenting.standing(directive, changed(evidence, poster=HOSPITAL_D)))
    assert_absent(consenting.standing(directive))


def test_shows_nothing_that_a_stranger_anchored(consenting, people, batch):
    """The same root under another institution holds no leaf: each names its poster."""
    directive, evidence = batch[0]
    consenting.anchor(evidence[1], sender=people.hospital_d)
    assert_invalid(consenting.standing(directive, changed(evidence, poster=HOSPITAL_D)))


def test_shows_nothing_that_is_withheld(consenting, batch):
    """Without its path nobody can say that a leaf is in the batch."""
    directive, evidence = batch[3]
    assert_invalid(consenting.standing(directive, changed(evidence, path=[])))
    assert_invalid(consenting.standing(directive, changed(evidence, path=evidence[2][:-1])))
    assert_invalid(consenting.standing(directive, changed(evidence, path=[*evidence[2], ZERO32])))


def test_shows_no_other_leafs_consent(consenting, batch):
    (one, of_one), (other, of_other) = batch[0], batch[1]
    assert_invalid(consenting.standing(one, changed(of_one, path=of_other[2])))
    assert_invalid(consenting.standing(other, changed(of_one, signature=of_other[4])))


@pytest.mark.parametrize("order", [1, -1])
def test_takes_no_order_of_the_path_but_the_one(consenting, batch, order):
    directive, evidence = batch[5]
    found = consenting.standing(directive, changed(evidence, path=evidence[2][::order]))
    (assert_shown if order == 1 else assert_invalid)(found)


@pytest.mark.parametrize(
    "other",
    [
        {"chain": 1},
        {"registry": "0x" + "11" * 20},
        {"poster": HOSPITAL_D},
        {"subject": BOB.address},
        {"directive": digest("another")},
    ],
    ids=lambda other: next(iter(other)),
)
def test_shows_no_leaf_of_another(consenting, other):
    """Of another chain, contract, poster, subject, directive: the very leaf, rightly signed."""
    directive = consenting.directive()
    root, path = chain_of(consenting.leaf(directive, **other), 3)
    consenting.anchor(root)
    assert_invalid(consenting.standing(directive, consenting.evidence(directive, path, root)))


def test_takes_no_inner_node_for_a_leaf(consents, consenting, batch):
    """A second preimage: 64 bytes that hash to a node would have to be a leaf's content, hashed twice."""
    directive, evidence = batch[0]
    inner = node_of(consenting.leaf(directive), evidence[2][0])
    # Somebody signs the inner node as if it were a directive's hash, or shows the root itself as a leaf.
    for fake in (inner, evidence[1], consenting.leaf(directive)):
        for path in (evidence[2][1:], [], evidence[2]):
            found = consents.standing(
                ALICE.address, fake, (HOSPITAL_A, 0, ZERO32, 2), changed(evidence, path=path)
            )
            assert_invalid(found)


def test_takes_no_leaf_that_is_hashed_once(consenting):
    directive = consenting.directive()
    once = consenting.hash(directive)
    root, path = chain_of(once, 2)
    consenting.anchor(root)
    assert_invalid(consenting.standing(directive, consenting.evidence(directive, path, root)))


@pytest.mark.parametrize("signer", [BOB, STRANGER, GUARDIAN], ids=["a patient", "a stranger", "a guardian"])
def test_takes_nobody_elses_signature(consenting, batch, signer):
    consenting.appoint()
    directive, evidence = batch[0]
    forged = consenting.evidence(directive, evidence[2], evidence[1], signer=signer)
    assert_invalid(consenting.standing(directive, forged))


def test_takes_no_malleable_signature(consenting, batch):
    directive, evidence = batch[0]
    signature = evidence[4]
    s, v = int.from_bytes(signature[32:64], "big"), signature[64]
    high = signature[:32] + (ORDER - s).to_bytes(32, "big") + bytes([55 - v])
    for other in (high, signature[:64], signature + b"\0", b"", bytes(65), signature[:64] + bytes([v - 27])):
        assert_invalid(consenting.standing(directive, changed(evidence, signature=other)))


def test_asks_no_wallet(chain, consents, consenting, mocks, people):
    """What a wallet says changes from call to call, so it must record; one that burns gas burns none here."""
    for way in (0, 5):
        wallet = people.relay.deploy(mocks.Wallet, way, ALICE.address)
        directive = consenting.directive(subject=wallet.address)
        root, path = chain_of(consenting.leaf(directive), 1)
        consenting.anchor(root)
        evidence = consenting.evidence(directive, path, root)
        assert_invalid(consenting.standing(directive, evidence, subject=wallet.address))
        scope = (HOSPITAL_A, 0, ZERO32, 2)
        data = consents.standing.encode_input(wallet.address, consenting.hash(directive), scope, evidence)
        call = {"to": consents.address, "data": "0x" + bytes(data).hex(), "gas": 60_000}
        chain.provider.web3.eth.call(call)


def test_tells_of_a_withdrawal_before_the_anchoring(consenting, chain):
    directive = consenting.directive()
    chain.pending_timestamp = START + 600
    consenting.revoke(consenting.hash(directive))
    root, path = chain_of(consenting.leaf(directive), 1)
    consenting.anchor(root)
    found = consenting.standing(directive, consenting.evidence(directive, path, root))
    assert found.revokedAt == START + 600


def test_tells_of_a_withdrawal_of_one_leaf_and_no_other(consenting, chain, batch):
    chain.pending_timestamp = START + 900
    consenting.revoke(consenting.hash(batch[2][0]))
    for index, (directive, evidence) in enumerate(batch):
        found = consenting.standing(directive, evidence)
        assert found.revokedAt == (START + 900 if index == 2 else 0)
        assert (found.kind, found.recordedAt) == (SIGNED, ANCHORED)


def test_tells_from_when_on_batches_are_of_the_generation(consents, consenting, chain, batch):
    """One that was anchored before all was withdrawn, or in the same second, is of a generation before."""
    chain.pending_timestamp = ANCHORED + 50
    consenting.revoke_all(1)
    directive, evidence = batch[0]
    found = consenting.standing(directive, evidence)
    assert (found.generation, found.generationSince, found.recordedAt) == (1, ANCHORED + 51, ANCHORED)


# guardians


@pytest.fixture
def by_guardian(consenting, chain):
    """Anchor a directive that Alice's guardian signs; and its evidence."""
    directive = consenting.directive(custodian=HOSPITAL_A)
    root, path = chain_of(consenting.leaf(directive), 4)
    chain.pending_timestamp = ANCHORED
    consenting.anchor(root)
    return directive, consenting.evidence(directive, path, root, signer=GUARDIAN, appointment=1)


def test_shows_what_a_guardian_signed(consenting, by_guardian):
    consenting.appoint()
    assert_shown(consenting.standing(*by_guardian), BY_GUARDIAN)


def test_takes_no_guardian_without_an_appointment(consenting, by_guardian):
    directive, evidence = by_guardian
    assert_invalid(consenting.standing(directive, evidence))
    consenting.appoint(guardian=STRANGER)
    assert_invalid(consenting.standing(directive, evidence))
    assert_invalid(consenting.standing(directive, changed(evidence, appointment=0)))
    assert_invalid(consenting.standing(directive, changed(evidence, appointment=2)))


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"powers": 0}, REASON.AUTHORITY_EXCEEDED),
        ({"powers": RECOVER}, REASON.AUTHORITY_EXCEEDED),
        ({"custodian": HOSPITAL_D}, REASON.AUTHORITY_EXCEEDED),
        ({"custodian": HOSPITAL_A}, 0),
        ({"until": START + 999}, 0),
        ({"until": START + 998}, REASON.GUARDIAN_ENDED),
    ],
)
def test_judges_a_guardian_in_a_batch(consenting, by_guardian, changes, reason):
    consenting.appoint(**changes)
    consenting.at(START + 998)
    found = consenting.standing(*by_guardian)
    assert (found.kind, found.flaw) == (BY_GUARDIAN, reason)


def test_judges_a_dismissed_guardian_in_a_batch(consenting, by_guardian):
    consenting.appoint()
    consenting.dismiss()
    assert consenting.standing(*by_guardian).flaw == REASON.GUARDIAN_ENDED


def test_judges_an_attested_guardian_in_a_batch(consenting, by_guardian):
    consenting.attest()
    assert consenting.standing(*by_guardian).flaw == 0
    consenting.end_paper()
    assert consenting.standing(*by_guardian).flaw == REASON.GUARDIAN_ENDED


def test_takes_the_present_key_only(consents, consenting, chain, batch):
    directive, evidence = batch[0]
    consenting.name()
    consenting.start(NEW_KEY.address)
    consenting.at(consents.recoveryOf(ALICE.address).readyAt)
    consenting.finish()
    assert_invalid(consenting.standing(directive, evidence))
    assert_shown(
        consenting.standing(
            directive, consenting.evidence(directive, evidence[2], evidence[1], signer=NEW_KEY)
        )
    )
