"""A consortium of five, two patients and a stranger.

hospital_a makes images and asks; hospital_b asks, is not for profit, and in Great Britain like hospital_a;
company_c asks, for profit, in Germany; hospital_d makes images and asks, in France; board_e does neither.
"""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import solcx
from ape.contracts import ContractContainer
from ape_ethereum.trace import Trace
from consenting import Consenting
from ethpm_types import ContractType
from scenario import (
    ALICE,
    BOARD,
    BOARD_E,
    CONSENTS,
    CT,
    CUSTODIAN,
    EMERGENCIES,
    ENCRYPTION_KEY,
    FOUNDED,
    FRANCES,
    GRACE,
    HARRY,
    HOSPITAL_A,
    HOSPITAL_B,
    NO_EVIDENCE,
    PROJECTS,
    REQUESTER,
    START,
    TERMS,
    VOTER,
    YEAR,
    ZERO32,
    Domain,
    cited,
    digest,
    directive_of,
    emergency_of,
    emergency_query,
    motion_of,
    project_of,
    query_of,
    release_of,
    said_in,
    sent,
)
from votes import Council


@pytest.fixture(scope="session")
def people(accounts):
    names = ("hospital_a", "hospital_b", "company_c", "hospital_d", "board_e", "eve", "relay", "operator")
    return SimpleNamespace(**dict(zip(names, accounts, strict=False)))


@pytest.fixture(scope="session")
def founders(people):
    return [
        (people.hospital_a, CUSTODIAN | REQUESTER | VOTER, b"GB", 1),
        (people.hospital_b, REQUESTER | VOTER, b"GB", 1),
        (people.company_c, REQUESTER, b"DE", 0),
        (people.hospital_d, CUSTODIAN | REQUESTER, b"FR", 1),
        (people.board_e, BOARD, b"GB", 1),
    ]


@pytest.fixture(scope="session")
def found_council(project, chain, people):
    """Found a consortium of its own, with these roles."""

    def found(*roles: int) -> Council:
        admins = list(vars(people).values())[: len(roles)]
        rows = [(admin, role, b"CH", 0) for admin, role in zip(admins, roles, strict=True)]
        registry = people.relay.deploy(project.InstitutionRegistry, rows, TERMS)
        council = Council(registry, chain, dict(enumerate(admins, 1)), people.relay)
        council.at(START + YEAR)
        return council

    return found


@pytest.fixture
def council(found_council):
    """Four that vote, of which the second asks too, and an ethics board that does not vote."""
    return found_council(CUSTODIAN | VOTER, REQUESTER | VOTER, VOTER, VOTER, BOARD)


@pytest.fixture(scope="session", autouse=True)
def quiet():
    """Ape draws the trace of every call that a contract refuses, which takes longer than all the rest."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Trace, "show", lambda *_, **__: None)
        yield


@pytest.fixture(scope="session", autouse=True)
def consortium(project, chain, people, founders):
    """The six contracts, deployed in their order by somebody who has no say afterwards; all but board_e have
    published a key; hospital A has registered Alice's CT study; Alice's directive for hospital B is recorded;
    and hospital B has asked for the study, and was permitted.

    All state that is not a single test's own is made here, once: ape puts it back after each test.
    """
    chain.pending_timestamp = FOUNDED
    deployer = people.relay
    institutions = deployer.deploy(project.InstitutionRegistry, founders, TERMS)
    studies = deployer.deploy(project.StudyRegistry, institutions)
    consents = deployer.deploy(project.ConsentRegistry, institutions, studies)
    projects = deployer.deploy(project.ProjectRegistry, institutions)
    engine = deployer.deploy(project.PolicyEngine, institutions, projects, 1)
    ledger = deployer.deploy(project.AccessLedger, institutions, studies, consents, engine)

    for admin in (people.hospital_a, people.hospital_b, people.company_c, people.hospital_d):
        institutions.publishKey(ENCRYPTION_KEY, sender=admin)
    institutions.setOperator(FRANCES.address, PROJECTS, sender=people.board_e)
    institutions.setOperator(HARRY.address, CONSENTS, sender=people.hospital_a)
    institutions.setOperator(GRACE.address, EMERGENCIES, sender=people.hospital_b)
    studies.register(
        digest("study"), ALICE.address, CT, digest("manifest"), digest("content"), sender=people.hospital_a
    )

    chain.pending_timestamp = START
    study = bytes(studies.studyId(HOSPITAL_A, digest("study")))
    domain = Domain(chain.chain_id, consents.address)
    directive = directive_of(study)
    directive_hash = domain.struct_hash("Directive", directive)
    signature = ALICE.sign(domain, "Directive", directive)
    consents.record(ALICE.address, directive_hash, 0, signature, sender=people.relay)
    ledger.request(1, query_of(study), *cited(directive), digest("a person"), sender=people.hospital_b)
    return SimpleNamespace(
        institutions=institutions,
        studies=studies,
        consents=consents,
        projects=projects,
        engine=engine,
        ledger=ledger,
    )


@pytest.fixture(scope="session")
def institutions(consortium):
    return consortium.institutions


@pytest.fixture(scope="session")
def studies(consortium):
    return consortium.studies


@pytest.fixture(scope="session")
def consents(consortium):
    return consortium.consents


@pytest.fixture(scope="session")
def projects(consortium):
    return consortium.projects


@pytest.fixture(scope="session")
def engine(consortium):
    return consortium.engine


@pytest.fixture(scope="session")
def ledger(consortium):
    return consortium.ledger


@pytest.fixture(scope="session")
def domain(chain, consents):
    return Domain(chain.chain_id, consents.address)


@pytest.fixture(scope="session")
def study(studies):
    """The number of Alice's CT study."""
    return bytes(studies.studyId(HOSPITAL_A, digest("study")))


