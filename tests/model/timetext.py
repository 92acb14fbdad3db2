"""Times and durations as text: RFC 3339 in and out, CEL duration text, `d` and `w` durations.

A time is an int of microseconds since 1970 (SPEC T2).  Durations are ints of nanoseconds while
they are CEL values and ints of microseconds where a definition holds them.
"""

import re
from datetime import datetime, timedelta, timezone

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
MICROSECOND = 1000  # in nanoseconds
SECOND = 1_000_000  # in microseconds
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
EARLIEST = -62135596800 * SECOND  # 0001-01-01T00:00:00Z
LATEST = 253402300800 * SECOND - 1  # 9999-12-31T23:59:59.999999Z
DURATION_LIMIT = 2**63 - 1  # nanoseconds

RFC3339 = re.compile(
    r"(\d{4})-(\d{2})-(\d{2})[Tt](\d{2}):(\d{2}):(\d{2})(?:\.(\d+))?([Zz]|[+-]\d{2}:\d{2})\Z", re.ASCII
)
DURATION = re.compile(r"([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:h|ms|us|µs|μs|ns|m|s))+)\Z", re.ASCII)
DURATION_PART = re.compile(r"(\d+\.?\d*|\.\d+)(h|ms|us|µs|μs|ns|m|s)", re.ASCII)
UNIT = {"h": 3600 * 10**9, "m": 60 * 10**9, "s": 10**9, "ms": 10**6, "us": 10**3, "µs": 10**3, "μs": 10**3, "ns": 1}


def parse_nanoseconds(text):
    """RFC 3339 text to nanoseconds since 1970; ValueError where it is not a time."""
    match = RFC3339.match(text)
    if not match:
        raise ValueError("not an RFC 3339 time")
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    moment = datetime(year, month, day, hour, minute, second, tzinfo=timezone.utc)
    whole = (moment - EPOCH) // timedelta(seconds=1)
    fraction = (match.group(7) or "")[:9].ljust(9, "0")
    zone = match.group(8)
    if zone not in "Zz":
        hours, minutes = int(zone[1:3]), int(zone[4:6])
        if hours > 23 or minutes > 59:
            raise ValueError("bad offset")
        offset = hours * 3600 + minutes * 60
        whole -= offset if zone[0] == "+" else -offset
    result = whole * 10**9 + int(fraction)
    if not EARLIEST * 1000 <= result <= LATEST * 1000 + 999:
        raise ValueError("time out of range")
    return result


def parse_time(value):
    """A `timestamp` of a line: RFC 3339 text or integer milliseconds, to microseconds (T2: finer digits cut off)."""
    if isinstance(value, str):
        return parse_nanoseconds(value) // 1000
    if isinstance(value, int) and not isinstance(value, bool):
        result = value * 1000
        if not EARLIEST <= result <= LATEST:
            raise ValueError("time out of range")
        return result
    raise ValueError("neither RFC 3339 text nor integer milliseconds")


def format_nanoseconds(nanoseconds):
    """RFC 3339 in UTC, a fraction only where it is not zero, shortest form."""
    seconds, fraction = divmod(nanoseconds, 10**9)
    text = (EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")
    year = text.split("-", 1)[0]
    text = text.replace(year, year.zfill(4), 1)
    if fraction:
        text += "." + f"{fraction:09d}".rstrip("0")
    return text + "Z"


def format_time(microseconds):
    return format_nanoseconds(microseconds * 1000)


def parse_cel_duration(text):
    """The text of CEL's duration() to nanoseconds."""
    match = DURATION.match(text)
    if text in ("0", "+0", "-0"):
        return 0
    if not match:
        raise ValueError("not a duration")
    total = 0
    for number, unit in DURATION_PART.findall(match.group(2)):
        whole, _, fraction = number.partition(".")
        total += int(whole or "0") * UNIT[unit]
        if fraction:
            total += int(fraction) * UNIT[unit] // 10 ** len(fraction)
    if match.group(1) == "-":
        total = -total
    if abs(total) > DURATION_LIMIT:
        raise ValueError("duration out of range")
    return total


def parse_duration(text):
    """A duration of a definition: CEL's text, or a whole number with d or w, not negative; to microseconds."""
    if not isinstance(text, str):
        raise ValueError("a duration is text")
    match = re.fullmatch(r"(\d+)([dw])", text, re.ASCII)
    if match:
        result = int(match.group(1)) * (DAY if match.group(2) == "d" else 7 * DAY)
        if result * 1000 > DURATION_LIMIT:
            raise ValueError("duration out of range")
        return result
    result = parse_cel_duration(text)
    if result < 0:
        raise ValueError("negative duration")
    return result // 1000
