"""The plain things an engine holds: subjects, audiences, playbooks, enrollments, messages, tasks (SPEC E, A, P, O)."""


class Subject:
    """A contact or an account (E2)."""

    def __init__(self, kind, key, created_at):
        self.kind, self.key, self.created_at = kind, key, created_at
        self.traits = {}
        self.stage = None
        self.health = None
        self.account = None  # of a contact
        self.pinned = None  # sender key
        self.suppressed = False
        self.last_contact = {}  # sender key to (occurrence time, number of the record), S8
        self.users = {}  # of an account: role to user
        self.events = []  # (name, occurrence time)
        self.deleted = False
        self.version = 0  # goes up whenever a condition about it might give something else

    def member(self):
        """The output member that names it."""
        return {"userId" if self.kind == "contact" else "groupId": self.key}


class Audience:
    """A persona or a segment (A1); `members` is a plain list of subjects."""

    def __init__(self, kind, key, of):
        self.kind, self.key, self.of = kind, key, of
        self.when = None
        self.members = []
        self.version = 0


class User:
    def __init__(self, licensed):
        self.licensed = licensed


class Sender:
    def __init__(self, user):
        self.user = user
        self.removed = None  # or "drain" or "cancel", from the engine (S7)


class Template:
    def __init__(self, channel):
        self.channel = channel


class Pool:
    """Senders in listed order and whose turn it is (S4)."""

    def __init__(self, senders, sticky):
        self.senders, self.sticky, self.turn = list(senders), sticky, 0

    def add(self, key):
        # S6: to the end; the turn stays with whose turn it was (`turn` is always a present index).
        self.senders.append(key)

    def remove(self, key):
        # S6: removing skips nobody.
        position = self.senders.index(key)
        del self.senders[position]
        if position < self.turn:
            self.turn -= 1
        if self.turn >= len(self.senders):
            self.turn = 0


class Playbook:
    def __init__(self, key):
        self.key = key
        self.version = None  # the present PlaybookVersion
        self.versions = 0
        self.status = "inactive"  # active, paused, archived
        self.activated_at = None
        self.pools = {}  # branch to Pool
        self.past = {}  # subject to [enrollments so far, time of the last exit]
        self.rotations = {}  # (step, action, users) to the number of turns taken, C1


class Enrollment:
    def __init__(self, number, playbook, subject, now):
        self.number, self.playbook, self.version, self.subject = number, playbook, playbook.version, subject
        self.branch = None
        self.sender = None
        self.started_at = self.step_at = now
        self.next_step = 0
        self.due = None
        self.audience = None  # whose `entered` or `tagged` triggered it (P9)
        self.inside = True


class Message:
    def __init__(self, number, enrollment, channel, template):
        self.number, self.enrollment, self.channel, self.template = number, enrollment, channel, template
        self.recipient = None  # the contact it goes to, where it is an e-mail action's
        self.to = None  # user key or Slack channel, where it is a notification
        self.sender = None
        self.state = None
        self.reason = None
        self.attempts = 0
        self.approved_until = None
        self.retry_at = None
        self.accepted = False

    def unsent(self):
        """P9: pending, approved, or sending while it waits for a retry."""
        return self.state in ("pending", "approved") or (self.state == "sending" and self.retry_at is not None)


class Task:
    def __init__(self, number, enrollment, title):
        self.number, self.enrollment, self.title = number, enrollment, title
        self.assignee = None
        self.due = None
        self.of_sender = None  # the sender whose task it is ({"sender":true}, C2)
        self.state = "open"


class Cause:
    """One cause being worked through (T7)."""

    def __init__(self):
        self.touched = []  # subjects whose facts changed
        self.manual = {}  # (audience, subject) to membership set by the host
        self.changes = []  # (audience, subject, joined), in order
        self.judged = []  # (playbook, subject), P5
        self.event = None  # {"name", "occurred_at", "properties"}
        self.event_subjects = []
        self.stage_change = None  # (subject, stage before)
        self.health_change = None  # (subject, health before)
        self.look_at_all_exits = False  # A3
