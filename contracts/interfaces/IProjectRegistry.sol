// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IInstitutionRegistry} from "./IInstitutionRegistry.sol";

/// @title IProjectRegistry
/// @notice What images are used for in research: projects, who takes part in them, and the ethics board that approved
/// each, until when.
/// @dev A project's number is the hash of its body, so a board's approval is of this body and of no other. The body
/// stands in the event; here is kept what a decision asks for. Withdrawn is absorbing.
interface IProjectRegistry {
    // ========================================================================
    // Types
    // ========================================================================

    /// @notice Where a project stands. Approved does not mean in force: `until` does.
    enum Status {
        Unknown,
        Registered,
        Approved,
        Withdrawn
    }

    /// @notice A research project.
    /// @param lead The institution that answers for it.
    /// @param partners The other institutions that take part, strictly ascending, at most 16.
    /// @param traits What is to be known of it, a bit each.
    /// @param country Where the data is used, ISO 3166-1 alpha-2 in two capital letters; 0 when in more than one.
    /// @param protocol The digest of its protocol.
    /// @param codes The diseases that it is about and the kinds of research that it is, strictly ascending, at most 8.
    /// @param salt Any bytes, so that two projects of the same content differ.
    struct Project {
        uint32 lead;
        uint32[] partners;
        uint16 traits;
        bytes2 country;
        bytes32 protocol;
        bytes32[] codes;
        bytes32 salt;
    }

    /// @notice What a decision needs to know of a project and of an institution that cites it.
    /// @param status Where it stands.
    /// @param lead The institution that answers for it.
    /// @param board The ethics board that approved it, 0 for none yet.
    /// @param until The first second in which its approval is over, 0 before it was approved.
    /// @param traits What is to be known of it, a bit each.
    /// @param country Where the data is used; 0 when in more than one.
    /// @param participates Whether the institution is its lead or a partner.
    struct Standing {
        Status status;
        uint32 lead;
        uint32 board;
        uint64 until;
        uint16 traits;
        bytes2 country;
        bool participates;
    }

    // ========================================================================
    // Errors
    // ========================================================================

    /// @notice There is no contract at the address of the InstitutionRegistry.
    error ProjectRegistry_NoCode(address institutions);

    /// @notice The account may not handle projects for the institution (0: it acts for none).
    error ProjectRegistry_NotOperator(address account, uint32 institution, uint8 permissions);

    /// @notice The institution does not take part at present.
    error ProjectRegistry_NotActive(uint32 institution, IInstitutionRegistry.Status status);

    /// @notice The institution does not hold the role that this needs.
    error ProjectRegistry_LacksRole(uint32 institution, uint16 roles);

    /// @notice The institution registers a project that another one leads.
    error ProjectRegistry_NotLead(uint32 lead, uint32 institution);

    /// @notice More than 16 partners, or the one at this place is the lead or not greater than the one before it.
    error ProjectRegistry_PartnersMalformed(uint256 place, uint256 count);

    /// @notice A trait that the vocabulary does not have.
    error ProjectRegistry_TraitsUnknown(uint16 traits);

    /// @notice A country that is neither 0 nor two capital letters.
    error ProjectRegistry_CountryMalformed(bytes2 country);

    /// @notice The digest of the protocol is zero.
    error ProjectRegistry_ProtocolMissing();

    /// @notice More than eight codes, or the one at this place is not greater than the one before it.
    error ProjectRegistry_CodesMalformed(uint256 place, uint256 count);

    /// @notice The project is registered already.
    error ProjectRegistry_AlreadyRegistered(bytes32 project);

    /// @notice The project is not registered, with exactly this body.
    error ProjectRegistry_Unknown(bytes32 project);

    /// @notice The project was withdrawn, for good.
    error ProjectRegistry_AlreadyWithdrawn(bytes32 project);

    /// @notice The signer may not handle projects for the board.
    error ProjectRegistry_NotOfBoard(uint32 board, address signer, uint32 institution, uint8 permissions);

