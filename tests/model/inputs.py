"""What each line does once it is read and the engine has advanced (SPEC L, and the rules it names).

`apply_fact` and `apply_control` take one line; `apply_definitions` takes the lines of one input.
They check everything first and raise Refused before anything is changed.

Readings chosen where SPEC leaves a choice:
- L: a line with both userId and groupId where either is meant is refused; CRM lines take userId only;
  null is no key, no stage and no health; `suppressed` must be given.
- L: an untag or suppress of an unknown contact creates it.
- A line that names several unknown things is refused for the playbook first, then for the subject.
- P6: the wrong kind of subject is looked at before whether it is known.
- O4: editing in a template of another channel is bad_input; so is an edit with neither member.
- S7: from the engine with `cancel` goes on to every unsent message of the sender, whatever its send_as.
- L: settings give `defined` without key; undefine gives no line.
- L: a present playbook names the senders its pools hold now; a version with running enrollments also
  those it was defined with.
"""

import copy

from definitions import COMMON, PlaybookReader, Reader, Refused, is_key, read_audience_condition
from timetext import parse_duration
from world import Audience, Cause, Playbook, Pool, Sender, Subject, Template, User

FACTS = ("identify", "group", "track", "page", "screen", "alias", "stage", "health", "assign", "pin", "interaction",
         "tag", "untag", "suppress", "delete")
CONTROLS = ("advance", "activate", "pause", "resume", "archive", "enroll", "unenroll", "add_sender", "remove_sender",
            "approve", "unapprove", "discard", "edit", "report", "complete", "cancel", "explain")
DEFINITIONS = ("define", "undefine")
KINDS = ("settings", "channel", "template", "user", "role", "sender", "persona", "segment", "playbook")


def bad_input(message):
    return Refused("bad_input", message)


# ---- reading members of fact and control lines


def need_key(line, name):
    if not is_key(line.get(name)):
        raise bad_input(f"{name}: expected a key")
    return line[name]


def optional_object(line, name):
    value = line.get(name, {})
    if not isinstance(value, dict):
        raise bad_input(f"{name}: expected an object")
    return value


def json_depth(value):
    if isinstance(value, dict):
        return 1 + max((json_depth(item) for item in value.values()), default=0)
    if isinstance(value, list):
        return 1 + max((json_depth(item) for item in value), default=0)
    return 0


def read_traits(line):
    traits = optional_object(line, "traits")
    if any(json_depth(value) > 8 for value in traits.values()):
        raise bad_input("traits: deeper than 8")  # E4
    return traits


def contact_key(line, optional=False):
    """userId, or anonymousId where that is absent."""
    name = "userId" if "userId" in line else "anonymousId"
    if name not in line and optional:
        return None
    return need_key(line, name)


def either_key(line):
    """(kind, key) of a line that may be about a contact or an account."""
    if "userId" in line and "groupId" in line:
        raise bad_input("either userId or groupId")
    return ("account", need_key(line, "groupId")) if "groupId" in line else ("contact", need_key(line, "userId"))


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


# ---- facts


