"""What each call costs, to the last gas, against the committed snapshot; and the bounds that were promised.

    UPDATE_GAS=1 ape test --network ::foundry tests/contracts/test_gas.py

writes the snapshot anew (docs/contracts.md, Gas).
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from consent_costs import measure_consents
from consenting import chain_of
from scenario import (
    ALICE,
    ANY_GRANTEE,
    BOARD_E,
    CT,
    CUSTODIAN,
    FRANCES,
    GUARDIAN,
    HOSPITAL_A,
    HOSPITAL_B,
    HOSPITAL_D,
    MAX_TERM,
    PURPOSE,
    REASON,
    REQUESTER,
    START,
    STUDIES,
    VOTER,
    YEAR,
    ZERO32,
    Domain,
    Patient,
    cited,
    digest,
    directive_of,
    emergency_of,
    emergency_query,
    modifiers,
    no_directive,
    number,
    project_of,
    query_of,
    release_of,
)
from votes import ADMIT, RECOVER_ADMIN, STOP, motion

SNAPSHOT = Path(__file__).with_name("gas.json")
EIGHT = modifiers(
    (19, ZERO32),
    (20, ZERO32),
    (22, b"GB" + bytes(30)),
    (24, number(2_100_000_000)),
    (25, number(60)),
    (28, number(HOSPITAL_B)),
    (29, ZERO32),
    (45, ZERO32),
)
KEY = bytes(range(1, 201)) * 6 + bytes(range(1, 17))


@pytest.fixture
def of_study(study, query):
    """A directive with eight modifiers for research, and the query that it permits."""
    directive = directive_of(
        study, permission=42, purposes=1 << PURPOSE.HRESCH, modifiers=EIGHT, salt=digest("eight")
    )
    return directive, query_of(study, purpose=PURPOSE.CLINTRCHPC, obligations=15)


@pytest.fixture
def wallet(mocks, people):
    """A wallet contract that Alice's key owns."""
    return people.relay.deploy(mocks.Wallet, 0, ALICE.address)


def measure_institutions(institutions: Any, people: Any) -> dict[str, Any]:
    admin = people.hospital_a
    return {
        "InstitutionRegistry.setOperator": institutions.setOperator(people.operator, STUDIES, sender=admin),
        "InstitutionRegistry.setOperator, removing": institutions.setOperator(
            people.operator, 0, sender=admin
        ),
        "InstitutionRegistry.resign": _resign(institutions, people),
        "InstitutionRegistry.publishKey": institutions.publishKey(KEY, sender=admin),
        **_measure_votes(institutions, people),
        "InstitutionRegistry.suspendSelf": institutions.suspendSelf(sender=people.hospital_d),
    }


def _measure_votes(institutions: Any, people: Any) -> dict[str, Any]:
    """The longest motion, with the fewest voters there can be: neither changes what it costs."""
    admission = motion(
        ADMIT, account=people.eve, roles=CUSTODIAN | REQUESTER | VOTER, country=b"GB", attributes=1
    )
    return {
        "InstitutionRegistry.propose": institutions.propose(admission, sender=people.hospital_a),
        "InstitutionRegistry.vote, the one that passes it": institutions.vote(1, sender=people.hospital_b),
        "InstitutionRegistry.carryOut, an admission": institutions.carryOut(
            1, admission, sender=people.relay
        ),
        "InstitutionRegistry.propose, once more": institutions.propose(
            motion(STOP, duration=1), sender=people.hospital_a
        ),
        "InstitutionRegistry.vote": institutions.vote(2, sender=people.hospital_b),
        "InstitutionRegistry.veto": _veto(institutions, people),
    }


def _veto(institutions: Any, people: Any) -> Any:
    recovery = motion(RECOVER_ADMIN, institution=HOSPITAL_D, account=people.operator)
    institutions.propose(recovery, sender=people.hospital_a)
    return institutions.veto(3, sender=people.hospital_d)


def _resign(institutions: Any, people: Any) -> Any:
    institutions.setOperator(people.operator, STUDIES, sender=people.hospital_a)
    return institutions.resign(sender=people.operator)


def measure_studies(studies: Any, people: Any) -> dict[str, Any]:
    admin = people.hospital_a
    registered = studies.register(
        digest("gas"), ALICE.address, CT, digest("manifest"), digest("content"), sender=admin
    )
    study = bytes(studies.studyId(HOSPITAL_A, digest("gas")))
    return {
        "StudyRegistry.register": registered,
        "StudyRegistry.rotate": studies.rotate(study, 1, digest("second manifest"), sender=admin),
        "StudyRegistry.attestDisposal": studies.attestDisposal(study, 1, 9, 2, digest("r"), sender=admin),
        "StudyRegistry.withdraw": studies.withdraw(study, sender=admin),
        "StudyRegistry.reinstate": studies.reinstate(study, sender=admin),
        "StudyRegistry.offerCustody": studies.offerCustody(study, HOSPITAL_D, sender=admin),
        "StudyRegistry.acceptCustody": studies.acceptCustody(study, sender=people.hospital_d),
        "StudyRegistry.erase": studies.erase(study, digest("certificate"), sender=people.hospital_d),
    }


