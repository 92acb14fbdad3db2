"""The line protocol (SPEC L): reads one line after the other and hands it to the engine.

Readings chosen where SPEC leaves a choice:
- T4: type and times are looked at first: a line of unknown type with a bad time is bad_timestamp.
- A JSON value that is not an object, or a missing or wrong `type`, is bad_input.
- E8: a duplicate is answered before anything but type and times is looked at; the dedupe window is
  the one set when the message is seen again.
- A batch that mixes definitions and other lines, or holds a batch, is refused whole as bad_input.
- An item of a batch that is no object is bad_input at its path; the batch's own times are read first.
"""

import json

from definitions import Refused, is_key
from inputs import CONTROLS, DEFINITIONS, FACTS, apply_control, apply_definitions, apply_fact
from timetext import parse_time

LINE_LIMIT = 1 << 20


def read_json(text):
    def whole_number(digits):
        """E4: numbers without fraction or exponent that fit are int, others double."""
        value = int(digits)
        return value if -(2**63) <= value < 2**63 else float(digits)

    def refuse(name):
        raise ValueError(f"{name} is not JSON")

    return json.loads(text, parse_int=whole_number, parse_constant=refuse)


class Input:
    """One line, or one item of a batch, whose type and times could be read."""

    def __init__(self, line):
        if not isinstance(line, dict):
            raise Refused("bad_input", "expected an object")
        if not isinstance(line.get("type"), str):
            raise Refused("bad_input", "type is missing")
        self.line = line
        try:
            timestamp = parse_time(line["timestamp"]) if "timestamp" in line else None
            received = parse_time(line["receivedAt"]) if "receivedAt" in line else None
        except ValueError as problem:
            raise Refused("bad_timestamp", str(problem)) from None
        self.received = received if received is not None else timestamp
        self.occurred = timestamp if timestamp is not None else received


class Protocol:
    def __init__(self, engine):
        self.engine = engine
        self.number = 0
        self.seen = {}  # messageId to the time it was first accepted

    def error(self, refusal, path=None):
        self.engine.emit(
            "error", line=self.number, code=refusal.code, message=refusal.message, path=path or refusal.path,
            column=refusal.column,
        )

    def feed(self, raw):
        """One line, as bytes without its end."""
        self.number += 1
        if not raw.strip():
            return
        try:
            if len(raw) > LINE_LIMIT:
                raise Refused("too_large", "longer than 1 MiB")
            try:
                value = read_json(raw.decode("utf-8"))
            except (ValueError, RecursionError) as problem:
                raise Refused("bad_json", str(problem)) from None
            one = Input(value)
        except Refused as refusal:
            self.error(refusal)
            return
        if one.line["type"] == "batch":
            self.feed_batch(one)
        else:
            self.feed_one(one)

    def feed_one(self, one, path=None):
        """T4: advance, apply, then everything due."""
        if one.received is not None:
            self.engine.advance(one.received)
        try:
            self.apply_once(one.line, lambda: self.apply(one))
        except Refused as refusal:
            self.error(refusal, path)
        self.engine.advance(self.engine.now)

    def apply_once(self, line, apply):
        """E8."""
        name = line.get("messageId")
        if "messageId" in line:
            if not is_key(name):
                raise Refused("bad_input", "messageId: expected a key")
            if name in self.seen and self.engine.now < self.seen[name] + self.engine.dedupe_window:
                self.engine.emit("duplicate", messageId=name)
                return
        time = self.engine.now
        apply()
        if name is not None:
            self.seen[name] = time

    def apply(self, one):
        kind = one.line["type"]
        occurred = self.engine.now if one.occurred is None else min(one.occurred, self.engine.now)  # T5
        if kind in FACTS:
            apply_fact(self.engine, one.line, occurred)
        elif kind in CONTROLS:
            apply_control(self.engine, one.line, occurred)
            if kind == "advance" and one.occurred is not None:
                self.engine.advance(one.occurred)  # L: to its `timestamp`, whenever it was received
        elif kind in DEFINITIONS:
            apply_definitions(self.engine, [one.line], [""])
        else:
            raise Refused("unknown_type", f"unknown type {kind}")

    def feed_batch(self, batch):
        items = batch.line.get("batch")
        is_list = isinstance(items, list)
        kinds = [item.get("type") if isinstance(item, dict) else None for item in items] if is_list else []
        defining = [kind in DEFINITIONS for kind in kinds]
        if not is_list or "batch" in kinds or (any(defining) and not all(defining)):
            if batch.received is not None:
                self.engine.advance(batch.received)
            self.error(Refused("bad_input", "expected a list of facts or of definitions"))
            return
        if not items:
            if batch.received is not None:
                self.engine.advance(batch.received)
            return
        inputs = []
        for position, item in enumerate(items):
            path = f"/batch/{position}"
            try:
                if isinstance(item, dict):
                    # An item takes from the batch each of the times that it lacks.
                    times = {name: batch.line[name] for name in ("timestamp", "receivedAt") if name in batch.line}
                    item = {**times, **item}
                one = Input(item)
            except Refused as refusal:
                self.error(refusal, path)
                if any(defining):
                    return  # all or nothing; T4: a time that cannot be read does not advance
                continue
            if any(defining):
                inputs.append(one)
            else:
                self.feed_one(one, path)
        if inputs:
            self.feed_definitions(batch, inputs)

    def feed_definitions(self, batch, inputs):
        """A batch of definitions is one input, received at the latest of its items' times."""
        times = [one.received for one in inputs if one.received is not None]
        if times:
            self.engine.advance(max(times))
        try:
            self.apply_once(batch.line, lambda: apply_definitions(
                self.engine, [one.line for one in inputs], [f"/batch/{i}" for i in range(len(inputs))]
            ))
        except Refused as refusal:
            self.error(refusal)
        self.engine.advance(self.engine.now)
