"""Conditions: CEL with the variables and functions of SPEC X2 and X3.

`compile_condition` checks a condition where it is defined (X5, X6), `evaluate` gives its value at
one time, and `first_change` finds by trying every candidate time when it changes (X6).

Readings chosen where SPEC leaves a choice:
- X2: where a contact has no account, `account` is an empty map; so `has(account.traits.x)` is an
  error there, not false.
- X5: `contact.foo` (a field that does not exist) is an unknown name, refused when defined; so is a
  condition whose type is known and not bool.
- X6: multiplying a moving count and calculating with a calendar field are refused, by the letter;
  a moving bool may be compared, and may be the predicate of all, exists and exists_one.
- X3: in the playbook of an account, persona() and a segment of contacts are refused.
"""

import re

import celvalues
from celparse import SyntaxProblem, Unsigned, parse
from celvalues import CelError, Duration, Map, Timestamp, TypeName, Watch
from timetext import DAY

SOURCE_LIMIT = 8192  # bytes, X5
DEPTH_LIMIT = 64  # X5

SUBJECT_FIELDS = {"id": "string", "created_at": "timestamp", "stage": "string", "health": "dyn", "traits": "map"}
OBJECTS = {
    "contact": SUBJECT_FIELDS,
    "account": SUBJECT_FIELDS,
    "event": {"name": "string", "occurred_at": "timestamp", "properties": "map"},
    "enrollment": {"started_at": "timestamp", "step_at": "timestamp"},
}
TYPE_NAMES = {"int", "uint", "double", "string", "bytes", "bool", "list", "map", "null_type", "type"}
CONVERSIONS = {"int", "uint", "double", "string", "bytes", "bool", "timestamp", "duration", "type", "dyn"}
TEXT_FUNCTIONS = {"contains", "startsWith", "endsWith", "matches"}
NUMBERS = {"int", "uint", "double"}


class Refusal(Exception):
    """A condition that is refused when defined; column counts from 1."""

    def __init__(self, message, column):
        super().__init__(message)
        self.column = column


class Place:
    """Where a condition stands, which decides what it may name.

    owner: "playbook", "persona" or "segment"; subject: "contact" or "account"; find(kind, key) gives
    the audience a name means there, or None.
    """

    def __init__(self, owner, subject, find, watched=False, event=False, enrollment=False):
        self.owner, self.subject, self.find = owner, subject, find
        self.watched, self.event, self.enrollment = watched, event, enrollment


class Condition:
    def __init__(self, source, tree, names):
        self.source, self.tree = source, tree
        self.names = names  # set of ("persona" | "segment", key)


def compile_condition(source, place):
    if len(source.encode()) > SOURCE_LIMIT:
        raise Refusal("condition longer than 8 KiB", 1)
    try:
        tree = parse(source)
    except SyntaxProblem as problem:
        raise Refusal(str(problem), problem.offset + 1) from None
    except RecursionError:
        raise Refusal("condition nested too deep", 1) from None
    if depth(tree) > DEPTH_LIMIT:
        raise Refusal("condition nested too deep", 1)
    checker = Checker(place)
    kind, moving = checker.check(tree, {})
    if kind not in ("bool", "dyn"):
        raise Refusal(f"a condition is bool, this is {kind}", tree.offset + 1)
    if place.watched and moving and moving != "bool":
        raise Refusal("a condition is bool", tree.offset + 1)
    return Condition(source, tree, checker.names)


def children(node):
    out = []
    for part in node.parts:
        for item in part if isinstance(part, list) else [part]:
            for leaf in item if isinstance(item, tuple) else [item]:
                if hasattr(leaf, "kind"):
                    out.append(leaf)
    return out


def depth(node):
    """Nesting depth; a chain of one operator counts once (X5)."""
    deepest = 0
    for child in children(node):
        same = child.kind == node.kind and node.kind in ("binary", "unary") and child.parts[0] == node.parts[0]
        same = same or (child.kind == node.kind == "select")
        deepest = max(deepest, depth(child) - (1 if same else 0))
    return deepest + 1


