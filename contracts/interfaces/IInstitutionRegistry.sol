// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IConsortium} from "./IConsortium.sol";

/// @title IInstitutionRegistry
/// @notice Who may take part: institutions with their roles, the accounts that act for them, and their encryption keys.
/// @dev An institution is a number from 1; 0 is none. An institution that is not active does nothing here. Numbers and
/// versions of keys are never given again: what an event said stays true of the past. Who takes part as what is decided
/// by vote: see {IConsortium}.
interface IInstitutionRegistry is IConsortium {
    // ========================================================================
    // Types
    // ========================================================================

    /// @notice Whether an institution takes part.
    enum Status {
        Unknown,
        Active,
        Suspended
    }

    /// @notice An institution that the consortium starts with.
    /// @param admin The account that speaks for it.
    /// @param roles Its roles, a bit each.
    /// @param country ISO 3166-1 alpha-2, two capital letters.
    /// @param attributes What is attested of it, a bit each.
    struct Founder {
        address admin;
        uint16 roles;
        bytes2 country;
        uint8 attributes;
    }

    /// @notice All that is kept of an institution.
    /// @param admin The account that speaks for it.
    /// @param status Whether it takes part.
    /// @param roles Its roles, a bit each.
    /// @param country ISO 3166-1 alpha-2, two capital letters.
    /// @param attributes What is attested of it, a bit each.
    /// @param keyVersion The version of its current encryption key, 0 while it has none.
    /// @param requesterSince When it got the requester role, 0 while it does not hold it.
    /// @param statusSince When it got its present status.
    /// @param operatorEpoch Counts the recoveries of its admin, each of which ended all its operators of before.
    struct Institution {
        address admin;
        Status status;
        uint16 roles;
        bytes2 country;
        uint8 attributes;
        uint32 keyVersion;
        uint64 requesterSince;
        uint64 statusSince;
        uint32 operatorEpoch;
    }

    /// @notice What a decision needs to know of an institution: one slot. The fields are those of `Institution`.
    struct Standing {
        Status status;
        uint16 roles;
        bytes2 country;
        uint8 attributes;
        uint32 keyVersion;
        uint64 requesterSince;
        uint64 statusSince;
        uint32 operatorEpoch;
    }

    // ========================================================================
    // Errors
    // ========================================================================

    /// @notice A consortium starts with 1 to 256 founders.
    error InstitutionRegistry_FounderCount(uint256 count);

    /// @notice The zero address can't act for anybody.
    error InstitutionRegistry_AccountMissing();

    /// @notice A role that the vocabulary does not have.
    error InstitutionRegistry_RolesUnknown(uint16 roles);

    /// @notice A country that is not two capital letters.
    error InstitutionRegistry_CountryMalformed(bytes2 country);

    /// @notice An attribute that the vocabulary does not have.
    error InstitutionRegistry_AttributesUnknown(uint8 attributes);

    /// @notice The account acts for an institution already.
    error InstitutionRegistry_AccountTaken(address account, uint32 institution);

    /// @notice The account is nobody's admin.
    error InstitutionRegistry_NotAdmin(address account);

    /// @notice The institution does not take part at present.
    error InstitutionRegistry_NotActive(uint32 institution, Status status);

    /// @notice No institution has this number.
    error InstitutionRegistry_Unknown(uint32 institution);

    /// @notice The institution is not suspended.
    error InstitutionRegistry_NotSuspended(uint32 institution, Status status);

    /// @notice The institution has had its status only since then, which is after the proposal.
    error InstitutionRegistry_StatusNewer(uint32 institution, uint64 statusSince);

    /// @notice A permission that the vocabulary does not have.
    error InstitutionRegistry_PermissionsUnknown(uint8 permissions);

    /// @notice An admin has all permissions, and keeps them.
    error InstitutionRegistry_AdminFixed(address account);

    /// @notice The account is no operator.
    error InstitutionRegistry_NotOperator(address account);

