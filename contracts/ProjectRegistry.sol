// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

import {IInstitutionRegistry} from "./interfaces/IInstitutionRegistry.sol";
import {IProjectRegistry} from "./interfaces/IProjectRegistry.sol";
import {Signatures} from "./Signatures.sol";
import {Vocabulary} from "./Vocabulary.sol";

/// @title ProjectRegistry
/// @notice See {IProjectRegistry}.
contract ProjectRegistry is IProjectRegistry, EIP712 {
    // ========================================================================
    // Constants
    // ========================================================================

    uint256 private constant _MAX_PARTNERS = 16;

    uint256 private constant _MAX_CODES = 8;

    /// @notice The longest approval: five years of 365.25 days, in seconds.
    uint64 private constant _LONGEST_APPROVAL = 157_788_000;

    uint32 private constant _NO_INSTITUTION = 0;

    bytes2 private constant _ANYWHERE = bytes2(0);

    bytes32 private constant _NO_DIGEST = bytes32(0);

    bytes32 private constant _APPROVAL_TYPEHASH = keccak256("Approval(bytes32 project,uint32 board,uint64 until)");

    // ========================================================================
    // State
    // ========================================================================

    struct Kept {
        Status status; // 1 byte
        uint32 lead; // 4 bytes
        uint32 board; // 4 bytes
        uint64 until; // 8 bytes
        uint16 traits; // 2 bytes
        bytes2 country; // 2 bytes
        bool hasPartners; // 1 byte: 22 of the slot's 32
    }

    IInstitutionRegistry private immutable _INSTITUTIONS;

    mapping(bytes32 id => Kept project) private _projects;

    // Two slots of eight numbers each, of 32 bits, the first in the lowest; no number is 0.
    mapping(bytes32 id => uint256[2] partners) private _partners;

    mapping(bytes32 id => mapping(bytes32 code => bool concerned)) private _codes;

    // ========================================================================
    // Constructor
    // ========================================================================

    /// Requirements:
    /// - It has code.
    ///
    /// @param registry The InstitutionRegistry that says who may act.
    constructor(IInstitutionRegistry registry) EIP712("PixelPact", "1") {
        // Check: it has code.
        if (address(registry).code.length == 0) revert ProjectRegistry_NoCode(address(registry));

        // Effect: asked from now on.
        _INSTITUTIONS = registry;
    }

    // ========================================================================
    // Transactions
    // ========================================================================

    /// @inheritdoc IProjectRegistry
    function register(Project calldata project) external returns (bytes32 id) {
        // Check: the caller is an operator for projects of an active institution, which leads and may ask.
        (uint32 institution, uint16 roles) = _activeInstitutionOfOperator();
        if (institution != project.lead) revert ProjectRegistry_NotLead(project.lead, institution);
        if (roles & Vocabulary.ROLE_REQUESTER == 0) revert ProjectRegistry_LacksRole(institution, roles);

        // Check: the body is well formed.
        uint256[2] memory partners = _packed(project);
        _checkBody(project);
        _checkCodes(project.codes);

        // Check: the project is not registered.
        id = projectId(project);
        if (_projects[id].status != Status.Unknown) revert ProjectRegistry_AlreadyRegistered(id);

        // Effect: registered.
        _projects[id] = Kept({
            status: Status.Registered,
            lead: institution,
            board: _NO_INSTITUTION,
            until: 0,
            traits: project.traits,
            country: project.country,
            hasPartners: project.partners.length != 0
        });
        if (partners[0] != 0) _partners[id][0] = partners[0];
        if (partners[1] != 0) _partners[id][1] = partners[1];
        for (uint256 i = 0; i < project.codes.length; ++i) {
            _codes[id][project.codes[i]] = true;
        }
        emit ProjectRegistered(id, institution, project);
    }

    /// @inheritdoc IProjectRegistry
    function approve(bytes32 id, uint32 board, uint64 until, address signer, bytes calldata signature) external {
        // Check: the project is registered, and was not withdrawn.
        Kept storage found = _standingProject(id);

        // Check: the signer is an operator for projects of the board, which is active and holds the role.
        _checkBoard(board, signer);

        // Check: the board is neither the lead nor a partner.
        if (_participates(id, found.lead, found.hasPartners, board)) revert ProjectRegistry_BoardDependent(id, board);

        // Check: no other board approved the project before.
        uint32 approvedBy = found.board;
        if (approvedBy != _NO_INSTITUTION && approvedBy != board) {
            revert ProjectRegistry_BoardDiffers(id, board, approvedBy);
        }

        // Check: the approval ends after the present time, after the present approval, and within five years.
        uint64 time = uint64(block.timestamp);
        uint64 last = found.until > time ? found.until : time;
        uint64 latest = time + _LONGEST_APPROVAL;
        if (until <= last || until > latest) revert ProjectRegistry_UntilOutOfRange(until, last, latest);

        // Check: the signature is the signer's.
        bytes32 digest = _hashTypedDataV4(keccak256(abi.encode(_APPROVAL_TYPEHASH, id, board, until)));
        if (!Signatures.isValid(signer, digest, signature)) revert ProjectRegistry_SignatureInvalid(signer, digest);

        // Effect: in force until then.
        found.status = Status.Approved;
        found.board = board;
        found.until = until;
        emit ProjectApproved(id, board, until, signer);
    }

    /// @inheritdoc IProjectRegistry
    function withdraw(bytes32 id) external {
        // Check: the project is registered, and was not withdrawn.
        Kept storage found = _standingProject(id);

        // Check: the caller is an operator for projects of an active institution, which leads or approved it.
        (uint32 institution, ) = _activeInstitutionOfOperator();
        if (institution != found.lead && institution != found.board) {
            revert ProjectRegistry_NotResponsible(id, institution);
        }

        // Effect: withdrawn, for good.
        found.status = Status.Withdrawn;
        emit ProjectWithdrawn(id, institution);
    }

    // ========================================================================
    // Views
    // ========================================================================

    /// @inheritdoc IProjectRegistry
    function standing(bytes32 id, uint32 institution) external view returns (Standing memory) {
        Kept memory found = _projects[id];
        return
            Standing({
                status: found.status,
                lead: found.lead,
                board: found.board,
                until: found.until,
                traits: found.traits,
                country: found.country,
                participates: _participates(id, found.lead, found.hasPartners, institution)
            });
    }

    /// @inheritdoc IProjectRegistry
    function concerns(bytes32 id, bytes32 code) external view returns (bool) {
        return _codes[id][code];
    }

    /// @inheritdoc IProjectRegistry
    function institutions() external view returns (IInstitutionRegistry) {
        return _INSTITUTIONS;
    }

    /// @inheritdoc IProjectRegistry
    function projectId(Project calldata project) public pure returns (bytes32) {
        return keccak256(abi.encode(project));
    }

    // ========================================================================
    // Internals
    // ========================================================================

    /// @dev The project, if it is registered and was not withdrawn.
    function _standingProject(bytes32 id) private view returns (Kept storage found) {
        found = _projects[id];
        if (found.status == Status.Unknown) revert ProjectRegistry_Unknown(id);
        if (found.status == Status.Withdrawn) revert ProjectRegistry_AlreadyWithdrawn(id);
    }

    /// @dev The caller's institution and its roles, if the caller may handle its projects and it is active.
    function _activeInstitutionOfOperator() private view returns (uint32, uint16) {
        (uint32 institution, uint8 permissions, IInstitutionRegistry.Standing memory found) = _INSTITUTIONS.actingFor(
            msg.sender
        );
        if (permissions & Vocabulary.OPERATOR_PROJECTS == 0) {
            revert ProjectRegistry_NotOperator(msg.sender, institution, permissions);
        }
        if (found.status != IInstitutionRegistry.Status.Active) {
            revert ProjectRegistry_NotActive(institution, found.status);
        }
        return (institution, found.roles);
    }

    /// @dev Reverts unless the signer acts for the board, and the board may approve.
    function _checkBoard(uint32 board, address signer) private view {
        (uint32 institution, uint8 permissions, IInstitutionRegistry.Standing memory found) = _INSTITUTIONS.actingFor(
            signer
        );
        if (board != institution || permissions & Vocabulary.OPERATOR_PROJECTS == 0) {
            revert ProjectRegistry_NotOfBoard(board, signer, institution, permissions);
        }
        if (found.status != IInstitutionRegistry.Status.Active) {
            revert ProjectRegistry_NotActive(board, found.status);
        }
        if (found.roles & Vocabulary.ROLE_ETHICS_BOARD == 0) revert ProjectRegistry_LacksRole(board, found.roles);
    }

    /// @dev Whether an institution is the lead or a partner; nobody is none.
    function _participates(
        bytes32 id,
        uint32 lead,
        bool hasPartners,
        uint32 institution
    ) private view returns (bool) {
        if (institution == _NO_INSTITUTION) return false;
        if (institution == lead) return true;
        if (!hasPartners) return false;
        return _holds(_partners[id][0], institution) || _holds(_partners[id][1], institution);
    }

    /// @dev Whether one of the eight numbers of a word is this one.
    function _holds(uint256 word, uint32 institution) private pure returns (bool) {
        while (word != 0) {
            if (uint32(word) == institution) return true;
            word >>= 32;
        }
        return false;
    }

    /// @dev The partners as they are kept; reverts unless they are at most 16, ascending, and none of them the lead.
    function _packed(Project calldata project) private pure returns (uint256[2] memory words) {
        uint256 count = project.partners.length;
        if (count > _MAX_PARTNERS) revert ProjectRegistry_PartnersMalformed(_MAX_PARTNERS, count);

        uint32 previous = _NO_INSTITUTION;
        for (uint256 i = 0; i < count; ++i) {
            uint32 partner = project.partners[i];
            if (partner <= previous || partner == project.lead) revert ProjectRegistry_PartnersMalformed(i, count);
            words[i / 8] |= uint256(partner) << (32 * (i % 8));
            previous = partner;
        }
    }

    /// @dev Reverts unless traits, country and protocol are what they must be.
    function _checkBody(Project calldata project) private pure {
        if (project.traits & ~Vocabulary.TRAIT_ALL != 0) revert ProjectRegistry_TraitsUnknown(project.traits);

        bytes2 country = project.country;
        if (country != _ANYWHERE && !(_isCapital(country[0]) && _isCapital(country[1]))) {
            revert ProjectRegistry_CountryMalformed(country);
        }
        if (project.protocol == _NO_DIGEST) revert ProjectRegistry_ProtocolMissing();
    }

    /// @dev Reverts unless the codes are at most eight, ascending, and none of them zero.
    function _checkCodes(bytes32[] calldata codes) private pure {
        uint256 count = codes.length;
        if (count > _MAX_CODES) revert ProjectRegistry_CodesMalformed(_MAX_CODES, count);

        bytes32 previous = _NO_DIGEST;
        for (uint256 i = 0; i < count; ++i) {
            if (codes[i] <= previous) revert ProjectRegistry_CodesMalformed(i, count);
            previous = codes[i];
        }
    }

    /// @dev Whether a byte is an ASCII capital letter.
    function _isCapital(bytes1 letter) private pure returns (bool) {
        return letter >= "A" && letter <= "Z";
    }
}
