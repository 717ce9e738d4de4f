// The contracts' style: all that solhint recommends; a warning fails as an error does (scripts/check). Each
// exception says why.
module.exports = {
  extends: "solhint:recommended",
  rules: {
    "compiler-version": ["error", "0.8.37"],
    "func-visibility": ["error", { ignoreConstructors: true }],
    "max-line-length": ["error", 120],
    // What a name says is not said again; requirements, warnings and what is not obvious are.
    "use-natspec": [
      "error",
      {
        author: { enabled: false },
        param: { enabled: false },
        return: { enabled: false },
        notice: { ignore: { function: ["<anonymous>"] } },
      },
    ],
    // Three indexed fields answer the auditor's questions; more would cost gas for nobody.
    "gas-indexed-events": "off",
    // EIP-712 type strings are as long as their types.
    "gas-small-strings": "off",
    // `>=` says what is meant, and costs the same once optimised.
    "gas-strict-inequalities": "off",
    // Structs in calldata and memory are not packed; those in storage carry slot comments.
    "gas-struct-packing": "off",
    // A call whose returned bytes are bounded can only be written so (docs/contracts.md).
    "no-inline-assembly": "off",
  },
};