@pytest.fixture(scope="session")
def directive(study):
    """What Alice allows hospital B."""
    return directive_of(study)


@pytest.fixture(scope="session")
def query(study):
    """What hospital B asks."""
    return query_of(study)


@pytest.fixture(scope="session")
def register_project(projects, people):
    """Hospital B registers a project, changed as the test needs it; its number."""

    def register_(sender: Any = None, **changes: Any) -> bytes:
        body = project_of(**changes)
        projects.register(body, sender=sender or people.hospital_b)
        return bytes(projects.projectId(body))

    return register_


@pytest.fixture(scope="session")
def approve(chain, projects, people):
    """Board E approves a project for a year, as Frances signed it; changed as the test needs it."""

    def approve_(
        project: bytes, until: int = START + YEAR, board: int = BOARD_E, signer: Any = FRANCES, **sent: Any
    ) -> Any:
        domain = Domain(chain.chain_id, projects.address)
        message = {"project": project, "board": board, "until": until}
        signature = sent.get("signature") or signer.sign(domain, "Approval", message)
        return projects.approve(project, board, until, signer.address, signature, sender=people.relay)

    return approve_


@pytest.fixture(scope="session")
def consenting(chain, consents, domain, people, study):
    """Everything that can be said in matters of consent, signed and sent."""
    return Consenting(chain, consents, domain, people, study)


@pytest.fixture(scope="session")
def record(consents, domain, people):
    """Record a directive that its subject signed; its hash."""

    def record_(directive: dict[str, Any], patient: Any = ALICE) -> bytes:
        directive_hash = domain.struct_hash("Directive", directive)
        signature = patient.sign(domain, "Directive", directive)
        consents.record(patient.address, directive_hash, 0, signature, sender=people.relay)
        return directive_hash

    return record_


@pytest.fixture(scope="session")
def revoke(consents, domain, people):
    """Withdraw a directive as its subject signed it."""

    def revoke_(directive_hash: bytes, patient: Any = ALICE) -> Any:
        message = {"subject": patient.address, "directive": directive_hash}
        signature = patient.sign(domain, "Revocation", message)
        return consents.revoke(patient.address, directive_hash, 0, signature, sender=people.relay)

    return revoke_


@pytest.fixture(scope="session")
def revoke_all(consents, domain, people):
    """Withdraw all directives as their subject signed it."""

    def revoke_all_(generation: int, patient: Any = ALICE) -> Any:
        message = {"subject": patient.address, "generation": generation}
        signature = patient.sign(domain, "RevocationOfAll", message)
        return consents.revokeAll(patient.address, generation, 0, signature, sender=people.relay)

    return revoke_all_


@pytest.fixture(scope="session")
def refuse(consents, domain, people):
    """Refuse purposes as the patient signed it."""

    def refuse_(
        purposes: int,
        *,
        custodian: int = 0,
        study: bytes = bytes(32),
        grantee: int = 0,
        sequence: int = 1,
        patient: Any = ALICE,
    ) -> Any:
        message = {
            "subject": patient.address,
            "custodian": custodian,
            "study": study,
            "grantee": grantee,
            "purposes": purposes,
            "sequence": sequence,
        }
        return consents.refuse(message, 0, patient.sign(domain, "Refusal", message), sender=people.relay)

    return refuse_


