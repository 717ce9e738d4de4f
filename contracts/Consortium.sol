// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IConsortium} from "./interfaces/IConsortium.sol";
import {IPolicyEngine} from "./interfaces/IPolicyEngine.sol";

/// @title Consortium
/// @notice See {IConsortium}. The votes; what they do to institutions is the InstitutionRegistry's.
abstract contract Consortium is IConsortium {
    // ========================================================================
    // Constants
    // ========================================================================

    /// @notice The most institutions that ever vote: a vote is a bit of one word.
    uint16 private constant _MAX_VOTERS = 256;

    /// @notice The longest of the terms, so that no sum of times overflows.
    uint64 private constant _LONGEST_TERM = 315_576_000;

    /// @notice The version of the engine that a ledger is deployed with.
    uint16 private constant _FIRST_ENGINE_VERSION = 1;

    /// @notice What an engine may use to say its version.
    uint256 private constant _VERSION_GAS = 30_000;

    uint64 private constant _NOT_PASSED = 0;

    uint16 private constant _NO_INDEX = 0;

    // ========================================================================
    // State
    // ========================================================================

    struct Rule {
        IPolicyEngine engine; // 20 bytes
        uint16 engineVersion; // 2 bytes
        uint64 stoppedUntil; // 8 bytes: 30 of the slot's 32
    }

    uint64 private immutable _VOTE_LIFETIME;
    uint64 private immutable _ENGINE_NOTICE;
    uint64 private immutable _RECOVERY_NOTICE;
    uint64 private immutable _LONGEST_STOP;
    uint64 private immutable _PAPER_DELAY;
    uint64 private immutable _KEY_RECOVERY_DELAY;
    uint64 private immutable _REVIEW_TERM;

    Rule private _rule;

    // The bits of the institutions that hold the voter role and are active.
    uint256 private _activeVoters;

    uint32 private _proposalCount;

    uint16 private _voterCount;

    // Three slots: motion; action 1, state 1, proposer 4, institution 4, proposedAt 8, passedAt 8: 26 bytes; votes.
    mapping(uint32 number => Proposal proposal) private _proposals;

    // From 1; never given again.
    mapping(uint32 institution => uint16 index) private _voterIndices;

    // The number of the youngest proposal of an action on an institution that was carried out.
    mapping(Action action => mapping(uint32 institution => uint32 number)) private _youngest;

    // ========================================================================
    // Constructor
    // ========================================================================

    /// Requirements:
    /// - No term is longer than ten years, and none but `paperDelay` is zero.
    ///
    /// @param chosen The times that the consortium is founded on.
    constructor(Terms memory chosen) {
        // Check: no term is zero or longer than ten years; paper may count at once.
        _checkTerm(chosen.voteLifetime);
        _checkTerm(chosen.engineNotice);
        _checkTerm(chosen.recoveryNotice);
        _checkTerm(chosen.longestStop);
        if (chosen.paperDelay != 0) _checkTerm(chosen.paperDelay);
        _checkTerm(chosen.keyRecoveryDelay);
        _checkTerm(chosen.reviewTerm);

        // Effect: for good.
        _VOTE_LIFETIME = chosen.voteLifetime;
        _ENGINE_NOTICE = chosen.engineNotice;
        _RECOVERY_NOTICE = chosen.recoveryNotice;
        _LONGEST_STOP = chosen.longestStop;
        _PAPER_DELAY = chosen.paperDelay;
        _KEY_RECOVERY_DELAY = chosen.keyRecoveryDelay;
        _REVIEW_TERM = chosen.reviewTerm;
        emit ConsortiumFounded(chosen);
    }

    // ========================================================================
    // Transactions
    // ========================================================================

    /// @inheritdoc IConsortium
    function propose(Motion calldata motion) external returns (uint32 number) {
        // Check: the caller votes for an active institution that does.
        uint32 voter = _voterOfCaller();

        // Check: the motion has an action, and no field that it does not use.
        bytes32 digest = _digestOf(motion);

        // Check: it could be carried out now.
        if (motion.action == Action.ReplaceEngine) _checkEngine(motion);
        else if (motion.action == Action.Stop) _checkStop(motion);
        else _checkMotion(motion);

        // Effect: open, under the next number, with the proposer's vote unless it is about the proposer.
        number = ++_proposalCount;
        Proposal storage made = _proposals[number];
        made.motion = digest;
        made.action = motion.action;
        made.state = ProposalState.Open;
        made.proposer = voter;
        made.institution = motion.institution;
        made.proposedAt = uint64(block.timestamp);
        emit Proposed(number, voter, motion.institution, motion);
        if (voter != motion.institution) _vote(number, made, voter);
    }

    /// @inheritdoc IConsortium
    function vote(uint32 number) external {
        // Check: the caller votes for an active institution that does.
        uint32 voter = _voterOfCaller();

        // Check: the proposal is open.
        Proposal storage found = _openProposal(number);

        // Check: it is not about that institution.
        if (voter == found.institution) revert Consortium_OwnMatter(number, voter);

        // Check: it was proposed less than its lifetime ago.
        uint64 end = found.proposedAt + _VOTE_LIFETIME;
        if (block.timestamp >= end) revert Consortium_Lapsed(number, end);

        // Check: the institution has not voted for it.
        if (found.votes & _bitOf(voter) != 0) revert Consortium_AlreadyVoted(number, voter);

        // Effect: its vote.
        _vote(number, found, voter);
    }

    /// @inheritdoc IConsortium
    function carryOut(uint32 number, Motion calldata motion) external {
        // Check: the proposal is open.
        Proposal storage found = _openProposal(number);

        // Check: the motion is the one voted on.
        bytes32 digest = keccak256(abi.encode(motion));
        if (digest != found.motion) revert Consortium_MotionDiffers(number, found.motion, digest);

        // Check: two thirds were for it, and are.
        _checkPassed(number, found);

        // Check: the notice is over, but not for as long as a proposal lives.
        uint64 earliest = found.passedAt + _noticeOf(motion.action);
        if (block.timestamp < earliest) revert Consortium_TooEarly(number, earliest);
        uint64 end = earliest + _VOTE_LIFETIME;
        if (block.timestamp >= end) revert Consortium_Lapsed(number, end);

        // Check: no younger one on the same matter was carried out. Who is admitted is a matter of its own.
        if (motion.action != Action.Admit) {
            uint32 younger = _youngest[motion.action][motion.institution];
            if (younger > number) revert Consortium_Overtaken(number, younger);
            _youngest[motion.action][motion.institution] = number;
        }

        // Effect: carried out.
        found.state = ProposalState.CarriedOut;
        emit CarriedOut(number, msg.sender);
        if (motion.action == Action.ReplaceEngine) _replaceEngine(motion);
        else if (motion.action == Action.Stop) _stop(motion);
        else _enact(motion, found.proposedAt);
    }

    /// @inheritdoc IConsortium
    function veto(uint32 number) external {
        // Check: the proposal is open.
        Proposal storage found = _openProposal(number);

        // Check: it is for a new admin.
        if (found.action != Action.RecoverAdmin) revert Consortium_NotVetoable(number, found.action);

        // Check: the caller is the present one.
        if (_adminOf(found.institution) != msg.sender) {
            revert Consortium_NotItsAdmin(msg.sender, found.institution);
        }

        // Effect: vetoed, for good.
        found.state = ProposalState.Vetoed;
        emit Vetoed(number, msg.sender);
    }

    // ========================================================================
    // Views
    // ========================================================================

    /// @inheritdoc IConsortium
    function proposal(uint32 number) external view returns (Proposal memory) {
        return _proposals[number];
    }

    /// @inheritdoc IConsortium
    function proposalCount() external view returns (uint32) {
        return _proposalCount;
    }

    /// @inheritdoc IConsortium
    function voterIndex(uint32 institution) external view returns (uint16) {
        return _voterIndices[institution];
    }

    /// @inheritdoc IConsortium
    function rule() external view returns (IPolicyEngine engine, uint16 engineVersion, uint64 stoppedUntil) {
        Rule memory present = _rule;
        return (present.engine, present.engineVersion, present.stoppedUntil);
    }

    /// @inheritdoc IConsortium
    function terms() external view returns (Terms memory) {
        return
            Terms({
                voteLifetime: _VOTE_LIFETIME,
                engineNotice: _ENGINE_NOTICE,
                recoveryNotice: _RECOVERY_NOTICE,
                longestStop: _LONGEST_STOP,
                paperDelay: _PAPER_DELAY,
                keyRecoveryDelay: _KEY_RECOVERY_DELAY,
                reviewTerm: _REVIEW_TERM
            });
    }

    /// @inheritdoc IConsortium
    function electorate(uint32 institution) public view returns (uint256 voters) {
        return _activeVoters & ~_bitOf(institution);
    }

    // ========================================================================
    // Internals
    // ========================================================================

    /// @dev Whether an institution votes from now on. It gets its bit with the role, and keeps it without.
    function _seat(uint32 institution, bool holdsRole, bool isActive) internal {
        if (_voterIndices[institution] == _NO_INDEX) {
            if (!holdsRole) return;

            // Check: a bit is left.
            uint16 count = _voterCount;
            if (count == _MAX_VOTERS) revert Consortium_VotersExhausted(institution);

            // Effect: the next one is this institution's.
            _voterCount = count + 1;
            _voterIndices[institution] = count + 1;
        }

        // Effect: it votes while it holds the role and is active.
        uint256 bit = _bitOf(institution);
        _activeVoters = holdsRole && isActive ? _activeVoters | bit : _activeVoters & ~bit;
    }

    /// @dev Do to an institution what was decided, if it can be done to it. `proposedAt`: when it was proposed.
    function _enact(Motion calldata motion, uint64 proposedAt) internal virtual;

    /// @dev Whether what a motion says of an institution could be done now.
    function _checkMotion(Motion calldata motion) internal view virtual;

    /// @dev The institution that votes by the caller.
    function _voterOfCaller() internal view virtual returns (uint32);

    /// @dev The account that speaks for an institution.
    function _adminOf(uint32 institution) internal view virtual returns (address);

    /// @dev Count an institution's vote.
    function _vote(uint32 number, Proposal storage found, uint32 voter) private {
        uint256 votes = found.votes | _bitOf(voter);
        found.votes = votes;
        emit Voted(number, voter);

        // Effect: the notice runs from the first time that two thirds are for it.
        if (found.passedAt != _NOT_PASSED) return;
        uint256 voters = electorate(found.institution);
        if (_isPassed(_count(votes & voters), _count(voters))) {
            found.passedAt = uint64(block.timestamp);
            emit Passed(number);
        }
    }

    /// @dev Ask another engine from now on.
    function _replaceEngine(Motion calldata motion) private {
        // Check: its code is the one voted on, and newer than the present one.
        uint16 version = _checkEngine(motion);

        // Effect: every decision asks it.
        _rule.engine = IPolicyEngine(motion.account);
        _rule.engineVersion = version;
        emit EngineReplaced(motion.account, motion.codeHash, version);
    }

    /// @dev Stop all sharing for a while, or no longer.
    function _stop(Motion calldata motion) private {
        // Effect: every decision is a denial until then.
        uint64 until = uint64(block.timestamp) + motion.duration;
        _rule.stoppedUntil = until;
        emit SharingStopped(until);
    }

    /// @dev The engine's version, if its code is what the motion says and it is newer than the last.
    function _checkEngine(Motion calldata motion) private view returns (uint16 version) {
        // Check: it has code, of this hash.
        address engine = motion.account;
        bytes32 found = engine.codehash;
        if (engine.code.length == 0 || found != motion.codeHash) {
            revert Consortium_CodeDiffers(engine, motion.codeHash, found);
        }

        // Check: its version is after the last.
        uint16 last = _rule.engineVersion;
        if (last == 0) last = _FIRST_ENGINE_VERSION;
        version = _versionOf(engine);
        if (version <= last) revert Consortium_EngineNotNewer(engine, version, last);
    }

    /// @dev Whether a stop is not too long.
    function _checkStop(Motion calldata motion) private view {
        if (motion.duration > _LONGEST_STOP) revert Consortium_StopTooLong(motion.duration, _LONGEST_STOP);
    }

    /// @dev Whether two thirds were for a proposal, and are.
    function _checkPassed(uint32 number, Proposal storage found) private view {
        uint256 voters = electorate(found.institution);
        uint256 yes = _count(found.votes & voters);
        uint256 all = _count(voters);
        if (found.passedAt == _NOT_PASSED || !_isPassed(yes, all)) revert Consortium_NotPassed(number, yes, all);
    }

    /// @dev The proposal, if it is open.
    function _openProposal(uint32 number) private view returns (Proposal storage found) {
        found = _proposals[number];
        if (found.state != ProposalState.Open) revert Consortium_NotOpen(number, found.state);
    }

    /// @dev The bit of an institution; none if it never voted.
    function _bitOf(uint32 institution) private view returns (uint256) {
        uint16 index = _voterIndices[institution];
        return index == _NO_INDEX ? 0 : 1 << (index - 1);
    }

    /// @dev What a contract answers to VERSION(), 0 if that is no version. Of its answer one word is copied.
    function _versionOf(address engine) private view returns (uint16) {
        bytes memory data = abi.encodeCall(IPolicyEngine.VERSION, ());
        bool success;
        uint256 answer;
        assembly ("memory-safe") {
            success := staticcall(_VERSION_GAS, engine, add(data, 32), mload(data), 0, 32)
            success := and(success, gt(returndatasize(), 31))
            answer := mload(0)
        }
        return success && answer <= type(uint16).max ? uint16(answer) : 0;
    }

    /// @dev How long after its vote a decision takes effect.
    function _noticeOf(Action action) private view returns (uint64) {
        if (action == Action.ReplaceEngine) return _ENGINE_NOTICE;
        if (action == Action.RecoverAdmin) return _RECOVERY_NOTICE;
        return 0;
    }

    /// @dev What a proposal keeps of its motion, if that is well formed: equal to one of the same action in which
    /// nothing is set but what the action uses.
    function _digestOf(Motion calldata motion) private pure returns (bytes32 digest) {
        Motion memory used;
        Action action = motion.action;
        used.action = action;
        if (action == Action.Admit || action == Action.Change) {
            used.roles = motion.roles;
            used.country = motion.country;
            used.attributes = motion.attributes;
        }
        if (action == Action.Admit || action == Action.RecoverAdmin || action == Action.ReplaceEngine) {
            used.account = motion.account;
        }
        if (action >= Action.Suspend && action <= Action.RecoverAdmin) used.institution = motion.institution;
        if (action == Action.ReplaceEngine) used.codeHash = motion.codeHash;
        if (action == Action.Stop) used.duration = motion.duration;

        digest = keccak256(abi.encode(motion));
        if (action == Action.None || digest != keccak256(abi.encode(used))) {
            revert Consortium_MotionMalformed(action);
        }
    }

    /// @dev Whether so many of so many are two thirds, and somebody.
    function _isPassed(uint256 yes, uint256 all) private pure returns (bool) {
        return yes != 0 && yes * 3 >= all * 2;
    }

    /// @dev Whether a consortium can be founded on a time.
    function _checkTerm(uint64 term) private pure {
        if (term == 0 || term > _LONGEST_TERM) revert Consortium_TermUnusable(term);
    }

    /// @dev How many bits are set, in the same gas however many: neighbours are added in fields of 2, 4, 8 and 16 bits,
    /// and all fields of 16 in the highest.
    function _count(uint256 bits) private pure returns (uint256) {
        unchecked {
            bits -= (bits >> 1) & (type(uint256).max / 3);
            bits = (bits & (type(uint256).max / 5)) + ((bits >> 2) & (type(uint256).max / 5));
            bits = (bits + (bits >> 4)) & (type(uint256).max / 17);
            bits = (bits & (type(uint256).max / 257)) + ((bits >> 8) & (type(uint256).max / 257));
            return (bits * (type(uint256).max / 65_535)) >> 240;
        }
    }
}
