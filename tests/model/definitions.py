"""Definitions: from the JSON of a `define` line to checked objects (SPEC P1, P12, C1-C3, S1, L).

Everything here only reads the engine: a refused definition leaves nothing behind.

Readings chosen where SPEC leaves a choice:
- P12: an e-mail notification is e-mail too, so it needs the channel connected when defined.
- P12: `send_as: "pool"` in a playbook without a pool is refused; `{"sender":true}` there is not (it finds nobody).
- P12: a pool may list senders that are not active as long as one is.
- L: a delay of zero is the same as no delay; `on_skip` is "exit" or "continue".
- A1: a segment needs a condition; its `of` may not change.
"""

from conditions import Place, Refusal, compile_condition
from timetext import parse_duration

COMMON = {"type", "kind", "key", "timestamp", "receivedAt", "messageId"}
MISSING = object()


class Refused(Exception):
    """An input that is refused: gives one error line (L)."""

    def __init__(self, code, message, path=None, column=None):
        super().__init__(message)
        self.code, self.message, self.path, self.column = code, message, path, column


def is_key(value):
    """E1: UTF-8, 1 to 255 bytes."""
    return isinstance(value, str) and 1 <= len(value.encode("utf-8", "surrogatepass")) <= 255


class Reader:
    """One JSON object of a definition, with its path, so that every refusal can say where."""

    def __init__(self, value, path):
        if not isinstance(value, dict):
            raise Refused("bad_definition", "expected an object", path or None)
        self.value, self.path = value, path

    def refuse(self, name, message, code="bad_definition"):
        raise Refused(code, message, f"{self.path}/{name}" if name else self.path or None)

    def only(self, *names):
        """Definitions refuse unknown members, at every level."""
        for name in self.value:
            if name not in names:
                self.refuse(name, f"unknown member {name}", "unknown_member")

    def has(self, name):
        return name in self.value

    def get(self, name, check, default=MISSING, expected="another type"):
        if name not in self.value:
            if default is MISSING:
                self.refuse(name, f"{name} is missing")
            return default
        if not check(self.value[name]):
            self.refuse(name, f"{name}: expected {expected}")
        return self.value[name]

    def key(self, name, default=MISSING):
        return self.get(name, is_key, default, "a key")

    def text(self, name, default=MISSING):
        return self.get(name, lambda value: isinstance(value, str), default, "text")

    def flag(self, name, default):
        return self.get(name, lambda value: isinstance(value, bool), default, "true or false")

    def choice(self, name, choices, default=MISSING):
        return self.get(name, lambda value: isinstance(value, str) and value in choices, default, " or ".join(choices))

    def duration(self, name, default):
        if name not in self.value:
            return default
        try:
            return parse_duration(self.value[name])
        except ValueError as problem:
            return self.refuse(name, str(problem))

    def object(self, name):
        return Reader(self.get(name, lambda value: isinstance(value, dict), expected="an object"), f"{self.path}/{name}")

    def list(self, name, least=1, most=None):
        items = self.get(name, lambda value: isinstance(value, list), expected="a list")
        if len(items) < least or (most is not None and len(items) > most):
            self.refuse(name, f"{name}: wrong number of items")
        return items


class Step:
    def __init__(self, delay, when, on_skip, actions):
        self.delay, self.when, self.on_skip, self.actions = delay, when, on_skip, actions


class Trigger:
    """kind: event, stage, health, segment, persona or manual; value: the name, stage, direction or key."""

    def __init__(self, kind, value=None, on=None, where=None, origin=None, stage=None):
        self.kind, self.value, self.on, self.where, self.origin, self.stage = kind, value, on, where, origin, stage


class PlaybookVersion:
    """One version of a playbook, as defined (P10)."""

    def __init__(self):
        self.number = None
        self.subject = None
        self.triggers = []
        self.segment = None
        self.when = None
        self.reentry = "always"  # "always", "once" or microseconds
        self.exit_when = None
        self.on_left = False
        self.keep = set()
        self.approval_window = None
        self.pools = {}  # branch (None without branches) to (list of sender keys, sticky), in order
        self.steps = []
        self.names = set()  # (kind, key) of everything it names


