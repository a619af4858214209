"""Computes what a page prints as a calculation, as a reader with a calculator does."""

from __future__ import annotations

import ast
from fractions import Fraction


def computed(text: str) -> Fraction:
    """The exact value of numbers, brackets and + − × ÷. Raises ValueError on anything else."""
    plain = text.replace(",", "").replace("÷", "/").replace("×", "*").replace("−", "-")
    return _value(ast.parse(plain, mode="eval").body, plain)


def _value(node: ast.expr, text: str) -> Fraction:
    match node:
        case ast.Constant():
            return Fraction(ast.get_source_segment(text, node) or "")  # the digits as printed, not as a float
        case ast.BinOp(left, sign, right):
            a, b = _value(left, text), _value(right, text)
            match sign:
                case ast.Add():
                    return a + b
                case ast.Sub():
                    return a - b
                case ast.Mult():
                    return a * b
                case ast.Div():
                    return a / b
    raise ValueError(f"This is not a calculation: {text}")
