"""docs/errors.md: every exit code, every class of error, and every sentence that the package says.

Read from the source, not from what runs: a sentence is a call of one of the classes of errors.py, with what
happened, why, and what to do. A value that is only known when it happens stands as an ellipsis.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["page"]

_UNKNOWN = "…"
_BASE = "PixelPactError"
_HEAD = """\
# Errors and exit codes

What PixelPact says when something can't be done: what happened, why, and what to do. `scripts/generate`
writes this page from the source. A value that is only known when it happens (a path, a number) stands as "…".

On the command line the sentence goes to stderr, and the exit code is the one of its class. With `--json` the
same stands on stdout too: `{"ok": false, "error": {"kind", "what", "why", "remedy", "exit_code"}}`. In Python
the class is raised (`pixelpact.errors`), with `what`, `why` and `remedy` as attributes. Catch classes; the
words may change.

| exit code | class | means |
|---|---|---|
| 0 | | it is done |
| 1 | | a fault in PixelPact itself: report it |
| 2 | | a command line that can't be read |
"""
_TAIL = """\
| 130 | | interrupted (Ctrl-C); the same command goes on |
| 141 | | whoever read the output went away |

`doctor` ends with 10 when something that is needed is missing or wrong, `localnet status` when some nodes
don't answer.
"""


@dataclass
class _Class:
    """One class of errors.py, or one that a room derives from it."""

    name: str
    base: str
    code: int
    means: str
    #: What such an error says always, when its class says it and a call gives the reason alone.
    what: str = ""
    sentences: set[tuple[str, str, str]] = field(default_factory=set)


def page(package: Path) -> str:
    """The page for the package in this folder."""
    trees = {path: ast.parse(path.read_text("utf-8")) for path in sorted(package.rglob("*.py"))}
    classes: dict[str, _Class] = {}
    for path in sorted(trees, key=lambda path: (path != package / "errors.py", path)):
        _learn(trees[path], classes)
    for path, tree in trees.items():
        _Reader(classes, tree, _imported(path, trees) | _constants(tree)).visit(tree)
    top = [each for each in classes.values() if each.base == _BASE]
    rows = [f"| {each.code} | [{each.name}](#{each.name.lower()}) | {each.means} |\n" for each in top]
    parts = [_HEAD, *rows, _TAIL]
    for each in top:
        parts += _section(each, classes, "##")
    several = classes[_BASE]
    if several.sentences:
        parts.append("\n## Of several classes\n\n")
        parts.append(_table(several))
    return "".join(parts)


def _section(each: _Class, classes: dict[str, _Class], level: str) -> list[str]:
    parts = [f"\n{level} {each.name}\n\nExit code {each.code}. {each.means}\n"]
    if each.sentences:
        parts += ["\n", _table(each)]
    for below in sorted((other for other in classes.values() if other.base == each.name), key=_name):
        parts += _section(below, classes, level + "#")
    return parts


def _table(each: _Class) -> str:
    rows = sorted(each.sentences, key=lambda sentence: ([part.casefold() for part in sentence], sentence))
    lines = [_row(f"{what}: {why}" if why else what, remedy) for what, why, remedy in rows]
    return "| what is said | what to do |\n|---|---|\n" + "".join(lines)


def _row(said: str, remedy: str) -> str:
    cells = [" ".join(cell.split()) for cell in (said, remedy)]
    for character in "\\|<*":
        cells = [cell.replace(character, "\\" + character) for cell in cells]
    return f"| {cells[0]} | {cells[1]} |\n".replace("|  |", "| |")


def _name(each: _Class) -> str:
    return each.name


def _learn(tree: ast.Module, classes: dict[str, _Class]) -> None:
    """The error classes that a module defines."""
    for node in tree.body:
        if not isinstance(node, ast.ClassDef):
            continue
        bases = [base.id for base in node.bases if isinstance(base, ast.Name)]
        known = [base for base in bases if base in classes]
        if not known and node.name != _BASE:
            continue
        base = known[0] if known else ""
        means = (ast.get_docstring(node) or "").split("\n\n")[0].replace("\n", " ")
        code = _exit_code(node) or (classes[base].code if base else 1)
        classes[node.name] = _Class(node.name, base, code, means, _always(node))


def _exit_code(node: ast.ClassDef) -> int | None:
    for each in node.body:
        if (
            isinstance(each, ast.Assign)
            and isinstance(each.targets[0], ast.Name)
            and each.targets[0].id == "exit_code"
            and isinstance(each.value, ast.Constant)
        ):
            return int(str(each.value.value))
    return None


def _always(node: ast.ClassDef) -> str:
    """What ``super().__init__("...", ...)`` says for every error of a class."""
    for each in ast.walk(node):
        if isinstance(each, ast.Call) and ast.unparse(each.func) == "super().__init__" and each.args:
            return _text(each.args[0], {}).strip(_UNKNOWN)
    return ""


def _constants(tree: ast.Module) -> dict[str, str]:
    """The texts that a module has names for."""
    found: dict[str, str] = {}
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            text = _text(node.value, found)
            if _UNKNOWN not in text:
                found[node.targets[0].id] = text
    return found


def _imported(path: Path, trees: dict[Path, ast.Module]) -> dict[str, str]:
    """The texts that a module has from the modules beside it."""
    found: dict[str, str] = {}
    for node in trees[path].body:
        if isinstance(node, ast.ImportFrom) and node.level == 1 and node.module:
            beside = trees.get(path.parent / f"{node.module}.py")
            found |= _constants(beside) if beside else {}
    return found


class _Reader(ast.NodeVisitor):
    """Collects the sentences of one module."""

    def __init__(self, classes: dict[str, _Class], tree: ast.Module, constants: dict[str, str]) -> None:
        self._classes = classes
        self._constants = constants
        # Functions of the module that make an error of what they are given: it is said where they are called.
        self._makers: dict[str, ast.FunctionDef] = {}
        functions = [each for each in tree.body if isinstance(each, ast.FunctionDef)]
        for _ in functions:
            self._makers |= {each.name: each for each in functions if self._is_maker(each)}
        # Parameters that are a class of errors: what is raised is the caller's to say.
        self._open: set[str] = set()

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        """Note the parameters that are classes."""
        if self._makers.get(node.name) is node:
            return
        before = self._open
        given = [*node.args.args, *node.args.kwonlyargs]
        kinds = {each.arg for each in given if each.annotation and "type[" in ast.unparse(each.annotation)}
        self._open = before | {each for each in kinds if each}
        self.generic_visit(node)
        self._open = before

    def visit_Dict(self, node: ast.Dict) -> None:
        """The sentences of contracts' errors stand in a table, by the names of these."""
        for key, value in zip(node.keys, node.values, strict=True):
            if isinstance(value, ast.Call) and ast.unparse(value.func) == "Sentence" and key is not None:
                what, remedy = (_unfilled(_text(part, self._constants)) for part in value.args)
                why = f"the contract answered {_text(key, self._constants)}"
                self._classes["ContractError"].sentences.add((what, why, remedy))
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        """A call of a class of errors is a sentence."""
        self.generic_visit(node)
        self._read(node, self._constants, ())

    def _is_maker(self, function: ast.FunctionDef) -> bool:
        given = {each.arg for each in _parameters(function)}
        return function.name.startswith("_") and any(
            isinstance(each, ast.Name) and each.id in given
            for call in _calls(function)
            if _called(call) in {*self._classes, *self._makers}
            for argument in (*call.args, *(each.value for each in call.keywords))
            for each in ast.walk(argument)
        )

    def _read(self, node: ast.Call, known: dict[str, str], within: tuple[str, ...]) -> None:
        called = _called(node)
        maker = self._makers.get(ast.unparse(node.func))
        if maker is not None and called not in within:
            parameters = [each.arg for each in _parameters(maker)]
            given = dict.fromkeys(parameters, _UNKNOWN) | self._defaults(maker)
            given |= {name: _text(each, known) for name, each in zip(parameters, node.args, strict=False)}
            given |= {each.arg: _text(each.value, known) for each in node.keywords if each.arg}
            for call in _calls(maker):
                self._read(call, known | given, (*within, called))
            return
        self._say(node, called, known)

    def _defaults(self, maker: ast.FunctionDef) -> dict[str, str]:
        """What its parameters are when nothing is given."""
        arguments = maker.args
        listed = [*arguments.posonlyargs, *arguments.args]
        pairs = [
            *zip(listed[len(listed) - len(arguments.defaults) :], arguments.defaults, strict=True),
            *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
        ]
        return {each.arg: _text(value, self._constants) for each, value in pairs if value}

    def _say(self, node: ast.Call, called: str, known: dict[str, str]) -> None:
        if called in self._open and any(each.arg == "remedy" for each in node.keywords):
            called = _BASE
        if called not in self._classes or not node.args:
            return
        kind = self._classes[called]
        named = {each.arg: _text(each.value, known) for each in node.keywords}
        first = _text(node.args[0], known)
        what, why = (kind.what, first) if kind.what else (first, named.get("why", ""))
        if what.strip(_UNKNOWN + " '"):
            kind.sentences.add((what, why, named.get("remedy", "")))


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)


def _calls(function: ast.FunctionDef) -> list[ast.Call]:
    return [each for each in ast.walk(function) if isinstance(each, ast.Call)]


def _parameters(function: ast.FunctionDef) -> list[ast.arg]:
    return [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]


def _text(node: ast.expr, constants: dict[str, str]) -> str:
    """A text as far as the source says it."""
    if isinstance(node, ast.FormattedValue):
        node = node.value
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=values):
            return "".join(_text(value, constants) for value in values)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _text(left, constants) + _text(right, constants)
        case ast.IfExp(body=body, orelse=other):
            return " / ".join(dict.fromkeys(filter(None, (_text(body, constants), _text(other, constants)))))
        case ast.Name(id=name):
            return constants.get(name, _UNKNOWN)
    return _UNKNOWN


def _unfilled(text: str) -> str:
    """A text whose places for values are in braces."""
    return "".join(
        part if number % 2 == 0 else _UNKNOWN for number, part in enumerate(text.replace("}", "{").split("{"))
    )