class Facts:
    """Applies one fact line; `occurred` is its occurrence time, at most `now` (T5)."""

    def __init__(self, engine, line, occurred):
        self.engine, self.line, self.occurred = engine, line, occurred
        self.cause = Cause()

    def apply(self):
        getattr(self, "apply_" + self.line["type"])()

    def finish(self):
        self.engine.finish(self.cause)

    def subject(self, kind, key):
        """The subject, created where it is unknown; touched in any case."""
        subject = self.engine.subject(kind, key)
        if subject is None:
            subject = Subject(kind, key, self.engine.now)
            self.engine.subjects.append(subject)
        if subject not in self.cause.touched:
            self.cause.touched.append(subject)
        return subject

    def apply_identify(self):
        key, traits = contact_key(self.line), read_traits(self.line)
        self.subject("contact", key).traits.update(traits)
        self.finish()

    def apply_group(self):
        key, group, traits = contact_key(self.line, optional=True), need_key(self.line, "groupId"), read_traits(self.line)
        account = self.subject("account", group)
        account.traits.update(traits)
        if key is not None:
            self.subject("contact", key).account = account
        self.finish()

    def apply_track(self, name="event"):
        key = contact_key(self.line, optional=True)
        event = need_key(self.line, name)
        properties = optional_object(self.line, "properties")
        context = optional_object(self.line, "context")
        group = need_key(context, "groupId") if "groupId" in context else None
        if key is None and group is None:
            raise bad_input("an event of nobody")
        contact = self.subject("contact", key) if key is not None else None
        # E6: the account in the event's own context, else the one the contact has.
        account = self.subject("account", group) if group is not None else contact.account
        for subject in (contact, account):
            if subject is not None:
                subject.events.append((event, self.occurred))
                subject.created_at = min(subject.created_at, self.occurred)  # E7
                self.cause.event_subjects.append(subject)
                if subject not in self.cause.touched:
                    self.cause.touched.append(subject)
        self.cause.event = {"name": event, "occurred_at": self.occurred, "properties": properties}
        self.finish()

    def apply_page(self):
        self.apply_track("name")

    apply_screen = apply_page

    def apply_alias(self):
        previous, key = need_key(self.line, "previousId"), need_key(self.line, "userId")
        contact = self.engine.subject("contact", previous)
        if contact is None:
            raise Refused("unknown_subject", f"no contact {previous}")
        if self.engine.subject("contact", key) is not None:
            raise Refused("exists", f"contact {key} exists")
        contact.key = key
        self.cause.touched.append(contact)
        self.finish()

    def apply_stage(self):
        kind, key = either_key(self.line)
        for name, wanted in (("stage", self.line["type"] == "stage"), ("health", self.line["type"] == "health")):
            if wanted and name not in self.line:
                raise bad_input(f"{name} is missing")
        if "stage" in self.line and not isinstance(self.line["stage"], str):
            raise bad_input("stage: expected text")
        if "health" in self.line and not is_number(self.line["health"]):
            raise bad_input("health: expected a number")
        subject = self.subject(kind, key)
        if "stage" in self.line and subject.stage != self.line["stage"]:
            self.cause.stage_change = (subject, subject.stage)
            subject.stage = self.line["stage"]
        if "health" in self.line:
            self.cause.health_change = (subject, subject.health)
            subject.health = self.line["health"]
        self.finish()

    apply_health = apply_stage

    def known(self, kind, key):
        if not self.engine.knows(kind, key):
            raise Refused("unknown_key", f"unknown {kind} {key}")
        return key

    def optional_known(self, kind, name):
        """A key or null; the member must be there."""
        if name not in self.line:
            raise bad_input(f"{name} is missing")
        return None if self.line[name] is None else self.known(kind, need_key(self.line, name))

    def apply_assign(self):
        group, role = need_key(self.line, "groupId"), need_key(self.line, "role")
        self.known("role", role)
        user = self.optional_known("user", "user")
        account = self.subject("account", group)
        account.users.pop(role, None)
        if user is not None:
            account.users[role] = user
        self.finish()

    def apply_pin(self):
        key = need_key(self.line, "userId")
        sender = self.optional_known("sender", "sender")
        self.subject("contact", key).pinned = sender
        self.finish()

    def apply_interaction(self):
        key, sender = need_key(self.line, "userId"), self.known("sender", need_key(self.line, "sender"))
        self.engine.record_contact(self.subject("contact", key), sender, self.occurred)
        self.finish()

    def apply_tag(self):
        key, persona = need_key(self.line, "userId"), self.known("persona", need_key(self.line, "persona"))
        audience = self.engine.audience("persona", persona)
        if audience.when is not None:
            raise Refused("bad_state", "this persona has a condition")  # A2
        subject = self.subject("contact", key)
        self.cause.manual[audience, subject] = self.line["type"] == "tag"
        self.finish()

    apply_untag = apply_tag

    def apply_suppress(self):
        key = need_key(self.line, "userId")
        if not isinstance(self.line.get("suppressed"), bool):
            raise bad_input("suppressed: expected true or false")
        self.subject("contact", key).suppressed = self.line["suppressed"]
        self.finish()

    def apply_delete(self):
        """E9, in its order."""
        engine = self.engine
        kind, key = either_key(self.line)
        subject = engine.subject(kind, key)
        if subject is None:
            raise Refused("unknown_subject", f"no {kind} {key}")
        contacts = engine.contacts_of(subject) if kind == "account" else []
        subject.deleted = True
        engine.subjects.remove(subject)
        for contact in contacts:
            contact.account = None
        touched = engine.touch(contacts)
        for audience in engine.audiences:  # one pass: its own leaving and the memberships of its contacts
            if subject in audience.members:
                audience.members.remove(subject)
                engine.emit_membership(audience, subject, False)
            engine.update_memberships(self.cause, touched, [audience])
        for enrollment in engine.inside():
            if enrollment.subject is subject:
                engine.exit(enrollment, "deleted")
        engine.cancel_all(
            [m for m in engine.messages if subject in (m.enrollment.subject, m.recipient)],
            [t for t in engine.tasks if t.enrollment.subject is subject],
            "deleted",
        )
        engine.finish_after_memberships(self.cause, touched)


