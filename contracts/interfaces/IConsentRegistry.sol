// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Directive} from "../Directive.sol";
import {Evidence} from "../Evidence.sol";
import {IInstitutionRegistry} from "./IInstitutionRegistry.sol";
import {IStudyRegistry} from "./IStudyRegistry.sol";

/// @title IConsentRegistry
/// @notice What the patient wants: signed directives (as commitments, alone or in batches), withdrawals and refusals;
/// what a hospital took on paper or by phone; who may act for the patient, and how a patient comes back who lost the
/// key.
/// @dev Anyone may send what was signed; the EIP-712 signature is what counts, and everything is kept under the
/// patient's address, so nobody can touch another's. A signer without code signs with its key: 65 bytes, low s. One
/// with code answers by EIP-1271 with at most 100,000 gas, once, where something is recorded; never in a decision, nor
/// in a batch. The subject's key is that of the subject's address until another took over (`finishRecovery`), then
/// that one. `appointment` 0 means that the subject signed; else the guardian of that appointment, which must be live:
/// not dismissed, before its end, and, if attested by a hospital, of a subject who never signed with a key. What an
/// institution says is said by its operators for consents, while it is active; two operators are two accounts.
/// Withdrawing is absorbing.
interface IConsentRegistry {
    // ========================================================================
    // Types
    // ========================================================================

    /// @notice How a consent was shown.
    enum Kind {
        None,
        Signed,
        Guardian,
        Paper
    }

    /// @notice What is kept of a directive: one slot.
    /// @param kind How consent was shown (`Kind`).
    /// @param recordedAt When it was recorded, 0 for never.
    /// @param revokedAt When it was withdrawn, 0 for never; may be set without the others.
    /// @param authority The guardian's appointment, or the institution that recorded paper; else 0.
    /// @param generation The subject's generation when it was recorded.
    struct Commitment {
        uint8 kind;
        uint64 recordedAt;
        uint64 revokedAt;
        uint32 authority;
        uint32 generation;
    }

    /// @notice What a patient refuses, whatever was allowed, as the patient signs it (EIP-712).
    /// @param subject The patient's address.
    /// @param custodian Refused of this institution's studies, or 0.
    /// @param study Refused of this study, or 0.
    /// @param grantee Refused to this institution, or 0. With none of the three set, refused to everybody.
    /// @param purposes The purposes, a bit each; a purpose covers its descendants. 0 lifts the refusal.
    /// @param sequence Greater than that of the last one of this scope.
    struct Refusal {
        address subject;
        uint32 custodian;
        bytes32 study;
        uint32 grantee;
        uint64 purposes;
        uint64 sequence;
    }

    /// @notice That somebody may act for the patient, as the patient, or an operator of a hospital, signs it (EIP-712).
    /// @param subject The patient's address.
    /// @param guardian The account of the one who may act.
    /// @param powers What beyond withdrawing and refusing, which every guardian may, a bit each.
    /// @param custodian Only this institution's studies may be allowed, or 0 for all.
    /// @param until The first second in which the guardian no more acts.
    /// @param number Counts the subject's appointments, from 1.
    struct Appointment {
        address subject;
        address guardian;
        uint8 powers;
        uint32 custodian;
        uint64 until;
        uint32 number;
    }

    /// @notice What is kept of an appointment.
    /// @param guardian The account of the one who may act; the zero address for an unknown appointment.
    /// @param until The first second in which the guardian no more acts.
    /// @param custodian Only this institution's studies may be allowed, or 0 for all.
    /// @param powers What beyond withdrawing and refusing, a bit each.
    /// @param attested Whether a hospital attested it, for a patient who can't sign.
    /// @param ended Whether it was dismissed, for good.
    struct AppointmentState {
        address guardian;
        uint40 until;
        uint32 custodian;
        uint8 powers;
        bool attested;
        bool ended;
    }