@pytest.fixture(scope="session")
def hand_over(studies, study, people):
    """Hand Alice's study over to these in turn, each by both sides."""
    admins = list(vars(people).values())

    def hand_over_(*custodians: int) -> None:
        for to in custodians:
            holder = studies.study(study).custodian
            studies.offerCustody(study, to, sender=admins[holder - 1])
            studies.acceptCustody(study, sender=admins[to - 1])

    return hand_over_


@pytest.fixture(scope="session")
def directive_hash(directive, domain):
    """The hash of Alice's directive, which is recorded."""
    return domain.struct_hash("Directive", directive)


@pytest.fixture(scope="session")
def person():
    """The keyed digest of somebody at an institution."""
    return digest("a person")


@pytest.fixture(scope="session")
def request_id(ledger, query, directive_hash):
    """The number of hospital B's request, which was permitted."""
    return bytes(ledger.requestId(HOSPITAL_B, 1, query, directive_hash))


@pytest.fixture(scope="session")
def carry(chain, institutions, people):
    """The two members that vote decide something, and carry it out when its notice is over; the receipt."""

    def carry_(notice: int = 0, **motion: Any) -> Any:
        made = motion_of(**motion)
        number = institutions.propose(made, sender=people.hospital_a).return_value
        if made["institution"] != HOSPITAL_B:
            institutions.vote(number, sender=people.hospital_b)
        if notice:
            chain.pending_timestamp += notice
        return institutions.carryOut(number, made, sender=people.relay)

    return carry_


@pytest.fixture(scope="session")
def release(ledger, query, directive, people, person):
    """Hospital A releases to hospital B as asked; changed as the test needs it."""

    def release_(sender: Any = None, **changes: Any) -> Any:
        asked = {"nonce": 1, "query": query, "directive": directive, "evidence": NO_EVIDENCE}
        asked |= {name: changes.pop(name) for name in list(changes) if name in asked}
        asked["directive"] = sent(asked["directive"])
        released = release_of(**({"person": person} | changes))
        return ledger.release(*asked.values(), released, sender=sender or people.hospital_a)

    return release_


@pytest.fixture(scope="session")
def open_record(chain, ledger, institutions, people, study):
    """Hospital B opens Alice's study in an emergency, Grace having signed; changed as the test needs it."""

    def open_record_(
        sender: Any = None, nonce: int = 7, signer: Any = GRACE, signed: Any = None, **changes: Any
    ) -> Any:
        asked = emergency_of(study, **({"until": chain.pending_timestamp + 1_800} | changes))
        sender = sender or people.hospital_b
        requester, _ = institutions.operator(sender)
        message = {
            "request": bytes(ledger.requestId(requester, nonce, emergency_query(asked), ZERO32)),
            **said_in(asked),
        } | (signed or {})
        signature = signer.sign(Domain(chain.chain_id, ledger.address), "EmergencyAccess", message)
        return ledger.emergency(nonce, asked, signature, sender=sender)

    return open_record_


@pytest.fixture
def opened(open_record):
    """Hospital B's emergency, which was permitted; its number."""
    return bytes(open_record().return_value.id)


@pytest.fixture
def released(release, request_id):
    """Hospital A released the key of the first epoch to hospital B; the request's number."""
    release()
    return request_id


@pytest.fixture(scope="session")
def mocks(project):
    """Contracts that only tests need, compiled here so that they are never among those shipped; by name."""
    folder = Path(__file__).resolve().parent / "mocks"
    output = solcx.compile_standard(
        {
            "language": "Solidity",
            "sources": {file.name: {"content": file.read_text("utf-8")} for file in folder.glob("*.sol")},
            "settings": {
                "evmVersion": "paris",
                "outputSelection": {"*": {"*": ["abi", "evm.bytecode.object"]}},
            },
        },
        solc_version="0.8.37",
    )
    return SimpleNamespace(
        **{
            name: ContractContainer(
                ContractType(
                    contractName=name,
                    abi=made["abi"],
                    deploymentBytecode={"bytecode": "0x" + made["evm"]["bytecode"]["object"]},
                )
            )
            for made_of in output["contracts"].values()
            for name, made in made_of.items()
        }
    )