def apply_fact(engine, line, occurred):
    Facts(engine, line, occurred).apply()


# ---- control


class Control:
    def __init__(self, engine, line, occurred):
        self.engine, self.line, self.occurred = engine, line, occurred

    def apply(self):
        getattr(self, "apply_" + self.line["type"])()
        self.engine.deliver()

    def playbook(self):
        key = need_key(self.line, "playbook")
        playbook = self.engine.playbook(key)
        if playbook is None:
            raise Refused("unknown_key", f"unknown playbook {key}")
        return playbook

    def subject_of(self, playbook):
        kind, key = either_key(self.line)
        if kind != playbook.version.subject:
            raise bad_input(f"the playbook is not about a {kind}")
        subject = self.engine.subject(kind, key)
        if subject is None:
            raise Refused("unknown_subject", f"no {kind} {key}")
        return subject

    def mode(self):
        mode = self.line.get("mode", "drain")
        if mode not in ("drain", "cancel"):
            raise bad_input("mode: expected drain or cancel")
        return mode

    def apply_advance(self):
        """The line's time has already been advanced to."""
        if "timestamp" not in self.line:
            raise bad_input("timestamp is missing")

    def change_status(self, allowed, status):
        playbook = self.playbook()
        if playbook.status not in allowed:
            raise Refused("bad_state", f"the playbook is {playbook.status}")
        playbook.status = status
        return playbook

    def apply_activate(self):
        self.change_status(("inactive", "archived"), "active").activated_at = self.engine.now

    def apply_pause(self):
        self.change_status(("active",), "paused")

    def apply_resume(self):
        self.let_waiting_steps_run(self.change_status(("paused",), "active"))

    def let_waiting_steps_run(self, playbook):
        # P11: steps that waited are due now; each is a due thing of its own.
        for enrollment in self.engine.inside(playbook):
            if enrollment.due is not None:
                enrollment.due = max(enrollment.due, self.engine.now)

    def apply_archive(self):
        mode, playbook = self.mode(), self.playbook()
        playbook.status = "archived"
        if mode == "cancel":
            for enrollment in self.engine.inside(playbook):
                self.engine.exit(enrollment, "archived")
        self.let_waiting_steps_run(playbook)

    def apply_enroll(self):
        playbook = self.playbook()
        self.engine.judge(Cause(), playbook, self.subject_of(playbook), by_hand=True)

    def apply_unenroll(self):
        playbook = self.playbook()
        subject = self.subject_of(playbook)
        for enrollment in self.engine.inside(playbook):
            if enrollment.subject is subject:
                self.engine.exit(enrollment, "unenrolled")
                return
        raise Refused("bad_state", "not in this playbook")  # P6

    def sender(self):
        key = need_key(self.line, "sender")
        if key not in self.engine.senders:
            raise Refused("unknown_key", f"unknown sender {key}")
        return key

    def pools(self, playbook, need_branch):
        """The pools a line is about: of one branch, the only one, or (to remove) all branches."""
        if "branch" in self.line:
            branch = need_key(self.line, "branch")
            if branch not in playbook.pools:
                raise Refused("unknown_key", f"no branch {branch}")
            return {branch: playbook.pools[branch]}
        if not playbook.pools:
            raise Refused("bad_state", "the playbook has no pool")
        if need_branch and None not in playbook.pools:
            raise bad_input("branch is missing")
        return playbook.pools

    def apply_add_sender(self):
        playbook = self.playbook()
        sender = self.sender()
        (pool,) = self.pools(playbook, need_branch=True).values()
        if sender in pool.senders:
            raise Refused("exists", "already in the pool")
        pool.add(sender)

    def apply_remove_sender(self):
        """S7."""
        engine = self.engine
        mode = self.mode()
        if "playbook" not in self.line:
            sender = self.sender()
            removed = engine.senders[sender].removed
            if removed and not (removed == "drain" and mode == "cancel"):
                raise Refused("bad_state", "already removed")
            engine.senders[sender].removed = mode
            for playbook in engine.playbooks:
                for pool in playbook.pools.values():
                    if sender in pool.senders:
                        pool.remove(sender)
            if mode == "cancel":
                for enrollment in engine.inside():
                    if enrollment.sender == sender:
                        engine.exit(enrollment, "sender_removed")
                engine.cancel_all(
                    [message for message in engine.messages if message.sender == sender],
                    [task for task in engine.tasks if task.of_sender == sender],
                    "sender_removed",
                )
            return
        playbook = self.playbook()
        sender = self.sender()
        pools = {branch: pool for branch, pool in self.pools(playbook, need_branch=False).items() if sender in pool.senders}
        served = [
            enrollment
            for enrollment in engine.inside(playbook)
            if enrollment.sender == sender and ("branch" not in self.line or enrollment.branch == self.line["branch"])
        ]
        if not pools and not (mode == "cancel" and served):
            # One that is pinned, from an older pool, or drained before serves without being in the pool.
            raise Refused("bad_state", "not in the pool")
        for pool in pools.values():
            pool.remove(sender)
        if mode == "cancel":
            for enrollment in served:
                engine.exit(enrollment, "sender_removed")

    def numbered(self, name, things, code):
        number = self.line.get(name)
        if not isinstance(number, int) or isinstance(number, bool):
            raise bad_input(f"{name}: expected a number")
        if not 1 <= number <= len(things):
            raise Refused(code, f"no {name} {number}")
        return things[number - 1]

    def message(self, *states):
        message = self.numbered("message", self.engine.messages, "unknown_message")
        if message.state not in states:
            raise Refused("bad_state", f"the message is {message.state}")
        return message

    def apply_approve(self):
        """O2: a window from now, fixed at approval; approving again starts a new one."""
        message = self.message("pending", "approved")
        window = message.enrollment.version.approval_window
        message.approved_until = self.engine.now + (self.engine.approval_window if window is None else window)
        if message.state == "pending":
            self.engine.set_message(message, "approved")

    def apply_unapprove(self):
        message = self.message("approved")
        message.approved_until = None
        self.engine.set_message(message, "pending")

    def apply_discard(self):
        self.engine.end_message(self.message("pending", "approved"), "cancelled", "discarded")

    def apply_edit(self):
        message = self.numbered("message", self.engine.messages, "unknown_message")
        if "note" in self.line and not isinstance(self.line["note"], str):
            raise bad_input("note: expected text")
        if "template" not in self.line and "note" not in self.line:
            raise bad_input("nothing to edit")
        if message.state not in ("pending", "approved"):
            raise Refused("bad_state", f"the message is {message.state}")
        if "template" in self.line:
            key = need_key(self.line, "template")
            if key not in self.engine.templates:
                raise Refused("unknown_key", f"unknown template {key}")
            if self.engine.templates[key].channel != message.channel:
                raise bad_input("a template of another channel")
            message.template = key

    def apply_report(self):
        outcome, reason = self.line.get("outcome"), self.line.get("reason")
        if not isinstance(self.line.get("message"), int):
            raise bad_input("message: expected a number")
        if outcome not in ("sent", "failed"):
            raise bad_input("outcome: expected sent or failed")
        if "reason" in self.line and not isinstance(reason, str):
            raise bad_input("reason: expected text")
        message = self.numbered("message", self.engine.messages, "unknown_message")
        if not message.accepted:
            raise Refused("bad_state", f"the message is {message.state}")
        if outcome == "sent":
            self.engine.sent(message, self.occurred)  # S8
        else:
            self.engine.end_message(message, "failed", reason)

    def open_task(self):
        task = self.numbered("task", self.engine.tasks, "unknown_task")
        if task.state != "open":
            raise Refused("bad_state", f"the task is {task.state}")
        return task

    def apply_complete(self):
        task = self.open_task()
        self.engine.set_task(task, "completed")
        if task.of_sender is not None and task.enrollment.subject.kind == "contact":
            self.engine.record_contact(task.enrollment.subject, task.of_sender, self.occurred)  # S8

    def apply_cancel(self):
        self.engine.set_task(self.open_task(), "cancelled")

    def apply_explain(self):
        playbook = self.playbook()
        subject = self.subject_of(playbook)
        checks = self.engine.checks(playbook, subject)
        self.engine.emit(
            "explanation", playbook=playbook.key, **subject.member(),
            enrolls=all(check["result"] for check in checks), checks=checks,
        )


