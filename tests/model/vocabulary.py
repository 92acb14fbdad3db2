"""Random conditions and definitions for generate.py: a small vocabulary that collides often.

Every function takes a random.Random and gives a JSON value or CEL text.  Windows and delays are small
whole days, hours and minutes, and facts come at the same small steps, so that things fall due at
equal times, exactly at boundaries and one microsecond beside them.
"""

CONTACTS = ["u1", "u2", "u3", "u4", "u5", "u6", "u7"]
ACCOUNTS = ["acme", "beta", "corp"]
USERS = ["john", "mary", "zoe", "kim"]
ROLES = ["CSM", "AM"]
SENDERS = ["ann", "bob", "cid", "dan", "eve", "success"]
EVENTS = ["login", "buy", "visit"]
STAGES = ["lead", "trial", "won"]
EMAIL_TEMPLATES = ["hello", "bye"]
SLACK_TEMPLATES = ["alert", "ping"]
BASE = "2024-03-01T00:00:00Z"


def window(r):
    return r.choice(["days(1)", "days(1)", "days(2)", "days(2)", "days(3)", "duration('12h')", "duration('36h')",
                     "duration('10m')", "duration('90m')", "days(7)"])


def two_windows(r):
    longer, shorter = r.choice([("days(2)", "days(1)"), ("days(3)", "days(1)"), ("days(3)", "days(2)"),
                                ("duration('36h')", "duration('12h')"), ("days(4)", "days(2)")])
    return longer, shorter


def literal_time(r):
    return "timestamp('2024-03-%02dT%02d:00:00Z')" % (r.randint(1, 12), r.choice([0, 0, 0, 6, 12]))


def compare(r):
    return r.choice(["<", "<=", ">", ">=", "==", "!="])


def order(r):
    return r.choice(["<", "<=", ">", ">="])


def history(r, subject):
    function = r.choice(["events", "events", "events", "account_events"])
    return f"{function}('{r.choice(EVENTS)}')"


def timed(r, subject):
    """A condition that moves with `now`, in the ways X6 allows."""
    h, who = history(r, subject), subject
    longer, shorter = two_windows(r)
    return r.choice([
        lambda: f"{h}.quiet({window(r)})",
        lambda: f"{h}.quiet({window(r)})",
        lambda: f"{h}.count({window(r)}) {compare(r)} {r.randint(0, 3)}",
        lambda: f"{h}.count({window(r)}) {compare(r)} {r.randint(0, 2)}",
        lambda: f"{h}.count({longer}, {shorter}) {compare(r)} {r.randint(0, 2)}",
        lambda: f"{h}.count({shorter}) {order(r)} {h}.count({longer}, {shorter})",
        lambda: f"{h}.count({shorter}) + {h}.count({longer}) {compare(r)} {r.randint(1, 4)}",
        lambda: f"now - {h}.last() {order(r)} {window(r)}",
        lambda: f"now - {h}.first() {compare(r)} {window(r)}",
        lambda: f"{h}.last() + {window(r)} {order(r)} now",
        lambda: f"now {order(r)} {who}.created_at + {window(r)}",
        lambda: f"now - {who}.created_at {order(r)} {window(r)}",
        lambda: f"now {order(r)} {literal_time(r)}",
        lambda: f"now == {literal_time(r)}",
        lambda: f"now - {window(r)} {order(r)} {literal_time(r)}",
        lambda: f"timestamp({who}.traits.since) + {window(r)} {order(r)} now",
        lambda: f"now.getDayOfWeek() in [{r.choice(['0, 6', '1', '2, 4'])}]",
        lambda: f"now.getHours() {order(r)} {r.choice([6, 9, 12])}",
        lambda: f"now.getHours('{r.choice(['+02:00', '-05:30'])}') == {r.choice([0, 8, 23])}",
        lambda: f"now.getDayOfMonth() {compare(r)} {r.randint(0, 6)}",
        lambda: f"now.getDate() in [{r.randint(1, 4)}, {r.randint(5, 9)}]",
        lambda: f"(now - {who}.created_at).getHours() {order(r)} {r.choice([12, 24, 36])}",
        lambda: f"now {order(r)} (has({who}.stage) ? {who}.created_at + {window(r)} : {literal_time(r)})",
        lambda: f"(now - {who}.created_at > {window(r)} ? {h}.count({window(r)}) : 1) {compare(r)} {r.randint(0, 2)}",
        lambda: f"[1, 3].exists(d, now == {who}.created_at + days(d))",
        lambda: f"{who}.traits.spans.all(d, now - {who}.created_at > days(d))",
    ])()