    /// @notice What is kept of a patient: one slot.
    /// @param generation Only directives of this generation count.
    /// @param refusedPurposes What is refused to everybody.
    /// @param refusalSequence The sequence of that refusal.
    /// @param appointmentCount How many appointments there ever were.
    /// @param generationSince The second after that in which this generation began; 0 for the first.
    /// @param flags 1: a refusal for less than everybody was set. 2: a hospital took a refusal. 4: a hospital recorded
    /// paper or attested a guardian. 8: the patient signed with a key, which ends those. 16: another key took over.
    struct Subject {
        uint32 generation;
        uint64 refusedPurposes;
        uint64 refusalSequence;
        uint32 appointmentCount;
        uint40 generationSince;
        uint8 flags;
    }

    /// @notice Of what a decision is: the study's place, and who asks.
    /// @param custodian The institution that holds the study.
    /// @param formers Those that held it before, 32 bits each, the latest in the lowest.
    /// @param study The study.
    /// @param grantee The institution that asks.
    struct Scope {
        uint32 custodian;
        uint128 formers;
        bytes32 study;
        uint32 grantee;
    }

    /// @notice Everything that a decision needs to know of a directive and its subject.
    /// @param kind How consent was shown (`Kind`); none: neither recorded nor shown by evidence.
    /// @param recordedAt When it, or its batch, was recorded.
    /// @param revokedAt When it was withdrawn, 0 for never.
    /// @param generation The subject's generation.
    /// @param generationSince What was recorded before this time is of a generation before; 0 if it is of this one.
    /// @param refused The purposes that the subject refuses in the scope.
    /// @param standsFrom The first second in which it counts; 0 for at once.
    /// @param flaw Why it does not count, as a reason of the vocabulary, or 0.
    struct Standing {
        uint8 kind;
        uint64 recordedAt;
        uint64 revokedAt;
        uint32 generation;
        uint64 generationSince;
        uint64 refused;
        uint64 standsFrom;
        uint16 flaw;
    }

    // ========================================================================
    // Errors
    // ========================================================================

    /// @notice There is no contract at the address.
    error ConsentRegistry_NoCode(address account);

    /// @notice The signature over this digest is not the signer's.
    error ConsentRegistry_SignatureInvalid(address signer, bytes32 digest);

    /// @notice The directive was recorded before.
    error ConsentRegistry_AlreadyRecorded(address subject, bytes32 directive, uint64 recordedAt);

    /// @notice The directive was withdrawn before.
    error ConsentRegistry_AlreadyRevoked(address subject, bytes32 directive, uint64 revokedAt);

    /// @notice Not the generation that follows the subject's present one.
    error ConsentRegistry_GenerationDiffers(address subject, uint32 generation, uint32 expected);

    /// @notice More than one of the three is set.
    error ConsentRegistry_ScopeAmbiguous(uint32 custodian, bytes32 study, uint32 grantee);

    /// @notice Not newer than what is stored of this scope.
    error ConsentRegistry_SequencePast(address subject, uint64 sequence, uint64 stored);

    /// @notice Not the sequence that follows the stored one.
    error ConsentRegistry_SequenceDiffers(address subject, uint64 sequence, uint64 expected);

    /// @notice A guardian can only add to what is refused.
    error ConsentRegistry_RefusalNarrowed(address subject, uint64 purposes, uint64 stored);

    /// @notice Nothing would be refused that was not before, or nothing is there to be lifted.
    error ConsentRegistry_RefusalUnchanged(address subject, uint64 purposes);

    /// @notice The appointment is unknown, dismissed, past its end, or ended by the patient's own signature.
    error ConsentRegistry_GuardianEnded(address subject, uint32 appointment);

    /// @notice The appointment does not give this power (a bit).
    error ConsentRegistry_PowerMissing(address subject, uint32 appointment, uint8 power);

