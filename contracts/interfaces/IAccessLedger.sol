// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Directive} from "../Directive.sol";
import {Evidence} from "../Evidence.sol";
import {Query} from "../Query.sol";
import {IConsentRegistry} from "./IConsentRegistry.sol";
import {IInstitutionRegistry} from "./IInstitutionRegistry.sol";
import {IPolicyEngine} from "./IPolicyEngine.sol";
import {IStudyRegistry} from "./IStudyRegistry.sol";

/// @title IAccessLedger
/// @notice The floor of every decision, and what happened: who asked for what, was permitted or denied and why, was
/// released a key, and found what.
/// @dev `permit = floor AND engine` (docs/policy.md). The floor is part of this contract and can't be changed; the
/// consortium can replace the engine, and stop everything for a while: both can only deny. An emergency needs two
/// people and no consent; a review is owed for it. An operator of an institution that is not active does nothing here
/// but ask, and be denied.
interface IAccessLedger {
    // ========================================================================
    // Types
    // ========================================================================

    /// @notice What became of a request.
    enum Status {
        Unknown,
        Permitted,
        Denied,
        Refused
    }

    /// @notice What a review found of an emergency.
    enum Verdict {
        None,
        Justified,
        Unjustified
    }

    /// @notice What is kept of a request: one slot.
    /// @param status What became of it. Permitted does not mean released: `servedEpoch` does.
    /// @param requester The institution that asked.
    /// @param custodian The institution that held the study then, 0 when the study was unknown.
    /// @param requestedAt When it was asked.
    /// @param servedEpoch The last epoch whose key was released, 0 for none.
    /// @param confirmedEpoch The last epoch that the requester confirmed, 0 for none.
    /// @param disputedEpoch The last epoch that the requester disputed, 0 for none.
    /// @param isEmergency Whether it was an emergency.
    /// @param isReviewed Whether that emergency was reviewed.
    struct Request {
        Status status;
        uint32 requester;
        uint32 custodian;
        uint64 requestedAt;
        uint32 servedEpoch;
        uint32 confirmedEpoch;
        uint32 disputedEpoch;
        bool isEmergency;
        bool isReviewed;
    }

    /// @notice What a custodian releases, and to whom.
    /// @param requester The institution that asked.
    /// @param epoch The epoch whose key is in the envelope.
    /// @param keyVersion The version of the requester's key that the envelope is sealed to.
    /// @param keyDigest The SHA-256 of that key, as the custodian has it.
    /// @param envelopeDigest The digest of the key envelope.
    /// @param person A keyed digest of the person who releases.
    struct Release {
        uint32 requester;
        uint32 epoch;
        uint32 keyVersion;
        bytes32 keyDigest;
        bytes32 envelopeDigest;
        bytes32 person;
    }

    /// @notice What two people of an institution open without the patient's consent.
    /// @param study The study's number in the StudyRegistry.
    /// @param categories The kinds of images asked for, a bit each.
    /// @param justification A salted digest of why.
    /// @param second The account of the second person.
    /// @param person A keyed digest of the first person, who sends this.
    /// @param secondPerson A keyed digest of the second person.
    /// @param until The first second in which what the second signed is good no more.
    struct Emergency {
        bytes32 study;
        uint64 categories;
        bytes32 justification;
        address second;
        bytes32 person;
        bytes32 secondPerson;
        uint64 until;
    }

    // ========================================================================
    // Errors
    // ========================================================================

    /// @notice There is no contract at this address.
    error AccessLedger_NoCode(address account);

    /// @notice A ledger starts with an engine of version 1.
    error AccessLedger_NotFirstEngine(uint16 version);

    /// @notice The account may not do this for the institution (0: it acts for none).
    error AccessLedger_NotOperator(address account, uint32 institution, uint8 permissions);

    /// @notice The institution does not take part at present.
    error AccessLedger_NotActive(uint32 institution, IInstitutionRegistry.Status status);

    /// @notice The institution does not hold the study.
    error AccessLedger_NotCustodian(bytes32 study, uint32 institution);

    /// @notice The digest of the person who acts is zero.
    error AccessLedger_PersonMissing();

    /// @notice The digest of the envelope is zero.
    error AccessLedger_EnvelopeMissing();

    /// @notice This was asked before, and answered; another nonce makes another request.
    error AccessLedger_AlreadyRequested(bytes32 request, Status status);

