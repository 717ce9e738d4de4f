// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Batches} from "./Batches.sol";
import {Evidence} from "./Evidence.sol";
import {IConsentRegistry} from "./interfaces/IConsentRegistry.sol";
import {IInstitutionRegistry} from "./interfaces/IInstitutionRegistry.sol";
import {IStudyRegistry} from "./interfaces/IStudyRegistry.sol";
import {Recovery} from "./Recovery.sol";
import {Refusals} from "./Refusals.sol";
import {Subjects} from "./Subjects.sol";
import {Vocabulary} from "./Vocabulary.sol";

/// @title ConsentRegistry
/// @notice See {IConsentRegistry}. Its parts are {Subjects}, {Guardians}, {Commitments}, {Refusals}, {Recovery} and
/// {Batches}; what a decision needs of all of them is put together here.
contract ConsentRegistry is Refusals, Recovery, Batches {
    // ========================================================================
    // Constructor
    // ========================================================================

    /// @param registry See {Subjects}, as for the other.
    // solhint-disable-next-line no-empty-blocks
    constructor(IInstitutionRegistry registry, IStudyRegistry studyRegistry) Subjects(registry, studyRegistry) {}

    // ========================================================================
    // Views
    // ========================================================================

    /// @inheritdoc IConsentRegistry
    function standing(
        address subject,
        bytes32 directiveHash,
        Scope calldata scope,
        Evidence calldata evidence
    ) external view returns (Standing memory result) {
        Subject memory state = _subjects[subject];
        result.generation = state.generation;
        result.generationSince = state.generationSince;
        result.refused = _refused(subject, state, scope);

        Commitment memory found = _commitments[subject][directiveHash];
        result.kind = found.kind;
        result.recordedAt = found.recordedAt;
        result.revokedAt = found.revokedAt;
        if (found.kind == _KIND_NONE) {
            found.authority = _citeBatch(result, subject, directiveHash, evidence);
        } else if (found.generation == state.generation) {
            result.generationSince = _NEVER;
        }

        if (result.kind == _KIND_GUARDIAN) {
            result.flaw = _flawOfGuardian(subject, state.flags, found.authority, scope.custodian);
        } else if (result.kind == _KIND_PAPER) {
            result.standsFrom = found.recordedAt + _PAPER_DELAY;
            result.flaw = _flawOfPaper(state.flags, found.authority, scope.custodian);
        }
    }

    // ========================================================================
    // Internals
    // ========================================================================

    /// @dev What the evidence shows of a directive that was not recorded by itself; the guardian's appointment.
    function _citeBatch(
        Standing memory result,
        address subject,
        bytes32 directiveHash,
        Evidence calldata evidence
    ) private view returns (uint32) {
        uint64 time = _timeOf(evidence);
        if (time == _NEVER) return _NO_APPOINTMENT;
        if (!_isShown(subject, directiveHash, evidence)) {
            result.flaw = Vocabulary.REASON_EVIDENCE_INVALID;
            return _NO_APPOINTMENT;
        }

        result.recordedAt = time;
        result.kind = evidence.appointment == _NO_APPOINTMENT ? _KIND_SIGNED : _KIND_GUARDIAN;
        return evidence.appointment;
    }

    /// @dev Why paper that an institution recorded does not count for this custodian's studies, or 0.
    function _flawOfPaper(uint8 flags, uint32 authority, uint32 custodian) private pure returns (uint16) {
        if (flags & _FLAG_OWN_KEY != 0) return Vocabulary.REASON_PAPER_ENDED;
        if (authority != custodian) return Vocabulary.REASON_AUTHORITY_EXCEEDED;
        return Vocabulary.REASON_PERMITTED;
    }
}
