// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Directive, Modifier} from "./Directive.sol";
import {IInstitutionRegistry} from "./interfaces/IInstitutionRegistry.sol";
import {IPolicyEngine} from "./interfaces/IPolicyEngine.sol";
import {IProjectRegistry} from "./interfaces/IProjectRegistry.sol";
import {Query} from "./Query.sol";
import {Vocabulary} from "./Vocabulary.sol";

/// @title PolicyEngine
/// @notice See {IPolicyEngine}. Decides every DUO permission and modifier, and the research project that is cited;
/// whatever else a directive carries is a denial with its reason.
contract PolicyEngine is IPolicyEngine {
    // ========================================================================
    // Constants
    // ========================================================================

    /// @notice The one release of the tables that this engine knows.
    uint16 private constant _VOCABULARY = 1;

    uint16 private constant _NO_PERMISSION = 0;

    bytes32 private constant _NO_PROJECT = bytes32(0);

    /// @notice The month of a time limit.
    uint256 private constant _MONTH = 30 days;

    // ========================================================================
    // State
    // ========================================================================

    /// @inheritdoc IPolicyEngine
    uint16 public immutable VERSION;

    IInstitutionRegistry private immutable _INSTITUTIONS;

    IProjectRegistry private immutable _PROJECTS;

    // ========================================================================
    // Constructor
    // ========================================================================

    /// Requirements:
    /// - Both registries have code.
    ///
    /// @param registry The InstitutionRegistry that says whether an ethics board is one still.
    /// @param projectRegistry The ProjectRegistry that projects are looked up in.
    /// @param version 1 for the engine that a ledger starts with; for each that replaces one, greater than that one's.
    constructor(IInstitutionRegistry registry, IProjectRegistry projectRegistry, uint16 version) {
        // Check: both registries have code.
        if (address(registry).code.length == 0) revert PolicyEngine_NoCode(address(registry));
        if (address(projectRegistry).code.length == 0) revert PolicyEngine_NoCode(address(projectRegistry));

        // Effect: asked from now on.
        _INSTITUTIONS = registry;
        _PROJECTS = projectRegistry;
        VERSION = version;
    }

    // ========================================================================
    // Views
    // ========================================================================

    /// @inheritdoc IPolicyEngine
    function evaluate(
        Facts calldata facts,
        Query calldata query,
        Directive calldata directive
    ) external view returns (uint16 reason) {
        // Check: the vocabulary is known.
        if (directive.vocabulary != _VOCABULARY) return Vocabulary.REASON_VOCABULARY_UNKNOWN;

        // Check: the permission allows the purpose.
        reason = _checkPermission(query, directive);
        if (reason != Vocabulary.REASON_PERMITTED) return reason;

        // Check: each modifier holds, whatever the purpose.
        IProjectRegistry.Standing memory project;
        if (query.project != _NO_PROJECT) project = _PROJECTS.standing(query.project, facts.requester);
        uint64 obligations = 0;
        for (uint256 i = 0; i < directive.modifiers.length; ++i) {
            Modifier calldata entry = directive.modifiers[i];
            obligations |= _obligationOf(entry.code);
            reason = _checkModifier(facts, query, project, entry);
            if (reason != Vocabulary.REASON_PERMITTED) return reason;
        }

        // Check: the project that is cited is in force, independently approved, and the requester takes part in it.
        if (query.project != _NO_PROJECT) {
            reason = _checkProject(facts, project);
            if (reason != Vocabulary.REASON_PERMITTED) return reason;
        }

        // Check: every obligation that the directive carries was accepted.
        if (obligations & ~query.obligations != 0) return Vocabulary.REASON_OBLIGATION_NOT_ACCEPTED;

        return Vocabulary.REASON_PERMITTED;
    }

    /// @notice The InstitutionRegistry that this engine asks.
    function institutions() external view returns (IInstitutionRegistry) {
        return _INSTITUTIONS;
    }

    /// @notice The ProjectRegistry that this engine asks.
    function projects() external view returns (IProjectRegistry) {
        return _PROJECTS;
    }

    // ========================================================================
    // Internals: permission
    // ========================================================================

    /// @dev Whether a DUO permission allows a purpose. DUO is about research; a treatment is not denied for lack of a
    /// DUO permission.
    function _checkPermission(Query calldata query, Directive calldata directive) private pure returns (uint16) {
        uint16 permission = directive.permission;
        uint8 purpose = query.purpose;
        if (!_has(Vocabulary.PURPOSES_UNDER_HRESCH, purpose)) {
            return
                permission == Vocabulary.DUO_CC && !_has(Vocabulary.PURPOSES_UNDER_TREAT, purpose)
                    ? Vocabulary.REASON_PERMISSION_EXCLUDES_PURPOSE
                    : Vocabulary.REASON_PERMITTED;
        }
        if (permission == _NO_PERMISSION) return Vocabulary.REASON_PERMISSION_ABSENT;
        if (!_has(_researchUnder(permission), purpose)) return Vocabulary.REASON_PERMISSION_EXCLUDES_PURPOSE;
        if (permission != Vocabulary.DUO_DS) return Vocabulary.REASON_PERMITTED;

        // Whether the project is about the disease is for the modifier that names it.
        if (query.project == _NO_PROJECT) return Vocabulary.REASON_PERMISSION_NEEDS_PROJECT;
        return
            _namesDisease(directive.modifiers)
                ? Vocabulary.REASON_PERMITTED
                : Vocabulary.REASON_PERMISSION_NAMES_NO_DISEASE;
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

    /// @dev Whether one of the modifiers names a disease.
    function _namesDisease(Modifier[] calldata modifiers) private pure returns (bool) {
        for (uint256 i = 0; i < modifiers.length; ++i) {
            if (modifiers[i].code == Vocabulary.DUO_DS) return true;
        }
        return false;
    }

    // ========================================================================
    // Internals: modifiers
    // ========================================================================

    /// @dev Whether a modifier holds. One that carries nothing but an obligation always does.
    function _checkModifier(
        Facts calldata facts,
        Query calldata query,
        IProjectRegistry.Standing memory project,
        Modifier calldata entry
    ) private view returns (uint16) {
        uint16 code = entry.code;
        if (code == Vocabulary.DUO_NCU) return _checkNonCommercial(query, project);
        if (code == Vocabulary.DUO_NPU) return _checkNotForProfit(facts);
        if (code == Vocabulary.DUO_NPUNCU) {
            uint16 reason = _checkNotForProfit(facts);
            return reason == Vocabulary.REASON_PERMITTED ? _checkNonCommercial(query, project) : reason;
        }
        if (_obligationOf(code) != 0) return Vocabulary.REASON_PERMITTED;
        if (code == Vocabulary.DUO_IS) {
            return
                uint256(entry.value) == facts.requester
                    ? Vocabulary.REASON_PERMITTED
                    : Vocabulary.REASON_MODIFIER_INSTITUTION;
        }
        if (code == Vocabulary.DUO_TS) {
            return
                _isWithin(uint256(entry.value), facts.recordedAt, facts.time)
                    ? Vocabulary.REASON_PERMITTED
                    : Vocabulary.REASON_MODIFIER_TIME;
        }
        if (code == Vocabulary.DUO_GS) return _checkCountry(facts, query, project, entry.value);
        if (code == Vocabulary.DUO_NPOA) return _checkAncestry(query, project);
        if (code == Vocabulary.DUO_NMDS) return _checkMethods(query, project);
        return _checkByProject(query, project, entry);
    }

    /// @dev Whether a modifier that can't be decided without a project holds; one that is not listed here can't be
    /// decided at all.
    function _checkByProject(
        Query calldata query,
        IProjectRegistry.Standing memory project,
        Modifier calldata entry
    ) private view returns (uint16) {
        uint16 code = entry.code;
        if (
            code != Vocabulary.DUO_DS &&
            code != Vocabulary.DUO_RS &&
            code != Vocabulary.DUO_GSO &&
            code != Vocabulary.DUO_IRB &&
            code != Vocabulary.DUO_PS
        ) return Vocabulary.REASON_MODIFIER_UNDECIDABLE;
        if (query.project == _NO_PROJECT) return Vocabulary.REASON_MODIFIER_NEEDS_PROJECT;

        if (code == Vocabulary.DUO_DS && !_PROJECTS.concerns(query.project, entry.value)) {
            return Vocabulary.REASON_MODIFIER_DISEASE;
        }
        if (code == Vocabulary.DUO_RS && !_PROJECTS.concerns(query.project, entry.value)) {
            return Vocabulary.REASON_MODIFIER_RESEARCH_TYPE;
        }
        if (code == Vocabulary.DUO_GSO && project.traits & Vocabulary.TRAIT_GENETIC == 0) {
            return Vocabulary.REASON_MODIFIER_GENETIC;
        }
        if (code == Vocabulary.DUO_PS && entry.value != query.project) return Vocabulary.REASON_MODIFIER_PROJECT;
        return Vocabulary.REASON_PERMITTED;
    }

    /// @dev Whether the requester is not for profit.
    function _checkNotForProfit(Facts calldata facts) private pure returns (uint16) {
        return
            facts.attributes & Vocabulary.ATTRIBUTE_NOT_FOR_PROFIT != 0
                ? Vocabulary.REASON_PERMITTED
                : Vocabulary.REASON_MODIFIER_NOT_FOR_PROFIT;
    }

    /// @dev Whether neither the purpose nor the project is commercial.
    function _checkNonCommercial(
        Query calldata query,
        IProjectRegistry.Standing memory project
    ) private pure returns (uint16) {
        return
            query.purpose != Vocabulary.PURPOSE_HMARKT && project.traits & Vocabulary.TRAIT_COMMERCIAL == 0
                ? Vocabulary.REASON_PERMITTED
                : Vocabulary.REASON_MODIFIER_COMMERCIAL;
    }

    /// @dev Whether the requester, and the project if one is cited, is in the country.
    function _checkCountry(
        Facts calldata facts,
        Query calldata query,
        IProjectRegistry.Standing memory project,
        bytes32 value
    ) private pure returns (uint16) {
        bool elsewhere = query.project != _NO_PROJECT && value != bytes32(project.country);
        return
            value == bytes32(facts.country) && !elsewhere
                ? Vocabulary.REASON_PERMITTED
                : Vocabulary.REASON_MODIFIER_COUNTRY;
    }

    /// @dev Whether neither the purpose nor the project is, or might be, research on ancestry.
    function _checkAncestry(
        Query calldata query,
        IProjectRegistry.Standing memory project
    ) private pure returns (uint16) {
        return
            query.purpose != Vocabulary.PURPOSE_HRESCH &&
                query.purpose != Vocabulary.PURPOSE_POARCH &&
                project.traits & Vocabulary.TRAIT_ANCESTRY == 0
                ? Vocabulary.REASON_PERMITTED
                : Vocabulary.REASON_MODIFIER_ANCESTRY;
    }

    /// @dev Whether it is no research, or of a project that develops no methods.
    function _checkMethods(
        Query calldata query,
        IProjectRegistry.Standing memory project
    ) private pure returns (uint16) {
        if (!_has(Vocabulary.PURPOSES_UNDER_HRESCH, query.purpose)) return Vocabulary.REASON_PERMITTED;
        if (query.project == _NO_PROJECT) return Vocabulary.REASON_MODIFIER_NEEDS_PROJECT;
        return
            project.traits & Vocabulary.TRAIT_METHODS == 0
                ? Vocabulary.REASON_PERMITTED
                : Vocabulary.REASON_MODIFIER_METHODS;
    }

    /// @dev The obligation that a modifier carries, as a bit; none for most.
    function _obligationOf(uint16 code) private pure returns (uint64) {
        if (code == Vocabulary.DUO_PUB) return Vocabulary.OBLIGATION_PUBLICATION_REQUIRED;
        if (code == Vocabulary.DUO_COL) return Vocabulary.OBLIGATION_COLLABORATION_REQUIRED;
        if (code == Vocabulary.DUO_MOR) return Vocabulary.OBLIGATION_PUBLICATION_MORATORIUM;
        if (code == Vocabulary.DUO_RTN) return Vocabulary.OBLIGATION_RETURN_RESULTS;
        if (code == Vocabulary.DUO_NCU) return Vocabulary.OBLIGATION_NON_COMMERCIAL_USE;
        if (code == Vocabulary.DUO_NPUNCU) return Vocabulary.OBLIGATION_NON_COMMERCIAL_USE;
        if (code == Vocabulary.DUO_US) return Vocabulary.OBLIGATION_NAMED_USERS_ONLY;
        return 0;
    }

    /// @dev Whether the time is before so many months after the recording, as if numbers had no limit.
    function _isWithin(uint256 months, uint64 recordedAt, uint64 time) private pure returns (bool) {
        // As many months as that end after the last second that a time can name.
        if (months > type(uint64).max) return true;
        return time < recordedAt + months * _MONTH;
    }

    // ========================================================================
    // Internals: project
    // ========================================================================

    /// @dev Whether a project is in force, its board is one still and independent of the custodian, and the requester
    /// takes part in it.
    function _checkProject(
        Facts calldata facts,
        IProjectRegistry.Standing memory project
    ) private view returns (uint16) {
        if (project.status == IProjectRegistry.Status.Unknown) return Vocabulary.REASON_PROJECT_UNKNOWN;
        if (project.status == IProjectRegistry.Status.Registered) return Vocabulary.REASON_PROJECT_NOT_APPROVED;
        if (project.status == IProjectRegistry.Status.Withdrawn) return Vocabulary.REASON_PROJECT_WITHDRAWN;
        if (facts.time >= project.until) return Vocabulary.REASON_PROJECT_EXPIRED;
        if (project.board == facts.custodian || !_isBoard(project.board)) {
            return Vocabulary.REASON_PROJECT_BOARD_DEPENDENT;
        }
        return project.participates ? Vocabulary.REASON_PERMITTED : Vocabulary.REASON_PROJECT_NOT_PARTNER;
    }

    /// @dev Whether an institution is an active ethics board.
    function _isBoard(uint32 institution) private view returns (bool) {
        IInstitutionRegistry.Standing memory found = _INSTITUTIONS.standing(institution);
        return
            found.status == IInstitutionRegistry.Status.Active &&
            found.roles & Vocabulary.ROLE_ETHICS_BOARD != 0;
    }

    /// @dev Whether a set of purposes has this one; a number that a set has no place for is in none.
    function _has(uint64 purposes, uint8 purpose) private pure returns (bool) {
        return (purposes >> purpose) & 1 != 0;
    }
}
