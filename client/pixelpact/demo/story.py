"""The story: one hospital shares a patient's studies with others, until the patient says no."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pixelpact import crypto
from pixelpact.audit import Auditor, Finding
from pixelpact.chain import AccessReleased, AccessRequested, InstitutionStatus
from pixelpact.custodian import Custodian
from pixelpact.demo.arrival import count_identical, middle_first
from pixelpact.demo.kept import KeptEnvelope
from pixelpact.demo.outcome import Picture
from pixelpact.demo.pictures import picture_of, picture_of_block
from pixelpact.demo.stage import NAMES, Cast, Exhibit, Note, Stage
from pixelpact.errors import HeaderError
from pixelpact.localnet import Consortium
from pixelpact.models import RAW
from pixelpact.patient import Patient
from pixelpact.policy import Category, Purpose, Reason
from pixelpact.requester import AccessRequest, FetchedStudy, Requester

__all__ = ["ARCHIVE", "DOCTOR", "A", "B", "C", "D", "Story"]

A, B, C, D = 1, 2, 3, 4
ARCHIVE = "archive@hospital-a.example"
DOCTOR = {number: f"doctor@institution-{number}.example" for number in NAMES}

_ALL_CATEGORIES = sum(Category)


class Story:
    """Everything up to the audit, a method for each step, to be called in this order.

    Args:
        stage: runs and keeps the steps.
        exhibits: the studies.
        assemble: brings the institutions together.

    Attributes:
        cast: who takes part, once the story has begun.
        kept: the envelopes that Hospital B got before the withdrawal.
        found_before: what an audit found before anything of the story happened.
        first: the block that the story's own events come after.
        names: the institutions that are called something in it, by number.
    """

    def __init__(self, stage: Stage, exhibits: Sequence[Exhibit], assemble: Callable[[], Consortium]) -> None:
        self.stage = stage
        self.exhibits = exhibits
        self.cast: Cast
        self.kept: list[KeptEnvelope] = []
        self.found_before: tuple[Finding, ...] = ()
        self.first = 0
        self.names = dict(NAMES)
        self._assemble = assemble

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

    def _consortium(self) -> None:
        title = "Four institutions come together on a chain of their own"
        with self.stage.step("consortium", title, "the consortium") as note:
            consortium = self._assemble()
            reader = consortium.chain()
            self.cast = Cast(
                consortium=consortium,
                reader=reader,
                hospital_a=Custodian(consortium[A]),
                requesters={number: Requester(consortium[number]) for number in (B, C, D)},
                patient=Patient.create(consortium.chain()),
            )
            self.stage.open(reader)
            before = Auditor.connect(reader.network, names=NAMES).report()
            self.found_before, self.first = before.findings, before.block + 1
            published = self.cast.together(*(each.publish_key for each in self.cast.requesters.values()))
            versions = dict(zip(self.cast.requesters, published, strict=True))
            note.sentence = (
                "Six contracts stand on a private chain; three requesters published their encryption keys."
            )
            note.fact("chain id", consortium.network.chain_id)
            note.fact("genesis", consortium.network.genesis)
            if before.block:
                note.fact("what the chain had already", f"{before.events} events up to block {before.block}")
            records = {number: reader.institutions.institution(number, at="final") for number in NAMES}
            note.check(
                "the registry has four institutions that take part",
                holds=all(each.status is InstitutionStatus.ACTIVE for each in records.values()),
            )
            note.check(
                "each requester has a new key on the chain",
                holds=all(records[number].key_version == version for number, version in versions.items()),
            )

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
                exhibit.original, exhibit.shown = picture_of(exhibit.source, middle_first(exhibit.source))
                exhibit.shared = self.cast.hospital_a.share(
                    exhibit.source, subject=subject, progress=progress
                )
                self.cast.settle()
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
                self.expect(note, asked, Reason.DIRECTIVE_ABSENT)

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
                self.expect(note, asked, Reason.PERMITTED)
                exhibit.requests[B] = asked

    def _release(self) -> None:
        title = "Hospital A releases the keys; the chain decides again"
        with self.stage.step("release", title, NAMES[A]) as note:
            for exhibit in self.exhibits:
                number = exhibit.requests[B].number
                released = self.cast.hospital_a.release(number, person=ARCHIVE)
                self.cast.settle()
                event = self._release_of(number)
                final = self.cast.reader.final_head().number
                note.check("recorded at a block that is final", holds=event.block <= final)
                note.check(
                    "the envelope published is the one recorded",
                    holds=event.envelope_digest == released.envelope_digest,
                )
                self.kept.append(KeptEnvelope(self.cast.consortium[B], event))
            note.sentence = (
                "A key envelope for each study, for Hospital B alone, published after it was final."
            )

    def _fetch(self) -> None:
        title = "Hospital B fetches, opens and compares"
        with self.stage.step("fetch", title, NAMES[B]) as note:
            for exhibit in self.exhibits:
                fetched = self.cast.requesters[B].fetch(exhibit.requests[B].number)
                exhibit.identical = count_identical(exhibit.source, fetched)
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
                self.cast.settle()
                state = self.cast.reader.ledger.request_of(number, at="final")
                note.check("the ledger has the confirmation", holds=state.confirmed_epoch == 1)
            note.sentence = "The ledger shows that Hospital B received what was registered."

    def _ask_for_another(self) -> None:
        title = "Company C cites the consent, which does not name it"
        with self.stage.step("ask-uninvited", title, NAMES[C], "denial") as note:
            self.expect(note, self._request(self.exhibits[0], C, B), Reason.GRANTEE_DIFFERS)

    def _share_with_a_second(self) -> None:
        title = "Hospital D gets access by a second consent"
        with self.stage.step("second-requester", title, NAMES[D]) as note:
            blocks = self.cast.consortium.blocks(A)
            before = blocks.sizes_and_times()
            self._consent(D, note)
            for exhibit in self.exhibits:
                exhibit.requests[D] = self._request(exhibit, D, D)
                self.cast.hospital_a.release(exhibit.requests[D].number, person=ARCHIVE)
                self.cast.settle()
                fetched = self.cast.requesters[D].fetch(exhibit.requests[D].number)
                note.check(
                    "Hospital D opens it",
                    holds=count_identical(exhibit.source, fetched) == len(exhibit.source),
                )
            after = blocks.sizes_and_times()
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
            self.cast.settle()
            kept = self.cast.reader.consents.commitment(consent.directive.subject, consent.number, at="final")
            note.check("the chain has the withdrawal, final", holds=kept.revoked_at > 0)
            note.sentence = "From this block on nothing more is released under it, by anyone."

    def _rotate(self) -> None:
        title = "Hospital A rotates: new keys, new ciphertext, the old blocks gone"
        with self.stage.step("rotate", title, NAMES[A]) as note:
            store = self.cast.consortium[A].store
            for exhibit in self.exhibits:
                old = tuple(crypto.list_cids(exhibit.on_chain.sealed.manifest_digest, store.get))
                rotation = self.cast.hospital_a.rotate(exhibit.number, person=ARCHIVE)
                self.cast.settle()
                new = tuple(crypto.list_cids(rotation.sealed.manifest_digest, store.get))
                note.check(f"{exhibit.title}: no new block is an old one", holds=not set(old) & set(new))
                note.check(
                    f"none of the {len(old)} old blocks is there any more", holds=not store.present(old)
                )
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
                    and count_identical(exhibit.source, fetched) == len(exhibit.source),
                )
            note.sentence = "Hospital D, still permitted, was given the new keys; Hospital B was not."

    def _ask_again(self) -> None:
        with self.stage.step("ask-again", "Hospital B asks again", NAMES[B], "denial") as note:
            self.expect(note, self._request(self.exhibits[0], B, B), Reason.DIRECTIVE_REVOKED)

    def _open_with_the_old_envelope(self) -> None:
        title = "Hospital B tries its old envelopes on the new objects"
        with self.stage.step("old-envelope", title, NAMES[B], "denial") as note:
            for kept in self.kept:
                study = self.cast.reader.studies.study(kept.release.study, at="final")
                key, secret = kept.open()
                context = self.cast.consortium[B].study_context(kept.release.study, study.epoch)
                try:
                    crypto.open_study(
                        self.cast.consortium[B].store.get,
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
                    holds=kept.refuses(study.epoch),
                )

    # What several steps do

    def _consent(self, grantee: int, note: Note) -> None:
        consent = self.cast.patient.allow(
            custodian=A, grantee=grantee, purposes=[Purpose.TREAT], categories=_ALL_CATEGORIES
        )
        self.cast.hospital_a.relay(consent)
        self.cast.settle()
        self.cast.consents[grantee] = consent
        kept = self.cast.reader.consents.commitment(consent.directive.subject, consent.number, at="final")
        note.fact("consent", consent.number)
        note.check("the chain has the consent, final", holds=kept.recorded_at > 0)

    def _request(self, exhibit: Exhibit, requester: int, cited: int | None) -> AccessRequest:
        consent = self.cast.consents[cited] if cited else None
        invitation = self.cast.hospital_a.invite(exhibit.number, consent)
        asked = self.cast.requesters[requester].request(
            invitation, purpose=Purpose.TREAT, person=DOCTOR[requester]
        )
        self.cast.settle()
        return asked

    def expect(self, note: Note, asked: AccessRequest, reason: Reason) -> None:
        """Check that this is the answer, and that the chain has it."""
        note.sentence = asked.decision.sentence
        recorded = self.recorded(asked)
        note.fact("request", asked.number)
        note.check(f"the answer is {reason.name}", holds=asked.decision.reason == reason)
        note.check("it is recorded", holds=recorded is not None and recorded.reason == reason)

    def recorded(self, asked: AccessRequest) -> AccessRequested | None:
        """The request's event, if the chain has it."""
        return next(self.cast.reader.find(AccessRequested, last=asked.block, request=asked.number), None)

    def _release_of(self, request: bytes) -> AccessReleased:
        return list(self.cast.reader.find(AccessReleased, request=request))[-1]

    def _first_block(self, exhibit: Exhibit) -> Picture:
        store = self.cast.consortium[A].store
        cids = crypto.list_cids(exhibit.on_chain.sealed.manifest_digest, store.get)
        return picture_of_block(store.get(next(cid for cid in cids if cid.codec == RAW)))

    def _picture_after(self, exhibit: Exhibit, fetched: FetchedStudy) -> Picture:
        if exhibit.shown is None:
            return exhibit.original
        uid = exhibit.shown.sop_uid
        return picture_of(fetched.opened, [each for each in fetched.opened if each.sop_uid == uid])[0]


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
