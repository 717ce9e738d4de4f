"""A decision's situation in words: what the sentences of `remedies` name, looked up when it is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pixelpact.models import ZERO32
from pixelpact.policy import wording
from pixelpact.policy._generated import ModifierCode, Permission, Purpose, Reason
from pixelpact.policy.case import Case
from pixelpact.policy.checks import missing_obligations
from pixelpact.policy.facts import InstitutionStatus
from pixelpact.policy.modifiers import modifier_reason
from pixelpact.policy.vocabulary import (
    EMERGENCY_LIFETIME,
    PURPOSES,
    REQUEST_LIFETIME,
    RESEARCH,
    VOCABULARY_VERSION,
    allows_research,
    ancestors,
    outside,
    purpose_set,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pixelpact.models import Directive
    from pixelpact.policy.facts import InstitutionFacts, ReleaseFacts


@dataclass(frozen=True, slots=True)
class Situation:
    """A case and, at a release, what it names, as the sentences of `remedies` ask for it.

    Attributes:
        case: the question that is decided.
        release: what a release names; None for a request.
        names: the institutions' names by their numbers.
    """

    case: Case
    release: ReleaseFacts | None
    names: Mapping[int, str]

    @property
    def directive(self) -> Directive:
        """The directive, for reasons that are found in one only."""
        if self.case.directive is None:
            raise ValueError("no directive was cited, so none has this fault")
        return self.case.directive

    @property
    def custodian(self) -> str:
        """The institution that holds the study."""
        number = self.case.facts.study.custodian
        return wording.institution(number, self.names) if number else "the hospital that holds the study"

    @property
    def requester(self) -> str:
        """The institution that asks."""
        return wording.institution(self.case.facts.requester.number, self.names)

    @property
    def activation_of_requester(self) -> str:
        """What has to be done with the institution that asks."""
        return _activation(self.case.facts.requester)

    @property
    def activation_of_custodian(self) -> str:
        """What has to be done with the institution that holds the study."""
        return _activation(self.case.facts.custodian)

    @property
    def custodian_named(self) -> str:
        """The custodian that the directive names."""
        return wording.institution(self.directive.custodian, self.names)

    @property
    def grantee_named(self) -> str:
        """The grantee that the directive names."""
        return wording.institution(self.directive.grantee, self.names)

    @property
    def study_named(self) -> str:
        """The study that the directive names."""
        return "0x" + self.directive.study.hex()

    @property
    def purposes_named(self) -> str:
        """The purposes that the directive names."""
        return wording.purposes(self.directive.purposes)

    @property
    def start(self) -> str:
        """When the directive begins to be valid."""
        return wording.moment(self.directive.not_before)

    @property
    def end(self) -> str:
        """When the directive ends."""
        return wording.moment(self.directive.expiry)

    @property
    def generation(self) -> int:
        """The patient's present generation."""
        return self.case.facts.generation

    @property
    def requester_since(self) -> str:
        """When the institution that asks became a requester."""
        return wording.moment(self.case.facts.requester.requester_since)

    @property
    def end_of_stop(self) -> str:
        """Until when all sharing is stopped."""
        return wording.moment(self.case.facts.stopped_until)

    @property
    def start_of_paper(self) -> str:
        """From when the consent on paper counts."""
        return wording.moment(self.case.facts.commitment.stands_from)

    @property
    def end_of_approval(self) -> str:
        """When the approval of the project ended."""
        return wording.moment(self.case.facts.project.until)

    @property
    def disease_named(self) -> str:
        """The disease that the directive names."""
        return wording.code(self._value(ModifierCode.DS))

    @property
    def research_type_named(self) -> str:
        """The kind of research that the directive names."""
        return wording.code(self._value(ModifierCode.RS))

    @property
    def project_named(self) -> str:
        """The project that the directive names."""
        return self._value(ModifierCode.PS).hex()

    def _value(self, code: ModifierCode) -> bytes:
        return next(modifier.value for modifier in self.directive.modifiers if modifier.code == code)

    @property
    def conditions_on_the_project(self) -> str:
        """The conditions of the directive that only a project can show to hold."""
        return self._conditions(Reason.MODIFIER_NEEDS_PROJECT)

    @property
    def ways_to_the_country(self) -> str:
        """What to do about a country: where the institution is, where the data would be used, or both."""
        facts, who = self.case.facts, self.requester
        country, used = wording.country(facts.requester.country), wording.country(facts.project.country)
        if self.case.query.project == ZERO32 or country == used:
            return f"The patient signs a consent limited to {country}, where {who} is, or to no country."
        return (
            f"Cite a research project that uses the data in the consent's country, where {who} must be too "
            f"(it is in {country}, the project in {used}); or the patient signs one limited to no country."
        )

    @property
    def way_to_the_board(self) -> str:
        """What to do about the ethics board of the project."""
        board = self.case.facts.project.board
        if board.number == self.case.facts.study.custodian:
            return f"Cite a project that another ethics board approved: {self.custodian} holds the study."
        who = wording.institution(board.number, self.names)
        if board.status != InstitutionStatus.ACTIVE:
            return f"The consortium {_activation(board)} {who}, or another board approves a project."
        return f"The consortium gives {who} the role of an ethics board, or another board approves a project."

    @property
    def key_version(self) -> int:
        """The version of the key of the institution that asks."""
        return self.case.facts.requester.key_version

    @property
    def refusals(self) -> str:
        """Each refusal that stands against the purpose, with its scope."""
        refusals, purpose = self.case.facts.refusals, self.case.query.purpose
        known = purpose in PURPOSES
        upwards = purpose_set(*ancestors(Purpose(purpose))) if known else 1 << purpose
        scopes = {
            "for everything": refusals.everything,
            f"for {self.custodian}": refusals.custodian,
            "for this study": refusals.study,
            f"for {self.requester}": refusals.requester,
            "for what a hospital that held the study before holds": refusals.formers,
            "given on paper or by phone": refusals.taken,
        }
        against = {scope: bits & upwards for scope, bits in scopes.items() if bits & upwards}
        return wording.series([f"{wording.purposes(bits)} {scope}" for scope, bits in against.items()])

    @property
    def purpose_or_wider(self) -> str:
        """The purpose asked for and what covers it, as alternatives."""
        purpose = self.case.query.purpose
        if purpose not in PURPOSES:
            return "a purpose that the vocabulary has"
        return wording.series([wording.purpose(one) for one in ancestors(Purpose(purpose))], "or")

    @property
    def kinds_not_asked(self) -> str:
        """The kinds of images in the study that the query leaves out."""
        return wording.categories(outside(self.case.facts.study.categories, self.case.query.categories))

    @property
    def ways_to_the_kinds(self) -> str:
        """What to do about kinds of images that are asked for and not granted."""
        missing = outside(self.case.query.categories, self.directive.categories)
        held = missing & self.case.facts.study.categories
        ways = []
        if held:
            ways.append(f"The patient signs a consent that covers {wording.categories(held)}.")
        if needless := outside(missing, held):
            ways.append(f"Ask without {wording.categories(needless)}, which the study does not hold.")
        return " ".join(ways)

    @property
    def last_purpose(self) -> int:
        """The greatest number of a purpose."""
        return max(Purpose)

    @property
    def vocabulary(self) -> int:
        """The vocabulary that is known."""
        return VOCABULARY_VERSION

    @property
    def fitting_permissions(self) -> str:
        """The permissions that would allow the purpose."""
        purpose = self.case.query.purpose
        if purpose not in RESEARCH:
            return f"another data use permission than {wording.permission(Permission.CC)}, or none"
        # Research on one disease needs a project, so it would only be the next obstacle.
        fitting = [one for one in Permission if one != Permission.DS and allows_research(one, purpose)]
        listed = wording.series([wording.permission(one) for one in fitting], "or")
        return f"a data use permission that allows this purpose: {listed}"

    @property
    def undecidable_conditions(self) -> str:
        """The conditions of the directive that can't be checked."""
        return self._conditions(Reason.MODIFIER_UNDECIDABLE)

    def _conditions(self, reason: Reason) -> str:
        found = [
            modifier.code
            for modifier in self.directive.modifiers
            if modifier_reason(self.case, modifier) == reason
        ]
        return wording.series([wording.condition(code) for code in found])

    @property
    def obligations(self) -> str:
        """What is to be accepted, and was not."""
        return wording.obligations(missing_obligations(self.case))

    @property
    def epoch(self) -> int:
        """The study's present epoch."""
        return self.case.facts.study.epoch

    @property
    def way_to_the_key(self) -> str:
        """What to do about the requester's encryption key."""
        version = self.case.facts.requester.key_version
        if version == 0:
            return f"An encryption key is published by {self.requester}, and the envelope is sealed to it."
        return f"Seal the envelope to version {version} of the key of {self.requester}."

    @property
    def last_moment(self) -> str:
        """Until when the request could be served for the first time."""
        if self.release is None:
            raise ValueError("a request does not expire before it is to be released")
        lifetime = EMERGENCY_LIFETIME if self.release.is_emergency else REQUEST_LIFETIME
        return wording.moment(self.release.requested_at + lifetime)


def _activation(institution: InstitutionFacts) -> str:
    suspended = institution.status == InstitutionStatus.SUSPENDED
    return "ends the suspension of" if suspended else "admits"
