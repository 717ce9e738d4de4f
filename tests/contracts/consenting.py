"""What patients, guardians and hospital A say of consent: signed, sent, changed as a test needs it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from ape.exceptions import CustomError
from eth_utils import keccak
from scenario import (
    ALICE,
    CT,
    GUARDIAN,
    HARRY,
    HOSPITAL_A,
    HOSPITAL_B,
    NO_EVIDENCE,
    SAFE,
    START,
    YEAR,
    ZERO32,
    Domain,
    Patient,
    digest,
    directive_of,
    sent,
)

GRANT, RECOVER = 1, 2
NARROW, TAKEN, PAPER, OWN_KEY, SUCCESSOR = 1, 2, 4, 8, 16
NONE, SIGNED, BY_GUARDIAN, ON_PAPER = 0, 1, 2, 3
BY_PAPER, BY_PHONE = 1, 2
FORM = digest("a form and its salt")
LONGEST = 568_080_000


class Consenting:
    """Each method signs and sends one thing; Alice is the subject, and hospital A the hospital."""

    def __init__(
        self,
        chain: Any,
        consents: Any,
        domain: Domain,
        people: Any,
        study: bytes,
        patient: Patient = ALICE,
    ) -> None:
        self.chain, self.consents, self.domain, self.people, self.study = (
            chain,
            consents,
            domain,
            people,
            study,
        )
        self.patient = patient

    def hash(self, directive: dict[str, Any]) -> bytes:
        return self.domain.struct_hash("Directive", directive)

    def directive(self, name: str = "another", **changes: Any) -> dict[str, Any]:
        """A directive of Alice's that nobody recorded yet."""
        return directive_of(self.study, **({"subject": self.patient.address, "salt": digest(name)} | changes))

    def at(self, time: int) -> None:
        """From now on it is this time, also for views."""
        self.chain.mine(1, timestamp=time)

    # What the patient, or a guardian, says

    def record(self, directive: dict[str, Any], signer: Any = None, appointment: int = 0) -> Any:
        signature = (signer or self.patient).sign(self.domain, "Directive", directive)
        return self.consents.record(
            directive["subject"], self.hash(directive), appointment, signature, sender=self.people.relay
        )

    def revoke(self, directive_hash: bytes, signer: Any = None, appointment: int = 0) -> Any:
        message = {"subject": self.patient.address, "directive": directive_hash}
        signature = (signer or self.patient).sign(self.domain, "Revocation", message)
        return self.consents.revoke(
            self.patient.address, directive_hash, appointment, signature, sender=self.people.relay
        )

    def revoke_all(self, generation: int, signer: Any = None, appointment: int = 0) -> Any:
        message = {"subject": self.patient.address, "generation": generation}
        signature = (signer or self.patient).sign(self.domain, "RevocationOfAll", message)
        return self.consents.revokeAll(
            self.patient.address, generation, appointment, signature, sender=self.people.relay
        )

    def refuse(self, purposes: int, signer: Any = None, appointment: int = 0, **changes: Any) -> Any:
        message = {
            "subject": self.patient.address,
            "custodian": 0,
            "study": ZERO32,
            "grantee": 0,
            "purposes": purposes,
            "sequence": 1,
        } | changes
        signature = (signer or self.patient).sign(self.domain, "Refusal", message)
        return self.consents.refuse(message, appointment, signature, sender=self.people.relay)

    def end_paper(self, signer: Any = None) -> Any:
        signature = (signer or self.patient).sign(
            self.domain, "EndOfPaper", {"subject": self.patient.address}
        )
        return self.consents.endPaper(self.patient.address, signature, sender=self.people.relay)

    # What hospital A says

    def paper(
        self, directive: dict[str, Any], sender: Any = None, second: Any = HARRY, **changes: Any
    ) -> Any:
        """Two of hospital A record paper; `signed` changes what the second signs."""
        arguments = {"subject": directive["subject"], "directive": self.hash(directive), "form": FORM}
        message = arguments | {"custodian": HOSPITAL_A} | changes.pop("signed", {})
        arguments |= changes
        signature = second.sign(self.domain, "PaperConsent", message)
        return self.consents.recordPaper(
            *arguments.values(), second.address, signature, sender=sender or self.people.hospital_a
        )

    def take_revocation(self, directive: dict[str, Any], sender: Any = None, **changes: Any) -> Any:
        arguments = {"means": BY_PHONE, "form": FORM} | changes
        return self.consents.takeRevocation(
            sent(directive), *arguments.values(), sender=sender or self.people.hospital_a
        )

    def take_refusal(self, purposes: int, sender: Any = None, **changes: Any) -> Any:
        arguments = {
            "subject": self.patient.address,
            "study": ZERO32,
            "purposes": purposes,
            "means": BY_PHONE,
            "form": FORM,
        } | changes
        return self.consents.takeRefusal(*arguments.values(), sender=sender or self.people.hospital_a)

    def lift(self, sequence: int, sender: Any = None, second: Any = HARRY, **changes: Any) -> Any:
        arguments = {"subject": self.patient.address, "study": ZERO32, "form": FORM, "sequence": sequence}
        message = arguments | {"custodian": HOSPITAL_A} | changes
        signature = second.sign(self.domain, "RefusalLift", message | changes.pop("signed", {}))
        return self.consents.liftTakenRefusal(
            *(arguments | changes).values(),
            second.address,
            signature,
            sender=sender or self.people.hospital_a,
        )

    # Guardians

    def appointment(self, guardian: Any = GUARDIAN, **changes: Any) -> dict[str, Any]:
        return {
            "subject": self.patient.address,
            "guardian": guardian.address,
            "powers": GRANT,
            "custodian": 0,
            "until": START + YEAR,
            "number": 1,
        } | changes

    def appoint(self, signer: Any = None, **changes: Any) -> Any:
        message = self.appointment(**changes)
        signature = (signer or self.patient).sign(self.domain, "Appointment", message)
        return self.consents.appoint(message, signature, sender=self.people.relay)

    def attest(
        self, sender: Any = None, second: Any = HARRY, form: bytes = FORM, signed: Any = None, **changes: Any
    ) -> Any:
        appointment = self.appointment(**({"custodian": HOSPITAL_A} | changes))
        message = signed or {"appointment": appointment, "form": form}
        signature = second.sign(self.domain, "AttestedAppointment", message)
        return self.consents.appointAttested(
            appointment, form, second.address, signature, sender=sender or self.people.hospital_a
        )

    def dismiss(self, number: int = 1, signer: Any = None) -> Any:
        signature = (signer or self.patient).sign(
            self.domain, "Dismissal", {"subject": self.patient.address, "number": number}
        )
        return self.consents.dismiss(self.patient.address, number, signature, sender=self.people.relay)

    # Recovery

    def name(self, account: Any = SAFE, sequence: int = 1, signer: Any = None) -> Any:
        address = getattr(account, "address", account)
        message = {"subject": self.patient.address, "account": address, "sequence": sequence}
        signature = (signer or self.patient).sign(self.domain, "Recoverer", message)
        return self.consents.nameRecovery(
            self.patient.address, address, sequence, signature, sender=self.people.relay
        )

    def start(self, candidate: str, attempt: int = 1, signer: Any = SAFE) -> Any:
        message = {"subject": self.patient.address, "candidate": candidate, "attempt": attempt}
        signature = signer.sign(self.domain, "Recovery", message)
        return self.consents.startRecovery(
            self.patient.address, candidate, attempt, signature, sender=self.people.relay
        )

    def start_by_guardian(
        self, candidate: str, attempt: int = 1, signer: Any = GUARDIAN, sender: Any = None, **changes: Any
    ) -> Any:
        message = {"subject": self.patient.address, "candidate": candidate, "attempt": attempt}
        signature = signer.sign(self.domain, "Recovery", message)
        arguments = {"appointment": 1, "study": self.study} | changes
        return self.consents.startRecoveryByGuardian(
            *message.values(), *arguments.values(), signature, sender=sender or self.people.hospital_a
        )

    def stop(self, attempt: int = 1, signer: Any = None) -> Any:
        message = {"subject": self.patient.address, "attempt": attempt}
        signature = (signer or self.patient).sign(self.domain, "RecoveryStop", message)
        return self.consents.stopRecovery(self.patient.address, attempt, signature, sender=self.people.relay)

    def finish(self) -> Any:
        return self.consents.finishRecovery(self.patient.address, sender=self.people.eve)

    # Batches

    def anchor(self, root: bytes, sender: Any = None) -> Any:
        return self.consents.anchor(root, sender=sender or self.people.hospital_a)

    def leaf(self, signed: dict[str, Any], **changes: Any) -> bytes:
        """The leaf, by another encoder than the contract's."""
        return leaf_of(
            **{
                "chain": self.domain.chain_id,
                "registry": self.consents.address,
                "poster": HOSPITAL_A,
                "subject": signed["subject"],
                "directive": self.hash(signed),
            }
            | changes
        )

    def evidence(
        self, directive: dict[str, Any], path: list[bytes], root: bytes, signer: Any = None, **changes: Any
    ) -> tuple[Any, ...]:
        signature = (signer or self.patient).sign(self.domain, "Directive", directive)
        fields = {"poster": HOSPITAL_A, "root": root, "path": path, "appointment": 0, "signature": signature}
        return tuple((fields | changes).values())

    # What then holds

    def standing(
        self,
        directive: dict[str, Any],
        evidence: Any = NO_EVIDENCE,
        subject: str | None = None,
        **scope: Any,
    ) -> Any:
        fields = {"custodian": HOSPITAL_A, "formers": 0, "study": self.study, "grantee": HOSPITAL_B} | scope
        return self.consents.standing(
            subject or self.patient.address, self.hash(directive), tuple(fields.values()), evidence
        )

    def refused(self, **scope: Any) -> int:
        fields = {"custodian": HOSPITAL_A, "formers": 0, "study": self.study, "grantee": HOSPITAL_B} | scope
        return int(self.consents.refusedPurposes(self.patient.address, tuple(fields.values())))

    def flags(self, subject: str | None = None) -> int:
        return int(self.consents.subjectOf(subject or self.patient.address).flags)

    def register(self, studies: Any, name: str, subject: str, sender: Any = None) -> bytes:
        """Another study; its number."""
        sender = sender or self.people.hospital_a
        studies.register(digest(name), subject, CT, digest("manifest"), digest("content"), sender=sender)
        institution = HOSPITAL_A if sender == self.people.hospital_a else 4
        return bytes(studies.studyId(institution, digest(name)))