class Checker:
    """The checks of X5 and X6: each node gives its type ("dyn" where unknown) and how it moves with `now`:
    None, "value" (a time, duration or count), "field" (a calendar field) or "bool"."""

    def __init__(self, place):
        self.place = place
        self.names = set()

    def refuse(self, node, message):
        raise Refusal(message, node.offset + 1)

    def still(self, node, scope):
        """Checks a node that may not move with `now` in a watched condition."""
        kind, moving = self.check(node, scope)
        if moving and self.place.watched:
            self.refuse(node, "moves with `now` in a way that cannot be timed")
        return kind

    def check(self, node, scope):
        return getattr(self, "check_" + node.kind)(node, scope)

    def check_literal(self, node, scope):
        value = node.parts[0]
        names = {type(None): "null", bool: "bool", Unsigned: "uint", int: "int", float: "double", str: "string", bytes: "bytes"}
        return names[type(value)], None

    def check_ident(self, node, scope):
        name = node.parts[0]
        if name in scope:
            return "dyn", None
        if name == "now":
            return "timestamp", "value"
        if name in ("contact", "account") or (name == "event" and self.place.event) or (
            name == "enrollment" and self.place.enrollment
        ):
            return name, None
        if name in TYPE_NAMES:
            return "type", None
        return self.refuse(node, f"unknown name {name}")

    def check_select(self, node, scope):
        target, field = node.parts
        kind = self.still(target, scope)
        if kind in OBJECTS:
            if field not in OBJECTS[kind]:
                self.refuse(node, f"{kind} has no {field}")
            return OBJECTS[kind][field], None
        if kind not in ("map", "dyn"):
            self.refuse(node, f"{kind} has no fields")
        return "dyn", None

    def check_has(self, node, scope):
        self.check_select(node, scope)
        return "bool", None

    def check_index(self, node, scope):
        target = self.still(node.parts[0], scope)
        self.still(node.parts[1], scope)
        if target not in ("map", "list", "dyn") and target not in OBJECTS:
            self.refuse(node, f"{target} has no index")
        return "dyn", None

    def check_list(self, node, scope):
        for item in node.parts[0]:
            self.still(item, scope)
        return "list", None

    def check_map(self, node, scope):
        for key, value in node.parts[0]:
            self.still(key, scope)
            self.still(value, scope)
        return "map", None

    def check_unary(self, node, scope):
        operator, operand = node.parts
        if operator == "!":
            kind, moving = self.check(operand, scope)
            if kind not in ("bool", "dyn"):
                self.refuse(node, f"no ! of {kind}")
            return "bool", moving
        kind = self.still(operand, scope)
        if kind not in ("int", "double", "dyn"):
            self.refuse(node, f"no - of {kind}")
        return kind, None

    def check_if(self, node, scope):
        condition, moving = self.check(node.parts[0], scope)
        if condition not in ("bool", "dyn"):
            self.refuse(node, "?: chooses by a bool")
        kinds, chosen = [], None
        for branch in node.parts[1:]:
            kind, moves = self.check(branch, scope)
            kinds.append(kind)
            chosen = chosen or moves
        kind = kinds[0] if kinds[0] == kinds[1] else "dyn"
        if "dyn" not in kinds and kinds[0] != kinds[1] and "null" not in kinds:
            self.refuse(node, "?: of two types")
        if moving or chosen:
            # X6: a chosen value moves as a value does, a chosen bool (or one of two values that stand still) as a bool.
            moving = "bool" if kind == "bool" or chosen in (None, "bool") else "value"
        return kind, moving

    def check_binary(self, node, scope):
        operator, left, right = node.parts
        kind, moving = self.check(left, scope)
        other, moves = self.check(right, scope)
        known = kind != "dyn" and other != "dyn"
        either = bool(moving or moves)
        if operator in ("&&", "||"):
            if kind not in ("bool", "dyn") or other not in ("bool", "dyn"):
                self.refuse(node, f"no {operator} of {kind} and {other}")
            return "bool", "bool" if either else None
        if operator == "in":
            constant = right.kind == "list" and all(item.kind == "literal" for item in right.parts[0])
            if self.place.watched and either and not (moving == "field" and constant):
                self.refuse(node, "moves with `now` in a way that cannot be timed")
            if other not in ("list", "map", "dyn") and other not in OBJECTS:
                self.refuse(node, f"nothing is in {other}")
            return "bool", "bool" if either else None
        if operator in ("==", "!=", "<", "<=", ">", ">="):
            numeric = kind in NUMBERS and other in NUMBERS
            if known and kind != other and not numeric and not (operator in ("==", "!=") and "null" in (kind, other)):
                self.refuse(node, f"no {operator} of {kind} and {other}")
            if operator not in ("==", "!=") and {kind, other} & ({"list", "map", "null", "type"} | set(OBJECTS)):
                self.refuse(node, f"no {operator} of {kind} and {other}")
            return "bool", "bool" if either else None
        if self.place.watched and either and (operator not in "+-" or "field" in (moving, moves) or "bool" in (moving, moves)):
            self.refuse(node, "moves with `now` in a way that cannot be timed")
        return self.sum_type(node, operator, kind, other, known), "value" if either else None

    def sum_type(self, node, operator, kind, other, known):
        pairs = {("timestamp", "duration"): "timestamp", ("duration", "duration"): "duration"}
        if operator == "+":
            pairs[("duration", "timestamp")] = "timestamp"
        if operator == "-":
            pairs[("timestamp", "timestamp")] = "duration"
        if known:
            if operator in "+-" and (kind, other) in pairs:
                return pairs[kind, other]
            if kind == other and (kind in ("int", "uint") or (kind == "double" and operator != "%")):
                return kind
            if operator == "+" and kind == other and kind in ("string", "bytes", "list"):
                return kind
            self.refuse(node, f"no {operator} of {kind} and {other}")
        for each in (kind, other):
            if each in ("bool", "null", "map", "type") or each in OBJECTS:
                self.refuse(node, f"no {operator} of {each}")
        return "dyn"

    def check_macro(self, node, scope):
        name, target, variable, bodies = node.parts
        kind = self.still(target, scope)
        if kind not in ("list", "map", "dyn") and kind not in OBJECTS:
            self.refuse(node, f"{kind} has no {name}")
        inner = set(scope) | {variable}
        moving = None
        for position, body in enumerate(bodies):
            predicate = name != "map" or (len(bodies) == 2 and position == 0)
            if name in ("all", "exists", "exists_one"):
                kind, moving = self.check(body, inner)
                if moving and moving != "bool" and self.place.watched:
                    self.refuse(body, "moves with `now` in a way that cannot be timed")
            else:
                kind = self.still(body, inner)
            if predicate and kind not in ("bool", "dyn"):
                self.refuse(body, "a predicate is bool")
        return ("list" if name in ("filter", "map") else "bool"), moving

    def literal_text(self, node, arguments, count=1):
        if len(arguments) != count or arguments[0].kind != "literal" or type(arguments[0].parts[0]) is not str:
            self.refuse(node, "takes a string literal")
        return arguments[0].parts[0]

    def duration(self, node, scope):
        if self.still(node, scope) not in ("duration", "dyn"):
            self.refuse(node, "expected a duration")

    def check_call(self, node, scope):
        name, target, arguments = node.parts
        if target is not None:
            return self.check_method(node, scope)
        if name in ("segment", "persona"):
            return self.check_membership(node, name, self.literal_text(node, arguments))
        if name in ("events", "account_events"):
            self.refuse(node, f"{name}() is asked with .count(), .first(), .last() or .quiet()")
        if name == "size" and len(arguments) == 1:
            kind = self.still(arguments[0], scope)
            if kind not in ("string", "bytes", "list", "map", "dyn"):
                self.refuse(node, f"no size of {kind}")
            return "int", None
        if name == "matches" and len(arguments) == 2:
            return self.check_text(node, name, arguments[0], arguments[1], scope)
        if name == "days" and len(arguments) == 1:
            if self.still(arguments[0], scope) not in ("int", "dyn"):
                self.refuse(node, "days() takes an int")
            return "duration", None
        if name in CONVERSIONS and len(arguments) == 1:
            kind = self.still(arguments[0], scope)
            if kind in ("list", "map", "null") and name not in ("type", "dyn"):
                self.refuse(node, f"no {name}() of {kind}")
            argument = arguments[0]
            if argument.kind == "literal" and name in ("timestamp", "duration", "int", "uint", "double"):
                try:
                    celvalues.convert(name, argument.parts[0])
                except CelError as problem:
                    if name in ("timestamp", "duration"):
                        self.refuse(node, str(problem))
            return ("dyn" if name == "dyn" else name), None
        return self.refuse(node, f"unknown function {name}")

    def check_membership(self, node, kind, key):
        """X3: who may name whom."""
        owner = self.place.owner
        if owner == "segment" or (owner == "persona" and kind == "persona"):
            self.refuse(node, f"{kind}() may not be asked here")
        audience = self.place.find(kind, key)
        if audience is None:
            self.refuse(node, f"unknown {kind} {key}")
        if self.place.subject == "account" and audience.of == "contact":
            self.refuse(node, f"{kind} {key} holds contacts")
        self.names.add((kind, key))
        return "bool", None

    def check_text(self, node, name, target, argument, scope):
        for each in (target, argument):
            kind = self.still(each, scope)
            if kind not in ("string", "dyn"):
                self.refuse(node, f"{name} takes text")
        if name == "matches" and argument.kind == "literal":
            try:
                re.compile(argument.parts[0])
            except re.error as problem:
                self.refuse(argument, f"bad pattern: {problem}")
        return "bool", None

    def check_method(self, node, scope):
        name, target, arguments = node.parts
        if target.kind == "call" and target.parts[1] is None and target.parts[0] in ("events", "account_events"):
            self.literal_text(target, target.parts[2])
            counts = {"count": (0, 1, 2), "first": (0,), "last": (0,), "quiet": (1,)}
            if len(arguments) not in counts.get(name, ()):
                self.refuse(node, f"no such question {name}")
            for argument in arguments:
                self.duration(argument, scope)
            if name == "count":
                return "int", "value" if arguments else None
            return ("bool", "bool") if name == "quiet" else ("timestamp", None)
        if name in celvalues.TIMESTAMP_FIELDS and len(arguments) <= 1:
            kind, moving = self.check(target, scope)
            if kind not in ("timestamp", "duration", "dyn"):
                self.refuse(node, f"no {name} of {kind}")
            if kind == "duration" and (arguments or name not in celvalues.DURATION_FIELDS):
                self.refuse(node, f"no {name} of {kind}")
            for argument in arguments:
                if self.still(argument, scope) not in ("string", "dyn"):
                    self.refuse(node, "a time zone is text")
            if moving == "field" and self.place.watched:
                self.refuse(node, "moves with `now` in a way that cannot be timed")
            return "int", "field" if moving else None
        if name in TEXT_FUNCTIONS and len(arguments) == 1:
            return self.check_text(node, name, target, arguments[0], scope)
        if name == "size" and not arguments:
            kind = self.still(target, scope)
            if kind not in ("string", "bytes", "list", "map", "dyn"):
                self.refuse(node, f"no size of {kind}")
            return "int", None
        return self.refuse(node, f"unknown function {name}")


