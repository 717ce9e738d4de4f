"""What patients can say beside one consent: guardians, refusals, paper, and consents by the thousand."""

from __future__ import annotations

import os
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

from pixelpact.chain import PaperRecorded, RefusalSet, batches
from pixelpact.custodian import AnchoredBatch, Custodian
from pixelpact.demo.arrival import count_identical
from pixelpact.demo.part import Part
from pixelpact.demo.rogue import RogueRequester
from pixelpact.demo.stage import NAMES, Note
from pixelpact.demo.story import ARCHIVE, A, B, C, D, Story
from pixelpact.documents import standing_of
from pixelpact.errors import InputError
from pixelpact.models import Directive, PaperDirective, SignedDirective
from pixelpact.patient import Guardian, Patient
from pixelpact.policy import GuardianPower, Purpose, Reason
from pixelpact.profile import Profile

__all__ = ["Wishes"]

_LEAVES = 1_000
_FORM = b"The scan of a form that a patient without a wallet signed, made up for this story."


class Wishes(Part):
    """Guardian, refusal, paper and batch, a method for each step, to be called in this order.

    Args:
        story: told up to the last denial.
        second: the profile of Hospital D's second person, who may attest what is on paper.
    """

    def __init__(self, story: Story, second: Profile) -> None:
        super().__init__(story)
        self._second = Custodian(second)
        self._guardian = Guardian.create(self.cast.reader)
        self._appointment = 0
        self._allowed: SignedDirective
        self._paper: PaperDirective
        self._paper_study = b""
        self._leaves: list[SignedDirective] = []
        self._signing: Future[list[SignedDirective]]
        self._batch: AnchoredBatch

    def tell(self) -> None:
        """All of them."""
        read = self.cast.patient.draft(
            custodian=A, grantee=B, purposes=[Purpose.TREAT], categories=self.categories
        )
        with ThreadPoolExecutor(1) as pool:
            # The wallet takes seconds for so many signatures, and the steps before them wait for blocks.
            self._signing = pool.submit(self._sign_leaves, read)
            self._tell()

    def _tell(self) -> None:
        self._appoint()
        self._allow_as_guardian()
        self._refuse()
        self._record_paper()
        self._ask_by_paper()
        self._anchor()
        self._serve_a_leaf()
        self._cite_a_revoked_leaf()
        self._withhold_leaves()

    @property
    def batched(self) -> SignedDirective:
        """A consent of the batch that stands."""
        return self._leaves[0]

    def _appoint(self) -> None:
        title = "The patient appoints a guardian, who may allow in the patient's name"
        with self.stage.step("guardian-appointed", title, "the patient") as note:
            signed = self.cast.patient.appoint(
                self._guardian.address, custodian=A, powers=GuardianPower.GRANT
            )
            self._appointment = signed.appointment.number
            self.cast.hospital_a.relay(signed)
            self.cast.settle()
            kept = self.cast.reader.consents.appointment(self.subject, self._appointment, at="final")
            note.fact("appointment", self._appointment)
            note.check("the chain has the guardian, final", holds=kept.guardian == self._guardian.address)
            note.sentence = "The guardian has a wallet and no ether; the appointment ends after a year."

    def _allow_as_guardian(self) -> None:
        title = "The guardian signs a consent for Company C, which cites it"
        with self.stage.step("guardian-consents", title, "the guardian") as note:
            self._allowed = self._guardian.allow(
                self.subject,
                self._appointment,
                custodian=A,
                grantee=C,
                purposes=[Purpose.TREAT],
                categories=self.categories,
            )
            self.cast.hospital_a.relay(self._allowed)
            self._cite(note, self._allowed, Reason.PERMITTED, requester=C)
            note.sentence = "Permitted: within its powers a guardian's signature is as good as the patient's."

    def _refuse(self) -> None:
        title = "The patient refuses Company C, whatever anybody allowed, and dismisses the guardian"
        with self.stage.step("refusal", title, "the patient", "denial") as note:
            refusal = self.cast.patient.refuse(custodian=A, grantee=C)
            dismissal = self.cast.patient.dismiss(self._appointment, custodian=A)
            # Any institution brings what is signed to the chain.
            self.cast.together(
                lambda: self.cast.hospital_a.relay(refusal),
                lambda: Custodian(self.cast.consortium[B]).relay(dismissal),
            )
            found = next(self.cast.reader.find(RefusalSet, subject=self.subject), None)
            note.check(
                "the chain has the refusal, final",
                holds=found is not None and found.grantee == C and found.purposes > 0,
            )
            kept = self.cast.reader.consents.appointment(self.subject, self._appointment, at="final")
            note.check("the chain has the guardian's end, final", holds=kept.ended)
            stands = standing_of(self.cast.reader, self._allowed)
            note.check("what the guardian allowed counts no more", holds=stands.word == "void")
            self._cite(note, self._allowed, Reason.REFUSED_BY_PATIENT, requester=C)

    def _record_paper(self) -> None:
        title = "Hospital D records a consent on paper, which two of its people saw"
        with self.stage.step("paper-recorded", title, NAMES[D]) as note:
            # Paper counts for those who never signed with a key: somebody else than the story's patient.
            subject = Patient.create(self.cast.reader).address(custodian=D)
            hospital = Custodian(self.cast.consortium[D])
            self._paper_study = hospital.share(self.exhibit.source, subject=subject).number
            self._paper = hospital.draft_paper(
                _FORM,
                subject=subject,
                grantee=B,
                purposes=[Purpose.TREAT],
                categories=self.categories,
            )
            hospital.record_paper(self._paper, self._second.attest_paper(self._paper, _FORM))
            self.cast.settle()
            found = next(self.cast.reader.find(PaperRecorded, directive=self._paper.number), None)
            note.check(
                "the chain has it as what it is, of two accounts",
                holds=found is not None and found.first != found.second,
            )
            note.sentence = "It counts after the consortium's delay, until the patient signs with a key."

    def _ask_by_paper(self) -> None:
        title = "After the delay Hospital B cites what stands on paper"
        with self.stage.step("paper-counts", title, NAMES[B]) as note:
            recorded = self.cast.reader.consents.commitment(
                self._paper.directive.subject, self._paper.number, at="final"
            ).recorded_at
            self.cast.wait_until(recorded + self.cast.reader.institutions.terms().paper_delay)
            invitation = Custodian(self.cast.consortium[D]).invite(self._paper_study, self._paper)
            self.ask(note, invitation, Reason.PERMITTED)
            note.sentence = "Permitted: two people of Hospital D attested the form, and the delay is over."

    def _anchor(self) -> None:
        title = f"Hospital A anchors a batch of {_LEAVES:,} signed consents under one root"
        with self.stage.step("batch-anchored", title, NAMES[A]) as note:
            self._leaves = self._signing.result()
            self._batch = self.cast.hospital_a.anchor(self._leaves)
            self.cast.settle()
            kept = self.cast.reader.consents.anchored_at(A, self._batch.root, at="final")
            note.fact("root", self._batch.root)
            note.check("the chain has the root, final", holds=kept == self._batch.anchored_at > 0)
            note.check(
                "each consent is shown by evidence of its own", holds=len(self._batch.evidence) == _LEAVES
            )
            note.sentence = "One transaction; each consent counts, is proven and is withdrawn alone."

    def _serve_a_leaf(self) -> None:
        title = "Hospital B cites one consent of the batch and is served; the patient withdraws another"
        with self.stage.step("batch-served", title, NAMES[B]) as note:
            asked = self._cite(note, self.batched, Reason.PERMITTED)
            withdrawal = self.cast.patient.withdraw(self._leaves[1])
            self.cast.together(
                lambda: self.cast.hospital_a.release(asked, person=ARCHIVE),
                lambda: Custodian(self.cast.consortium[D]).relay(withdrawal),
            )
            fetched = self.cast.requesters[B].fetch(asked)
            note.check(
                "what arrived is what was registered, bit for bit",
                holds=count_identical(self.exhibit.source, fetched) == len(self.exhibit.source),
            )
            note.sentence = "Permitted, by the consent's own signature; what arrived is what was registered."

    def _cite_a_revoked_leaf(self) -> None:
        title = "Hospital B cites the consent of the batch that was withdrawn, alone"
        with self.stage.step("batch-revoked", title, NAMES[B], "denial") as note:
            self._cite(note, self._leaves[1], Reason.DIRECTIVE_REVOKED)
            other = self.batched
            stands = standing_of(self.cast.reader, other, self._batch.evidence[other.number])
            note.check("the others stand", holds=stands.word == "in force")

    def _withhold_leaves(self) -> None:
        title = "A consent of the batch is cited without what shows it, another with what was tampered with"
        with self.stage.step("batch-withheld", title, NAMES[B], "denial") as note:
            withheld, tampered = self._leaves[2:4]
            evidence = self._batch.evidence[withheld.number]
            leaf = batches.leaf_of(self.cast.reader.network, A, self.subject, tampered.number)
            try:
                batches.check_path(evidence.root, leaf, evidence.path)
            except InputError as error:
                note.check("the library does not ask with another consent's evidence", holds=True)
                note.fact("it says", error.sentence)
            else:
                note.check("the library does not ask with another consent's evidence", holds=False)
            invitation = self.cast.patient.invite(self.exhibit.number, withheld)
            # An insider asks past the library: the contract says the same.
            insider = RogueRequester(self.cast.consortium[D])
            first, second = self.cast.together(
                lambda: self.request(invitation),
                lambda: insider.ask(self.exhibit.number, self.categories, tampered.directive, evidence),
            )
            self.story.expect(note, second, Reason.EVIDENCE_INVALID)
            self.story.expect(note, first, Reason.DIRECTIVE_NOT_RECORDED)
            note.sentence = f"{second.decision.sentence} {first.decision.sentence}"

    def _sign_leaves(self, read: Directive) -> list[SignedDirective]:
        return [self.cast.patient.sign(replace(read, salt=os.urandom(32))) for _ in range(_LEAVES)]

    def _cite(self, note: Note, consent: SignedDirective, reason: Reason, *, requester: int = B) -> bytes:
        self.cast.settle()
        invitation = self.cast.hospital_a.invite(self.exhibit.number, consent)
        return self.ask(note, invitation, reason, requester=requester).number