def still(r, subject):
    """A condition that changes with facts only."""
    who = subject
    key = "u" if subject == "contact" else "a"
    keys = CONTACTS if subject == "contact" else ACCOUNTS
    options = [
        lambda: f"{who}.traits.plan == '{r.choice(['pro', 'free'])}'",
        lambda: f"{who}.traits.plan == 'pro'",
        lambda: f"{who}.traits.n {compare(r)} {r.randint(0, 5)}",
        lambda: f"{who}.traits.n % 2 == 0",
        lambda: f"{who}.stage == '{r.choice(STAGES)}'",
        lambda: f"has({who}.stage) && {who}.stage != '{r.choice(STAGES)}'",
        lambda: f"!has({who}.traits.plan)",
        lambda: f"has({who}.health)",
        lambda: f"{who}.health {order(r)} {r.choice([40, 50, 60])}",
        lambda: f"{who}.traits.vip",
        lambda: f"'x' in {who}.traits.tags",
        lambda: f"{who}.traits.tags.exists(t, t.startsWith('x'))",
        lambda: f"{who}.traits.tags.all(t, t.contains('x')) || {who}.traits.vip",
        lambda: f"size({who}.traits.tags) > 1",
        lambda: f"{who}.traits.tags.filter(t, t != 'x').size() == 1",
        lambda: f"{who}.id in ['{r.choice(keys)}', '{r.choice(keys)}']",
        lambda: f"{who}.id.startsWith('{key}')",
        lambda: f"{who}.traits.plan.matches('^p.o$')",
        lambda: f"{who}.traits.address.city == 'Oslo'",
        lambda: f"{who}.traits.score * 2.0 > 3.0",
        lambda: f"{who}.traits.plan == null",
        lambda: f"type({who}.traits.n) == int",
        lambda: f"events('{r.choice(EVENTS)}').count() {compare(r)} {r.randint(0, 3)}",
        lambda: f"events('{r.choice(EVENTS)}').count() % 2 == 1",
        lambda: f"events('login').last() {order(r)} events('buy').last()",
        lambda: f"events('visit').first() == {who}.created_at",
        lambda: "true",
        lambda: r.choice(["true", "true", "false"]),
    ]
    if subject == "contact":
        options += [
            lambda: f"account.traits.plan == '{r.choice(['pro', 'free'])}'",
            lambda: f"account.traits.n {compare(r)} {r.randint(0, 5)}",
            lambda: "has(account.id)",
            lambda: "!has(account.id)",
            lambda: f"account.stage == '{r.choice(STAGES)}'",
            lambda: f"account.health {order(r)} 50",
            lambda: f"account_events('{r.choice(EVENTS)}').count() {compare(r)} {r.randint(0, 3)}",
            lambda: "contact.created_at > account.created_at",
        ]
    return r.choice(options)()


def condition(r, subject, segments=(), personas=(), chance=0.5, depth=0):
    """A condition; `segments` and `personas` are keys it may name."""
    if depth < 2 and r.random() < 0.35:
        def inner():
            return condition(r, subject, segments, personas, chance, depth + 1)
        return r.choice([
            lambda: f"{inner()} && {inner()}",
            lambda: f"{inner()} || {inner()}",
            lambda: f"({inner()} || {inner()}) && {inner()}",
            lambda: f"!({inner()})",
            lambda: f"({inner()}) ? ({inner()}) : ({inner()})",
            lambda: f"({inner()}) != ({inner()})",
        ])()
    named = [f"segment('{key}')" for key in segments] + [f"persona('{key}')" for key in personas]
    if named and r.random() < 0.3:
        return r.choice(["", "!"]) + r.choice(named)
    return timed(r, subject) if r.random() < chance else still(r, subject)


