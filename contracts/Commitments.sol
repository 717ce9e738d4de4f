// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Directive, Directives} from "./Directive.sol";
import {Guardians} from "./Guardians.sol";
import {IConsentRegistry} from "./interfaces/IConsentRegistry.sol";
import {Vocabulary} from "./Vocabulary.sol";

/// @title Commitments
/// @notice The part of the ConsentRegistry that keeps directives, each by its hash, and their withdrawals.
abstract contract Commitments is Guardians {
    // ========================================================================
    // Constants
    // ========================================================================

    uint8 internal constant _KIND_NONE = uint8(Kind.None);

    uint8 internal constant _KIND_SIGNED = uint8(Kind.Signed);

    uint8 internal constant _KIND_GUARDIAN = uint8(Kind.Guardian);

    uint8 internal constant _KIND_PAPER = uint8(Kind.Paper);

    uint8 private constant _MEANS_PAPER = 1;

    uint8 private constant _MEANS_PHONE = 2;

    bytes32 private constant _REVOCATION_TYPEHASH = keccak256("Revocation(address subject,bytes32 directive)");

    bytes32 private constant _REVOCATION_OF_ALL_TYPEHASH =
        keccak256("RevocationOfAll(address subject,uint32 generation)");

    bytes32 private constant _PAPER_CONSENT_TYPEHASH =
        keccak256("PaperConsent(address subject,bytes32 directive,uint32 custodian,bytes32 form)");

    // ========================================================================
    // State
    // ========================================================================

    // One slot: kind 1, recordedAt 8, revokedAt 8, authority 4, generation 4: 25 bytes.
    mapping(address subject => mapping(bytes32 directive => Commitment commitment)) internal _commitments;

    // ========================================================================
    // Transactions
    // ========================================================================

    /// @inheritdoc IConsentRegistry
    function record(address subject, bytes32 directiveHash, uint32 appointment, bytes calldata signature) external {
        Commitment storage found = _recordable(subject, directiveHash);

        // Check: the signature is the subject's, or that of a live guardian who may allow.
        Subject storage state = _subjects[subject];
        (uint32 present, uint8 flags) = (state.generation, state.flags);
        _checkAuthority(subject, flags, appointment, Vocabulary.GUARDIAN_GRANT, directiveHash, signature);

        // Effect: recorded now.
        if (appointment == _NO_APPOINTMENT) _endPaperIfAny(state, subject, flags);
        _record(
            found,
            subject,
            directiveHash,
            appointment == _NO_APPOINTMENT ? _KIND_SIGNED : _KIND_GUARDIAN,
            appointment,
            present
        );
    }

    /// @inheritdoc IConsentRegistry
    function revoke(address subject, bytes32 directiveHash, uint32 appointment, bytes calldata signature) external {
        // Check: the directive was not withdrawn.
        Commitment storage found = _revocable(subject, directiveHash);

        // Check: the signature is the subject's, or a live guardian's.
        bytes32 structHash = keccak256(abi.encode(_REVOCATION_TYPEHASH, subject, directiveHash));
        Subject storage state = _subjects[subject];
        uint8 flags = state.flags;
        _checkAuthority(subject, flags, appointment, _NO_POWER, structHash, signature);

        // Effect: withdrawn now, recorded or not.
        if (appointment == _NO_APPOINTMENT) _endPaperIfAny(state, subject, flags);
        _revoke(found, subject, directiveHash, appointment);
    }

    /// @inheritdoc IConsentRegistry
    function revokeAll(address subject, uint32 next, uint32 appointment, bytes calldata signature) external {
        // Check: the generation is the subject's present one + 1.
        uint32 expected = _subjects[subject].generation + 1;
        if (next != expected) revert ConsentRegistry_GenerationDiffers(subject, next, expected);

        // Check: the signature is the subject's, or a live guardian's.
        bytes32 structHash = keccak256(abi.encode(_REVOCATION_OF_ALL_TYPEHASH, subject, next));
        _checkAuthority(subject, _subjects[subject].flags, appointment, _NO_POWER, structHash, signature);

        // Effect: directives of the generations before count no more.
        if (appointment == _NO_APPOINTMENT) _setOwnKey(subject);
        _moveOn(subject);
        emit AllRevoked(subject, next, appointment);
    }

    /// @inheritdoc IConsentRegistry
    function recordPaper(
        address subject,
        bytes32 directiveHash,
        bytes32 form,
        address second,
        bytes calldata signature
    ) external {
        // Check: the caller is an operator for consents of an active custodian.
        uint32 custodian = _custodianOfOperator();

        // Check: the form's digest is not zero.
        _checkDigest(form);

        Commitment storage found = _recordable(subject, directiveHash);

        // Check: the subject never signed with a key.
        _checkPaperStands(subject);

        // Check: the second is another account of the same institution, an operator for consents, who signed.
        _checkSecond(
            custodian,
            second,
            keccak256(abi.encode(_PAPER_CONSENT_TYPEHASH, subject, directiveHash, custodian, form)),
            signature
        );

        // Effect: recorded now, as this institution's word.
        _subjects[subject].flags |= _FLAG_PAPER;
        _record(found, subject, directiveHash, _KIND_PAPER, custodian, _subjects[subject].generation);
        emit PaperRecorded(subject, directiveHash, custodian, form, msg.sender, second);
    }

    /// @inheritdoc IConsentRegistry
    function takeRevocation(Directive calldata directive, uint8 means, bytes32 form) external {
        // Check: the caller is an operator for consents of an active institution, which the directive names.
        (uint32 institution, ) = _institutionOfOperator();
        if (directive.custodian != institution) {
            revert ConsentRegistry_NotCustodian(institution, directive.custodian);
        }

        // Check: the means are known, and the form's digest is not zero.
        _checkTaken(means, form);

        // Check: the directive was not withdrawn.
        address subject = directive.subject;
        bytes32 directiveHash = Directives.hash(directive);
        Commitment storage found = _revocable(subject, directiveHash);

        // Effect: withdrawn now, recorded or not.
        _revoke(found, subject, directiveHash, _NO_APPOINTMENT);
        emit RevocationTaken(subject, directiveHash, institution, means, form, msg.sender);
    }

    // ========================================================================
    // Views
    // ========================================================================

    /// @inheritdoc IConsentRegistry
    function commitment(address subject, bytes32 directiveHash) external view returns (Commitment memory) {
        return _commitments[subject][directiveHash];
    }

    /// @inheritdoc IConsentRegistry
    function hashDirective(Directive calldata directive) external pure returns (bytes32) {
        return Directives.hash(directive);
    }

    // ========================================================================
    // Internals
    // ========================================================================

    /// @dev Reverts unless the means are known, and there is a form's digest.
    function _checkTaken(uint8 means, bytes32 form) internal pure {
        if (means != _MEANS_PAPER && means != _MEANS_PHONE) revert ConsentRegistry_MeansUnknown(means);
        _checkDigest(form);
    }

    /// @dev What is kept of the directive, if it was neither withdrawn nor recorded.
    function _recordable(address subject, bytes32 directiveHash) private view returns (Commitment storage found) {
        found = _commitments[subject][directiveHash];
        (uint64 recordedAt, uint64 revokedAt) = (found.recordedAt, found.revokedAt);

        // Check: the directive was not withdrawn.
        if (revokedAt != _NEVER) revert ConsentRegistry_AlreadyRevoked(subject, directiveHash, revokedAt);

        // Check: the directive was not recorded.
        if (recordedAt != _NEVER) revert ConsentRegistry_AlreadyRecorded(subject, directiveHash, recordedAt);
    }

    /// @dev What is kept of the directive, if it was not withdrawn.
    function _revocable(address subject, bytes32 directiveHash) private view returns (Commitment storage found) {
        found = _commitments[subject][directiveHash];
        uint64 revokedAt = found.revokedAt;
        if (revokedAt != _NEVER) revert ConsentRegistry_AlreadyRevoked(subject, directiveHash, revokedAt);
    }

    /// @dev The subject, of these flags, signed. Only where paper may stand, so that the others pay nothing for it.
    function _endPaperIfAny(Subject storage state, address subject, uint8 flags) private {
        if (flags & (_FLAG_PAPER | _FLAG_OWN_KEY) == _FLAG_PAPER) _addOwnKey(state, subject, flags);
    }

    function _record(
        Commitment storage found,
        address subject,
        bytes32 directiveHash,
        uint8 kind,
        uint32 authority,
        uint32 present
    ) private {
        found.kind = kind;
        found.recordedAt = uint64(block.timestamp);
        found.authority = authority;
        found.generation = present;
        emit DirectiveRecorded(subject, directiveHash, kind, authority);
    }

    function _revoke(
        Commitment storage found,
        address subject,
        bytes32 directiveHash,
        uint32 appointment
    ) private {
        found.revokedAt = uint64(block.timestamp);
        emit DirectiveRevoked(subject, directiveHash, appointment);
    }
}