    /// @notice The appointment is for another institution's studies.
    error ConsentRegistry_AppointmentElsewhere(address subject, uint32 appointment, uint32 custodian);

    /// @notice A guardian is an account of its own.
    error ConsentRegistry_GuardianUnusable(address subject, address guardian);

    /// @notice A power that the vocabulary does not have, or that a hospital can't attest.
    error ConsentRegistry_PowersUnusable(uint8 powers);

    /// @notice An appointment ends after now, and at most 18 years from now.
    error ConsentRegistry_UntilOutOfRange(uint64 until);

    /// @notice Not the number that follows the subject's last appointment.
    error ConsentRegistry_AppointmentDiffers(address subject, uint32 number, uint32 expected);

    /// @notice The patient signs with a key: paper, and guardians attested by a hospital, count no more.
    error ConsentRegistry_PaperEnded(address subject);

    /// @notice The digest of the form, of the note or of the root is zero.
    error ConsentRegistry_DigestMissing();

    /// @notice 1 is paper, 2 is by phone.
    error ConsentRegistry_MeansUnknown(uint8 means);

    /// @notice The account may not speak for the institution in matters of consent (0: it acts for none).
    error ConsentRegistry_NotOperator(address account, uint32 institution, uint8 permissions);

    /// @notice The institution does not take part at present.
    error ConsentRegistry_NotActive(uint32 institution, IInstitutionRegistry.Status status);

    /// @notice The institution does not hold the custodian role.
    error ConsentRegistry_LacksRole(uint32 institution, uint16 roles);

    /// @notice Not what this institution may say: it is another's.
    error ConsentRegistry_NotCustodian(uint32 institution, uint32 custodian);

    /// @notice The study is not this patient's.
    error ConsentRegistry_NotSubject(bytes32 study, address subject);

    /// @notice One person can't be both.
    error ConsentRegistry_SecondIsFirst(address account);

    /// @notice The batch was anchored before.
    error ConsentRegistry_AlreadyAnchored(uint32 poster, bytes32 root, uint64 anchoredAt);

    /// @notice The new key is nobody's, or the present one.
    error ConsentRegistry_CandidateUnusable(address subject, address candidate);

    /// @notice Not the number of the attempt that follows the last one, or that is under way.
    error ConsentRegistry_AttemptDiffers(address subject, uint32 attempt, uint32 expected);

    /// @notice A recovery is under way.
    error ConsentRegistry_RecoveryPending(address subject, uint32 attempt, uint64 readyAt);

    /// @notice No recovery is under way.
    error ConsentRegistry_RecoveryMissing(address subject);

    /// @notice The old key can still stop the recovery.
    error ConsentRegistry_RecoveryTooEarly(address subject, uint32 attempt, uint64 readyAt);

    // ========================================================================
    // Events
    // ========================================================================

    /// @notice A directive was recorded, as this kind of consent.
    event DirectiveRecorded(address indexed subject, bytes32 indexed directive, uint8 kind, uint32 authority);

    /// @notice A hospital recorded a directive that was given on paper; beside `DirectiveRecorded`.
    event PaperRecorded(
        address indexed subject,
        bytes32 indexed directive,
        uint32 indexed custodian,
        bytes32 form,
        address first,
        address second
    );

    /// @notice A directive was withdrawn, for good.
    event DirectiveRevoked(address indexed subject, bytes32 indexed directive, uint32 appointment);

    /// @notice A hospital took a withdrawal on paper or by phone; beside `DirectiveRevoked`.
    event RevocationTaken(
        address indexed subject,
        bytes32 indexed directive,
        uint32 indexed custodian,
        uint8 means,
        bytes32 form,
        address by
    );

    /// @notice All directives of the generations before were withdrawn.
    event AllRevoked(address indexed subject, uint32 generation, uint32 appointment);

    /// @notice A patient's refusal in this scope is from now on these purposes.
    event RefusalSet(
        address indexed subject,
        uint32 indexed custodian,
        bytes32 indexed study,
        uint32 grantee,
        uint64 purposes,
        uint64 sequence,
        uint32 appointment
    );

