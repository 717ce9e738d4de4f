// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Directive, Directives} from "./Directive.sol";
import {IConsentRegistry} from "./interfaces/IConsentRegistry.sol";
import {IInstitutionRegistry} from "./interfaces/IInstitutionRegistry.sol";
import {IStudyRegistry} from "./interfaces/IStudyRegistry.sol";
import {Query} from "./Query.sol";
import {Vocabulary} from "./Vocabulary.sol";

/// @title Floor
/// @notice The part of the decision that nothing can change (docs/policy.md, steps 1 to 10), built into the ledger.
library Floor {
    /// @notice What the floor is decided from, beside the query and the directive.
    /// @param study The study asked for.
    /// @param requester The institution that asks.
    /// @param requesterStanding Its standing.
    /// @param custodianStanding The standing of the study's custodian.
    /// @param consent What is known of the directive under the study's subject, and what the subject refuses here.
    /// @param time The time of the decision.
    struct Facts {
        IStudyRegistry.Standing study;
        uint32 requester;
        IInstitutionRegistry.Standing requesterStanding;
        IInstitutionRegistry.Standing custodianStanding;
        IConsentRegistry.Standing consent;
        uint64 time;
    }

    uint64 private constant _NEVER = 0;

    bytes32 private constant _WHOLE_RECORD = bytes32(0);

    uint32 private constant _ANY_GRANTEE = 0;

    uint32 private constant _ANY_GRANTEE_LATER_TOO = type(uint32).max;

    /// @notice Whether a directive is none at all; its other fields are not looked at then.
    function isAbsent(Directive calldata directive) internal pure returns (bool) {
        return directive.subject == address(0);
    }

    /// @notice The reason of the first check that fails, or 0.
    function decide(
        Facts memory facts,
        Query calldata query,
        Directive calldata directive
    ) internal pure returns (uint16 reason) {
        reason = _checkParties(facts, directive);
        if (reason != Vocabulary.REASON_PERMITTED) return reason;

        // Check: the patient refuses neither the purpose nor one of its ancestors.
        if (Vocabulary.covers(facts.consent.refused, query.purpose)) return Vocabulary.REASON_REFUSED_BY_PATIENT;

        reason = _checkDirective(facts, directive);
        if (reason != Vocabulary.REASON_PERMITTED) return reason;

        return _checkCoverage(facts, query, directive);
    }

    /// @dev Steps 1 to 3: the study, the requester, the custodian.
    function _checkParties(Facts memory facts, Directive calldata directive) private pure returns (uint16) {
        // Check: the study is registered, and neither withdrawn nor erased.
        IStudyRegistry.Status status = facts.study.status;
        if (status == IStudyRegistry.Status.Unknown) return Vocabulary.REASON_STUDY_UNKNOWN;
        if (status == IStudyRegistry.Status.Withdrawn) return Vocabulary.REASON_STUDY_WITHDRAWN;
        if (status == IStudyRegistry.Status.Erased) return Vocabulary.REASON_STUDY_ERASED;

        // Check: the requester is active, and holds the role.
        IInstitutionRegistry.Standing memory standing = facts.requesterStanding;
        if (standing.status != IInstitutionRegistry.Status.Active) return Vocabulary.REASON_REQUESTER_NOT_ACTIVE;
        if (standing.roles & Vocabulary.ROLE_REQUESTER == 0) return Vocabulary.REASON_REQUESTER_LACKS_ROLE;

        // Check: the custodian is active, holds the role, and is the directive's.
        standing = facts.custodianStanding;
        if (standing.status != IInstitutionRegistry.Status.Active) return Vocabulary.REASON_CUSTODIAN_NOT_ACTIVE;
        if (standing.roles & Vocabulary.ROLE_CUSTODIAN == 0) return Vocabulary.REASON_CUSTODIAN_LACKS_ROLE;
        if (!isAbsent(directive) && directive.custodian != facts.study.custodian) {
            return Vocabulary.REASON_CUSTODIAN_DIFFERS;
        }
        return Vocabulary.REASON_PERMITTED;
    }

    /// @dev Steps 5 and 6: the directive stands, and is within its time.
    function _checkDirective(Facts memory facts, Directive calldata directive) private pure returns (uint16) {
        // Check: there is a directive, well formed, of the study's subject.
        if (isAbsent(directive)) return Vocabulary.REASON_DIRECTIVE_ABSENT;
        if (Directives.isMalformed(directive)) return Vocabulary.REASON_DIRECTIVE_MALFORMED;
        if (directive.subject != facts.study.subject) return Vocabulary.REASON_SUBJECT_DIFFERS;

        // Check: it was not withdrawn, which may be before it was recorded; it was recorded; no `revokeAll` ended it.
        if (facts.consent.revokedAt != _NEVER) return Vocabulary.REASON_DIRECTIVE_REVOKED;
        if (facts.consent.recordedAt == _NEVER) return Vocabulary.REASON_DIRECTIVE_NOT_RECORDED;
        if (directive.generation != facts.consent.generation) return Vocabulary.REASON_GENERATION_PAST;
        if (facts.consent.recordedAt < facts.consent.generationSince) return Vocabulary.REASON_GENERATION_PAST;
        if (facts.consent.flaw != Vocabulary.REASON_PERMITTED) return facts.consent.flaw;

        // Check: the time is in [notBefore, expiry).
        if (facts.time < directive.notBefore) return Vocabulary.REASON_NOT_YET_VALID;
        if (facts.time >= directive.expiry) return Vocabulary.REASON_EXPIRED;
        return Vocabulary.REASON_PERMITTED;
    }

    /// @dev Steps 7 to 10: the directive covers the study, the grantee, the categories and the purpose.
    function _checkCoverage(
        Facts memory facts,
        Query calldata query,
        Directive calldata directive
    ) private pure returns (uint16) {
        // Check: the directive is for this study, or for all.
        if (directive.study != _WHOLE_RECORD && directive.study != query.study) {
            return Vocabulary.REASON_STUDY_NOT_COVERED;
        }

        // Check: the directive is for this requester, or for any that was one before, or for any.
        if (directive.grantee == _ANY_GRANTEE) {
            if (facts.requesterStanding.requesterSince >= facts.consent.recordedAt) {
                return Vocabulary.REASON_GRANTEE_JOINED_LATER;
            }
        } else if (directive.grantee != _ANY_GRANTEE_LATER_TOO && directive.grantee != facts.requester) {
            return Vocabulary.REASON_GRANTEE_DIFFERS;
        }

        // Check: all that is in the study was asked for (the key opens the whole), and all that was asked is granted.
        if (facts.study.categories & ~query.categories != 0) return Vocabulary.REASON_CATEGORY_NOT_ASKED;
        if (query.categories & ~directive.categories != 0) return Vocabulary.REASON_CATEGORY_NOT_GRANTED;

        // Check: the purpose is known, and it or one of its ancestors is granted.
        if (query.purpose >= Vocabulary.PURPOSE_COUNT) return Vocabulary.REASON_PURPOSE_UNKNOWN;
        if (!Vocabulary.covers(directive.purposes, query.purpose)) return Vocabulary.REASON_PURPOSE_NOT_GRANTED;
        return Vocabulary.REASON_PERMITTED;
    }
}
