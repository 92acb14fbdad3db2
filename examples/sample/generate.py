#!/usr/bin/env python3
"""Makes events.ndjson: two months at Kestrel, which sells reporting to businesses. Always the same lines.

usage: generate.py > events.ndjson

The accounts' courses and what the team decides are written down below; only everyday use is left to chance, with a fixed seed."""
import datetime
import json
import random

START = datetime.datetime(2026, 1, 5)  # a Monday
DAYS = 60

# Account, its plan, and its contacts: name, title, how likely a login is on a working day, days on which they stay away.
ACCOUNTS = [
    ("brightwater", "Brightwater Hotels", "team", [
        ("marta.keller", "Marta Keller", "Head of Operations", 0.8, [(4, 21), (30, 50)]),
        ("joon.park", "Joon Park", "Analyst", 0.6, []),
        ("lucia.romano", "Lucia Romano", "Controller", 0.3, [])]),
    ("northgate", "Northgate Logistics", "team", [
        ("sam.whitlock", "Sam Whitlock", "Fleet Manager", 0.5, []),
        ("dara.oneill", "Dara O’Neill", "Planner", 0.4, [(12, 33)])]),
    ("fernhill", "Fernhill Clinics", "business", [
        ("amara.okafor", "Amara Okafor", "Practice Lead", 0.6, [(24, 60)]),
        ("felix.brandt", "Félix Brandt", "IT Manager", 0.3, []),
        ("noor.aziz", "Noor Aziz", "Data Steward", 0.5, [])]),
    ("solano", "Solano Foods", "starter", [
        ("bea.santos", "Bea Santos", "Buyer", 0.5, [])]),
    ("lindqvist", "Lindqvist & Daughters", "starter", [
        ("elsa.lindqvist", "Elsa Lindqvist", "Owner", 0.4, [(8, 26)]),
        ("nils.berg", "Nils Berg", "Bookkeeper", 0.3, [])]),
    ("tamarin", "Tamarin Games", "business", [
        ("yuki.mori", "Yuki Mori", "Producer", 0.7, []),
        ("cole.avery", "Cole Avery", "Economy Designer", 0.5, [(20, 41)])]),
]

# Day, hour and minute, line: the courses of the accounts, and what people do at their desks.
COURSES = [
    (0, 8, 30, {"type": "stage", "groupId": "brightwater", "stage": "onboarding"}),
    (0, 8, 40, {"type": "stage", "groupId": "northgate", "stage": "trial"}),
    (0, 8, 50, {"type": "stage", "groupId": "solano", "stage": "trial"}),
    (1, 9, 0, {"type": "stage", "groupId": "fernhill", "stage": "adoption", "health": 78}),
    (1, 9, 5, {"type": "assign", "groupId": "fernhill", "role": "CSM", "user": "tomas"}),
    (1, 9, 10, {"type": "stage", "groupId": "tamarin", "stage": "adoption", "health": 85}),
    (1, 9, 15, {"type": "assign", "groupId": "tamarin", "role": "CSM", "user": "priya"}),
    (2, 10, 0, {"type": "stage", "groupId": "lindqvist", "stage": "onboarding"}),
    (2, 10, 30, {"type": "tag", "userId": "marta.keller", "persona": "champion"}),
    (2, 10, 31, {"type": "tag", "userId": "amara.okafor", "persona": "champion"}),
    (2, 10, 32, {"type": "tag", "userId": "yuki.mori", "persona": "champion"}),
    (7, 11, 0, {"type": "stage", "groupId": "northgate", "stage": "onboarding"}),
    (21, 9, 0, {"type": "stage", "groupId": "brightwater", "stage": "adoption", "health": 70}),
    (23, 9, 0, {"type": "stage", "groupId": "northgate", "stage": "adoption", "health": 66}),
    (28, 7, 0, {"type": "health", "groupId": "fernhill", "health": 61}),
    (35, 7, 0, {"type": "health", "groupId": "fernhill", "health": 44}),
    (36, 7, 0, {"type": "health", "groupId": "brightwater", "health": 48}),
    (37, 7, 0, {"type": "health", "groupId": "tamarin", "health": 90}),
    (42, 7, 0, {"type": "health", "groupId": "brightwater", "health": 64}),
    (44, 7, 0, {"type": "health", "groupId": "tamarin", "health": 45}),
    (46, 7, 0, {"type": "health", "groupId": "tamarin", "health": 68}),
]
# What the team does with its outbox and its tasks, by the numbers that the run gives them.
DECISIONS = [
    (17, 11, 0, {"type": "approve", "message": 13}),
    (17, 11, 6, {"type": "unapprove", "message": 13}),
    (17, 14, 20, {"type": "approve", "message": 13}),
    (18, 9, 0, {"type": "approve", "message": 14}),
    (23, 9, 0, {"type": "approve", "message": 16}),
    (29, 15, 0, {"type": "edit", "message": 17, "note": "Mention the new import"}),
    (29, 15, 1, {"type": "approve", "message": 17}),
    (32, 11, 0, {"type": "discard", "message": 18}),
    (37, 15, 0, {"type": "approve", "message": 21}),
    (38, 9, 0, {"type": "approve", "message": 22}),
    (39, 9, 0, {"type": "approve", "message": 23}),
    (43, 14, 30, {"type": "approve", "message": 25}),
    (8, 10, 0, {"type": "complete", "task": 1}),
    (10, 11, 0, {"type": "complete", "task": 2}),
    (11, 15, 0, {"type": "complete", "task": 3}),
    (14, 16, 0, {"type": "complete", "task": 4}),
    (15, 10, 30, {"type": "complete", "task": 5}),
    (18, 14, 0, {"type": "complete", "task": 7}),
    (24, 9, 30, {"type": "complete", "task": 9}),
    (29, 11, 0, {"type": "complete", "task": 10}),
    (36, 9, 0, {"type": "complete", "task": 11}),
    (37, 10, 0, {"type": "complete", "task": 12}),
    (39, 8, 45, {"type": "cancel", "task": 13}),
    (50, 9, 15, {"type": "complete", "task": 17}),
]


