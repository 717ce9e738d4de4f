"""No call's gas grows with what happened before: the same after 84 more of everything as at the start.

The history is made by contracts that act for the two hospitals, so that it takes a dozen transactions.
"""

from hashlib import sha256
from types import SimpleNamespace
from typing import Any

import pytest
from scenario import (
    ALICE,
    BOARD,
    COMPANY_C,
    CT,
    CUSTODIAN,
    EMERGENCIES,
    FRANCES,
    GRACE,
    HOSPITAL_A,
    HOSPITAL_B,
    PROJECTS,
    REQUESTER,
    START,
    TERMS,
    YEAR,
    Domain,
    cited,
    digest,
    directive_of,
    emergency_of,
    emergency_query,
    project_id,
    project_of,
    query_of,
    release_of,
    request_id,
    said_in,
)

MORE, AT_ONCE = 84, 21
KEY = b"K" * 1_216


@pytest.fixture
def world(project, chain, people, mocks):
    """A consortium whose two hospitals and ethics board are contracts; hospital B has a key."""
    deploy = people.relay.deploy
    hospital_a, hospital_b, board = (deploy(mocks.Agent) for _ in range(3))
    institutions = deploy(
        project.InstitutionRegistry,
        [
            (hospital_a, CUSTODIAN, b"GB", 0),
            (hospital_b, REQUESTER, b"GB", 0),
            (board, BOARD, b"GB", 0),
        ],
        TERMS,
    )
    studies = deploy(project.StudyRegistry, institutions)
    consents = deploy(project.ConsentRegistry, institutions, studies)
    projects = deploy(project.ProjectRegistry, institutions)
    engine = deploy(project.PolicyEngine, institutions, projects, 1)
    ledger = deploy(project.AccessLedger, institutions, studies, consents, engine)

    def register(name: str) -> bytes:
        return bytes(studies.register.encode_input(digest(name), ALICE.address, CT, digest("m"), digest("c")))

    hospital_a.act(studies, register("study"), sender=people.relay)
    key = bytes(institutions.publishKey.encode_input(KEY))
    hospital_b.act(institutions, key, sender=people.relay)
    for agent, account, permission in ((hospital_b, GRACE, EMERGENCIES), (board, FRANCES, PROJECTS)):
        made = bytes(institutions.setOperator.encode_input(account.address, permission))
        agent.act(institutions, made, sender=people.relay)
    return SimpleNamespace(
        hospital_a=hospital_a,
        hospital_b=hospital_b,
        board=board,
        institutions=institutions,
        studies=studies,
        consents=consents,
        projects=projects,
        ledger=ledger,
        of_projects=Domain(chain.chain_id, projects.address),
        of_ledger=Domain(chain.chain_id, ledger.address),
        register=register,
        key=key,
        study=bytes(studies.studyId(HOSPITAL_A, digest("study"))),
        domain=Domain(chain.chain_id, consents.address),
        crowd=deploy(mocks.Crowd),
        sender=people.relay,
    )


