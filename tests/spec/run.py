#!/usr/bin/env python3
"""Runs the specification scenarios against `playbook run`.

usage: run.py [--program PATH] [--cut] [--lint] [FILE or folder ...]

A scenario is a text file of lines:
  # text              a comment; the first one says what is shown
  #deliver LIST       the --deliver option of the run
  #until TIME         the --until option of the run
  #include FILE       the lines of another file, named from this folder
  {...}               an input line
  ! text              an input line whose rest is fed as it stands; `!` alone feeds an empty line
  > {...}             an expected output, after the input line that causes it

In input and expected lines `@{text*N}` stands for N times the text, and `@{hex:ff00}` for those bytes.

Expected outputs have no `seq` (it must count from 1 without holes). All other members are compared exactly, except:
  at                  may be left out: the `at` of the expected line before or the time of the input above, whichever is later
  key (message)       may be left out (a message always has one key, and two messages never the same)
  line (error)        may be left out: the input line just above
  message (error)     is left out; it must be there and not be empty
  path, column (error)  may be left out, then not compared
  error (explanation check)  is any text that is not empty
Each scenario runs twice, and both runs must give the same bytes (T1). With --cut it runs once more with `advance` lines put
between the input lines, and must give the same outputs (T3). --lint only checks the files.
"""
import argparse
import calendar
import concurrent.futures
import json
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
DEFAULT_PROGRAM = HERE.parent.parent / "build" / "examples" / "playbook"
TIME_LIMIT_SECONDS = 60
LINE_LIMIT = 1 << 20

# Members of each output type: needed, and possible besides.
OUTPUTS = {
    "defined": ({"kind"}, {"key", "version", "members"}),
    "duplicate": ({"messageId"}, set()),
    "error": ({"code"}, {"line", "path", "column"}),
    "tagged": ({"userId", "persona"}, set()),
    "untagged": ({"userId", "persona"}, set()),
    "entered": ({"segment"}, {"userId", "groupId"}),
    "left": ({"segment"}, {"userId", "groupId"}),
    "enrolled": ({"enrollment", "playbook", "version"}, {"userId", "groupId", "branch", "sender", "sender_by"}),
    "not_enrolled": ({"playbook", "reason"}, {"userId", "groupId"}),
    "step": ({"enrollment", "step", "outcome"}, set()),
    "task": ({"task", "enrollment", "playbook", "state", "title"}, {"userId", "groupId", "assignee", "due"}),
    "message": ({"message", "enrollment", "playbook", "state", "channel", "template"},
                {"userId", "groupId", "to", "sender", "key", "attempt", "reason"}),
    "assigned": ({"groupId", "role", "user"}, set()),
    "exited": ({"enrollment", "playbook", "reason"}, {"userId", "groupId"}),
    "explanation": ({"playbook", "enrolls", "checks"}, {"userId", "groupId"}),
}
WITH_SUBJECT = {"entered", "left", "enrolled", "not_enrolled", "task", "message", "exited", "explanation"}
WORDS = {
    ("error", "code"): set("bad_json bad_input bad_timestamp unknown_type unknown_subject unknown_key unknown_message unknown_task "
                           "unknown_member bad_definition bad_condition bad_state in_use exists too_large".split()),
    ("enrolled", "sender_by"): {"pinned", "sticky", "rotation"},
    ("not_enrolled", "reason"): set("inactive archived paused suppressed already_enrolled reentry filtered exit_met no_branch "
                                    "no_sender".split()),
    ("step", "outcome"): {"run", "skipped"},
    ("task", "state"): {"open", "completed", "cancelled"},
    ("message", "state"): {"pending", "approved", "sending", "sent", "failed", "cancelled"},
    ("exited", "reason"): set("completed goal left unenrolled sender_removed archived deleted skipped".split()),
}
CHECKS = "inactive archived paused suppressed already_enrolled reentry filtered exit_met no_branch no_sender".split()


class BadScenario(Exception):
    pass


# --- time ---

TIME_PATTERN = re.compile(r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))$")


