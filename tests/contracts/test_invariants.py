"""What holds whatever anybody does, numbered as in docs/contracts.md, Invariants.

People send what comes to their minds, allowed or not; after each transaction all is looked at again.
"""

import random
from typing import Any

import pytest
from scenario import (
    ALICE,
    ALL,
    BOARD_E,
    BOB,
    COMPANY_C,
    CT,
    DENIED,
    ERASED,
    FRANCES,
    GRACE,
    HOSPITAL_B,
    PERMITTED,
    PROJECT_WITHDRAWN,
    PURPOSE,
    REFUSED,
    START,
    UNKNOWN,
    YEAR,
    ZERO32,
    ZERO_ADDRESS,
    Domain,
    cited,
    digest,
    directive_of,
    emergency_of,
    emergency_query,
    plain,
    project_id,
    project_of,
    query_of,
    release_of,
    request_id,
    said_in,
)

STEPS = 160


class World:
    """What can be said of the contracts' state now; kept from step to step."""

    def __init__(
        self, consortium: Any, people: Any, study: bytes, directives: list[Any], domain: Any
    ) -> None:
        self.consortium = consortium
        self.people = people
        self.study = study
        self.directives = directives
        self.hashes = [domain.struct_hash("Directive", directive) for directive in directives]
        self.domain = domain
        self.query = query_of(study)
        self.of_projects = Domain(domain.chain_id, consortium.projects.address)
        self.of_ledger = Domain(domain.chain_id, consortium.ledger.address)
        self.projects = [project_of(salt=digest(f"project {number}")) for number in range(2)]
        self.emergencies = [
            request_id(self.of_ledger, HOSPITAL_B, nonce, emergency_query(emergency_of(study)))
            for nonce in range(2, 6)
        ]
        self.requests = {
            bytes(consortium.ledger.requestId(requester, 1, self.query, hash_)): (requester, hash_)
            for requester in (2, 3)
            for hash_ in self.hashes
        }

    def look(self) -> dict[str, Any]:
        """Everything that the invariants speak of."""
        c = self.consortium
        patients = (ALICE.address, BOB.address)
        return {
            "study": plain(c.studies.study(self.study)),
            "commitments": {
                (subject, hash_): plain(c.consents.commitment(subject, hash_))
                for subject in patients
                for hash_ in self.hashes
            },
            "generations": {subject: c.consents.generation(subject) for subject in patients},
            "requests": {number: plain(c.ledger.requestOf(number)) for number in self.requests},
            "emergencies": {number: plain(c.ledger.requestOf(number)) for number in self.emergencies},
            "unreviewed": plain(list(c.ledger.emergenciesOf(HOSPITAL_B))),
            "projects": {
                project_id(body): plain(c.projects.standing(project_id(body), COMPANY_C))
                for body in self.projects
            },
            "institutions": {number: plain(c.institutions.institution(number)) for number in range(1, 4)},
            "operators": {
                number: plain(c.institutions.operator(c.institutions.institution(number).admin))
                for number in range(1, 4)
            },
        }


@pytest.fixture
def world(consortium, people, study, domain):
    directives = [
        directive_of(study),
        directive_of(study, grantee=0, salt=digest("for any requester")),
        directive_of(study, grantee=2**32 - 1, study=ZERO32, salt=digest("for all")),
        directive_of(study, subject=BOB.address),
    ]
    return World(consortium, people, study, directives, domain)


