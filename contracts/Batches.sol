// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";

import {Evidence} from "./Evidence.sol";
import {Guardians} from "./Guardians.sol";
import {IConsentRegistry} from "./interfaces/IConsentRegistry.sol";
import {Signatures} from "./Signatures.sol";

/// @title Batches
/// @notice The part of the ConsentRegistry that keeps the roots of batches, and knows a consent that is in one.
abstract contract Batches is Guardians {
    // ========================================================================
    // Constants
    // ========================================================================

    /// @notice The longest way from a leaf to the root.
    uint256 private constant _MAX_DEPTH = 32;

    bytes32 private constant _LEAF_TAG = keccak256("PixelPact consent batch");

    bytes32 private constant _NO_ROOT = bytes32(0);

    // ========================================================================
    // State
    // ========================================================================

    mapping(uint32 poster => mapping(bytes32 root => uint64 time)) private _anchors;

    // ========================================================================
    // Transactions
    // ========================================================================

    /// @inheritdoc IConsentRegistry
    function anchor(bytes32 root) external {
        // Check: the caller is an operator for consents of an active custodian.
        uint32 poster = _custodianOfOperator();

        // Check: the root is not zero.
        _checkDigest(root);

        // Check: this institution did not anchor it before.
        uint64 time = _anchors[poster][root];
        if (time != _NEVER) revert ConsentRegistry_AlreadyAnchored(poster, root, time);

        // Effect: anchored now.
        _anchors[poster][root] = uint64(block.timestamp);
        emit BatchAnchored(poster, root);
    }

    // ========================================================================
    // Views
    // ========================================================================

    /// @inheritdoc IConsentRegistry
    function anchoredAt(uint32 poster, bytes32 root) external view returns (uint64) {
        return _anchors[poster][root];
    }

    /// @inheritdoc IConsentRegistry
    function leafOf(uint32 poster, address subject, bytes32 directiveHash) public view returns (bytes32) {
        // Hashed twice, so that no inner node, which is the hash of 64 bytes, can be taken for a leaf.
        bytes memory content = abi.encode(
            _LEAF_TAG,
            block.chainid,
            address(this),
            poster,
            subject,
            directiveHash
        );
        return keccak256(bytes.concat(keccak256(content)));
    }

    // ========================================================================
    // Internals
    // ========================================================================

    /// @dev When the batch was anchored that the evidence cites; 0 without evidence, or without such a batch.
    function _timeOf(Evidence calldata evidence) internal view returns (uint64) {
        if (evidence.root == _NO_ROOT) return _NEVER;
        return _anchors[evidence.poster][evidence.root];
    }

    /// @dev Whether the batch holds the directive, and the subject, or the guardian that the evidence names, signed it.
    /// By a key only: what a wallet contract answers changes, and no audit could find it again.
    function _isShown(
        address subject,
        bytes32 directiveHash,
        Evidence calldata evidence
    ) internal view returns (bool) {
        if (evidence.path.length > _MAX_DEPTH) return false;

        bytes32 leaf = leafOf(evidence.poster, subject, directiveHash);
        if (!MerkleProof.verifyCalldata(evidence.path, evidence.root, leaf)) return false;

        address signer = evidence.appointment == _NO_APPOINTMENT
            ? keyOf(subject)
            : _guardianOf(subject, evidence.appointment);
        return Signatures.isValidOfKey(signer, _hashTypedDataV4(directiveHash), evidence.signature);
    }
}