    /// @notice The request was never made (with exactly this query and directive), was denied, or was refused.
    error AccessLedger_NotPermitted(bytes32 request, Status status);

    /// @notice Decided again, and the answer is no.
    error AccessLedger_Denied(bytes32 request, uint16 reason);

    /// @notice The key of this epoch was released for this request before.
    error AccessLedger_AlreadyReleased(bytes32 request, uint32 epoch);

    /// @notice The last key released for this request was that of another epoch (0: none was).
    error AccessLedger_NotReleased(bytes32 request, uint32 epoch, uint32 servedEpoch);

    /// @notice The requester confirmed this epoch before.
    error AccessLedger_AlreadyConfirmed(bytes32 request, uint32 epoch);

    /// @notice The requester disputed this epoch before.
    error AccessLedger_AlreadyDisputed(bytes32 request, uint32 epoch);

    /// @notice A failure class that the vocabulary does not have.
    error AccessLedger_FailureUnknown(uint8 failure);

    /// @notice A refusal's reason is 400 to 499.
    error AccessLedger_ReasonOutOfRange(uint16 reason);

    /// @notice Too little gas to give the engine all that it may use.
    error AccessLedger_GasTooLow(uint256 left, uint256 needed);

    /// @notice The digest of the justification is zero.
    error AccessLedger_JustificationMissing();

    /// @notice One person can't be both.
    error AccessLedger_SecondIsFirst(address account, bytes32 person);

    /// @notice The second is no operator for emergencies of the first one's institution.
    error AccessLedger_SecondNotOperator(address second, uint32 institution, uint8 permissions);

    /// @notice What the second signs is good from now on, for an hour at most.
    error AccessLedger_UntilOutOfRange(uint64 until);

    /// @notice The signature over this digest is not the signer's.
    error AccessLedger_SignatureInvalid(address signer, bytes32 digest);

    /// @notice The request is no emergency that was permitted.
    error AccessLedger_NotEmergency(bytes32 request, Status status);

    /// @notice The emergency was reviewed before.
    error AccessLedger_AlreadyReviewed(bytes32 request);

    /// @notice The account is of neither the custodian nor an ethics board, or of the institution to be reviewed.
    error AccessLedger_NotReviewer(bytes32 request, address account, uint32 institution, uint8 permissions);

    /// @notice A review says whether the emergency was justified.
    error AccessLedger_VerdictMissing(bytes32 request);

    /// @notice The digest of the review's report is zero.
    error AccessLedger_ReportMissing(bytes32 request);

    // ========================================================================
    // Events
    // ========================================================================

    /// @notice An institution asked, and was permitted (reason 0) or denied. Carries all that the decision was made
    /// from and that is not on the chain elsewhere.
    event AccessRequested(
        bytes32 indexed request,
        bytes32 indexed study,
        uint32 indexed requester,
        uint16 reason,
        uint64 nonce,
        Query query,
        bytes32 directiveHash,
        Directive directive,
        Evidence evidence,
        bytes32 person,
        uint16 engineVersion
    );

    /// @notice A custodian released the study's key of this epoch to a requester: permitted at this block, by this
    /// directive, and if it was not recorded by itself, as this evidence shows it.
    event AccessReleased(
        bytes32 indexed request,
        bytes32 indexed study,
        uint32 indexed requester,
        uint32 custodian,
        uint32 epoch,
        bytes32 manifestDigest,
        uint32 keyVersion,
        bytes32 envelopeDigest,
        bytes32 directiveHash,
        Evidence evidence,
        bytes32 person,
        uint16 engineVersion
    );

    /// @notice The requester opened what it was released, and found it to be what was registered.
    event AccessConfirmed(
        bytes32 indexed request,
        bytes32 indexed study,
        uint32 indexed requester,
        uint32 epoch,
        bytes32 person
    );

    /// @notice The requester found that what it was released is not what was registered, and by which check.
    event AccessDisputed(
        bytes32 indexed request,
        bytes32 indexed study,
        uint32 indexed requester,
        uint32 epoch,
        uint8 failure,
        bytes32 person
    );

    /// @notice The custodian will not serve a request that the decision permitted.
    event AccessRefused(
        bytes32 indexed request,
        bytes32 indexed study,
        uint32 indexed requester,
        uint32 custodian,
        uint16 reason,
        bytes32 person
    );

