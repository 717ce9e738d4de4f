"""The ConsentRegistry's refusals."""

from __future__ import annotations

from .sentence import ASK_ADMIN, ASK_CONSORTIUM, FAULT, Sentence

__all__ = ["SENTENCES"]

SENTENCES: dict[str, Sentence] = {
    "ConsentRegistry_NoCode": Sentence(
        "There is no contract at {account}", "Deploy the other contracts first"
    ),
    # What is signed
    "ConsentRegistry_SignatureInvalid": Sentence(
        "The signature is not that of {signer}", "Have it signed with that key for this network"
    ),
    "ConsentRegistry_AlreadyRecorded": Sentence(
        "The consent {directive} was recorded before", "Nothing is to be done"
    ),
    "ConsentRegistry_AlreadyRevoked": Sentence(
        "The consent {directive} was withdrawn before, for good", "The patient can sign a new one"
    ),
    "ConsentRegistry_GenerationDiffers": Sentence(
        "The next generation of the patient {subject} is {expected}, not {generation}",
        "Have the withdrawal signed for generation {expected}",
    ),
    "ConsentRegistry_ScopeAmbiguous": Sentence(
        "A refusal names more than one of hospital, study and recipient", "Sign one refusal for each"
    ),
    "ConsentRegistry_SequencePast": Sentence(
        "A later message of this kind of the patient {subject} is recorded already "
        "({stored}; this one is {sequence})",
        "Have it signed with a sequence above {stored}",
    ),
    "ConsentRegistry_SequenceDiffers": Sentence(
        "The next sequence of this scope of the patient {subject} is {expected}, not {sequence}",
        "Have it signed with sequence {expected}",
    ),
    "ConsentRegistry_RefusalNarrowed": Sentence(
        "A guardian can't lift what the patient {subject} refuses",
        "Refuse all that is refused already and more, or ask the patient",
    ),
    "ConsentRegistry_RefusalUnchanged": Sentence(
        "Nothing would change in what the patient {subject} refuses", "Nothing is to be done"
    ),
    # Guardians
    "ConsentRegistry_GuardianEnded": Sentence(
        "Appointment {appointment} of the patient {subject} is none, or not any more",
        "Ask the patient, or another guardian; a new appointment can be made",
    ),
    "ConsentRegistry_PowerMissing": Sentence(
        "The guardian of appointment {appointment} of the patient {subject} may not do this (power {power})",
        "Ask the patient for an appointment with this power",
    ),
    "ConsentRegistry_AppointmentElsewhere": Sentence(
        "Appointment {appointment} of the patient {subject} is for images of institution {custodian} only",
        "Do it with that institution, or ask the patient for another appointment",
    ),
    "ConsentRegistry_GuardianUnusable": Sentence(
        "The account {guardian} can't be a guardian of the patient {subject}",
        "Give the address of somebody else's key",
    ),
    "ConsentRegistry_PowersUnusable": Sentence(
        "The powers {powers} hold one that does not exist, or that a hospital can't attest",
        "Use the powers of docs/policy.md; a hospital can't attest the one to recover",
    ),
    "ConsentRegistry_UntilOutOfRange": Sentence(
        "An appointment can't end at {until} (seconds since 1970)",
        "Give a time in the future, at most 18 years from now",
    ),
    "ConsentRegistry_AppointmentDiffers": Sentence(
        "The next appointment of the patient {subject} is {expected}, not {number}",
        "Have it signed with number {expected}",
    ),
    # On paper or by phone
    "ConsentRegistry_PaperEnded": Sentence(
        "The patient {subject} signs with a key: nothing on paper counts",
        "Ask the patient to sign it with the wallet",
    ),
    "ConsentRegistry_DigestMissing": Sentence("The form, the note or the root is not named", FAULT),
    "ConsentRegistry_MeansUnknown": Sentence("There is no way {means} of taking what a patient said", FAULT),
    "ConsentRegistry_NotOperator": Sentence(
        "The account {account} may not handle consents for institution {institution}", ASK_ADMIN
    ),
    "ConsentRegistry_NotActive": Sentence(
        "Institution {institution} takes no part in the consortium at present", ASK_CONSORTIUM
    ),
    "ConsentRegistry_LacksRole": Sentence(
        "Institution {institution} is not one that holds studies",
        "Ask the consortium to give it the custodian role",
    ),
    "ConsentRegistry_NotCustodian": Sentence(
        "This is institution {custodian}'s to say, not institution {institution}'s",
        "Only the hospital that holds the images can do this",
    ),
    "ConsentRegistry_NotSubject": Sentence(
        "The study {study} is not one of the patient {subject}", "Check the study's number and the patient"
    ),
    "ConsentRegistry_SecondIsFirst": Sentence(
        "The account {account} can't attest what it sends itself", "Have another operator sign it"
    ),
    "ConsentRegistry_AlreadyAnchored": Sentence(
        "The batch {root} was anchored before by institution {poster}", "Nothing is to be done"
    ),
    # Recovery
    "ConsentRegistry_CandidateUnusable": Sentence(
        "The key {candidate} can't become that of the patient {subject}",
        "Give the address of a new key, not the present one",
    ),
    "ConsentRegistry_AttemptDiffers": Sentence(
        "The recovery of the patient {subject} to be named is {expected}, not {attempt}",
        "Have it signed for attempt {expected}",
    ),
    "ConsentRegistry_RecoveryPending": Sentence(
        "A recovery of the patient {subject} is under way (attempt {attempt}, until {readyAt})",
        "Wait until it is finished, or have the present key stop it",
    ),
    "ConsentRegistry_RecoveryMissing": Sentence(
        "No recovery of the patient {subject} is under way", "Begin one, or check the patient's address"
    ),
    "ConsentRegistry_RecoveryTooEarly": Sentence(
        "The recovery of the patient {subject} can't be finished before {readyAt} (seconds since 1970)",
        "Wait until then: the present key can stop it so long",
    ),
}
