"""The expression language: Python's expression syntax over JSON data, compiled once, without access to Python objects."""

from app.engine.expressions.budget import Budget
from app.engine.expressions.compiler import (
    Expression,
    compile_expression,
    evaluate_condition,
)
from app.engine.expressions.errors import ExpressionError
from app.engine.expressions.functions import FUNCTIONS
from app.engine.expressions.library import Function
from app.engine.expressions.methods import METHODS
from app.engine.expressions.templates import Template, compile_template
from app.engine.expressions.values import Scope, Secret

__all__ = [
    "FUNCTIONS",
    "METHODS",
    "Budget",
    "Expression",
    "ExpressionError",
    "Function",
    "Scope",
    "Secret",
    "Template",
    "compile_expression",
    "compile_template",
    "evaluate_condition",
]
