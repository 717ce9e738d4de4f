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
/// @notice The part of the ledger that decides: gathers the facts, takes the floor's decision, asks the engine.
abstract contract Decision is IAccessLedger {
    // ========================================================================
    // Constants
    // ========================================================================

    /// @notice The gas that the engine may use.
    uint256 private constant _ENGINE_GAS = 200_000;

    /// @notice The gas left before the call from which the engine gets all of that: a call passes on at most 63/64.
    uint256 private constant _ENGINE_GAS_FLOOR = (_ENGINE_GAS * 64) / 63 + 5_000;

    bytes32 private constant _NO_DIRECTIVE = bytes32(0);

    // ========================================================================
    // State
    // ========================================================================

    IInstitutionRegistry internal immutable _INSTITUTIONS;

    IStudyRegistry internal immutable _STUDIES;

    IConsentRegistry internal immutable _CONSENTS;

    IPolicyEngine internal immutable _ENGINE;

    uint16 internal immutable _ENGINE_VERSION;

    // ========================================================================
    // Constructor
    // ========================================================================

    /// Requirements:
    /// - Each has code.
    ///
    /// @param registry The InstitutionRegistry that decisions are made from.
    /// @param studyRegistry The StudyRegistry that decisions are made from.
    /// @param consentRegistry The ConsentRegistry that decisions are made from.
    /// @param policyEngine The PolicyEngine that can narrow decisions.
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

        // Effect: asked from now on.
        _INSTITUTIONS = registry;
        _STUDIES = studyRegistry;
        _CONSENTS = consentRegistry;
        _ENGINE = policyEngine;
        _ENGINE_VERSION = policyEngine.VERSION();
    }

    // ========================================================================
    // Views
    // ========================================================================

    /// @inheritdoc IAccessLedger
    function decide(
        uint32 requester,
        Query calldata query,
        Directive calldata directive
    ) external view returns (uint16 reason) {
        Floor.Facts memory facts;
        facts.requester = requester;
        facts.requesterStanding = _INSTITUTIONS.standing(requester);
        facts.study = _STUDIES.standing(query.study);
        facts.custodianStanding = _INSTITUTIONS.standing(facts.study.custodian);
        return _decide(facts, query, directive, _hashOf(directive));
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
        return _ENGINE;
    }

    // ========================================================================
    // Internals
    // ========================================================================

    /// @dev The reason of the first check that fails, or 0. The facts of the parties are there already; the rest of
    /// them is filled in here.
    function _decide(
        Floor.Facts memory facts,
        Query calldata query,
        Directive calldata directive,
        bytes32 directiveHash
    ) internal view returns (uint16 reason) {
        facts.time = uint64(block.timestamp);
        Evidence memory evidence;
        facts.consent = _CONSENTS.standing(
            facts.study.subject,
            directiveHash,
            IConsentRegistry.Scope({
                custodian: facts.study.custodian,
                formers: 0,
                study: query.study,
                grantee: facts.requester
            }),
            evidence
        );

        reason = Floor.decide(facts, query, directive);
        if (reason == Vocabulary.REASON_PERMITTED) reason = _askEngine(facts, query, directive);
    }

    /// @dev The engine's answer; `REASON_ENGINE_FAILED` for whatever is not one.
    function _askEngine(
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
        address engineAddress = address(_ENGINE);
        bool answered;
        uint256 answer;

        // Check: the engine gets all the gas that it may use, or a caller could make it fail.
        if (gasleft() < _ENGINE_GAS_FLOOR) revert AccessLedger_GasTooLow(gasleft(), _ENGINE_GAS_FLOOR);

        // In assembly, so that no more than one word of the answer is copied, however long it is.
        assembly ("memory-safe") {
            answered := staticcall(_ENGINE_GAS, engineAddress, add(question, 0x20), mload(question), 0x00, 0x20)
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
