"""The story: one hospital shares a patient's studies with others, until the patient says no."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from pixelpact import crypto
from pixelpact.chain import AccessReleased, AccessRequested
from pixelpact.custodian import Custodian
from pixelpact.demo.outcome import Picture
from pixelpact.demo.pictures import picture_of, picture_of_block
from pixelpact.demo.stage import NAMES, Cast, Exhibit, Note, Stage
from pixelpact.errors import HeaderError, UnwrapError
from pixelpact.localnet import Member, Sandbox
from pixelpact.models import RAW, Cid, Instance, StudySource
from pixelpact.patient import Patient
from pixelpact.policy import Attribute, Category, Purpose, Reason, Role
from pixelpact.requester import AccessRequest, FetchedStudy, Requester
from pixelpact.vault import Kind

__all__ = ["ARCHIVE", "DOCTOR", "A", "B", "C", "D", "KeptEnvelope", "Story"]

A, B, C, D = 1, 2, 3, 4
ARCHIVE = "archive@hospital-a.example"
DOCTOR = {number: f"doctor@institution-{number}.example" for number in NAMES}

_MEMBERS = (
    Member(),
    Member(country="DE"),
    Member(roles=Role.REQUESTER, country="US", attributes=Attribute(0)),
    Member(country="FR"),
)
_ALL_CATEGORIES = sum(Category)


class KeptEnvelope:
    """A key envelope that a requester kept from an earlier epoch, with what it needs to open it."""

    def __init__(self, cast: Cast, institution: int, release: AccessReleased) -> None:
        profile = cast.sandbox[institution]
        self.release = release
        self.envelope = profile.store.get(Cid(RAW, release.envelope_digest))
        self.context = profile.envelope_context(
            request=release.request,
            study=release.study,
            epoch=release.epoch,
            manifest_digest=release.manifest_digest,
            custodian=release.custodian,
            requester=institution,
            key_version=release.key_version,
        )
        digest = profile.chain.institutions.key_digest(institution, release.key_version)
        seed = profile.vault.get(Kind.ENCRYPTION_SEED, digest.hex())["seed"]
        self.key_pair = crypto.EncryptionKeyPair(seed)

    def open(self) -> tuple[crypto.StudyKey, crypto.StudySecret]:
        """The secrets that were released then."""
        return crypto.unwrap(self.key_pair, self.envelope, self.context, self.release.envelope_digest)


class Story:
    """Everything up to the audit, a method for each step, to be called in this order.

    Args:
        stage: runs and keeps the steps.
        exhibits: the studies.
        folder: where store and vaults go.
    """

    def __init__(self, stage: Stage, exhibits: Sequence[Exhibit], folder: Path) -> None:
        self.stage = stage
        self.exhibits = exhibits
        self._folder = folder
        self.cast: Cast
        self.kept: list[KeptEnvelope] = []
        self._sandbox: Sandbox | None = None

    def tell(self) -> None:
        """The steps from the consortium to the last denial."""
        self._consortium()
        self._address()
        self._seal()
        self._ask_without_consent()
        self._sign()
        self._ask()
        self._release()
        self._fetch()
        self._confirm()
        self._ask_for_another()
        self._share_with_a_second()
        self._withdraw()
        self._rotate()
        self._ask_again()
        self._open_with_the_old_envelope()

    def close(self) -> None:
        """End chain and vaults; the folder stays."""
        if self._sandbox:
            self._sandbox.close()

    def _consortium(self) -> None:
        title = "A consortium of four institutions is deployed"
        with self.stage.step("consortium", title, "the consortium") as note:
            self._sandbox = sandbox = Sandbox(_MEMBERS, folder=self._folder)
            self.cast = Cast(
                sandbox=sandbox,
                reader=sandbox.chain(),
                hospital_a=Custodian(sandbox[A]),
                requesters={number: Requester(sandbox[number]) for number in (B, C, D)},
                patient=Patient.create(sandbox.chain()),
            )
            reader = self.cast.reader
            self.stage.head = lambda: (reader.head().number, reader.head().timestamp)
            versions = [requester.publish_key() for requester in self.cast.requesters.values()]
            note.sentence = (
                "Five contracts stand on a private chain; three requesters published their encryption keys."
            )
            note.fact("chain id", sandbox.network.chain_id)
            note.fact("genesis", sandbox.network.genesis)
            note.check(
                "the registry counts four institutions", holds=reader.institutions.count() == len(NAMES)
            )
            note.check("each requester has a key on the chain", holds=versions == [1, 1, 1])

    def _address(self) -> None:
        title = "The patient's wallet makes a consent address"
        with self.stage.step("address", title, "the patient") as note:
            address = self.cast.patient.address(custodian=A)
            note.sentence = (
                "The address is for Hospital A only: at another hospital the patient would have another one."
            )
            note.fact("address", "0x" + address.hex())
            note.check(
                "another custodian gets another address",
                holds=self.cast.patient.address(custodian=B) != address,
            )
            note.check("the patient has no ether", holds=self.cast.reader.balance(address) == 0)

    def _seal(self) -> None:
        title = "Hospital A seals the patient's studies and registers them"
        with self.stage.step("seal", title, NAMES[A]) as note:
            subject = self.cast.patient.address(custodian=A)
            total = sum(exhibit.source.length for exhibit in self.exhibits)
            done = 0

            def progress(now: int, _: int) -> None:
                self.stage.audience.progress(done + now, total)

            for exhibit in self.exhibits:
                exhibit.original, exhibit.shown = picture_of(exhibit.source, _middle_first(exhibit.source))
                exhibit.shared = self.cast.hospital_a.share(
                    exhibit.source, subject=subject, progress=progress
                )
                done += exhibit.source.length
                exhibit.ciphertext = self._first_block(exhibit)
                record = self.cast.reader.studies.study(exhibit.number, at="final")
                note.fact(exhibit.title, exhibit.number)
                note.check(
                    "the chain names what was sealed",
                    holds=record.manifest_digest == exhibit.shared.sealed.manifest_digest,
                )
            note.sentence = (
                f"{_count(len(self.exhibits), 'study', 'studies')}, encrypted in blocks of 1 MiB that look "
                "alike; the chain has a number, a digest and a commitment of each, no name and no UID."
            )

    def _ask_without_consent(self) -> None:
        title = "Hospital B is invited, has no consent, and asks"
        with self.stage.step("ask-without-consent", title, NAMES[B], "denial") as note:
            for exhibit in self.exhibits:
                asked = self._request(exhibit, B, None)
                self._expect(note, asked, Reason.DIRECTIVE_ABSENT)

    def _sign(self) -> None:
        title = "The patient signs a consent for Hospital B; Hospital A brings it to the chain"
        with self.stage.step("consent", title, "the patient") as note:
            subject = self.cast.patient.address(custodian=A)
            self._consent(B, note)
            note.check("the patient paid nothing", holds=self.cast.reader.balance(subject) == 0)
            note.sentence = "For treatment, for a year, at Hospital A. The chain has a commitment to it."

    def _ask(self) -> None:
        with self.stage.step("ask", "Hospital B asks again and cites the consent", NAMES[B]) as note:
            for exhibit in self.exhibits:
                asked = self._request(exhibit, B, B)
                self._expect(note, asked, Reason.PERMITTED)
                exhibit.requests[B] = asked

    def _release(self) -> None:
        title = "Hospital A releases the keys; the chain decides again"
        with self.stage.step("release", title, NAMES[A]) as note:
            for exhibit in self.exhibits:
                number = exhibit.requests[B].number
                released = self.cast.hospital_a.release(number, person=ARCHIVE)
                event = self._release_of(number)
                final = self.cast.reader.final_head().number
                note.check("recorded at a block that is final", holds=event.block <= final)
                note.check(
                    "the envelope published is the one recorded",
                    holds=event.envelope_digest == released.envelope_digest,
                )
                self.kept.append(KeptEnvelope(self.cast, B, event))
            note.sentence = (
                "A key envelope for each study, for Hospital B alone, published after it was final."
            )

    def _fetch(self) -> None:
        title = "Hospital B fetches, opens and compares"
        with self.stage.step("fetch", title, NAMES[B]) as note:
            for exhibit in self.exhibits:
                fetched = self.cast.requesters[B].fetch(exhibit.requests[B].number)
                exhibit.identical = _identical(exhibit.source, fetched)
                note.check(
                    f"{exhibit.title}: identical to the original, instance by instance",
                    holds=exhibit.identical == len(exhibit.source),
                )
                exhibit.opened = self._picture_after(exhibit, fetched)
            note.sentence = "What arrived is what was registered, bit for bit."

    def _confirm(self) -> None:
        with self.stage.step("confirm", "Hospital B confirms", NAMES[B]) as note:
            for exhibit in self.exhibits:
                requester, number = self.cast.requesters[B], exhibit.requests[B].number
                requester.confirm(requester.fetch(number), person=DOCTOR[B])
                state = self.cast.reader.ledger.request_of(number, at="final")
                note.check("the ledger has the confirmation", holds=state.confirmed_epoch == 1)
            note.sentence = "The ledger shows that Hospital B received what was registered."

    def _ask_for_another(self) -> None:
        title = "Company C cites the consent, which does not name it"
        with self.stage.step("ask-uninvited", title, NAMES[C], "denial") as note:
            self._expect(note, self._request(self.exhibits[0], C, B), Reason.GRANTEE_DIFFERS)

    def _share_with_a_second(self) -> None:
        title = "Hospital D gets access by a second consent"
        with self.stage.step("second-requester", title, NAMES[D]) as note:
            before = self._blocks()
            self._consent(D, note)
            for exhibit in self.exhibits:
                exhibit.requests[D] = self._request(exhibit, D, D)
                self.cast.hospital_a.release(exhibit.requests[D].number, person=ARCHIVE)
                fetched = self.cast.requesters[D].fetch(exhibit.requests[D].number)
                note.check(
                    "Hospital D opens it", holds=_identical(exhibit.source, fetched) == len(exhibit.source)
                )
            after = self._blocks()
            added = sum(size for path, (size, _) in after.items() if path not in before)
            note.check("no stored block was touched", holds=before.items() <= after.items())
            note.check("only envelopes were added", holds=added == len(self.exhibits) * crypto.ENVELOPE_SIZE)
            note.sentence = (
                f"The keys were wrapped again: {added:,} bytes more in the store, no image byte touched."
            )

    def _withdraw(self) -> None:
        title = "The patient withdraws Hospital B's consent"
        with self.stage.step("withdraw", title, "the patient") as note:
            consent = self.cast.consents[B]
            self.cast.hospital_a.relay(self.cast.patient.withdraw(consent))
            kept = self.cast.reader.consents.commitment(consent.directive.subject, consent.number, at="final")
            note.check("the chain has the withdrawal, final", holds=kept.revoked_at > 0)
            note.sentence = "From this block on nothing more is released under it, by anyone."

    def _rotate(self) -> None:
        title = "Hospital A rotates: new keys, new ciphertext, the old blocks gone"
        with self.stage.step("rotate", title, NAMES[A]) as note:
            store = self.cast.sandbox.store
            for exhibit in self.exhibits:
                old = tuple(crypto.list_cids(exhibit.on_chain.sealed.manifest_digest, store.get))
                rotation = self.cast.hospital_a.rotate(exhibit.number, person=ARCHIVE)
                new = tuple(crypto.list_cids(rotation.sealed.manifest_digest, store.get))
                note.check(f"{exhibit.title}: no new block is an old one", holds=not set(old) & set(new))
                note.check(f"none of the {len(old)} old blocks is in the store", holds=not store.present(old))
                note.check(
                    "Hospital D was served again, Hospital B was not",
                    holds=[each.requester for each in rotation.served] == [D]
                    and [error.reason for _, error in rotation.denied] == [Reason.DIRECTIVE_REVOKED]
                    and not rotation.failed,
                )
                fetched = self.cast.requesters[D].fetch(exhibit.requests[D].number)
                note.check(
                    "Hospital D opens the new object: the same images, bit for bit",
                    holds=fetched.epoch == rotation.epoch
                    and _identical(exhibit.source, fetched) == len(exhibit.source),
                )
            note.sentence = "Hospital D, still permitted, was given the new keys; Hospital B was not."

    def _ask_again(self) -> None:
        with self.stage.step("ask-again", "Hospital B asks again", NAMES[B], "denial") as note:
            self._expect(note, self._request(self.exhibits[0], B, B), Reason.DIRECTIVE_REVOKED)

    def _open_with_the_old_envelope(self) -> None:
        title = "Hospital B tries its old envelopes on the new objects"
        with self.stage.step("old-envelope", title, NAMES[B], "denial") as note:
            for kept in self.kept:
                study = self.cast.reader.studies.study(kept.release.study, at="final")
                key, secret = kept.open()
                context = self.cast.sandbox[B].study_context(kept.release.study, study.epoch)
                try:
                    crypto.open_study(
                        self.cast.sandbox.store.get,
                        key=key,
                        secret=secret,
                        custodian=A,
                        context=context,
                        manifest_digest=study.manifest_digest,
                        committed=study.content_commitment,
                    )
                except HeaderError as error:
                    note.check("the old key does not open the new object", holds=True)
                    note.sentence = error.sentence
                else:
                    note.check("the old key does not open the new object", holds=False)
                note.check(
                    "nor does the old envelope open as one for the new epoch",
                    holds=_refuses(kept, study.epoch),
                )

    # What several steps do

    def _consent(self, grantee: int, note: Note) -> None:
        consent = self.cast.patient.allow(
            custodian=A, grantee=grantee, purposes=[Purpose.TREAT], categories=_ALL_CATEGORIES
        )
        self.cast.hospital_a.relay(consent)
        self.cast.consents[grantee] = consent
        kept = self.cast.reader.consents.commitment(consent.directive.subject, consent.number, at="final")
        note.fact("consent", consent.number)
        note.check("the chain has the consent, final", holds=kept.recorded_at > 0)

    def _request(self, exhibit: Exhibit, requester: int, cited: int | None) -> AccessRequest:
        consent = self.cast.consents[cited] if cited else None
        invitation = self.cast.hospital_a.invite(exhibit.number, consent)
        return self.cast.requesters[requester].request(
            invitation, purpose=Purpose.TREAT, person=DOCTOR[requester]
        )

    def _expect(self, note: Note, asked: AccessRequest, reason: Reason) -> None:
        note.sentence = asked.decision.sentence
        recorded = next(self.cast.reader.find(AccessRequested, last=asked.block, request=asked.number), None)
        note.fact("request", asked.number)
        note.check(f"the answer is {reason.name}", holds=asked.decision.reason == reason)
        note.check("it is recorded", holds=recorded is not None and recorded.reason == reason)

    def _release_of(self, request: bytes) -> AccessReleased:
        return list(self.cast.reader.find(AccessReleased, request=request))[-1]

    def _first_block(self, exhibit: Exhibit) -> Picture:
        store = self.cast.sandbox.store
        cids = crypto.list_cids(exhibit.on_chain.sealed.manifest_digest, store.get)
        return picture_of_block(store.get(next(cid for cid in cids if cid.codec == RAW)))

    def _picture_after(self, exhibit: Exhibit, fetched: FetchedStudy) -> Picture:
        if exhibit.shown is None:
            return exhibit.original
        uid = exhibit.shown.sop_uid
        return picture_of(fetched.opened, [each for each in fetched.opened if each.sop_uid == uid])[0]

    def _blocks(self) -> dict[str, tuple[int, int]]:
        """Size and time of every file of the store that is a block."""
        files = [path for path in (self.cast.sandbox.store.folder / "blocks").rglob("*") if path.is_file()]
        return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in files}


def _middle_first(source: StudySource) -> list[Instance]:
    """The instances, the middle one first: the first image of a series often shows little."""
    instances = list(source)
    middle = len(instances) // 2
    return instances[middle:] + instances[:middle]


def _identical(source: StudySource, fetched: FetchedStudy) -> int:
    """How many instances arrived with exactly the bytes of the original's files; nothing is kept."""
    originals = {instance.sop_uid: instance for instance in source}
    count = 0
    for instance, pieces in fetched.instances():
        with source.open(originals[instance.sop_uid]) as original:
            same = all(original.read(len(piece)) == piece for piece in pieces)
            count += same and not original.read(1)
    return count


def _refuses(kept: KeptEnvelope, epoch: int) -> bool:
    """Whether the envelope refuses to open in another epoch's context."""
    try:
        crypto.unwrap(
            kept.key_pair, kept.envelope, replace(kept.context, epoch=epoch), kept.release.envelope_digest
        )
    except UnwrapError:
        return True
    return False


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
