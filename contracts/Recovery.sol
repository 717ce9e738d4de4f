// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Guardians} from "./Guardians.sol";
import {IConsentRegistry} from "./interfaces/IConsentRegistry.sol";
import {Vocabulary} from "./Vocabulary.sol";

/// @title Recovery
/// @notice The part of the ConsentRegistry by which a patient who lost the key comes back.
abstract contract Recovery is Guardians {
    // ========================================================================
    // Constants
    // ========================================================================

    bytes32 private constant _RECOVERER_TYPEHASH =
        keccak256("Recoverer(address subject,address account,uint64 sequence)");

    bytes32 private constant _RECOVERY_TYPEHASH =
        keccak256("Recovery(address subject,address candidate,uint32 attempt)");

    bytes32 private constant _RECOVERY_STOP_TYPEHASH = keccak256("RecoveryStop(address subject,uint32 attempt)");

    address private constant _NOBODY = address(0);

    // ========================================================================
    // State
    // ========================================================================

    struct RecoveryState {
        address named; // 20 bytes
        uint64 sequence; // 8 bytes: 28 of the first slot's 32
        address candidate; // 20 bytes; the zero address while none is under way
        uint40 readyAt; // 5 bytes
        uint32 attempt; // 4 bytes: 29 of the second slot's 32
    }

    mapping(address subject => RecoveryState state) private _recoveries;

    // ========================================================================
    // Transactions
    // ========================================================================

    /// @inheritdoc IConsentRegistry
    function nameRecovery(address subject, address account, uint64 sequence, bytes calldata signature) external {
        // Check: the sequence is greater than the stored one.
        RecoveryState storage found = _recoveries[subject];
        uint64 stored = found.sequence;
        if (sequence <= stored) revert ConsentRegistry_SequencePast(subject, sequence, stored);

        // Check: the signature is the subject's.
        bytes32 structHash = keccak256(abi.encode(_RECOVERER_TYPEHASH, subject, account, sequence));
        _checkSignature(keyOf(subject), structHash, signature);

        // Effect: this account from now on.
        _setOwnKey(subject);
        found.named = account;
        found.sequence = sequence;
        emit RecoveryNamed(subject, account, sequence);
    }

    /// @inheritdoc IConsentRegistry
    function startRecovery(address subject, address candidate, uint32 attempt, bytes calldata signature) external {
        _checkStart(subject, candidate, attempt);

        // Check: the signature is the named account's.
        _checkSignature(_recoveries[subject].named, _hashOfRecovery(subject, candidate, attempt), signature);

        // Effect: under way.
        _start(subject, candidate, attempt, _NO_APPOINTMENT);
    }

    /// @inheritdoc IConsentRegistry
    function startRecoveryByGuardian(
        address subject,
        address candidate,
        uint32 attempt,
        uint32 appointment,
        bytes32 study,
        bytes calldata signature
    ) external {
        // Check: the caller is an operator for consents of an active institution, which holds a study of the subject.
        (uint32 institution, ) = _institutionOfOperator();
        _checkHeld(study, subject, institution);

        // Check: the appointment is live, gives the power, and is for this institution's studies or all.
        address guardian = _guardianWith(subject, _subjects[subject].flags, appointment, Vocabulary.GUARDIAN_RECOVER);
        _checkWithin(subject, appointment, institution);

        _checkStart(subject, candidate, attempt);

        // Check: the signature is the guardian's.
        _checkSignature(guardian, _hashOfRecovery(subject, candidate, attempt), signature);

        // Effect: under way.
        _start(subject, candidate, attempt, appointment);
    }

    /// @inheritdoc IConsentRegistry
    function stopRecovery(address subject, uint32 attempt, bytes calldata signature) external {
        // Check: a recovery is under way, and it is this attempt.
        RecoveryState storage found = _pending(subject);
        if (attempt != found.attempt) revert ConsentRegistry_AttemptDiffers(subject, attempt, found.attempt);

        // Check: the signature is the subject's.
        bytes32 structHash = keccak256(abi.encode(_RECOVERY_STOP_TYPEHASH, subject, attempt));
        _checkSignature(keyOf(subject), structHash, signature);

        // Effect: none is under way.
        _setOwnKey(subject);
        _end(found);
        emit RecoveryStopped(subject, attempt);
    }

    /// @inheritdoc IConsentRegistry
    function finishRecovery(address subject) external {
        // Check: a recovery is under way, and the delay is over.
        RecoveryState storage found = _pending(subject);
        uint40 readyAt = found.readyAt;
        if (block.timestamp < readyAt) revert ConsentRegistry_RecoveryTooEarly(subject, found.attempt, readyAt);

        // Effect: the candidate's key is the subject's, in the next generation.
        address from = keyOf(subject);
        address to = found.candidate;
        _setSuccessor(subject, to);
        uint32 next = _moveOn(subject);
        _end(found);
        emit KeyReplaced(subject, from, to, next);
    }

    // ========================================================================
    // Views
    // ========================================================================

    /// @inheritdoc IConsentRegistry
    function recoveryOf(
        address subject
    ) external view returns (address named, uint64 sequence, address candidate, uint64 readyAt, uint32 attempt) {
        RecoveryState memory found = _recoveries[subject];
        return (found.named, found.sequence, found.candidate, found.readyAt, found.attempt);
    }

    // ========================================================================
    // Internals
    // ========================================================================

    /// @dev What every start must be.
    function _checkStart(address subject, address candidate, uint32 attempt) private view {
        // Check: no recovery is under way.
        RecoveryState storage found = _recoveries[subject];
        uint32 last = found.attempt;
        if (found.candidate != _NOBODY) revert ConsentRegistry_RecoveryPending(subject, last, found.readyAt);

        // Check: the attempt follows the last one, or what was stopped could be started again.
        if (attempt != last + 1) revert ConsentRegistry_AttemptDiffers(subject, attempt, last + 1);

        // Check: the candidate is somebody, and not the present key.
        if (candidate == _NOBODY || candidate == keyOf(subject)) {
            revert ConsentRegistry_CandidateUnusable(subject, candidate);
        }
    }

    /// @dev A recovery is under way.
    function _start(address subject, address candidate, uint32 attempt, uint32 appointment) private {
        uint64 readyAt = uint64(block.timestamp) + _KEY_RECOVERY_DELAY;
        RecoveryState storage found = _recoveries[subject];
        found.candidate = candidate;
        found.readyAt = uint40(readyAt);
        found.attempt = attempt;
        emit RecoveryStarted(subject, candidate, attempt, readyAt, appointment);
    }

    /// @dev None is under way; the attempt's number stays.
    function _end(RecoveryState storage found) private {
        found.candidate = _NOBODY;
        found.readyAt = 0;
    }

    /// @dev What is under way.
    function _pending(address subject) private view returns (RecoveryState storage found) {
        found = _recoveries[subject];
        if (found.candidate == _NOBODY) revert ConsentRegistry_RecoveryMissing(subject);
    }

    /// @dev The EIP-712 struct hash of what starts a recovery.
    function _hashOfRecovery(address subject, address candidate, uint32 attempt) private pure returns (bytes32) {
        return keccak256(abi.encode(_RECOVERY_TYPEHASH, subject, candidate, attempt));
    }
}
