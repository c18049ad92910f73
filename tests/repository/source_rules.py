"""Finds in a syntax tree what no service may do; each function returns the lines where it is done."""

import ast
import re
from collections.abc import Iterator

_STATEMENT = re.compile(
    r"^\s*(SELECT|INSERT\s+INTO|UPDATE|DELETE\s+FROM|WITH|CREATE|ALTER|DROP|GRANT|REVOKE|TRUNCATE|COPY|LOCK)\s",
)
_QUERYING = {"execute", "executemany", "fetch", "fetchrow", "fetchval", "fetchmany", "cursor", "prepare"}
_LOGGING_TEXT = {"format_exc", "print_exc", "format_exception", "print_exception", "format_tb"}


def composed_sql(module: ast.Module) -> list[int]:
    """SQL put together from pieces, by f-string, `+`, `%` or format: values go in as parameters, never as text."""
    lines = set()
    for node in ast.walk(module):
        if isinstance(node, ast.expr) and _is_composed(node) and _STATEMENT.match(_first_text(node)):
            lines.add(node.lineno)
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in _QUERYING
        ):
            lines |= {argument.lineno for argument in node.args[:1] if _is_composed(argument)}
    return sorted(lines)


def exception_text(module: ast.Module) -> list[int]:
    """Uses of an exception's own text, which may hold a row's values or a person's name (RELIABILITY finding 1)."""
    lines = set()
    for node in ast.walk(module):
        match node:
            case ast.keyword(arg="exc_info", value=value):
                lines.add(value.lineno)
            # `log.exception("…")`; the method of the same name of a future takes nothing.
            case ast.Call(func=ast.Attribute(attr="exception"), args=[_, *_]):
                lines.add(node.lineno)
            case ast.Attribute(attr=attr) if attr in _LOGGING_TEXT:
                lines.add(node.lineno)
            case ast.ExceptHandler(name=str(name), body=body):
                lines |= set(_text_of(name, body))
            case _:
                pass
    return sorted(lines)


def insecure_channels(module: ast.Module) -> list[int]:
    """Places that open a channel without TLS."""
    return [
        node.lineno
        for node in ast.walk(module)
        if (isinstance(node, ast.Attribute) and node.attr == "insecure_channel")
        or (isinstance(node, ast.Name) and node.id == "insecure_channel")
    ]


def _is_composed(node: ast.AST) -> bool:
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in node.values)
    if isinstance(node, ast.BinOp):
        return isinstance(node.op, ast.Mod | ast.Add) and bool(_first_text(node))
    is_format = (
        isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format"
    )
    return is_format and bool(_first_text(node))


def _first_text(node: ast.AST) -> str:
    """The text that a composed string begins with; empty when it begins with a value or is no string."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=[first, *_]):
            return _first_text(first)
        case ast.BinOp(left=left):
            return _first_text(left)
        case ast.Call(func=ast.Attribute(value=value, attr="format")):
            return _first_text(value)
        case _:
            return ""


def _text_of(name: str, body: list[ast.stmt]) -> Iterator[int]:
    def is_it(node: ast.expr) -> bool:
        return isinstance(node, ast.Name) and node.id == name

    for statement in body:
        for node in ast.walk(statement):
            match node:
                case ast.Call(func=ast.Name(id="str" | "repr" | "format"), args=[argument, *_]) if is_it(
                    argument
                ):
                    yield node.lineno
                case ast.FormattedValue(value=value) if is_it(value):
                    yield node.lineno
                case ast.Attribute(value=value, attr="args" | "message" | "detail") if is_it(value):
                    yield node.lineno
                case ast.BinOp(op=ast.Mod(), right=value) if is_it(value):
                    yield node.lineno
                case _:
                    pass
