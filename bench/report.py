#!/usr/bin/env python3
"""Makes tables, JSON and a plot of what bench/run measured, and says whether all agree.

usage: report.py FOLDER [--check | --proportions | --publish]

FOLDER has runs.ndjson, a line for each run of W1, costs.ndjson, a line for each run of bench-costs, and proportions.ndjson, the line of
bench-proportions; results.json and w1.svg are written there. --check only says whether all agree, --proportions only shows that table;
--publish also puts the tables and the plot into README.md and bench."""
import collections
import json
import math
import os
import pathlib
import platform
import statistics
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
MARKS = ("<!-- costs -->", "<!-- end of costs -->")
MARKS_OF_PROPORTIONS = ("<!-- proportions -->", "<!-- end of proportions -->")

# Engine, how it is fed, where it is kept; its name in tables; which one it is compared with; its colour in the plot.
CANDIDATES = [
    (("floor", None, "none"), "C by hand", None, "#555555"),
    (("playbook", "many", "none"), "libplaybook, rows", "C by hand", "#0b6bcb"),
    (("playbook", "one", "none"), "libplaybook, calls", "C by hand", "#3f9142"),
    (("playbook", "json", "none"), "libplaybook, lines of JSON", "C by hand", "#c2570c"),
    (("sqlite", None, "memory"), "SQLite, in memory", "C by hand", "#9b59b6"),
    (("floor", None, "file"), "C by hand, with a journal", None, None),
    (("playbook", "many", "file"), "libplaybook, rows, with a journal", "C by hand, with a journal", None),
    (("playbook", "one", "file"), "libplaybook, calls, with a journal", "C by hand, with a journal", None),
    (("playbook", "json", "file"), "libplaybook, lines of JSON, with a journal", "C by hand, with a journal", None),
    (("sqlite", None, "file"), "SQLite, write-ahead log", "C by hand, with a journal", "#c0392b"),
]


def read_lines(path):
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()] if path.exists() else []


def short(number):
    for size, letter in ((1_000_000, "M"), (1000, "k")):
        if number >= size:
            return f"{number / size:g}{letter}"
    return str(number)


def rounded(value):
    """Three digits that count, with commas."""
    if value == 0:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{round(value, 2 - math.floor(math.log10(abs(value)))):,.{digits}f}"


def duration(nanoseconds):
    for size, unit in ((1e6, "ms"), (1e3, "µs")):
        if nanoseconds >= size:
            return f"{rounded(nanoseconds / size)} {unit}"
    return f"{rounded(nanoseconds)} ns"


def median(values):
    return statistics.median(values) if values else None


class Results:
    def __init__(self, folder):
        self.runs = collections.defaultdict(list)
        self.kept = []
        self.scales = {}  # contacts: events
        for line in read_lines(folder / "runs.ndjson"):
            self.runs[(line["engine"], line.get("by"), line.get("journal")), line["contacts"]].append(line)
            if "snapshot_bytes" in line:
                self.kept.append(line)
            if line["engine"] == "floor":
                self.scales[line["contacts"]] = line["events"]
        self.costs = collections.defaultdict(list)
        for line in read_lines(folder / "costs.ndjson"):
            for measure in line["measures"]:
                self.costs[measure["name"], measure["unit"]].append(measure["value"])
        self.proportions = [shape for line in read_lines(folder / "proportions.ndjson") for shape in line["proportions"]]

    def median(self, candidate, contacts, what="ns_per_event"):
        return median([line[what] for line in self.runs.get((candidate, contacts), [])])

    def days(self, candidate, contacts):
        """Of the sixty, those that were played."""
        return min((line.get("days", 60) for line in self.runs.get((candidate, contacts), [])), default=60)


# ---- agreement ----

def total(counts):
    return sum(counts["entered"]) + sum(counts["left"])


