"""The engine: facts, memberships, playbooks, senders and outbox, as plainly as SPEC allows.

Everything is recomputed from plain lists.  The only thing remembered is how far the search for the
next change of a condition has come, thrown away whenever the subject is touched.

Readings chosen where SPEC leaves a choice:
- E7: an account's created_at also looks at the events of contacts that count as its own by E6, not
  at other events of those contacts.
- P4: the pool has "no active sender" when S3's choice finds nobody, so an active pinned (or, with
  sticky any, last) sender is enough.  In `explain`, no_sender is true where no branch matches.
- P11: archiving a paused playbook with `drain` runs the waiting steps like a resume.
- C1: a rotation belongs to playbook, step and action position, and list of users; an account with
  the user already in the role gives an `assigned` line too; without an account no turn is taken.
- O: `attempt` is given in every line of a message that has turned `sending` at least once; `failed`
  without a given reason has no `reason`.
- S7: removing a sender that is in no pool of the playbook (or branch), or already removed from the
  engine, is bad_state; without `branch` it leaves all branches.  S6: adding one already in: exists.
- L: undefining a user, role or sender forgets assignments, pins and last contacts that name it.
"""

import conditions
from celvalues import Map, Timestamp, from_json, to_json
from conditions import Environment, first_change, matched
from timetext import HOUR, MINUTE, format_time, parse_duration
from world import Cause, Enrollment, Message, Task

AUDIENCE_WORDS = {"persona": ("tagged", "untagged"), "segment": ("entered", "left")}