@contextmanager
def unsigned(consents: Any, signer: Any) -> Iterator[None]:
    """What is sent is not what this signer signed: said of the right signer, whatever the digest."""
    with pytest.raises(CustomError) as caught:
        yield
    assert caught.value.abi.name == consents.ConsentRegistry_SignatureInvalid.abi.name
    assert caught.value.inputs["signer"] == signer.address


def leaf_of(*, chain: int, registry: str, poster: int, subject: str, directive: bytes) -> bytes:
    """A leaf as docs/contracts.md says it."""
    content = (
        keccak(text="PixelPact consent batch")
        + chain.to_bytes(32, "big")
        + bytes(12)
        + bytes.fromhex(registry[2:])
        + poster.to_bytes(32, "big")
        + bytes(12)
        + bytes.fromhex(subject[2:])
        + directive
    )
    return keccak(keccak(content))


def node_of(one: bytes, other: bytes) -> bytes:
    """An inner node: the smaller one first."""
    return keccak(min(one, other) + max(one, other))


def tree_of(leaves: list[bytes]) -> tuple[bytes, list[list[bytes]]]:
    """The root over the leaves, whose number is a power of two, and the path of each."""
    level, paths, at = list(leaves), [[] for _ in leaves], list(range(len(leaves)))
    while len(level) > 1:
        for index, path in enumerate(paths):
            path.append(level[at[index] ^ 1])
            at[index] //= 2
        level = [node_of(level[i], level[i + 1]) for i in range(0, len(level), 2)]
    return level[0], paths


def chain_of(leaf: bytes, depth: int) -> tuple[bytes, list[bytes]]:
    """A root at this depth over the leaf, and the leaf's path: the other leaves are not needed."""
    path = [digest(f"sibling {index}") for index in range(depth)]
    root = leaf
    for sibling in path:
        root = node_of(root, sibling)
    return root, path
