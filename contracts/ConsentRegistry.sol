// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {Directive, Directives} from "./Directive.sol";
import {IConsentRegistry} from "./interfaces/IConsentRegistry.sol";
import {Signatures} from "./Signatures.sol";

/// @title ConsentRegistry
/// @notice See {IConsentRegistry}.
contract ConsentRegistry is IConsentRegistry, EIP712 {
    // ========================================================================
    // Constants
    // ========================================================================

    uint8 private constant _KIND_SIGNED = 1;

    uint64 private constant _NEVER = 0;

    uint32 private constant _ANY_CUSTODIAN = 0;

    bytes32 private constant _ANY_STUDY = bytes32(0);

    uint32 private constant _ANY_GRANTEE = 0;

    bytes32 private constant _REVOCATION_TYPEHASH = keccak256("Revocation(address subject,bytes32 directive)");

    bytes32 private constant _REVOCATION_OF_ALL_TYPEHASH =
        keccak256("RevocationOfAll(address subject,uint32 generation)");

    bytes32 private constant _REFUSAL_TYPEHASH =
        keccak256(
            "Refusal(address subject,uint32 custodian,bytes32 study,uint32 grantee,uint64 purposes,uint64 sequence)"
        );

    // ========================================================================
    // State
    // ========================================================================

    struct Subject {
        uint32 generation; // 4 bytes
        uint64 refusedPurposes; // 8 bytes: refused to everybody
        uint64 refusalSequence; // 8 bytes: of that refusal
        bool hasNarrowRefusals; // 1 byte: whether one for less than everybody was ever set: 21 of the slot's 32
    }

    struct NarrowRefusal {
        uint64 purposes; // 8 bytes
        uint64 sequence; // 8 bytes: 16 of the slot's 32
    }

    mapping(address subject => Subject state) private _subjects;

    // The scope is `_scopeOf` a custodian, a study or a grantee.
    mapping(address subject => mapping(bytes32 scope => NarrowRefusal refusal)) private _narrowRefusals;

    // One slot: kind 1, recordedAt 8, revokedAt 8: 17 bytes.
    mapping(address subject => mapping(bytes32 directive => Commitment commitment)) private _commitments;

    // ========================================================================
    // Constructor
    // ========================================================================

    // solhint-disable-next-line no-empty-blocks
    constructor() EIP712("PixelPact", "1") {}

    // ========================================================================
    // Transactions
    // ========================================================================

    /// @inheritdoc IConsentRegistry
    function record(address subject, bytes32 directiveHash, bytes calldata signature) external {
        Commitment storage found = _commitments[subject][directiveHash];

        // Check: the directive was not withdrawn.
        uint64 revokedAt = found.revokedAt;
        if (revokedAt != _NEVER) revert ConsentRegistry_AlreadyRevoked(subject, directiveHash, revokedAt);

        // Check: the directive was not recorded.
        uint64 recordedAt = found.recordedAt;
        if (recordedAt != _NEVER) revert ConsentRegistry_AlreadyRecorded(subject, directiveHash, recordedAt);

        // Check: the signature is the subject's.
        _checkSignature(subject, directiveHash, signature);

        // Effect: recorded now.
        _commitments[subject][directiveHash] = Commitment({
            kind: _KIND_SIGNED,
            recordedAt: uint64(block.timestamp),
            revokedAt: _NEVER
        });
        emit DirectiveRecorded(subject, directiveHash);
    }

    /// @inheritdoc IConsentRegistry
    function revoke(address subject, bytes32 directiveHash, bytes calldata signature) external {
        Commitment storage found = _commitments[subject][directiveHash];

        // Check: the directive was not withdrawn.
        uint64 revokedAt = found.revokedAt;
        if (revokedAt != _NEVER) revert ConsentRegistry_AlreadyRevoked(subject, directiveHash, revokedAt);

        // Check: the signature is the subject's.
        _checkSignature(subject, keccak256(abi.encode(_REVOCATION_TYPEHASH, subject, directiveHash)), signature);

        // Effect: withdrawn now, recorded or not.
        found.revokedAt = uint64(block.timestamp);
        emit DirectiveRevoked(subject, directiveHash);
    }

    /// @inheritdoc IConsentRegistry
    function revokeAll(address subject, uint32 next, bytes calldata signature) external {
        // Check: the generation is the subject's present one + 1.
        uint32 expected = _subjects[subject].generation + 1;
        if (next != expected) revert ConsentRegistry_GenerationDiffers(subject, next, expected);

        // Check: the signature is the subject's.
        _checkSignature(subject, keccak256(abi.encode(_REVOCATION_OF_ALL_TYPEHASH, subject, next)), signature);

        // Effect: directives of the generations before count no more.
        _subjects[subject].generation = next;
        emit AllRevoked(subject, next);
    }

    /// @inheritdoc IConsentRegistry
    function refuse(Refusal calldata refusal, bytes calldata signature) external {
        // Check: at most one of custodian, study and grantee is set.
        if (_countOfSet(refusal) > 1) {
            revert ConsentRegistry_ScopeAmbiguous(refusal.custodian, refusal.study, refusal.grantee);
        }

        // Check: the sequence is greater than the scope's stored one.
        Subject storage state = _subjects[refusal.subject];
        bool isNarrow = _countOfSet(refusal) == 1;
        bytes32 scope = _scopeOf(refusal.custodian, refusal.study, refusal.grantee);
        uint64 stored = isNarrow ? _narrowRefusals[refusal.subject][scope].sequence : state.refusalSequence;
        if (refusal.sequence <= stored) {
            revert ConsentRegistry_SequencePast(refusal.subject, refusal.sequence, stored);
        }

        // Check: the signature is the subject's.
        _checkSignature(refusal.subject, _hashOf(refusal), signature);

        // Effect: the scope's purposes and sequence.
        if (isNarrow) {
            state.hasNarrowRefusals = true;
            _narrowRefusals[refusal.subject][scope] = NarrowRefusal(refusal.purposes, refusal.sequence);
        } else {
            state.refusedPurposes = refusal.purposes;
            state.refusalSequence = refusal.sequence;
        }
        emit RefusalSet(
            refusal.subject,
            refusal.custodian,
            refusal.study,
            refusal.grantee,
            refusal.purposes,
            refusal.sequence
        );
    }

    // ========================================================================
    // Views
    // ========================================================================

    /// @inheritdoc IConsentRegistry
    function commitment(address subject, bytes32 directiveHash) external view returns (Commitment memory) {
        return _commitments[subject][directiveHash];
    }

    /// @inheritdoc IConsentRegistry
    function generation(address subject) external view returns (uint32) {
        return _subjects[subject].generation;
    }

    /// @inheritdoc IConsentRegistry
    function refusedPurposes(
        address subject,
        uint32 custodian,
        bytes32 study,
        uint32 grantee
    ) external view returns (uint64) {
        return _refused(subject, _subjects[subject], custodian, study, grantee);
    }

    /// @inheritdoc IConsentRegistry
    function standing(
        address subject,
        bytes32 directiveHash,
        uint32 custodian,
        bytes32 study,
        uint32 grantee
    ) external view returns (Commitment memory, uint32, uint64) {
        Subject memory state = _subjects[subject];
        return (
            _commitments[subject][directiveHash],
            state.generation,
            _refused(subject, state, custodian, study, grantee)
        );
    }

    /// @inheritdoc IConsentRegistry
    function hashDirective(Directive calldata directive) external pure returns (bytes32) {
        return Directives.hash(directive);
    }

    // ========================================================================
    // Internals
    // ========================================================================

    /// @dev Reverts unless the signature over a struct of this domain is the subject's.
    function _checkSignature(address subject, bytes32 structHash, bytes calldata signature) private view {
        bytes32 digest = _hashTypedDataV4(structHash);
        if (!Signatures.isValid(subject, digest, signature)) {
            revert ConsentRegistry_SignatureInvalid(subject, digest);
        }
    }

    /// @dev The union of the four scopes; the three narrow ones are read only if one was ever set.
    function _refused(
        address subject,
        Subject memory state,
        uint32 custodian,
        bytes32 study,
        uint32 grantee
    ) private view returns (uint64 purposes) {
        purposes = state.refusedPurposes;
        if (state.hasNarrowRefusals) {
            mapping(bytes32 scope => NarrowRefusal refusal) storage narrow = _narrowRefusals[subject];
            purposes |= narrow[_scopeOf(custodian, _ANY_STUDY, _ANY_GRANTEE)].purposes;
            purposes |= narrow[_scopeOf(_ANY_CUSTODIAN, study, _ANY_GRANTEE)].purposes;
            purposes |= narrow[_scopeOf(_ANY_CUSTODIAN, _ANY_STUDY, grantee)].purposes;
        }
    }

    /// @dev How many of custodian, study and grantee a refusal sets.
    function _countOfSet(Refusal calldata refusal) private pure returns (uint256) {
        return
            (refusal.custodian != _ANY_CUSTODIAN ? 1 : 0) +
            (refusal.study != _ANY_STUDY ? 1 : 0) +
            (refusal.grantee != _ANY_GRANTEE ? 1 : 0);
    }

    /// @dev The key of a narrow refusal.
    function _scopeOf(uint32 custodian, bytes32 study, uint32 grantee) private pure returns (bytes32) {
        return keccak256(abi.encode(custodian, study, grantee));
    }

    /// @dev The EIP-712 struct hash of a refusal.
    function _hashOf(Refusal calldata refusal) private pure returns (bytes32) {
        return keccak256(abi.encode(_REFUSAL_TYPEHASH, refusal));
    }
}