class Environment:
    """What a condition sees at one time.  The engine gives:
    values: name of a variable to its CEL value (without `now`);
    history(which, event): occurrence times for events() or account_events(), or None where there is no account;
    created(which): created_at of that subject;  member(kind, key): the membership as last changed (T7)."""

    def __init__(self, now, values, history, created, member):
        self.watch = Watch(now)
        self.now = now
        self.values, self.history, self.created, self.member = values, history, created, member


def evaluate(condition, environment):
    """(value, None) or (None, text of the error)."""
    try:
        return run(condition.tree, environment, {}), None
    except CelError as problem:
        return None, str(problem) or "error"


def matched(condition, environment):
    """X4: an error, or what is not bool, is not matched."""
    return evaluate(condition, environment)[0] is True


def first_change(condition, environment_at, current, start, limit):
    """X6 by trying every candidate: the first time in [start, limit] at which the condition differs from `current`.

    Returns (time or None, how far was searched, None for "for ever")."""
    time = start
    while time <= limit:
        environment = environment_at(time)
        if matched(condition, environment) != current:
            return time, time
        if environment.watch.next is None:
            return None, None
        time = environment.watch.next
    return None, time


def run(node, env, scope):
    return RUN[node.kind](node, env, scope)


def run_ident(node, env, scope):
    name = node.parts[0]
    if name in scope:
        return scope[name]
    if name == "now":
        return Timestamp(env.now * 1000, slope=1)
    if name in env.values:
        return env.values[name]
    if name in TYPE_NAMES:
        return TypeName(name)
    raise CelError(f"unknown name {name}")


