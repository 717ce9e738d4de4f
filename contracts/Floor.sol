// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Directive, Directives} from "./Directive.sol";
import {IConsentRegistry} from "./interfaces/IConsentRegistry.sol";
import {IInstitutionRegistry} from "./interfaces/IInstitutionRegistry.sol";
import {IStudyRegistry} from "./interfaces/IStudyRegistry.sol";
import {Query} from "./Query.sol";
import {Vocabulary} from "./Vocabulary.sol";

/// @title Floor
/// @notice The part of the decision that nothing can change (docs/policy.md), built into the ledger.
library Floor {
    /// @notice What the floor is decided from, beside the query and the directive.
    /// @param study The study asked for.
    /// @param stoppedUntil The first second in which the consortium's stop of all sharing is over.
    /// @param requester The institution that asks.
    /// @param requesterStanding Its standing.
    /// @param custodianStanding The standing of the study's custodian.
    /// @param consent What is known of the directive, and what the study's subject refuses; of an emergency only this.
    /// @param time The time of the decision.
    struct Facts {
        IStudyRegistry.Standing study;
        uint64 stoppedUntil;
        uint32 requester;
        IInstitutionRegistry.Standing requesterStanding;
        IInstitutionRegistry.Standing custodianStanding;
        IConsentRegistry.Standing consent;
        uint64 time;
    }

    /// @notice The longest term of a directive that was given on paper: a year of 365.25 days, in seconds.
    uint64 internal constant MAX_PAPER_TERM = 31_557_600;

    uint64 private constant _NEVER = 0;

    uint16 private constant _NO_FLAW = 0;

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
        reason = _checkParties(facts);
        if (reason != Vocabulary.REASON_PERMITTED) return reason;

        // Check: the directive, if there is one, is for what this custodian holds.
        if (!isAbsent(directive) && directive.custodian != facts.study.custodian) {
            return Vocabulary.REASON_CUSTODIAN_DIFFERS;
        }

        // Check: the patient refuses neither the purpose nor one of its ancestors.
        if (Vocabulary.covers(facts.consent.refused, query.purpose)) return Vocabulary.REASON_REFUSED_BY_PATIENT;

        reason = _checkDirective(facts, directive);
        if (reason != Vocabulary.REASON_PERMITTED) return reason;

        return _checkCoverage(facts, query, directive);
    }

    /// @notice The same of an emergency: all that does not come from a consent, and what the patient refuses.
    function decideEmergency(Facts memory facts, uint64 categories) internal pure returns (uint16 reason) {
        reason = _checkParties(facts);
        if (reason != Vocabulary.REASON_PERMITTED) return reason;

        // Check: the patient refuses neither emergencies nor treatment at all.
        if (Vocabulary.covers(facts.consent.refused, Vocabulary.PURPOSE_BTG)) {
            return Vocabulary.REASON_REFUSED_BY_PATIENT;
        }

        // Check: all that is in the study was asked for, since the key opens the whole.
        if (facts.study.categories & ~categories != 0) return Vocabulary.REASON_CATEGORY_NOT_ASKED;
        return Vocabulary.REASON_PERMITTED;
    }

    /// @dev Steps 1 to 4: the study, the consortium's stop, the requester, the custodian.
    function _checkParties(Facts memory facts) private pure returns (uint16) {
        // Check: the study is registered, and neither withdrawn nor erased.
        IStudyRegistry.Status status = facts.study.status;
        if (status == IStudyRegistry.Status.Unknown) return Vocabulary.REASON_STUDY_UNKNOWN;
        if (status == IStudyRegistry.Status.Withdrawn) return Vocabulary.REASON_STUDY_WITHDRAWN;
        if (status == IStudyRegistry.Status.Erased) return Vocabulary.REASON_STUDY_ERASED;

        // Check: the consortium has not stopped all sharing.
        if (facts.time < facts.stoppedUntil) return Vocabulary.REASON_SHARING_STOPPED;

        // Check: the requester is active, and holds the role.
        IInstitutionRegistry.Standing memory standing = facts.requesterStanding;
        if (standing.status != IInstitutionRegistry.Status.Active) return Vocabulary.REASON_REQUESTER_NOT_ACTIVE;
        if (standing.roles & Vocabulary.ROLE_REQUESTER == 0) return Vocabulary.REASON_REQUESTER_LACKS_ROLE;

        // Check: the custodian is active, and holds the role.
        standing = facts.custodianStanding;
        if (standing.status != IInstitutionRegistry.Status.Active) return Vocabulary.REASON_CUSTODIAN_NOT_ACTIVE;
        if (standing.roles & Vocabulary.ROLE_CUSTODIAN == 0) return Vocabulary.REASON_CUSTODIAN_LACKS_ROLE;
        return Vocabulary.REASON_PERMITTED;
    }

    /// @dev Steps 6 and 7: the directive stands, was given by one who may, and is within its time.
    function _checkDirective(Facts memory facts, Directive calldata directive) private pure returns (uint16) {
        // Check: there is a directive, well formed, of the study's subject.
        if (isAbsent(directive)) return Vocabulary.REASON_DIRECTIVE_ABSENT;
        if (Directives.isMalformed(directive) || _isTooLongForPaper(facts.consent, directive)) {
            return Vocabulary.REASON_DIRECTIVE_MALFORMED;
        }
        if (directive.subject != facts.study.subject) return Vocabulary.REASON_SUBJECT_DIFFERS;

        uint16 reason = _checkConsent(facts.consent, directive.generation);
        if (reason != Vocabulary.REASON_PERMITTED) return reason;

        // Check: the time is in [notBefore, expiry), and long enough after it was given on paper.
        if (facts.time < directive.notBefore) return Vocabulary.REASON_NOT_YET_VALID;
        if (facts.time >= directive.expiry) return Vocabulary.REASON_EXPIRED;
        if (facts.time < facts.consent.standsFrom) return Vocabulary.REASON_PAPER_TOO_NEW;
        return Vocabulary.REASON_PERMITTED;
    }

    /// @dev Whether what is kept of a directive lets it count.
    function _checkConsent(
        IConsentRegistry.Standing memory consent,
        uint32 generation
    ) private pure returns (uint16) {
        // Check: it was not withdrawn, which may be before it was recorded.
        if (consent.revokedAt != _NEVER) return Vocabulary.REASON_DIRECTIVE_REVOKED;

        // Check: it was recorded, by itself or in a batch that is shown.
        if (consent.kind == uint8(IConsentRegistry.Kind.None)) {
            return consent.flaw == _NO_FLAW ? Vocabulary.REASON_DIRECTIVE_NOT_RECORDED : consent.flaw;
        }

        // Check: no `revokeAll` ended it; a key that was stolen and replaced can't sign for the time after.
        if (generation != consent.generation) return Vocabulary.REASON_GENERATION_PAST;
        if (generation != 0 && consent.recordedAt < consent.generationSince) return Vocabulary.REASON_GENERATION_PAST;

        // Check: who gave it in the patient's name could, and still can.
        return consent.flaw;
    }

    /// @dev Whether a directive that was given on paper is for longer than paper may be.
    function _isTooLongForPaper(
        IConsentRegistry.Standing memory consent,
        Directive calldata directive
    ) private pure returns (bool) {
        return
            consent.kind == uint8(IConsentRegistry.Kind.Paper) &&
            directive.expiry - directive.notBefore > MAX_PAPER_TERM;
    }

    /// @dev Steps 8 to 11: the directive covers the study, the grantee, the categories and the purpose.
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