class PlaybookReader:
    """Reads one playbook definition against what the engine knows."""

    def __init__(self, engine, value):
        self.engine = engine
        self.top = Reader(value, "")
        self.version = PlaybookVersion()

    def name(self, kind, key, reader, member):
        """P12: everything named must be known."""
        if not self.engine.knows(kind, key):
            reader.refuse(member, f"unknown {kind} {key}")
        self.version.names.add((kind, key))
        return key

    def audience(self, kind, reader, member, exact):
        """A segment or persona named by a trigger, filter or branch; `exact`: of the playbook's own subject kind."""
        key = self.name(kind, reader.key(member), reader, member)
        of = self.engine.audience(kind, key).of
        # P1: a contact playbook's filter and branches may name a segment of accounts; nothing else may differ.
        if of != self.version.subject and (exact or self.version.subject == "account"):
            reader.refuse(member, f"{kind} {key} is of another subject kind")
        return key

    def condition(self, reader, member, subject=None, **place):
        if not reader.has(member):
            return None
        source = reader.text(member)
        try:
            condition = compile_condition(
                source, Place("playbook", subject or self.version.subject, self.engine.audience, **place)
            )
        except Refusal as problem:
            raise Refused("bad_condition", str(problem), f"{reader.path}/{member}", problem.column) from None
        self.version.names |= condition.names
        return condition

    def read(self, current):
        """`current`: the present version of the playbook under this key, or None."""
        top, version = self.top, self.version
        top.only(*COMMON, "subject", "active", "trigger", "segment", "when", "reentry", "exit", "approval_window",
                 "senders", "branches", "steps")
        version.subject = top.choice("subject", ("contact", "account"), "contact")
        if current and current.subject != version.subject:
            top.refuse("subject", "the subject kind may not change")  # P10
        version.active = top.flag("active", False)
        self.read_triggers()
        version.segment = self.audience("segment", top, "segment", exact=False) if top.has("segment") else None
        version.when = self.condition(top, "when")
        self.read_reentry()
        if top.has("exit"):
            self.read_exit(top.object("exit"))
        version.approval_window = top.duration("approval_window", None)
        self.read_pools()
        for position, step in enumerate(top.list("steps")):
            version.steps.append(self.read_step(Reader(step, f"/steps/{position}")))
        return version

    def read_triggers(self):
        value = self.top.get("trigger", lambda value: isinstance(value, (dict, list)) and value != [], expected="a trigger or a list")
        if isinstance(value, dict):
            self.version.triggers = [self.read_trigger(Reader(value, "/trigger"))]
        else:
            self.version.triggers = [self.read_trigger(Reader(item, f"/trigger/{i}")) for i, item in enumerate(value)]

    def read_trigger(self, reader):
        kinds = [kind for kind in ("event", "health", "segment", "persona", "manual") if reader.has(kind)]
        if not kinds and reader.has("stage"):
            kinds = ["stage"]  # the health trigger has a member `stage` too
        if len(kinds) != 1:
            for name in reader.value:
                if name not in ("event", "health", "segment", "persona", "manual", "stage", "on", "where", "from"):
                    reader.only()
            raise Refused("bad_definition", "expected one trigger", reader.path)
        kind = kinds[0]
        if kind == "event":
            reader.only("event", "where")
            return Trigger(kind, reader.key("event"), where=self.condition(reader, "where", event=True))
        if kind == "stage":
            reader.only("stage", "from")
            return Trigger(kind, reader.text("stage"), origin=reader.text("from", None))
        if kind == "health":
            reader.only("health", "stage")
            return Trigger(kind, reader.choice("health", ("progressed", "declined")), stage=reader.text("stage", None))
        if kind == "manual":
            reader.only("manual")
            reader.get("manual", lambda value: value is True, expected="true")
            return Trigger(kind)
        reader.only(kind, "on")
        key = self.audience(kind, reader, kind, exact=True)
        both = ("entered", "left") if kind == "segment" else ("tagged", "untagged")
        return Trigger(kind, key, on=reader.choice("on", both, both[0]))

    def read_reentry(self):
        value = self.top.get("reentry", lambda value: value in ("always", "once") or isinstance(value, dict), "always")
        if isinstance(value, dict):
            reader = self.top.object("reentry")
            reader.only("after")
            value = reader.duration("after", None)
            if value is None:
                reader.refuse("after", "after is missing")
        self.version.reentry = value

    def read_exit(self, reader):
        reader.only("when", "on_left", "keep")
        self.version.exit_when = self.condition(reader, "when", watched=True, enrollment=True)
        self.version.on_left = reader.flag("on_left", False)
        if reader.has("keep"):
            keep = reader.list("keep", least=0)
            if not all(item in ("tasks", "messages") for item in keep):
                reader.refuse("keep", "expected tasks, messages")
            self.version.keep = set(keep)

    def read_pools(self):
        top = self.top
        if top.has("senders") and top.has("branches"):
            top.refuse("branches", "either senders or branches")
        if top.has("senders"):
            self.version.pools[None] = self.read_pool(top.object("senders"))
        if top.has("branches"):
            for position, item in enumerate(top.list("branches")):
                reader = Reader(item, f"/branches/{position}")
                reader.only("segment", "senders")
                key = self.audience("segment", reader, "segment", exact=False)
                if key in self.version.pools:
                    reader.refuse("segment", "each branch has a segment of its own")  # S5
                self.version.pools[key] = self.read_pool(reader.object("senders"))

    def read_pool(self, reader):
        reader.only("pool", "sticky")
        keys = []
        for position, key in enumerate(reader.list("pool")):
            member = f"pool/{position}"
            if not is_key(key) or key in keys:
                reader.refuse(member, "expected different sender keys")
            keys.append(self.name("sender", key, reader, member))
        if not any(self.engine.is_active_sender(key) for key in keys):
            reader.refuse("pool", "no active sender")  # P12
        return keys, reader.choice("sticky", ("pool", "any", "off"), "pool")

    def read_step(self, reader):
        reader.only("delay", "when", "on_skip", "actions")
        delay = reader.duration("delay", 0)
        when = self.condition(reader, "when", enrollment=True)
        on_skip = reader.choice("on_skip", ("exit", "continue"), "continue")
        actions = []
        for position, item in enumerate(reader.list("actions", 1, 100)):
            action = Reader(item, f"{reader.path}/actions/{position}")
            action.only("email", "task", "assign", "notify")
            if len(action.value) != 1:
                raise Refused("bad_definition", "one kind of action each", action.path)
            kind = next(iter(action.value))
            actions.append((kind, getattr(self, "read_" + kind)(action.object(kind))))
        return Step(delay, when, on_skip, actions)

    def template(self, reader, channel):
        key = self.name("template", reader.key("template"), reader, "template")
        if self.engine.templates[key].channel != channel:
            reader.refuse("template", "a template of another channel")
        return key

    def teammate(self, reader, member):
        """C2: {"user":…}, {"role":…} or {"sender":true}."""
        inner = reader.object(member)
        inner.only("user", "role", "sender")
        if len(inner.value) != 1:
            reader.refuse(member, "expected user, role or sender")
        if inner.has("sender"):
            inner.get("sender", lambda value: value is True, expected="true")
            return "sender", True
        kind = next(iter(inner.value))
        return kind, self.name(kind, inner.key(kind), inner, kind)

    def need_email(self, reader):
        if not self.engine.is_connected("email"):
            raise Refused("bad_definition", "no e-mail channel is connected", reader.path)

    def read_email(self, reader):
        reader.only("template", "approval", "send_as", "to", "policy")
        self.need_email(reader)
        account = self.version.subject == "account"
        if account != reader.has("to"):
            reader.refuse("to", "an account playbook's e-mail says to whom, a contact playbook's does not")
        return {
            "template": self.template(reader, "email"),
            "approval": reader.flag("approval", True),
            "send_as": self.read_send_as(reader),
            "to": self.read_selection(reader) if account else None,
            "policy": reader.choice("policy", ("retry", "hold"), "retry"),
        }

    def read_send_as(self, reader):
        """S1: (kind, key, falls back to the default sender)."""
        value = reader.get("send_as", lambda value: value in ("default", "pool") or isinstance(value, dict), "default")
        if value == "pool":
            if not self.version.pools:
                reader.refuse("send_as", "the playbook has no pool")
            return "pool", None, False
        if value == "default":
            return "default", None, True
        inner = reader.object("send_as")
        inner.only("user", "role", "fallback")
        if inner.has("user") == inner.has("role"):
            reader.refuse("send_as", "expected user or role")
        kind = "user" if inner.has("user") else "role"
        key = self.name(kind, inner.key(kind), inner, kind)
        if kind == "user" and not self.engine.users[key].licensed:
            inner.refuse("user", "an unlicensed user to send as")  # P12
        return kind, key, inner.choice("fallback", ("default", "fail"), "default") == "default"

    def read_selection(self, reader):
        """C3: which contacts of the account."""
        if reader.value["to"] == "all":
            return "all", None
        inner = reader.object("to")
        inner.only("persona", "when")
        if len(inner.value) != 1:
            reader.refuse("to", "expected persona or when")
        if inner.has("persona"):
            return "persona", self.name("persona", inner.key("persona"), inner, "persona")
        return "when", self.condition(inner, "when", subject="contact", enrollment=True)

    def read_task(self, reader):
        reader.only("title", "assignee", "due")
        return {
            "title": reader.text("title"),
            "assignee": self.teammate(reader, "assignee") if reader.has("assignee") else None,
            "due": reader.duration("due", None),
        }

    def read_assign(self, reader):
        reader.only("role", "user", "rotate")
        role = self.name("role", reader.key("role"), reader, "role")
        if reader.has("user") == reader.has("rotate"):
            raise Refused("bad_definition", "expected user or rotate", reader.path)
        if reader.has("user"):
            return {"role": role, "users": [self.name("user", reader.key("user"), reader, "user")]}
        users = []
        for position, key in enumerate(reader.list("rotate")):
            if not is_key(key):
                reader.refuse(f"rotate/{position}", "expected a key")
            users.append(self.name("user", key, reader, f"rotate/{position}"))
        return {"role": role, "users": users}

    def read_notify(self, reader):
        reader.only("channel", "to", "template")
        channel = reader.choice("channel", ("email", "slack"), "email")
        if channel == "email":
            self.need_email(reader)
            to = self.teammate(reader, "to")
        else:
            to = "slack", reader.key("to")
        return {"channel": channel, "to": to, "template": self.template(reader, channel)}


def read_audience_condition(engine, reader, kind, of, place):
    """The condition of a persona or segment standing at `place` in the definition order."""
    if not reader.has("when"):
        return None

    def find(named_kind, key):
        # X3, A3: a persona names only segments before its own place.
        audience = engine.audience(named_kind, key)
        return audience if audience and engine.audiences.index(audience) < place else None

    try:
        return compile_condition(reader.text("when"), Place(kind, of, find, watched=True))
    except Refusal as problem:
        raise Refused("bad_condition", str(problem), "/when", problem.column) from None
