#!/usr/bin/env python3
"""Compares the program with the naive model on random scenarios.

    compare.py --program PATH [--seeds A..B] [--cut] [--keep-going] [--jobs N] [--shrink] [FILE...]

For each seed a scenario is generated, and the model and `PATH run --deliver LIST` must give the same
output lines in the same order.  Not compared: the value of a message's `key` (but it must be the same
in all lines of a message and differ between messages), the text of errors, and, unless --strict-paths,
the `path` of an error beyond `/batch/i` and its `column`.

--cut      each scenario is run again with `advance` lines put between its lines; the outputs must not change (T3)
--shrink   makes a failing scenario as small as it can and writes it to --output as SEED.ndjson
FILE       scenarios to compare instead of seeds (first line `#deliver LIST`; lines with # are left out)

Ends with the line `N passed, N failed`; the exit status is 1 where something failed.
"""

import argparse
import json
import multiprocessing
import os
import random
import subprocess
import sys

import generate
from definitions import Refused
from lines import Input
from model import Run, parse_answers
from timetext import format_time, parse_time

TIMEOUT = 20  # seconds, for one run of the program


# ---- running


def run_model(deliver, lines):
    """Outputs of the model, and for each the number of the line that gave it."""
    run = Run(parse_answers(deliver))
    outputs, owners = [], []
    for number, line in enumerate(lines, 1):
        for output in run.feed(line.encode("utf-8", "surrogatepass")):
            # Through JSON, so that both sides have been written and read.
            outputs.append(json.loads(json.dumps(output)))
            owners.append(number)
    return outputs, owners


def run_program(program, deliver, lines):
    """(outputs, complaint or None)"""
    text = "".join(line + "\n" for line in lines).encode("utf-8", "surrogatepass")
    try:
        done = subprocess.run(
            [program, "run", "--deliver", deliver], input=text, capture_output=True, timeout=TIMEOUT, check=False
        )
    except subprocess.TimeoutExpired:
        return [], f"the program did not end within {TIMEOUT} s"
    except OSError as problem:
        return [], f"the program could not be run: {problem}"
    outputs = []
    for line in done.stdout.decode("utf-8", "replace").splitlines():
        try:
            outputs.append(json.loads(line))
        except ValueError:
            return outputs, f"not JSON: {line}"
    if done.returncode < 0 or b"Sanitizer" in done.stderr or b"runtime error" in done.stderr:
        return outputs, f"the program ended with {done.returncode}: {done.stderr.decode('utf-8', 'replace')[-3000:]}"
    return outputs, None


# ---- comparing


def same(left, right):
    """JSON equality: numbers by value, true is not 1."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return left == right
    if type(left) is not type(right):
        return False
    if isinstance(left, dict):
        return left.keys() == right.keys() and all(same(left[name], right[name]) for name in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(same(a, b) for a, b in zip(left, right))
    return left == right


DEFINITION_CODES = ("bad_definition", "unknown_member", "bad_condition")


def either_mistake(left, right):
    """A definition that is wrong in two places may be told for either: the specification gives no order."""
    if left is None or right is None:
        return False
    errors = all(each.get("type") == "error" and each.get("code") in DEFINITION_CODES for each in (left, right))
    return errors and left.get("path") != right.get("path")


def comparable(output, strict_paths, line_numbers=None):
    """An output line without what is not compared; `line_numbers` maps error lines back."""
    output = dict(output)
    if output.get("type") == "message" and isinstance(output.get("key"), str):
        output["key"] = "…"
    if output.get("type") == "error":
        output["message"] = "…" if output.get("message") else None
        if not strict_paths:
            output.pop("column", None)
            path = str(output.pop("path", "")).split("/")
            if path[:2] == ["", "batch"]:
                output["path"] = "/".join(path[:3])
        if line_numbers and isinstance(output.get("line"), int) and 1 <= output["line"] <= len(line_numbers):
            output["line"] = line_numbers[output["line"] - 1]
    if output.get("type") == "explanation" and isinstance(output.get("checks"), list):
        output["checks"] = [
            {**check, "error": "…"} if isinstance(check, dict) and check.get("error") else check
            for check in output["checks"]
        ]
    return output


def key_complaint(outputs):
    """O7: the key of a message is the same in all its lines and no other message's."""
    keys, owners = {}, {}
    for output in outputs:
        if output.get("type") == "message":
            number, key = output.get("message"), output.get("key")
            if keys.setdefault(number, key) != key:
                return f"message {number} has two keys"
            if owners.setdefault(key, number) != number:
                return f"key {key} belongs to two messages"
    return None


