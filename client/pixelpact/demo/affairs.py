"""What institutions decide together: research, emergencies, who takes part, and by which rules."""

from __future__ import annotations

import hashlib

from pixelpact.chain import Account, EmergencyReviewed, EngineCode, InstitutionStatus, Verdict
from pixelpact.consortium import (
    Delegate,
    ProjectStage,
    admit,
    code_bytes,
    project_of,
    replace_engine,
    suspend,
)
from pixelpact.demo.arrival import count_identical
from pixelpact.demo.part import Part
from pixelpact.demo.stage import NAMES, Note
from pixelpact.demo.story import ARCHIVE, DOCTOR, A, B, D, Story
from pixelpact.errors import InputError
from pixelpact.models import ZERO32, EmergencyDraft, Modifier, SignedDirective
from pixelpact.policy import (
    ModifierCode,
    Permission,
    Purpose,
    Reason,
    Role,
)
from pixelpact.profile import Profile
from pixelpact.requester import Requester

__all__ = ["Affairs"]

_YEAR = 31_557_600
_BOARD = "the ethics board"
_CONSORTIUM = "the consortium"
#: Type 2 diabetes mellitus, by the Mondo Disease Ontology.
_DISEASE = "MONDO:0005148"
_WHY = "Unconscious after a fall; earlier images are needed before the operation."
_REPORT = b"Both were on duty that night, and the patient was theirs."


