// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPolicyEngine} from "./IPolicyEngine.sol";

/// @title IConsortium
/// @notice What the members decide together, by two thirds of those that vote: who takes part and as what, which
/// policy engine narrows the floor, and a stop of all sharing. Nothing that can be voted on permits anything: the
/// floor stands in the ledger, and no vote reaches it, a study or a consent.
/// @dev A proposal binds all that it will do (the motion's hash, the engine's code). Votes can't be taken back. They
/// are counted among the members that vote at the time, so that nobody's coming or going ends a proposal. Of two votes
/// on the same matter the older is never carried out after the younger.
interface IConsortium {
    // ========================================================================
    // Types
    // ========================================================================

    /// @notice The times that a consortium is founded on, in seconds. They never change.
    /// @param voteLifetime How long a proposal may be voted on, and how long it may be carried out afterwards.
    /// @param engineNotice Between a vote for an engine and its start, in which patients can withdraw.
    /// @param recoveryNotice Between a vote for a new admin and its taking over, in which the present one can object.
    /// @param longestStop The longest stop of all sharing that one vote decides.
    /// @param paperDelay Before a consent on paper counts; the only one that may be 0.
    /// @param keyRecoveryDelay Before a patient's new key takes over.
    /// @param reviewTerm Within which an emergency must be reviewed.
    struct Terms {
        uint64 voteLifetime;
        uint64 engineNotice;
        uint64 recoveryNotice;
        uint64 longestStop;
        uint64 paperDelay;
        uint64 keyRecoveryDelay;
        uint64 reviewTerm;
    }

    /// @notice What can be decided.
    enum Action {
        None,
        Admit,
        Suspend,
        Reinstate,
        Change,
        RecoverAdmin,
        ReplaceEngine,
        Stop
    }

    /// @notice What is to be done. Every field that its action does not use is zero.
    /// @param action Admit: account (the admin), roles, country, attributes. Suspend, Reinstate: institution. Change:
    /// institution, and all of roles, country and attributes as they are to be. RecoverAdmin: institution, account (the
    /// new admin). ReplaceEngine: account (the engine), codeHash. Stop: duration.
    /// @param institution Which institution it is about; it has no vote on it.
    /// @param account The new institution's admin, the institution's new admin, or the engine.
    /// @param roles A bit each.
    /// @param country ISO 3166-1 alpha-2, two capital letters.
    /// @param attributes A bit each.
    /// @param codeHash The Keccak-256 of the engine's code.
    /// @param duration Of a stop, in seconds; 0 lifts it.
    struct Motion {
        Action action;
        uint32 institution;
        address account;
        uint16 roles;
        bytes2 country;
        uint8 attributes;
        bytes32 codeHash;
        uint64 duration;
    }

    /// @notice What became of a proposal. One whose time is over stays open, and nothing can be done with it.
    enum ProposalState {
        Unknown,
        Open,
        CarriedOut,
        Vetoed
    }

    /// @notice All that is kept of a proposal: three slots.
    /// @param motion `keccak256(abi.encode(motion))`.
    /// @param action What it would do.
    /// @param state What became of it.
    /// @param proposer The institution that proposed it.
    /// @param institution The institution that it is about, 0 for none.
    /// @param proposedAt When it was proposed.
    /// @param passedAt When two thirds had voted for it, 0 while they have not.
    /// @param votes Who voted for it: a bit each, by `voterIndex` less one.
    struct Proposal {
        bytes32 motion;
        Action action;
        ProposalState state;
        uint32 proposer;
        uint32 institution;
        uint64 proposedAt;
        uint64 passedAt;
        uint256 votes;
    }

    // ========================================================================
    // Errors
    // ========================================================================

    /// @notice A term is zero, or longer than ten years.
    error Consortium_TermUnusable(uint64 term);

    /// @notice The account may not vote for the institution (0: it acts for none).
    error Consortium_NotVoter(address account, uint32 institution, uint8 permissions);

    /// @notice The institution does not vote.
    error Consortium_LacksRole(uint32 institution, uint16 roles);

    /// @notice There were 256 members that vote already.
    error Consortium_VotersExhausted(uint32 institution);

    /// @notice The motion has no action (0), or sets a field that its action does not use.
    error Consortium_MotionMalformed(Action action);

    /// @notice The engine's code is none, or not that of the hash.
    error Consortium_CodeDiffers(address engine, bytes32 expected, bytes32 found);

    /// @notice The engine's version is not after the last (0: it does not say any).
    error Consortium_EngineNotNewer(address engine, uint16 version, uint16 last);

    /// @notice A stop is at most so long.
    error Consortium_StopTooLong(uint64 duration, uint64 longest);

    /// @notice There is no such proposal, or it is carried out or vetoed.
    error Consortium_NotOpen(uint32 proposal, ProposalState state);

    /// @notice An institution does not vote on itself.
    error Consortium_OwnMatter(uint32 proposal, uint32 institution);

    /// @notice The institution voted for it before.
    error Consortium_AlreadyVoted(uint32 proposal, uint32 institution);

