// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Handler} from "./Invariants.t.sol";
import {Vm} from "./Vm.sol";

/// @notice That the handlers get everywhere: a fixed walk on which every kind of step has an effect, and the ledger
/// gives every reason. Otherwise an invariant could hold because nothing ever happens.
contract ReachTest {
    Vm private constant vm = Vm(0x7109709ECfa91a80626fF3989D68f67F5b1DD12D);

    uint256 private constant _STEPS = 40_000;

    string[] private _steps;
    string[] private _effects;
    uint16[] private _reasons;

    function setUp() external {
        _steps.push("pass");
        _steps.push("propose");
        _steps.push("vote");
        _steps.push("agree");
        _steps.push("mend");
        _steps.push("carryOut");
        _steps.push("veto");
        _steps.push("swapEngine");
        _steps.push("replaceEngine");
        _steps.push("setOperator");
        _steps.push("resign");
        _steps.push("suspendSelf");
        _steps.push("publishKey");
        _steps.push("registerProject");
        _steps.push("approve");
        _steps.push("sponsor");
        _steps.push("withdrawProject");
        _steps.push("register");
        _steps.push("rotate");
        _steps.push("withdrawStudy");
        _steps.push("reinstateStudy");
        _steps.push("erase");
        _steps.push("attestDisposal");
        _steps.push("offer");
        _steps.push("accept");
        _steps.push("handOver");
        _steps.push("record");
        _steps.push("recordPaper");
        _steps.push("anchor");
        _steps.push("revoke");
        _steps.push("takeRevocation");
        _steps.push("revokeAll");
        _steps.push("endPaper");
        _steps.push("refuse");
        _steps.push("takeRefusal");
        _steps.push("liftTakenRefusal");
        _steps.push("appoint");
        _steps.push("appointAttested");
        _steps.push("dismiss");
        _steps.push("nameRecovery");
        _steps.push("startRecovery");
        _steps.push("stopRecovery");
        _steps.push("finishRecovery");
        _steps.push("request");
        _steps.push("release");
        _steps.push("consentAndServe");
        _steps.push("paperAndServe");
        _steps.push("serve");
        _steps.push("confirm");
        _steps.push("dispute");
        _steps.push("refuseRequest");
        _steps.push("emergency");
        _steps.push("serveEmergency");
        _steps.push("review");
        _steps.push("checkDecisions");
        _steps.push("checkEngine");
        _effects.push("propose");
        _effects.push("vote");
        _effects.push("mend");
        _effects.push("carryOut");
        _effects.push("veto");
        _effects.push("swapEngine");
        _effects.push("setOperator");
        _effects.push("resign");
        _effects.push("suspendSelf");
        _effects.push("publishKey");
        _effects.push("replaceEngine");
        _effects.push("registerProject");
        _effects.push("approve");
        _effects.push("withdrawProject");
        _effects.push("register");
        _effects.push("rotate");
        _effects.push("withdrawStudy");
        _effects.push("reinstateStudy");
        _effects.push("erase");
        _effects.push("attestDisposal");
        _effects.push("offer");
        _effects.push("accept");
        _effects.push("recordPaper");
        _effects.push("anchor");
        _effects.push("revoke");
        _effects.push("takeRevocation");
        _effects.push("revokeAll");
        _effects.push("endPaper");
        _effects.push("takeRefusal");
        _effects.push("liftTakenRefusal");
        _effects.push("appoint");
        _effects.push("appointAttested");
        _effects.push("dismiss");
        _effects.push("nameRecovery");
        _effects.push("startRecovery");
        _effects.push("stopRecovery");
        _effects.push("finishRecovery");
        _effects.push("refuse");
        _effects.push("startRecoveryByGuardian");
        _effects.push("record");
        _effects.push("recordByGuardian");
        _effects.push("confirm");
        _effects.push("dispute");
        _effects.push("refuseRequest");
        _effects.push("review");
        _effects.push("permit");
        _effects.push("request");
        _effects.push("denial");
        _effects.push("releaseEmergency");
        _effects.push("release");
        _effects.push("releaseOfBatch");
        _effects.push("releaseOfGuardian");
        _effects.push("releaseOfPaper");
        _effects.push("permitUnderProject");
        _effects.push("emergency");
        _effects.push("emergencyDenied");
        // Every answer of the floor, of the engine (docs/policy.md), and of a release.
        uint16[61] memory reasons = [
            uint16(0), 1, 2, 3, 5, 10, 11, 20, 21, 22, 30, 40, 41, 42, 43, 44, 45, 46, 47, 48, 49,
            50, 51, 52, 60, 70, 71, 80, 81, 90, 91, 200, 201, 210, 211, 212, 213, 216, 217, 218,
            219, 220, 221, 222, 223, 224, 225, 226, 227, 228, 230, 231, 232, 233, 234, 235, 240,
            300, 301, 302, 303
        ];
        for (uint256 i = 0; i < reasons.length; ++i) _reasons.push(reasons[i]);
    }

    function test_every_step_has_an_effect() external {
        Handler handler;
        for (uint256 i = 0; i < _STEPS; ++i) {
            // A new world now and then: studies, and directives that can be written, are few in each.
            if (i % 400 == 0) handler = _next(handler);
            uint256 seed = uint256(keccak256(abi.encode(i)));
            string memory step = _steps[seed % _steps.length];
            (bool success, ) = address(handler).call(abi.encodeWithSignature(string.concat(step, "(uint256)"), seed));
            require(success, step);
        }
        _next(handler);
        for (uint256 i = 0; i < _effects.length; ++i) {
            require(_reached[_effects[i]] != 0, string.concat("never had an effect: ", _effects[i]));
        }
        for (uint256 i = 0; i < _reasons.length; ++i) {
            require(_answered[_reasons[i]] != 0, string.concat("never answered: ", vm.toString(_reasons[i])));
        }
    }

    mapping(string effect => uint256 count) private _reached;
    mapping(uint16 reason => uint256 count) private _answered;

    function _next(Handler handler) private returns (Handler) {
        if (address(handler) != address(0)) {
            handler.checkMembers();
            handler.checkProposals();
            handler.checkProjects();
            handler.checkStudies();
            handler.checkConsents();
            handler.checkRequests();
            require(bytes(handler.broken()).length == 0, handler.broken());
            for (uint256 i = 0; i < _effects.length; ++i) {
                _reached[_effects[i]] += handler.effects(bytes32(bytes(_effects[i])));
            }
            for (uint256 i = 0; i < _reasons.length; ++i) _answered[_reasons[i]] += handler.reasons(_reasons[i]);
        }
        return new Handler();
    }
}
