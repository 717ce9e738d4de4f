// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Directive, Modifier} from "./Directive.sol";
import {IPolicyEngine} from "./interfaces/IPolicyEngine.sol";
import {Query} from "./Query.sol";
import {Vocabulary} from "./Vocabulary.sol";

/// @title PolicyEngine
/// @notice See {IPolicyEngine}. Decides the DUO permissions, and those modifiers that need no project; whatever else a
/// directive carries is a denial with its reason.
contract PolicyEngine is IPolicyEngine {
    // ========================================================================
    // Constants
    // ========================================================================

    /// @inheritdoc IPolicyEngine
    uint16 public constant VERSION = 1;

    /// @notice The one release of the tables that this engine knows.
    uint16 private constant _VOCABULARY = 1;

    uint16 private constant _NO_PERMISSION = 0;

    bytes32 private constant _NO_PROJECT = bytes32(0);

    /// @notice The month of a time limit.
    uint256 private constant _MONTH = 30 days;

    // ========================================================================
    // Views
    // ========================================================================

    /// @inheritdoc IPolicyEngine
    function evaluate(
        Facts calldata facts,
        Query calldata query,
        Directive calldata directive
    ) external pure returns (uint16 reason) {
        // Check: the vocabulary is known.
        if (directive.vocabulary != _VOCABULARY) return Vocabulary.REASON_VOCABULARY_UNKNOWN;

        // Check: the permission allows the purpose.
        reason = _checkPermission(directive.permission, query.purpose);
        if (reason != Vocabulary.REASON_PERMITTED) return reason;

        // Check: each modifier holds, whatever the purpose.
        uint64 obligations = 0;
        for (uint256 i = 0; i < directive.modifiers.length; ++i) {
            Modifier calldata entry = directive.modifiers[i];
            uint64 obligation = _obligationOf(entry.code);
            obligations |= obligation;
            if (obligation == 0) {
                reason = _checkModifier(facts, query.purpose, entry.code, entry.value);
                if (reason != Vocabulary.REASON_PERMITTED) return reason;
            }
        }

        // Check: no project is cited, since none can be verified.
        if (query.project != _NO_PROJECT) return Vocabulary.REASON_PROJECT_UNKNOWN;

        // Check: every obligation that the directive carries was accepted.
        if (obligations & ~query.obligations != 0) return Vocabulary.REASON_OBLIGATION_NOT_ACCEPTED;

        return Vocabulary.REASON_PERMITTED;
    }

    // ========================================================================
    // Internals
    // ========================================================================

    /// @dev Whether a DUO permission allows a purpose. DUO is about research; a treatment is not denied for lack of a
    /// DUO term.
    function _checkPermission(uint16 permission, uint8 purpose) private pure returns (uint16) {
        if (!_has(Vocabulary.PURPOSES_UNDER_HRESCH, purpose)) {
            return
                permission == Vocabulary.DUO_CC && !_has(Vocabulary.PURPOSES_UNDER_TREAT, purpose)
                    ? Vocabulary.REASON_PERMISSION_EXCLUDES_PURPOSE
                    : Vocabulary.REASON_PERMITTED;
        }
        if (permission == _NO_PERMISSION) return Vocabulary.REASON_PERMISSION_ABSENT;
        if (!_has(_researchUnder(permission), purpose)) return Vocabulary.REASON_PERMISSION_EXCLUDES_PURPOSE;
        if (permission == Vocabulary.DUO_DS) return Vocabulary.REASON_PERMISSION_NEEDS_PROJECT;
        return Vocabulary.REASON_PERMITTED;
    }

    /// @dev The research purposes that a code allows; none for a code that is not a permission.
    function _researchUnder(uint16 permission) private pure returns (uint64) {
        if (permission == Vocabulary.DUO_NRES) return Vocabulary.RESEARCH_NRES;
        if (permission == Vocabulary.DUO_GRU) return Vocabulary.RESEARCH_GRU;
        if (permission == Vocabulary.DUO_HMB) return Vocabulary.RESEARCH_HMB;
        if (permission == Vocabulary.DUO_DS) return Vocabulary.RESEARCH_DS;
        if (permission == Vocabulary.DUO_POA) return Vocabulary.RESEARCH_POA;
        return 0;
    }

    /// @dev Whether a modifier that carries no obligation holds; one that is not listed here can't be decided.
    function _checkModifier(
        Facts calldata facts,
        uint8 purpose,
        uint16 code,
        bytes32 value
    ) private pure returns (uint16) {
        if (code == Vocabulary.DUO_IS) {
            return
                uint256(value) == facts.requester
                    ? Vocabulary.REASON_PERMITTED
                    : Vocabulary.REASON_MODIFIER_INSTITUTION;
        }
        if (code == Vocabulary.DUO_GS) {
            return
                value == bytes32(facts.country) ? Vocabulary.REASON_PERMITTED : Vocabulary.REASON_MODIFIER_COUNTRY;
        }
        if (code == Vocabulary.DUO_TS) {
            return
                _isWithin(uint256(value), facts.recordedAt, facts.time)
                    ? Vocabulary.REASON_PERMITTED
                    : Vocabulary.REASON_MODIFIER_TIME;
        }
        if (code == Vocabulary.DUO_NPU) {
            return
                facts.attributes & Vocabulary.ATTRIBUTE_NOT_FOR_PROFIT != 0
                    ? Vocabulary.REASON_PERMITTED
                    : Vocabulary.REASON_MODIFIER_NOT_FOR_PROFIT;
        }
        if (code == Vocabulary.DUO_NPOA) {
            return
                purpose != Vocabulary.PURPOSE_HRESCH && purpose != Vocabulary.PURPOSE_POARCH
                    ? Vocabulary.REASON_PERMITTED
                    : Vocabulary.REASON_MODIFIER_ANCESTRY;
        }
        return Vocabulary.REASON_MODIFIER_UNDECIDABLE;
    }

    /// @dev The obligation that a modifier carries, as a bit; none for most.
    function _obligationOf(uint16 code) private pure returns (uint64) {
        if (code == Vocabulary.DUO_PUB) return Vocabulary.OBLIGATION_PUBLICATION_REQUIRED;
        if (code == Vocabulary.DUO_COL) return Vocabulary.OBLIGATION_COLLABORATION_REQUIRED;
        if (code == Vocabulary.DUO_MOR) return Vocabulary.OBLIGATION_PUBLICATION_MORATORIUM;
        if (code == Vocabulary.DUO_RTN) return Vocabulary.OBLIGATION_RETURN_RESULTS;
        return 0;
    }

    /// @dev Whether the time is before so many months after the recording, as if numbers had no limit.
    function _isWithin(uint256 months, uint64 recordedAt, uint64 time) private pure returns (bool) {
        // As many months as that end after the last second that a time can name.
        if (months > type(uint64).max) return true;
        return time < recordedAt + months * _MONTH;
    }

    /// @dev Whether a set of purposes has this one; a number that a set has no place for is in none.
    function _has(uint64 purposes, uint8 purpose) private pure returns (bool) {
        return (purposes >> purpose) & 1 != 0;
    }
}