def exit_condition(r, subject, segments, personas):
    return r.choice([
        lambda: f"events('{r.choice(EVENTS)}').count() > 1 && now > enrollment.started_at",
        lambda: f"now {r.choice(['>', '>='])} enrollment.started_at + {window(r)}",
        lambda: f"events('{r.choice(EVENTS)}').last() > enrollment.started_at",
        lambda: f"events('{r.choice(EVENTS)}').last() {r.choice(['>', '>='])} enrollment.started_at",
        lambda: f"now {order(r)} enrollment.started_at + {window(r)}",
        lambda: f"now - enrollment.step_at {r.choice(['>', '>='])} {window(r)}",
        lambda: "enrollment.step_at > enrollment.started_at",
        lambda: f"now - enrollment.started_at > days(1) && events('{r.choice(EVENTS)}').quiet({window(r)})",
        lambda: f"{subject}.stage == '{r.choice(STAGES)}'",
        lambda: condition(r, subject, segments, personas),
        lambda: condition(r, subject, segments, personas),
    ])()


def step_condition(r, subject, segments, personas):
    return r.choice([
        lambda: condition(r, subject, segments, personas),
        lambda: condition(r, subject, segments, personas),
        lambda: f"events('{r.choice(EVENTS)}').count(now - enrollment.started_at) {compare(r)} {r.randint(0, 2)}",
        lambda: "now > enrollment.step_at",
        lambda: "int(now) % 2 == 0",
        lambda: f"string(now).contains('T{r.choice(['00', '12'])}:')",
    ])()


def where(r):
    return r.choice([
        "event.properties.amount > 10", "event.properties.amount >= 10.5", "event.name == 'login'",
        "has(event.properties.amount)", "event.occurred_at < now", "event.occurred_at == now",
        "events('login').count() == 1", "account_events('buy').count(days(1)) > 1", "true",
        "'x' in event.properties.items", "now - event.occurred_at < days(1)",
    ])


def duration(r):
    return r.choice(["10m", "1h", "12h", "1d", "1d", "2d", "3d", "90m", "24h", "1w", "36h", "1.5h"])


def teammate(r):
    return r.choice([{"user": r.choice(USERS)}, {"role": r.choice(ROLES)}, {"sender": True}])


def action(r, subject, has_pool, personas):
    kind = r.choice(["email", "email", "email", "task", "task", "assign", "notify"])
    if kind == "task":
        out = {"title": r.choice(["Call", "Write", "Wait"])}
        if r.random() < 0.7:
            out["assignee"] = teammate(r)
        if r.random() < 0.5:
            out["due"] = duration(r)
    elif kind == "assign":
        out = {"role": r.choice(ROLES)}
        if r.random() < 0.5:
            out["user"] = r.choice(USERS)
        else:
            out["rotate"] = r.sample(USERS, r.randint(1, 3))
    elif kind == "notify":
        if r.random() < 0.5:
            out = {"channel": "slack", "to": r.choice(["#cs", "#ops"]), "template": r.choice(SLACK_TEMPLATES)}
        else:
            out = {"to": teammate(r), "template": r.choice(EMAIL_TEMPLATES)}
            if r.random() < 0.5:
                out["channel"] = "email"
    else:
        out = {"template": r.choice(EMAIL_TEMPLATES)}
        if r.random() < 0.7:
            out["approval"] = r.random() < 0.5
        choices = ["default", {"user": r.choice(USERS[:2])}, {"role": r.choice(ROLES)},
                   {"role": r.choice(ROLES), "fallback": "fail"}, {"user": r.choice(USERS[:2]), "fallback": "fail"}]
        if has_pool:
            choices += ["pool"] * 5
        if r.random() < 0.8:
            out["send_as"] = r.choice(choices)
        if r.random() < 0.2:
            out["policy"] = r.choice(["retry", "hold"])
        if subject == "account":
            selections = ["all", "all", {"when": condition(r, "contact", (), personas)}]
            if personas:
                selections.append({"persona": r.choice(personas)})
            out["to"] = r.choice(selections)
    return {kind: out}


def pool(r):
    out = {"pool": r.sample(SENDERS, r.choice([1, 2, 2, 3, 3, 4]))}
    if r.random() < 0.6:
        out["sticky"] = r.choice(["pool", "any", "off"])
    return out


def step(r, subject, first, has_pool, segments, personas):
    out = {"actions": [action(r, subject, has_pool, personas) for _ in range(r.choice([1, 1, 1, 2, 2, 3]))]}
    if r.random() < (0.35 if first else 0.8):
        out["delay"] = r.choice(["0s", duration(r), duration(r), duration(r)])
    if r.random() < 0.25:
        out["when"] = step_condition(r, subject, segments, personas)
        if r.random() < 0.5:
            out["on_skip"] = "exit"
    return out


