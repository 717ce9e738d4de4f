// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Decision} from "./Decision.sol";
import {Directive} from "./Directive.sol";
import {Floor} from "./Floor.sol";
import {IAccessLedger} from "./interfaces/IAccessLedger.sol";
import {IConsentRegistry} from "./interfaces/IConsentRegistry.sol";
import {IInstitutionRegistry} from "./interfaces/IInstitutionRegistry.sol";
import {IPolicyEngine} from "./interfaces/IPolicyEngine.sol";
import {IStudyRegistry} from "./interfaces/IStudyRegistry.sol";
import {Query} from "./Query.sol";
import {Vocabulary} from "./Vocabulary.sol";

/// @title AccessLedger
/// @notice See {IAccessLedger}. What decides stands in {Decision} and {Floor}, which are built into it.
contract AccessLedger is Decision {
    // ========================================================================
    // Constants
    // ========================================================================

    /// @notice How long a request that was never served may be served, in seconds.
    uint64 private constant _REQUEST_LIFETIME = 86_400;

    bytes32 private constant _NO_DIGEST = bytes32(0);

    uint32 private constant _NO_EPOCH = 0;

    uint32 private constant _NO_KEY = 0;

    // ========================================================================
    // State
    // ========================================================================

    // One slot: status 1, requester 4, custodian 4, requestedAt 8, servedEpoch 4, confirmedEpoch 4, disputedEpoch 4:
    // 29 bytes.
    mapping(bytes32 id => Request request) private _requests;

    // ========================================================================
    // Constructor
    // ========================================================================

    /// @param registry See {Decision}, as for the others.
    constructor(
        IInstitutionRegistry registry,
        IStudyRegistry studyRegistry,
        IConsentRegistry consentRegistry,
        IPolicyEngine policyEngine
    ) Decision(registry, studyRegistry, consentRegistry, policyEngine) {}

    // ========================================================================
    // Transactions
    // ========================================================================

    /// @inheritdoc IAccessLedger
    function request(
        uint64 nonce,
        Query calldata query,
        Directive calldata directive,
        bytes32 person
    ) external returns (bytes32 id, uint16 reason) {
        Floor.Facts memory facts;

        // Check: the caller is an operator for requests; whether its institution is active is for the decision.
        (facts.requester, facts.requesterStanding) = _institutionOfOperator(Vocabulary.OPERATOR_REQUESTS);

        // Check: the person is not zero.
        _checkPerson(person);

        // Check: the same was not asked before.
        bytes32 directiveHash = _hashOf(directive);
        id = requestId(facts.requester, nonce, query, directiveHash);
        Status status = _requests[id].status;
        if (status != Status.Unknown) revert AccessLedger_AlreadyRequested(id, status);

        facts.study = _STUDIES.standing(query.study);
        facts.custodianStanding = _INSTITUTIONS.standing(facts.study.custodian);
        reason = _decide(facts, query, directive, directiveHash);

        // Effect: permitted or denied, for good.
        _requests[id] = Request({
            status: reason == Vocabulary.REASON_PERMITTED ? Status.Permitted : Status.Denied,
            requester: facts.requester,
            custodian: facts.study.custodian,
            requestedAt: facts.time,
            servedEpoch: _NO_EPOCH,
            confirmedEpoch: _NO_EPOCH,
            disputedEpoch: _NO_EPOCH
        });
        emit AccessRequested(
            id,
            query.study,
            facts.requester,
            reason,
            nonce,
            query,
            directiveHash,
            directive,
            person,
            _ENGINE_VERSION
        );
    }

    /// @inheritdoc IAccessLedger
    function release(
        uint64 nonce,
        Query calldata query,
        Directive calldata directive,
        uint32 requester,
        uint32 expectedEpoch,
        uint32 keyVersion,
        bytes32 envelopeDigest,
        bytes32 person
    ) external {
        Floor.Facts memory facts;
        facts.study = _STUDIES.standing(query.study);

        // Check: the caller is an operator for releases of the custodian; whether it is active is for the decision.
        facts.custodianStanding = _standingOfCustodian(query.study, facts.study.custodian);

        // Check: neither the person nor the envelope is zero.
        _checkPerson(person);
        if (envelopeDigest == _NO_DIGEST) revert AccessLedger_EnvelopeMissing();

        // Check: the request was permitted, and not refused since.
        bytes32 directiveHash = _hashOf(directive);
        bytes32 id = requestId(requester, nonce, query, directiveHash);
        Request storage found = _permittedRequest(id);

        // Check: the decision permits, for this epoch and key, and the request is young enough.
        facts.requester = requester;
        facts.requesterStanding = _INSTITUTIONS.standing(requester);
        uint16 reason = _decide(facts, query, directive, directiveHash);
        if (reason == Vocabulary.REASON_PERMITTED) reason = _checkRelease(facts, found, expectedEpoch, keyVersion);
        if (reason != Vocabulary.REASON_PERMITTED) revert AccessLedger_Denied(id, reason);

        // Check: the request was not served in this epoch.
        if (found.servedEpoch == expectedEpoch) revert AccessLedger_AlreadyReleased(id, expectedEpoch);

        // Effect: served in this epoch.
        found.servedEpoch = expectedEpoch;
        emit AccessReleased(
            id,
            query.study,
            requester,
            facts.study.custodian,
            expectedEpoch,
            _STUDIES.manifestDigest(query.study),
            keyVersion,
            envelopeDigest,
            directiveHash,
            person,
            _ENGINE_VERSION
        );
    }

    /// @inheritdoc IAccessLedger
    function confirm(
        uint64 nonce,
        Query calldata query,
        bytes32 directiveHash,
        uint32 epoch,
        bytes32 person
    ) external {
        // Check: the caller is an operator for requests of an active institution, which made the request.
        uint32 requester = _activeInstitutionOfOperator(Vocabulary.OPERATOR_REQUESTS);
        bytes32 id = requestId(requester, nonce, query, directiveHash);

        // Check: the person is not zero.
        _checkPerson(person);

        // Check: the last release of the request was in this epoch.
        Request storage found = _requestServedIn(id, epoch);

        // Check: the epoch was not confirmed before.
        if (found.confirmedEpoch == epoch) revert AccessLedger_AlreadyConfirmed(id, epoch);

        // Effect: confirmed.
        found.confirmedEpoch = epoch;
        emit AccessConfirmed(id, query.study, requester, epoch, person);
    }

    /// @inheritdoc IAccessLedger
    function dispute(
        uint64 nonce,
        Query calldata query,
        bytes32 directiveHash,
        uint32 epoch,
        uint8 failure,
        bytes32 person
    ) external {
        // Check: the caller is an operator for requests of an active institution, which made the request.
        uint32 requester = _activeInstitutionOfOperator(Vocabulary.OPERATOR_REQUESTS);
        bytes32 id = requestId(requester, nonce, query, directiveHash);

        // Check: the person is not zero.
        _checkPerson(person);

        // Check: the failure is a class of the vocabulary.
        if (failure == 0 || failure > Vocabulary.FAILURE_COUNT) revert AccessLedger_FailureUnknown(failure);

        // Check: the last release of the request was in this epoch.
        Request storage found = _requestServedIn(id, epoch);

        // Check: the epoch was not disputed before.
        if (found.disputedEpoch == epoch) revert AccessLedger_AlreadyDisputed(id, epoch);

        // Effect: disputed.
        found.disputedEpoch = epoch;
        emit AccessDisputed(id, query.study, requester, epoch, failure, person);
    }

    /// @inheritdoc IAccessLedger
    function refuse(
        uint64 nonce,
        Query calldata query,
        bytes32 directiveHash,
        uint32 requester,
        uint16 reason,
        bytes32 person
    ) external {
        // Check: the caller is an operator for releases of the study's custodian, which is active.
        uint32 custodian = _activeInstitutionOfOperator(Vocabulary.OPERATOR_RELEASES);
        if (_STUDIES.standing(query.study).custodian != custodian) {
            revert AccessLedger_NotCustodian(query.study, custodian);
        }

        // Check: the person is not zero.
        _checkPerson(person);

        // Check: the reason is 400 to 499.
        if (reason < Vocabulary.REASON_REFUSED_FIRST || reason > Vocabulary.REASON_REFUSED_LAST) {
            revert AccessLedger_ReasonOutOfRange(reason);
        }

        // Check: the request was permitted, and not refused before.
        bytes32 id = requestId(requester, nonce, query, directiveHash);
        Request storage found = _permittedRequest(id);

        // Effect: refused, for good.
        found.status = Status.Refused;
        emit AccessRefused(id, query.study, requester, custodian, reason, person);
    }

    // ========================================================================
    // Views
    // ========================================================================

    /// @inheritdoc IAccessLedger
    function requestOf(bytes32 id) external view returns (Request memory) {
        return _requests[id];
    }

    /// @inheritdoc IAccessLedger
    function requestId(
        uint32 requester,
        uint64 nonce,
        Query calldata query,
        bytes32 directiveHash
    ) public view returns (bytes32) {
        return
            keccak256(
                abi.encode(
                    block.chainid,
                    address(this),
                    requester,
                    nonce,
                    keccak256(abi.encode(query)),
                    directiveHash
                )
            );
    }

    // ========================================================================
    // Internals
    // ========================================================================

    /// @dev What a release needs beside the decision.
    function _checkRelease(
        Floor.Facts memory facts,
        Request storage found,
        uint32 expectedEpoch,
        uint32 keyVersion
    ) private view returns (uint16) {
        // Check: the epoch is the study's.
        if (expectedEpoch != facts.study.epoch) return Vocabulary.REASON_EPOCH_PAST;

        // Check: the requester has a key, and this is its version.
        if (keyVersion == _NO_KEY || keyVersion != facts.requesterStanding.keyVersion) {
            return Vocabulary.REASON_KEY_VERSION_PAST;
        }

        // Check: a request that was never served is younger than a day.
        if (found.servedEpoch == _NO_EPOCH && facts.time >= found.requestedAt + _REQUEST_LIFETIME) {
            return Vocabulary.REASON_REQUEST_EXPIRED;
        }
        return Vocabulary.REASON_PERMITTED;
    }

    /// @dev The caller's institution and its standing, if the caller has the permission.
    function _institutionOfOperator(
        uint8 permission
    ) private view returns (uint32 institution, IInstitutionRegistry.Standing memory standing) {
        uint8 permissions;
        (institution, permissions, standing) = _INSTITUTIONS.actingFor(msg.sender);
        if (permissions & permission == 0) {
            revert AccessLedger_NotOperator(msg.sender, institution, permissions);
        }
    }

    /// @dev The caller's institution, if the caller has the permission and the institution is active.
    function _activeInstitutionOfOperator(uint8 permission) private view returns (uint32) {
        (uint32 institution, IInstitutionRegistry.Standing memory standing) = _institutionOfOperator(permission);
        if (standing.status != IInstitutionRegistry.Status.Active) {
            revert AccessLedger_NotActive(institution, standing.status);
        }
        return institution;
    }

    /// @dev The standing of a study's custodian, if the caller may release its studies.
    function _standingOfCustodian(
        bytes32 study,
        uint32 custodian
    ) private view returns (IInstitutionRegistry.Standing memory) {
        (uint32 institution, IInstitutionRegistry.Standing memory standing) = _institutionOfOperator(
            Vocabulary.OPERATOR_RELEASES
        );
        if (institution != custodian) revert AccessLedger_NotCustodian(study, institution);
        return standing;
    }

    /// @dev The request, if it was permitted and not refused since.
    function _permittedRequest(bytes32 id) private view returns (Request storage found) {
        found = _requests[id];
        if (found.status != Status.Permitted) revert AccessLedger_NotPermitted(id, found.status);
    }

    /// @dev The request, if its last release was in this epoch.
    function _requestServedIn(bytes32 id, uint32 epoch) private view returns (Request storage found) {
        found = _requests[id];
        if (epoch == _NO_EPOCH || found.servedEpoch != epoch) {
            revert AccessLedger_NotReleased(id, epoch, found.servedEpoch);
        }
    }

    /// @dev Reverts without a person.
    function _checkPerson(bytes32 person) private pure {
        if (person == _NO_DIGEST) revert AccessLedger_PersonMissing();
    }
}