    /// @notice A hospital took a refusal; what it took in this scope is from now on these purposes.
    event RefusalTaken(
        address indexed subject,
        uint32 indexed custodian,
        bytes32 indexed study,
        uint64 purposes,
        uint64 sequence,
        uint8 means,
        bytes32 form,
        address by
    );

    /// @notice What a hospital took in this scope was lifted, on paper.
    event TakenRefusalLifted(
        address indexed subject,
        uint32 indexed custodian,
        bytes32 indexed study,
        uint64 sequence,
        bytes32 form,
        address first,
        address second
    );

    /// @notice The patient signs with a key: paper, and guardians attested by a hospital, count no more.
    event PaperEnded(address indexed subject);

    /// @notice A hospital anchored a batch of consents.
    event BatchAnchored(uint32 indexed poster, bytes32 indexed root);

    /// @notice Somebody may act for the patient. Form, first and second are 0 when the patient signed.
    event GuardianAppointed(
        address indexed subject,
        address indexed guardian,
        uint32 number,
        uint8 powers,
        uint32 custodian,
        uint64 until,
        bytes32 form,
        address first,
        address second
    );

    /// @notice A guardian no more acts for the patient, for good.
    event GuardianDismissed(address indexed subject, address indexed guardian, uint32 number);

    /// @notice This account can give the patient another key; the zero address: none can.
    event RecoveryNamed(address indexed subject, address account, uint64 sequence);

    /// @notice Another key can take over from this time on. `appointment` 0: the named account started it.
    event RecoveryStarted(
        address indexed subject,
        address candidate,
        uint32 attempt,
        uint64 readyAt,
        uint32 appointment
    );

    /// @notice The present key stopped it.
    event RecoveryStopped(address indexed subject, uint32 attempt);

    /// @notice Another key took over; directives of the generations before count no more.
    event KeyReplaced(address indexed subject, address from, address to, uint32 generation);

    // ========================================================================
    // Transactions: directives
    // ========================================================================

    /// @notice Record a directive by its hash; the body stays off the chain until it is used.
    ///
    /// Requirements:
    /// - The directive was not withdrawn.
    /// - The directive was not recorded.
    /// - The appointment, if any, is live and may allow.
    /// - The signature is the subject's, or the guardian's.
    ///
    /// Warning: the body is not seen. A hash of something else that the patient signed under this domain can be
    /// recorded, and is of no use: no directive hashes to it. The form, and whether the guardian may allow this, are
    /// for each decision.
    ///
    /// Warning: what is shown by a batch already can be recorded by itself too, by whoever holds its signature; then
    /// the later time counts.
    ///
    /// @param subject The patient.
    /// @param directiveHash The EIP-712 struct hash (`hashDirective`).
    /// @param appointment The guardian's, or 0.
    /// @param signature Over the directive.
    function record(address subject, bytes32 directiveHash, uint32 appointment, bytes calldata signature) external;

    /// @notice Withdraw a directive for good, also one that was not recorded yet, or that is in a batch.
    ///
    /// Requirements:
    /// - The directive was not withdrawn.
    /// - The appointment, if any, is live.
    /// - The signature is the subject's, or the guardian's.
    ///
    /// @param signature Over `Revocation(address subject,bytes32 directive)`.
    function revoke(address subject, bytes32 directiveHash, uint32 appointment, bytes calldata signature) external;

    /// @notice Withdraw all directives of the present generation and before, known or not.
    ///
    /// Requirements:
    /// - The generation is the subject's present one + 1.
    /// - The appointment, if any, is live.
    /// - The signature is the subject's, or the guardian's.
    ///
    /// Warning: a directive of the next generation that is recorded already never counts, nor one in a batch that is
    /// anchored until the end of this second.
    ///
    /// @param generation The present one + 1.
    /// @param signature Over `RevocationOfAll(address subject,uint32 generation)`.
    function revokeAll(address subject, uint32 generation, uint32 appointment, bytes calldata signature) external;