def apply_control(engine, line, occurred):
    Control(engine, line, occurred).apply()


# ---- definitions


class Definer:
    """Applies the definitions of one input; `cause` gathers what follows for all of them."""

    def __init__(self, engine):
        self.engine = engine
        self.cause = Cause()

    def apply(self, line):
        kind = line.get("kind")
        if kind not in KINDS:
            raise Refused("bad_definition", "unknown kind", "/kind")
        if line["type"] == "undefine":
            self.undefine(line, kind)
            return
        if kind != "settings" and not is_key(line.get("key")):
            raise Refused("bad_definition", "expected a key", "/key")
        getattr(self, "define_" + kind)(line)

    def defined(self, kind, key, **more):
        self.engine.emit("defined", kind=kind, key=key, **more)

    def define_settings(self, line):
        engine = self.engine
        reader = Reader(line, "")
        reader.only("type", "kind", "timestamp", "receivedAt", "messageId",
                    "default_sender", "approval_window", "dedupe_window", "retry_waits")
        if reader.has("default_sender") and reader.key("default_sender") not in engine.senders:
            reader.refuse("default_sender", "unknown sender")
        approval_window = reader.duration("approval_window", engine.approval_window)
        dedupe_window = reader.duration("dedupe_window", engine.dedupe_window)
        waits = engine.retry_waits
        if reader.has("retry_waits"):
            waits = []
            for position, text in enumerate(reader.list("retry_waits", least=0)):
                try:
                    waits.append(parse_duration(text))
                except ValueError as problem:
                    reader.refuse(f"retry_waits/{position}", str(problem))
        engine.default_sender = line.get("default_sender", engine.default_sender)
        engine.approval_window, engine.dedupe_window, engine.retry_waits = approval_window, dedupe_window, waits
        self.defined("settings", None)

    def define_channel(self, line):
        reader = Reader(line, "")
        reader.only(*COMMON, "connected")
        self.engine.channels[line["key"]] = reader.flag("connected", True)
        self.defined("channel", line["key"])

    def define_template(self, line):
        reader = Reader(line, "")
        reader.only(*COMMON, "channel")
        self.engine.templates[line["key"]] = Template(reader.key("channel", "email"))
        self.defined("template", line["key"])

    def define_user(self, line):
        reader = Reader(line, "")
        reader.only(*COMMON, "email", "licensed")
        reader.text("email", None)
        self.engine.users[line["key"]] = User(reader.flag("licensed", True))
        self.defined("user", line["key"])

    def define_role(self, line):
        Reader(line, "").only(*COMMON)
        self.engine.roles[line["key"]] = True
        self.defined("role", line["key"])

    def define_sender(self, line):
        reader = Reader(line, "")
        reader.only(*COMMON, "user", "address")
        user = reader.key("user", None)
        if user is not None and user not in self.engine.users:
            reader.refuse("user", "unknown user")
        reader.text("address", None)
        # A key that is there keeps its place; it is active again, in no pool (S7).
        self.engine.senders[line["key"]] = Sender(user)
        self.defined("sender", line["key"])

    def define_persona(self, line):
        Reader(line, "").only(*COMMON, "when")
        self.define_audience(line, "persona", "contact")

    def define_segment(self, line):
        reader = Reader(line, "")
        reader.only(*COMMON, "of", "when")
        of = reader.choice("of", ("contact", "account"), "contact")
        if not reader.has("when"):
            reader.refuse("when", "a segment has a condition")
        known = self.engine.audience("segment", line["key"])
        if known and known.of != of:
            reader.refuse("of", "may not change")
        self.define_audience(line, "segment", of)

    def define_audience(self, line, kind, of):
        """A3: members join and leave silently; personas that name a redefined segment follow as silently."""
        engine = self.engine
        audience = engine.audience(kind, line["key"])
        place = engine.audiences.index(audience) if audience else len(engine.audiences)
        condition = read_audience_condition(engine, Reader(line, ""), kind, of, place)
        if audience is None:
            audience = Audience(kind, line["key"], of)
            engine.audiences.append(audience)
        audience.when = condition
        audience.version += 1
        for each in engine.audiences:
            if each is audience or (each.when and (kind, line["key"]) in each.when.names):
                if each.when is not None:
                    each.members = [
                        subject for subject in engine.subjects
                        if subject.kind == each.of and engine.holds(each.when, subject)
                    ]
        engine.touch(engine.subjects)
        self.cause.look_at_all_exits = True
        self.defined(kind, line["key"], members=len(audience.members))

    def define_playbook(self, line):
        engine = self.engine
        playbook = engine.playbook(line["key"])
        version = PlaybookReader(engine, line).read(playbook.version if playbook else None)
        if playbook is None:
            playbook = Playbook(line["key"])
            engine.playbooks.append(playbook)
            if version.active:  # counts when the key is new
                playbook.status, playbook.activated_at = "active", engine.now
        playbook.versions += 1
        version.number = playbook.versions
        playbook.version = version
        pools = {}
        for branch, (senders, sticky) in version.pools.items():
            pools[branch] = Pool(senders, sticky)
            before = playbook.pools.get(branch)
            if before and before.senders == senders:
                pools[branch].turn = before.turn  # S4: goes on where it was
        playbook.pools = pools
        self.defined("playbook", line["key"], version=version.number)

    def undefine(self, line, kind):
        engine = self.engine
        Reader(line, "").only(*COMMON)
        if kind == "settings":
            raise Refused("bad_definition", "settings stay", "/kind")
        if not is_key(line.get("key")):
            raise Refused("bad_definition", "expected a key", "/key")
        key = line["key"]
        known = engine.playbook(key) if kind == "playbook" else key in engine.channels if kind == "channel" else engine.knows(kind, key)
        if not known:
            raise Refused("unknown_key", f"unknown {kind} {key}")
        if self.in_use(kind, key):
            raise Refused("in_use", f"{kind} {key} is in use")
        if kind == "playbook":
            engine.playbooks.remove(engine.playbook(key))
        elif kind in ("persona", "segment"):
            engine.audiences.remove(engine.audience(kind, key))  # without left lines
        else:
            things = {"channel": engine.channels, "template": engine.templates, "user": engine.users,
                      "role": engine.roles, "sender": engine.senders}[kind]
            del things[key]
        for subject in engine.subjects:
            if kind == "sender":
                subject.last_contact.pop(key, None)
                if subject.pinned == key:
                    subject.pinned = None
            if kind in ("user", "role"):
                subject.users = {
                    role: user for role, user in subject.users.items() if key != (user if kind == "user" else role)
                }

    def in_use(self, kind, key):
        """Named by a definition or by the version of a running enrollment, or somebody is in it."""
        engine = self.engine
        if kind == "playbook":
            return bool(engine.inside(engine.playbook(key)))
        if kind == "channel":
            return any(template.channel == key for template in engine.templates.values())
        if kind == "user" and any(sender.user == key for sender in engine.senders.values()):
            return True
        if kind == "sender" and key == engine.default_sender:
            return True
        for playbook in engine.playbooks:
            if kind == "sender" and any(key in pool.senders for pool in playbook.pools.values()):
                return True
            # A sender removed from the present pool is not named by the present definition any more.
            if kind != "sender" and (kind, key) in playbook.version.names:
                return True
        if any((kind, key) in enrollment.version.names for enrollment in engine.inside()):
            return True
        return any(audience.when and (kind, key) in audience.when.names for audience in engine.audiences)

    def finish(self):
        self.engine.look_at_exits(self.cause, [])
        self.engine.deliver()


def apply_definitions(engine, lines, paths):
    """All or nothing; a definition sees those before it."""
    saved = copy.deepcopy(engine.__dict__) if len(lines) > 1 else None
    definer = Definer(engine)
    for line, path in zip(lines, paths):
        try:
            definer.apply(line)
        except Refused as refusal:
            if saved is not None:
                engine.__dict__.clear()
                engine.__dict__.update(saved)
            raise Refused(refusal.code, refusal.message, (path + (refusal.path or "")) or None, refusal.column) from None
    definer.finish()