    /// @notice Two people of an institution asked for a study in an emergency, and were permitted (reason 0) or denied.
    /// What the second signed was good until `until`. A review is owed by `reviewBy`, the first second in which it is
    /// late; 0 when denied.
    event EmergencyRequested(
        bytes32 indexed request,
        address indexed subject,
        uint32 indexed requester,
        bytes32 study,
        uint32 custodian,
        uint16 reason,
        uint64 nonce,
        uint64 categories,
        bytes32 justification,
        address first,
        address second,
        bytes32 person,
        bytes32 secondPerson,
        uint64 until,
        uint64 reviewBy
    );

    /// @notice An emergency was reviewed, by its custodian or an ethics board; late or in time.
    event EmergencyReviewed(
        bytes32 indexed request,
        uint32 indexed reviewer,
        uint32 indexed requester,
        uint8 verdict,
        bytes32 report,
        bool late,
        bytes32 person
    );

    // ========================================================================
    // Transactions
    // ========================================================================

    /// @notice Ask for a study. The answer is recorded, a denial with its reason too: it does not revert.
    ///
    /// Requirements:
    /// - The caller is an operator for requests, of any institution.
    /// - The person is not zero.
    /// - The same was not asked before.
    ///
    /// Warning: a permit is no release; the decision is taken again then. What is sent here every node can read.
    ///
    /// @param nonce Makes the request's number its own; the requester's to choose.
    /// @param directive The directive that is cited, as it was signed; a zero subject for none.
    /// @param evidence What shows it, if it was not recorded by itself; a zero root for none.
    /// @param person A keyed digest of the person who asks.
    /// @return id The request's number.
    /// @return reason 0 when permitted (docs/policy.md).
    function request(
        uint64 nonce,
        Query calldata query,
        Directive calldata directive,
        Evidence calldata evidence,
        bytes32 person
    ) external returns (bytes32 id, uint16 reason);

    /// @notice Record that the study's key goes to a requester, if the decision, taken again now, still permits it. A
    /// request may be served once in each epoch.
    ///
    /// Requirements:
    /// - The caller is an operator for releases of the study's custodian.
    /// - The person is not zero.
    /// - The envelope is not zero.
    /// - The request was permitted, and not refused since.
    /// - The decision permits; the epoch is the study's; the key version and the key's digest are the requester's; and
    ///   a request that was never served is younger than a day, an emergency younger than an hour. In that order, or
    ///   `AccessLedger_Denied` says which.
    /// - The request was not served in this epoch.
    ///
    /// Warning: the envelope must not leave the custodian before this is final.
    ///
    /// @param nonce That of the request, as are query, directive and requester. An emergency has no directive, and the
    /// query of its number (`emergency`); it is decided as one.
    /// @param evidence What shows the directive now, if it was not recorded by itself; a zero root for none.
    /// @param release_ What is released, and to whom.
    function release(
        uint64 nonce,
        Query calldata query,
        Directive calldata directive,
        Evidence calldata evidence,
        Release calldata release_
    ) external;

    /// @notice Confirm that what was released last, in this epoch, opened and is what was registered.
    ///
    /// Requirements:
    /// - The caller is an operator for requests of an active institution, which made the request.
    /// - The person is not zero.
    /// - The last release of the request was in this epoch.
    /// - The epoch was not confirmed before.
    function confirm(
        uint64 nonce,
        Query calldata query,
        bytes32 directiveHash,
        uint32 epoch,
        bytes32 person
    ) external;

    /// @notice Say that what was released last, in this epoch, is not what was registered. Neither hinders a
    /// confirmation nor is hindered by one: a later look may find otherwise.
    ///
    /// Requirements:
    /// - The caller is an operator for requests of an active institution, which made the request.
    /// - The person is not zero.
    /// - The failure is a class of the vocabulary.
    /// - The last release of the request was in this epoch.
    /// - The epoch was not disputed before.
    ///
    /// @param failure The number of the failure class (docs/sealed-study.md).
    function dispute(
        uint64 nonce,
        Query calldata query,
        bytes32 directiveHash,
        uint32 epoch,
        uint8 failure,
        bytes32 person
    ) external;

