#!/usr/bin/env python3
"""Prints a random scenario in the line protocol, the same for the same seed.

    generate.py SEED

The first line is `#deliver LIST`.  The model runs along while the scenario is made, so that lines
name messages, tasks and enrollments that are there, mostly in a state where the line works.
"""

import json
import random
import sys

import vocabulary as v
from model import Run, parse_answers
from timetext import DAY, HOUR, MINUTE, SECOND, format_time, parse_time

STEPS = [0] * 10 + [1, 1, SECOND, MINUTE, 4 * MINUTE, 5 * MINUTE, 10 * MINUTE, 10 * MINUTE, HOUR, HOUR, 6 * HOUR,
                    12 * HOUR, 12 * HOUR, DAY, DAY, DAY, DAY, 2 * DAY, 3 * DAY, DAY - 1, DAY + 1]
ANSWERS = ["sent", "sent", "sent", "accepted", "accepted", "retry", "retry", "retry:30s", "retry:0s", "retry:2d",
           "failed", "failed:bounced"]


class Scenario:
    def __init__(self, seed):
        self.r = random.Random(seed)
        r = self.r
        if r.random() < 0.15:
            answers = [r.choice(["sent", "retry", "failed:bounced", "accepted"])]
        else:
            answers = [r.choice(ANSWERS) for _ in range(r.randint(1, 5))]
        self.deliver = ",".join(answers)
        self.run = Run(parse_answers(self.deliver))
        self.engine = self.run.engine
        self.lines = []
        self.time = parse_time(v.BASE)
        self.definitions = {}  # (kind, key) to its line
        self.message_ids = 0

    # ---- writing lines

    def time_value(self, time):
        """A time as RFC 3339 text or integer milliseconds."""
        if time % 1000 == 0 and self.r.random() < 0.25:
            return time // 1000
        text = format_time(time)
        if self.r.random() < 0.05:
            text = format_time(time + 2 * HOUR)[:-1] + "+02:00"
        return text

    def with_times(self, line, late=True):
        """Gives a line its times: mostly now, sometimes none, late, early, or received later than it occurred."""
        r, roll = self.r, self.r.random()
        if roll < 0.62 or not late:
            line["timestamp"] = self.time_value(self.time)
        elif roll < 0.74:
            pass
        elif roll < 0.86:
            line["receivedAt"] = self.time_value(self.time)
            back = r.choice([0, 1, MINUTE, HOUR, DAY, DAY, 2 * DAY, 3 * DAY, -HOUR, 5 * DAY])
            line["timestamp"] = self.time_value(self.time - back)
        elif roll < 0.94:
            line["timestamp"] = self.time_value(self.time - r.choice([1, HOUR, DAY, DAY, 2 * DAY, 3 * DAY]))
        else:
            line["receivedAt"] = self.time_value(self.time)
        return line

    def with_message_id(self, line):
        r = self.r
        if r.random() < 0.12:
            if self.message_ids and r.random() < 0.6:
                line["messageId"] = f"m{r.randint(max(1, self.message_ids - 2), self.message_ids)}"
            else:
                self.message_ids += 1
                line["messageId"] = f"m{self.message_ids}"
        return line

    def put(self, line):
        text = line if isinstance(line, str) else json.dumps(line, ensure_ascii=False)
        self.lines.append(text)
        self.run.feed(text.encode("utf-8", "surrogatepass"))

    def step_time(self):
        self.time = max(self.time, self.engine.now) + self.r.choice(STEPS)

    # ---- definitions

    def define(self, line, timed=True):
        if line["kind"] != "settings":
            self.definitions[line["kind"], line["key"]] = line
        line = dict(line)
        if timed:
            self.with_times(line, late=False)
        self.put(line)

    def segments(self):
        return [(line["key"], line.get("of", "contact")) for (kind, _), line in self.definitions.items() if kind == "segment"]

    def personas(self):
        return [line["key"] for (kind, _), line in self.definitions.items() if kind == "persona"]

    def define_basics(self):
        r = self.r
        out = [{"kind": "channel", "key": "email"}]
        if r.random() < 0.8:
            out.append({"kind": "channel", "key": "slack"})
        out += [{"kind": "template", "key": key} for key in v.EMAIL_TEMPLATES]
        out += [{"kind": "template", "key": key, "channel": "slack"} for key in v.SLACK_TEMPLATES]
        out += [{"kind": "user", "key": key, "email": key + "@corp.example", "licensed": key != "zoe"} for key in v.USERS]
        out += [{"kind": "role", "key": key} for key in v.ROLES]
        owners = {"bob": "john", "cid": "mary", "dan": "zoe", "eve": "john"}
        for key in v.SENDERS:
            sender = {"kind": "sender", "key": key, "address": key + "@corp.example"}
            if key in owners:
                sender["user"] = owners[key]
            out.append(sender)
        settings = {"kind": "settings"}
        if r.random() < 0.75:
            settings["default_sender"] = r.choice(["success", "success", "ann", "dan"])
        if r.random() < 0.3:
            settings["approval_window"] = r.choice(["1h", "0s", "1d"])
        if r.random() < 0.4:
            settings["retry_waits"] = r.choice([[], ["1m"], ["1m", "1m"], ["1h", "0s"], ["1d", "1d", "1d"]])
        if r.random() < 0.5:
            settings["dedupe_window"] = r.choice(["1h", "1d", "0s", "2d"])
        if len(settings) > 1:
            out.append(settings)
        out = [{"type": "define", **line} for line in out]
        if r.random() < 0.5:
            for line in out:
                if line["kind"] != "settings":
                    self.definitions[line["kind"], line["key"]] = line
            self.put(self.with_times({"type": "batch", "batch": out}, late=False))
        else:
            for line in out:
                self.define(line)

    def audience(self, kind, key):
        r = self.r
        line = {"type": "define", "kind": kind, "key": key}
        of = "contact"
        if kind == "segment" and r.random() < 0.4:
            of = line["of"] = "account"
        if kind == "segment" and r.random() < 0.12:
            line["when"] = "true"
            return line
        if kind == "persona" and r.random() < 0.25:
            return line
        names = [name for name, _ in self.segments() if name != key] if kind == "persona" else []
        line["when"] = v.condition(r, of, names)
        return line

    def define_audiences(self):
        r = self.r
        keys = ["s1", "s2", "s3"][: r.randint(1, 3)] + ["p1", "p2", "p3"][: r.randint(1, 3)]
        r.shuffle(keys)
        for key in keys:
            line = self.audience("segment" if key[0] == "s" else "persona", key)
            self.define(line)

    def define_playbooks(self):
        for number in range(self.r.randint(2, 6)):
            self.define(v.playbook(self.r, f"b{number + 1}", self.segments(), self.personas()))

    def mutated(self, line):
        """A redefinition: the same with one thing changed."""
        r = self.r
        line = json.loads(json.dumps(line))
        if line["kind"] == "playbook":
            fresh = v.playbook(r, line["key"], self.segments(), self.personas())
            if fresh.get("subject", "contact") != line.get("subject", "contact"):
                fresh = {}
            for name in r.sample(["trigger", "segment", "when", "reentry", "exit", "approval_window", "steps", "senders"], 2):
                if name == "senders" and ("branches" in line or "senders" not in fresh):
                    continue
                if name in fresh and not (name == "steps" and "senders" not in line and "branches" not in line):
                    line[name] = fresh[name]
            if "senders" in line and r.random() < 0.3:
                r.shuffle(line["senders"]["pool"])
            return line
        if line["kind"] in ("persona", "segment"):
            fresh = self.audience(line["kind"], line["key"])
            if line["kind"] == "segment":
                fresh["when"] = v.condition(r, line.get("of", "contact"))
                fresh.pop("of", None)
                if "of" in line:
                    fresh["of"] = line["of"]
            return fresh
        if line["kind"] == "user":
            line["licensed"] = r.random() < 0.6
        if line["kind"] == "sender" and r.random() < 0.4:
            line.pop("user", None)
            if r.random() < 0.6:
                line["user"] = r.choice(v.USERS)
        if line["kind"] == "channel":
            line["connected"] = r.random() < 0.6
        return line

    def redefine(self):
        r = self.r
        if r.random() < 0.1:
            return self.define(r.choice([
                {"type": "define", "kind": "settings", "approval_window": r.choice(["10m", "1h"])},
                {"type": "define", "kind": "settings", "default_sender": r.choice(v.SENDERS)},
                {"type": "define", "kind": "settings", "retry_waits": r.choice([["1m"], ["1h", "1h"]])},
            ]))
        weights = {"playbook": 4, "persona": 3, "segment": 3, "user": 2, "sender": 1, "channel": 2}
        choices = [key for key in self.definitions if key[0] in weights]
        chosen = r.choices(choices, [weights[kind] for kind, _ in choices])[0]
        line = self.mutated(self.definitions[chosen])
        if r.random() < 0.15:
            other = self.mutated(self.definitions[r.choice(choices)])
            batch = [line, other]
            if r.random() < 0.4:
                batch.append(self.bad_definition())
            self.put(self.with_times({"type": "batch", "batch": batch}, late=False))
            if len(batch) == 2:
                for each in batch:
                    self.definitions[each["kind"], each["key"]] = each
            return None
        return self.define(line)

    def define_more(self):
        r = self.r
        kind = r.choice(["segment", "persona", "playbook"])
        key = {"segment": "s", "persona": "p", "playbook": "b"}[kind] + str(r.randint(1, 7))
        if (kind, key) in self.definitions:
            return self.redefine()
        if kind == "playbook":
            return self.define(v.playbook(r, key, self.segments(), self.personas()))
        return self.define(self.audience(kind, key))

    def undefine(self):
        r = self.r
        choices = [key for key in self.definitions if key[0] in ("persona", "segment", "playbook", "template", "user", "role", "sender")]
        choices += [("persona", "nobody"), ("playbook", "nothing"), ("sender", "nobody"), ("role", "none")]
        kind, key = r.choice([each for each in choices if each[0] in ("playbook", "persona", "segment")] if r.random() < 0.7 else choices)
        line = self.with_times({"type": "undefine", "kind": kind, "key": key}, late=False)
        before = len(self.engine.outputs)
        self.put(line)
        if not any(out["type"] == "error" for out in self.engine.outputs[before:]):
            self.definitions.pop((kind, key), None)

    # ---- facts

    def contact(self):
        return self.r.choice(v.CONTACTS)

    def known(self, kind):
        """A key that is there, mostly."""
        keys = [subject.key for subject in self.engine.subjects if subject.kind == kind]
        if keys and self.r.random() < 0.93:
            return self.r.choice(keys)
        return self.r.choice(v.CONTACTS if kind == "contact" else v.ACCOUNTS)

    def either(self, line, known=False):
        kind = self.r.choice(["contact", "contact", "account"])
        key = self.known(kind) if known else self.r.choice(v.CONTACTS if kind == "contact" else v.ACCOUNTS)
        line["userId" if kind == "contact" else "groupId"] = key
        return line

    def fact(self):
        r = self.r
        kind = r.choices(
            ["identify", "group", "track", "page", "alias", "stage", "health", "assign", "pin", "interaction", "tag",
             "untag", "suppress", "delete"],
            [14, 10, 34, 2, 2, 9, 7, 3, 4, 4, 6, 3, 3, 3],
        )[0]
        if kind == "identify":
            return {"type": kind, r.choice(["userId"] * 5 + ["anonymousId"]): self.contact(), "traits": v.traits(r)}
        if kind == "group":
            line = {"type": kind, "groupId": r.choice(v.ACCOUNTS)}
            if r.random() < 0.75:
                line["userId"] = self.contact()
            if r.random() < 0.7:
                line["traits"] = v.traits(r)
            return line
        if kind == "track":
            line = {"type": kind, "event": r.choice(v.EVENTS)}
            roll = r.random()
            if roll < 0.9:
                line[r.choice(["userId"] * 8 + ["anonymousId"])] = self.contact()
            if roll > 0.8:
                line["context"] = {"groupId": r.choice(v.ACCOUNTS)}
            if r.random() < 0.5:
                line["properties"] = v.properties(r)
            return line
        if kind == "page":
            return {"type": r.choice(["page", "screen"]), "userId": self.contact(), "name": r.choice(v.EVENTS)}
        if kind == "alias":
            if r.random() < 0.7:
                return {"type": kind, "previousId": self.known("contact"), "userId": f"n{r.randint(1, 99)}"}
            return {"type": kind, "previousId": self.known("contact"), "userId": r.choice(v.CONTACTS + ["n1", "n2"])}
        if kind in ("stage", "health"):
            line = self.either({"type": kind})
            other = r.random() < 0.15
            if kind == "stage" or other:
                line["stage"] = r.choice(v.STAGES)
            if kind == "health" or other:
                line["health"] = v.health(r)
            return line
        if kind == "assign":
            return {"type": kind, "groupId": r.choice(v.ACCOUNTS), "role": r.choice(v.ROLES), "user": r.choice(v.USERS + [None])}
        if kind == "pin":
            return {"type": kind, "userId": self.contact(), "sender": r.choice(v.SENDERS + [None])}
        if kind == "interaction":
            return {"type": kind, "userId": self.contact(), "sender": r.choice(v.SENDERS)}
        if kind in ("tag", "untag"):
            manual = [a.key for a in self.engine.audiences if a.kind == "persona" and a.when is None]
            if manual and r.random() < 0.95:
                return {"type": kind, "userId": self.contact(), "persona": r.choice(manual)}
            return {"type": "track", "userId": self.contact(), "event": "login"}
        if kind == "suppress":
            return {"type": kind, "userId": self.contact(), "suppressed": r.random() < 0.5}
        if self.engine.inside() and r.random() < 0.5:
            return {"type": "delete", **r.choice(self.engine.inside()).subject.member()}
        return self.either({"type": "delete"}, known=True)

    def batch(self):
        r = self.r
        items = []
        for _ in range(r.randint(1, 4)):
            item = self.fact()
            if r.random() < 0.5:
                self.with_times(item)
            if r.random() < 0.08:
                item = r.choice([{"type": "track", "userId": "u1"}, {"type": "nonsense"}, 5,
                                 {"type": "track", "userId": "u1", "event": "login", "timestamp": "soon"}])
            elif r.random() < 0.3:
                self.with_message_id(item)
            items.append(item)
        if r.random() < 0.05:
            items = []
        return self.with_times({"type": "batch", "batch": items})

    # ---- control

    def control(self):
        r, engine = self.r, self.engine
        kind = r.choices(
            ["advance", "activate", "pause", "resume", "archive", "enroll", "unenroll", "add_sender", "remove_sender",
             "approve", "unapprove", "discard", "edit", "report", "complete", "cancel", "explain"],
            [8, 4, 3, 7, 3, 12, 3, 4, 5, 18, 5, 4, 3, 8, 7, 3, 6],
        )[0]
        line = {"type": kind}
        if not self.possible(kind) and r.random() < 0.9:
            return self.fact()
        if kind == "advance":
            line["timestamp"] = self.time_value(self.time)
            return line
        if kind in ("activate", "pause", "resume", "archive"):
            wanted = {"activate": ("inactive", "archived"), "pause": ("active",), "resume": ("paused",)}.get(kind)
            fitting = [p.key for p in engine.playbooks if wanted is None or p.status in wanted]
            line["playbook"] = self.some(fitting if r.random() < 0.9 else [], [p.key for p in engine.playbooks])
            if kind == "archive" and engine.inside() and r.random() < 0.6:
                line["playbook"] = r.choice(engine.inside()).playbook.key
            if kind == "archive" and r.random() < 0.6:
                line["mode"] = r.choice(["drain", "cancel"])
        elif kind in ("enroll", "explain"):
            self.playbook_and_subject(line)
        elif kind == "unenroll":
            inside = engine.inside()
            if inside and r.random() < 0.9:
                enrollment = r.choice(inside)
                line.update(playbook=enrollment.playbook.key, **enrollment.subject.member())
            else:
                self.playbook_and_subject(line)
        elif kind in ("add_sender", "remove_sender"):
            pooled = [p for p in engine.playbooks if p.pools]
            line["sender"] = r.choice(v.SENDERS)
            if pooled and (kind == "add_sender" or r.random() < 0.7):
                chosen = r.choice(pooled)
                line["playbook"] = chosen.key
                branch = r.choice(list(chosen.pools))
                pool = chosen.pools[branch]
                if branch is not None and (kind == "add_sender" or r.random() < 0.6):
                    line["branch"] = branch
                fitting = [key for key in v.SENDERS if (key in pool.senders) == (kind == "remove_sender")]
                if fitting and r.random() < 0.9:
                    line["sender"] = r.choice(fitting)
            elif kind == "add_sender":
                line = {"type": "advance", "timestamp": self.time_value(self.time)}
            if kind == "remove_sender":
                serving = [each.sender for each in engine.inside() if each.sender and each.sender not in ("ann",)]
                if serving and "playbook" not in line and r.random() < 0.7:
                    line["sender"] = r.choice(serving)
                if r.random() < 0.75:
                    line["mode"] = r.choice(["drain", "cancel", "cancel"])
        elif kind in ("complete", "cancel"):
            tasks = [task.number for task in engine.tasks if task.state == "open"]
            line["task"] = self.some(tasks if r.random() < 0.9 else [], [r.randint(1, len(engine.tasks) + 2)])
        else:
            wanted = {"approve": ("pending", "pending", "approved"), "unapprove": ("approved",),
                      "discard": ("pending", "approved"), "edit": ("pending", "approved")}.get(kind, ())
            fitting = [m.number for m in engine.messages if m.state in wanted or (kind == "report" and m.accepted)]
            line["message"] = self.some(fitting if r.random() < 0.9 else [], [r.randint(1, len(engine.messages) + 2)])
            if kind == "edit":
                line["template"] = r.choice(v.EMAIL_TEMPLATES)
                if r.random() < 0.3:
                    line["note"] = "shorter"
            if kind == "report":
                line["outcome"] = r.choice(["sent", "sent", "failed"])
                if line["outcome"] == "failed" and r.random() < 0.6:
                    line["reason"] = "bounced"
        return self.with_times(line)

    def possible(self, kind):
        """Is there anything on which this control line works?"""
        engine = self.engine
        states = [message.state for message in engine.messages]
        statuses = [playbook.status for playbook in engine.playbooks]
        if kind in ("approve", "discard", "edit"):
            return "pending" in states or "approved" in states
        return {
            "unapprove": "approved" in states,
            "report": any(message.accepted for message in engine.messages),
            "complete": any(task.state == "open" for task in engine.tasks),
            "cancel": any(task.state == "open" for task in engine.tasks),
            "activate": "archived" in statuses or "inactive" in statuses,
            "pause": "active" in statuses,
            "resume": "paused" in statuses,
            "unenroll": bool(engine.inside()),
        }.get(kind, True)

    def some(self, fitting, others):
        if fitting:
            return self.r.choice(fitting)
        return self.r.choice(others) if others else "none"

    def playbook_and_subject(self, line):
        r = self.r
        if self.engine.playbooks:
            playbook = r.choice(self.engine.playbooks)
            line["playbook"] = playbook.key
            kind = playbook.version.subject
            if r.random() < 0.04:
                kind = "account" if kind == "contact" else "contact"
        else:
            line["playbook"], kind = "b1", "contact"
        line["userId" if kind == "contact" else "groupId"] = self.known(kind)

    def incident(self):
        """Something that hits what is under way: a sender, a subject, a playbook or a recipient."""
        r, engine = self.r, self.engine
        inside = engine.inside()
        unsent = [message for message in engine.messages if message.unsent()]
        senders = [message.sender for message in unsent if message.sender] + [each.sender for each in inside if each.sender]
        choices = []
        if inside:
            enrollment = r.choice(inside)
            key, subject = enrollment.playbook.key, enrollment.subject.member()
            choices += [
                {"type": "archive", "playbook": key, "mode": "cancel"},
                {"type": "archive", "playbook": key},
                {"type": "pause", "playbook": key},
                {"type": "unenroll", "playbook": key, **subject},
                {"type": "delete", **subject},
            ]
            if enrollment.sender:
                choices.append({"type": "remove_sender", "playbook": key, "sender": enrollment.sender, "mode": "cancel"})
        if senders:
            sender = r.choice(senders)
            choices.append({"type": "remove_sender", "sender": sender, "mode": r.choice(["cancel", "cancel", "drain"])})
            if ("user", engine.senders[sender].user) in self.definitions:
                choices += [{**self.definitions["user", engine.senders[sender].user], "licensed": False}] * 3
        recipients = [message.recipient.key for message in unsent if message.recipient and not message.recipient.deleted]
        if recipients:
            choices.append({"type": "suppress", "userId": r.choice(recipients), "suppressed": True})
            choices.append({"type": "delete", "userId": r.choice(recipients)})
            choices.append({"type": "define", "kind": "channel", "key": "email", "connected": False})
        if not choices:
            return self.fact()
        return r.choice(choices)

    # ---- bad lines

    def bad_definition(self):
        r = self.r
        step = {"actions": [{"task": {"title": "Call"}}]}
        base = {"type": "define", "kind": "playbook", "key": "bad", "trigger": {"manual": True}, "steps": [step]}

        def changed(**members):
            return {**base, **members}

        def acting(**action):
            return changed(steps=[{"actions": [action]}])

        segment = {"type": "define", "kind": "segment", "key": "bad"}
        return r.choice([
            lambda: changed(colour="red"),
            lambda: changed(steps=[]),
            lambda: changed(steps=[{"actions": []}]),
            lambda: changed(steps=[{"actions": [{"task": {"title": "x", "colour": 1}}]}]),
            lambda: changed(steps=[{"delay": r.choice(["-1h", "soon", "1.5d", ""]), **step}]),
            lambda: changed(trigger={"segment": "unknown"}),
            lambda: changed(trigger={"persona": "unknown", "on": "tagged"}),
            lambda: changed(trigger=[]),
            lambda: changed(segment="unknown"),
            lambda: changed(senders={"pool": ["unknown"]}),
            lambda: changed(senders={"pool": []}),
            lambda: changed(senders={"pool": ["ann"], "sticky": "glue"}),
            lambda: changed(exit={"until": "noon"}),
            lambda: changed(reentry="never"),
            lambda: changed(reentry={"before": "1d"}),
            lambda: changed(subject="teammate"),
            lambda: changed(active="yes"),
            lambda: changed(steps="none"),
            lambda: {"type": "define", "kind": "playbook", "key": "bad", "steps": [step]},
            lambda: {"type": "define", "kind": "playbook", "key": "bad", "trigger": {"manual": True}},
            lambda: acting(email={"template": "unknown"}),
            lambda: acting(email={"template": "alert"}),
            lambda: acting(email={"template": "hello", "to": "all"}),
            lambda: acting(email={"template": "hello", "send_as": {"user": "nobody"}}),
            lambda: acting(email={"template": "hello", "send_as": {"role": "nobody"}}),
            lambda: acting(email={"template": "hello", "send_as": {"user": "zoe", "colour": 1}}),
            lambda: acting(assign={"role": "unknown", "user": "john"}),
            lambda: acting(assign={"role": "CSM", "rotate": ["john", "nobody"]}),
            lambda: acting(notify={"channel": "slack", "to": "#cs", "template": "hello"}),
            lambda: acting(task={"title": 5}),
            lambda: acting(dance={"title": "x"}),
            lambda: changed(subject="account", steps=[{"actions": [{"email": {"template": "hello"}}]}]),
            lambda: changed(when="contact.traits.plan =="),
            lambda: changed(when="persona('unknown')"),
            lambda: changed(when="enrollment.started_at < now"),
            lambda: changed(when="event.name == 'login'"),
            lambda: changed(trigger={"event": "login", "where": "event.colour == 'x'"}),
            lambda: changed(exit={"when": "string(now) == 'x'"}),
            lambda: changed(steps=[{"when": "nothing > 1", **step}]),
            lambda: {**segment, "when": r.choice([
                "contact.traits.plan = 'pro'", "unknown > 1", "contact.colour == 'x'", "segment('s1')", "persona('p1')",
                "event.name == 'login'", "enrollment.started_at < now", "int(now) > 5", "string(now) == 'x'",
                "[now].size() > 0", "events(contact.id).count() > 1", "events('login')", "1 + 'a' == 2", "contact.id > 5",
                "contact.id.matches('(')", "foo(1)", "'a' + 'b'", "1 +", "(true", "'open", "timestamp('soon') < now",
                "contact.id && true", "now.getHours() in contact.traits.tags", "!contact.id", "size(5) == 1",
            ])},
            lambda: {**segment, "when": "true || " * 1100 + "true"},
            lambda: {**segment, "when": 5},
            lambda: segment,
            lambda: {**segment, "of": "team", "when": "true"},
            lambda: {"type": "define", "kind": "persona", "key": "bad", "when": "persona('p1')"},
            lambda: {"type": "define", "kind": "persona", "key": "bad", "when": "segment('later')"},
            lambda: {"type": "define", "kind": "persona", "key": "", "when": "true"},
            lambda: {"type": "define", "kind": "persona", "when": "true"},
            lambda: {"type": "define", "kind": "persona", "key": "x" * 256},
            lambda: {"type": "define", "kind": "persona", "key": "bad", "of": "contact"},
            lambda: {"type": "define", "kind": "unicorn", "key": "bad"},
            lambda: {"type": "define", "kind": "sender", "key": "bad", "user": "nobody"},
            lambda: {"type": "define", "kind": "user", "key": "bad", "licensed": "no"},
            lambda: {"type": "define", "kind": "settings", "default_sender": "nobody"},
            lambda: {"type": "define", "kind": "settings", "approval_window": "-5m"},
            lambda: {"type": "define", "kind": "settings", "colour": "red"},
            lambda: {"type": "define", "kind": "channel", "key": "email", "connected": 1},
        ])()

    def bad_line(self):
        """A line that is refused, of every kind there is."""
        r = self.r
        playbook = (self.engine.playbooks or [None])[0]
        key = playbook.key if playbook else "b1"
        conditioned = [a.key for a in self.engine.audiences if a.kind == "persona" and a.when is not None]
        if r.random() < 0.4:
            return self.with_times(self.bad_definition(), late=False)
        if r.random() < 0.01:
            return {"type": "identify", "userId": "u1", "traits": {"x": "x" * (1 << 20)}, "timestamp": self.time_value(self.time)}
        line = r.choice([
            lambda: "nonsense",
            lambda: '{"type":"track","userId":"u1"',
            lambda: '{"type":"track","userId":"u1","event":"login","x":01}',
            lambda: '["track"]',
            lambda: '"track"',
            lambda: {"userId": "u1"},
            lambda: {"type": 5, "userId": "u1"},
            lambda: {"type": "dance", "userId": "u1"},
            lambda: {"type": "track", "userId": "u1"},
            lambda: {"type": "track", "event": "login"},
            lambda: {"type": "track", "userId": "", "event": "login"},
            lambda: {"type": "track", "userId": 7, "event": "login"},
            lambda: {"type": "track", "userId": "u1", "event": 5},
            lambda: {"type": "track", "userId": "u1", "event": "login", "properties": 5},
            lambda: {"type": "track", "userId": "x" * 256, "event": "login"},
            lambda: {"type": "track", "userId": "u1", "event": "login", "timestamp": "2024-13-01T00:00:00Z"},
            lambda: {"type": "track", "userId": "u1", "event": "login", "timestamp": "yesterday"},
            lambda: {"type": "track", "userId": "u1", "event": "login", "receivedAt": True},
            lambda: {"type": "track", "userId": "u1", "event": "login", "timestamp": 1.5},
            lambda: {"type": "identify", "traits": {}},
            lambda: {"type": "identify", "userId": "u1", "traits": [1]},
            lambda: {"type": "identify", "userId": "u1", "traits": {"deep": json.loads("[" * 20 + "]" * 20)}},
            lambda: {"type": "group", "userId": "u1"},
            lambda: {"type": "alias", "previousId": "nobody", "userId": "n9"},
            lambda: {"type": "alias", "previousId": self.known("contact"), "userId": self.known("contact")},
            lambda: {"type": "stage", "userId": "u1"},
            lambda: {"type": "stage", "stage": "won"},
            lambda: {"type": "health", "userId": "u1", "health": "good"},
            lambda: {"type": "assign", "groupId": "acme", "role": "unknown", "user": "john"},
            lambda: {"type": "assign", "groupId": "acme", "role": "CSM", "user": "nobody"},
            lambda: {"type": "pin", "userId": "u1", "sender": "nobody"},
            lambda: {"type": "interaction", "userId": "u1", "sender": "nobody"},
            lambda: {"type": "interaction", "userId": "u1"},
            lambda: {"type": "tag", "userId": "u1", "persona": "nobody"},
            lambda: {"type": "tag", "userId": "u1", "persona": r.choice(conditioned or ["nobody"])},
            lambda: {"type": "suppress", "userId": "u1", "suppressed": "yes"},
            lambda: {"type": "delete", "userId": "nobody"},
            lambda: {"type": "delete"},
            lambda: {"type": "batch", "batch": 5},
            lambda: {"type": "batch"},
            lambda: {"type": "batch", "batch": [{"type": "define", "kind": "role", "key": "R"}, {"type": "identify", "userId": "u1"}]},
            lambda: {"type": "advance"},
            lambda: {"type": "activate", "playbook": "nothing"},
            lambda: {"type": "pause"},
            lambda: {"type": r.choice(["activate", "pause", "resume"]), "playbook": key},
            lambda: {"type": "archive", "playbook": key, "mode": "slowly"},
            lambda: {"type": "enroll", "playbook": key},
            lambda: {"type": "enroll", "playbook": "nothing", "userId": "u1"},
            lambda: {"type": "enroll", "playbook": key, **self.stranger(playbook)},
            lambda: {"type": "unenroll", "playbook": key, **self.stranger(playbook)},
            lambda: {"type": "explain", "playbook": key, **self.stranger(playbook)},
            lambda: {"type": "add_sender", "playbook": key, "sender": "nobody"},
            lambda: {"type": "remove_sender", "sender": "nobody"},
            lambda: {"type": r.choice(["approve", "unapprove", "discard", "edit"]), "message": 9999, "template": "bye"},
            lambda: {"type": r.choice(["approve", "unapprove", "discard"])},
            lambda: {"type": "report", "message": 9999, "outcome": "sent"},
            lambda: {"type": "report", "message": 1, "outcome": "lost"},
            lambda: {"type": r.choice(["complete", "cancel"]), "task": 9999},
            lambda: {"type": "complete", "task": "one"},
            lambda: {"type": "undefine", "kind": "template", "key": "hello"},
            lambda: {"type": "undefine", "kind": "persona", "key": "nobody"},
        ])()
        if isinstance(line, dict) and "timestamp" not in line and line.get("type") not in ("advance", "batch") and r.random() < 0.5:
            line["timestamp"] = self.time_value(self.time)
        return line

    def stranger(self, playbook):
        contact = playbook is None or playbook.version.subject == "contact"
        return {"userId" if contact else "groupId": "stranger"}

    # ---- the whole

    def build(self):
        r = self.r
        self.define_basics()
        self.define_audiences()
        if r.random() < 0.3:
            for _ in range(r.randint(1, 6)):
                self.put(self.with_times(self.fact()))
        self.define_playbooks()
        # A few subjects with an account, so that something happens early.
        for key in r.sample(v.CONTACTS, 3):
            if r.random() < 0.7:
                self.put({"type": "group", "userId": key, "groupId": r.choice(v.ACCOUNTS), "timestamp": self.time_value(self.time)})
        for _ in range(r.choice([20, 30, 40, 60, 60, 80, 120, 200])):
            if r.random() < 0.55:
                self.step_time()
            roll = r.random()
            if roll < 0.58:
                self.put(self.with_message_id(self.with_times(self.fact())))
            elif roll < 0.62:
                self.put(self.batch())
            elif roll < 0.86:
                self.put(self.with_message_id(self.control()))
            elif roll < 0.885:
                self.put(self.with_times(dict(self.incident())))
            elif roll < 0.915:
                self.redefine()
            elif roll < 0.93:
                self.define_more()
            elif roll < 0.942:
                self.undefine()
            elif roll < 0.95:
                self.put("")
            else:
                self.put(self.bad_line())
        self.time = max(self.time, self.engine.now) + r.choice([HOUR, 2 * DAY, 10 * DAY])
        self.put({"type": "advance", "timestamp": self.time_value(self.time)})
        return self.deliver, self.lines


def generate(seed):
    """(deliver list, lines of text)"""
    return Scenario(seed).build()


def main():
    deliver, lines = generate(int(sys.argv[1]))
    print("#deliver " + deliver)
    for line in lines:
        print(line)


if __name__ == "__main__":
    main()
