// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IConsortium} from "../../contracts/interfaces/IConsortium.sol";
import {IInstitutionRegistry} from "../../contracts/interfaces/IInstitutionRegistry.sol";
import {Vocabulary} from "../../contracts/Vocabulary.sol";
import {World} from "./World.sol";

/// @title Members
/// @notice Institutions: their operators and keys, and what they vote on.
abstract contract Members is World {
    IConsortium.Motion[] internal motions; // by number less one
    mapping(uint32 number => mapping(uint32 institution => bool)) internal voted;
    mapping(uint32 number => uint256 time) internal passedAt;
    mapping(uint32 number => uint256 time) internal proposedAt;
    mapping(uint32 number => IConsortium.ProposalState) internal states;
    mapping(IConsortium.Action action => mapping(uint32 institution => uint32 number)) internal youngest;
    mapping(uint32 institution => address) internal admins;
    mapping(uint32 institution => uint16) internal bits;
    mapping(uint32 institution => bytes32[] digests) internal keys;
    uint256 internal stoppedUntil;
    bytes32 internal engineVotedOn;
    uint256 private _candidates;

    constructor() {
        for (uint32 id = 1; id <= FOUNDERS; ++id) {
            admins[id] = vm.addr(ADMIN + id);
            keys[id].push(sha256(new bytes(1216)));
        }
    }

    // ---- time ----

    function pass(uint256 seed) external {
        uint256[8] memory steps = [uint256(0), 1, 60, 3_600, 3_600, DAY, 3 * DAY, 7 * DAY];
        clock += steps[_random(seed, 1) % 8];
        vm.warp(clock);
    }

    // ---- votes ----

    function propose(uint256 seed) public {
        _propose(_operator(seed, uint32(1 + (_random(seed, 2) % FOUNDERS))), _motion(seed));
    }

    function _propose(address caller, IConsortium.Motion memory motion) private {
        (uint32 voter, ) = institutions.operator(caller);
        vm.prank(caller);
        try institutions.propose(motion) returns (uint32 number) {
            _hold(_mayVote(voter), "27: who does not vote proposed");
            motions.push(motion);
            _hold(number == motions.length, "15: proposals are not counted from 1");
            states[number] = IConsortium.ProposalState.Open;
            proposedAt[number] = block.timestamp;
            if (voter != motion.institution) _note(number, voter, motion.institution);
            _effect("propose");
        } catch {}
    }

    function vote(uint256 seed) public {
        if (motions.length == 0) return;
        uint32 number = _recent(seed);
        address caller = _operator(seed, uint32(1 + (_random(seed, 2) % FOUNDERS)));
        (uint32 voter, ) = institutions.operator(caller);
        vm.prank(caller);
        try institutions.vote(number) {
            _hold(_mayVote(voter), "27: who does not vote voted");
            _hold(voter != motions[number - 1].institution, "15: an institution voted on itself");
            _hold(!voted[number][voter], "15: an institution voted twice");
            _hold(states[number] == IConsortium.ProposalState.Open, "15: voted on what was settled");
            _hold(block.timestamp < proposedAt[number] + VOTE_LIFETIME, "15: voted on what had lapsed");
            _note(number, voter, motions[number - 1].institution);
            _effect("vote");
        } catch {}
    }

    /// @notice All vote for the latest proposal: what random votes rarely do in time.
    function agree(uint256 seed) external {
        if (motions.length == 0 || _once(seed, 3, 3)) propose(seed);
        for (uint32 id = 1; id <= FOUNDERS; ++id) {
            if (!_once(seed, 100 + id, 4)) vote(_votes(id));
        }
        if (_once(seed, 4, 2)) carryOut(0);
    }

    /// @notice A member comes back: reinstated by the others, with its operators and all roles of a hospital.
    function mend(uint256 seed) external {
        uint32 id = uint32(1 + (_random(seed, 24) % FOUNDERS));
        IConsortium.Motion memory motion;
        motion.institution = id;
        motion.action = IConsortium.Action.Reinstate;
        if (!_isActive(id)) _agreeOn(motion);
        motion.action = IConsortium.Action.Change;
        motion.roles = Vocabulary.ROLE_CUSTODIAN | Vocabulary.ROLE_REQUESTER | Vocabulary.ROLE_VOTER;
        motion.country = "AA";
        if (id <= 3 && institutions.standing(id).roles != motion.roles) _agreeOn(motion);
        for (uint256 i = 0; i < 2; ++i) {
            vm.prank(admins[id]);
            try institutions.setOperator(vm.addr((i == 0 ? FIRST : SECOND) + id), Vocabulary.OPERATOR_ALL) {
                _effect("mend");
            } catch {}
        }
    }

    /// @notice Another engine, when its notice is over: by all, since random votes rarely come to it in time.
    function replaceEngine(uint256 seed) external {
        if (!_once(seed, 37, 8)) return;
        IConsortium.Motion memory motion;
        motion.action = IConsortium.Action.ReplaceEngine;
        motion.account = engines[_random(seed, 34) % ENGINES];
        motion.codeHash = motion.account.codehash;
        _agreeOn(motion);
        clock += NOTICE;
        vm.warp(clock);
        carryOut(0);
    }

    function _agreeOn(IConsortium.Motion memory motion) private {
        uint256 count = motions.length;
        for (uint32 id = 1; id <= FOUNDERS && motions.length == count; ++id) _propose(vm.addr(FIRST + id), motion);
        if (motions.length == count) return;
        for (uint32 id = 1; id <= FOUNDERS; ++id) vote(_votes(id));
        carryOut(0);
    }

    function carryOut(uint256 seed) public {
        if (motions.length == 0) return;
        uint32 number = _recent(seed);
        IConsortium.Motion memory motion = motions[number - 1];
        bool swapped = seed != 0 && _once(seed, 5, 6);
        if (swapped) motion.roles ^= Vocabulary.ROLE_REQUESTER;
        (uint256 yes, uint256 all) = _tally(number, motion.institution);
        uint64 statusSince = institutions.standing(motion.institution).statusSince;
        bytes32 elsewhere = _elsewhere();
        vm.prank(vm.addr(STRANGER));
        try institutions.carryOut(number, motion) {
            _hold(!swapped, "16: another motion than the one voted on was carried out");
            _hold(yes != 0 && yes * 3 >= all * 2, "16: carried out without two thirds");
            _hold(states[number] == IConsortium.ProposalState.Open, "15: carried out twice, or after a veto");
            uint256 earliest = passedAt[number] + _notice(motion.action);
            _hold(block.timestamp >= earliest, "16: carried out before its notice");
            _hold(block.timestamp < earliest + VOTE_LIFETIME, "16: carried out after it had lapsed");
            states[number] = IConsortium.ProposalState.CarriedOut;
            _hold(elsewhere == _elsewhere(), "17: a vote changed something outside of the institutions");
            _checkOrder(number, motion, statusSince);
            _carriedOut(motion);
            _effect("carryOut");
        } catch {}
    }

    function veto(uint256 seed) external {
        if (motions.length == 0) return;
        uint32 number = _recent(seed);
        uint32 institution = motions[number - 1].institution;
        address caller = _once(seed, 6, 2) ? admins[institution] : _operator(seed, institution);
        vm.prank(caller);
        try institutions.veto(number) {
            _hold(caller == admins[institution], "27: another than the present admin vetoed");
            _hold(motions[number - 1].action == IConsortium.Action.RecoverAdmin, "15: vetoed what can't be");
            _hold(states[number] == IConsortium.ProposalState.Open, "15: vetoed what was settled");
            states[number] = IConsortium.ProposalState.Vetoed;
            _effect("veto");
        } catch {}
    }

    /// @notice Somebody changes an engine's code at its address, as a proxy could: not of the one in force.
    function swapEngine(uint256 seed) external {
        address engine = engines[_random(seed, 7) % ENGINES];
        (address present, , ) = _rule();
        if (engine == present || !_once(seed, 8, 6)) return;
        vm.etch(engine, abi.encodePacked(engine.code, hex"00"));
        _effect("swapEngine");
    }

    // ---- institutions ----

    function setOperator(uint256 seed) external {
        uint32 id = uint32(1 + (_random(seed, 9) % institutions.institutionCount()));
        uint256 target = uint256(1 + (_random(seed, 10) % FOUNDERS));
        uint256[5] memory families = [ADMIN, FIRST, SECOND, NEWCOMER, STRANGER];
        address account = vm.addr(families[_random(seed, 11) % 5] + target);
        uint8 permissions = _once(seed, 12, 8) ? 0 : Vocabulary.OPERATOR_ALL;
        address caller = _once(seed, 13, 4) ? _operator(seed, id) : admins[id];
        (uint32 claimed, ) = institutions.operator(account);
        vm.prank(caller);
        try institutions.setOperator(account, permissions) {
            (uint32 its, ) = institutions.operator(caller);
            _hold(caller == admins[its], "27: another than an admin made an operator");
            _hold(_isActive(its), "27: a suspended institution made an operator");
            _hold(claimed == 0 || claimed == its, "27: an operator of another institution was taken");
            _effect("setOperator");
        } catch {}
    }

    function resign(uint256 seed) external {
        address caller = _operator(seed, uint32(1 + (_random(seed, 14) % FOUNDERS)));
        if (!_once(seed, 15, 24)) return;
        vm.prank(caller);
        try institutions.resign() {
            (uint32 its, ) = institutions.operator(caller);
            _hold(its == 0, "27: resigned, and still an operator");
            _effect("resign");
        } catch {}
    }

    function suspendSelf(uint256 seed) external {
        if (!_once(seed, 16, 12)) return;
        uint32 id = uint32(1 + (_random(seed, 17) % FOUNDERS));
        address caller = _once(seed, 18, 3) ? _operator(seed, id) : admins[id];
        (uint32 its, ) = institutions.operator(caller);
        vm.prank(caller);
        try institutions.suspendSelf() {
            _hold(caller == admins[its], "27: another than its admin suspended an institution");
            _effect("suspendSelf");
        } catch {}
    }

    function publishKey(uint256 seed) external {
        uint32 id = uint32(1 + (_random(seed, 19) % FOUNDERS));
        address caller = _once(seed, 20, 4) ? _operator(seed, id) : admins[id];
        bytes memory published = abi.encodePacked(seed, new bytes(1184));
        vm.prank(caller);
        try institutions.publishKey(published) {
            (uint32 its, ) = institutions.operator(caller);
            _hold(caller == admins[its] && _isActive(its), "27: another than the admin published a key");
            keys[its].push(sha256(published));
            _effect("publishKey");
        } catch {}
    }

    // ---- what holds of them, in every state ----

    function checkMembers() external {
        uint32 count = institutions.institutionCount();
        uint256 seen;
        uint256 voters;
        uint256 last;
        for (uint32 id = 1; id <= count; ++id) {
            IInstitutionRegistry.Institution memory found = institutions.institution(id);
            _hold(found.admin != address(0) && found.admin == admins[id], "12: an admin changed without a vote");
            (uint32 its, uint8 permissions) = institutions.operator(found.admin);
            _hold(its == id && permissions == Vocabulary.OPERATOR_ALL, "12: an institution without an admin");
            uint16 bit = institutions.voterIndex(id);
            _hold(bits[id] == 0 || bits[id] == bit, "14: a voter's bit changed");
            bits[id] = bit;
            if (bit != 0) {
                _hold(seen & (1 << (bit - 1)) == 0, "14: two institutions have one bit");
                seen |= 1 << (bit - 1);
                if (bit > last) last = bit;
            }
            if (_mayVote(id)) voters |= 1 << (bit - 1);
            _hold(found.keyVersion == keys[id].length, "13: keys are not counted from 1");
            for (uint32 version = 1; version <= found.keyVersion && version <= keys[id].length; ++version) {
                _hold(institutions.keyDigest(id, version) == keys[id][version - 1], "13: a key was lost");
            }
        }
        _hold(seen + 1 == 1 << last, "14: a bit was left out");
        _hold(institutions.electorate(0) == voters, "14: the electorate is not who votes");
        (address engine, , uint64 until) = _rule();
        if (engine != address(0)) _hold(engine.codehash == engineVotedOn, "31: an engine that was not voted on");
        _hold(until == stoppedUntil, "31: a stop that was not voted on");
        _hold(until <= block.timestamp + LONGEST_STOP, "31: a stop that is too long");
    }

    /// @notice The last proposals are what was proposed and voted.
    function checkProposals() external {
        uint32 count = institutions.institutionCount();
        uint32 number = uint32(motions.length);
        _hold(institutions.proposalCount() == number, "15: proposals are not counted from 1");
        for (uint256 i = 0; i < 6 && number != 0; ++i) {
            IConsortium.Proposal memory found = institutions.proposal(number);
            uint256 votes;
            for (uint32 id = 1; id <= count; ++id) {
                if (voted[number][id]) votes |= 1 << (institutions.voterIndex(id) - 1);
            }
            _hold(found.votes == votes, "15: a vote was given by no step, or lost");
            _hold(found.state == states[number], "15: a proposal's end changed by no step");
            _hold(found.proposedAt == proposedAt[number], "15: when it was proposed changed");
            _hold(found.passedAt == passedAt[number], "16: its notice began at another time");
            _hold(found.motion == keccak256(abi.encode(motions[number - 1])), "16: a motion changed");
            --number;
        }
    }

    // ---- internals ----

    /// @dev Everything that no vote may change, as a digest.
    function _elsewhere() internal view virtual returns (bytes32);

    function _rule() internal view returns (address engine, uint16 version, uint64 until) {
        (bool success, bytes memory answer) = address(institutions).staticcall(
            abi.encodeCall(IConsortium.rule, ())
        );
        require(success);
        return abi.decode(answer, (address, uint16, uint64));
    }

    function _mayVote(uint32 id) private view returns (bool) {
        return _isActive(id) && _holds(id, Vocabulary.ROLE_VOTER);
    }

    function _tally(uint32 number, uint32 concerned) private view returns (uint256 yes, uint256 all) {
        uint32 count = institutions.institutionCount();
        for (uint32 id = 1; id <= count; ++id) {
            if (id == concerned || !_mayVote(id)) continue;
            ++all;
            if (voted[number][id]) ++yes;
        }
    }

    function _note(uint32 number, uint32 voter, uint32 concerned) private {
        voted[number][voter] = true;
        (uint256 yes, uint256 all) = _tally(number, concerned);
        if (passedAt[number] == 0 && yes * 3 >= all * 2) passedAt[number] = block.timestamp;
    }

    /// @dev An older vote ends no younger one, and no status that is younger than itself.
    function _checkOrder(uint32 number, IConsortium.Motion memory motion, uint64 statusSince) private {
        if (motion.action == IConsortium.Action.Admit) return;
        _hold(number > youngest[motion.action][motion.institution], "16: an older vote ended a younger one");
        youngest[motion.action][motion.institution] = number;
        if (motion.action == IConsortium.Action.Suspend || motion.action == IConsortium.Action.Reinstate) {
            _hold(statusSince <= proposedAt[number], "16: an old vote ended a younger status");
        }
    }

    function _carriedOut(IConsortium.Motion memory motion) private {
        if (motion.action == IConsortium.Action.Stop) stoppedUntil = block.timestamp + motion.duration;
        if (motion.action == IConsortium.Action.RecoverAdmin) admins[motion.institution] = motion.account;
        if (motion.action == IConsortium.Action.Admit) admins[institutions.institutionCount()] = motion.account;
        if (motion.action == IConsortium.Action.ReplaceEngine) {
            engineVotedOn = motion.codeHash;
            _effect("replaceEngine");
        }
        if (motion.action == IConsortium.Action.RecoverAdmin) {
            _hold(!_isOperator(vm.addr(FIRST + motion.institution), motion.institution, 0xff), "12: operators went on");
            // So that this institution goes on: the new admin makes the same operators.
            for (uint256 i = 0; i < 2; ++i) {
                vm.prank(motion.account);
                try institutions.setOperator(
                    vm.addr((i == 0 ? FIRST : SECOND) + motion.institution),
                    Vocabulary.OPERATOR_ALL
                ) {} catch {}
            }
        }
    }

    function _notice(IConsortium.Action action) private pure returns (uint256) {
        return
            action == IConsortium.Action.RecoverAdmin || action == IConsortium.Action.ReplaceEngine ? NOTICE : 0;
    }

    /// @dev Mostly one of the last three.
    function _recent(uint256 seed) private view returns (uint32) {
        uint256 count = motions.length;
        if (seed == 0) return uint32(count);
        if (_once(seed, 21, 4)) return uint32(1 + (_random(seed, 22) % count));
        uint256 back = _random(seed, 23) % 3;
        return uint32(back < count ? count - back : count);
    }

    /// @dev A seed with which `vote` votes for the latest proposal, as the first operator of this institution.
    function _votes(uint32 id) private view returns (uint256 seed) {
        for (seed = block.timestamp; ; ++seed) {
            if (_once(seed, 21, 4) || _random(seed, 23) % 3 != 0) continue;
            if (_random(seed, 901) % 24 > 1 && 1 + (_random(seed, 2) % FOUNDERS) == id) return seed;
        }
    }

    function _motion(uint256 seed) private returns (IConsortium.Motion memory motion) {
        uint32 institution = uint32(1 + (_random(seed, 30) % institutions.institutionCount()));
        motion.action = IConsortium.Action(_random(seed, 31) % 8);
        if (motion.action >= IConsortium.Action.Suspend && motion.action <= IConsortium.Action.RecoverAdmin) {
            motion.institution = institution;
        }
        if (motion.action == IConsortium.Action.Admit || motion.action == IConsortium.Action.Change) {
            motion.roles = uint16(_random(seed, 32)) & Vocabulary.ROLE_ALL;
            motion.country = "AA";
            if (motion.action == IConsortium.Action.Change && !_once(seed, 33, 3)) {
                motion.roles = Vocabulary.ROLE_REQUESTER | Vocabulary.ROLE_VOTER;
                if (_once(seed, 38, 2)) motion.roles = Vocabulary.ROLE_CUSTODIAN | Vocabulary.ROLE_VOTER;
            }
        }
        if (motion.action == IConsortium.Action.Admit || motion.action == IConsortium.Action.RecoverAdmin) {
            motion.account = vm.addr(NEWCOMER + ++_candidates);
        }
        if (motion.action == IConsortium.Action.ReplaceEngine) {
            motion.account = engines[_random(seed, 34) % ENGINES];
            motion.codeHash = motion.account.codehash;
        }
        if (motion.action == IConsortium.Action.Stop) {
            motion.duration = uint64(_random(seed, 35) % (2 * LONGEST_STOP));
            if (_once(seed, 36, 3)) motion.duration = 0;
        }
    }
}
