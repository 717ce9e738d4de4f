// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAccessLedger} from "../../contracts/interfaces/IAccessLedger.sol";
import {IConsentRegistry} from "../../contracts/interfaces/IConsentRegistry.sol";
import {IConsortium} from "../../contracts/interfaces/IConsortium.sol";
import {IInstitutionRegistry} from "../../contracts/interfaces/IInstitutionRegistry.sol";
import {IProjectRegistry} from "../../contracts/interfaces/IProjectRegistry.sol";
import {IStudyRegistry} from "../../contracts/interfaces/IStudyRegistry.sol";
import {Vocabulary} from "../../contracts/Vocabulary.sol";
import {FailingEngine, PermissiveEngine} from "./Engines.sol";
import {Vm} from "./Vm.sol";

/// @title World
/// @notice All contracts as they are deployed, and who acts: six founders with an admin and two operators each, four
/// patients with keys, three guardians, strangers. The contracts come from their artefacts, compiled as they ship.
abstract contract World {
    Vm internal constant vm = Vm(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);

    uint32 internal constant FOUNDERS = 6;
    uint256 internal constant PATIENTS = 4;
    uint256 internal constant GUARDIANS = 3;
    uint256 internal constant ENGINES = 4;

    // Keys of actors: the family, and a number in it.
    uint256 internal constant ADMIN = 0x1000;
    uint256 internal constant FIRST = 0x2000;
    uint256 internal constant SECOND = 0x3000;
    uint256 internal constant NEWCOMER = 0x4000;
    uint256 internal constant STRANGER = 0x5000;
    uint256 internal constant PATIENT = 0x6000;
    uint256 internal constant SUCCESSOR = 0x6100;
    uint256 internal constant GUARDIAN = 0x7000;
    uint256 internal constant RECOVERER = 0x8000;

    uint64 internal constant DAY = 86_400;
    uint64 internal constant VOTE_LIFETIME = 30 * DAY;
    uint64 internal constant NOTICE = 7 * DAY;
    uint64 internal constant LONGEST_STOP = 14 * DAY;
    uint64 internal constant PAPER_DELAY = 3 * DAY;
    uint64 internal constant KEY_RECOVERY_DELAY = 7 * DAY;

    IInstitutionRegistry public institutions;
    IStudyRegistry public studies;
    IProjectRegistry public projects;
    IConsentRegistry public consents;
    IAccessLedger public ledger;
    address[ENGINES] internal engines;

    /// @notice The first thing that was seen and must never be; empty while there is none.
    string public broken;

    /// @notice How often each kind of step had an effect.
    mapping(bytes32 step => uint256 count) public effects;

    /// @notice How often each reason was an answer of the ledger.
    mapping(uint16 reason => uint256 count) public reasons;

    uint256 internal clock = 1_800_000_000;

    constructor() {
        vm.warp(clock);
        _deploy();
        for (uint32 id = 1; id <= FOUNDERS; ++id) _equip(id, vm.addr(ADMIN + id));
        clock += 60;
        vm.warp(clock);
    }

    // ---- what handlers say ----

    function _hold(bool holds, string memory what) internal {
        if (!holds && bytes(broken).length == 0) broken = what;
    }

    function _effect(bytes32 step) internal {
        ++effects[step];
    }

    /// @dev Count the reason with which a release was denied; what reverted otherwise has none.
    function _denied(bytes memory why) internal {
        if (bytes4(why) != IAccessLedger.AccessLedger_Denied.selector) return;
        uint256 reason;
        assembly ("memory-safe") {
            reason := mload(add(why, 0x44))
        }
        ++reasons[uint16(reason)];
    }

    function _random(uint256 seed, uint256 salt) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed, salt)));
    }

    /// @dev One time in `n`.
    function _once(uint256 seed, uint256 salt, uint256 n) internal pure returns (bool) {
        return _random(seed, salt) % n == 0;
    }

    // ---- actors ----

    /// @dev An operator of an institution: the first or the second; now and then of another, or a stranger.
    function _operatorKey(uint256 seed, uint32 institution) internal pure returns (uint256) {
        uint256 other = _random(seed, 901) % 24;
        if (other == 0) return STRANGER;
        if (other == 1) institution = uint32(1 + (_random(seed, 902) % FOUNDERS));
        return (_once(seed, 903, 2) ? FIRST : SECOND) + institution;
    }

    function _operator(uint256 seed, uint32 institution) internal pure returns (address) {
        return vm.addr(_operatorKey(seed, institution));
    }

    function _isOperator(address account, uint32 institution, uint8 permission) internal view returns (bool) {
        (uint32 its, uint8 permissions) = institutions.operator(account);
        return its == institution && institution != 0 && permissions & permission != 0;
    }

    function _isActive(uint32 institution) internal view returns (bool) {
        return institutions.standing(institution).status == IInstitutionRegistry.Status.Active;
    }

    function _holds(uint32 institution, uint16 role) internal view returns (bool) {
        return institutions.standing(institution).roles & role != 0;
    }

    // ---- signatures ----

    function _sign(uint256 key, address verifier, bytes32 structHash) internal view returns (bytes memory) {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("PixelPact"),
                keccak256("1"),
                block.chainid,
                verifier
            )
        );
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, keccak256(abi.encodePacked("\x19\x01", domain, structHash)));
        return abi.encodePacked(r, s, v);
    }

    // ---- deployment ----

    function _deploy() private {
        uint16 all = Vocabulary.ROLE_CUSTODIAN | Vocabulary.ROLE_REQUESTER | Vocabulary.ROLE_VOTER;
        IInstitutionRegistry.Founder[] memory founders = new IInstitutionRegistry.Founder[](FOUNDERS);
        for (uint32 id = 1; id <= FOUNDERS; ++id) {
            founders[id - 1] = IInstitutionRegistry.Founder(vm.addr(ADMIN + id), all, "AA", 0);
        }
        founders[3].roles = Vocabulary.ROLE_REQUESTER | Vocabulary.ROLE_VOTER;
        founders[4].roles = Vocabulary.ROLE_ETHICS_BOARD | Vocabulary.ROLE_VOTER;
        founders[5].roles = Vocabulary.ROLE_REQUESTER;
        IConsortium.Terms memory terms = IConsortium.Terms(
            VOTE_LIFETIME,
            NOTICE,
            NOTICE,
            LONGEST_STOP,
            PAPER_DELAY,
            KEY_RECOVERY_DELAY,
            7 * DAY
        );
        address registry = _create("InstitutionRegistry.sol:InstitutionRegistry", abi.encode(founders, terms));
        address study = _create("StudyRegistry.sol:StudyRegistry", abi.encode(registry));
        address consent = _create("ConsentRegistry.sol:ConsentRegistry", abi.encode(registry, study));
        address project = _create("ProjectRegistry.sol:ProjectRegistry", abi.encode(registry));
        address engine = _create("PolicyEngine.sol:PolicyEngine", abi.encode(registry, project, uint16(1)));
        institutions = IInstitutionRegistry(registry);
        studies = IStudyRegistry(study);
        projects = IProjectRegistry(project);
        consents = IConsentRegistry(consent);
        ledger = IAccessLedger(
            _create("AccessLedger.sol:AccessLedger", abi.encode(registry, study, consent, engine))
        );
        engines[0] = address(new PermissiveEngine(2));
        engines[1] = address(new FailingEngine(3));
        engines[2] = _create("PolicyEngine.sol:PolicyEngine", abi.encode(registry, project, uint16(4)));
        engines[3] = address(new PermissiveEngine(5));
    }

    function _create(string memory artefact, bytes memory arguments) private returns (address made) {
        bytes memory code = abi.encodePacked(vm.getCode(artefact), arguments);
        assembly ("memory-safe") {
            made := create(0, add(code, 0x20), mload(code))
        }
        require(made != address(0), artefact);
    }

    /// @dev Two operators and a key.
    function _equip(uint32 id, address admin) private {
        vm.prank(admin);
        institutions.setOperator(vm.addr(FIRST + id), Vocabulary.OPERATOR_ALL);
        vm.prank(admin);
        institutions.setOperator(vm.addr(SECOND + id), Vocabulary.OPERATOR_ALL);
        vm.prank(admin);
        institutions.publishKey(new bytes(1216));
    }
}
