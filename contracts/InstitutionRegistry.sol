// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IInstitutionRegistry} from "./interfaces/IInstitutionRegistry.sol";
import {Vocabulary} from "./Vocabulary.sol";

/// @title InstitutionRegistry
/// @notice See {IInstitutionRegistry}.
contract InstitutionRegistry is IInstitutionRegistry {
    // ========================================================================
    // Constants
    // ========================================================================

    /// @notice The most institutions that a consortium may start with.
    uint256 private constant _MAX_FOUNDERS = 256;

    /// @notice The length of an ML-KEM-768 key with an X25519 key behind it.
    uint256 private constant _KEY_LENGTH = 1_216;

    uint32 private constant _NO_INSTITUTION = 0;

    uint8 private constant _NO_PERMISSIONS = 0;

    // ========================================================================
    // State
    // ========================================================================

    struct Operator {
        uint32 institution; // 4 bytes
        uint8 permissions; // 1 byte: 5 of the slot's 32
    }

    uint32 private _institutionCount;

    // One slot: status 1, roles 2, country 2, attributes 1, keyVersion 4, requesterSince 8, statusSince 8: 26 bytes.
    mapping(uint32 institution => Standing standing) private _standings;

    mapping(uint32 institution => address admin) private _admins;

    mapping(address account => Operator operator) private _operators;

    mapping(uint32 institution => mapping(uint32 version => bytes32 digest)) private _keyDigests;

    // ========================================================================
    // Constructor
    // ========================================================================

    /// Requirements:
    /// - There are 1 to 256 founders.
    /// - Each has an admin, roles and attributes that the vocabulary has, and a country of two capital letters.
    /// - No account is the admin of two.
    ///
    /// @param founders The institutions that the consortium starts with; they get the numbers 1, 2, ...
    constructor(Founder[] memory founders) {
        // Check: there are 1 to 256 founders.
        uint256 count = founders.length;
        if (count == 0 || count > _MAX_FOUNDERS) revert InstitutionRegistry_FounderCount(count);

        for (uint256 i = 0; i < count; ++i) {
            _admit(uint32(i + 1), founders[i]);
        }

        // Effect: the numbers given.
        _institutionCount = uint32(count);
    }

    // ========================================================================
    // Transactions
    // ========================================================================

    /// @inheritdoc IInstitutionRegistry
    function setOperator(address account, uint8 permissions) external {
        // Check: the caller is the admin of an active institution.
        uint32 id = _activeInstitutionOfAdmin();

        // Check: the account is not the zero address.
        if (account == address(0)) revert InstitutionRegistry_AccountMissing();

        // Check: the permissions are ones that the vocabulary has.
        if (permissions & ~Vocabulary.OPERATOR_ALL != 0) revert InstitutionRegistry_PermissionsUnknown(permissions);

        // Check: the account is not the caller's own.
        if (account == msg.sender) revert InstitutionRegistry_AdminFixed(account);

        // Check: the account does not act for another institution.
        uint32 current = _operators[account].institution;
        if (current != _NO_INSTITUTION && current != id) revert InstitutionRegistry_AccountTaken(account, current);

        // Check: to take permissions away, the account has some.
        if (permissions == _NO_PERMISSIONS && current == _NO_INSTITUTION) {
            revert InstitutionRegistry_NotOperator(account);
        }

        // Effect: the account's permissions; without any it is free again.
        _operators[account] = Operator({
            institution: permissions == _NO_PERMISSIONS ? _NO_INSTITUTION : id,
            permissions: permissions
        });
        emit OperatorSet(id, account, permissions);
    }

    /// @inheritdoc IInstitutionRegistry
    function resign() external {
        // Check: the caller is an operator.
        uint32 id = _operators[msg.sender].institution;
        if (id == _NO_INSTITUTION) revert InstitutionRegistry_NotOperator(msg.sender);

        // Check: the caller is not the admin.
        if (_admins[id] == msg.sender) revert InstitutionRegistry_AdminFixed(msg.sender);

        // Effect: the account is free again.
        _operators[msg.sender] = Operator({institution: _NO_INSTITUTION, permissions: _NO_PERMISSIONS});
        emit OperatorSet(id, msg.sender, _NO_PERMISSIONS);
    }

    /// @inheritdoc IInstitutionRegistry
    function publishKey(bytes calldata publicKey) external {
        // Check: the caller is the admin of an active institution.
        uint32 id = _activeInstitutionOfAdmin();

        // Check: the key is 1,216 bytes long.
        if (publicKey.length != _KEY_LENGTH) revert InstitutionRegistry_KeyLength(publicKey.length);

        // Effect: the next version, and its digest beside those before.
        uint32 version = _standings[id].keyVersion + 1;
        bytes32 digest = sha256(publicKey);
        _standings[id].keyVersion = version;
        _keyDigests[id][version] = digest;
        emit KeyPublished(id, version, digest, publicKey);
    }

    /// @inheritdoc IInstitutionRegistry
    function suspendSelf() external {
        // Check: the caller is the admin of an active institution.
        uint32 id = _activeInstitutionOfAdmin();

        // Effect: suspended from now on.
        _standings[id].status = Status.Suspended;
        _standings[id].statusSince = uint64(block.timestamp);
        emit InstitutionSuspended(id, msg.sender);
    }

    // ========================================================================
    // Views
    // ========================================================================

    /// @inheritdoc IInstitutionRegistry
    function institution(uint32 id) external view returns (Institution memory) {
        Standing memory found = _standings[id];
        return
            Institution({
                admin: _admins[id],
                status: found.status,
                roles: found.roles,
                country: found.country,
                attributes: found.attributes,
                keyVersion: found.keyVersion,
                requesterSince: found.requesterSince,
                statusSince: found.statusSince
            });
    }

    /// @inheritdoc IInstitutionRegistry
    function institutionCount() external view returns (uint32) {
        return _institutionCount;
    }

    /// @inheritdoc IInstitutionRegistry
    function standing(uint32 id) external view returns (Standing memory) {
        return _standings[id];
    }

    /// @inheritdoc IInstitutionRegistry
    function operator(address account) external view returns (uint32, uint8) {
        Operator memory found = _operators[account];
        return (found.institution, found.permissions);
    }

    /// @inheritdoc IInstitutionRegistry
    function actingFor(address account) external view returns (uint32, uint8, Standing memory) {
        Operator memory found = _operators[account];
        return (found.institution, found.permissions, _standings[found.institution]);
    }

    /// @inheritdoc IInstitutionRegistry
    function keyDigest(uint32 id, uint32 version) external view returns (bytes32) {
        return _keyDigests[id][version];
    }

    // ========================================================================
    // Internals
    // ========================================================================

    /// @dev Admit a founder under a number that nobody has.
    function _admit(uint32 id, Founder memory founder) private {
        // Check: there is an admin.
        address admin = founder.admin;
        if (admin == address(0)) revert InstitutionRegistry_AccountMissing();

        // Check: the vocabulary has the roles and the attributes.
        if (founder.roles & ~Vocabulary.ROLE_ALL != 0) revert InstitutionRegistry_RolesUnknown(founder.roles);
        if (founder.attributes & ~Vocabulary.ATTRIBUTE_ALL != 0) {
            revert InstitutionRegistry_AttributesUnknown(founder.attributes);
        }

        // Check: the country is two capital letters.
        if (!_isCapital(founder.country[0]) || !_isCapital(founder.country[1])) {
            revert InstitutionRegistry_CountryMalformed(founder.country);
        }

        // Check: the account acts for nobody.
        uint32 current = _operators[admin].institution;
        if (current != _NO_INSTITUTION) revert InstitutionRegistry_AccountTaken(admin, current);

        // Effect: active from now on, with its admin as an operator of all permissions.
        uint64 time = uint64(block.timestamp);
        _standings[id] = Standing({
            status: Status.Active,
            roles: founder.roles,
            country: founder.country,
            attributes: founder.attributes,
            keyVersion: 0,
            requesterSince: founder.roles & Vocabulary.ROLE_REQUESTER != 0 ? time : 0,
            statusSince: time
        });
        _admins[id] = admin;
        _operators[admin] = Operator({institution: id, permissions: Vocabulary.OPERATOR_ALL});
        emit InstitutionAdmitted(id, admin, founder.roles, founder.country, founder.attributes);
    }

    /// @dev The caller's institution, if the caller is its admin and it is active.
    function _activeInstitutionOfAdmin() private view returns (uint32 id) {
        id = _operators[msg.sender].institution;
        if (_admins[id] != msg.sender) revert InstitutionRegistry_NotAdmin(msg.sender);

        Status status = _standings[id].status;
        if (status != Status.Active) revert InstitutionRegistry_NotActive(id, status);
    }

    /// @dev Whether a byte is an ASCII capital letter.
    function _isCapital(bytes1 letter) private pure returns (bool) {
        return letter >= "A" && letter <= "Z";
    }
}
