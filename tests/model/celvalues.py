"""CEL values and the standard operators and functions on them (SPEC X1).

A value is a Python int, Unsigned, float, str, bytes, bool, None or list, or a Map, Timestamp,
Duration or TypeName below.  A Timestamp or Duration that moves with `now` carries its slope
against `now`; whatever looks at one tells the Watch when the answer will change (X6).
"""

import re
from datetime import timedelta

from celparse import Unsigned
from timetext import DURATION_LIMIT, EARLIEST, EPOCH, LATEST, format_nanoseconds, parse_cel_duration, parse_nanoseconds


class CelError(Exception):
    """The evaluation gave an error."""


class Map:
    """A map as a plain list of pairs; lookup by CEL equality."""

    def __init__(self, pairs):
        self.pairs = pairs

    def get(self, key, watch):
        for known, value in self.pairs:
            if equal(known, key, watch):
                return True, value
        return False, None


class TypeName:
    def __init__(self, name):
        self.name = name


class Timestamp:
    def __init__(self, nanoseconds, slope=0):
        if not EARLIEST * 1000 <= nanoseconds <= LATEST * 1000 + 999:
            raise CelError("timestamp out of range")
        self.nanoseconds, self.slope = nanoseconds, slope


class Duration:
    def __init__(self, nanoseconds, slope=0):
        if abs(nanoseconds) > DURATION_LIMIT:
            raise CelError("duration out of range")
        self.nanoseconds, self.slope = nanoseconds, slope


