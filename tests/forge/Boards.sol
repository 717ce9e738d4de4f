// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IProjectRegistry} from "../../contracts/interfaces/IProjectRegistry.sol";
import {Vocabulary} from "../../contracts/Vocabulary.sol";
import {Members} from "./Members.sol";

/// @title Boards
/// @notice Research projects, and the ethics boards that approve them.
abstract contract Boards is Members {
    bytes32 internal constant DISEASE = "a disease";

    uint256 private constant _MOST = 8;

    bytes32[] internal planned;
    mapping(bytes32 project => IProjectRegistry.Standing) internal plans; // as the lead sees them
    mapping(bytes32 project => uint32) internal partners;

    /// @notice A project and its approval at once.
    function sponsor(uint256 seed) external {
        registerProject(seed);
        if (planned.length == 0) return;
        _approve(seed, planned[planned.length - 1]);
    }

    function registerProject(uint256 seed) public {
        if (planned.length == _MOST) return;
        IProjectRegistry.Project memory project;
        project.lead = uint32(1 + (_random(seed, 55) % FOUNDERS));
        project.partners = new uint32[](1);
        project.partners[0] = project.lead == 5 ? 6 : 5;
        if (!_once(seed, 56, 4)) project.partners[0] = project.lead == 4 ? 6 : 4;
        project.protocol = bytes32(seed | 1);
        if (_once(seed, 69, 2)) project.traits = uint16(_random(seed, 70)) & Vocabulary.TRAIT_ALL;
        project.country = _once(seed, 71, 4) ? bytes2("BB") : bytes2("AA");
        project.codes = new bytes32[](1);
        project.codes[0] = DISEASE;
        address caller = _operator(seed, project.lead);
        vm.prank(caller);
        try projects.register(project) returns (bytes32 id) {
            _hold(_isOperator(caller, project.lead, Vocabulary.OPERATOR_PROJECTS), "27: a project of another");
            _hold(_isActive(project.lead) && _holds(project.lead, Vocabulary.ROLE_REQUESTER), "27: led by no requester");
            _hold(plans[id].status == IProjectRegistry.Status.Unknown, "19: a project was registered twice");
            planned.push(id);
            plans[id].status = IProjectRegistry.Status.Registered;
            plans[id].lead = project.lead;
            plans[id].participates = true;
            plans[id].traits = project.traits;
            plans[id].country = project.country;
            partners[id] = project.partners[0];
            _effect("registerProject");
        } catch {}
    }

    function approve(uint256 seed) external {
        if (planned.length == 0) return;
        _approve(seed, planned[_random(seed, 57) % planned.length]);
    }

    function _approve(uint256 seed, bytes32 id) private {
        uint32 board = _once(seed, 58, 4) ? uint32(1 + (_random(seed, 54) % FOUNDERS)) : 5;
        if (_once(seed, 64, 6)) board = plans[id].lead;
        uint64 until = uint64(block.timestamp + (_random(seed, 65) % (60 * DAY)));
        if (_once(seed, 72, 3)) until = uint64(block.timestamp) + 3_600;
        uint256 key = _operatorKey(seed, board);
        bytes32 structHash = keccak256(
            abi.encode(keccak256("Approval(bytes32 project,uint32 board,uint64 until)"), id, board, until)
        );
        bytes memory signature = _sign(_once(seed, 66, 8) ? STRANGER : key, address(projects), structHash);
        IProjectRegistry.Standing storage found = plans[id];
        try projects.approve(id, board, until, vm.addr(key), signature) {
            _hold(!_once(seed, 66, 8) || key == STRANGER, "27: approved by who did not sign");
            _hold(_isOperator(vm.addr(key), board, Vocabulary.OPERATOR_PROJECTS), "27: approved by no one of the board");
            _hold(_isActive(board) && _holds(board, Vocabulary.ROLE_ETHICS_BOARD), "27: approved by no board");
            _hold(board != found.lead && board != partners[id], "19: approved by who takes part");
            _hold(found.board == 0 || found.board == board, "19: approved by another board");
            _hold(until > found.until && until > block.timestamp, "19: an approval that ends earlier");
            _hold(found.status != IProjectRegistry.Status.Withdrawn, "19: approved after it was withdrawn");
            found.status = IProjectRegistry.Status.Approved;
            found.board = board;
            found.until = until;
            _effect("approve");
        } catch {}
    }

    function withdrawProject(uint256 seed) external {
        if (planned.length == 0 || !_once(seed, 67, 6)) return;
        bytes32 id = planned[_random(seed, 57) % planned.length];
        IProjectRegistry.Standing storage found = plans[id];
        address caller = _operator(seed, _once(seed, 68, 2) ? found.lead : 5);
        (uint32 its, ) = institutions.operator(caller);
        vm.prank(caller);
        try projects.withdraw(id) {
            _hold(its != 0 && (its == found.lead || its == found.board), "27: withdrawn by a stranger");
            _hold(_isActive(its), "27: withdrawn by a suspended institution");
            _hold(found.status != IProjectRegistry.Status.Withdrawn, "19: withdrawn twice");
            found.status = IProjectRegistry.Status.Withdrawn;
            _effect("withdrawProject");
        } catch {}
    }

    function checkProjects() external {
        for (uint256 i = 0; i < planned.length; ++i) {
            bytes32 id = planned[i];
            _hold(
                keccak256(abi.encode(projects.standing(id, plans[id].lead))) == keccak256(abi.encode(plans[id])),
                "19: a project changed by no step"
            );
            _hold(projects.standing(id, partners[id]).participates, "19: a partner was lost");
            _hold(projects.concerns(id, DISEASE) && !projects.concerns(id, id), "19: what it is about changed");
        }
    }
}