    /// @notice Refuse purposes in a scope, in place of what was refused there; none lifts the refusal.
    ///
    /// Requirements:
    /// - At most one of custodian, study and grantee is set.
    /// - The sequence is greater than the scope's stored one; a guardian's is the next one.
    /// - A guardian refuses all that is refused there already.
    /// - The appointment, if any, is live.
    /// - The signature is the subject's, or the guardian's.
    ///
    /// Warning: a sequence of 2^64-1 is the scope's last.
    ///
    /// @param signature Over the refusal.
    function refuse(Refusal calldata refusal, uint32 appointment, bytes calldata signature) external;

    // ========================================================================
    // Transactions: taken by a hospital
    // ========================================================================

    /// @notice Record a directive that the patient gave on paper. It counts after the consortium's delay for paper, for
    /// this institution's studies, until the patient signs with a key.
    ///
    /// Requirements:
    /// - The caller is an operator for consents of an active institution with the custodian role.
    /// - The form's digest is not zero.
    /// - The directive was not withdrawn.
    /// - The directive was not recorded.
    /// - The subject never signed with a key, as far as is known here.
    /// - The second is another account, and an operator for consents of the same institution.
    /// - The signature is the second's.
    ///
    /// Warning: it is the word of two people of one institution. A key that only recorded and withdrew single
    /// directives is not known here until it does so once more; `endPaper` makes it known.
    ///
    /// @param form The salted digest of the form.
    /// @param second The operator who signed.
    /// @param signature Over `PaperConsent(address subject,bytes32 directive,uint32 custodian,bytes32 form)`.
    function recordPaper(
        address subject,
        bytes32 directiveHash,
        bytes32 form,
        address second,
        bytes calldata signature
    ) external;

    /// @notice Withdraw a directive as the patient said on paper or by phone.
    ///
    /// Requirements:
    /// - The caller is an operator for consents of an active institution.
    /// - The directive names this institution as its custodian.
    /// - The means are known, and the form's digest is not zero.
    /// - The directive was not withdrawn.
    ///
    /// @param means 1 for paper, 2 for phone.
    /// @param form The salted digest of the form, or of the note of the call.
    function takeRevocation(Directive calldata directive, uint8 means, bytes32 form) external;

    /// @notice Refuse purposes as the patient said on paper or by phone, beside what was refused before.
    ///
    /// Requirements:
    /// - The caller is an operator for consents of an active institution.
    /// - The means are known, and the form's digest is not zero.
    /// - If a study is named, it is held by this institution, and the subject's.
    /// - Something is refused that was not taken before.
    ///
    /// @param study One study, or 0 for all that this institution holds of the subject.
    function takeRefusal(address subject, bytes32 study, uint64 purposes, uint8 means, bytes32 form) external;

    /// @notice Lift what was taken in a scope, as the patient said on paper.
    ///
    /// Requirements:
    /// - The caller is an operator for consents of an active institution.
    /// - The form's digest is not zero.
    /// - If a study is named, it is held by this institution, and the subject's.
    /// - The sequence is the scope's stored one + 1.
    /// - Something was taken there.
    /// - The second is another account, and an operator for consents of the same institution.
    /// - The signature is the second's.
    ///
    /// @param signature Over `RefusalLift(address subject,uint32 custodian,bytes32 study,bytes32 form,uint64
    /// sequence)`.
    function liftTakenRefusal(
        address subject,
        bytes32 study,
        bytes32 form,
        uint64 sequence,
        address second,
        bytes calldata signature
    ) external;