    /// @notice The proposal's time was over then.
    error Consortium_Lapsed(uint32 proposal, uint64 since);

    /// @notice This is not what was voted on.
    error Consortium_MotionDiffers(uint32 proposal, bytes32 expected, bytes32 found);

    /// @notice Fewer than two thirds of those that vote are for it.
    error Consortium_NotPassed(uint32 proposal, uint256 votes, uint256 voters);

    /// @notice It can't be carried out before then.
    error Consortium_TooEarly(uint32 proposal, uint64 earliest);

    /// @notice A younger proposal on the same matter was carried out.
    error Consortium_Overtaken(uint32 proposal, uint32 younger);

    /// @notice Only a new admin can be vetoed.
    error Consortium_NotVetoable(uint32 proposal, Action action);

    /// @notice The account is not the institution's admin.
    error Consortium_NotItsAdmin(address account, uint32 institution);

    // ========================================================================
    // Events
    // ========================================================================

    /// @notice The consortium was founded, on these terms. The first event of all.
    event ConsortiumFounded(Terms terms);

    /// @notice An institution proposed something, about an institution or none (0).
    event Proposed(uint32 indexed proposal, uint32 indexed proposer, uint32 indexed institution, Motion motion);

    /// @notice An institution voted for a proposal.
    event Voted(uint32 indexed proposal, uint32 indexed institution);

    /// @notice Two thirds of those that vote are for it.
    event Passed(uint32 indexed proposal);

    /// @notice The present admin keeps its place.
    event Vetoed(uint32 indexed proposal, address by);

    /// @notice What was decided was done.
    event CarriedOut(uint32 indexed proposal, address by);

    /// @notice Another policy engine is asked from now on.
    event EngineReplaced(address indexed engine, bytes32 codeHash, uint16 version);

    /// @notice Nothing is shared until then; a time that is not after the block's lifts a stop.
    event SharingStopped(uint64 until);

    // ========================================================================
    // Transactions
    // ========================================================================

    /// @notice Propose something, and vote for it, unless it is about the institution that proposes.
    ///
    /// Requirements:
    /// - The caller is an operator for votes of an active institution that votes.
    /// - The motion has an action, and no field that its action does not use.
    /// - It could be carried out now: to admit, the account is not zero and acts for nobody, and the vocabulary has the
    ///   roles and attributes, the country is two capital letters (to change: the same of these three); to suspend, the
    ///   institution is active; to reinstate, suspended; to recover an admin, it is known, and the account is not zero
    ///   and acts for nobody; to replace the engine, the account has code of this hash, and its version is after the
    ///   last; to stop, the duration is at most the longest.
    ///
    /// @return number The proposal's number, from 1.
    function propose(Motion calldata motion) external returns (uint32 number);

    /// @notice Vote for a proposal.
    ///
    /// Requirements:
    /// - The caller is an operator for votes of an active institution that votes.
    /// - The proposal is open.
    /// - It is not about that institution.
    /// - It was proposed less than `voteLifetime` ago.
    /// - The institution has not voted for it.
    ///
    /// Warning: a vote can't be taken back, also not by an institution whose account was stolen when it voted.
    function vote(uint32 number) external;

    /// @notice Do what was decided. Anybody may.
    ///
    /// Requirements:
    /// - The proposal is open.
    /// - The motion is the one voted on.
    /// - Two thirds voted for it, and those of them that vote today are still two thirds of all that do.
    /// - The notice is over: `engineNotice` for an engine, `recoveryNotice` for an admin, none for the others.
    /// - It has been for less than `voteLifetime`.
    /// - No younger proposal of the same action on the same institution was carried out (admissions apart).
    /// - It could be proposed now; but an account that another institution made its operator since is taken from it,
    ///   and an institution to suspend or reinstate has had its status since before the proposal.
    function carryOut(uint32 number, Motion calldata motion) external;

    /// @notice Object to a new admin.
    ///
    /// Requirements:
    /// - The proposal is open.
    /// - It is for a new admin.
    /// - The caller is the present admin of that institution, active or not.
    ///
    /// Warning: a thief of the admin's key can object too. Then the consortium suspends the institution and admits it
    /// anew, under another number.
    function veto(uint32 number) external;

    // ========================================================================
    // Views
    // ========================================================================

    /// @notice All that is kept of a proposal; zeros for an unknown one.
    function proposal(uint32 number) external view returns (Proposal memory);

    /// @notice How many proposals there ever were; their numbers are 1 to this.
    function proposalCount() external view returns (uint32);

    /// @notice Who may vote now on what is about this institution (0: about none): a bit each.
    function electorate(uint32 institution) external view returns (uint256 voters);

    /// @notice The bit of an institution that votes, counted from 1 and never given again; 0 if it never did.
    function voterIndex(uint32 institution) external view returns (uint16);

    /// @notice What every decision depends on: the engine that was voted for (0 while none was) with its version, and
    /// until when all sharing is stopped.
    function rule() external view returns (IPolicyEngine engine, uint16 engineVersion, uint64 stoppedUntil);

    /// @notice The times that the consortium was founded on.
    function terms() external view returns (Terms memory);
}
