"""The requester: asks for a study, opens what it was released, says whether it is what was registered."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import Any

from pixelpact.chain import (
    AccessRefused,
    AccessReleased,
    AccessRequested,
    KeyPublished,
    RequestRecord,
    RequestStatus,
    StudyRecord,
    eip712,
)
from pixelpact.crypto import EncryptionKeyPair, unwrap
from pixelpact.documents import complete, verify_invitation
from pixelpact.errors import (
    BlockError,
    ChainMismatchError,
    DeniedError,
    InputError,
    SealedStudyError,
    VaultError,
)
from pixelpact.models import (
    RAW,
    ZERO32,
    AccessQuery,
    Cid,
    EmergencyDraft,
    SignedAttestation,
    SignedInvitation,
)
from pixelpact.policy import Decision, FailureClass, Obligation, Purpose, Reason, sentence_of
from pixelpact.profile import Profile, require_bytes
from pixelpact.requester import emergencies
from pixelpact.requester.fetched import FetchedStudy
from pixelpact.sealing import StudyKeys, open_sealed
from pixelpact.vault import Kind

__all__ = ["AccessRequest", "OwnRequest", "Requester"]


@dataclass(frozen=True, slots=True)
class AccessRequest:
    """A request as the chain recorded it.

    Attributes:
        number: its id on the ledger, 32 bytes.
        study: the study's number.
        decision: permitted, or the reason why not, as a sentence too.
        block: where it stands.
    """

    number: bytes
    study: bytes
    decision: Decision
    block: int


@dataclass(frozen=True, slots=True)
class OwnRequest:
    """A request of this institution and what became of it.

    Attributes:
        number, study: 32 bytes each.
        purpose: its index.
        reason: the answer's; 0 is permitted.
        state: as the ledger has it at the newest block.
        block: where it stands.
    """

    number: bytes
    study: bytes
    purpose: int
    reason: int
    state: RequestRecord
    block: int


class Requester:
    """An institution that asks for images.

    Args:
        profile: the institution's means.
    """

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._chain = profile.chain
        self._vault = profile.vault

    def publish_key(self) -> int:
        """Make a new encryption key pair and publish its public half; later releases go to it. By the admin.

        Returns:
            the key's version.
        """
        institution = self._profile.institution
        with self._vault.journal("publish-key", str(institution)) as entry:
            if entry.step is None:
                pair = EncryptionKeyPair.generate()
                # Filed under its digest: which version it becomes is the chain's to say.
                digest = hashlib.sha256(pair.public_key).digest()
                with self._vault.transaction():
                    self._vault.put(Kind.ENCRYPTION_SEED, digest.hex(), {"seed": bytes(pair)})
                    entry.advance("made", {"digest": digest})
            public_key = self._key_pair(entry.state["digest"]).public_key
            receipt = self._profile.carry_out(
                entry, "published", lambda: self._chain.institutions.publish_key(public_key)
            )
            return receipt.event(KeyPublished).version

    def key_version(self) -> int:
        """The version of this institution's encryption key; 0 for none: nothing can be released to it yet."""
        return self._chain.institutions.institution(self._profile.institution).key_version

    def request(
        self,
        invitation: SignedInvitation,
        *,
        purpose: Purpose,
        person: str,
        project: bytes = ZERO32,
        obligations: Obligation | int = 0,
    ) -> AccessRequest:
        """Ask for a study; the answer, yes or no, is recorded with its reason.

        Args:
            invitation: says which study, and which consent to cite.
            purpose: what for.
            person: who asks, as the institution knows them; the chain gets a keyed digest.
            project: the research project that it is for, 32 bytes; zeros for none.
            obligations: what the institution accepts to do.

        Raises:
            InputError: an invitation to another network, expired, changed, or a stranger's; no such number.
            ChainError: nothing could be asked or recorded; a denial is not an error.
        """
        invited = verify_invitation(self._chain, invitation)
        if project != ZERO32:
            require_bytes(project, 32, "a project's number")
        query = AccessQuery(invited.study, int(purpose), invited.categories, project, int(obligations))
        directive, evidence = invited.directive, invited.evidence
        digest = self._profile.person_digest(person)
        cited = eip712.struct_hash(directive).hex() if directive else "nothing"
        shown = evidence.root.hex() if evidence else "nothing"
        # All that is asked, so that a request that was cut off is never taken for another one.
        parts = (
            query.study.hex(),
            query.purpose,
            query.categories,
            query.project.hex(),
            query.obligations,
            cited,
            shown,
            digest.hex(),
        )
        asked = "/".join(map(str, parts))
        with self._vault.journal("request", asked) as entry:
            if entry.step is None:
                entry.advance("drawn", {"nonce": secrets.randbits(64)})
            nonce = int(entry.state["nonce"])
            receipt = self._profile.carry_out(
                entry,
                "asked",
                lambda: self._chain.ledger.request(nonce, query, directive, digest, evidence=evidence),
            )
            event = receipt.event(AccessRequested)
            self._vault.put(Kind.REQUEST, event.request.hex(), _record_of(event))
        return AccessRequest(event.request, event.study, Decision(Reason(event.reason)), event.block)

    def draft_emergency(self, study: bytes, *, justification: str, person: str) -> EmergencyDraft:
        """Draft the opening of a study without a consent, as the first person; a second one attests it.

        Args:
            study: its number; all that it holds is asked for.
            justification: why it can't wait, in words; the chain gets its salted digest.
            person: who drafts and asks, as the institution knows them.

        Raises:
            InputError: no such study, no reason, or an operator without the permission EMERGENCIES.
        """
        return emergencies.draft(self._profile, study, justification, person)

    def attest_emergency(
        self, draft: EmergencyDraft, *, person: str, until: int | None = None
    ) -> SignedAttestation:
        """Agree to an emergency as the second person, with an account and a profile of their own.

        Args:
            draft: the first person's.
            person: who agrees.
            until: the first second (of the chain's time) in which this is good no more, at most an hour from
                now; half an hour from now for None.

        Raises:
            InputError: another institution's draft, one's own, an operator without the permission, or a time
                that is over.
        """
        return emergencies.attest(self._profile, draft, person, until)

    def ask_in_emergency(
        self, draft: EmergencyDraft, attested: SignedAttestation, *, person: str
    ) -> AccessRequest:
        """Open a study in an emergency, as the first person; the answer is recorded, and a review is owed.

        What is released for it is fetched and confirmed as for any request.

        Raises:
            InputError: another's draft, or an attestation of another one.
            ContractError: the chain refuses it; a denial is not an error.
        """
        event = emergencies.ask(self._profile, draft, attested, person)
        return AccessRequest(event.request, event.study, Decision(Reason(event.reason)), event.block)

    def requests(self) -> list[OwnRequest]:
        """Every request that was made with this vault, oldest first, and what became of it."""
        found = [
            OwnRequest(
                number=bytes.fromhex(number),
                study=record["study"],
                purpose=record["purpose"],
                reason=record["reason"],
                state=self._chain.ledger.request_of(bytes.fromhex(number)),
                block=record["block"],
            )
            for number, record in self._vault.records(Kind.REQUEST).items()
        ]
        return sorted(found, key=lambda each: (each.block, each.number))

    def find_request(self, digits: str) -> bytes:
        """The request of this vault whose number begins with these hexadecimal digits.

        Raises:
            InputError: no such digits, none, or more than one.
        """
        numbers = [bytes.fromhex(number) for number in self._vault.ids(Kind.REQUEST)]
        return complete(digits, "request", numbers, "`pixelpact access list` shows those there are")

    def fetch(self, request: bytes) -> FetchedStudy:
        """Open what was released for a request, after every check that comes before the payload.

        Args:
            request: its number.

        Raises:
            InputError: nothing was released for it, or not yet for the present epoch.
            DeniedError: it was denied or refused.
            SealedStudyError: what arrived is not what the chain names.
            StoreError: the store can't be read.
        """
        record = self._own(request)
        release, study = self._standing_release(request, int(record["block"]))
        context = self._profile.envelope_context(
            request=request,
            study=release.study,
            epoch=release.epoch,
            manifest_digest=release.manifest_digest,
            custodian=release.custodian,
            requester=self._profile.institution,
            key_version=release.key_version,
        )
        digest = self._chain.institutions.key_digest(
            self._profile.institution, release.key_version, at="final"
        )
        envelope = self._envelope(release)
        key, secret = unwrap(self._key_pair(digest), envelope, context, released=release.envelope_digest)
        opened = open_sealed(
            self._profile.store,
            StudyKeys(key, secret),
            custodian=study.registrar,
            context=self._profile.study_context(release.study, study.epoch),
            manifest_digest=study.manifest_digest,
            content_commitment=study.content_commitment,
        )
        return FetchedStudy(request, release.epoch, opened)

    def confirm(self, fetched: FetchedStudy, *, person: str) -> None:
        """Record that what arrived is what was registered; reads it to the end first where that was not done.

        Confirmed already, nothing is sent.

        Raises:
            SealedStudyError: it is not.
        """
        if not fetched.verified:
            fetched.verify()
        nonce, query, directive_hash = self._key_of(fetched.request)
        digest = self._profile.person_digest(person)
        with self._vault.journal("confirm", f"{fetched.request.hex()}/{fetched.epoch}") as entry:
            # Begun before, it is gone through with: its transaction may be what confirmed it.
            if entry.step is None and self._is_confirmed(fetched):
                return
            self._profile.carry_out(
                entry,
                "confirmed",
                lambda: self._chain.ledger.confirm(nonce, query, directive_hash, fetched.epoch, digest),
            )

    def dispute(self, request: bytes, failure: SealedStudyError, *, person: str) -> None:
        """Record which check failed on what was released for a request."""
        record = self._own(request)
        release, _ = self._last_release(request, int(record["block"]))
        nonce, query, directive_hash = self._key_of(request)
        number = FailureClass[failure.failure_class.upper()]
        digest = self._profile.person_digest(person)
        with self._vault.journal("dispute", f"{request.hex()}/{release.epoch}") as entry:
            self._profile.carry_out(
                entry,
                "disputed",
                lambda: self._chain.ledger.dispute(
                    nonce, query, directive_hash, release.epoch, int(number), digest
                ),
            )

    def _is_confirmed(self, fetched: FetchedStudy) -> bool:
        state = self._chain.ledger.request_of(fetched.request, at="final")
        return state.confirmed_epoch == fetched.epoch

    def _envelope(self, release: AccessReleased) -> bytes:
        cid = Cid(RAW, release.envelope_digest)
        try:
            return self._profile.store.get(cid)
        except BlockError as error:
            if self._profile.store.has(cid):
                raise
            raise InputError(
                "The release is recorded, and its envelope is not there yet",
                why="it is published once the record is final, or kept back when the answer changed",
                remedy="Try again later; if it stays so, ask the hospital",
            ) from error

    def _standing_release(self, request: bytes, since: int) -> tuple[AccessReleased, StudyRecord]:
        release, study = self._last_release(request, since)
        if release.epoch != study.epoch:
            raise InputError(
                "The release is of an older sealing of the study",
                why=f"it was for epoch {release.epoch}, and the study is at epoch {study.epoch}",
                remedy="See whether it would still be permitted: pixelpact policy explain --network FILE "
                f"--request 0x{request.hex()[:16]}; if so, wait until the hospital serves it again",
            )
        if release.manifest_digest != study.manifest_digest or release.custodian != study.custodian:
            raise ChainMismatchError(
                "The release is not of what the chain names for this study",
                why="its digest or its custodian differs from the registry's",
                remedy="Tell the consortium: a custodian or a contract does wrong",
            )
        return release, study

    def _last_release(self, request: bytes, since: int) -> tuple[AccessReleased, StudyRecord]:
        state = self._chain.ledger.request_of(request, at="final")
        if state.status is RequestStatus.DENIED:
            raise _no("denied", int(self._own(request)["reason"]))
        if state.status is RequestStatus.REFUSED:
            raise _no(
                "refused by the hospital", next(self._chain.find(AccessRefused, request=request)).reason
            )
        releases = list(self._chain.find(AccessReleased, first=since, request=request))
        if not releases:
            raise InputError(
                "Nothing was released for this request yet",
                why="the hospital has not answered, or its answer is not final",
                remedy="Try again later",
            )
        release = releases[-1]
        # The ledger's state and what was asked, both: a node's log alone is not believed.
        if (
            release.study != self._own(request)["study"]
            or release.requester != self._profile.institution
            or release.epoch != state.served_epoch
        ):
            raise ChainMismatchError(
                "The release that the node shows is not one of this request",
                why="its study, its requester or its epoch is another",
                remedy="Ask another node: this one answers wrongly",
            )
        return release, self._chain.studies.study(release.study, at="final")

    def _own(self, request: bytes) -> dict[str, Any]:
        require_bytes(request, 32, "a request's number")
        record = self._vault.find(Kind.REQUEST, request.hex())
        if record is None:
            raise InputError(
                f"The request {request.hex()[:8]} is not one of this profile",
                why="its vault has no record of it",
                remedy="Use the profile that asked",
            )
        return record

    def _key_of(self, request: bytes) -> tuple[int, AccessQuery, bytes]:
        record = self._own(request)
        query = AccessQuery(
            record["study"], record["purpose"], record["categories"], record["project"], record["obligations"]
        )
        return int(record["nonce"]), query, record["directive_hash"]

    def _key_pair(self, digest: bytes) -> EncryptionKeyPair:
        record = self._vault.find(Kind.ENCRYPTION_SEED, digest.hex())
        if record is None:
            raise VaultError(
                "The encryption key that the envelope was made for is not in this vault",
                why="the vault is older than the chain, or another institution's",
                remedy="Use the newest vault",
            )
        return EncryptionKeyPair(record["seed"])


def _record_of(event: AccessRequested) -> dict[str, Any]:
    return {
        "study": event.query.study,
        "purpose": event.query.purpose,
        "categories": event.query.categories,
        "project": event.query.project,
        "obligations": event.query.obligations,
        "nonce": event.nonce,
        "directive_hash": event.directive_hash,
        "reason": event.reason,
        "block": event.block,
    }


def _no(what: str, reason: int) -> DeniedError:
    return DeniedError(
        f"The request was {what}",
        reason=reason,
        why=sentence_of(reason).rstrip("."),
        remedy="`pixelpact policy explain` says what would change the answer; ask again once that changed",
    )
