// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @notice One data use modifier of a directive.
/// @param code The number of a DUO term (19 is DUO:0000019).
/// @param value What the term needs, as docs/policy.md lays it out; not looked at where it needs nothing.
struct Modifier {
    uint16 code;
    bytes32 value;
}

/// @notice What a patient allows, as the patient signs it (EIP-712). The chain keeps only its hash until it is used.
/// @param subject The patient's address; the zero address means that there is no directive.
/// @param custodian The institution that holds the studies.
/// @param study One study, or 0 for all that this custodian holds of this subject.
/// @param grantee An institution; 0 for any that was a requester before the directive was recorded; 2^32-1 for later
/// ones too.
/// @param categories The kinds of images allowed, a bit each.
/// @param purposes The purposes allowed, a bit each; a purpose covers its descendants.
/// @param permission The number of a DUO permission, or 0.
/// @param vocabulary The release of the tables that it was signed under.
/// @param generation The subject's generation; `revokeAll` moves it on.
/// @param notBefore The first second in which it is valid.
/// @param expiry The first second in which it is no more valid.
/// @param salt Random bytes, so that the hash gives nothing away.
/// @param modifiers At most eight conditions, strictly ascending by code.
struct Directive {
    address subject;
    uint32 custodian;
    bytes32 study;
    uint32 grantee;
    uint64 categories;
    uint64 purposes;
    uint16 permission;
    uint16 vocabulary;
    uint32 generation;
    uint64 notBefore;
    uint64 expiry;
    bytes32 salt;
    Modifier[] modifiers;
}

/// @title Directives
/// @notice The hash of a directive (EIP-712, `hashStruct`) and the rules of its form.
library Directives {
    /// @notice The longest term of a directive: ten years of 365.25 days, in seconds.
    uint64 internal constant MAX_TERM = 315_576_000;

    /// @notice The most modifiers that a directive may carry.
    uint256 internal constant MAX_MODIFIERS = 8;

    bytes32 internal constant MODIFIER_TYPEHASH = keccak256("Modifier(uint16 code,bytes32 value)");

    bytes32 internal constant DIRECTIVE_TYPEHASH =
        keccak256(
            "Directive(address subject,uint32 custodian,bytes32 study,uint32 grantee,uint64 categories,"
            "uint64 purposes,uint16 permission,uint16 vocabulary,uint32 generation,uint64 notBefore,uint64 expiry,"
            "bytes32 salt,Modifier[] modifiers)Modifier(uint16 code,bytes32 value)"
        );

    /// @notice The EIP-712 struct hash of a directive.
    function hash(Directive calldata directive) internal pure returns (bytes32) {
        uint256 count = directive.modifiers.length;
        bytes32[] memory hashes = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            Modifier calldata entry = directive.modifiers[i];
            hashes[i] = keccak256(abi.encode(MODIFIER_TYPEHASH, entry.code, entry.value));
        }

        return
            keccak256(
                abi.encode(
                    DIRECTIVE_TYPEHASH,
                    directive.subject,
                    directive.custodian,
                    directive.study,
                    directive.grantee,
                    directive.categories,
                    directive.purposes,
                    directive.permission,
                    directive.vocabulary,
                    directive.generation,
                    directive.notBefore,
                    directive.expiry,
                    directive.salt,
                    keccak256(abi.encodePacked(hashes))
                )
            );
    }

    /// @notice Whether a directive breaks the rules of its form: its term, the number or the order of its modifiers.
    function isMalformed(Directive calldata directive) internal pure returns (bool) {
        uint64 notBefore = directive.notBefore;
        uint64 expiry = directive.expiry;
        if (expiry <= notBefore || expiry - notBefore > MAX_TERM) return true;

        uint256 count = directive.modifiers.length;
        if (count > MAX_MODIFIERS) return true;
        for (uint256 i = 1; i < count; ++i) {
            if (directive.modifiers[i].code <= directive.modifiers[i - 1].code) return true;
        }
        return false;
    }
}