def measure_projects(projects: Any, people: Any, domain: Domain) -> dict[str, Any]:
    full = project_of(
        partners=list(range(100, 116)), codes=[number(code) for code in range(1, 9)], salt=digest("full")
    )
    receipts = {
        "ProjectRegistry.register": projects.register(project_of(), sender=people.hospital_b),
        "ProjectRegistry.register, sixteen partners and eight codes": projects.register(
            full, sender=people.hospital_b
        ),
    }
    project = bytes(projects.projectId(full))
    for name, until in (("", START + YEAR), (", prolonging", START + 2 * YEAR)):
        message = {"project": project, "board": BOARD_E, "until": until}
        signature = FRANCES.sign(domain, "Approval", message)
        receipts[f"ProjectRegistry.approve{name}"] = projects.approve(
            project, BOARD_E, until, FRANCES.address, signature, sender=people.relay
        )
    return receipts | {"ProjectRegistry.withdraw": projects.withdraw(project, sender=people.board_e)}


def measure_emergencies(ledger: Any, open_record: Any, study: bytes, people: Any) -> dict[str, Any]:
    receipts = {
        "AccessLedger.emergency, the first": open_record(nonce=1),
        "AccessLedger.emergency": open_record(nonce=2),
        "AccessLedger.emergency, denied": open_record(nonce=3, categories=0),
        "AccessLedger.release, of an emergency": ledger.release(
            2,
            emergency_query(emergency_of(study)),
            *cited(no_directive()),
            release_of(epoch=2),
            sender=people.hospital_a,
        ),
    }
    request = receipts["AccessLedger.emergency"].return_value.id
    receipts["AccessLedger.review"] = ledger.review(
        request, 1, digest("report"), digest("p"), sender=people.board_e
    )
    return receipts


@pytest.fixture
def within_project(study, register_project, approve):
    """The most that the engine can be asked: eight modifiers that are looked up in a project's registers."""
    partners = list(range(100, 116))
    project = register_project(partners=partners, codes=[number(code) for code in range(1, 9)], traits=2)
    approve(project)
    carried = modifiers(
        (7, number(8)),
        (12, number(1)),
        (15, ZERO32),
        (16, ZERO32),
        (18, ZERO32),
        (22, b"GB" + bytes(30)),
        (27, project),
        (46, ZERO32),
    )
    directive = directive_of(
        study, permission=7, purposes=1 << PURPOSE.DSRCH, modifiers=carried, salt=digest("project")
    )
    return directive, query_of(study, purpose=PURPOSE.DSRCH, project=project, obligations=16)


@pytest.fixture
def measured(  # the story, call by call
    institutions,
    studies,
    consents,
    consenting,
    ledger,
    domain,
    people,
    study,
    query,
    directive,
    directive_hash,
    person,
    release,
    refuse,
    revoke,
    revoke_all,
    of_study,
    wallet,
    chain,
    projects,
    within_project,
    open_record,
):
    """Gas used by call."""

    def record(directive: Any, subject: str = ALICE.address) -> Any:
        signature = ALICE.sign(domain, "Directive", directive)
        directive_hash = domain.struct_hash("Directive", directive)
        return consents.record(subject, directive_hash, 0, signature, sender=people.relay)

    eight, research = of_study
    of_project, within = within_project
    asked, b, a = (people.hospital_b, people.hospital_b, people.hospital_a)
    of_wallet = directive_of(study, subject=wallet.address)
    receipts = {
        "ConsentRegistry.record": record(directive_of(study, salt=digest("gas"))),
        "ConsentRegistry.record, eight modifiers": record(eight),
        "ConsentRegistry.record, eight modifiers of a project": record(of_project),
        "ConsentRegistry.record, by a wallet contract": record(of_wallet, wallet.address),
        "ConsentRegistry.revoke, before it is recorded": revoke(digest("in a drawer")),
        "AccessLedger.request": ledger.request(2, query, *cited(directive), person, sender=asked),
        "AccessLedger.request, eight modifiers": ledger.request(
            2, research, *cited(eight), person, sender=asked
        ),
        "AccessLedger.request, eight modifiers of a project": ledger.request(
            2, within, *cited(of_project), person, sender=asked
        ),
        "AccessLedger.release, eight modifiers of a project": release(
            nonce=2, query=within, directive=of_project
        ),
        "AccessLedger.request, denied without a directive": ledger.request(
            2, query, *cited(no_directive()), person, sender=asked
        ),
        "AccessLedger.request, denied by the floor": ledger.request(
            2, query, *cited(directive), person, sender=people.company_c
        ),
        "AccessLedger.release": release(nonce=2),
        "AccessLedger.release, eight modifiers": release(nonce=2, query=research, directive=eight),
        "AccessLedger.confirm": ledger.confirm(2, query, directive_hash, 1, person, sender=b),
        "AccessLedger.dispute": ledger.dispute(2, query, directive_hash, 1, 5, person, sender=b),
    }
    studies.rotate(study, 1, digest("the manifest of the second epoch"), sender=people.hospital_a)
    receipts |= {
        "AccessLedger.release, again": release(nonce=2, epoch=2),
        "AccessLedger.confirm, again": ledger.confirm(2, query, directive_hash, 2, person, sender=b),
        "AccessLedger.refuse": ledger.refuse(2, query, directive_hash, HOSPITAL_B, 401, person, sender=a),
        **measure_emergencies(ledger, open_record, study, people),
        "ConsentRegistry.refuse": refuse(1 << PURPOSE.HMARKT),
        "ConsentRegistry.refuse, of one grantee": refuse(1 << PURPOSE.HMARKT, grantee=4),
        "AccessLedger.request, with narrower refusals": ledger.request(
            3, query, *cited(directive), person, sender=asked
        ),
        "ConsentRegistry.revoke": revoke(directive_hash),
        "ConsentRegistry.revokeAll": revoke_all(1),
        **measure_consents(consenting, studies),
        **measure_projects(projects, people, Domain(chain.chain_id, projects.address)),
        **measure_studies(studies, people),
        **measure_institutions(institutions, people),
    }
    return {name: receipt.gas_used for name, receipt in receipts.items()}