class Affairs(Part):
    """Project and ethics board, emergency, suspension and engine, a method for each step, in this order.

    Args:
        story: told up to the last denial.
        second: the profile of Hospital B's second person, who may open records in an emergency.
        batched: a consent for Hospital B that stands.
    """

    def __init__(self, story: Story, second: Profile, batched: SignedDirective) -> None:
        super().__init__(story)
        self._second = Requester(second)
        self._batched = batched
        self._research: SignedDirective
        self._project = b""
        self._board = 0
        self._account = Account.generate()
        self._draft: EmergencyDraft
        self._emergency = b""
        self._engine: EngineCode
        self._suspension = self._replacement = 0

    def tell(self) -> None:
        """All of them."""
        self._register()
        self._ask_without_project()
        self._admit()
        self._approve()
        self._ask_with_project()
        self._open_in_emergency()
        self._review()
        self._deploy()
        self._vote_for_two_things()
        self._suspend()
        self._ask_under_a_suspended_board()
        self._replace_the_engine()
        self._decide_by_it()

    def _register(self) -> None:
        title = "Hospital B registers a research project; the patient allows research on its disease"
        with self.stage.step("project-registered", title, NAMES[B]) as note:
            body = project_of(
                B, protocol=hashlib.sha256(b"A protocol made up for this story.").digest(), codes=[_DISEASE]
            )
            self._research = self.cast.patient.allow(
                custodian=A,
                grantee=B,
                purposes=[Purpose.HRESCH],
                categories=self.categories,
                permission=Permission.DS,
                modifiers=[Modifier(ModifierCode.DS, code_bytes(_DISEASE))],
            )
            found, _ = self.cast.together(
                lambda: self.delegate(B).register_project(body),
                lambda: self.cast.hospital_a.relay(self._research),
            )
            self._project = found.number
            note.fact("project", found.number)
            note.fact("disease", _DISEASE)
            note.check("it is registered, and nobody has approved it", holds=not found.board)
            note.sentence = "The chain has the protocol's digest; an ethics board has yet to approve it."

    def _ask_without_project(self) -> None:
        title = "Hospital B asks for research without a project"
        with self.stage.step("project-missing", title, NAMES[B], "denial") as note:
            self._ask_for_research(note, Reason.PERMISSION_NEEDS_PROJECT, cited=False)

    def _admit(self) -> None:
        title = "An ethics board is admitted by the institutions' votes"
        with self.stage.step("admission-by-vote", title, _CONSORTIUM) as note:
            motion = admit(self._account.address, roles=Role.ETHICS_BOARD, country="CH")
            (number,) = self.vote(note, {A: motion})
            self.delegate(D).carry_out(number)
            self.cast.settle()
            registry = self.cast.reader.institutions
            self._board = registry.operator(self._account.address, at="final").institution
            self.story.names[self._board] = _BOARD
            record = registry.institution(self._board, at="final")
            note.fact("institution", self._board)
            note.check(
                "the registry has it as an ethics board that takes part",
                holds=record.status is InstitutionStatus.ACTIVE and record.roles == Role.ETHICS_BOARD,
            )
            note.sentence = "Proposed by Hospital A, voted for by two thirds, carried out by Hospital D."

    def _approve(self) -> None:
        title = "The ethics board approves the project by its signature"
        with self.stage.step("ethics-board-approves", title, _BOARD) as note:
            board = Delegate(self.cast.consortium.join(self._account, self._board))
            signed = board.sign_approval(self._project, self.cast.reader.now() + _YEAR)
            found = self.delegate(B).relay_approval(signed)
            self.cast.settle()
            note.check("it is in force for a year", holds=found.stage is ProjectStage.APPROVED)
            note.check("the board is the one that was admitted", holds=found.board == self._board)
            balance = self.cast.reader.balance(self._account.address)
            note.check("the board needed no ether: Hospital B brought it to the chain", holds=balance == 0)
            note.sentence = "For this project and no other, until a date."

    def _ask_with_project(self) -> None:
        title = "Hospital B asks under the project"
        with self.stage.step("project-request", title, NAMES[B]) as note:
            self._ask_for_research(note, Reason.PERMITTED)
            note.sentence = "Permitted: the project is on the disease, and its approval is in force."

    def _open_in_emergency(self) -> None:
        title = "Two people of Hospital B open the study in an emergency"
        with self.stage.step("emergency-opened", title, NAMES[B]) as note:
            requester = self.cast.requesters[B]
            self._draft = requester.draft_emergency(self.exhibit.number, justification=_WHY, person=DOCTOR[B])
            self._try_alone(note)
            attested = self._second.attest_emergency(
                self._draft, person="second-doctor@institution-2.example"
            )
            asked = requester.ask_in_emergency(self._draft, attested, person=DOCTOR[B])
            self._emergency = asked.number
            self.cast.settle()
            note.check("it is permitted without a consent", holds=asked.decision.permitted)
            self.cast.hospital_a.release(asked.number, person=ARCHIVE)
            self.cast.settle()
            fetched = requester.fetch(asked.number)
            note.check(
                "what arrived is what was registered, bit for bit",
                holds=count_identical(self.exhibit.source, fetched) == len(self.exhibit.source),
            )
            note.sentence = (
                "The chain has two persons' digests and a salted one of the reason; a review is owed."
            )

    def _try_alone(self, note: Note) -> None:
        requester, claim = self.cast.requesters[B], "one account alone can't"
        alone = requester.attest_emergency(self._draft, person="somebody@institution-2.example")
        try:
            requester.ask_in_emergency(self._draft, alone, person=DOCTOR[B])
        except InputError as error:
            note.check(claim, holds=True)
            note.fact("it says", error.sentence)
        else:
            note.check(claim, holds=False)

    def _review(self) -> None:
        title = "Hospital A reviews the emergency"
        with self.stage.step("emergency-review", title, NAMES[A]) as note:
            owed = [each.number for each in self.cast.hospital_a.unreviewed()]
            note.check("it waited for a review", holds=self._emergency in owed)
            late = self.cast.hospital_a.review(
                self._emergency,
                Verdict.JUSTIFIED,
                _REPORT,
                person="privacy@hospital-a.example",
                draft=self._draft,
            )
            self.cast.settle()
            found = next(self.cast.reader.find(EmergencyReviewed, request=self._emergency), None)
            note.check(
                "the chain has the verdict, in time",
                holds=found is not None and found.verdict == Verdict.JUSTIFIED and not late,
            )
            left = [each.number for each in self.cast.hospital_a.unreviewed()]
            note.check("nothing is owed for it any more", holds=self._emergency not in left)
            note.sentence = "The reason that was handed over is the one that was given then."

    def _deploy(self) -> None:
        title = "Hospital A deploys another version of the policy engine"
        with self.stage.step("engine-deployed", title, NAMES[A]) as note:
            present = max(1, self.cast.reader.institutions.rule().engine_version)
            self._engine = self.delegate(A).deploy_engine(present + 1)
            self.cast.settle()
            seen = self.delegate(B).inspect_engine(self._engine.address)
            note.fact("code", seen.code_hash)
            note.fact("version", seen.version)
            note.check("Hospital B finds the engine that is shipped, byte for byte", holds=seen.is_shipped)
            rule = self.cast.reader.institutions.rule(at="final")
            note.check("it decides nothing yet", holds=rule.engine_version < self._engine.version)
            note.sentence = "Anybody may deploy one; it decides after a vote and a notice."

    def _vote_for_two_things(self) -> None:
        title = (
            "The institutions vote for the engine, whose notice begins, and for suspending the ethics board"
        )
        with self.stage.step("engine-voted", title, _CONSORTIUM) as note:
            replacement = replace_engine(self._engine.address, self._engine.code_hash)
            numbers = self.vote(note, {B: replacement, A: suspend(self._board)})
            self._replacement, self._suspension = numbers
            standing = self.delegate(A).proposal(self._replacement)
            notice = self.cast.reader.institutions.terms().engine_notice
            note.check("the engine waits for its notice", holds=standing.from_ >= standing.passed_at + notice)
            note.sentence = (
                f"In the notice patients can withdraw: {notice} seconds here, and a week is recommended."
            )

    def _suspend(self) -> None:
        title = "The ethics board is suspended by the institutions' votes"
        with self.stage.step("suspension-by-vote", title, _CONSORTIUM) as note:
            self.delegate(A).carry_out(self._suspension)
            self.cast.settle()
            record = self.cast.reader.institutions.institution(self._board, at="final")
            note.check("the registry has it as suspended", holds=record.status is InstitutionStatus.SUSPENDED)
            note.sentence = "It does nothing any more, until the others vote to reinstate it."

    def _ask_under_a_suspended_board(self) -> None:
        title = "Hospital B asks under the project that the suspended board approved"
        with self.stage.step("suspension-denies", title, NAMES[B], "denial") as note:
            self._ask_for_research(note, Reason.PROJECT_BOARD_DEPENDENT)

    def _replace_the_engine(self) -> None:
        title = "The notice is over, and the engine is replaced"
        with self.stage.step("engine-replaced", title, _CONSORTIUM) as note:
            self.cast.wait_until(self.delegate(B).proposal(self._replacement).from_)
            self.delegate(B).carry_out(self._replacement)
            self.cast.settle()
            rule = self.cast.reader.institutions.rule(at="final")
            note.check(
                "the chain decides by it from now on",
                holds=rule.engine == self._engine.address and rule.engine_version == self._engine.version,
            )
            note.sentence = "An engine can only narrow what the contracts' floor permits."

    def _decide_by_it(self) -> None:
        title = "Hospital B asks; the answer carries the new version"
        with self.stage.step("engine-decides", title, NAMES[B]) as note:
            invitation = self.cast.hospital_a.invite(self.exhibit.number, self._batched)
            asked = self.ask(note, invitation, Reason.PERMITTED)
            event = self.story.recorded(asked)
            note.check(
                f"it was decided by version {self._engine.version}",
                holds=event is not None and event.engine_version == self._engine.version,
            )
            note.sentence = f"Permitted, by version {self._engine.version} of the rules."

    def _ask_for_research(self, note: Note, reason: Reason, *, cited: bool = True) -> None:
        self.ask(
            note,
            self.cast.hospital_a.invite(self.exhibit.number, self._research),
            reason,
            purpose=Purpose.DSRCH,
            project=self._project if cited else ZERO32,
        )
