#!/usr/bin/env python3
"""Sums what callgrind counted by folder of src; bench/profile runs it.

usage: profile.py CALLGRIND-FILE CONTACTS EVENTS [--functions N] [--publish]"""
import collections
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
MARKS = ("<!-- profile -->", "<!-- end of profile -->")


def read_costs(path):
    """Costs by (file, function), without those of calls: {…: [count of each event]}, and the events' names."""
    names, costs, events = {}, collections.defaultdict(lambda: [0] * 9), []
    file = function = ""
    is_call = False

    def named(kind, text):
        number, _, name = text.partition(" ")
        if not number.startswith("("):
            return text
        if name:
            names[kind, number] = name
        return names[kind, number]

    for line in open(path, encoding="utf-8", errors="replace"):
        line = line.rstrip("\n")
        if line.startswith("events:"):
            events = line.split()[1:]
            continue
        found = re.match(r"(fl|fi|fe|fn|ob|cob|cfi|cfl|cfn|calls)=\s*(.*)$", line)
        if found:
            kind, text = found.groups()
            if kind in ("fl", "fi", "fe"):
                file = named("file", text)
            elif kind in ("cfi", "cfl"):
                named("file", text)
            elif kind == "fn":
                function = named("function", text)
            elif kind == "cfn":
                named("function", text)
            elif kind in ("ob", "cob"):
                named("object", text)
            else:
                is_call = True  # the next line is what the call took, which its own lines say too
            continue
        if line[:1] in "+-*" or line[:1].isdigit():
            if not is_call:
                of = costs[file, function]
                for i, value in enumerate(line.split()[1:]):
                    of[i] += int(value)
            is_call = False
    return costs, events


def folder_of(file):
    parts = pathlib.PurePath(file).parts
    if "src" in parts:
        rest = parts[parts.index("src") + 1:]
        if len(rest) == 2:
            return rest[0]
    if "bench" in parts:
        return "the host program"
    return "libc"


def main():
    arguments = sys.argv[1:]
    publish = "--publish" in arguments
    if publish:
        arguments.remove("--publish")
    functions = 0
    if "--functions" in arguments:
        place = arguments.index("--functions")
        functions = int(arguments[place + 1])
        del arguments[place:place + 2]
    if len(arguments) != 3:
        sys.exit(__doc__)
    path, contacts, played = arguments[0], int(arguments[1]), int(arguments[2])
    costs, events = read_costs(path)
    place = {name: i for i, name in enumerate(events)}
    wanted = [("instructions", ("Ir",)), ("data touched", ("Dr", "Dw")), ("first level misses", ("D1mr", "D1mw")),
              ("last level misses", ("DLmr", "DLmw"))]

    def figures(counts):
        return [sum(counts[place[name]] for name in names) / played for _, names in wanted]

    by_folder, by_function = collections.defaultdict(lambda: [0.0] * 4), collections.defaultdict(lambda: [0.0] * 4)
    for (file, function), counts in costs.items():
        folder = folder_of(file)
        for table, key in ((by_folder, folder), (by_function, f"{folder}: {function}")):
            table[key] = [a + b for a, b in zip(table[key], figures(counts))]
    rows = [["an event's", "", *(name for name, _ in wanted[1:])]]
    rows[0][1] = wanted[0][0]
    for table, most in ((by_folder, len(by_folder)), (by_function, functions)):
        for key, values in sorted(table.items(), key=lambda item: -item[1][0])[:most]:
            rows.append([key, f"{values[0]:,.1f}", f"{values[1]:,.1f}", f"{values[2]:.2f}", f"{values[3]:.2f}"])
        if table is by_folder:
            values = [sum(column) for column in zip(*by_folder.values())]
            rows.append(["all", f"{values[0]:,.1f}", f"{values[1]:,.1f}", f"{values[2]:.2f}", f"{values[3]:.2f}"])
            of_folders = len(rows)
    widths = [max(len(row[i]) for row in rows) for i in range(5)]
    for i, row in enumerate(rows):
        if i == of_folders:
            print()
        print("  ".join(cell.ljust(width) if j == 0 else cell.rjust(width) for j, (cell, width) in enumerate(zip(row, widths))))
    if publish:
        readme = ROOT / "bench" / "README.md"
        text = readme.read_text("utf-8")
        before, rest = text.split(MARKS[0], 1)
        after = rest.split(MARKS[1], 1)[1]
        lines = ["| " + " | ".join(row) + " |" for row in rows[:of_folders]]
        lines.insert(1, "|---|" + "---:|" * 4)
        readme.write_text(f"{before}{MARKS[0]}\nAt {contacts:,} contacts and {played:,} events:\n\n" + "\n".join(lines) + f"\n{MARKS[1]}{after}",
                          "utf-8")
        print("bench/README.md has this table now")


if __name__ == "__main__":
    main()
