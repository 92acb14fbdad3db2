#!/usr/bin/env python3
"""Checks rules.txt: every rule has a scenario, every scenario is in the table, every named scenario and unit test exists."""
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
COUNTS = {"T": 9, "E": 9, "X": 6, "A": 4, "P": 12, "C": 4, "S": 8, "O": 10}
RULES = [f"{section}{number}" for section, count in COUNTS.items() for number in range(1, count + 1)] + ["L"]
# Rules that need more than the program: a unit test may stand in for, or beside, a scenario.
WITH_UNIT_TEST = {"T8", "T9", "O8"}


def main():
    passed, failures, named, seen = 0, [], set(), set()
    for number, text in enumerate((HERE / "rules.txt").read_text("utf-8").splitlines(), 1):
        if not text.strip() or text.startswith("#"):
            continue
        rule, colon, rest = text.partition(":")
        rule = rule.strip()
        if not colon or (rule not in RULES and rule != "seeds"):
            failures.append(f"rules.txt:{number}: unknown rule {rule!r}")
            continue
        if rule in seen:
            failures.append(f"rules.txt:{number}: {rule} comes twice")
        seen.add(rule)
        here = 0
        for name in rest.split():
            if name.startswith("tests/unit/"):
                if rule not in WITH_UNIT_TEST:
                    failures.append(f"rules.txt:{number}: {rule} is not one of {sorted(WITH_UNIT_TEST)}, {name}")
                elif (HERE.parent.parent / name).is_file():
                    here += 1
                else:
                    failures.append(f"rules.txt:{number}: {name} does not exist")
                continue
            named.add(name)
            if (HERE / name).is_file():
                here += 1
            else:
                failures.append(f"rules.txt:{number}: {name} does not exist")
        if not here:
            failures.append(f"rules.txt:{number}: {rule} has no scenario")
    for rule in RULES:
        if rule in seen:
            passed += 1
        else:
            failures.append(f"rules.txt: {rule} is missing")
    for path in sorted(HERE.rglob("*.txt")):
        name = str(path.relative_to(HERE))
        if name == "rules.txt" or path.parent.name == "common":
            continue
        if name in named:
            passed += 1
        else:
            failures.append(f"rules.txt: {name} is not in the table")
    for failure in failures:
        print("FAILED " + failure)
    print(f"{passed} passed, {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
