// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Commitments} from "./Commitments.sol";
import {IConsentRegistry} from "./interfaces/IConsentRegistry.sol";

/// @title Refusals
/// @notice The part of the ConsentRegistry that keeps what a patient refuses, signed or taken by a hospital.
abstract contract Refusals is Commitments {
    // ========================================================================
    // Constants
    // ========================================================================

    uint32 private constant _ANY_CUSTODIAN = 0;

    bytes32 private constant _ANY_STUDY = bytes32(0);

    uint32 private constant _ANY_GRANTEE = 0;

    bytes32 private constant _REFUSAL_TYPEHASH =
        keccak256(
            "Refusal(address subject,uint32 custodian,bytes32 study,uint32 grantee,uint64 purposes,uint64 sequence)"
        );

    bytes32 private constant _REFUSAL_LIFT_TYPEHASH =
        keccak256("RefusalLift(address subject,uint32 custodian,bytes32 study,bytes32 form,uint64 sequence)");

    // ========================================================================
    // State
    // ========================================================================

    struct ScopedRefusal {
        uint64 purposes; // 8 bytes
        uint64 sequence; // 8 bytes: 16 of the slot's 32
    }

    // The scope is `_scopeOf` a custodian, a study or a grantee, as the patient signed, or `_takenScopeOf` a custodian
    // or a study, as a hospital took it.
    mapping(address subject => mapping(bytes32 scope => ScopedRefusal refusal)) private _refusals;

    // ========================================================================
    // Transactions
    // ========================================================================

    /// @inheritdoc IConsentRegistry
    function refuse(Refusal calldata refusal, uint32 appointment, bytes calldata signature) external {
        // Check: at most one of custodian, study and grantee is set.
        uint256 count = _countOfSet(refusal);
        if (count > 1) revert ConsentRegistry_ScopeAmbiguous(refusal.custodian, refusal.study, refusal.grantee);

        // Check: the sequence moves on, and a guardian only adds.
        bool isNarrow = count == 1;
        bytes32 scope = _scopeOf(refusal.custodian, refusal.study, refusal.grantee);
        _checkRefusal(refusal, _stored(refusal.subject, isNarrow, scope), appointment);

        // Check: the signature is the subject's, or a live guardian's.
        bytes32 structHash = keccak256(abi.encode(_REFUSAL_TYPEHASH, refusal));
        Subject storage state = _subjects[refusal.subject];
        _checkAuthority(refusal.subject, state.flags, appointment, _NO_POWER, structHash, signature);

        // Effect: the scope's purposes and sequence.
        if (appointment == _NO_APPOINTMENT) _setOwnKey(refusal.subject);
        if (isNarrow) {
            state.flags |= _FLAG_NARROW;
            _refusals[refusal.subject][scope] = ScopedRefusal(refusal.purposes, refusal.sequence);
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
            refusal.sequence,
            appointment
        );
    }

    /// @inheritdoc IConsentRegistry
    function takeRefusal(address subject, bytes32 study, uint64 purposes, uint8 means, bytes32 form) external {
        // Check: the caller is an operator for consents of an active institution.
        (uint32 institution, ) = _institutionOfOperator();

        // Check: the means are known, and the form's digest is not zero.
        _checkTaken(means, form);

        // Check: a study that is named is held by this institution, and the subject's.
        ScopedRefusal storage found = _takenByCaller(subject, study, institution);

        // Check: something is refused that was not taken before.
        uint64 stored = found.purposes;
        if (purposes & ~stored == 0) revert ConsentRegistry_RefusalUnchanged(subject, purposes);

        // Effect: these purposes beside those before.
        uint64 sequence = found.sequence + 1;
        found.purposes = stored | purposes;
        found.sequence = sequence;
        _subjects[subject].flags |= _FLAG_TAKEN;
        emit RefusalTaken(subject, institution, study, stored | purposes, sequence, means, form, msg.sender);
    }

    /// @inheritdoc IConsentRegistry
    function liftTakenRefusal(
        address subject,
        bytes32 study,
        bytes32 form,
        uint64 sequence,
        address second,
        bytes calldata signature
    ) external {
        // Check: the caller is an operator for consents of an active institution.
        (uint32 institution, ) = _institutionOfOperator();

        // Check: the form's digest is not zero.
        _checkDigest(form);

        // Check: a study that is named is held by this institution, and the subject's.
        ScopedRefusal storage found = _takenByCaller(subject, study, institution);

        // Check: the sequence is the next one, and something was taken.
        if (sequence != found.sequence + 1) {
            revert ConsentRegistry_SequenceDiffers(subject, sequence, found.sequence + 1);
        }
        if (found.purposes == 0) revert ConsentRegistry_RefusalUnchanged(subject, 0);

        // Check: the second is another account of the same institution, an operator for consents, who signed.
        _checkSecond(
            institution,
            second,
            keccak256(abi.encode(_REFUSAL_LIFT_TYPEHASH, subject, institution, study, form, sequence)),
            signature
        );

        // Effect: nothing is taken there any more.
        found.purposes = 0;
        found.sequence = sequence;
        emit TakenRefusalLifted(subject, institution, study, sequence, form, msg.sender, second);
    }

    // ========================================================================
    // Views
    // ========================================================================

    /// @inheritdoc IConsentRegistry
    function refusedPurposes(address subject, Scope calldata scope) external view returns (uint64) {
        return _refused(subject, _subjects[subject], scope);
    }

    /// @inheritdoc IConsentRegistry
    function refusalOf(
        address subject,
        uint32 custodian,
        bytes32 study,
        uint32 grantee
    ) external view returns (uint64 purposes, uint64 sequence) {
        bool isNarrow = custodian != _ANY_CUSTODIAN || study != _ANY_STUDY || grantee != _ANY_GRANTEE;
        ScopedRefusal memory found = _stored(subject, isNarrow, _scopeOf(custodian, study, grantee));
        return (found.purposes, found.sequence);
    }

    /// @inheritdoc IConsentRegistry
    function takenRefusalOf(
        address subject,
        uint32 custodian,
        bytes32 study
    ) external view returns (uint64 purposes, uint64 sequence) {
        ScopedRefusal memory found = _refusals[subject][_takenScopeOf(custodian, study)];
        return (found.purposes, found.sequence);
    }

    // ========================================================================
    // Internals
    // ========================================================================

    /// @dev The union of all scopes that apply; the narrow ones are read only if one was ever set.
    function _refused(
        address subject,
        Subject memory state,
        Scope calldata scope
    ) internal view returns (uint64 purposes) {
        purposes = state.refusedPurposes;
        bool isNarrow = state.flags & _FLAG_NARROW != 0;
        bool isTaken = state.flags & _FLAG_TAKEN != 0;
        if (!isNarrow && !isTaken) return purposes;

        mapping(bytes32 scope => ScopedRefusal refusal) storage refusals = _refusals[subject];
        if (isNarrow) {
            purposes |= refusals[_scopeOf(_ANY_CUSTODIAN, scope.study, _ANY_GRANTEE)].purposes;
            purposes |= refusals[_scopeOf(_ANY_CUSTODIAN, _ANY_STUDY, scope.grantee)].purposes;
        }
        if (isTaken) purposes |= refusals[_takenScopeOf(_ANY_CUSTODIAN, scope.study)].purposes;

        // The custodian, then the former ones, of which there are at most four.
        uint256 custodians = (uint256(scope.formers) << 32) | scope.custodian;
        for (; custodians != 0; custodians >>= 32) {
            uint32 custodian = uint32(custodians);
            if (isNarrow) purposes |= refusals[_scopeOf(custodian, _ANY_STUDY, _ANY_GRANTEE)].purposes;
            if (isTaken) purposes |= refusals[_takenScopeOf(custodian, _ANY_STUDY)].purposes;
        }
    }

    /// @dev What is stored of a scope that the patient signs for.
    function _stored(address subject, bool isNarrow, bytes32 scope) private view returns (ScopedRefusal memory) {
        if (isNarrow) return _refusals[subject][scope];
        Subject storage state = _subjects[subject];
        return ScopedRefusal(state.refusedPurposes, state.refusalSequence);
    }

    /// @dev What was taken in a scope that this institution may speak of.
    function _takenByCaller(
        address subject,
        bytes32 study,
        uint32 institution
    ) private view returns (ScopedRefusal storage) {
        if (study == _ANY_STUDY) return _refusals[subject][_takenScopeOf(institution, _ANY_STUDY)];
        _checkHeld(study, subject, institution);
        return _refusals[subject][_takenScopeOf(_ANY_CUSTODIAN, study)];
    }

    /// @dev Reverts unless the sequence moves on; a guardian's by one, or it could use them up, and only adding.
    function _checkRefusal(Refusal calldata refusal, ScopedRefusal memory stored, uint32 appointment) private pure {
        if (refusal.sequence <= stored.sequence) {
            revert ConsentRegistry_SequencePast(refusal.subject, refusal.sequence, stored.sequence);
        }
        if (appointment == _NO_APPOINTMENT) return;
        if (refusal.sequence != stored.sequence + 1) {
            revert ConsentRegistry_SequenceDiffers(refusal.subject, refusal.sequence, stored.sequence + 1);
        }
        if (stored.purposes & ~refusal.purposes != 0) {
            revert ConsentRegistry_RefusalNarrowed(refusal.subject, refusal.purposes, stored.purposes);
        }
    }

    /// @dev How many of custodian, study and grantee a refusal sets.
    function _countOfSet(Refusal calldata refusal) private pure returns (uint256) {
        return
            (refusal.custodian != _ANY_CUSTODIAN ? 1 : 0) +
            (refusal.study != _ANY_STUDY ? 1 : 0) +
            (refusal.grantee != _ANY_GRANTEE ? 1 : 0);
    }

    /// @dev The key of a narrow refusal that the patient signed.
    function _scopeOf(uint32 custodian, bytes32 study, uint32 grantee) private pure returns (bytes32) {
        return keccak256(abi.encode(custodian, study, grantee));
    }

    /// @dev The key of a refusal that a hospital took: two words, so none of the others.
    function _takenScopeOf(uint32 custodian, bytes32 study) private pure returns (bytes32) {
        return keccak256(abi.encode(custodian, study));
    }
}