class Watch:
    """Collects the later times at which something looked at during one evaluation may change (X6)."""

    def __init__(self, now):
        self.now = now
        self.next = None

    def at(self, time):
        """Something may change at `time` (microseconds) or one microsecond after it."""
        for candidate in (time, time + 1):
            if candidate > self.now and (self.next is None or candidate < self.next):
                self.next = candidate

    def after(self, nanoseconds):
        """Something may change when `now` is this much later."""
        if nanoseconds >= 0:
            self.at(self.now + nanoseconds // 1000)

    def crossing(self, left, right):
        """Two times or durations are compared: the order may change where they are equal."""
        slope = left.slope - right.slope
        if slope:
            distance = right.nanoseconds - left.nanoseconds
            if distance * slope >= 0:
                self.after(abs(distance) // abs(slope))

    def boundary(self, value, shift, unit):
        """A field counting whole units of `value` (moved by `shift`) was read."""
        if value.slope:
            position = (value.nanoseconds + shift) % unit
            distance = unit - position if value.slope > 0 else position
            self.after(distance // abs(value.slope))
            self.after(distance // abs(value.slope) + 1000)


TYPE_OF = {type(None): "null_type", bool: "bool", Unsigned: "uint", int: "int", float: "double", str: "string",
           bytes: "bytes", list: "list", Map: "map", Timestamp: "google.protobuf.Timestamp",
           Duration: "google.protobuf.Duration", TypeName: "type"}


def type_of(value):
    return TYPE_OF[type(value)]


NUMBERS = ("int", "uint", "double")


def equal(left, right, watch):
    if type(left) is str and type(right) is str:
        return left == right  # by far the most usual: a field's name
    kind, other = type_of(left), type_of(right)
    if kind in NUMBERS and other in NUMBERS:
        return left == right
    if kind != other:
        return False
    if kind == "list":
        return len(left) == len(right) and all(equal(a, b, watch) for a, b in zip(left, right))
    if kind == "map":
        if len(left.pairs) != len(right.pairs):
            return False
        for key, value in left.pairs:
            found, theirs = right.get(key, watch)
            if not found or not equal(value, theirs, watch):
                return False
        return True
    if kind == "type":
        return left.name == right.name
    if isinstance(left, (Timestamp, Duration)):
        watch.crossing(left, right)
        return left.nanoseconds == right.nanoseconds
    return left == right


def compare(operator, left, right, watch):
    kind, other = type_of(left), type_of(right)
    if not (kind in NUMBERS and other in NUMBERS):
        if kind != other or kind in ("list", "map", "null_type", "type"):
            raise CelError(f"no order between {kind} and {other}")
    if isinstance(left, (Timestamp, Duration)):
        watch.crossing(left, right)
        left, right = left.nanoseconds, right.nanoseconds
    if operator == "<":
        return left < right
    if operator == "<=":
        return left <= right
    if operator == ">":
        return left > right
    return left >= right


def checked(kind, value):
    if kind == "int":
        if not -(2**63) <= value < 2**63:
            raise CelError("int overflow")
        return value
    if not 0 <= value < 2**64:
        raise CelError("uint overflow")
    return Unsigned(value)


def divide_doubles(left, right):
    if right != 0:
        return left / right
    if left == 0 or left != left:
        return float("nan")
    negative = str(left).startswith("-") != str(right).startswith("-")
    return float("-inf") if negative else float("inf")


def arithmetic(operator, left, right):
    kind, other = type_of(left), type_of(right)
    if kind == other and kind in ("int", "uint"):
        left, right = int(left), int(right)
        if operator in "/%":
            if right == 0:
                raise CelError("division by zero")
            quotient = abs(left) // abs(right)
            quotient = quotient if (left < 0) == (right < 0) else -quotient
            return checked(kind, quotient if operator == "/" else left - right * quotient)
        return checked(kind, {"+": left + right, "-": left - right, "*": left * right}[operator])
    if kind == other == "double" and operator != "%":
        if operator == "/":
            return divide_doubles(left, right)
        return left + right if operator == "+" else left - right if operator == "-" else left * right
    if operator == "+" and kind == other and kind in ("string", "bytes", "list"):
        return left + right
    if isinstance(left, (Timestamp, Duration)) and isinstance(right, (Timestamp, Duration)) and operator in "+-":
        both = isinstance(left, Timestamp), isinstance(right, Timestamp)
        sign = 1 if operator == "+" else -1
        result = left.nanoseconds + sign * right.nanoseconds, left.slope + sign * right.slope
        if both == (False, False) or (both == (True, True) and operator == "-"):
            return Duration(*result)
        if both == (True, False) or (both == (False, True) and operator == "+"):
            return Timestamp(*result)
    raise CelError(f"no {operator} of {kind} and {other}")


def negate(value):
    kind = type_of(value)
    if kind == "int":
        return checked("int", -value)
    if kind == "double":
        return -value
    raise CelError(f"no - of {kind}")


def contains(container, item, watch):
    if isinstance(container, Map):
        return container.get(item, watch)[0]
    if isinstance(container, list):
        return any([equal(item, element, watch) for element in container])
    raise CelError("in takes a list or a map")


def index(container, key, watch):
    if isinstance(container, Map):
        found, value = container.get(key, watch)
        if not found:
            raise CelError("no such key")
        return value
    if isinstance(container, list) and type_of(key) in NUMBERS and key == int(key):
        if 0 <= key < len(container):
            return container[int(key)]
        raise CelError("index out of range")
    raise CelError("no such index")


def offset_of_zone(text):
    """Nanoseconds east of UTC; named zones need data from the host, which there is none of."""
    if text in ("UTC", "Z", "Etc/UTC"):
        return 0
    match = re.fullmatch(r"([+-]?)(\d{2}):(\d{2})", text, re.ASCII)
    if not match or int(match.group(2)) > 23 or int(match.group(3)) > 59:
        raise CelError("unknown time zone")
    seconds = int(match.group(2)) * 3600 + int(match.group(3)) * 60
    return (-seconds if match.group(1) == "-" else seconds) * 10**9


DAY_NS, HOUR_NS, MINUTE_NS, SECOND_NS, MILLI_NS = 86400 * 10**9, 3600 * 10**9, 60 * 10**9, 10**9, 10**6
# Field of a timestamp: the unit at whose boundaries it may change, and how it is read.
TIMESTAMP_FIELDS = {
    "getFullYear": (DAY_NS, lambda day, rest: day.year),
    "getMonth": (DAY_NS, lambda day, rest: day.month - 1),
    "getDate": (DAY_NS, lambda day, rest: day.day),
    "getDayOfMonth": (DAY_NS, lambda day, rest: day.day - 1),
    "getDayOfWeek": (DAY_NS, lambda day, rest: day.isoweekday() % 7),
    "getDayOfYear": (DAY_NS, lambda day, rest: day.timetuple().tm_yday - 1),
    "getHours": (HOUR_NS, lambda day, rest: rest // HOUR_NS),
    "getMinutes": (MINUTE_NS, lambda day, rest: rest // MINUTE_NS % 60),
    "getSeconds": (SECOND_NS, lambda day, rest: rest // SECOND_NS % 60),
    "getMilliseconds": (MILLI_NS, lambda day, rest: rest // MILLI_NS % 1000),
}
DURATION_FIELDS = {"getHours": HOUR_NS, "getMinutes": MINUTE_NS, "getSeconds": SECOND_NS, "getMilliseconds": MILLI_NS}


def calendar_field(name, value, zone, watch):
    if isinstance(value, Duration) and name in DURATION_FIELDS and zone is None:
        unit = DURATION_FIELDS[name]
        watch.boundary(value, 0, unit)
        amount = abs(value.nanoseconds) // unit * (-1 if value.nanoseconds < 0 else 1)
        if name == "getMilliseconds":
            amount = abs(value.nanoseconds) % SECOND_NS // MILLI_NS * (-1 if value.nanoseconds < 0 else 1)
        return amount
    if not isinstance(value, Timestamp):
        raise CelError(f"no {name} of {type_of(value)}")
    if zone is not None and not isinstance(zone, str):
        raise CelError("a time zone is text")
    shift = offset_of_zone(zone) if zone is not None else 0
    unit, read = TIMESTAMP_FIELDS[name]
    watch.boundary(value, shift, unit)
    days, rest = divmod(value.nanoseconds + shift, DAY_NS)
    try:
        return read(EPOCH + timedelta(days=days), rest)
    except OverflowError:
        raise CelError("timestamp out of range") from None


def text_of_double(value):
    if value != value:
        return "NaN"
    if value in (float("inf"), float("-inf")):
        return "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


def text_of_duration(value):
    seconds, fraction = divmod(abs(value.nanoseconds), 10**9)
    text = str(seconds) + (("." + f"{fraction:09d}".rstrip("0")) if fraction else "") + "s"
    return ("-" if value.nanoseconds < 0 else "") + text


def convert(name, value):
    """The conversion functions."""
    kind = type_of(value)
    try:
        if name == "dyn":
            return value
        if name == "type":
            return TypeName(kind)
        if name in ("int", "uint"):
            if kind in ("int", "uint"):
                return checked(name, int(value))
            if kind == "double":
                if value != value or abs(value) >= 2**64 or (name == "int" and not -(2**63) < value < 2**63):
                    raise CelError("double out of range")
                return checked(name, int(value))
            if kind == "string" and re.fullmatch(r"-?\d+" if name == "int" else r"\d+", value, re.ASCII):
                return checked(name, int(value))
            if name == "int" and isinstance(value, Timestamp):
                return value.nanoseconds // 10**9
            if name == "int" and isinstance(value, Duration):
                return abs(value.nanoseconds) // 10**9 * (-1 if value.nanoseconds < 0 else 1)
        if name == "double":
            if kind in NUMBERS or (kind == "string" and value.strip() == value and "_" not in value):
                return float(value)
        if name == "bool":
            if kind == "bool":
                return value
            if kind == "string" and value in ("1", "t", "T", "true", "TRUE", "True"):
                return True
            if kind == "string" and value in ("0", "f", "F", "false", "FALSE", "False"):
                return False
        if name == "bytes" and kind in ("bytes", "string"):
            return value if kind == "bytes" else value.encode()
        if name == "string":
            if kind == "string":
                return value
            if kind == "bool":
                return "true" if value else "false"
            if kind in ("int", "uint"):
                return str(int(value))
            if kind == "double":
                return text_of_double(value)
            if kind == "bytes":
                return value.decode()
            if isinstance(value, Timestamp):
                return format_nanoseconds(value.nanoseconds)
            if isinstance(value, Duration):
                return text_of_duration(value)
        if name == "timestamp":
            if isinstance(value, Timestamp):
                return value
            if kind == "string":
                return Timestamp(parse_nanoseconds(value))
            if kind == "int":
                return Timestamp(value * 10**9)
        if name == "duration":
            if isinstance(value, Duration):
                return value
            if kind == "string":
                return Duration(parse_cel_duration(value))
            if kind == "int":
                return Duration(value * 10**9)
    except (ValueError, UnicodeDecodeError) as problem:
        raise CelError(str(problem)) from None
    raise CelError(f"no {name}() of {kind}")


def size(value):
    if isinstance(value, (str, bytes, list)):
        return len(value)
    if isinstance(value, Map):
        return len(value.pairs)
    raise CelError(f"no size of {type_of(value)}")


def text_function(name, target, argument):
    if not isinstance(target, str) or not isinstance(argument, str):
        raise CelError(f"{name} takes text")
    if name == "contains":
        return argument in target
    if name == "startsWith":
        return target.startswith(argument)
    if name == "endsWith":
        return target.endswith(argument)
    try:
        return re.search(argument, target) is not None
    except re.error as problem:
        raise CelError(f"bad pattern: {problem}") from None


def from_json(value):
    """A JSON value (as json.loads with lines.py's number rule gives it) as a CEL value (E4)."""
    if isinstance(value, dict):
        return Map([(key, from_json(item)) for key, item in value.items()])
    if isinstance(value, list):
        return [from_json(item) for item in value]
    return value


def to_json(value):
    """A CEL value as JSON, for `explain`."""
    if isinstance(value, list):
        return [to_json(item) for item in value]
    if isinstance(value, Map):
        return {str(key): to_json(item) for key, item in value.pairs}
    if value is None or isinstance(value, (bool, int, float, str)):
        return int(value) if isinstance(value, Unsigned) else value
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if isinstance(value, TypeName):
        return value.name
    return convert("string", value)
