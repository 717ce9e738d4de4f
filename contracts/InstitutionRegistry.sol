// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Consortium} from "./Consortium.sol";
import {IInstitutionRegistry} from "./interfaces/IInstitutionRegistry.sol";
import {Vocabulary} from "./Vocabulary.sol";

/// @title InstitutionRegistry
/// @notice See {IInstitutionRegistry}.
contract InstitutionRegistry is IInstitutionRegistry, Consortium {
    // ========================================================================
    // Constants
    // ========================================================================

    /// @notice The most institutions that a consortium may start with.
    uint256 private constant _MAX_FOUNDERS = 256;

    /// @notice The length of an ML-KEM-768 key with an X25519 key behind it.
    uint256 private constant _KEY_LENGTH = 1_216;

    uint32 private constant _NO_INSTITUTION = 0;

    uint8 private constant _NO_PERMISSIONS = 0;

    uint32 private constant _NO_EPOCH = 0;

    // ========================================================================
    // State
    // ========================================================================

    struct Operator {
        uint32 institution; // 4 bytes
        uint8 permissions; // 1 byte
        uint32 epoch; // 4 bytes: 9 of the slot's 32; stale unless it is its institution's
    }

    uint32 private _institutionCount;

    // One slot: status 1, roles 2, country 2, attributes 1, keyVersion 4, requesterSince 8, statusSince 8,
    // operatorEpoch 4: 30 bytes.
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
    /// - The terms are ones that {Consortium} can be founded on.
    ///
    /// @param founders The institutions that the consortium starts with; they get the numbers 1, 2, ...
    /// @param chosen The times that they founded it on.
    constructor(Founder[] memory founders, Terms memory chosen) Consortium(chosen) {
        // Check: there are 1 to 256 founders.
        uint256 count = founders.length;
        if (count == 0 || count > _MAX_FOUNDERS) revert InstitutionRegistry_FounderCount(count);

        for (uint256 i = 0; i < count; ++i) {
            _checkAccount(founders[i].admin);
            _checkParticulars(founders[i].roles, founders[i].country, founders[i].attributes);
            _admit(founders[i]);
        }
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
        uint32 current = _institutionOf(account);
        if (current != _NO_INSTITUTION && current != id) revert InstitutionRegistry_AccountTaken(account, current);

        // Check: to take permissions away, the account has some.
        if (permissions == _NO_PERMISSIONS && current == _NO_INSTITUTION) {
            revert InstitutionRegistry_NotOperator(account);
        }

        // Effect: the account's permissions; without any it is free again.
        if (permissions == _NO_PERMISSIONS) {
            _free(account, id);
        } else {
            _operators[account] = Operator(id, permissions, _standings[id].operatorEpoch);
            emit OperatorSet(id, account, permissions);
        }
    }

    /// @inheritdoc IInstitutionRegistry
    function resign() external {
        // Check: the caller is an operator.
        uint32 id = _institutionOf(msg.sender);
        if (id == _NO_INSTITUTION) revert InstitutionRegistry_NotOperator(msg.sender);

        // Check: the caller is not the admin.
        if (_admins[id] == msg.sender) revert InstitutionRegistry_AdminFixed(msg.sender);

        // Effect: the account is free again.
        _free(msg.sender, id);
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
        _suspend(id);
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
                statusSince: found.statusSince,
                operatorEpoch: found.operatorEpoch
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
        (uint32 id, uint8 permissions, ) = actingFor(account);
        return (id, permissions);
    }

    /// @inheritdoc IInstitutionRegistry
    function keyDigest(uint32 id, uint32 version) external view returns (bytes32) {
        return _keyDigests[id][version];
    }

    /// @inheritdoc IInstitutionRegistry
    function actingFor(address account) public view returns (uint32, uint8, Standing memory) {
        Operator memory found = _operators[account];
        Standing memory current = _standings[found.institution];
        if (found.epoch == current.operatorEpoch) return (found.institution, found.permissions, current);

        // Made an operator before the admin was recovered: it acts for nobody.
        return (_NO_INSTITUTION, _NO_PERMISSIONS, _standings[_NO_INSTITUTION]);
    }

    // ========================================================================
    // Internals
    // ========================================================================

    /// @dev See {Consortium}. What was checked when it was proposed and can't have changed since is not checked again.
    function _enact(Motion calldata motion, uint64 proposedAt) internal override {
        uint32 id = motion.institution;
        if (motion.action == Action.Admit) {
            _admit(Founder(motion.account, motion.roles, motion.country, motion.attributes));
        } else if (motion.action == Action.Suspend) {
            _checkStatus(id, Status.Active, proposedAt);
            _suspend(id);
        } else if (motion.action == Action.Reinstate) {
            _checkStatus(id, Status.Suspended, proposedAt);
            _reinstate(id);
        } else if (motion.action == Action.Change) {
            _change(motion);
        } else {
            _recoverAdmin(id, motion.account);
        }
    }

    /// @dev See {Consortium}.
    function _checkMotion(Motion calldata motion) internal view override {
        Action action = motion.action;
        if (action == Action.Admit || action == Action.Change) {
            _checkParticulars(motion.roles, motion.country, motion.attributes);
        }
        if (action == Action.Admit || action == Action.RecoverAdmin) _checkAccount(motion.account);
        if (action == Action.Admit) return;

        // Check: the institution is known.
        uint32 id = motion.institution;
        if (_standings[id].status == Status.Unknown) revert InstitutionRegistry_Unknown(id);

        // Check: it is active, to be suspended, or suspended, to be reinstated.
        if (action == Action.Suspend) _checkStatus(id, Status.Active, uint64(block.timestamp));
        if (action == Action.Reinstate) _checkStatus(id, Status.Suspended, uint64(block.timestamp));
    }

    /// @dev See {Consortium}.
    function _voterOfCaller() internal view override returns (uint32) {
        // Check: the caller is an operator for votes.
        (uint32 id, uint8 permissions, Standing memory found) = actingFor(msg.sender);
        if (permissions & Vocabulary.OPERATOR_VOTES == 0) revert Consortium_NotVoter(msg.sender, id, permissions);

        // Check: of an active institution.
        if (found.status != Status.Active) revert InstitutionRegistry_NotActive(id, found.status);

        // Check: that votes.
        if (found.roles & Vocabulary.ROLE_VOTER == 0) revert Consortium_LacksRole(id, found.roles);
        return id;
    }

    /// @dev See {Consortium}.
    function _adminOf(uint32 id) internal view override returns (address) {
        return _admins[id];
    }

    /// @dev Admit an institution, whose particulars were checked, under the next number.
    function _admit(Founder memory founder) private {
        // Effect: its admin, an operator of all permissions.
        uint32 id = ++_institutionCount;
        _makeAdmin(founder.admin, id);

        // Effect: active from now on.
        uint64 time = uint64(block.timestamp);
        _standings[id] = Standing({
            status: Status.Active,
            roles: founder.roles,
            country: founder.country,
            attributes: founder.attributes,
            keyVersion: 0,
            requesterSince: _has(founder.roles, Vocabulary.ROLE_REQUESTER) ? time : 0,
            statusSince: time,
            operatorEpoch: 0
        });
        emit InstitutionAdmitted(id, founder.admin, founder.roles, founder.country, founder.attributes);
        _updateSeat(id);
    }

    /// @dev Suspend an institution that is active.
    function _suspend(uint32 id) private {
        // Effect: suspended from now on, without a vote.
        _standings[id].status = Status.Suspended;
        _standings[id].statusSince = uint64(block.timestamp);
        emit InstitutionSuspended(id, msg.sender);
        _updateSeat(id);
    }

    /// @dev Reinstate an institution that is suspended.
    function _reinstate(uint32 id) private {
        // Effect: active from now on, with its vote if it has the role.
        _standings[id].status = Status.Active;
        _standings[id].statusSince = uint64(block.timestamp);
        emit InstitutionReinstated(id);
        _updateSeat(id);
    }

    /// @dev Give an institution other roles, another country and other attributes, which were checked.
    function _change(Motion calldata motion) private {
        // Effect: what was decided; the time as requester runs from when the role is got.
        Standing storage found = _standings[motion.institution];
        if (!_has(motion.roles, Vocabulary.ROLE_REQUESTER)) found.requesterSince = 0;
        else if (!_has(found.roles, Vocabulary.ROLE_REQUESTER)) found.requesterSince = uint64(block.timestamp);
        found.roles = motion.roles;
        found.country = motion.country;
        found.attributes = motion.attributes;
        emit InstitutionChanged(motion.institution, motion.roles, motion.country, motion.attributes);
        _updateSeat(motion.institution);
    }

    /// @dev Give an institution another admin, and no other operator.
    function _recoverAdmin(uint32 id, address account) private {
        // Effect: all who act for it are stale, the present admin among them.
        address from = _admins[id];
        ++_standings[id].operatorEpoch;
        _makeAdmin(account, id);
        emit AdminRecovered(id, from, account);
    }

    /// @dev Make an account the admin of an institution. One that somebody made an operator since it was proposed is
    /// taken from them, or whoever may call `setOperator` could stop any admission or recovery.
    function _makeAdmin(address account, uint32 id) private {
        uint32 current = _institutionOf(account);
        if (current != _NO_INSTITUTION) {
            // Check: the account is nobody's admin.
            if (_admins[current] == account) revert InstitutionRegistry_AccountTaken(account, current);

            // Effect: free of whom it acted for.
            _free(account, current);
        }

        // Effect: the admin, with all permissions.
        _admins[id] = account;
        _operators[account] = Operator(id, Vocabulary.OPERATOR_ALL, _standings[id].operatorEpoch);
    }

    /// @dev An account acts for its institution no more.
    function _free(address account, uint32 id) private {
        _operators[account] = Operator(_NO_INSTITUTION, _NO_PERMISSIONS, _NO_EPOCH);
        emit OperatorSet(id, account, _NO_PERMISSIONS);
    }

    /// @dev Whether an institution votes, by its roles and status of now.
    function _updateSeat(uint32 id) private {
        Standing storage found = _standings[id];
        _seat(id, _has(found.roles, Vocabulary.ROLE_VOTER), found.status == Status.Active);
    }

    /// @dev For whom an account acts, 0 for nobody.
    function _institutionOf(address account) private view returns (uint32) {
        Operator memory found = _operators[account];
        return found.epoch == _standings[found.institution].operatorEpoch ? found.institution : _NO_INSTITUTION;
    }

    /// @dev The caller's institution, if the caller is its admin and it is active.
    function _activeInstitutionOfAdmin() private view returns (uint32 id) {
        id = _operators[msg.sender].institution;
        if (_admins[id] != msg.sender) revert InstitutionRegistry_NotAdmin(msg.sender);

        Status status = _standings[id].status;
        if (status != Status.Active) revert InstitutionRegistry_NotActive(id, status);
    }

    /// @dev Whether an institution is of this status, and has been since before a time.
    function _checkStatus(uint32 id, Status status, uint64 time) private view {
        Standing storage found = _standings[id];
        if (found.status != status) {
            if (status == Status.Active) revert InstitutionRegistry_NotActive(id, found.status);
            revert InstitutionRegistry_NotSuspended(id, found.status);
        }
        if (found.statusSince > time) revert InstitutionRegistry_StatusNewer(id, found.statusSince);
    }

    /// @dev Whether an account can become an admin.
    function _checkAccount(address account) private view {
        // Check: there is one.
        if (account == address(0)) revert InstitutionRegistry_AccountMissing();

        // Check: it acts for nobody.
        uint32 current = _institutionOf(account);
        if (current != _NO_INSTITUTION) revert InstitutionRegistry_AccountTaken(account, current);
    }

    /// @dev Whether an institution can have these.
    function _checkParticulars(uint16 roles, bytes2 country, uint8 attributes) private pure {
        // Check: the vocabulary has the roles and the attributes.
        if (roles & ~Vocabulary.ROLE_ALL != 0) revert InstitutionRegistry_RolesUnknown(roles);
        if (attributes & ~Vocabulary.ATTRIBUTE_ALL != 0) revert InstitutionRegistry_AttributesUnknown(attributes);

        // Check: the country is two capital letters.
        if (!_isCapital(country[0]) || !_isCapital(country[1])) revert InstitutionRegistry_CountryMalformed(country);
    }

    /// @dev Whether a set of roles has one.
    function _has(uint16 roles, uint16 role) private pure returns (bool) {
        return roles & role != 0;
    }

    /// @dev Whether a byte is an ASCII capital letter.
    function _isCapital(bytes1 letter) private pure returns (bool) {
        return letter >= "A" && letter <= "Z";
    }
}
