// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Directive, Directives} from "./Directive.sol";
import {Evidence} from "./Evidence.sol";
import {Floor} from "./Floor.sol";
import {IAccessLedger} from "./interfaces/IAccessLedger.sol";
import {IConsentRegistry} from "./interfaces/IConsentRegistry.sol";
import {IInstitutionRegistry} from "./interfaces/IInstitutionRegistry.sol";
import {IPolicyEngine} from "./interfaces/IPolicyEngine.sol";
import {IStudyRegistry} from "./interfaces/IStudyRegistry.sol";
import {Query} from "./Query.sol";
import {Vocabulary} from "./Vocabulary.sol";

/// @title Decision
/// @notice The part of the ledger that decides: gathers the facts, takes the floor's decision, asks the present engine.
abstract contract Decision is IAccessLedger {
    // ========================================================================
    // Types
    // ========================================================================

    /// @dev What the consortium can change of decisions: which engine narrows them, and whether all are denied.
    struct Rule {
        IPolicyEngine engine;
        uint16 engineVersion;
        uint64 stoppedUntil;
    }

    // ========================================================================
    // Constants
    // ========================================================================

    /// @notice The gas that the engine may use.
    uint256 private constant _ENGINE_GAS = 200_000;

    /// @notice The gas left before the call from which the engine gets all of that: a call passes on at most 63/64.
    uint256 private constant _ENGINE_GAS_FLOOR = (_ENGINE_GAS * 64) / 63 + 5_000;

    uint16 private constant _FIRST_ENGINE_VERSION = 1;

    bytes32 private constant _NO_DIRECTIVE = bytes32(0);

    // ========================================================================
    // State
    // ========================================================================

    IInstitutionRegistry internal immutable _INSTITUTIONS;

    IStudyRegistry internal immutable _STUDIES;

    IConsentRegistry internal immutable _CONSENTS;

    IPolicyEngine private immutable _FIRST_ENGINE;

    // ========================================================================
    // Constructor
    // ========================================================================

    /// Requirements:
    /// - Each has code.
    /// - The engine's version is 1.
    ///
    /// @param registry The InstitutionRegistry that decisions are made from, and that says which engine is in force.
    /// @param studyRegistry The StudyRegistry that decisions are made from.
    /// @param consentRegistry The ConsentRegistry that decisions are made from.
    /// @param policyEngine The engine that can narrow decisions until the consortium replaces it.
    constructor(
        IInstitutionRegistry registry,
        IStudyRegistry studyRegistry,
        IConsentRegistry consentRegistry,
        IPolicyEngine policyEngine
    ) {
        // Check: each has code.
        _checkCode(address(registry));
        _checkCode(address(studyRegistry));
        _checkCode(address(consentRegistry));
        _checkCode(address(policyEngine));

        // Check: the engine's version is 1.
        uint16 version = policyEngine.VERSION();
        if (version != _FIRST_ENGINE_VERSION) revert AccessLedger_NotFirstEngine(version);

        // Effect: asked from now on.
        _INSTITUTIONS = registry;
        _STUDIES = studyRegistry;
        _CONSENTS = consentRegistry;
        _FIRST_ENGINE = policyEngine;
    }

    // ========================================================================
    // Views
    // ========================================================================

    /// @inheritdoc IAccessLedger
    function decide(
        uint32 requester,
        Query calldata query,
        Directive calldata directive,
        Evidence calldata evidence
    ) external view returns (uint16 reason) {
        Floor.Facts memory facts = _factsOf(requester, query.study);
        return _decide(_rule(), facts, query, directive, _hashOf(directive), evidence);
    }

    /// @inheritdoc IAccessLedger
    function decideEmergency(
        uint32 requester,
        bytes32 study,
        uint64 categories
    ) external view returns (uint16 reason) {
        return _decideEmergency(_rule(), _factsOf(requester, study), study, categories);
    }

    /// @inheritdoc IAccessLedger
    function institutions() external view returns (IInstitutionRegistry) {
        return _INSTITUTIONS;
    }

    /// @inheritdoc IAccessLedger
    function studies() external view returns (IStudyRegistry) {
        return _STUDIES;
    }

    /// @inheritdoc IAccessLedger
    function consents() external view returns (IConsentRegistry) {
        return _CONSENTS;
    }

    /// @inheritdoc IAccessLedger
    function engine() external view returns (IPolicyEngine) {
        return _rule().engine;
    }

    /// @inheritdoc IAccessLedger
    function firstEngine() external view returns (IPolicyEngine) {
        return _FIRST_ENGINE;
    }

    // ========================================================================
    // Internals
    // ========================================================================

    /// @dev The engine in force, and until when everything is stopped.
    function _rule() internal view returns (Rule memory rule) {
        (rule.engine, rule.engineVersion, rule.stoppedUntil) = _INSTITUTIONS.rule();
        if (address(rule.engine) == address(0)) {
            rule.engine = _FIRST_ENGINE;
            rule.engineVersion = _FIRST_ENGINE_VERSION;
        }
    }

    /// @dev The facts of the parties: the study, the requester, the custodian.
    function _factsOf(uint32 requester, bytes32 study) private view returns (Floor.Facts memory facts) {
        facts.requester = requester;
        facts.requesterStanding = _INSTITUTIONS.standing(requester);
        facts.study = _STUDIES.standing(study);
        facts.custodianStanding = _INSTITUTIONS.standing(facts.study.custodian);
    }

    /// @dev The reason of the first check that fails, or 0. The facts of the parties are there already; the rest of
    /// them is filled in here.
    function _decide(
        Rule memory rule,
        Floor.Facts memory facts,
        Query calldata query,
        Directive calldata directive,
        bytes32 directiveHash,
        Evidence calldata evidence
    ) internal view returns (uint16 reason) {
        facts.time = uint64(block.timestamp);
        facts.stoppedUntil = rule.stoppedUntil;
        facts.consent = _CONSENTS.standing(
            facts.study.subject,
            directiveHash,
            _scopeOf(facts, query.study),
            evidence
        );

        reason = Floor.decide(facts, query, directive);
        if (reason == Vocabulary.REASON_PERMITTED) reason = _askEngine(rule.engine, facts, query, directive);
    }

    /// @dev The same of an emergency, for which no engine is asked.
    function _decideEmergency(
        Rule memory rule,
        Floor.Facts memory facts,
        bytes32 study,
        uint64 categories
    ) internal view returns (uint16) {
        facts.time = uint64(block.timestamp);
        facts.stoppedUntil = rule.stoppedUntil;
        facts.consent.refused = _CONSENTS.refusedPurposes(facts.study.subject, _scopeOf(facts, study));
        return Floor.decideEmergency(facts, categories);
    }

    /// @dev Of what a decision is, for what the patient refuses.
    function _scopeOf(
        Floor.Facts memory facts,
        bytes32 study
    ) private pure returns (IConsentRegistry.Scope memory) {
        return
            IConsentRegistry.Scope({
                custodian: facts.study.custodian,
                formers: facts.study.formers,
                study: study,
                grantee: facts.requester
            });
    }

    /// @dev The engine's answer; `REASON_ENGINE_FAILED` for whatever is not one.
    function _askEngine(
        IPolicyEngine asked,
        Floor.Facts memory facts,
        Query calldata query,
        Directive calldata directive
    ) private view returns (uint16) {
        bytes memory question = abi.encodeCall(
            IPolicyEngine.evaluate,
            (
                IPolicyEngine.Facts({
                    requester: facts.requester,
                    country: facts.requesterStanding.country,
                    attributes: facts.requesterStanding.attributes,
                    recordedAt: facts.consent.recordedAt,
                    time: facts.time,
                    custodian: facts.study.custodian
                }),
                query,
                directive
            )
        );
        bool answered;
        uint256 answer;

        // Check: the engine gets all the gas that it may use, or a caller could make it fail.
        if (gasleft() < _ENGINE_GAS_FLOOR) revert AccessLedger_GasTooLow(gasleft(), _ENGINE_GAS_FLOOR);

        // In assembly, so that no more than one word of the answer is copied, however long it is.
        assembly ("memory-safe") {
            answered := staticcall(_ENGINE_GAS, asked, add(question, 0x20), mload(question), 0x00, 0x20)
            answered := and(answered, eq(returndatasize(), 0x20))
            answer := mload(0x00)
        }

        // Without code the call succeeds, and answers nothing.
        if (!answered) return Vocabulary.REASON_ENGINE_FAILED;
        if (answer == Vocabulary.REASON_PERMITTED) return Vocabulary.REASON_PERMITTED;
        if (answer < Vocabulary.REASON_ENGINE_FIRST || answer > Vocabulary.REASON_ENGINE_LAST) {
            return Vocabulary.REASON_ENGINE_FAILED;
        }
        return uint16(answer);
    }

    /// @dev The hash by which a directive is known; 0 when there is none.
    function _hashOf(Directive calldata directive) internal pure returns (bytes32) {
        return Floor.isAbsent(directive) ? _NO_DIRECTIVE : Directives.hash(directive);
    }

    /// @dev Reverts without code.
    function _checkCode(address account) private view {
        if (account.code.length == 0) revert AccessLedger_NoCode(account);
    }
}