def run_select(node, env, scope):
    target = run(node.parts[0], env, scope)
    if not isinstance(target, Map):
        raise CelError("no such field")
    return celvalues.index(target, node.parts[1], env.watch)


def run_has(node, env, scope):
    target = run(node.parts[0], env, scope)
    if not isinstance(target, Map):
        raise CelError("no such field")
    return target.get(node.parts[1], env.watch)[0]


def run_map(node, env, scope):
    pairs = []
    for key_node, value_node in node.parts[0]:
        key = run(key_node, env, scope)
        if celvalues.type_of(key) not in ("int", "uint", "bool", "string"):
            raise CelError("a key is int, uint, bool or string")
        if any(celvalues.equal(key, known, env.watch) for known, _ in pairs):
            raise CelError("key given twice")
        pairs.append((key, run(value_node, env, scope)))
    return Map(pairs)


def run_unary(node, env, scope):
    value = run(node.parts[1], env, scope)
    if node.parts[0] == "-":
        return celvalues.negate(value)
    if not isinstance(value, bool):
        raise CelError("! takes a bool")
    return not value


def run_if(node, env, scope):
    chosen = run(node.parts[0], env, scope)
    if not isinstance(chosen, bool):
        raise CelError("?: chooses by a bool")
    return run(node.parts[1] if chosen else node.parts[2], env, scope)


