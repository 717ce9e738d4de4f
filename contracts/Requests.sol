// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Decision} from "./Decision.sol";
import {Floor} from "./Floor.sol";
import {IAccessLedger} from "./interfaces/IAccessLedger.sol";
import {IInstitutionRegistry} from "./interfaces/IInstitutionRegistry.sol";
import {Query} from "./Query.sol";
import {Vocabulary} from "./Vocabulary.sol";

/// @title Requests
/// @notice The part of the ledger that keeps what became of requests, and says who may act on them.
abstract contract Requests is Decision {
    // ========================================================================
    // Constants
    // ========================================================================

    uint32 internal constant _NO_EPOCH = 0;

    bytes32 internal constant _NO_DIGEST = bytes32(0);

    // ========================================================================
    // State
    // ========================================================================

    // One slot: status 1, requester 4, custodian 4, requestedAt 8, servedEpoch 4, confirmedEpoch 4, disputedEpoch 4,
    // isEmergency 1, isReviewed 1: 31 bytes.
    mapping(bytes32 id => Request request) internal _requests;

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
        return _idOf(requester, nonce, keccak256(abi.encode(query)), directiveHash);
    }

    // ========================================================================
    // Internals
    // ========================================================================

    /// @dev The number of a request on this chain and ledger.
    function _idOf(
        uint32 requester,
        uint64 nonce,
        bytes32 queryHash,
        bytes32 directiveHash
    ) internal view returns (bytes32) {
        return
            keccak256(abi.encode(block.chainid, address(this), requester, nonce, queryHash, directiveHash));
    }

    /// @dev Keep what was answered, for good.
    function _keep(bytes32 id, Floor.Facts memory facts, uint16 reason, bool isEmergency) internal {
        _requests[id] = Request({
            status: reason == Vocabulary.REASON_PERMITTED ? Status.Permitted : Status.Denied,
            requester: facts.requester,
            custodian: facts.study.custodian,
            requestedAt: facts.time,
            servedEpoch: _NO_EPOCH,
            confirmedEpoch: _NO_EPOCH,
            disputedEpoch: _NO_EPOCH,
            isEmergency: isEmergency,
            isReviewed: false
        });
    }

    /// @dev Reverts if the same was asked before.
    function _checkNew(bytes32 id) internal view {
        Status status = _requests[id].status;
        if (status != Status.Unknown) revert AccessLedger_AlreadyRequested(id, status);
    }

    /// @dev The request, if it was permitted and not refused since.
    function _permittedRequest(bytes32 id) internal view returns (Request storage found) {
        found = _requests[id];
        if (found.status != Status.Permitted) revert AccessLedger_NotPermitted(id, found.status);
    }

    /// @dev The request, if its last release was in this epoch.
    function _requestServedIn(bytes32 id, uint32 epoch) internal view returns (Request storage found) {
        found = _requests[id];
        if (epoch == _NO_EPOCH || found.servedEpoch != epoch) {
            revert AccessLedger_NotReleased(id, epoch, found.servedEpoch);
        }
    }

    /// @dev The caller's institution and its standing, if the caller has the permission.
    function _institutionOfOperator(
        uint8 permission
    ) internal view returns (uint32 institution, IInstitutionRegistry.Standing memory standing) {
        uint8 permissions;
        (institution, permissions, standing) = _INSTITUTIONS.actingFor(msg.sender);
        if (permissions & permission == 0) {
            revert AccessLedger_NotOperator(msg.sender, institution, permissions);
        }
    }

    /// @dev The caller's institution, if the caller has the permission and the institution is active.
    function _activeInstitutionOfOperator(uint8 permission) internal view returns (uint32) {
        (uint32 institution, IInstitutionRegistry.Standing memory standing) = _institutionOfOperator(permission);
        _checkActive(institution, standing);
        return institution;
    }

    /// @dev Reverts unless the institution is active.
    function _checkActive(uint32 institution, IInstitutionRegistry.Standing memory standing) internal pure {
        if (standing.status != IInstitutionRegistry.Status.Active) {
            revert AccessLedger_NotActive(institution, standing.status);
        }
    }

    /// @dev Reverts without a person.
    function _checkPerson(bytes32 person) internal pure {
        if (person == _NO_DIGEST) revert AccessLedger_PersonMissing();
    }
}