def disagreements(results):
    """The library exactly with the model; those that look at the clock once an hour exactly with each other, but for who sends; and
    the library within 2 % of them."""
    by_contacts = collections.defaultdict(lambda: collections.defaultdict(list))
    for (candidate, contacts), lines in results.runs.items():
        for line in lines:
            if line.get("days", 60) == 60:
                by_contacts[contacts, line["events"]][candidate[0]].append((candidate, line["counts"]))
    for (contacts, events), engines in sorted(by_contacts.items()):
        where = f"at {short(contacts)} contacts and {short(events)} events"
        exact = engines["model"] + engines["playbook"]
        for candidate, counts in exact[1:]:
            if counts != exact[0][1]:
                yield f"{candidate} differs from {exact[0][0]} {where}"
        hourly = engines["floor"] + engines["sqlite"]
        for candidate, counts in hourly[1:]:
            if {**counts, "mail_sum": 0} != {**hourly[0][1], "mail_sum": 0}:
                yield f"{candidate} differs from {hourly[0][0]} {where}"
        if exact and hourly:
            one, other = exact[0][1], hourly[0][1]
            for what, a, b in [("memberships", total(one), total(other))] + [
                    (name, one[name], other[name]) for name in ("filtered", "mails", "delivered")]:  # what is taken back hangs on the hour
                if abs(a - b) > 0.02 * b + 5:
                    yield f"{what}: {a} by the library, {b} by hand {where}"


# ---- tables: rows of texts, the first row is the head ----

def table_of_events(results):
    scales = sorted(results.scales)
    names = {name: candidate for candidate, name, _, _ in CANDIDATES}
    rows = [["CPU ns an event (times by hand)"] + [f"{short(scale)} contacts" for scale in scales]]
    partly = False
    for candidate, name, compared, _ in CANDIDATES:
        row = [name]
        for scale in scales:
            value = results.median(candidate, scale)
            if value is None:
                row.append("")
                continue
            cell = rounded(value)
            base = results.median(names[compared], scale) if compared else None
            if base:
                cell += f" ({rounded(value / base)})"
            if results.days(candidate, scale) < 60:
                cell += " *"
                partly = True
            row.append(cell)
        if any(row[1:]):
            rows.append(row)
    return rows, "* the first days only: it was stopped" if partly else ""


def table_of_memory(results):
    scales = sorted(results.scales)
    rows = [["bytes a contact"] + [f"{short(scale)} contacts" for scale in scales]]
    for candidate, name, _, _ in CANDIDATES:
        values = [results.median(candidate, scale, "bytes_per_contact") if results.days(candidate, scale) == 60 else None for scale in scales]
        if name in ("C by hand", "libplaybook, rows", "SQLite, in memory") and any(values):
            rows.append([name] + ["" if value is None else rounded(value) for value in values])
    requests = [results.median(("playbook", "many", "none"), scale, "allocations_per_1000_events") for scale in scales]
    if any(value is not None for value in requests):
        rows.append(["libplaybook, rows: allocations in 1,000 events, from day 30 on"] +
                    ["" if value is None else rounded(value) for value in requests])
    return rows


def table_of_keeping(results):
    """Snapshot and recovery of the largest state that was kept in files, beside memcpy and the bare disk."""
    if not results.kept:
        return []
    contacts = max(line["contacts"] for line in results.kept)
    lines = [line for line in results.kept if line["contacts"] == contacts]
    size = median([line["snapshot_bytes"] for line in lines])
    rows = [[f"state of {short(contacts)} contacts, {rounded(size / 1e6)} MB", "CPU ms", "ms", "MB/s"]]
    for what, name, count in (("memcpy", "copied in memory", size), ("bare_write", "bare write and fdatasync", size),
                              ("snapshot", "snapshot written and synced", size), ("open", "opened from the snapshot", size),
                              ("replay", "opened by repeating the journal", None)):
        if what + "_cpu_s" not in lines[0]:
            continue
        cpu, wall = (median([line[f"{what}_{clock}_s"] for line in lines]) for clock in ("cpu", "wall"))
        size_here = count or median([line["journal_bytes"] for line in lines])
        rows.append([name, rounded(cpu * 1e3), rounded(wall * 1e3), rounded(size_here / 1e6 / max(wall, 1e-9))])
    return rows


