"""What would take a reason away, as one or two concrete sentences for the person who was denied."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pixelpact.policy._generated import Reason

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pixelpact.policy.situation import Situation

#: In braces: properties of the situation, looked up only for the reason that is found.
_SENTENCES: Final[Mapping[Reason, str]] = {
    Reason.PERMITTED: "Nothing needs to change.",
    Reason.STUDY_UNKNOWN: "Check the study's number, or ask the hospital that holds it to register it.",
    Reason.STUDY_WITHDRAWN: "The study is shared again by {0.custodian}.",
    Reason.STUDY_ERASED: "Nothing would: an erased study does not come back.",
    Reason.SHARING_STOPPED: "Ask again from {0.end_of_stop} on, or the consortium lifts the stop.",
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
        "The patient signs a consent that ends after it starts and at most ten years later (on paper: one "
        "year), with at most eight conditions, each once and ascending by their numbers."
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
    Reason.GUARDIAN_ENDED: (
        "The patient, or a guardian who acts for the patient now, signs a new consent; or the batch is cited "
        "again with such a signature."
    ),
    Reason.AUTHORITY_EXCEEDED: (
        "A new consent is given by one who may give it: the patient, a guardian who may allow what "
        "{0.custodian} holds, or on paper by {0.custodian}."
    ),
    Reason.PAPER_ENDED: "The patient signs a consent with the key.",
    Reason.EVIDENCE_INVALID: (
        "Cite the batch with this consent's own path and its signature, or record the consent on the chain."
    ),
    Reason.NOT_YET_VALID: "Ask again from {0.start} on.",
    Reason.EXPIRED: "The patient signs a new consent; this one ended at {0.end}.",
    Reason.PAPER_TOO_NEW: "Ask again from {0.start_of_paper} on.",
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
    Reason.PERMISSION_NEEDS_PROJECT: (
        "Cite an approved research project that studies the disease; or the patient signs a consent with "
        "{0.fitting_permissions}."
    ),
    Reason.PERMISSION_NAMES_NO_DISEASE: (
        "The patient signs a consent that names the disease, or one with {0.fitting_permissions}."
    ),
    Reason.MODIFIER_COMMERCIAL: (
        "Ask for a use that is not commercial; or the patient signs a consent without this condition."
    ),
    Reason.MODIFIER_DISEASE: "Cite a research project that lists the disease {0.disease_named}.",
    Reason.MODIFIER_PROJECT: "Cite the research project {0.project_named}.",
    Reason.MODIFIER_NEEDS_PROJECT: (
        "Cite an approved research project, which alone can show this: {0.conditions_on_the_project}; or the "
        "patient signs a consent without it."
    ),
    Reason.MODIFIER_UNDECIDABLE: "The patient signs a consent without this: {0.undecidable_conditions}.",
    Reason.MODIFIER_INSTITUTION: (
        "The patient signs a consent limited to {0.requester}, or to no institution."
    ),
    Reason.MODIFIER_COUNTRY: "{0.ways_to_the_country}",
    Reason.MODIFIER_TIME: "The patient signs a new consent; the months of this one are over.",
    Reason.MODIFIER_NOT_FOR_PROFIT: "The patient signs a consent without this condition.",
    Reason.MODIFIER_ANCESTRY: (
        "Ask for a kind of research that is not on population origins or ancestry, say which kind, and cite "
        "no project that studies them; or the patient signs a consent without this condition."
    ),
    Reason.MODIFIER_RESEARCH_TYPE: (
        "Cite a research project that lists the kind of research {0.research_type_named}."
    ),
    Reason.MODIFIER_METHODS: (
        "Cite a research project that develops neither methods nor software; or the patient signs a consent "
        "without this condition."
    ),
    Reason.MODIFIER_GENETIC: (
        "Cite a research project that studies genes; or the patient signs a consent without this condition."
    ),
    Reason.PROJECT_UNKNOWN: "Cite a research project that is registered, or none.",
    Reason.PROJECT_NOT_APPROVED: "An ethics board approves the project.",
    Reason.PROJECT_WITHDRAWN: "Cite another project; one that was withdrawn does not come back.",
    Reason.PROJECT_EXPIRED: (
        "The board approves the project for longer; its approval ended at {0.end_of_approval}."
    ),
    Reason.PROJECT_BOARD_DEPENDENT: "{0.way_to_the_board}",
    Reason.PROJECT_NOT_PARTNER: "Cite a research project that {0.requester} leads or is a partner in.",
    Reason.OBLIGATION_NOT_ACCEPTED: "The institution that asks accepts to {0.obligations}.",
    Reason.EPOCH_PAST: "Release the key of epoch {0.epoch}.",
    Reason.KEY_VERSION_PAST: "{0.way_to_the_key}",
    Reason.KEY_DIFFERS: (
        "Seal the envelope to the key that {0.requester} published under its version {0.key_version}."
    ),
    Reason.REQUEST_EXPIRED: "The institution asks again; this request could be served until {0.last_moment}.",
}


def remedy(reason: Reason, situation: Situation) -> str:
    """What would take a reason away; one that the checks found in this situation."""
    return _SENTENCES[reason].format(situation)
