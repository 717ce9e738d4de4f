// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {Floor} from "./Floor.sol";
import {IAccessLedger} from "./interfaces/IAccessLedger.sol";
import {IInstitutionRegistry} from "./interfaces/IInstitutionRegistry.sol";
import {Query} from "./Query.sol";
import {Requests} from "./Requests.sol";
import {Signatures} from "./Signatures.sol";
import {Vocabulary} from "./Vocabulary.sol";

/// @title Emergencies
/// @notice The part of the ledger for emergencies: two people ask without the patient's consent, and owe a review.
abstract contract Emergencies is Requests, EIP712 {
    // ========================================================================
    // Constants
    // ========================================================================

    bytes32 private constant _EMERGENCY_TYPEHASH =
        keccak256(
            "EmergencyAccess(bytes32 request,bytes32 justification,bytes32 person,bytes32 secondPerson,uint64 until)"
        );

    /// @notice How long what the second signed may be good, in seconds.
    uint64 private constant _LONGEST_SIGNATURE = 3_600;

    bytes32 private constant _NO_PROJECT = bytes32(0);

    bytes32 private constant _NO_DIRECTIVE = bytes32(0);

    uint64 private constant _NO_OBLIGATIONS = 0;

    uint64 private constant _NEVER = 0;

    // ========================================================================
    // State
    // ========================================================================

    struct Counts {
        uint32 total; // 4 bytes: permitted
        uint32 unreviewed; // 4 bytes: 8 of the slot's 32
    }

    uint64 private immutable _REVIEW_TERM;

    mapping(uint32 requester => Counts counts) private _counts;

    // ========================================================================
    // Constructor
    // ========================================================================

    /// @param registry The InstitutionRegistry, which says within which time a review is owed.
    constructor(IInstitutionRegistry registry) EIP712("PixelPact", "1") {
        _REVIEW_TERM = registry.terms().reviewTerm;
    }

    // ========================================================================
    // Transactions
    // ========================================================================

    /// @inheritdoc IAccessLedger
    function emergency(
        uint64 nonce,
        Emergency calldata asked,
        bytes calldata signature
    ) external returns (bytes32 id, uint16 reason) {
        Floor.Facts memory facts;

        // Check: the caller is an operator for emergencies; whether its institution is active is for the decision.
        (facts.requester, facts.requesterStanding) = _institutionOfOperator(Vocabulary.OPERATOR_EMERGENCIES);

        // Check: there are a justification and two people, and the second may act for the same institution.
        if (asked.justification == _NO_DIGEST) revert AccessLedger_JustificationMissing();
        _checkSecond(facts.requester, asked);

        // Check: what the second signed is good after now, and for an hour at most.
        uint64 until = asked.until;
        if (until <= block.timestamp || until > block.timestamp + _LONGEST_SIGNATURE) {
            revert AccessLedger_UntilOutOfRange(until);
        }

        // Check: the same was not asked before.
        id = _idOfEmergency(facts.requester, nonce, asked);
        _checkNew(id);

        // Check: the signature is the second's.
        _checkSignature(id, asked, signature);

        facts.study = _STUDIES.standing(asked.study);
        facts.custodianStanding = _INSTITUTIONS.standing(facts.study.custodian);
        reason = _decideEmergency(_rule(), facts, asked.study, asked.categories);

        // Effect: permitted or denied, for good; a permitted one is counted, and owes a review.
        _keep(id, facts, reason, true);
        uint64 reviewBy = reason == Vocabulary.REASON_PERMITTED ? _count(facts) : _NEVER;
        emit EmergencyRequested(
            id,
            facts.study.subject,
            facts.requester,
            asked.study,
            facts.study.custodian,
            reason,
            nonce,
            asked.categories,
            asked.justification,
            msg.sender,
            asked.second,
            asked.person,
            asked.secondPerson,
            until,
            reviewBy
        );
    }

    /// @inheritdoc IAccessLedger
    function review(bytes32 id, Verdict verdict, bytes32 report, bytes32 person) external {
        Request storage found = _requests[id];

        // Check: the request is an emergency that was permitted, and was not reviewed.
        if (!found.isEmergency || found.status == Status.Denied) revert AccessLedger_NotEmergency(id, found.status);
        if (found.isReviewed) revert AccessLedger_AlreadyReviewed(id);

        // Check: the caller may review it.
        uint32 requester = found.requester;
        uint32 reviewer = _reviewer(id, requester, found.custodian);

        // Check: there are a verdict, a report and a person.
        if (verdict == Verdict.None) revert AccessLedger_VerdictMissing(id);
        if (report == _NO_DIGEST) revert AccessLedger_ReportMissing(id);
        _checkPerson(person);

        // Effect: reviewed, late or in time.
        found.isReviewed = true;
        --_counts[requester].unreviewed;
        bool late = block.timestamp >= found.requestedAt + _REVIEW_TERM;
        emit EmergencyReviewed(id, reviewer, requester, uint8(verdict), report, late, person);
    }

    // ========================================================================
    // Views
    // ========================================================================

    /// @inheritdoc IAccessLedger
    function emergenciesOf(uint32 requester) external view returns (uint32, uint32) {
        Counts memory counts = _counts[requester];
        return (counts.total, counts.unreviewed);
    }

    // ========================================================================
    // Internals
    // ========================================================================

    /// @dev Count a permitted emergency; by when its review is owed.
    function _count(Floor.Facts memory facts) private returns (uint64) {
        Counts storage counts = _counts[facts.requester];
        ++counts.total;
        ++counts.unreviewed;
        return facts.time + _REVIEW_TERM;
    }

    /// @dev Reverts unless there are two people, of whom the second is an operator for emergencies of the institution.
    function _checkSecond(uint32 institution, Emergency calldata asked) private view {
        _checkPerson(asked.person);
        _checkPerson(asked.secondPerson);
        if (asked.second == msg.sender || asked.secondPerson == asked.person) {
            revert AccessLedger_SecondIsFirst(asked.second, asked.secondPerson);
        }

        (uint32 other, uint8 permissions) = _INSTITUTIONS.operator(asked.second);
        if (other != institution || permissions & Vocabulary.OPERATOR_EMERGENCIES == 0) {
            revert AccessLedger_SecondNotOperator(asked.second, other, permissions);
        }
    }

    /// @dev Reverts unless the second signed this request, for this reason, by these two people, until this time.
    function _checkSignature(bytes32 id, Emergency calldata asked, bytes calldata signature) private view {
        bytes32 digest = _hashTypedDataV4(
            keccak256(
                abi.encode(
                    _EMERGENCY_TYPEHASH,
                    id,
                    asked.justification,
                    asked.person,
                    asked.secondPerson,
                    asked.until
                )
            )
        );
        if (!Signatures.isValid(asked.second, digest, signature)) {
            revert AccessLedger_SignatureInvalid(asked.second, digest);
        }
    }

    /// @dev The caller's institution, if it may review: active, another than the requester, and the custodian or an
    /// ethics board.
    function _reviewer(bytes32 id, uint32 requester, uint32 custodian) private view returns (uint32) {
        (uint32 reviewer, uint8 permissions, IInstitutionRegistry.Standing memory standing) = _INSTITUTIONS.actingFor(
            msg.sender
        );
        bool ofCustodian = reviewer == custodian && permissions & Vocabulary.OPERATOR_RELEASES != 0;
        bool ofBoard = standing.roles & Vocabulary.ROLE_ETHICS_BOARD != 0 &&
            permissions & Vocabulary.OPERATOR_PROJECTS != 0;
        if (reviewer == requester || !(ofCustodian || ofBoard)) {
            revert AccessLedger_NotReviewer(id, msg.sender, reviewer, permissions);
        }
        _checkActive(reviewer, standing);
        return reviewer;
    }

    /// @dev The number of an emergency: of the query that it stands for, and of no directive.
    function _idOfEmergency(
        uint32 requester,
        uint64 nonce,
        Emergency calldata asked
    ) private view returns (bytes32) {
        Query memory query = Query({
            study: asked.study,
            purpose: Vocabulary.PURPOSE_BTG,
            categories: asked.categories,
            project: _NO_PROJECT,
            obligations: _NO_OBLIGATIONS
        });
        return _idOf(requester, nonce, keccak256(abi.encode(query)), _NO_DIRECTIVE);
    }
}