class Engine:
    def __init__(self, answers=("sent",)):
        self.now = 0
        self.outputs = []
        self.answers, self.answers_given = list(answers), 0
        self.subjects = []  # in creation order
        self.audiences = []  # in definition order
        self.playbooks = []  # in definition order
        self.users, self.roles, self.senders, self.templates, self.channels = {}, {}, {}, {}, {}
        self.enrollments, self.messages, self.tasks = [], [], []
        self.ready = []  # messages that turned sending and are not offered yet (O6)
        self.records = 0  # last contacts recorded so far (S8)
        self.default_sender = None
        self.approval_window = 10 * MINUTE
        self.dedupe_window = 24 * HOUR
        self.retry_waits = [MINUTE, 4 * MINUTE, 16 * MINUTE, HOUR]
        self.searched = {}

    # ---- small look-ups

    def emit(self, kind, /, **members):
        line = {"seq": len(self.outputs) + 1, "at": format_time(self.now), "type": kind}
        line.update((name, value) for name, value in members.items() if value is not None)
        self.outputs.append(line)

    def subject(self, kind, key):
        for subject in self.subjects:
            if subject.kind == kind and subject.key == key:
                return subject
        return None

    def contacts_of(self, account):
        return [subject for subject in self.subjects if subject.kind == "contact" and subject.account is account]

    def audience(self, kind, key):
        for audience in self.audiences:
            if audience.kind == kind and audience.key == key:
                return audience
        return None

    def playbook(self, key):
        for playbook in self.playbooks:
            if playbook.key == key:
                return playbook
        return None

    def knows(self, kind, key):
        if kind in ("persona", "segment"):
            return self.audience(kind, key) is not None
        return key in {"user": self.users, "role": self.roles, "sender": self.senders, "template": self.templates}[kind]

    def is_connected(self, channel):
        return self.channels.get(channel, False)

    def is_active_sender(self, key):
        """E3: defined, not removed from the engine, without a user or with a licensed one."""
        sender = self.senders.get(key)
        return sender is not None and not sender.removed and (sender.user is None or self.users[sender.user].licensed)

    def inside(self, playbook=None):
        return [each for each in self.enrollments if each.inside and (playbook is None or each.playbook is playbook)]

    # ---- conditions

    def subject_map(self, subject):
        if subject is None:
            return Map([])
        pairs = [("id", subject.key), ("created_at", Timestamp(subject.created_at * 1000))]
        if subject.stage is not None:
            pairs.append(("stage", subject.stage))
        if subject.health is not None:
            pairs.append(("health", subject.health))
        pairs.append(("traits", from_json(subject.traits)))
        return Map(pairs)

    def environment(self, subject, now=None, event=None, enrollment_times=None):
        """X2: what a condition about this subject sees."""
        contact = subject if subject.kind == "contact" else None
        account = subject.account if contact else subject
        values = {"contact": self.subject_map(contact), "account": self.subject_map(account)}
        if event:
            values["event"] = Map([
                ("name", event["name"]),
                ("occurred_at", Timestamp(event["occurred_at"] * 1000)),
                ("properties", from_json(event["properties"])),
            ])
        if enrollment_times:
            values["enrollment"] = Map([
                ("started_at", Timestamp(enrollment_times[0] * 1000)),
                ("step_at", Timestamp(enrollment_times[1] * 1000)),
            ])

        def owner(which):
            return subject if which == "events" else account

        def history(which, name):
            if owner(which) is None:
                return None
            return [time for event_name, time in owner(which).events if event_name == name]

        return Environment(
            self.now if now is None else now, values, history,
            lambda which: owner(which).created_at,
            lambda kind, key: self.is_member(self.audience(kind, key), subject),
        )

    @staticmethod
    def is_member(audience, subject):
        """X3: for a contact, a segment of accounts asks the contact's account."""
        if subject.kind == "contact" and audience.of == "account":
            subject = subject.account
        return subject in audience.members

    def holds(self, condition, subject, **more):
        return condition is None or matched(condition, self.environment(subject, **more))

    def wants_exit(self, enrollment):
        return enrollment.version.exit_when is not None and matched(
            enrollment.version.exit_when,
            self.environment(enrollment.subject, enrollment_times=(enrollment.started_at, enrollment.step_at)),
        )

    def change_time(self, key, versions, condition, environment_at, current, limit):
        """The first time up to `limit` at which a watched condition changes, or None (X6)."""
        known = self.searched.get(key)
        if known is None or known[0] != versions:
            known = (versions, None, self.now)
        _, found, searched = known
        if found is None and searched is not None and searched <= limit:
            found, searched = first_change(condition, environment_at, current, max(searched, self.now), limit)
            self.searched[key] = (versions, found, searched)
        return found if found is not None and found <= limit else None

    # ---- time and causes

    def next_due(self, limit):
        """T6: the next due thing up to `limit`, as (time, rank, order, order, what to do)."""
        due = []
        for message in self.messages:
            if message.state == "approved":
                due.append((message.approved_until, 0, message.number, 0, lambda m=message: self.attempt(m)))
            if message.state == "sending" and message.retry_at is not None:
                due.append((message.retry_at, 1, message.number, 0, lambda m=message: self.attempt(m)))
        for place, audience in enumerate(self.audiences):
            if audience.when is None:
                continue
            for order, subject in enumerate(self.subjects):
                if subject.kind == audience.of:
                    time = self.change_time(
                        (audience, subject), (audience.version, subject.version), audience.when,
                        lambda now, s=subject: self.environment(s, now), subject in audience.members, limit,
                    )
                    if time is not None:
                        due.append((time, 2, place, order, lambda a=audience, s=subject: self.flip(a, s)))
        for each in self.inside():
            if each.version.exit_when is not None:
                time = self.change_time(
                    each, (each.subject.version, each.step_at), each.version.exit_when,
                    lambda now, e=each: self.environment(e.subject, now, enrollment_times=(e.started_at, e.step_at)),
                    False, limit,
                )
                if time is not None:
                    due.append((time, 3, each.number, 0, lambda e=each: self.exit(e, "goal")))
            if each.due is not None and each.playbook.status != "paused":  # P11
                due.append((each.due, 4, each.number, 0, lambda e=each: self.go_on(e, self.run_step(e))))
        due = [item for item in due if item[0] <= limit]
        return min(due, key=lambda item: item[:4]) if due else None

    def advance(self, time):
        """T3: everything due at or before `time`, each at its own due time."""
        while True:
            due = self.next_due(max(time, self.now))
            if due is None:
                break
            self.now = max(self.now, due[0])
            due[4]()
            self.deliver()
        self.now = max(self.now, time)

    def touch(self, subjects):
        """T7: the given subjects and the contacts of accounts among them; forgets what was searched for them."""
        touched = [s for s in self.subjects if s in subjects or (s.kind == "contact" and s.account in subjects)]
        for subject in touched:
            subject.version += 1
        return touched

    def finish(self, cause):
        """T7: works a cause through after its facts are in."""
        touched = self.touch(cause.touched)
        self.update_memberships(cause, touched)
        self.finish_after_memberships(cause, touched)

    def finish_after_memberships(self, cause, touched):
        self.look_at_exits(cause, touched)
        self.direct_triggers(cause)
        self.membership_triggers(cause)
        self.deliver()

    def update_memberships(self, cause, touched, audiences=None):
        for audience in self.audiences:
            if audiences is not None and audience not in audiences:
                continue
            for subject in self.subjects:
                if subject.kind != audience.of or subject not in touched:
                    continue
                before = subject in audience.members
                if audience.when is not None:
                    after = matched(audience.when, self.environment(subject))
                else:
                    after = cause.manual.get((audience, subject), before)
                if after != before:
                    self.change_membership(cause, audience, subject, after)

    def change_membership(self, cause, audience, subject, joined):
        if joined:
            audience.members.append(subject)
        else:
            audience.members.remove(subject)
        self.emit_membership(audience, subject, joined)
        cause.changes.append((audience, subject, joined))

    def emit_membership(self, audience, subject, joined):
        word = AUDIENCE_WORDS[audience.kind][0 if joined else 1]
        if audience.kind == "persona":
            self.emit(word, userId=subject.key, persona=audience.key)
        else:
            self.emit(word, segment=audience.key, **subject.member())

    def flip(self, audience, subject):
        """T7: a due membership flips, and those of personas that name it; others as last changed."""
        cause = Cause()
        self.change_membership(cause, audience, subject, subject not in audience.members)
        touched = self.touch([subject])
        naming = [each for each in self.audiences if each.when and (audience.kind, audience.key) in each.when.names]
        self.update_memberships(cause, touched, naming)
        self.finish_after_memberships(cause, touched)

    def look_at_exits(self, cause, touched):
        for enrollment in self.inside():
            if enrollment.subject in touched or cause.look_at_all_exits:
                if self.wants_exit(enrollment):
                    self.exit(enrollment, "goal")  # P9: both: goal
                elif enrollment.version.on_left and (enrollment.audience, enrollment.subject, False) in cause.changes:
                    self.exit(enrollment, "left")

    # ---- triggers and enrolling (P1-P6)

    def direct_triggers(self, cause):
        for playbook in list(self.playbooks):
            for trigger in playbook.version.triggers:
                subject = self.directly_triggered(cause, playbook, trigger)
                if subject is not None:
                    self.judge(cause, playbook, subject)

    def directly_triggered(self, cause, playbook, trigger):
        """The subject for which this trigger is met, or None."""
        kind = playbook.version.subject
        if playbook.status in ("inactive", "archived"):
            return None
        if trigger.kind == "event" and cause.event and trigger.value == cause.event["name"]:
            for subject in cause.event_subjects:
                if subject.kind == kind and cause.event["occurred_at"] >= playbook.activated_at:  # P3
                    if self.holds(trigger.where, subject, event=cause.event):
                        return subject
        if trigger.kind == "stage" and cause.stage_change:
            subject, before = cause.stage_change
            if subject.kind == kind and subject.stage == trigger.value and trigger.origin in (None, before):
                return subject
        if trigger.kind == "health" and cause.health_change and not cause.stage_change:  # P2
            subject, before = cause.health_change
            if subject.kind == kind and before is not None and trigger.stage in (None, subject.stage):
                if (subject.health > before) if trigger.value == "progressed" else (subject.health < before):
                    return subject
        return None

    def membership_triggers(self, cause):
        for audience, subject, joined in list(cause.changes):
            for playbook in list(self.playbooks):
                for trigger in playbook.version.triggers:
                    if (trigger.kind, trigger.value) != (audience.kind, audience.key):
                        continue
                    if (trigger.on in ("entered", "tagged")) == joined:
                        self.judge(cause, playbook, subject, audience if joined else None)

    def judge(self, cause, playbook, subject, audience=None, by_hand=False):
        if (playbook, subject) in cause.judged:
            return  # P5
        if not by_hand and playbook.status in ("inactive", "archived"):
            return  # P4: says nothing
        cause.judged.append((playbook, subject))
        for check in self.checks(playbook, subject):
            if not check["result"] and not (by_hand and check["check"] == "filtered"):  # P6
                self.emit("not_enrolled", playbook=playbook.key, **subject.member(), reason=check["check"])
                return
        self.enroll(playbook, subject, audience)

    def checks(self, playbook, subject):
        """P4 in its order, after inactive and archived; as `explain` shows them."""
        version = playbook.version
        enrolled, last_exit = playbook.past.get(subject, (0, None))
        is_in = any(each.subject is subject for each in self.inside(playbook))
        if version.reentry == "once":
            may_reenter = enrolled == 0
        elif version.reentry == "always":
            may_reenter = True
        else:
            may_reenter = last_exit is None or self.now >= last_exit + version.reentry
        checks = [
            {"check": "inactive", "result": playbook.status != "inactive"},
            {"check": "archived", "result": playbook.status != "archived"},
            {"check": "paused", "result": playbook.status != "paused"},
            {"check": "suppressed", "result": not subject.suppressed},
            {"check": "already_enrolled", "result": not is_in},
            {"check": "reentry", "result": may_reenter},
        ]
        filtered = {"check": "filtered", "result": True}
        if version.segment is not None:
            filtered["result"] = self.is_member(self.audience("segment", version.segment), subject)
        if version.when is not None:
            holds = self.show(filtered, version.when, self.environment(subject))
            filtered["result"] = filtered["result"] and holds
        checks.append(filtered)
        met = {"check": "exit_met", "result": True}
        if version.exit_when is not None:
            times = (self.now, self.now)
            met["result"] = not self.show(met, version.exit_when, self.environment(subject, enrollment_times=times))
        checks.append(met)
        has_branch, branch = self.find_branch(playbook, subject)
        checks.append({"check": "no_branch", "result": has_branch})
        no_sender = has_branch and branch in playbook.pools and self.choose_sender(playbook.pools[branch], subject) is None
        checks.append({"check": "no_sender", "result": not no_sender})
        return checks

    @staticmethod
    def show(check, condition, environment):
        value, error = conditions.evaluate(condition, environment)
        if error is None:
            check["value"] = to_json(value)
        else:
            check["error"] = error
        return value is True

    def find_branch(self, playbook, subject):
        """S5: (is there one, its name); the name is None for a playbook without branches."""
        if not playbook.pools or None in playbook.pools:
            return True, None
        for branch in playbook.pools:
            if self.is_member(self.audience("segment", branch), subject):
                return True, branch
        return False, None

    def choose_sender(self, pool, subject):
        """S3: (sender, how it was chosen), without taking the turn; None where there is nobody."""
        if subject.kind == "contact":
            if subject.pinned is not None and self.is_active_sender(subject.pinned):
                return subject.pinned, "pinned"
            known = [
                key for key in subject.last_contact
                if self.is_active_sender(key) and (pool.sticky == "any" or (pool.sticky == "pool" and key in pool.senders))
            ]
            if known:
                return max(known, key=lambda key: subject.last_contact[key]), "sticky"
        for distance in range(len(pool.senders)):
            key = pool.senders[(pool.turn + distance) % len(pool.senders)]
            if self.is_active_sender(key):
                return key, "rotation"
        return None

    def enroll(self, playbook, subject, audience):
        enrollment = Enrollment(len(self.enrollments) + 1, playbook, subject, self.now)
        enrollment.audience = audience
        _, enrollment.branch = self.find_branch(playbook, subject)
        chosen_by = None
        if enrollment.branch in playbook.pools:
            pool = playbook.pools[enrollment.branch]
            enrollment.sender, chosen_by = self.choose_sender(pool, subject)
            if chosen_by == "rotation":
                pool.turn = (pool.senders.index(enrollment.sender) + 1) % len(pool.senders)
        self.enrollments.append(enrollment)
        count, last_exit = playbook.past.get(subject, (0, None))
        playbook.past[subject] = (count + 1, last_exit)
        self.emit(
            "enrolled", enrollment=enrollment.number, playbook=playbook.key, version=playbook.version.number,
            **subject.member(), branch=enrollment.branch, sender=enrollment.sender, sender_by=chosen_by,
        )
        self.go_on(enrollment, self.now)

    # ---- steps (P7-P9)

    def go_on(self, enrollment, base):
        """Looks for the next step, whose delay counts from `base`; steps without delay run at once (T7)."""
        while enrollment.inside:
            if enrollment.next_step == len(enrollment.version.steps):
                self.exit(enrollment, "completed")  # P8
                return
            delay = enrollment.version.steps[enrollment.next_step].delay
            enrollment.due = base + delay
            if delay > 0:
                return
            base = self.run_step(enrollment)

    def run_step(self, enrollment):
        """Runs or skips the step that is due now; returns its due time."""
        due = enrollment.due
        step = enrollment.version.steps[enrollment.next_step]
        enrollment.due = None
        if self.wants_exit(enrollment):  # P9: watched also before a step
            self.exit(enrollment, "goal")
            return due
        times = (enrollment.started_at, enrollment.step_at)
        runs = self.holds(step.when, enrollment.subject, enrollment_times=times)
        enrollment.next_step += 1
        enrollment.step_at = due
        number = enrollment.next_step
        self.emit("step", enrollment=enrollment.number, step=number, outcome="run" if runs else "skipped")
        if not runs:
            if step.on_skip == "exit":
                self.exit(enrollment, "skipped")
            return due
        for position, (kind, action) in enumerate(step.actions):
            getattr(self, "do_" + kind)(enrollment, action, times, (number, position))
        return due

    def exit(self, enrollment, reason):
        enrollment.inside = False
        enrollment.due = None
        subject = enrollment.subject
        count, _ = enrollment.playbook.past.get(subject, (1, None))
        enrollment.playbook.past[subject] = (count, self.now)
        self.emit("exited", enrollment=enrollment.number, playbook=enrollment.playbook.key, **subject.member(), reason=reason)
        if reason == "completed":
            return
        keep = set() if reason in ("deleted", "sender_removed") else enrollment.version.keep  # P9
        self.cancel_all(
            [m for m in self.messages if m.enrollment is enrollment and "messages" not in keep],
            [t for t in self.tasks if t.enrollment is enrollment and "tasks" not in keep],
            reason,
        )

    def cancel_all(self, messages, tasks, reason):
        """Of the given ones, the unsent messages and then the open tasks."""
        for message in messages:
            if message.unsent():
                self.end_message(message, "cancelled", reason)
        for task in tasks:
            if task.state == "open":
                self.set_task(task, "cancelled")

    # ---- actions (C)

    @staticmethod
    def account_of(subject):
        return subject.account if subject.kind == "contact" else subject

    def teammate(self, enrollment, who):
        """C2: a user key, or None where there is none."""
        kind, key = who
        if kind == "user":
            return key if key in self.users else None
        if kind == "role":
            account = self.account_of(enrollment.subject)
            return account.users.get(key) if account else None
        sender = self.senders.get(enrollment.sender)
        return sender.user if sender else None

    def do_task(self, enrollment, action, times, place):
        task = Task(len(self.tasks) + 1, enrollment, action["title"])
        if action["assignee"]:
            task.assignee = self.teammate(enrollment, action["assignee"])
            if action["assignee"][0] == "sender":
                task.of_sender = enrollment.sender
        task.due = None if action["due"] is None else self.now + action["due"]
        self.tasks.append(task)
        self.set_task(task, "open")

    def set_task(self, task, state):
        task.state = state
        self.emit(
            "task", task=task.number, enrollment=task.enrollment.number, playbook=task.enrollment.playbook.key,
            **task.enrollment.subject.member(), state=state, title=task.title, assignee=task.assignee,
            due=None if task.due is None else format_time(task.due),
        )

    def do_assign(self, enrollment, action, times, place):
        account = self.account_of(enrollment.subject)
        if account is None:
            return  # C1
        users = tuple(action["users"])
        turn = enrollment.playbook.rotations.get((place, users), 0)
        enrollment.playbook.rotations[place, users] = turn + 1
        user = users[turn % len(users)]
        account.users[action["role"]] = user
        self.emit("assigned", groupId=account.key, role=action["role"], user=user)

    def new_message(self, enrollment, channel, template):
        message = Message(len(self.messages) + 1, enrollment, channel, template)
        self.messages.append(message)
        return message

    def do_notify(self, enrollment, action, times, place):
        message = self.new_message(enrollment, action["channel"], action["template"])
        kind, key = action["to"]
        message.to = key if kind == "slack" else self.teammate(enrollment, action["to"])
        if message.to is None:
            self.end_message(message, "failed", "no_recipient")  # C2
        else:
            self.attempt(message)

    def do_email(self, enrollment, action, times, place):
        subject = enrollment.subject
        recipients = [subject] if action["to"] is None else self.selected(subject, action["to"], times)
        for recipient in recipients:
            message = self.new_message(enrollment, "email", action["template"])
            message.recipient = recipient
            message.sender = self.resolve_sender(enrollment, action["send_as"])
            if message.sender is None:
                self.end_message(message, "failed", "no_sender")  # S2
            elif action["approval"]:
                self.set_message(message, "pending")
            else:
                self.attempt(message)  # O3

    def selected(self, account, to, times):
        """C3: contacts in creation order."""
        kind, what = to
        contacts = self.contacts_of(account)
        if kind == "persona":
            return [contact for contact in contacts if contact in self.audience("persona", what).members]
        if kind == "when":
            return [contact for contact in contacts if self.holds(what, contact, enrollment_times=times)]
        return contacts

    def resolve_sender(self, enrollment, send_as):
        """S1, S2: a sender key or None."""
        kind, key, falls_back = send_as
        if kind == "pool":
            return enrollment.sender if enrollment.sender in self.senders else None
        user = key if kind == "user" else None
        if kind == "role":
            account = self.account_of(enrollment.subject)
            user = account.users.get(key) if account else None
        for sender_key, sender in self.senders.items():
            if user is not None and sender.user == user and self.is_active_sender(sender_key):
                return sender_key
        if falls_back and self.default_sender is not None and self.is_active_sender(self.default_sender):
            return self.default_sender
        return None

    # ---- outbox (O)

    def set_message(self, message, state):
        message.state = state
        to = message.recipient.key if message.recipient else message.to
        self.emit(
            "message", message=message.number, enrollment=message.enrollment.number,
            playbook=message.enrollment.playbook.key, **message.enrollment.subject.member(), state=state,
            channel=message.channel, template=message.template, to=to, sender=message.sender,
            key=f"model-{message.number}", attempt=message.attempts or None, reason=message.reason,
        )

    def end_message(self, message, state, reason=None):
        message.reason = reason
        message.approved_until = message.retry_at = None
        message.accepted = False
        self.set_message(message, state)

    def attempt(self, message):
        """O5: one attempt."""
        message.approved_until = message.retry_at = None
        people = [message.enrollment.subject] + ([message.recipient] if message.recipient else [])
        if any(person.deleted for person in people):
            self.end_message(message, "cancelled", "deleted")
        elif any(person.suppressed for person in people):
            self.end_message(message, "cancelled", "suppressed")
        elif message.sender is not None and not self.may_still_send(message.sender):
            self.end_message(message, "failed", "sender_unavailable")
        elif not self.is_connected(message.channel):
            self.end_message(message, "failed", "channel_disconnected")
        else:
            message.attempts += 1
            self.set_message(message, "sending")
            self.ready.append(message)

    def may_still_send(self, key):
        sender = self.senders.get(key)
        if sender is None or sender.removed == "cancel":
            return False
        return sender.user is None or self.users[sender.user].licensed

    def deliver(self):
        """O6: offers what turned sending, in that order, and applies each answer at once."""
        while self.ready:
            message = self.ready.pop(0)
            answer = self.answers[self.answers_given % len(self.answers)]
            self.answers_given += 1
            outcome, _, detail = answer.partition(":")
            if outcome == "sent":
                self.sent(message, self.now)
            elif outcome == "accepted":
                message.accepted = True
            elif outcome == "failed":
                self.end_message(message, "failed", detail or None)
            elif message.attempts > len(self.retry_waits):
                self.end_message(message, "failed", "attempts_exhausted")
            else:
                wait = parse_duration(detail) if detail else self.retry_waits[message.attempts - 1]
                message.retry_at = self.now + wait

    def sent(self, message, time):
        self.end_message(message, "sent")
        if message.recipient and message.sender:
            self.record_contact(message.recipient, message.sender, time)

    def record_contact(self, contact, sender, time):
        """S8: a later occurrence time wins; of equal ones, the one recorded later."""
        self.records += 1
        known = contact.last_contact.get(sender)
        if known is None or time >= known[0]:
            contact.last_contact[sender] = (time, self.records)