    /// @notice Refuse a permitted request, for good, served before or not.
    ///
    /// Requirements:
    /// - The caller is an operator for releases of the study's custodian, which is active.
    /// - The person is not zero.
    /// - The reason is 400 to 499.
    /// - The request was permitted, and not refused before.
    ///
    /// @param reason 400 to 499 (docs/policy.md).
    function refuse(
        uint64 nonce,
        Query calldata query,
        bytes32 directiveHash,
        uint32 requester,
        uint16 reason,
        bytes32 person
    ) external;

    /// @notice Ask for a study in an emergency, two people of one institution together, without the patient's consent.
    /// The answer is recorded, a denial with its reason too. It is released, confirmed, disputed and refused as a
    /// request is, without a directive.
    ///
    /// Requirements:
    /// - The caller is an operator for emergencies, of any institution.
    /// - The justification is not zero.
    /// - Neither person is zero.
    /// - The second account and the second person are others than the first.
    /// - The second is an operator for emergencies of the same institution.
    /// - What the second signed is good after now, and for an hour from now at most.
    /// - The same was not asked before.
    /// - The signature is the second's.
    ///
    /// Warning: nobody's consent is asked, so a review is owed; but nothing hinders those whose emergencies were never
    /// reviewed. The chain sees two accounts; that two people hold them is the institution's word. Nor does it see when
    /// the second signed: what ends later than in an hour is good in its last hour, so an early end is the second's to
    /// choose.
    ///
    /// @param nonce Makes the request's number its own; the requester's to choose.
    /// @param signature Over `EmergencyAccess(bytes32 request,bytes32 justification,bytes32 person,bytes32
    /// secondPerson,uint64 until)`.
    /// @return id The request's number: that of the query of this study, the purpose BTG and these categories, with
    /// neither project nor obligations, and of no directive.
    /// @return reason 0 when permitted (docs/policy.md).
    function emergency(
        uint64 nonce,
        Emergency calldata asked,
        bytes calldata signature
    ) external returns (bytes32 id, uint16 reason);

    /// @notice Review an emergency that was permitted, whether served or refused since.
    ///
    /// Requirements:
    /// - The request is an emergency, and was permitted.
    /// - It was not reviewed.
    /// - The caller is an operator for releases of the custodian that it was asked of, or one for projects of an ethics
    ///   board; and of another institution than the requester.
    /// - The caller's institution is active.
    /// - The verdict is not `None`.
    /// - The report is not zero.
    /// - The person is not zero.
    ///
    /// Warning: the verdict is said, and changes nothing here; what follows from it is the consortium's to decide.
    ///
    /// @param id The request's number.
    /// @param report The digest of the report.
    /// @param person A keyed digest of the person who reviewed.
    function review(bytes32 id, Verdict verdict, bytes32 report, bytes32 person) external;

    // ========================================================================
    // Views
    // ========================================================================

    /// @notice What a request would be answered now: 0, or the reason of the first check that fails.
    function decide(
        uint32 requester,
        Query calldata query,
        Directive calldata directive,
        Evidence calldata evidence
    ) external view returns (uint16 reason);

    /// @notice What an emergency would be answered now: 0, or the reason of the first check that fails.
    function decideEmergency(
        uint32 requester,
        bytes32 study,
        uint64 categories
    ) external view returns (uint16 reason);

    /// @notice How many emergencies of an institution were permitted, and how many of these nobody reviewed.
    function emergenciesOf(uint32 requester) external view returns (uint32 total, uint32 unreviewed);

    /// @notice The number of a request on this chain and ledger.
    function requestId(
        uint32 requester,
        uint64 nonce,
        Query calldata query,
        bytes32 directiveHash
    ) external view returns (bytes32);

    /// @notice What is kept of a request; zeros for an unknown one.
    function requestOf(bytes32 id) external view returns (Request memory);

    /// @notice The InstitutionRegistry that decisions are made from.
    function institutions() external view returns (IInstitutionRegistry);

    /// @notice The StudyRegistry that decisions are made from.
    function studies() external view returns (IStudyRegistry);

    /// @notice The ConsentRegistry that decisions are made from.
    function consents() external view returns (IConsentRegistry);

    /// @notice The engine that can narrow decisions now.
    function engine() external view returns (IPolicyEngine);

    /// @notice The engine that this ledger started with, of version 1; in force until the consortium replaces it.
    function firstEngine() external view returns (IPolicyEngine);
}
