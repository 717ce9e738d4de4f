#!/usr/bin/env node
// The npm compiler in the shape of the native one, which py-solc-x, ape-solidity and Forge start as a program.
// scripts/setup saves it as .tools/solcx/solc-v<version>. It answers --version and --standard-json, nothing else.
"use strict";

const fs = require("node:fs");
const path = require("node:path");

const solc = require("solc");

const options = { "--base-path": [], "--include-path": [], "--allow-paths": [] };
let mode = "";

function refuse(what) {
  process.stderr.write(`${what}\n`);
  process.exit(1);
}

for (let at = 2; at < process.argv.length; at += 1) {
  const argument = process.argv[at];
  if (argument in options) {
    at += 1;
    options[argument].push(process.argv[at]);
  } else if (argument === "--version" || argument === "--standard-json") {
    mode = argument;
  } else if (argument !== "-") {
    refuse(`unrecognised option '${argument}': this compiler answers --version and --standard-json`);
  }
}

// Imports are read below the base path and the include paths only, as the native compiler does; but those of
// node_modules are found as Node finds them, since ape compiles a copy of the project that has none.
function readImport(name) {
  const folders = [...options["--base-path"], ...options["--include-path"]];
  if (name.startsWith("node_modules/")) {
    folders.push(path.join(require.resolve("solc/package.json"), "..", "..", ".."));
  }
  for (const folder of folders) {
    const home = path.resolve(folder);
    const file = path.resolve(home, name);
    if (file.startsWith(home + path.sep) && fs.existsSync(file)) {
      return { contents: fs.readFileSync(file, "utf8") };
    }
  }
  return { error: `${name} not found` };
}

if (mode === "--version") {
  process.stdout.write(`solc, the solidity compiler commandline interface\nVersion: ${solc.version()}\n`);
} else if (mode === "--standard-json") {
  process.stdout.write(solc.compile(fs.readFileSync(0, "utf8"), { import: readImport }));
} else {
  refuse("nothing to do: give --version or --standard-json");
}