def test_costs_what_the_snapshot_says(measured):
    if os.environ.get("UPDATE_GAS"):
        SNAPSHOT.write_text(json.dumps(measured, indent=2, sort_keys=True) + "\n", "utf-8")
    assert json.loads(SNAPSHOT.read_text("utf-8")) == measured


def test_keeps_what_was_promised():
    snapshot = json.loads(SNAPSHOT.read_text("utf-8"))
    # By whomever, with whatever it ends.
    recorded = [cost for name, cost in snapshot.items() if f"{name},".startswith("ConsentRegistry.record,")]
    assert len(recorded) == 7
    assert max(recorded) <= 62_000
    assert snapshot["ConsentRegistry.revoke"] <= 42_000
    # Whatever a decision must look up: a project, and eight modifiers that each ask for something of it.
    assert max(cost for name, cost in snapshot.items() if name.startswith("AccessLedger.request")) <= 175_000
    assert max(cost for name, cost in snapshot.items() if name.startswith("AccessLedger.release")) <= 150_000
    assert snapshot["AccessLedger.emergency, the first"] <= 130_000
    assert snapshot["AccessLedger.review"] <= 50_000


def test_records_for_at_most_62000_whatever_the_directive_says(consents, domain, people, study):
    """The body is not there; only the zero bytes of hash and signature differ."""
    extremes = [
        {"grantee": ANY_GRANTEE, "study": ZERO32, "categories": 1, "purposes": 1},
        {"categories": 2**64 - 1, "purposes": 2**64 - 1, "permission": 65_535, "vocabulary": 65_535},
        {"notBefore": 0, "expiry": MAX_TERM, "generation": 2**32 - 1},
        {"modifiers": modifiers(*((code, b"\xff" * 32) for code in range(1, 9)))},
        {"modifiers": modifiers(*((code, b"\xff" * 32) for code in range(1, 200)))},
    ]
    used = []
    for index in range(20):
        patient = Patient(f"patient {index}")
        directive = directive_of(study, subject=patient.address, **extremes[index % len(extremes)])
        signature = patient.sign(domain, "Directive", directive)
        directive_hash = domain.struct_hash("Directive", directive)
        used.append(
            consents.record(patient.address, directive_hash, 0, signature, sender=people.relay).gas_used
        )
    assert max(used) <= 62_000
    assert max(used) - min(used) < 200


def test_decides_within_bounds_with_everything_at_once(
    ledger, consenting, people, person, refuse, release, within_project
):
    """A batch at depth 20, signed by a guardian; refusals of each kind; a project, eight modifiers of it."""
    of_project, query = within_project
    consenting.appoint()
    refuse(1 << PURPOSE.HMARKT, grantee=HOSPITAL_B)
    consenting.take_refusal(1 << PURPOSE.HMARKT)
    directive = of_project | {"salt": digest("everything")}
    root, path = chain_of(consenting.leaf(directive), 20)
    consenting.anchor(root)
    evidence = consenting.evidence(directive, path, root, GUARDIAN, appointment=1)
    asked = ledger.request(5, query, *cited(directive, evidence), person, sender=people.hospital_b)
    assert asked.return_value.reason == REASON.PERMITTED
    served = release(nonce=5, query=query, directive=directive, evidence=evidence)
    assert asked.gas_used <= 220_000
    assert served.gas_used <= 195_000