def absorbing(values, absorber):
    """&& and all() absorb errors where one value is false, || and exists() where one is true.

    `values` is an iterator of functions giving the operands."""
    error = None
    for value in values:
        try:
            result = value()
            if not isinstance(result, bool):
                raise CelError("expected a bool")
            if result is absorber:
                return absorber
        except CelError as problem:
            error = error or problem
    if error:
        raise error
    return not absorber


def run_binary(node, env, scope):
    operator, left, right = node.parts
    if operator in ("&&", "||"):
        return absorbing([lambda: run(left, env, scope), lambda: run(right, env, scope)], operator == "||")
    first, second = run(left, env, scope), run(right, env, scope)
    if operator == "==":
        return celvalues.equal(first, second, env.watch)
    if operator == "!=":
        return not celvalues.equal(first, second, env.watch)
    if operator == "in":
        return celvalues.contains(second, first, env.watch)
    if operator in ("<", "<=", ">", ">="):
        return celvalues.compare(operator, first, second, env.watch)
    return celvalues.arithmetic(operator, first, second)


def run_macro(node, env, scope):
    name, target, variable, bodies = node.parts
    items = run(target, env, scope)
    if isinstance(items, Map):
        items = [key for key, _ in items.pairs]
    if not isinstance(items, list):
        raise CelError(f"{name} takes a list or a map")

    def body(position, item):
        return run(bodies[position], env, {**scope, variable: item})

    def predicate(item):
        result = body(0, item)
        if not isinstance(result, bool):
            raise CelError("a predicate is bool")
        return result

    if name in ("all", "exists"):
        return absorbing([lambda item=item: body(0, item) for item in items], name == "exists")
    if name == "exists_one":
        return len([item for item in items if predicate(item)]) == 1
    if name == "filter":
        return [item for item in items if predicate(item)]
    if len(bodies) == 2:
        return [body(1, item) for item in items if predicate(item)]
    return [body(0, item) for item in items]


def run_call(node, env, scope):
    name, target, arguments = node.parts
    if target is not None and target.kind == "call" and target.parts[0] in ("events", "account_events"):
        which, event = target.parts[0], target.parts[2][0].parts[0]
        return history_question(env, which, event, name, [run(argument, env, scope) for argument in arguments])
    if name in ("segment", "persona") and target is None:
        return env.member(name, arguments[0].parts[0])
    values = [run(argument, env, scope) for argument in arguments]
    if target is not None:
        values.insert(0, run(target, env, scope))
    if name == "size":
        return celvalues.size(values[0])
    if name in TEXT_FUNCTIONS:
        return celvalues.text_function(name, values[0], values[1])
    if name == "days":
        if celvalues.type_of(values[0]) != "int":
            raise CelError("days() takes an int")
        return Duration(values[0] * DAY * 1000)
    if name in celvalues.TIMESTAMP_FIELDS:
        return celvalues.calendar_field(name, values[0], values[1] if len(values) > 1 else None, env.watch)
    return celvalues.convert(name, values[0])


def history_question(env, which, event, name, arguments):
    """X3: questions about the history of an event; windows are half open, (now-w, now]."""
    times = env.history(which, event)
    for argument in arguments:
        if not isinstance(argument, Duration):
            raise CelError("expected a duration")
    if times is not None:
        for argument in arguments:
            for time in times:
                env.watch.after((time - env.now) * 1000 + argument.nanoseconds)

    def inside(time, window):
        """Is the time after now - window?"""
        return time * 1000 > env.now * 1000 - window.nanoseconds

    if name == "count":
        times = times or []
        if not arguments:
            return len(times)
        if len(arguments) == 1:
            return len([time for time in times if inside(time, arguments[0])])
        return len([time for time in times if inside(time, arguments[0]) and not inside(time, arguments[1])])
    if name == "quiet":
        if times is None:
            return False  # X3: never quiet without an account
        created = env.created(which)
        env.watch.after((created - env.now) * 1000 + arguments[0].nanoseconds)
        if any(inside(time, arguments[0]) for time in times):
            return False
        return created * 1000 <= env.now * 1000 - arguments[0].nanoseconds
    if not times:
        raise CelError(f"no event {event}")
    return Timestamp((min(times) if name == "first" else max(times)) * 1000)


RUN = {
    "literal": lambda node, env, scope: node.parts[0],
    "list": lambda node, env, scope: [run(item, env, scope) for item in node.parts[0]],
    "index": lambda node, env, scope: celvalues.index(run(node.parts[0], env, scope), run(node.parts[1], env, scope), env.watch),
    "ident": run_ident, "select": run_select, "has": run_has, "map": run_map, "unary": run_unary, "if": run_if,
    "binary": run_binary, "macro": run_macro, "call": run_call,
}