    /// @notice End paper, and guardians attested by a hospital, for good.
    ///
    /// Requirements:
    /// - They were not ended before.
    /// - The signature is the subject's.
    ///
    /// @param signature Over `EndOfPaper(address subject)`.
    function endPaper(address subject, bytes calldata signature) external;

    /// @notice Anchor a batch of signed directives under the root of its Merkle tree (`leafOf`, sorted pairs).
    ///
    /// Requirements:
    /// - The caller is an operator for consents of an active institution with the custodian role.
    /// - The root is not zero.
    /// - This institution did not anchor it before.
    ///
    /// Warning: a root shows that something was there at a time, not that anybody consented: whoever cites it shows
    /// the signature too.
    function anchor(bytes32 root) external;

    // ========================================================================
    // Transactions: guardians
    // ========================================================================

    /// @notice Let somebody act for the subject.
    ///
    /// Requirements:
    /// - The guardian is somebody, and neither the subject nor its present key.
    /// - The powers are ones that the vocabulary has.
    /// - It ends after now, and at most 18 years of 365.25 days from now.
    /// - The number follows that of the subject's last appointment.
    /// - The signature is the subject's.
    ///
    /// @param signature Over the appointment.
    function appoint(Appointment calldata appointment, bytes calldata signature) external;

    /// @notice Let somebody act for a subject who can't sign (a minor), as a hospital attests. It ends when the subject
    /// signs with a key.
    ///
    /// Requirements:
    /// - The caller is an operator for consents of an active institution with the custodian role.
    /// - The appointment is for this institution's studies.
    /// - The form's digest is not zero.
    /// - The subject never signed with a key, as far as is known here.
    /// - The powers are without that to recover.
    /// - The guardian is somebody, and neither the subject nor its present key.
    /// - The powers are ones that the vocabulary has.
    /// - It ends after now, and at most 18 years of 365.25 days from now.
    /// - The number follows that of the subject's last appointment.
    /// - The second is another account, and an operator for consents of the same institution.
    /// - The signature is the second's.
    ///
    /// Warning: it is the word of two people of one institution. Like any guardian, this one can withdraw and refuse
    /// all that the subject allowed, at other institutions too, until the subject signs with a key.
    ///
    /// @param signature Over `AttestedAppointment(Appointment appointment,bytes32 form)`.
    function appointAttested(
        Appointment calldata appointment,
        bytes32 form,
        address second,
        bytes calldata signature
    ) external;

    /// @notice End an appointment, for good. What the guardian allowed counts no more; what the guardian withdrew or
    /// refused stays.
    ///
    /// Requirements:
    /// - There is such an appointment, and it was not dismissed.
    /// - The signature is the subject's, or the guardian's.
    ///
    /// @param signature Over `Dismissal(address subject,uint32 number)`.
    function dismiss(address subject, uint32 number, bytes calldata signature) external;

    // ========================================================================
    // Transactions: recovery
    // ========================================================================

    /// @notice Name the account that can give the subject another key, in place of the one before; 0 for none.
    ///
    /// Requirements:
    /// - The sequence is greater than the stored one.
    /// - The signature is the subject's.
    ///
    /// @param signature Over `Recoverer(address subject,address account,uint64 sequence)`.
    function nameRecovery(address subject, address account, uint64 sequence, bytes calldata signature) external;

    /// @notice Start giving the subject another key, by the named account.
    ///
    /// Requirements:
    /// - No recovery is under way.
    /// - The attempt follows the last one.
    /// - The candidate is somebody, and not the present key.
    /// - The signature is the named account's.
    ///
    /// @param signature Over `Recovery(address subject,address candidate,uint32 attempt)`.
    function startRecovery(address subject, address candidate, uint32 attempt, bytes calldata signature) external;