def turn(world: Any, number: int) -> dict[str, tuple[Any, Any, bytes]]:
    """Everything once, on Alice's study: who calls what with which data. The n-th turn is in epoch n."""
    person, query = digest("somebody"), query_of(world.study)
    directive = directive_of(world.study, salt=digest(f"turn {number}"), generation=number - 1)
    directive_hash = world.domain.struct_hash("Directive", directive)
    refusal = {
        "subject": ALICE.address,
        "custodian": 0,
        "study": bytes(32),
        "grantee": COMPANY_C,
        "purposes": number,
        "sequence": number,
    }
    a, b = world.hospital_a, world.hospital_b
    institutions, studies, consents, ledger = (
        world.institutions,
        world.studies,
        world.consents,
        world.ledger,
    )

    def signed(kind: str, message: Any) -> bytes:
        return ALICE.sign(world.domain, kind, message)

    def data(method: Any, *arguments: Any) -> bytes:
        return bytes(method.encode_input(*arguments))

    revocation = signed("Revocation", {"subject": ALICE.address, "directive": directive_hash})
    of_all = signed("RevocationOfAll", {"subject": ALICE.address, "generation": number})
    of_request = (number, query, directive_hash)
    released = release_of(epoch=number, keyDigest=sha256(KEY).digest())
    of_release = (number, query, *cited(directive), released)
    return {
        "record": (
            b,
            consents,
            data(consents.record, ALICE.address, directive_hash, 0, signed("Directive", directive)),
        ),
        "request": (b, ledger, data(ledger.request, number, query, *cited(directive), person)),
        "release": (a, ledger, data(ledger.release, *of_release)),
        "confirm": (b, ledger, data(ledger.confirm, *of_request, number, person)),
        "dispute": (b, ledger, data(ledger.dispute, *of_request, number, 5, person)),
        "refuse a request": (a, ledger, data(ledger.refuse, *of_request, HOSPITAL_B, 400, person)),
        "revoke": (b, consents, data(consents.revoke, ALICE.address, directive_hash, 0, revocation)),
        "revokeAll": (b, consents, data(consents.revokeAll, ALICE.address, number, 0, of_all)),
        "refuse": (b, consents, data(consents.refuse, refusal, 0, signed("Refusal", refusal))),
        "rotate": (a, studies, data(studies.rotate, world.study, number, digest(f"manifest {number}"))),
        "register": (a, studies, world.register(f"study {number}")),
        **of_research(world, number),
        **of_emergency(world, number),
        "setOperator": (a, institutions, data(institutions.setOperator, f"0x{number + 999:040x}", 1)),
        "publishKey": (a, institutions, world.key),
    }


def data_of(method: Any, *arguments: Any) -> bytes:
    """A call's data."""
    return bytes(method.encode_input(*arguments))


def of_research(world: Any, number: int) -> dict[str, tuple[Any, Any, bytes]]:
    """A project from its registration to its withdrawal."""
    projects, board = world.projects, 3
    body = project_of(partners=[4], salt=digest(f"project {number}"))
    project = project_id(body)
    approval = {"project": project, "board": board, "until": START + YEAR}
    signature = FRANCES.sign(world.of_projects, "Approval", approval)
    approve = data_of(projects.approve, *approval.values(), FRANCES.address, signature)
    return {
        "register a project": (world.hospital_b, projects, data_of(projects.register, body)),
        "approve": (world.hospital_a, projects, approve),
        "withdraw a project": (world.board, projects, data_of(projects.withdraw, project)),
    }


def of_emergency(world: Any, number: int) -> dict[str, tuple[Any, Any, bytes]]:
    """An emergency and its review; its nonce is none of a request's."""
    ledger, nonce = world.ledger, 2**32 + number
    asked = emergency_of(world.study, until=START + 3_000)
    request = request_id(world.of_ledger, HOSPITAL_B, nonce, emergency_query(asked))
    signature = GRACE.sign(world.of_ledger, "EmergencyAccess", {"request": request} | said_in(asked))
    reviewed = data_of(ledger.review, request, 1, digest("report"), digest("who reviewed"))
    return {
        "emergency": (world.hospital_b, ledger, data_of(ledger.emergency, nonce, asked, signature)),
        "review": (world.board, ledger, reviewed),
    }


def costs(world: Any, number: int) -> dict[str, int]:
    """The gas of each call of a turn, without what its own bytes cost, which differ."""
    used = {}
    for name, call in turn(world, number).items():
        receipt = world.crowd.act([call], sender=world.sender, gas=2_000_000)
        used[name] = receipt.gas_used - sum(16 if byte else 4 for byte in receipt.data)
    return used


def test_costs_the_same_after_a_long_history(world):
    costs(world, 1)
    early = costs(world, 2)
    numbers = range(3, 3 + MORE)
    for at in range(0, MORE, AT_ONCE):
        calls = [call for number in numbers[at : at + AT_ONCE] for call in turn(world, number).values()]
        world.crowd.act(calls, sender=world.sender, gas=29_000_000)
    assert costs(world, 3 + MORE) == early
    assert world.studies.study(world.study).epoch == MORE + 4
    assert world.consents.generation(ALICE.address) == MORE + 3
    assert world.institutions.standing(HOSPITAL_A).keyVersion == MORE + 3
    assert list(world.ledger.emergenciesOf(HOSPITAL_B)) == [MORE + 3, 0]
