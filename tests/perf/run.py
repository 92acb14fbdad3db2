#!/usr/bin/env python3
"""Compares the instructions an event of W1 takes with tests/perf.txt: more than 5 % more is a failed test.

usage: run.py RELEASE-BUILD-FOLDER [--update]

W1 is played at 2,000 contacts and 20,000 events under callgrind; how the contacts become known is not counted. Times depend on the
machine and on who else uses it, instructions hardly, but they do depend on the compiler: with another one than the figures were
made with, nothing is compared. --update writes the figures anew. The last line is: N passed, N failed[, N skipped]."""
import pathlib
import platform
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FIGURES = ROOT / "tests" / "perf.txt"
CONTACTS, EVENTS, SLACK = 2000, 20000, 0.05
RUNS = {
    "rows": ["--by", "many"],
    "calls": ["--by", "one"],
    "lines": ["--by", "json"],
    "rows-with-journal": ["--by", "many", "--journal", "memory"],
}
HEAD = """# Instructions an event of W1, at 2,000 contacts and 20,000 events, as callgrind counts them. tests/perf/run.py compares them, a change
# of more than 5 % upwards fails; `python3 tests/perf/run.py build-tests-release --update` writes them anew.
"""


def compiler_of(program):
    """What it was built with, as `gcc 12 x86_64`: compilers leave their names in what they make; the C library's parts are gcc's anyway."""
    text = program.read_bytes().decode("latin-1")
    for name, pattern in (("clang", r"clang version (\d+)"), ("gcc", r"GCC: \([^)]*\) (\d+)")):
        found = re.search(pattern, text)
        if found:
            return f"{name} {found.group(1)} {platform.machine()}"
    return f"unknown {platform.machine()}"


def instructions(program, options):
    done = subprocess.run(["valgrind", "--tool=callgrind", "--callgrind-out-file=/dev/null", "--toggle-collect=play_hour*",
                           str(program), str(CONTACTS), str(EVENTS), *options],
                          capture_output=True, text=True, timeout=1200, check=False)
    found = re.search(r"Collected *: *(\d+)", done.stderr)
    if done.returncode or not found or int(found.group(1)) == 0:
        sys.exit(f"{done.stderr}\nthe run failed")
    return int(found.group(1)) / EVENTS


def read_figures():
    if not FIGURES.exists():
        return {}
    lines = (line.split(" ", 1) for line in FIGURES.read_text("utf-8").splitlines() if line and not line.startswith("#"))
    return {name: text.strip() for name, text in lines}


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--update"]
    if len(arguments) != 1:
        sys.exit(__doc__)
    program = pathlib.Path(arguments[0]).resolve() / "bench" / "bench-w1_playbook"
    if not shutil.which("valgrind"):
        print("valgrind is not to be had\n0 passed, 0 failed, 1 skipped")
        return
    compiler, figures = compiler_of(program), read_figures()
    if "--update" in sys.argv:
        lines = [f"compiler {compiler}\n"] + [f"{name} {instructions(program, options):.0f}\n" for name, options in RUNS.items()]
        FIGURES.write_text(HEAD + "".join(lines), "utf-8")
        print("".join(lines), end="")
        return
    if figures.get("compiler") != compiler:
        print(f"the figures are of {figures.get('compiler')}, this is {compiler}: nothing is compared\n0 passed, 0 failed, 1 skipped")
        return
    passed = failed = 0
    for name, options in RUNS.items():
        counted, figure = instructions(program, options), float(figures.get(name, "nan"))
        change = counted / figure - 1
        verdict = ""
        if not change <= SLACK:
            verdict = ": TOO MANY"
        elif change < -SLACK:
            verdict = ": update the figures"
        print(f"{name}: {counted:.0f} instructions an event, {change * 100:+.1f} % beside {figure:.0f}{verdict}")
        if change <= SLACK:
            passed += 1
        else:
            failed += 1
    print(f"{passed} passed, {failed} failed")
    if failed:
        sys.exit(1)


if __name__ == "__main__":
    main()
