"""A story in which every event happens once or more, for the tests that read events."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, replace

from chain_engines import Consortium

from pixelpact.chain import (
    AccessRequested,
    Account,
    Chain,
    Receipt,
    StudyRegistered,
    eip712,
)
from pixelpact.models import AccessQuery, Directive, KeyRelease, Modifier, Refusal

TREAT = 0
KEY = hashlib.shake_256(b"a made-up encryption key").digest(1216)
PERSON = b"\x50" * 32
ALL_PERMISSIONS = 0b111


@dataclass(frozen=True)
class Story:
    """What happened, for comparison with what was reported."""

    patient: Account
    operator: Account
    local_id: bytes
    study: bytes
    directive: Directive
    directive_hash: bytes
    query: AccessQuery
    request: bytes
    receipts: dict[str, Receipt]


def some_directive(patient: Account, study: bytes, chain: Chain, **changes: object) -> Directive:
    now = chain.now()
    directive = Directive(
        subject=patient.address,
        custodian=1,
        study=study,
        grantee=2,
        categories=0b11,
        purposes=1 << TREAT,
        permission=0,
        vocabulary=1,
        generation=0,
        not_before=now,
        expiry=now + 86_400,
        salt=secrets.token_bytes(32),
        modifiers=(Modifier(22, b"DE".ljust(32, b"\0")), Modifier(28, (2).to_bytes(32, "big"))),
    )
    return replace(directive, **changes)  # type: ignore[arg-type]


def release_to(requester: int) -> KeyRelease:
    """A release of epoch 1 to the requester's first key."""
    return KeyRelease(requester, 1, 1, hashlib.sha256(KEY).digest(), b"\3" * 32, PERSON)


def tell(consortium: Consortium) -> Story:
    """Let everything happen that has an event; institution 4 suspends itself at the end."""
    network = consortium.network
    hospital, asker, leaver = (
        Chain.connect(network, account) for account in (consortium.a, consortium.b, consortium.d)
    )
    patient, operator, local_id = Account.generate(), Account.generate(), secrets.token_bytes(32)
    done: dict[str, Receipt] = {}

    done["OperatorSet"] = hospital.transact(hospital.institutions.set_operator(operator.address, 0b001))
    done["KeyPublished"] = asker.transact(asker.institutions.publish_key(KEY))
    done["StudyRegistered"] = hospital.transact(
        hospital.studies.register(local_id, patient.address, 0b1, b"\1" * 32, b"\2" * 32)
    )
    study = done["StudyRegistered"].event(StudyRegistered).study
    done["StudyWithdrawn"] = hospital.transact(hospital.studies.withdraw(study))
    done["StudyReinstated"] = hospital.transact(hospital.studies.reinstate(study))

    directive = some_directive(patient, study, hospital)
    number = eip712.struct_hash(directive)
    query = AccessQuery(study=study, purpose=TREAT, categories=0b1)
    signature = eip712.sign(patient, network, directive)
    done["DirectiveRecorded"] = hospital.transact(
        hospital.consents.record(patient.address, number, 0, signature)
    )
    done["denied"] = asker.transact(asker.ledger.request(6, query, None, PERSON))
    done["AccessRequested"] = asker.transact(asker.ledger.request(7, query, directive, PERSON))
    request = done["AccessRequested"].event(AccessRequested).request
    done["AccessReleased"] = hospital.transact(hospital.ledger.release(7, query, directive, release_to(2)))
    done["AccessConfirmed"] = asker.transact(asker.ledger.confirm(7, query, number, 1, PERSON))
    done["AccessDisputed"] = asker.transact(asker.ledger.dispute(7, query, number, 1, 8, PERSON))
    done["AccessRefused"] = hospital.transact(hospital.ledger.refuse(7, query, number, 2, 403, PERSON))

    revocation = eip712.Revocation(patient.address, number)
    done["DirectiveRevoked"] = hospital.transact(
        hospital.consents.revoke(patient.address, number, 0, eip712.sign(patient, network, revocation))
    )
    revocation_of_all = eip712.RevocationOfAll(patient.address, 1)
    done["AllRevoked"] = hospital.transact(
        hospital.consents.revoke_all(patient.address, 1, 0, eip712.sign(patient, network, revocation_of_all))
    )
    refusal = Refusal(patient.address, 0, bytes(32), 3, 1 << 7, 2**64 - 1)
    done["RefusalSet"] = hospital.transact(
        hospital.consents.refuse(refusal, 0, eip712.sign(patient, network, refusal))
    )
    done["StudyRotated"] = hospital.transact(hospital.studies.rotate(study, 1, b"\4" * 32))
    done["DisposalAttested"] = hospital.transact(
        hospital.studies.attest_disposal(study, 1, 17, 2, b"\5" * 32)
    )
    done["StudyErased"] = hospital.transact(hospital.studies.erase(study, b"\6" * 32))
    done["InstitutionSuspended"] = leaver.transact(leaver.institutions.suspend_self())
    return Story(patient, operator, local_id, study, directive, number, query, request, done)
