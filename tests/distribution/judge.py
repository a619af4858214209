"""What a statement needs when tables are distributed by merchant, as Citus documents what it runs across shards.

https://docs.citusdata.com/en/stable/develop/reference_workarounds.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from pglast import ast, parse_sql
from pglast.enums import A_Expr_Kind, BoolExprType
from pglast.parser import ParseError

KEY = "merchant_id"
GIVEN = ("", KEY)  # the class of keys that are given as values


class Verdict(Enum):
    """Ordered from no work to most work."""

    ONE_SHARD = "names the merchant: one shard answers, all of SQL works"
    EACH_SHARD = "joins by the merchant: each shard does its part"
    FAN_OUT = "looks for few rows without the merchant: works, but asks every shard"
    JOIN = "joins by another key: add the merchant to the join"
    LOCK = "locks rows without the merchant: add it, since only one shard can be locked by a statement"
    KEY = "is unique without the merchant: the unique key has to hold it"
    PIPELINE = "writes several tables in one statement without the merchant: add it, or split the statement"
    UNREAD = "was not understood by the parser"


@dataclass(eq=False)
class Relation:
    """One table of a statement, or what stands for it: a subquery, whose key is that of its first table with one."""

    table: str = ""
    key: tuple[int, str] | None = None


@dataclass
class Keys:
    """Keys that are said to be equal."""

    parents: dict[object, object] = field(default_factory=dict)

    def find(self, key: object) -> object:
        while self.parents.get(key, key) != key:
            key = self.parents[key]
        return key

    def join(self, one: object, other: object) -> None:
        one, other = self.find(one), self.find(other)
        if other == GIVEN:
            one, other = other, one
        self.parents[other] = one


type Scope = Mapping[str, Relation]


class Reading:
    """A walk over one statement."""

    def __init__(self, distributed: frozenset[str]) -> None:
        self.distributed = distributed
        self.keys = Keys()
        self.tables: list[Relation] = []
        self.written: list[Relation] = []
        self.locks = False
        self.conflicts_without_key = False
        self.is_narrow = False

    # -- scopes -------------------------------------------------------------------------------------------------

    def statement(self, node: ast.Node, outer: Scope) -> Relation:
        """Read a SELECT, INSERT, UPDATE, DELETE or MERGE; answers what stands for its rows."""
        scope: dict[str, Relation] = dict(outer)
        for cte in node.withClause.ctes if getattr(node, "withClause", None) else ():
            scope[f"cte:{cte.ctename}"] = self.statement(cte.ctequery, scope)
        if isinstance(node, ast.SelectStmt):
            return self.select(node, scope)
        target = self.relation(node.relation, scope)
        self.written.append(target)
        sources = [self.relation(each, scope) for each in getattr(node, "fromClause", None) or ()]
        sources += [self.relation(each, scope) for each in getattr(node, "usingClause", None) or ()]
        if isinstance(node, ast.MergeStmt):
            sources.append(self.relation(node.sourceRelation, scope))
        if isinstance(node, ast.InsertStmt):
            self.insert(node, target, scope)
        for name in ("whereClause", "joinCondition", "targetList", "returningClause", "mergeWhenClauses"):
            self.conditions(getattr(node, name, None), scope)
        return target if target.key else next((each for each in sources if each.key), Relation())

    def select(self, node: ast.SelectStmt, scope: dict[str, Relation]) -> Relation:
        if node.larg:
            sides = [self.statement(node.larg, scope), self.statement(node.rarg, scope)]
            found = [each for each in sides if each.key]
            if len(found) == 2:
                self.keys.join(found[0].key, found[1].key)
            return found[0] if found else Relation()
        inner = [self.relation(each, scope) for each in node.fromClause or ()]
        self.locks |= bool(node.lockingClause) and any(each.table for each in inner)
        for name in ("fromClause", "whereClause", "targetList", "groupClause", "havingClause", "sortClause"):
            self.conditions(getattr(node, name), scope)
        self.conditions(node.valuesLists, scope)
        return next((each for each in self.flat(node.fromClause, scope) if each.key), Relation())

    def flat(self, nodes: Any, scope: dict[str, Relation]) -> Iterator[Relation]:
        for node in nodes or ():
            if isinstance(node, ast.JoinExpr):
                yield from self.flat((node.larg, node.rarg), scope)
            elif isinstance(node, ast.RangeVar):
                yield scope.get(_name(node), Relation())
            elif getattr(node, "alias", None):
                yield scope.get(node.alias.aliasname, Relation())

    def relation(self, node: Any, scope: dict[str, Relation]) -> Relation:
        """Put what FROM names into the scope."""
        if isinstance(node, ast.JoinExpr):
            left, right = self.relation(node.larg, scope), self.relation(node.rarg, scope)
            if any(each.sval == KEY for each in node.usingClause or ()) and left.key and right.key:
                self.keys.join(left.key, right.key)
            return left if left.key else right
        if isinstance(node, ast.RangeSubselect):
            found = self.statement(node.subquery, scope)
        elif isinstance(node, ast.RangeVar):
            found = scope.get(f"cte:{node.relname}") or Relation(node.relname)
            if found.table in self.distributed and found.key is None:
                found = Relation(node.relname, (len(self.tables), KEY))
                self.tables.append(found)
            scope[_name(node)] = found
            return found
        else:
            self.conditions(node, scope)
            # a function's rows, like those of unnest: values that are given
            found = Relation(key=GIVEN)  # type: ignore[arg-type]
        if getattr(node, "alias", None):
            scope[node.alias.aliasname] = found
        return found

    def insert(self, node: ast.InsertStmt, target: Relation, scope: dict[str, Relation]) -> None:
        if node.selectStmt:
            source = self.statement(node.selectStmt, scope)
            if target.key:
                self.keys.join(target.key, source.key or GIVEN)
        clause = node.onConflictClause
        if clause and target.key and clause.infer and clause.infer.indexElems:
            self.conflicts_without_key |= KEY not in {each.name for each in clause.infer.indexElems}

    # -- conditions ---------------------------------------------------------------------------------------------

    def conditions(self, node: Any, scope: dict[str, Relation]) -> None:
        """Everything below: what is said of keys, and subqueries."""
        if isinstance(node, (tuple, list)):
            for each in node:
                self.conditions(each, scope)
        elif isinstance(node, ast.SubLink):
            self.conditions(node.testexpr, scope)
            inner = self.statement(node.subselect, scope)
            if inner.key and (key := self.key_of(node.testexpr, scope)):
                self.keys.join(key, inner.key)
        elif isinstance(node, (ast.SelectStmt, ast.RangeSubselect, ast.RangeVar)):
            return  # read with their own scope
        elif isinstance(node, ast.BoolExpr) and node.boolop != BoolExprType.AND_EXPR:
            # what holds in one of two cases only, or not at all, says nothing of all rows
            for each in _subqueries(node):
                self.statement(each, scope)
        elif isinstance(node, ast.A_Expr):
            self.comparison(node, scope)
            self.conditions((node.lexpr, node.rexpr), scope)
        elif isinstance(node, ast.Node):
            for name in node:
                self.conditions(getattr(node, name), scope)

    def comparison(self, node: ast.A_Expr, scope: dict[str, Relation]) -> None:
        if node.kind not in {A_Expr_Kind.AEXPR_OP, A_Expr_Kind.AEXPR_OP_ANY, A_Expr_Kind.AEXPR_IN}:
            return
        if not node.name or node.name[-1].sval != "=":
            return
        left, right = self.key_of(node.lexpr, scope), self.key_of(node.rexpr, scope)
        if left and right:
            self.keys.join(left, right)
        elif (key := left or right) and not _has_column(node.rexpr if left else node.lexpr):
            self.keys.join(key, GIVEN)
        elif _names(node.lexpr) & {"id", "pk", "number", "sku", "uid"} and not _has_column(node.rexpr):
            self.is_narrow = True

    def key_of(self, node: Any, scope: dict[str, Relation]) -> Any:
        """The key that a column is; None when it is something else."""
        if not isinstance(node, ast.ColumnRef) or not isinstance(node.fields[-1], ast.String):
            return None
        if node.fields[-1].sval != KEY:
            return None
        if len(node.fields) > 1:
            return scope.get(node.fields[-2].sval, Relation()).key
        return next((each.key for each in reversed(list(scope.values())) if each.key), None)

    # -- the verdict --------------------------------------------------------------------------------------------

    def verdict(self) -> Verdict:
        classes = {self.keys.find(each.key) for each in self.tables}
        if classes == {GIVEN}:
            return Verdict.KEY if self.conflicts_without_key else Verdict.ONE_SHARD
        written = {each.table for each in self.written if each.key}
        if self.conflicts_without_key:
            return Verdict.KEY
        if len(written) > 1:
            return Verdict.PIPELINE
        if len(classes) > 1:
            return Verdict.JOIN
        if self.locks:
            return Verdict.LOCK
        return Verdict.FAN_OUT if self.is_narrow else Verdict.EACH_SHARD


def judge(sql: str, distributed: frozenset[str]) -> tuple[Verdict, list[str]] | None:
    """The verdict and the distributed tables of a statement; None when it has none."""
    try:
        [raw] = parse_sql(sql)
    except (ParseError, ValueError):
        return Verdict.UNREAD, []
    reading = Reading(distributed)
    reading.statement(raw.stmt, {})
    tables = sorted({each.table for each in reading.tables})
    return (reading.verdict(), tables) if tables else None


def _name(node: ast.RangeVar) -> str:
    return node.alias.aliasname if node.alias else node.relname


def _all(node: Any) -> Iterator[Any]:
    if isinstance(node, (tuple, list)):
        for each in node:
            yield from _all(each)
    elif isinstance(node, ast.Node):
        yield node
        for name in node:
            yield from _all(getattr(node, name))


def _has_column(node: Any) -> bool:
    return any(isinstance(each, ast.ColumnRef) for each in _all(node))


def _names(node: Any) -> set[str]:
    if isinstance(node, ast.ColumnRef) and isinstance(node.fields[-1], ast.String):
        return {node.fields[-1].sval}
    return set()


def _subqueries(node: Any) -> Iterator[Any]:
    if isinstance(node, (tuple, list)):
        for each in node:
            yield from _subqueries(each)
    elif isinstance(node, ast.SubLink):
        yield node.subselect
    elif isinstance(node, ast.Node):
        for name in node:
            yield from _subqueries(getattr(node, name))