def first_difference(expected, owners, got, lines, strict_paths, line_numbers=None):
    """A text that shows the first difference, or None.  `lines` are those the model was given."""
    for position in range(max(len(expected), len(got))):
        wanted = comparable(expected[position], strict_paths) if position < len(expected) else None
        given = comparable(got[position], strict_paths, line_numbers) if position < len(got) else None
        if wanted is not None and given is not None and same(wanted, given):
            continue
        if position < min(len(expected), len(got)) and either_mistake(expected[position], got[position]):
            continue
        owner = owners[position] if position < len(owners) else len(lines)
        out = [f"first difference at output {position + 1}, while line {owner} is worked on:"]
        for number in range(max(1, owner - 2), owner + 1):
            out.append(f"  line {number}: {lines[number - 1][:1500]}")
        for before in range(max(0, position - 4), position):
            out.append("  both:    " + json.dumps(expected[before], ensure_ascii=False))
        for name, side in (("model:   ", expected), ("program: ", got)):
            shown = side[position : position + 3]
            out += [f"  {name}" + json.dumps(line, ensure_ascii=False) for line in shown] or [f"  {name}(nothing more)"]
        return "\n".join(out)
    return key_complaint(got)


def cut(seed, lines, outputs):
    """The lines with `advance` lines put between them, and for each the number of the line it was."""
    r = random.Random(f"cut {seed}")
    moments = sorted({parse_time(output["at"]) for output in outputs})
    result, numbers, now = [], [], 0
    for number, line in enumerate(lines, 1):
        time = receive_time(line)
        if time is not None and time > now:
            if number > 1:  # from 1970 to the first line would be long
                between = [moment + r.choice([-1, 0, 0, 1]) for moment in moments if now < moment <= time]
                chosen = r.sample(between, min(len(between), r.randint(0, 3)))
                chosen += [r.randint(now, time) for _ in range(r.randint(0, 2))] + ([time] if r.random() < 0.3 else [])
                for moment in sorted(chosen):
                    if now <= moment <= time:
                        result.append(json.dumps({"type": "advance", "timestamp": format_time(moment)}))
                        numbers.append(number)
            now = time
        result.append(line)
        numbers.append(number)
    return result, numbers


def receive_time(line):
    """The time to which a line first advances, or None."""
    if len(line.encode("utf-8", "surrogatepass")) > 1 << 20:
        return None  # it is refused before its time is read
    try:
        value = json.loads(line)
        if isinstance(value, dict) and value.get("type") == "batch" and isinstance(value.get("batch"), list):
            # Its items are inputs of their own; only what the first of them has surely comes first.
            first = (value["batch"] or [{}])[0]
            if not isinstance(first, dict) or any(item.get("type") in ("define", "undefine") for item in value["batch"] if isinstance(item, dict)):
                return None
            times = {name: value[name] for name in ("timestamp", "receivedAt") if name in value}
            value = {"type": "batch", **times, **first}
        return Input(value).received
    except (ValueError, Refused):
        return None