def anything(world: World, dice: random.Random) -> Any:
    """Something that somebody might send: mostly the right person, rightly signed, but not always."""
    c, domain, people = world.consortium, world.domain, world.people
    at = dice.randrange(len(world.directives))
    directive, hash_ = world.directives[at], world.hashes[at]
    subject, signer = dice.choice([(ALICE, ALICE)] * 6 + [(BOB, BOB), (ALICE, BOB), (BOB, ALICE)])
    epoch = dice.choice([c.studies.study(world.study).epoch] * 6 + [1, 0])
    requester, who = dice.choice([2, 2, 3]), digest("somebody")
    asker = {2: people.hospital_b, 3: people.company_c}[requester]
    generation = c.consents.generation(subject.address) + dice.choice([0, 0, 1])
    revocation = {"subject": subject.address, "directive": hash_}
    of_all = {"subject": subject.address, "generation": generation}
    refusal = {
        "subject": subject.address,
        "custodian": 0,
        "study": ZERO32,
        "grantee": dice.choice([0, 2]),
        "purposes": dice.choice([0, 0, 0, 1 << PURPOSE.TREAT]),
        "sequence": dice.randrange(1, 50),
    }

    def signed(kind: str, message: Any) -> bytes:
        return signer.sign(domain, kind, message)

    calls = {
        c.consents.record: (10, asker, (subject.address, hash_, 0, signed("Directive", directive))),
        c.consents.revoke: (1, asker, (subject.address, hash_, 0, signed("Revocation", revocation))),
        c.consents.revokeAll: (
            0.5,
            asker,
            (subject.address, generation, 0, signed("RevocationOfAll", of_all)),
        ),
        c.consents.refuse: (3, asker, (refusal, 0, signed("Refusal", refusal))),
        c.ledger.request: (15, asker, (1, world.query, *cited(directive), who)),
        c.ledger.release: (
            40,
            people.hospital_a,
            (
                1,
                world.query,
                *cited(directive),
                release_of(requester=requester, epoch=epoch, person=who),
            ),
        ),
        c.ledger.confirm: (25, asker, (1, world.query, hash_, epoch, who)),
        c.ledger.dispute: (8, asker, (1, world.query, hash_, epoch, 4, who)),
        c.ledger.refuse: (2, people.hospital_a, (1, world.query, hash_, requester, 400, who)),
        c.studies.rotate: (4, people.hospital_a, (world.study, epoch, digest(f"{dice.random()}"))),
        c.studies.withdraw: (2, people.hospital_a, (world.study,)),
        c.studies.reinstate: (8, people.hospital_a, (world.study,)),
        c.studies.register: (
            1,
            people.hospital_a,
            (digest("study"), BOB.address, CT, digest("another"), digest("another")),
        ),
        c.institutions.setOperator: (
            2,
            people.hospital_a,
            (dice.choice([people.eve, people.hospital_b]), dice.randrange(9)),
        ),
        c.institutions.publishKey: (1, people.board_e, (b"K" * 1_216,)),
    }
    others = [of_emergencies(world, dice), of_projects(world, dice)]
    (calls,) = dice.choices([calls, *others], [7, 1, 1.5])
    weights = [weight for weight, _, _ in calls.values()]
    (method,) = dice.choices(list(calls), weights)
    _, sender, arguments = calls[method]
    return dice.choice([sender] * 5 + [people.eve, people.hospital_b]), method, arguments


def of_emergencies(world: World, dice: random.Random) -> dict[Any, Any]:
    """An emergency, and the review of one."""
    c, people = world.consortium, world.people
    at = dice.randrange(len(world.emergencies))
    asked = emergency_of(world.study, until=START + 1_800)
    message = {"request": world.emergencies[at]} | said_in(asked)
    signature = dice.choice([GRACE, GRACE, GRACE, BOB]).sign(world.of_ledger, "EmergencyAccess", message)
    reviewed = (world.emergencies[at], dice.randrange(3), digest("report"), digest("who reviewed"))
    return {
        c.ledger.emergency: (5, people.hospital_b, (at + 2, asked, signature)),
        c.ledger.review: (8, dice.choice([people.hospital_a, people.board_e]), reviewed),
    }


def of_projects(world: World, dice: random.Random) -> dict[Any, Any]:
    """A project is registered, approved or withdrawn."""
    c, people = world.consortium, world.people
    body = dice.choice(world.projects)
    approval = {"project": project_id(body), "board": BOARD_E, "until": START + dice.randrange(1, 7) * YEAR}
    signature = dice.choice([FRANCES] * 4 + [BOB]).sign(world.of_projects, "Approval", approval)
    return {
        c.projects.register: (3, people.hospital_b, (body,)),
        c.projects.approve: (6, people.relay, (*approval.values(), FRANCES.address, signature)),
        c.projects.withdraw: (0.5, people.board_e, (project_id(body),)),
    }


def check_consents(before: Any, after: Any) -> None:
    for key, was in before["commitments"].items():
        now = after["commitments"][key]
        # 1: what was recorded or withdrawn once, was so at that time for ever.
        for field in ("kind", "recordedAt", "revokedAt"):
            assert now[field] == was[field] or was[field] == 0
        # 2: nothing is recorded once it was withdrawn.
        assert not (was["revokedAt"] and now["recordedAt"] != was["recordedAt"])
    # 3: generations only grow, by one.
    for subject, was in before["generations"].items():
        assert after["generations"][subject] in (was, was + 1)


def check_study(before: Any, after: Any) -> None:
    was, now = before["study"], after["study"]
    # 4: whose a study is, who holds it and what is in it never change.
    for field in ("subject", "custodian", "categories", "registeredAt", "contentCommitment"):
        assert now[field] == was[field]
    # 5: an epoch is a manifest, and the next one follows the last.
    assert (now["epoch"], now["manifestDigest"]) == (was["epoch"], was["manifestDigest"]) or (
        now["epoch"] == was["epoch"] + 1 and now["manifestDigest"] != was["manifestDigest"]
    )
    # 6: erased is for good.
    assert was["status"] != ERASED or now["status"] == ERASED