    /// @notice An encryption key (ML-KEM-768 with X25519) is 1,216 bytes long.
    error InstitutionRegistry_KeyLength(uint256 length);

    // ========================================================================
    // Events
    // ========================================================================

    /// @notice An institution was admitted, with its admin.
    event InstitutionAdmitted(
        uint32 indexed institution,
        address indexed admin,
        uint16 roles,
        bytes2 country,
        uint8 attributes
    );

    /// @notice An account was given these permissions for an institution; with 0 it acts for it no more.
    event OperatorSet(uint32 indexed institution, address indexed account, uint8 permissions);

    /// @notice An institution published an encryption key, which replaces its last.
    event KeyPublished(uint32 indexed institution, uint32 version, bytes32 digest, bytes publicKey);

    /// @notice An institution was suspended, by its admin or by who carried out the vote.
    event InstitutionSuspended(uint32 indexed institution, address indexed by);

    /// @notice A suspended institution takes part again.
    event InstitutionReinstated(uint32 indexed institution);

    /// @notice An institution has these roles, country and attributes now.
    event InstitutionChanged(uint32 indexed institution, uint16 roles, bytes2 country, uint8 attributes);

    /// @notice An institution has another admin; nobody else acts for it until the new one says so.
    event AdminRecovered(uint32 indexed institution, address from, address to);

    // ========================================================================
    // Transactions
    // ========================================================================

    /// @notice Give an account permissions for the caller's institution, in place of those it had; 0 takes all away.
    ///
    /// Requirements:
    /// - The caller is the admin of an active institution.
    /// - The account is not the zero address.
    /// - The permissions are ones that the vocabulary has.
    /// - The account is not the caller's own.
    /// - The account does not act for another institution.
    /// - To take permissions away, the account has some.
    ///
    /// Warning: the account's consent is not asked. One that was claimed against its will can `resign`.
    function setOperator(address account, uint8 permissions) external;

    /// @notice Stop acting for an institution.
    ///
    /// Requirements:
    /// - The caller is an operator.
    /// - The caller is not the admin: an institution always has one.
    function resign() external;

    /// @notice Publish the encryption key to which studies are released from now on. The chain keeps its SHA-256; the
    /// event carries the key.
    ///
    /// Requirements:
    /// - The caller is the admin of an active institution.
    /// - The key is 1,216 bytes long.
    ///
    /// Warning: nothing proves that the institution holds the private key, or that nobody else does.
    function publishKey(bytes calldata publicKey) external;

    /// @notice Suspend the caller's own institution, because its keys were stolen. Coming back is the consortium's to
    /// decide.
    ///
    /// Requirements:
    /// - The caller is the admin of an active institution.
    ///
    /// Warning: whoever holds the admin's key can do this, a thief too; it denies, and gives nothing.
    function suspendSelf() external;

    // ========================================================================
    // Views
    // ========================================================================

    /// @notice All that is kept of an institution; zeros for an unknown one.
    function institution(uint32 id) external view returns (Institution memory);

    /// @notice How many institutions were ever admitted; their numbers are 1 to this.
    function institutionCount() external view returns (uint32);

    /// @notice What a decision needs to know of an institution; zeros for an unknown one.
    function standing(uint32 id) external view returns (Standing memory);

    /// @notice For which institution an account acts, and with which permissions; zeros for none. The admin is an
    /// operator with all permissions.
    ///
    /// Warning: the institution may be suspended; `actingFor` tells.
    function operator(address account) external view returns (uint32 institution, uint8 permissions);

    /// @notice The same, with the institution's standing.
    function actingFor(
        address account
    ) external view returns (uint32 institution, uint8 permissions, Standing memory standing);

    /// @notice The SHA-256 of an institution's encryption key of this version; 0 for none.
    function keyDigest(uint32 id, uint32 version) external view returns (bytes32);
}
