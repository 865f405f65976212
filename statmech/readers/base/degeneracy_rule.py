"""A degeneracy as a formula of quantum numbers, such as ``(2*J + 1) * (3 if (Ka + Kc) % 2 else 1)``."""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from statmech.errors import InputError

__all__ = ["DegeneracyRule"]

_ARITHMETIC: Final[dict[type, Callable[..., Any]]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.FloorDiv: operator.floordiv,
    ast.Mod: operator.mod,
    ast.Pow: operator.pow,
    ast.USub: operator.neg,
    ast.UAdd: operator.pos,
    ast.Not: np.logical_not,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
}
_MOST_CHARACTERS = 1000
_TIMES_J = re.compile(r"(?<![\w.])(\d+)([jJ])\b", re.ASCII)  # 2J + 1, as it is written everywhere


class DegeneracyRule:
    """A formula of named columns: ``+ - * / // % **``, comparisons, ``and or not``, ``a if b else c``, texts in quotes.

    Nothing else is understood, and nothing is run as Python.

    Parameters
    ----------
    text : str
        The formula.

    Raises
    ------
    InputError
        If it is no such formula.

    Examples
    --------
    >>> rule = DegeneracyRule("(2*J + 1) * (3 if (Ka + Kc) % 2 else 1)")
    >>> sorted(rule.names)
    ['J', 'Ka', 'Kc']
    >>> rule({"J": np.array([0.0, 1.0]), "Ka": np.array([0.0, 0.0]), "Kc": np.array([0.0, 1.0])})
    array([1., 9.])
    """

    def __init__(self, text: str) -> None:
        if not isinstance(text, str) or len(text) > _MOST_CHARACTERS:
            raise InputError(f"degeneracy: expected a formula such as '2*J + 1'; got {text!r:.60}")
        try:
            self._tree = ast.parse(_TIMES_J.sub(r"\1*\2", text.strip()), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            raise InputError(
                f"degeneracy: {text!r} is no formula; write it as in '(2*J + 1) * (3 if (Ka + Kc) % 2 else 1)', "
                "every product with *"
            ) from None
        self.text = text
        self.names = {node.id for node in ast.walk(self._tree) if isinstance(node, ast.Name)}
        self._check(self._tree)

    def __call__(self, columns: Mapping[str, npt.NDArray[Any]]) -> npt.NDArray[np.float64]:
        """g of every row, shape (n,).

        Raises
        ------
        InputError
            If the formula has no meaning for these columns: a text is multiplied, a number divided by 0.
        """
        try:
            with np.errstate(all="raise"):
                values = self._value(self._tree, columns)
                size = next((column.size for column in columns.values()), 1)
                return np.array(np.broadcast_to(np.asarray(values, dtype=np.float64), (size,)))
        except (TypeError, ValueError, ArithmeticError, np.exceptions.DTypePromotionError) as problem:
            raise InputError(f"degeneracy: {self.text!r} cannot be computed: {problem}") from None

    def _check(self, node: ast.AST) -> None:
        known: tuple[type, ...] = (
            *(ast.BinOp, ast.UnaryOp, ast.Compare, ast.BoolOp, ast.IfExp, ast.Name, ast.Constant, ast.Tuple),
            *(ast.Load, ast.And, ast.Or, ast.In, ast.NotIn, *_ARITHMETIC),
        )
        for part in ast.walk(node):
            wrong = not isinstance(part, known)
            if isinstance(part, ast.Constant):
                wrong = isinstance(part.value, bool) or not isinstance(part.value, int | float | str)
            if wrong:
                shown = ast.unparse(part) if isinstance(part, ast.expr) else type(part).__name__
                raise InputError(
                    f"degeneracy: {shown!r} is not understood in {self.text!r}; a formula has numbers, names of "
                    "columns, + - * / // % **, comparisons, 'and', 'or', 'not' and 'a if b else c'"
                )

    def _value(self, node: ast.AST, columns: Mapping[str, Any]) -> Any:
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Name):
            return columns[node.id]
        if isinstance(node, ast.Tuple):
            return [self._value(part, columns) for part in node.elts]
        if isinstance(node, ast.UnaryOp):
            return _ARITHMETIC[type(node.op)](self._value(node.operand, columns))
        if isinstance(node, ast.BinOp):
            return _ARITHMETIC[type(node.op)](self._value(node.left, columns), self._value(node.right, columns))
        if isinstance(node, ast.IfExp):
            test, yes, no = (self._value(part, columns) for part in (node.test, node.body, node.orelse))
            return np.where(test, yes, no)
        if isinstance(node, ast.BoolOp):
            join = np.logical_and if isinstance(node.op, ast.And) else np.logical_or
            found = self._value(node.values[0], columns)
            for part in node.values[1:]:
                found = join(found, self._value(part, columns))
            return found
        assert isinstance(node, ast.Compare)
        left, found = self._value(node.left, columns), np.True_
        for relation, part in zip(node.ops, node.comparators, strict=True):
            right = self._value(part, columns)
            found = np.logical_and(found, _compared(relation, left, right))
            left = right
        return found


def _compared(relation: ast.cmpop, left: Any, right: Any) -> Any:
    if isinstance(relation, ast.In | ast.NotIn):
        inside = np.isin(left, right)
        return inside if isinstance(relation, ast.In) else ~inside
    return _ARITHMETIC[type(relation)](left, right)