    /// @notice Start giving the subject another key, by a guardian and a hospital together.
    ///
    /// Requirements:
    /// - The caller is an operator for consents of an active institution.
    /// - The study is held by this institution, and the subject's.
    /// - The appointment is live, gives the power to recover, and is for this institution's studies or all.
    /// - No recovery is under way.
    /// - The attempt follows the last one.
    /// - The candidate is somebody, and not the present key.
    /// - The signature is the guardian's.
    ///
    /// Warning: any custodian can register a study under any subject; the guardian's signature is what counts.
    ///
    /// @param signature Over `Recovery(address subject,address candidate,uint32 attempt)`.
    function startRecoveryByGuardian(
        address subject,
        address candidate,
        uint32 attempt,
        uint32 appointment,
        bytes32 study,
        bytes calldata signature
    ) external;

    /// @notice Stop a recovery, by the present key.
    ///
    /// Requirements:
    /// - A recovery is under way.
    /// - It is this attempt.
    /// - The signature is the subject's.
    ///
    /// Warning: whoever stole the key can stop every recovery; it helps those who lost the key.
    ///
    /// @param signature Over `RecoveryStop(address subject,uint32 attempt)`.
    function stopRecovery(address subject, uint32 attempt, bytes calldata signature) external;

    /// @notice Let the candidate's key take over. The old one's signatures count no more, and all directives of the
    /// present generation are withdrawn. Guardians and the named account stay as they are.
    ///
    /// Requirements:
    /// - A recovery is under way.
    /// - The consortium's delay since its start is over.
    function finishRecovery(address subject) external;

    // ========================================================================
    // Views
    // ========================================================================

    /// @notice What is kept of a directive; zeros for an unknown one.
    function commitment(address subject, bytes32 directiveHash) external view returns (Commitment memory);

    /// @notice The subject's generation, from 0. Only directives of this generation count.
    function generation(address subject) external view returns (uint32);

    /// @notice All that is kept of a subject by itself; zeros for an unknown one.
    function subjectOf(address subject) external view returns (Subject memory);

    /// @notice The account whose signatures are the subject's.
    function keyOf(address subject) external view returns (address);

    /// @notice The purposes that the subject refuses in a scope: to everybody, of the custodian and those before it, of
    /// the study, to the grantee; and what hospitals took.
    function refusedPurposes(address subject, Scope calldata scope) external view returns (uint64);

    /// @notice What was signed last of one scope: purposes and sequence.
    function refusalOf(
        address subject,
        uint32 custodian,
        bytes32 study,
        uint32 grantee
    ) external view returns (uint64 purposes, uint64 sequence);

    /// @notice What hospitals took in one scope: all that this custodian holds, or (custodian 0) one study.
    function takenRefusalOf(
        address subject,
        uint32 custodian,
        bytes32 study
    ) external view returns (uint64 purposes, uint64 sequence);

    /// @notice What is kept of an appointment; zeros for an unknown one.
    function appointmentOf(address subject, uint32 number) external view returns (AppointmentState memory);

    /// @notice Who can give the subject another key, and what is under way; `candidate` 0: nothing is.
    function recoveryOf(
        address subject
    ) external view returns (address named, uint64 sequence, address candidate, uint64 readyAt, uint32 attempt);

    /// @notice When an institution anchored a batch; 0 for never.
    function anchoredAt(uint32 poster, bytes32 root) external view returns (uint64);

    /// @notice A directive's leaf in a batch of this institution.
    function leafOf(uint32 poster, address subject, bytes32 directiveHash) external view returns (bytes32);

    /// @notice Everything that a decision needs.
    function standing(
        address subject,
        bytes32 directiveHash,
        Scope calldata scope,
        Evidence calldata evidence
    ) external view returns (Standing memory);

    /// @notice The EIP-712 struct hash of a directive.
    function hashDirective(Directive calldata directive) external pure returns (bytes32);

    /// @notice The InstitutionRegistry that says who speaks for an institution.
    function institutions() external view returns (IInstitutionRegistry);

    /// @notice The StudyRegistry that says who holds a study, and whose it is.
    function studies() external view returns (IStudyRegistry);
}
