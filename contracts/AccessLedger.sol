// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Decision} from "./Decision.sol";
import {Directive} from "./Directive.sol";
import {Emergencies} from "./Emergencies.sol";
import {Evidence} from "./Evidence.sol";
import {Floor} from "./Floor.sol";
import {IAccessLedger} from "./interfaces/IAccessLedger.sol";
import {IConsentRegistry} from "./interfaces/IConsentRegistry.sol";
import {IInstitutionRegistry} from "./interfaces/IInstitutionRegistry.sol";
import {IPolicyEngine} from "./interfaces/IPolicyEngine.sol";
import {IStudyRegistry} from "./interfaces/IStudyRegistry.sol";
import {Query} from "./Query.sol";
import {Vocabulary} from "./Vocabulary.sol";

/// @title AccessLedger
/// @notice See {IAccessLedger}. What decides stands in {Decision} and {Floor}, what is kept in {Requests}, emergencies
/// in {Emergencies}; all are built into it.
contract AccessLedger is Emergencies {
    // ========================================================================
    // Constants
    // ========================================================================

    /// @notice How long a request that was never served may be served, in seconds.
    uint64 private constant _REQUEST_LIFETIME = 86_400;

    /// @notice The same of an emergency.
    uint64 private constant _EMERGENCY_LIFETIME = 3_600;

    uint32 private constant _NO_KEY = 0;

    // ========================================================================
    // Constructor
    // ========================================================================

    /// @param registry See {Decision}, as for the others.
    constructor(
        IInstitutionRegistry registry,
        IStudyRegistry studyRegistry,
        IConsentRegistry consentRegistry,
        IPolicyEngine policyEngine
    ) Decision(registry, studyRegistry, consentRegistry, policyEngine) Emergencies(registry) {}

    // ========================================================================
    // Transactions
    // ========================================================================

    /// @inheritdoc IAccessLedger
    function request(
        uint64 nonce,
        Query calldata query,
        Directive calldata directive,
        Evidence calldata evidence,
        bytes32 person
    ) external returns (bytes32 id, uint16 reason) {
        Floor.Facts memory facts;

        // Check: the caller is an operator for requests; whether its institution is active is for the decision.
        (facts.requester, facts.requesterStanding) = _institutionOfOperator(Vocabulary.OPERATOR_REQUESTS);

        // Check: the person is not zero.
        _checkPerson(person);

        // Check: the same was not asked before.
        bytes32 directiveHash = _hashOf(directive);
        id = requestId(facts.requester, nonce, query, directiveHash);
        _checkNew(id);

        facts.study = _STUDIES.standing(query.study);
        facts.custodianStanding = _INSTITUTIONS.standing(facts.study.custodian);
        Rule memory rule = _rule();
        reason = _decide(rule, facts, query, directive, directiveHash, evidence);

        // Effect: permitted or denied, for good.
        _keep(id, facts, reason, false);
        emit AccessRequested(
            id,
            query.study,
            facts.requester,
            reason,
            nonce,
            query,
            directiveHash,
            directive,
            evidence,
            person,
            rule.engineVersion
        );
    }

    /// @inheritdoc IAccessLedger
    function release(
        uint64 nonce,
        Query calldata query,
        Directive calldata directive,
        Evidence calldata evidence,
        Release calldata release_
    ) external {
        Floor.Facts memory facts;
        facts.study = _STUDIES.standing(query.study);

        // Check: the caller is an operator for releases of the custodian; whether it is active is for the decision.
        facts.custodianStanding = _standingOfCustodian(query.study, facts.study.custodian);

        // Check: neither the person nor the envelope is zero.
        _checkPerson(release_.person);
        if (release_.envelopeDigest == _NO_DIGEST) revert AccessLedger_EnvelopeMissing();

        // Check: the request was permitted, and not refused since.
        bytes32 directiveHash = _hashOf(directive);
        bytes32 id = requestId(release_.requester, nonce, query, directiveHash);
        Request storage found = _permittedRequest(id);

        // Check: the decision permits, for this epoch and key, and the request is young enough.
        facts.requester = release_.requester;
        facts.requesterStanding = _INSTITUTIONS.standing(release_.requester);
        Rule memory rule = _rule();
        uint16 reason = found.isEmergency
            ? _decideEmergency(rule, facts, query.study, query.categories)
            : _decide(rule, facts, query, directive, directiveHash, evidence);
        if (reason == Vocabulary.REASON_PERMITTED) reason = _checkRelease(facts, found, release_);
        if (reason != Vocabulary.REASON_PERMITTED) revert AccessLedger_Denied(id, reason);

        // Check: the request was not served in this epoch.
        if (found.servedEpoch == release_.epoch) revert AccessLedger_AlreadyReleased(id, release_.epoch);

        // Effect: served in this epoch.
        found.servedEpoch = release_.epoch;
        emit AccessReleased(
            id,
            query.study,
            release_.requester,
            facts.study.custodian,
            release_.epoch,
            _STUDIES.manifestDigest(query.study),
            release_.keyVersion,
            release_.envelopeDigest,
            directiveHash,
            evidence,
            release_.person,
            rule.engineVersion
        );
    }

    /// @inheritdoc IAccessLedger
    function confirm(
        uint64 nonce,
        Query calldata query,
        bytes32 directiveHash,
        uint32 epoch,
        bytes32 person
    ) external {
        // Check: the caller is an operator for requests of an active institution, which made the request.
        uint32 requester = _activeInstitutionOfOperator(Vocabulary.OPERATOR_REQUESTS);
        bytes32 id = requestId(requester, nonce, query, directiveHash);

        // Check: the person is not zero.
        _checkPerson(person);

        // Check: the last release of the request was in this epoch.
        Request storage found = _requestServedIn(id, epoch);

        // Check: the epoch was not confirmed before.
        if (found.confirmedEpoch == epoch) revert AccessLedger_AlreadyConfirmed(id, epoch);

        // Effect: confirmed.
        found.confirmedEpoch = epoch;
        emit AccessConfirmed(id, query.study, requester, epoch, person);
    }

    /// @inheritdoc IAccessLedger
    function dispute(
        uint64 nonce,
        Query calldata query,
        bytes32 directiveHash,
        uint32 epoch,
        uint8 failure,
        bytes32 person
    ) external {
        // Check: the caller is an operator for requests of an active institution, which made the request.
        uint32 requester = _activeInstitutionOfOperator(Vocabulary.OPERATOR_REQUESTS);
        bytes32 id = requestId(requester, nonce, query, directiveHash);

        // Check: the person is not zero.
        _checkPerson(person);

        // Check: the failure is a class of the vocabulary.
        if (failure == 0 || failure > Vocabulary.FAILURE_COUNT) revert AccessLedger_FailureUnknown(failure);

        // Check: the last release of the request was in this epoch.
        Request storage found = _requestServedIn(id, epoch);

        // Check: the epoch was not disputed before.
        if (found.disputedEpoch == epoch) revert AccessLedger_AlreadyDisputed(id, epoch);

        // Effect: disputed.
        found.disputedEpoch = epoch;
        emit AccessDisputed(id, query.study, requester, epoch, failure, person);
    }

    /// @inheritdoc IAccessLedger
    function refuse(
        uint64 nonce,
        Query calldata query,
        bytes32 directiveHash,
        uint32 requester,
        uint16 reason,
        bytes32 person
    ) external {
        // Check: the caller is an operator for releases of the study's custodian, which is active.
        uint32 custodian = _activeInstitutionOfOperator(Vocabulary.OPERATOR_RELEASES);
        if (_STUDIES.standing(query.study).custodian != custodian) {
            revert AccessLedger_NotCustodian(query.study, custodian);
        }

        // Check: the person is not zero.
        _checkPerson(person);

        // Check: the reason is 400 to 499.
        if (reason < Vocabulary.REASON_REFUSED_FIRST || reason > Vocabulary.REASON_REFUSED_LAST) {
            revert AccessLedger_ReasonOutOfRange(reason);
        }

        // Check: the request was permitted, and not refused before.
        bytes32 id = requestId(requester, nonce, query, directiveHash);
        Request storage found = _permittedRequest(id);

        // Effect: refused, for good.
        found.status = Status.Refused;
        emit AccessRefused(id, query.study, requester, custodian, reason, person);
    }

    // ========================================================================
    // Internals
    // ========================================================================

    /// @dev What a release needs beside the decision.
    function _checkRelease(
        Floor.Facts memory facts,
        Request storage found,
        Release calldata release_
    ) private view returns (uint16) {
        // Check: the epoch is the study's.
        if (release_.epoch != facts.study.epoch) return Vocabulary.REASON_EPOCH_PAST;

        // Check: the requester has a key, this is its version, and the key is the one that was published.
        uint32 keyVersion = release_.keyVersion;
        if (keyVersion == _NO_KEY || keyVersion != facts.requesterStanding.keyVersion) {
            return Vocabulary.REASON_KEY_VERSION_PAST;
        }
        if (release_.keyDigest != _INSTITUTIONS.keyDigest(facts.requester, keyVersion)) {
            return Vocabulary.REASON_KEY_DIFFERS;
        }

        // Check: a request that was never served is younger than a day, an emergency younger than an hour.
        uint64 lifetime = found.isEmergency ? _EMERGENCY_LIFETIME : _REQUEST_LIFETIME;
        if (found.servedEpoch == _NO_EPOCH && facts.time >= found.requestedAt + lifetime) {
            return Vocabulary.REASON_REQUEST_EXPIRED;
        }
        return Vocabulary.REASON_PERMITTED;
    }

    /// @dev The standing of a study's custodian, if the caller may release its studies.
    function _standingOfCustodian(
        bytes32 study,
        uint32 custodian
    ) private view returns (IInstitutionRegistry.Standing memory) {
        (uint32 institution, IInstitutionRegistry.Standing memory standing) = _institutionOfOperator(
            Vocabulary.OPERATOR_RELEASES
        );
        if (institution != custodian) revert AccessLedger_NotCustodian(study, institution);
        return standing;
    }
}