def read_time(value):
    """Microseconds since 1970 of a timestamp member, or None if it cannot be read."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value * 1000
    if not isinstance(value, str):
        return None
    found = TIME_PATTERN.match(value)
    if not found:
        return None
    year, month, day, hour, minute, second = (int(found.group(index)) for index in range(1, 7))
    if not (1 <= month <= 12 and 1 <= day <= calendar.monthrange(max(year, 1), month)[1] and hour < 24 and minute < 60 and second < 60):
        return None
    seconds = calendar.timegm((year, month, day, hour, minute, second))
    if found.group(8):
        shift = int(found.group(9)) * 3600 + int(found.group(10)) * 60
        seconds += -shift if found.group(8) == "+" else shift
    return seconds * 1000000 + int((found.group(7) or "")[:6].ljust(6, "0"))


def write_time(microseconds):
    """RFC 3339 in UTC, a fraction only where it is not zero, shortest form."""
    seconds, fraction = divmod(microseconds, 1000000)
    days, rest = divmod(seconds, 86400)
    # Civil date from days since 1970, for any year.
    shifted = days + 719468
    era, day_of_era = divmod(shifted, 146097)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36524 - day_of_era // 146096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    month_index = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * month_index + 2) // 5 + 1
    month = month_index + 3 if month_index < 10 else month_index - 9
    year = year_of_era + era * 400 + (1 if month <= 2 else 0)
    text = f"{year:04}-{month:02}-{day:02}T{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}"
    if fraction:
        text += f".{fraction:06}".rstrip("0")
    return text + "Z"


# --- reading scenarios ---

def expand(text):
    """The bytes of a line, with its @{...} written out."""
    def replace(found):
        body = found.group(1)
        if body.startswith("hex:"):
            return bytes.fromhex(body[4:]).decode("utf-8", "surrogateescape")
        part, star, times = body.rpartition("*")
        if not star or not times.isdigit():
            raise BadScenario(f"cannot read @{{{body}}}")
        return part * int(times)
    return re.sub(r"@\{(.*?\*\d+|hex:[0-9a-f]+)\}", replace, text).encode("utf-8", "surrogateescape")


class Input:
    def __init__(self, where, text, raw):
        self.where = where
        self.bytes = expand(text)
        self.raw = raw
        self.line = 0              # counted from 1 over all inputs
        self.times = []            # receive times of its items that can be read
        self.all_times_readable = False  # every item has a time, so that advances may go before it
        if not raw and len(self.bytes) <= LINE_LIMIT:
            self.read_times()

    def read_times(self):
        try:
            value = json.loads(self.bytes)
        except ValueError:
            raise BadScenario(f"{self.where}: input is not JSON; feed bad input with `! `")
        if not isinstance(value.get("type"), str):
            return
        items = [value]
        if value["type"] == "batch" and isinstance(value.get("batch"), list) and value["batch"]:
            items = []
            for item in value["batch"]:
                if isinstance(item, dict) and isinstance(item.get("type"), str):
                    item = dict(item)
                    for name in ("timestamp", "receivedAt"):
                        if name in value:
                            item.setdefault(name, value[name])
                    items.append(item)
                else:
                    items.append(None)
        readable = True
        for item in items:
            if item is None:
                readable = False
                continue
            given = [read_time(item[name]) for name in ("receivedAt", "timestamp") if name in item]
            if None in given:
                readable = False
            elif given:
                self.times.append(given[0])
            else:
                readable = False
        self.all_times_readable = readable and bool(self.times)


class Expected:
    def __init__(self, where, text, now, previous_line):
        self.where = where
        self.text = text
        try:
            self.value = json.loads(expand(text))
        except ValueError as error:
            raise BadScenario(f"{where}: expected line is not JSON: {error}")
        value = self.value
        if not isinstance(value, dict):
            raise BadScenario(f"{where}: expected line is not an object")
        self.at = read_time(value["at"]) if "at" in value else now
        if self.at is None:
            raise BadScenario(f"{where}: `at` cannot be read")
        if "at" in value and write_time(self.at) != value["at"]:
            raise BadScenario(f"{where}: `at` is not in the shortest form, {write_time(self.at)}")
        value["at"] = write_time(self.at)
        if value.get("type") == "error":
            value.setdefault("line", previous_line)
        self.check()

    def check(self):
        value, where = self.value, self.where
        kind = value.get("type")
        if kind not in OUTPUTS:
            raise BadScenario(f"{where}: unknown output type {kind!r}")
        needed, possible = OUTPUTS[kind]
        members = set(value) - {"type", "at"}
        if not needed <= members:
            raise BadScenario(f"{where}: lacks {sorted(needed - members)}")
        if not members <= needed | possible:
            raise BadScenario(f"{where}: unknown members {sorted(members - needed - possible)}")
        if kind in WITH_SUBJECT and ("userId" in value) == ("groupId" in value):
            raise BadScenario(f"{where}: needs one of userId and groupId")
        for (of_kind, member), words in WORDS.items():
            if of_kind == kind and member in value and value[member] not in words:
                raise BadScenario(f"{where}: {member} cannot be {value[member]!r}")
        if kind == "explanation" and [check["check"] for check in value["checks"]] != CHECKS:
            raise BadScenario(f"{where}: the checks are not the ten in their order")
        if kind == "message":
            if (value["state"] == "sending" or value["state"] == "sent") and "attempt" not in value:
                raise BadScenario(f"{where}: attempt is missing")
            if value["state"] in ("pending", "approved") and "attempt" in value:
                raise BadScenario(f"{where}: attempt cannot be here")
            if value["state"] == "cancelled" and "reason" not in value:
                raise BadScenario(f"{where}: reason is missing")


class Scenario:
    def __init__(self, path):
        self.path = path
        self.name = str(path)
        try:
            self.name = str(path.resolve().relative_to(HERE))
        except ValueError:
            pass
        self.deliver = None
        self.until = None
        self.inputs = []
        self.expected = []
        self.now = 0
        self.at = 0
        self.title = None
        self.read(path)
        if not self.title:
            raise BadScenario(f"{self.name}: the first comment is missing")
        if not self.inputs:
            raise BadScenario(f"{self.name}: no inputs")

    def read(self, path):
        for number, text in enumerate(path.read_text("utf-8").split("\n"), 1):
            where = f"{path.name}:{number}"
            if text.startswith("#deliver "):
                self.deliver = text[9:].strip()
            elif text.startswith("#until "):
                self.until = text[7:].strip()
                if read_time(self.until) is None:
                    raise BadScenario(f"{where}: time cannot be read")
            elif text.startswith("#include "):
                self.read(HERE / text[9:].strip())
            elif text.startswith("#"):
                self.title = self.title or text[1:].strip()
            elif text.startswith("{") or text == "!" or text.startswith("! "):
                raw = text.startswith("!")
                line = Input(where, text[2:] if raw else text, raw)
                self.inputs.append(line)
                line.line = len(self.inputs)
                self.now = max([self.now] + line.times)
            elif text.startswith("> "):
                line = self.inputs[-1].line if self.inputs else 0
                expected = Expected(where, text[2:], max(self.now, self.at), line)
                if expected.at < self.at:
                    raise BadScenario(f"{where}: `at` goes back")
                self.at = expected.at
                self.expected.append(expected)
            elif text.strip():
                raise BadScenario(f"{where}: cannot read this line")

    def options(self):
        options = []
        if self.deliver:
            options += ["--deliver", self.deliver]
        if self.until:
            options += ["--until", self.until]
        return options

    def plain(self):
        """The input as bytes, and for each fed line the number of the scenario's own input line."""
        return b"".join(line.bytes + b"\n" for line in self.inputs), [line.line for line in self.inputs]

    def cut(self):
        """The same with advances between the lines, never past the next line's receive time."""
        fed, numbers, now = [], [], 0
        output_times = sorted({line.at for line in self.expected})

        def advance_towards(end, number):
            wanted = {now + (end - now) // 3, now + (end - now) // 2, end - 1, end}
            inside = [time for time in output_times if now < time <= end]
            for time in inside[:8] + inside[-4:]:
                wanted |= {time - 1, time, time + 1}
            for time in sorted(wanted):
                if now < time <= end:
                    fed.append(('{"type":"advance","timestamp":"%s"}' % write_time(time)).encode())
                    numbers.append(number)

        for line in self.inputs:
            if line.all_times_readable and min(line.times) > now:
                advance_towards(min(line.times), line.line)
            now = max([now] + line.times)
            fed.append(line.bytes)
            numbers.append(line.line)
        if self.until and read_time(self.until) > now:
            advance_towards(read_time(self.until), len(self.inputs))
        return b"".join(line + b"\n" for line in fed), numbers


# --- comparing ---

def same(left, right):
    """JSON equality: 1 equals 1.0, true does not equal 1."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(same(left[name], right[name]) for name in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return left == right
    return type(left) is type(right) and left == right


def trimmed(expected, got):
    """The output without what is not compared with this expected line, or None if something is amiss."""
    got = {name: value for name, value in got.items() if name != "seq"}
    kind = got.get("type")
    if kind == "error":
        if not isinstance(got.get("message"), str) or not got["message"]:
            return None
        del got["message"]
        for name in ("path", "column"):
            if name not in expected:
                got.pop(name, None)
    elif kind == "message" and "key" not in expected:
        got.pop("key", None)
    elif kind == "explanation":
        wanted = expected.get("checks")
        if isinstance(wanted, list) and isinstance(got.get("checks"), list) and len(wanted) == len(got["checks"]):
            checks = []
            for one, other in zip(wanted, got["checks"]):
                if isinstance(other, dict) and "error" in one and isinstance(other.get("error"), str) and other["error"]:
                    other = dict(other, error=one["error"])
                checks.append(other)
            got["checks"] = checks
    return got


def compare(scenario, outputs, numbers):
    """None, or what differs first."""
    keys, messages = {}, {}
    for index in range(max(len(scenario.expected), len(outputs))):
        wanted = scenario.expected[index] if index < len(scenario.expected) else None
        text = outputs[index] if index < len(outputs) else None

        def differs(why):
            lines = [why]
            for before in range(max(0, index - 3), min(index, len(outputs))):
                lines.append("       " + shown(outputs[before]))
            if wanted:
                lines.append(f"  want {shown(json.dumps(wanted.value, ensure_ascii=False, separators=(',', ':')))}   ({wanted.where})")
            else:
                lines.append("  want no further line")
            lines.append("  got  " + (shown(text) if text is not None else "no further line"))
            for after in range(index + 1, min(index + 3, len(outputs))):
                lines.append("  then " + shown(outputs[after]))
            return "\n".join(lines)

        if text is None or wanted is None:
            return differs("too few lines" if text is None else "too many lines")
        try:
            got = json.loads(text)
        except ValueError:
            return differs("an output is not JSON")
        if not isinstance(got, dict):
            return differs("an output is not an object")
        if got.get("seq") is True or got.get("seq") != index + 1:
            return differs(f"seq is not {index + 1}")
        if got.get("type") == "error" and isinstance(got.get("line"), int) and 1 <= got["line"] <= len(numbers):
            got["line"] = numbers[got["line"] - 1]
        if got.get("type") == "message":
            key, message = got.get("key"), got.get("message")
            if not isinstance(key, str) or not key:
                return differs("a message has no key")
            if keys.setdefault(key, message) != message or messages.setdefault(message, key) != key:
                return differs("the key of a message changed or is another message's")
        compared = trimmed(wanted.value, got)
        if compared is None or not same(wanted.value, compared):
            return differs(f"line {index + 1} of the output differs")
    return None


def shown(text):
    return text if len(text) <= 600 else text[:400] + f"... ({len(text)} characters)"


# --- running ---

def run_program(program, scenario, data):
    """The output bytes, or a failure text."""
    try:
        done = subprocess.run([str(program), "run"] + scenario.options(), input=data, capture_output=True, timeout=TIME_LIMIT_SECONDS)
    except subprocess.TimeoutExpired:
        return None, f"did not end within {TIME_LIMIT_SECONDS} s"
    except OSError as error:
        return None, f"cannot be run: {error}"
    errors = done.stderr.decode("utf-8", "replace")
    if done.returncode < 0 or "Sanitizer" in errors or "runtime error" in errors:
        return done.stdout, f"ended with {done.returncode}: {errors[:2000]}"
    return done.stdout, None


def run_scenario(program, scenario, with_cuts):
    runs = [("", scenario.plain())]
    if with_cuts:
        runs.append((" with cuts", scenario.cut()))
    first = None
    for name, (data, numbers) in runs:
        output, failure = run_program(program, scenario, data)
        if failure:
            return f"{scenario.name}{name}: {failure}"
        difference = compare(scenario, output.decode("utf-8", "replace").splitlines(), numbers)
        if difference:
            return f"{scenario.name}{name}: {difference}"
        if first is None:
            first = output
            again, failure = run_program(program, scenario, data)
            if failure or again != first:
                return f"{scenario.name}: a second run gave other bytes"
    return None


def all_files(given):
    places = [pathlib.Path(name) for name in given] or [HERE]
    files = []
    for place in places:
        if place.is_dir():
            files += [path for path in place.rglob("*.txt") if path.parent.name != "common" and path.name != "rules.txt"]
        else:
            files.append(place)
    return sorted(files)


def main():
    parser = argparse.ArgumentParser(description="Runs the specification scenarios.")
    parser.add_argument("--program", default=str(DEFAULT_PROGRAM))
    parser.add_argument("--cut", action="store_true")
    parser.add_argument("--lint", action="store_true")
    parser.add_argument("files", nargs="*")
    given = parser.parse_args()
    passed, failures, scenarios = 0, [], []
    for path in all_files(given.files):
        try:
            scenarios.append(Scenario(path))
        except (BadScenario, OSError, UnicodeDecodeError) as error:
            failures.append(f"{path}: {error}")
    if given.lint:
        passed = len(scenarios)
    else:
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            for failure in pool.map(lambda scenario: run_scenario(pathlib.Path(given.program), scenario, given.cut), scenarios):
                if failure:
                    failures.append(failure)
                else:
                    passed += 1
    for failure in failures:
        print("FAILED " + failure)
    print(f"{passed} passed, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
