"""Inputs for kept engines, and what makes the outputs of a disturbed run those of an undisturbed one."""
import json
import random

DELIVER = "sent,retry:7m,accepted,sent,failed:bounced"
START = 1767225600000  # 2026-01-01, in milliseconds
HOUR = 3600000

DEFINITIONS = [
    {"kind": "settings", "approval_window": "10m", "retry_waits": ["3m"] * 40},
    {"kind": "channel", "key": "email"},
    {"kind": "channel", "key": "slack"},
    {"kind": "template", "key": "hello"},
    {"kind": "template", "key": "miss-you"},
    {"kind": "template", "key": "alert", "channel": "slack"},
    {"kind": "user", "key": "ann", "email": "ann@corp.example"},
    {"kind": "user", "key": "bob", "email": "bob@corp.example"},
    {"kind": "role", "key": "CSM"},
    {"kind": "sender", "key": "ann", "user": "ann", "address": "ann@corp.example"},
    {"kind": "sender", "key": "bob", "user": "bob", "address": "bob@corp.example"},
    {"kind": "settings", "default_sender": "ann"},
    {"kind": "persona", "key": "dormant", "when": "events('login').quiet(days(2))"},
    {"kind": "persona", "key": "busy", "when": "events('login').count(days(1)) > 3"},
    {"kind": "segment", "key": "large", "of": "account", "when": "account.traits.seats > 10"},
    {"kind": "playbook", "key": "welcome", "active": True, "trigger": {"event": "signup"}, "senders": {"pool": ["ann", "bob"]},
     "steps": [{"actions": [{"email": {"template": "hello", "approval": False, "send_as": "pool", "policy": "POLICY"}}]},
               {"delay": "1d", "actions": [{"task": {"title": "Call", "assignee": {"sender": True}, "due": "2d"}}]}]},
    {"kind": "playbook", "key": "win-back", "active": True, "trigger": {"persona": "dormant"},
     "exit": {"when": "events('login').count() > 0 && events('login').last() > enrollment.started_at"},
     "steps": [{"actions": [{"email": {"template": "miss-you", "policy": "POLICY"}}]},
               {"delay": "1d", "actions": [{"notify": {"channel": "slack", "to": "#cs", "template": "alert", }},
                                           {"task": {"title": "Look after them", "assignee": {"role": "CSM"}}}]}]},
    {"kind": "playbook", "key": "growing", "subject": "account", "active": True, "trigger": {"segment": "large"},
     "steps": [{"actions": [{"assign": {"role": "CSM", "rotate": ["ann", "bob"]}}, {"notify": {"channel": "slack", "to": "#sales", "template": "alert"}}]},
               {"delay": "12h", "actions": [{"email": {"template": "hello", "approval": False, "to": "all", "policy": "POLICY"}}]}]},
]


def fact(chance, now):
    who = {"userId": f"c{chance.randrange(14)}"}
    kind = chance.randrange(10)
    if kind == 0:
        return {"type": "group", **who, "groupId": f"a{chance.randrange(4)}", "traits": {"seats": chance.randrange(20)}}
    if kind == 1:
        return {"type": "track", **who, "event": "signup", "messageId": f"m{chance.randrange(40)}"}
    return {"type": "track", **who, "event": "login", "properties": {"n": chance.randrange(9)}}


def lines(seed, count, policy="retry"):
    """An input of about `count` lines, some of which are refused."""
    chance = random.Random(seed)
    made = [json.dumps({"type": "define", **definition}).replace("POLICY", policy) for definition in DEFINITIONS]
    now = START
    made[0] = made[0][:-1] + f',"timestamp":{now}}}'
    for number in range(count):
        now += chance.choice((0, 60000, HOUR, HOUR, 5 * HOUR))
        kind = chance.randrange(12)
        # Numbers of messages and tasks that are likely to be open by then.
        some = chance.randrange(max(1, number // 12), number // 4 + 3)
        if kind < 6:
            line = fact(chance, now)
        elif kind == 6:
            line = {"type": "batch", "batch": [fact(chance, now) for _ in range(chance.randrange(1, 6))]}
        elif kind in (7, 8):
            line = {"type": "approve", "message": some}
        elif kind == 9:
            line = {"type": "complete", "task": some}
        elif kind == 10:
            line = {"type": "report", "message": some, "outcome": "sent"}
        else:
            line = {"type": "advance"}
        made.append(json.dumps({**line, "timestamp": now}))
    made.append(json.dumps({"type": "advance", "timestamp": now + 72 * HOUR}))
    return [line.encode() + b"\n" for line in made]


class Differs(Exception):
    pass


def joined(runs):
    """The outputs of several runs of one store, each bytes that a kill may have cut: every `seq` once. Repetitions must be the same."""
    by_seq = {}
    for run in runs:
        for line in run[:run.rfind(b"\n") + 1].splitlines():
            seq = json.loads(line)["seq"]
            if by_seq.setdefault(seq, line) != line:
                raise Differs(f"one seq, two outputs:\n  {by_seq[seq].decode()}\n  {line.decode()}")
    if sorted(by_seq) != list(range(1, len(by_seq) + 1)):
        missing = next(seq for seq in range(1, len(by_seq) + 2) if seq not in by_seq)
        raise Differs(f"the output with seq {missing} is missing, of {len(by_seq)}")
    return [json.loads(by_seq[seq]) for seq in sorted(by_seq)]


def undisturbed(outputs):
    """Leaves out what a crash may add: a message offered again at once, as a further attempt; and so the numbers it moves. Gives the
    outputs and how many were left out."""
    kept, last, added = [], {}, {}
    for output in outputs:
        output = dict(output)
        del output["seq"]
        if output["type"] == "message":
            number = output["message"]
            again = (output["state"] == "sending" and last.get(number, {}).get("state") == "sending"
                     and last[number]["at"] == output["at"])
            if again:
                if output["key"] != last[number]["key"] or output["attempt"] != last[number]["attempt"] + 1:
                    raise Differs(f"offered again in another way: {last[number]} {output}")
                added[number] = added.get(number, 0) + 1
            last[number] = dict(output)
            if again:
                continue
            if "attempt" in output:
                output["attempt"] -= added.get(number, 0)
        kept.append(output)
    return kept, sum(added.values())


def compare(runs, wanted):
    """Raises Differs unless the runs together gave what one undisturbed run gave. How many messages were offered again."""
    got, added = undisturbed(joined(runs))
    wanted, _ = undisturbed(joined([wanted]))
    for number in range(max(len(got), len(wanted))):
        one = got[number] if number < len(got) else "nothing"
        other = wanted[number] if number < len(wanted) else "nothing"
        if one != other:
            raise Differs(f"output {number + 1} is\n  {one}\nand should be\n  {other}")
    return added