def trigger(r, subject, own_segments, personas):
    choices = [
        lambda: {"event": r.choice(EVENTS)},
        lambda: {"event": r.choice(EVENTS), "where": where(r)},
        lambda: {"stage": r.choice(STAGES)},
        lambda: {"stage": r.choice(STAGES), "from": r.choice(STAGES)},
        lambda: {"health": r.choice(["progressed", "declined"])},
        lambda: {"health": r.choice(["progressed", "declined"]), "stage": r.choice(STAGES)},
        lambda: {"manual": True},
    ]

    def member(kind, key, words):
        out = {kind: key}
        if r.random() < 0.6:
            out["on"] = r.choice(words)
        return out

    for key in own_segments:
        choices += [lambda key=key: member("segment", key, ["entered", "left"])] * 4
    if subject == "contact":
        for key in personas:
            choices += [lambda key=key: member("persona", key, ["tagged", "untagged"])] * 4
    return r.choice(choices)()


def playbook(r, key, segments, personas):
    """`segments`: list of (key, of)."""
    subject = r.choice(["contact", "contact", "contact", "account"])
    own = [name for name, of in segments if of == subject]
    usable = [name for name, of in segments if subject == "contact" or of == "account"]
    asked = personas if subject == "contact" else []
    out = {"type": "define", "kind": "playbook", "key": key}
    if subject == "account" or r.random() < 0.7:
        out["subject"] = subject
    out["active"] = r.random() < 0.9
    triggers = [trigger(r, subject, own, personas) for _ in range(r.choice([1, 2, 2, 3, 4]))]
    out["trigger"] = triggers[0] if len(triggers) == 1 and r.random() < 0.7 else triggers
    if usable and r.random() < 0.15:
        out["segment"] = r.choice(usable)
    if r.random() < 0.2:
        out["when"] = condition(r, subject, usable, asked)
    if r.random() < 0.5:
        out["reentry"] = r.choice(["always", "once", {"after": duration(r)}])
    if r.random() < 0.65:
        leaving = {}
        if r.random() < 0.7:
            leaving["when"] = exit_condition(r, subject, usable, asked)
        if r.random() < 0.6:
            leaving["on_left"] = r.random() < 0.9
        if r.random() < 0.35:
            leaving["keep"] = r.choice([["tasks"], ["messages"], ["tasks", "messages"], []])
        out["exit"] = leaving
    if r.random() < 0.3:
        out["approval_window"] = r.choice(["5m", "1h", "0s", "1d"])
    branching = usable and r.random() < 0.3
    if branching:
        names = r.sample(usable, min(len(usable), r.randint(1, 3)))
        out["branches"] = [{"segment": name, "senders": pool(r)} for name in names]
    elif r.random() < 0.65:
        out["senders"] = pool(r)
    has_pool = "branches" in out or "senders" in out
    out["steps"] = [step(r, subject, n == 0, has_pool, usable, asked) for n in range(r.choice([1, 2, 2, 3, 3, 4]))]
    return out


def traits(r):
    out = {}
    for _ in range(r.randint(1, 3)):
        name, value = r.choice([
            lambda: ("plan", r.choice(["pro", "pro", "free", "free", None, 3])),
            lambda: ("plan", r.choice(["pro", "free"])),
            lambda: ("n", r.choice([0, 1, 2, 3, 4, 5, 2.5, "many", 18446744073709551616])),
            lambda: ("n", r.randint(0, 5)),
            lambda: ("vip", r.choice([True, False])),
            lambda: ("tags", r.choice([["x"], ["x", "y"], [], ["xy", "x"], "x", [1, "x"]])),
            lambda: ("since", "2024-03-%02dT%02d:00:00%s" % (r.randint(1, 9), r.choice([0, 12]), r.choice(["Z", "Z", "+02:00"]))),
            lambda: ("since", r.choice(["yesterday", 7, "2024-03-03T00:00:00.000001Z"])),
            lambda: ("score", r.choice([1.5, 2.0, 1, -0.5])),
            lambda: ("address", r.choice([{"city": "Oslo"}, {"city": "Rome"}, {}, None])),
            lambda: ("spans", r.choice([[1], [1, 2], [3], [], ["x", 1]])),
        ])()
        out[name] = value
    return out


def properties(r):
    return r.choice([{"amount": 5}, {"amount": 10}, {"amount": 20}, {"amount": 10.5}, {"items": ["x"]}, {}, {"amount": "much"}])


def health(r):
    return r.choice([30, 40, 50, 60, 70, 50.0, 45.5, 80])