def table_of_costs(results):
    rows = [["single things", "CPU"]]
    for (name, unit), values in results.costs.items():
        words = name.split(" ")
        if words[-1].isdigit():
            words[-1] = f"{int(words[-1]):,}"
        rows.append([" ".join(words), f"{rounded(median(values))} {unit}"])
    return rows if len(rows) > 1 else []


def table_of_proportions(results):
    """What one thing costs with little and with much of what should not matter, or where few and where many come at once."""
    rows = [["in proportion", "with few, with many", "CPU", "", "times"]]
    for shape in results.proportions:
        rows.append([shape["name"], f"{shape['little']:,} / {shape['much']:,} {shape['of']}", duration(shape["at_little"]),
                     duration(shape["at_much"]), rounded(shape["at_much"] / shape["at_little"])])
    return rows


def as_text(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return "\n".join("  ".join(cell.ljust(width) if i == 0 else cell.rjust(width) for i, (cell, width) in enumerate(zip(row, widths)))
                     .rstrip() for row in rows)


def as_markdown(rows):
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    lines.insert(1, "|---|" + "---:|" * (len(rows[0]) - 1))
    return "\n".join(lines)


# ---- plot ----

def plot(results):
    """Cost of an event against the number of contacts, both axes logarithmic."""
    lines = []
    for candidate, name, _, colour in CANDIDATES:
        points = [(scale, results.median(candidate, scale)) for scale in sorted(results.scales)]
        points = [(scale, value) for scale, value in points if value]
        if colour and points:
            lines.append((name, colour, points))
    if not lines:
        return None
    left, right, top, bottom, width, height = 70, 250, 40, 50, 820, 440
    scales = [scale for _, _, points in lines for scale, _ in points]
    values = [value for _, _, points in lines for _, value in points]
    first, last = math.log10(min(scales)), math.log10(max(scales))
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    last = max(last, first + 1)

    def x(scale):
        return left + (math.log10(scale) - first) / (last - first) * (width - left - right)

    def y(value):
        return height - bottom - (math.log10(value) - low) / (high - low) * (height - top - bottom)

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
           'font-family="sans-serif" font-size="13">',
           f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
           f'<text x="{left}" y="22" font-size="15" fill="#222222">W1: nanoseconds of CPU an event, by number of contacts</text>']
    for power in range(low, high + 1):
        out.append(f'<line x1="{left}" x2="{width - right}" y1="{y(10 ** power):.1f}" y2="{y(10 ** power):.1f}" stroke="#dddddd"/>')
        out.append(f'<text x="{left - 8}" y="{y(10 ** power) + 4:.1f}" text-anchor="end" fill="#444444">{10 ** power:,}</text>')
    for scale in sorted(set(scales)):
        out.append(f'<line x1="{x(scale):.1f}" x2="{x(scale):.1f}" y1="{top}" y2="{height - bottom}" stroke="#eeeeee"/>')
        out.append(f'<text x="{x(scale):.1f}" y="{height - bottom + 20}" text-anchor="middle" fill="#444444">{scale:,}</text>')
    out.append(f'<text x="{(left + width - right) / 2:.0f}" y="{height - 10}" text-anchor="middle" fill="#444444">contacts, with ten '
               'events each</text>')
    # Names stand at the ends of their lines, moved apart where these are close.
    free = float("inf")
    for name, colour, points in sorted(lines, key=lambda line: line[2][-1][1]):
        path = " ".join(f"{x(scale):.1f},{y(value):.1f}" for scale, value in points)
        out.append(f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out += [f'<circle cx="{x(scale):.1f}" cy="{y(value):.1f}" r="3.5" fill="{colour}"/>' for scale, value in points]
        place = min(y(points[-1][1]) + 4, free - 16)
        free = place
        out.append(f'<text x="{width - right + 12}" y="{place:.1f}" fill="{colour}">{name}, {rounded(points[-1][1])}</text>')
    out.append("</svg>\n")
    return "\n".join(out)


# ---- the machine ----

def first_line(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0]
    except (OSError, subprocess.CalledProcessError, IndexError):
        return ""


def machine():
    name = ""
    try:
        for line in open("/proc/cpuinfo", encoding="utf-8"):
            if line.startswith("model name"):
                name = line.split(":", 1)[1].strip()
                break
    except OSError:
        pass
    return {"processor": name or platform.machine(), "cores": os.cpu_count(), "system": f"{platform.system()} {platform.release()}",
            "compiler": first_line(os.environ.get("CC", "cc"), "--version"), "version": first_line("git", "-C", str(ROOT), "describe",
                                                                                            "--always", "--dirty")}


def put_between(path, marks, parts):
    text = path.read_text("utf-8")
    before, rest = text.split(marks[0], 1)
    after = rest.split(marks[1], 1)[1]
    path.write_text(before + marks[0] + "\n" + "\n\n".join(parts) + "\n" + marks[1] + after, "utf-8")


def publish(tables, note, proportions, here, drawing):
    said = f"Medians on {here['cores']} cores of {here['processor']}, {here['compiler']}:"
    parts = ["![cost of an event against the number of contacts](bench/w1.svg)", said] + [as_markdown(rows) for rows in tables]
    if note:
        parts.insert(3, note.replace("*", "\\*"))
    put_between(ROOT / "README.md", MARKS, parts)
    put_between(ROOT / "bench" / "README.md", MARKS_OF_PROPORTIONS, [as_markdown(proportions)])
    (ROOT / "bench" / "w1.svg").write_text(drawing, "utf-8")
    print("README.md and bench have these figures now")


def main():
    arguments = [argument for argument in sys.argv[1:] if argument not in ("--check", "--proportions", "--publish")]
    if len(arguments) != 1:
        sys.exit(__doc__)
    folder = pathlib.Path(arguments[0])
    results = Results(folder)
    if "--proportions" in sys.argv:
        print(as_text(table_of_proportions(results)))
        return
    wrong = list(disagreements(results))
    if "--check" in sys.argv:
        sys.exit("\n".join("DISAGREE: " + text for text in wrong) or None)
    events, note = table_of_events(results)
    tables = [rows for rows in (events, table_of_memory(results), table_of_keeping(results), table_of_costs(results)) if len(rows) > 1]
    proportions = table_of_proportions(results)
    for rows in tables + [proportions]:
        print("\n" + as_text(rows))
        if rows is events and note:
            print(note)
    here = machine()
    medians = [{"engine": candidate[0], "by": candidate[1], "journal": candidate[2], "name": name, "contacts": scale,
                "events": results.scales[scale], "rounds": len(results.runs[candidate, scale]), "days": results.days(candidate, scale),
                **{what: results.median(candidate, scale, what) for what in ("ns_per_event", "cpu_s", "wall_s", "bytes_per_contact")}}
               for candidate, name, _, _ in CANDIDATES for scale in sorted(results.scales) if (candidate, scale) in results.runs]
    (folder / "results.json").write_text(json.dumps(
        {"machine": here, "agree": not wrong, "w1": medians, "kept": results.kept,
         "costs": [{"name": name, "unit": unit, "median": median(values)} for (name, unit), values in results.costs.items()],
         "proportions": results.proportions},
        indent=1) + "\n", "utf-8")
    drawing = plot(results)
    if drawing:
        (folder / "w1.svg").write_text(drawing, "utf-8")
    print(f"\nthe same in {folder / 'results.json'}, plotted in {folder / 'w1.svg'}")
    for text in wrong:
        print("DISAGREE: " + text)
    if wrong:
        sys.exit(1)
    if "--publish" in sys.argv:
        publish(tables, note, proportions, here, drawing)


if __name__ == "__main__":
    main()
