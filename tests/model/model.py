#!/usr/bin/env python3
"""A naive model of the engine: reads the line protocol, writes its output lines, as `playbook run` does.

    model.py [run] [--deliver LIST] [--until TIME] [FILE...]

It is a second, independent reading of SPEC, written to be obviously right and not fast: memberships,
exits and due things are looked for from scratch in plain lists.  compare.py runs it against the
program on random scenarios.  Each module lists the readings it chose where SPEC leaves a choice.

    timetext.py     times and durations as text
    celparse.py     CEL: text to tree          celvalues.py   CEL: values and operators
    conditions.py   checks, evaluation and flip times of conditions
    definitions.py  definitions and their checks
    world.py        the things an engine holds  engine.py     what happens to them
    inputs.py       what each input does        lines.py      the line protocol
"""

import argparse
import json
import sys

from engine import Engine
from lines import Protocol
from timetext import parse_duration, parse_time


def parse_answers(text):
    """The LIST of --deliver."""
    answers = text.split(",")
    for answer in answers:
        outcome, _, detail = answer.partition(":")
        if outcome not in ("sent", "accepted", "retry", "failed"):
            raise ValueError(f"unknown answer {answer}")
        if outcome == "retry" and detail:
            parse_duration(detail)
    return answers


class Run:
    """One run of the model; outputs can be taken after each line."""

    def __init__(self, answers=("sent",)):
        self.engine = Engine(answers)
        self.protocol = Protocol(self.engine)

    def feed(self, raw):
        """Feeds one line; returns the output lines it gave."""
        before = len(self.engine.outputs)
        self.protocol.feed(raw)
        return self.engine.outputs[before:]

    def until(self, time):
        before = len(self.engine.outputs)
        self.engine.advance(time)
        return self.engine.outputs[before:]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--deliver", default="sent")
    parser.add_argument("--until")
    parser.add_argument("files", nargs="*")
    words = sys.argv[1:]
    arguments = parser.parse_args(words[1:] if words[:1] == ["run"] else words)
    run = Run(parse_answers(arguments.deliver))

    def show(lines):
        for line in lines:
            print(json.dumps(line, ensure_ascii=False, separators=(",", ":")))

    streams = [open(name, "rb") for name in arguments.files] or [sys.stdin.buffer]
    for stream in streams:
        for raw in stream:
            show(run.feed(raw.rstrip(b"\r\n")))
    if arguments.until:
        text = arguments.until
        show(run.until(parse_time(int(text) if text.lstrip("-").isdigit() else text)))


if __name__ == "__main__":
    main()