def check_requests(world: World, before: Any, after: Any) -> None:
    for number, was in before["requests"].items():
        now = after["requests"][number]
        # 7: a request is permitted or denied once; what was permitted may be refused; nothing leads back.
        assert (was["status"], now["status"]) in {
            (UNKNOWN, UNKNOWN),
            (UNKNOWN, PERMITTED),
            (UNKNOWN, DENIED),
            (PERMITTED, PERMITTED),
            (PERMITTED, REFUSED),
            (DENIED, DENIED),
            (REFUSED, REFUSED),
        }
        # 8: only what was permitted is served, in the study's epoch, and once in each.
        if now["servedEpoch"] != was["servedEpoch"]:
            assert was["status"] == now["status"] == PERMITTED
            assert was["servedEpoch"] < now["servedEpoch"] == after["study"]["epoch"]
            # 9: and only while the decision permits at that very state.
            requester, hash_ = world.requests[number]
            at = world.hashes.index(hash_)
            decided = world.consortium.ledger.decide(requester, world.query, *cited(world.directives[at]))
            assert decided == 0
            assert not after["commitments"][(ALICE.address, hash_)]["revokedAt"]
        # 10: only what was served is confirmed or disputed, in its epoch.
        for field in ("confirmedEpoch", "disputedEpoch"):
            assert now[field] == was[field] or now[field] == now["servedEpoch"] > was[field]
        # 11: who asked, of whom and when stays.
        if was["status"] != UNKNOWN:
            for field in ("requester", "custodian", "requestedAt"):
                assert now[field] == was[field]


def check_emergencies(before: Any, after: Any) -> None:
    # 18: a review comes once, of what was permitted; the count is of those that were not.
    for number, was in before["emergencies"].items():
        now = after["emergencies"][number]
        assert now["isEmergency"] == (now["status"] != UNKNOWN)
        assert not (was["isReviewed"] and not now["isReviewed"])
        assert not now["isReviewed"] or now["status"] in (PERMITTED, REFUSED)
    permitted = [each for each in after["emergencies"].values() if each["status"] in (PERMITTED, REFUSED)]
    unreviewed = [each for each in permitted if not each["isReviewed"]]
    assert after["unreviewed"] == [len(permitted), len(unreviewed)]


def check_projects(before: Any, after: Any) -> None:
    # 19: a project stays what it was, and its board; its approval only grows; withdrawn is for good.
    for number, was in before["projects"].items():
        now = after["projects"][number]
        assert now["status"] >= was["status"]
        assert now["until"] >= was["until"]
        assert now["board"] == was["board"] or was["board"] == 0
        if was["status"]:
            for field in ("lead", "traits", "country", "participates"):
                assert now[field] == was[field]
        if was["status"] == PROJECT_WITHDRAWN:
            assert now == was


def check_institutions(before: Any, after: Any) -> None:
    for number, was in before["institutions"].items():
        now = after["institutions"][number]
        # 12: an institution always has its admin, who has all permissions.
        assert now["admin"] == was["admin"] != ZERO_ADDRESS
        assert after["operators"][number] == [number, ALL]
        # 13: keys are counted from 1 without a gap.
        assert now["keyVersion"] in (was["keyVersion"], was["keyVersion"] + 1)


@pytest.mark.parametrize("seed", [1, 4])
def test_hold_whatever_anybody_does(chain, world, seed):
    ask = chain.provider.web3.provider.make_request
    dice = random.Random(seed)
    state, succeeded = world.look(), set()
    for _ in range(STEPS):
        sender, method, arguments = anything(world, dice)
        data = bytes(method.encode_input(*arguments))
        transaction = {
            "from": sender.address,
            "to": method.contract.address,
            "data": "0x" + data.hex(),
            "gas": hex(2_000_000),
            "gasPrice": "0x0",
        }
        # A call first: a transaction that fails changes nothing, and takes longer to look at.
        if "error" in ask("eth_call", [transaction, "latest"]):
            continue
        ask("eth_sendTransactionSync", [transaction])
        succeeded.add(f"{method.contract.contract_type.name}.{method.abis[0].name}")
        before, state = state, world.look()
        check_consents(before, state)
        check_study(before, state)
        check_requests(world, before, state)
        check_emergencies(before, state)
        check_projects(before, state)
        check_institutions(before, state)
    assert {"AccessLedger.release", "AccessLedger.confirm", "StudyRegistry.rotate"} <= succeeded
    assert {"AccessLedger.emergency", "AccessLedger.review", "ProjectRegistry.approve"} <= succeeded
    assert len(succeeded) >= 10