class Comparison:
    """Compares one scenario; everything an attempt needs, so that shrinking can repeat it."""

    def __init__(self, arguments):
        self.program = os.path.abspath(arguments.program)
        self.strict_paths = arguments.strict_paths

    def difference(self, deliver, lines):
        expected, owners = run_model(deliver, lines)
        got, complaint = run_program(self.program, deliver, lines)
        found = first_difference(expected, owners, got, lines, self.strict_paths)
        return "\n".join(text for text in (found, complaint) if text) or None, expected

    def difference_when_cut(self, seed, deliver, lines, expected):
        pieces, numbers = cut(seed, lines, expected)
        got, complaint = run_program(self.program, deliver, pieces)
        owners = run_model(deliver, lines)[1]
        found = first_difference(expected, owners, got, lines, self.strict_paths, numbers)
        found = "\n".join(text for text in (found, complaint) if text) or None
        return ("with advances put in between: " + found if found else None), pieces

    def shrink(self, deliver, lines):
        """Removes lines as long as a difference remains (delta debugging)."""
        size = max(1, len(lines) // 2)
        while True:
            position, removed = 0, False
            while position < len(lines):
                fewer = lines[:position] + lines[position + size :]
                if fewer and self.difference(deliver, fewer)[0]:
                    lines, removed = fewer, True
                else:
                    position += size
            if size == 1 and not removed:
                return self.shrink_batches(deliver, lines)
            if not removed or size > 1:
                size = max(1, size // 2)

    def shrink_batches(self, deliver, lines):
        """Removes items of batches that are not needed."""
        for position, line in enumerate(lines):
            item = 0
            while line.startswith('{"type": "batch", "batch": [') and item < len(json.loads(line)["batch"]):
                value = json.loads(line)
                del value["batch"][item]
                fewer = lines[:position] + [json.dumps(value, ensure_ascii=False)] + lines[position + 1 :]
                if self.difference(deliver, fewer)[0]:
                    lines, line = fewer, fewer[position]
                else:
                    item += 1
        return lines


def compare_one(job):
    """(name, passed, report)"""
    arguments, name = job
    comparison = Comparison(arguments)
    if isinstance(name, int):
        deliver, lines = generate.generate(name)
    else:
        deliver, lines = read_scenario(name)
    found, expected = comparison.difference(deliver, lines)
    if not found and arguments.cut:
        found, pieces = comparison.difference_when_cut(name, deliver, lines, expected)
        if found:
            lines = pieces
    if not found:
        return name, True, None
    report = f"{name} differs (--deliver {deliver}): {found}"
    if arguments.shrink and comparison.difference(deliver, lines)[0]:
        lines = comparison.shrink(deliver, lines)
        path = os.path.join(arguments.output, f"{os.path.basename(str(name))}.ndjson")
        os.makedirs(arguments.output, exist_ok=True)
        with open(path, "w", encoding="utf-8") as file:
            file.write("".join(line + "\n" for line in ["#deliver " + deliver] + lines))
        report += f"\nmade smaller, {len(lines)} lines in {path}:\n" + comparison.difference(deliver, lines)[0]
    return name, False, report


def read_scenario(path):
    with open(path, encoding="utf-8") as file:
        text = file.read().splitlines()
    deliver = next((line.split(None, 1)[1] for line in text if line.startswith("#deliver ")), "sent")
    return deliver, [line for line in text if not line.startswith("#")]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", required=True)
    parser.add_argument("--seeds", default="1..100", help="A..B, both included")
    parser.add_argument("--cut", action="store_true")
    parser.add_argument("--keep-going", action="store_true")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--shrink", action="store_true")
    parser.add_argument("--output", default="failing", help="folder for what --shrink writes")
    parser.add_argument("--strict-paths", action="store_true")
    parser.add_argument("files", nargs="*")
    arguments = parser.parse_args()
    first, _, last = arguments.seeds.partition("..")
    names = arguments.files or range(int(first), int(last or first) + 1)
    jobs = ((arguments, name) for name in names)
    passed = failed = 0
    pool = multiprocessing.Pool(arguments.jobs) if arguments.jobs > 1 else None
    try:
        for name, good, report in pool.imap_unordered(compare_one, jobs) if pool else map(compare_one, jobs):
            if good:
                passed += 1
                continue
            failed += 1
            print(report, flush=True)
            if not arguments.keep_going:
                break
    finally:
        if pool:
            pool.terminate()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
