"""Who does wrong on purpose, with a hospital's account: the library does none of this."""

from __future__ import annotations

import hashlib
import io
import secrets
from collections.abc import Iterator
from typing import BinaryIO

from pixelpact import crypto
from pixelpact.chain import AccessReleased, AccessRequested, KeyPublished, Receipt
from pixelpact.models import RAW, AccessQuery, Directive, Evidence, Instance, KeyRelease, StudySource
from pixelpact.policy import Decision, Purpose, Reason
from pixelpact.profile import Profile
from pixelpact.requester import AccessRequest

__all__ = ["ExchangedStudy", "RogueCustodian", "RogueRequester"]


class ExchangedStudy:
    """A study whose first and last image were exchanged; with one image, a bit of it is flipped."""

    def __init__(self, source: StudySource) -> None:
        self._source = source
        self._instances = list(source)

    @property
    def study_uid(self) -> str:
        """The StudyInstanceUID, unchanged."""
        return self._source.study_uid

    def __iter__(self) -> Iterator[Instance]:
        for instance in self._instances:
            donor = self._donor(instance)
            yield Instance(
                instance.sop_uid,
                instance.series_uid,
                instance.class_uid,
                donor.length,
                instance.attributes,
                instance.series_attributes,
            )

    def open(self, instance: Instance) -> BinaryIO:
        """The other image's bytes."""
        named = next(each for each in self._instances if each.sop_uid == instance.sop_uid)
        donor = self._donor(named)
        if len(self._instances) > 1:
            return self._source.open(donor)
        with self._source.open(donor) as stream:
            data = bytearray(stream.read())
        data[-1] ^= 1
        return io.BytesIO(bytes(data))

    def _donor(self, instance: Instance) -> Instance:
        first, last = self._instances[0], self._instances[-1]
        return {first.sop_uid: last, last.sop_uid: first}.get(instance.sop_uid, instance)


class RogueCustodian:
    """What a custodian's insider could try.

    Args:
        profile: the custodian's.
    """

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._chain = profile.chain

    def seal(
        self, study: bytes, source: StudySource, key: crypto.StudyKey, secret: crypto.StudySecret
    ) -> bytes:
        """Seal for the study's next epoch, whatever the source; the root's digest."""
        record = self._chain.studies.study(study, at="final")
        with self._profile.store.protect():
            sealed = crypto.seal(
                source,
                key=key,
                secret=secret,
                custodian=record.custodian,
                context=self._profile.study_context(study, record.epoch + 1),
                put=lambda cid, block: _same(self._profile.store.put(block, cid.codec), cid),
            )
            self._profile.store.pin(sealed.root)
        return sealed.manifest_digest

    def rotate(self, study: bytes, manifest_digest: bytes) -> None:
        """Make the chain name this root."""
        record = self._chain.studies.study(study, at="final")
        call = self._chain.studies.rotate(study, record.epoch, manifest_digest)
        self._chain.wait_final(self._chain.transact(call))

    def release(self, request: bytes, key: crypto.StudyKey, secret: crypto.StudySecret) -> AccessReleased:
        """Release these secrets for a request, without asking the policy first.

        Raises:
            ContractError: the chain does not let it.
        """
        asked = next(self._chain.find(AccessRequested, request=request))
        study = self._chain.studies.study(asked.study, at="final")
        published = list(self._chain.find(KeyPublished, institution=asked.requester))[-1]
        context = self._profile.envelope_context(
            request=request,
            study=asked.study,
            epoch=study.epoch,
            manifest_digest=study.manifest_digest,
            custodian=study.custodian,
            requester=asked.requester,
            key_version=published.version,
        )
        envelope = crypto.wrap(published.public_key, key, secret, context)
        digest = hashlib.sha256(envelope).digest()
        with self._profile.store.protect():
            self._profile.store.pin(self._profile.store.put(envelope, RAW))
        released = KeyRelease(
            requester=asked.requester,
            epoch=study.epoch,
            key_version=published.version,
            key_digest=published.digest,
            envelope_digest=digest,
            person=self._profile.person_digest("insider@hospital-a.example"),
        )
        return self._record(asked, released).event(AccessReleased)

    def _record(self, asked: AccessRequested, released: KeyRelease) -> Receipt:
        call = self._chain.ledger.release(
            asked.nonce, asked.query, asked.directive, released, evidence=asked.evidence
        )
        # A gas limit of its own: the call is sent although a trial run would fail.
        return self._chain.wait_final(self._chain.send(self._chain.prepare(call, gas=1_000_000)))


class RogueRequester:
    """What a requester's insider could try.

    Args:
        profile: the requester's.
    """

    def __init__(self, profile: Profile) -> None:
        self._profile = profile

    def ask(self, study: bytes, categories: int, directive: Directive, evidence: Evidence) -> AccessRequest:
        """Ask for treatment with whatever evidence, without having it checked first."""
        chain, query = self._profile.chain, AccessQuery(study, int(Purpose.TREAT), categories)
        person = self._profile.person_digest("insider@hospital-b.example")
        call = chain.ledger.request(secrets.randbits(64), query, directive, person, evidence=evidence)
        event = chain.wait_final(chain.transact(call)).event(AccessRequested)
        return AccessRequest(event.request, event.study, Decision(Reason(event.reason)), event.block)


def _same(stored: object, wanted: object) -> None:
    if stored != wanted:
        raise ValueError(f"the store took {wanted} for {stored}")