def time_text(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def at(day, hour, minute=0):
    return START + datetime.timedelta(days=day, hours=hour, minutes=minute)


def everyday_use(chance):
    """Logins on working days, and now and then a report made or shared."""
    for account, _, _, contacts in ACCOUNTS:
        for key, _, _, likely, absences in contacts:
            made, shares = False, chance.random() < 0.75
            for day in range(DAYS):
                login, hour, minute, report = (chance.random() for _ in range(4))
                if day % 7 >= 5 or any(first <= day < last for first, last in absences) or login >= likely:
                    continue
                moment = at(day, 8 + int(hour * 9), int(minute * 60))
                yield moment, {"type": "track", "userId": key, "event": "login"}
                if report < 0.12:
                    made_at = moment + datetime.timedelta(minutes=6)
                    yield made_at, {"type": "track", "userId": key, "event": "report_created",
                                    "properties": {"title": f"Week {day // 7 + 1}"}}
                    made = True
                elif report < 0.4 and made and shares:
                    yield moment + datetime.timedelta(minutes=9), {"type": "track", "userId": key, "event": "report_shared"}


def main():
    chance = random.Random(2026)
    lines = []
    for index, (account, name, plan, contacts) in enumerate(ACCOUNTS):
        moment = at(0, 8, index)
        lines.append((moment, {"type": "group", "groupId": account, "traits": {"name": name, "plan": plan}}))
        for key, person, title, _, _ in contacts:
            lines.append((moment, {"type": "identify", "userId": key, "traits": {"name": person, "title": title}}))
            lines.append((moment, {"type": "group", "userId": key, "groupId": account}))
    lines += everyday_use(chance)
    lines += [(at(day, hour, minute), line) for day, hour, minute, line in COURSES + DECISIONS]
    lines.append((at(DAYS, 18), {"type": "advance"}))
    lines.sort(key=lambda pair: pair[0])  # stable: lines of one time stay in their order
    for number, (moment, line) in enumerate(lines, 1):
        line = dict(line, timestamp=time_text(moment))
        if line["type"] == "track":
            line["messageId"] = f"event-{number}"
        print(json.dumps(line, ensure_ascii=False, separators=(",", ":")))


if __name__ == "__main__":
    main()
