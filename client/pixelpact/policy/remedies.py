"""What would take a reason away, as one or two concrete sentences for the person who was denied."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pixelpact.policy import wording
from pixelpact.policy._generated import Permission, Purpose, Reason
from pixelpact.policy.checks import RESEARCH, Case, missing_obligations, modifier_reason
from pixelpact.policy.facts import InstitutionStatus
from pixelpact.policy.vocabulary import (
    PURPOSES,
    REQUEST_LIFETIME,
    VOCABULARY_VERSION,
    allows_research,
    ancestors,
    covers,
    outside,
    purpose_set,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pixelpact.models import Directive
    from pixelpact.policy.facts import InstitutionFacts, ReleaseFacts

#: In braces: properties of the situation, looked up only for the reason that is found.
_SENTENCES: Final[Mapping[Reason, str]] = {
    Reason.PERMITTED: "Nothing needs to change.",
    Reason.STUDY_UNKNOWN: "Check the study's number, or ask the hospital that holds it to register it.",
    Reason.STUDY_WITHDRAWN: "The study is shared again by {0.custodian}.",
    Reason.STUDY_ERASED: "Nothing would: an erased study does not come back.",
    Reason.REQUESTER_NOT_ACTIVE: "The consortium {0.activation_of_requester} {0.requester}.",
    Reason.REQUESTER_LACKS_ROLE: "The consortium gives {0.requester} the requester role.",
    Reason.CUSTODIAN_NOT_ACTIVE: "The consortium {0.activation_of_custodian} {0.custodian}.",
    Reason.CUSTODIAN_LACKS_ROLE: "The consortium gives {0.custodian} the custodian role.",
    Reason.CUSTODIAN_DIFFERS: (
        "Cite a consent to {0.custodian}, which holds the study; this one is to {0.custodian_named}."
    ),
    Reason.REFUSED_BY_PATIENT: "The patient lifts the refusal of {0.refusals}.",
    Reason.DIRECTIVE_ABSENT: (
        "The patient signs a consent that lets {0.custodian} share with {0.requester} for "
        "{0.purpose_or_wider}; it is recorded, and the request cites it."
    ),
    Reason.DIRECTIVE_MALFORMED: (
        "The patient signs a consent that ends after it starts and at most ten years later, with at most "
        "eight conditions, each once and ascending by their numbers."
    ),
    Reason.SUBJECT_DIFFERS: "Cite a consent of the patient whose study this is.",
    Reason.DIRECTIVE_NOT_RECORDED: (
        "The consent is recorded on the chain; anyone who has it with the patient's signature can do that."
    ),
    Reason.DIRECTIVE_REVOKED: "The patient signs a new consent; one that was withdrawn does not come back.",
    Reason.GENERATION_PAST: (
        "The patient signs a new consent, of generation {0.generation}; this one is of "
        "{0.directive.generation}."
    ),
    Reason.NOT_YET_VALID: "Ask again from {0.start} on.",
    Reason.EXPIRED: "The patient signs a new consent; this one ended at {0.end}.",
    Reason.STUDY_NOT_COVERED: (
        "The patient signs a consent for this study, or for all that {0.custodian} holds; this one is for "
        "the study {0.study_named}."
    ),
    Reason.GRANTEE_DIFFERS: (
        "The patient signs a consent that names {0.requester}; this one names {0.grantee_named}."
    ),
    Reason.GRANTEE_JOINED_LATER: (
        "The patient signs a consent that names {0.requester}, or one recorded after {0.requester_since}, "
        "when it became a requester."
    ),
    Reason.CATEGORY_NOT_ASKED: "Ask for {0.kinds_not_asked} too: the key opens the whole study.",
    Reason.CATEGORY_NOT_GRANTED: "{0.ways_to_the_kinds}",
    Reason.PURPOSE_UNKNOWN: "Ask for a purpose that the vocabulary has, a number from 0 to {0.last_purpose}.",
    Reason.PURPOSE_NOT_GRANTED: (
        "The patient signs a consent for {0.purpose_or_wider}; this one is for {0.purposes_named}."
    ),
    Reason.ENGINE_FAILED: "The consortium repairs its rules; until then every request is denied.",
    Reason.VOCABULARY_UNKNOWN: "The patient signs a consent under vocabulary {0.vocabulary}.",
    Reason.PERMISSION_ABSENT: "The patient signs a consent with {0.fitting_permissions}.",
    Reason.PERMISSION_EXCLUDES_PURPOSE: "The patient signs a consent with {0.fitting_permissions}.",
    Reason.PERMISSION_NEEDS_PROJECT: "The patient signs a consent with {0.fitting_permissions}.",
    Reason.MODIFIER_UNDECIDABLE: "The patient signs a consent without this: {0.undecidable_conditions}.",
    Reason.MODIFIER_INSTITUTION: (
        "The patient signs a consent limited to {0.requester}, or to no institution."
    ),
    Reason.MODIFIER_COUNTRY: (
        "The patient signs a consent limited to {0.country}, where {0.requester} is, or to no country."
    ),
    Reason.MODIFIER_TIME: "The patient signs a new consent; the months of this one are over.",
    Reason.MODIFIER_NOT_FOR_PROFIT: "The patient signs a consent without this condition.",
    Reason.MODIFIER_ANCESTRY: (
        "Ask for a kind of research that is not on population origins or ancestry, and say which kind; or "
        "the patient signs a consent without this condition."
    ),
    Reason.PROJECT_UNKNOWN: "Ask without a project; research is decided without one.",
    Reason.OBLIGATION_NOT_ACCEPTED: "The institution that asks accepts to {0.obligations}.",
    Reason.EPOCH_PAST: "Release the key of epoch {0.epoch}.",
    Reason.KEY_VERSION_PAST: "{0.way_to_the_key}",
    Reason.REQUEST_EXPIRED: "The institution asks again; this request could be served until {0.last_moment}.",
}


@dataclass(frozen=True, slots=True)
class Situation:
    """A case and, at a release, what it names; says for each reason found in it what would take that away.

    Attributes:
        case: the question that is decided.
        release: what a release names; None for a request.
        names: the institutions' names by their numbers.
    """

    case: Case
    release: ReleaseFacts | None
    names: Mapping[int, str]

    def remedy(self, reason: Reason) -> str:
        """What would take this reason away; one that the checks found in this case."""
        return _SENTENCES[reason].format(self)

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
    def country(self) -> str:
        """The country of the institution that asks."""
        return self.case.facts.requester.country.decode("ascii", "replace")

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
        if not covers(RESEARCH, purpose):
            return f"another data use permission than {wording.permission(Permission.CC)}, or none"
        # Research on one disease waits for projects, so it would only be the next obstacle.
        fitting = [one for one in Permission if one != Permission.DS and allows_research(one, purpose)]
        listed = wording.series([wording.permission(one) for one in fitting], "or")
        return f"a data use permission that allows this purpose: {listed}"

    @property
    def undecidable_conditions(self) -> str:
        """The conditions of the directive that can't be checked."""
        codes = [
            modifier.code
            for modifier in self.directive.modifiers
            if modifier_reason(self.case, modifier) == Reason.MODIFIER_UNDECIDABLE
        ]
        return wording.series([wording.condition(code) for code in codes])

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
        return wording.moment(self.release.requested_at + REQUEST_LIFETIME)


def _activation(institution: InstitutionFacts) -> str:
    suspended = institution.status == InstitutionStatus.SUSPENDED
    return "ends the suspension of" if suspended else "admits"