    /// @notice The board leads the project, or takes part in it.
    error ProjectRegistry_BoardDependent(bytes32 project, uint32 board);

    /// @notice Another board approved the project before.
    error ProjectRegistry_BoardDiffers(bytes32 project, uint32 board, uint32 approvedBy);

    /// @notice An approval must end after the present time and the present approval, and within five years.
    error ProjectRegistry_UntilOutOfRange(uint64 until, uint64 last, uint64 latest);

    /// @notice The signature over this digest is not the signer's.
    error ProjectRegistry_SignatureInvalid(address signer, bytes32 digest);

    /// @notice The institution neither leads the project nor approved it.
    error ProjectRegistry_NotResponsible(bytes32 project, uint32 institution);

    // ========================================================================
    // Events
    // ========================================================================

    /// @notice A project was registered; nothing can be asked for under it before it is approved.
    event ProjectRegistered(bytes32 indexed project, uint32 indexed lead, Project body);

    /// @notice An ethics board put a project in force, until a time.
    event ProjectApproved(bytes32 indexed project, uint32 indexed board, uint64 until, address signer);

    /// @notice A project was withdrawn, for good, by its board or its lead.
    event ProjectWithdrawn(bytes32 indexed project, uint32 indexed institution);

    // ========================================================================
    // Transactions
    // ========================================================================

    /// @notice Register a project, for an ethics board to approve.
    ///
    /// Requirements:
    /// - The caller is an operator for projects of an active institution.
    /// - The institution is the lead, and holds the requester role.
    /// - There are at most 16 partners, strictly ascending, none of them the lead.
    /// - The traits are ones that the vocabulary has.
    /// - The country is 0 or two capital letters.
    /// - The protocol is not zero.
    /// - There are at most eight codes, strictly ascending, none of them zero.
    /// - The project is not registered.
    ///
    /// Warning: the body is public. Partners are named by the lead and not asked.
    ///
    /// @return id The project's number: `keccak256(abi.encode(project))`.
    function register(Project calldata project) external returns (bytes32 id);

    /// @notice Put a project in force until a time, or prolong it. Anyone may send this; the board's signature counts.
    ///
    /// Requirements:
    /// - The project is registered.
    /// - It was not withdrawn.
    /// - The signer is an operator for projects of the board.
    /// - The board is active.
    /// - The board holds the role of an ethics board.
    /// - The board is neither the lead nor a partner.
    /// - No other board approved the project before.
    /// - The approval ends after the present time, after the present approval, and at most five years from now.
    /// - The signature is the signer's.
    ///
    /// Warning: a signature that was not sent stays good until its own end, while its signer and its board are what
    /// they must be. A board that changed its mind withdraws.
    ///
    /// @param board The ethics board.
    /// @param until The first second in which the approval is over.
    /// @param signer The board's operator who signed.
    /// @param signature Over `Approval(bytes32 project,uint32 board,uint64 until)`.
    function approve(bytes32 id, uint32 board, uint64 until, address signer, bytes calldata signature) external;

    /// @notice Withdraw a project for good, approved or not.
    ///
    /// Requirements:
    /// - The project is registered.
    /// - It was not withdrawn.
    /// - The caller is an operator for projects of an active institution.
    /// - The institution is the lead, or the board that approved it.
    function withdraw(bytes32 id) external;

    // ========================================================================
    // Views
    // ========================================================================

    /// @notice What a decision needs to know of a project; zeros for an unknown one.
    /// @param institution Of whom `participates` speaks.
    function standing(bytes32 id, uint32 institution) external view returns (Standing memory);

    /// @notice Whether a project is about a disease, or of a kind, as its board attested. False for an unknown one.
    function concerns(bytes32 id, bytes32 code) external view returns (bool);

    /// @notice The number of a project of this body.
    function projectId(Project calldata project) external pure returns (bytes32);

    /// @notice The InstitutionRegistry that says who may act.
    function institutions() external view returns (IInstitutionRegistry);
}
