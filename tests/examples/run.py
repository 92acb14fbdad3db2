#!/usr/bin/env python3
"""Runs the program and the examples as a user does, and compares what they print.

usage: run.py BUILD-FOLDER"""
import gzip
import json
import os
import pathlib
import re
import select
import subprocess
import sys
import tempfile
import traceback

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
HERE = ROOT / "tests" / "examples"
SAMPLE = ROOT / "examples" / "sample"
DEFINITIONS, EVENTS = SAMPLE / "definitions.ndjson", SAMPLE / "events.ndjson"
LIMIT = 120  # seconds, for one run
LONGEST_LINE = 1 << 20

PERSONA = b'{"type":"define","kind":"persona","key":"dormant","when":"events(\'login\').quiet(days(14))"}\n'
LOGIN = b'{"type":"track","userId":"u1","event":"login","timestamp":"2026-01-01T00:00:00Z"}\n'
REFUSED = b'{"type":"enroll","playbook":"nothing","userId":"u1"}\n'


class Skipped(Exception):
    pass


class Examples:
    def __init__(self, build):
        self.build = build
        self.program = ROOT / build / "examples" / "playbook"
        self.quickstart = ROOT / build / "examples" / "quickstart"

    def run(self, *arguments, data=b"", status=0, cwd=None):
        done = subprocess.run([str(self.program), *map(str, arguments)], input=data, capture_output=True, timeout=LIMIT, cwd=cwd)
        self.expect(done.returncode == status,
                    f"{arguments} ended with {done.returncode}, not {status}:\n{done.stderr.decode('utf-8', 'replace')[:2000]}")
        return done.stdout, done.stderr.decode("utf-8")

    @staticmethod
    def expect(right, complaint="not as expected"):
        if not right:
            raise AssertionError(complaint)

    def expect_text(self, got, wanted):
        got_lines, wanted_lines = got.splitlines(), wanted.splitlines()
        for number in range(max(len(got_lines), len(wanted_lines))):
            one = got_lines[number] if number < len(got_lines) else "(no further line)"
            other = wanted_lines[number] if number < len(wanted_lines) else "(no further line)"
            self.expect(one == other, f"line {number + 1} is\n  {one}\nand should be\n  {other}")

    @staticmethod
    def without_speed(summary):
        """How long a run took is different each time."""
        return re.sub(r"(?m)^  time .*$", "  time", summary)

    # ---- commands

    def test_help(self):
        for arguments in (["--help"], ["run", "--help"], ["check", "--help"]):
            output, errors = self.run(*arguments)
            self.expect(output.startswith(b"usage: playbook") and not errors, f"{arguments}: {output!r} {errors}")
        output, _ = self.run("run", "--help")
        for option in ("--deliver", "--until", "--engine-id", "--story", "--quiet", "--summary"):
            self.expect(option.encode() in output, f"{option} is not in the help")

    def test_version(self):
        output, _ = self.run("--version")
        header = (ROOT / "include" / "playbook" / "version.h").read_text("utf-8")
        version = re.search(r'PBK_VERSION_TEXT "(.*)"', header).group(1)
        self.expect(output.decode() == f"playbook {version}\n", output)
        self.expect(f"version: '{version}'" in (ROOT / "meson.build").read_text("utf-8"), "meson.build has another version")

    def test_cannot_run(self):
        with tempfile.TemporaryDirectory() as folder:
            for arguments in ([], ["frobnicate"], ["--frobnicate"], ["run", "--frobnicate"], ["run", "--deliver"],
                              ["run", "--quiet=1"], ["run", "missing.ndjson"], ["run", folder], ["run", "--until", "tomorrow"],
                              ["run", "--until", "2026-02-30T00:00:00Z"], ["check"], ["check", "missing.ndjson"],
                              ["check", "--frobnicate"]):
                output, errors = self.run(*arguments, status=2)
                self.expect(not output and errors, f"{arguments}: {output!r} {errors}")

    def test_a_missing_file_is_noticed_before_anything_runs(self):
        output, errors = self.run("run", DEFINITIONS, "missing.ndjson", status=2)
        self.expect(not output and "missing.ndjson" in errors, errors)

    def test_bad_deliver_lists(self):
        for text in ("", "sent,", "send", "sent:x", "accepted:x", "retry:", "retry:5", "retry:-1m", "retry:1d2h", "retry:1.5d", "failed:",
                     "failed:" + "x" * 256):
            output, errors = self.run("run", "--deliver", text, status=2)
            self.expect(not output and "--deliver" in errors, f"{text}: {errors}")
        for text in ("sent", "accepted", "retry", "failed", "retry:90s", "retry:1h30m", "retry:1.5h", "retry:0", "retry:2d", "retry:1w",
                     "failed:a: b", "sent,retry:1m,failed:bounced", "failed:" + "x" * 255):
            self.run("run", "--deliver", text)

    # ---- run

    def test_sample(self):
        output, errors = self.run("run", "--summary", DEFINITIONS, EVENTS)
        self.expect_text(self.without_speed(errors), (HERE / "sample-summary.txt").read_text("utf-8"))
        lines = [json.loads(line) for line in output.splitlines()]
        self.expect([line["seq"] for line in lines] == list(range(1, len(lines) + 1)), "seq has holes")
        kinds = {line["type"] for line in lines}
        self.expect({"tagged", "untagged", "entered", "enrolled", "not_enrolled", "step", "task", "message", "assigned", "exited"} <= kinds,
                    f"the sample shows only {sorted(kinds)}")
        self.expect({"rotation", "sticky"} <= {line.get("sender_by") for line in lines}, "no rotation, or nobody was sticky")

    def test_story(self):
        output, errors = self.run("run", "--story", "marta.keller", DEFINITIONS, EVENTS)
        self.expect_text(output.decode("utf-8"), (HERE / "sample-story.txt").read_text("utf-8"))
        self.expect(not errors, errors)
        output, errors = self.run("run", "--story", "nobody", DEFINITIONS, EVENTS)
        self.expect(not output and "nobody" in errors, errors)

    def test_the_sample_is_what_its_generator_makes(self):
        made = subprocess.run([sys.executable, str(SAMPLE / "generate.py")], capture_output=True, check=True, timeout=LIMIT).stdout
        self.expect(made == EVENTS.read_bytes(), "examples/sample/generate.py makes other events")

    def test_the_sample_has_no_errors(self):
        output, errors = self.run("check", DEFINITIONS)
        count = len(DEFINITIONS.read_text("utf-8").splitlines())
        self.expect(output.decode() == f"{count} definitions, 0 errors\n" and not errors, output)

    def test_files_and_standard_input_are_the_same(self):
        output, _ = self.run("run", DEFINITIONS, EVENTS)
        joined = DEFINITIONS.read_bytes() + EVENTS.read_bytes()
        self.expect(self.run("run", data=joined)[0] == output, "standard input")
        self.expect(self.run("run", "-", EVENTS, data=DEFINITIONS.read_bytes())[0] == output, "-")
        self.expect(self.run("run", data=joined.rstrip(b"\n"))[0] == output, "without the last newline")
        self.expect(self.run("run", data=joined.replace(b"\n", b"\r\n"))[0] == output, "with carriage returns")

    def test_gzipped_input(self):
        output, _ = self.run("run", DEFINITIONS, EVENTS)
        with tempfile.TemporaryDirectory() as folder:
            packed = pathlib.Path(folder) / "events.ndjson.gz"
            events = EVENTS.read_bytes()
            packed.write_bytes(gzip.compress(events))
            self.expect(self.run("run", DEFINITIONS, packed)[0] == output, "a file")
            self.expect(self.run("run", DEFINITIONS, "-", data=gzip.compress(events))[0] == output, "standard input")
            packed.write_bytes(gzip.compress(events[:1000]) + gzip.compress(events[1000:]) + bytes(512))
            self.expect(self.run("run", DEFINITIONS, packed)[0] == output, "several members and padding")
            packed.write_bytes(gzip.compress(events)[:-100])
            _, errors = self.run("run", DEFINITIONS, packed, status=2)
            self.expect("ends early" in errors, errors)
            broken = bytearray(gzip.compress(events))
            broken[len(broken) // 2] ^= 0xff
            packed.write_bytes(broken)
            _, errors = self.run("run", "--quiet", DEFINITIONS, packed, status=2)
            self.expect("cannot unpack" in errors, errors)

    def test_quiet(self):
        output, errors = self.run("run", "--quiet", DEFINITIONS, EVENTS)
        self.expect(not output, "quiet prints outputs")
        self.expect_text(self.without_speed(errors), (HERE / "sample-summary.txt").read_text("utf-8"))

    def test_refused_lines_are_explained(self):
        output, errors = self.run("run", data=PERSONA + REFUSED + b'{"type":"define","kind":"persona","key":"p","when":"1 +"}\n', status=1)
        self.expect(errors.startswith("stdin:2: unknown_key: "), errors)
        self.expect(re.search(r"(?m)^stdin:3: bad_condition: .* \(at /when, column \d+\)$", errors), errors)
        self.expect(output.count(b'"type":"error"') == 2, output)
        self.expect(self.run("run", "--quiet", data=REFUSED, status=1)[1].startswith("the run\n"))

    def test_only_the_first_refused_lines_are_explained(self):
        _, errors = self.run("run", data=REFUSED * 27, status=1)
        self.expect(len(errors.splitlines()) == 21 and errors.endswith("\nand 7 more\n"), errors)

    def test_lines_that_are_too_long(self):
        for size in (LONGEST_LINE + 1, 3 << 20, (9 << 20) + 5):
            output, errors = self.run("run", data=b"x" * size + b"\n" + PERSONA + b"y" * size, status=1)
            kinds = [(line["type"], line.get("code"), line.get("line")) for line in map(json.loads, output.splitlines())]
            self.expect(kinds == [("error", "too_large", 1), ("defined", None, None), ("error", "too_large", 3)], kinds)

    def test_until(self):
        for time in ("2026-01-15T00:00:00Z", "2026-01-15T01:00:00.000+01:00", "1768435200000"):
            output, _ = self.run("run", "--until", time, data=PERSONA + LOGIN)
            self.expect(json.loads(output.splitlines()[-1])["type"] == "tagged", output)
        output, _ = self.run("run", "--until=2026-01-14T23:59:59.999999Z", data=PERSONA + LOGIN)
        self.expect(b"tagged" not in output, output)

    def test_engine_id_is_part_of_the_keys(self):
        keys = []
        for engine in ("one", "two", "one"):
            output, _ = self.run("run", "--engine-id", engine, DEFINITIONS, EVENTS)
            keys.append([line["key"] for line in map(json.loads, output.splitlines()) if line["type"] == "message"])
        self.expect(keys[0] == keys[2] and not set(keys[0]) & set(keys[1]), "keys")

    def test_answers_come_while_input_is_open(self):
        with subprocess.Popen([str(self.program), "run"], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
            for _ in range(3):
                process.stdin.write(PERSONA)
                process.stdin.flush()
                ready, _, _ = select.select([process.stdout], [], [], 30)
                self.expect(ready, "no output before the input ends")
                self.expect(b'"defined"' in os.read(process.stdout.fileno(), 65536))
            process.stdin.close()
            self.expect(process.wait(30) == 0)

    def test_a_reader_that_goes_away(self):
        with subprocess.Popen([str(self.program), "run"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as process:
            process.stdout.close()
            try:
                process.stdin.write(PERSONA * 20000)
                process.stdin.close()
            except BrokenPipeError:
                pass
            self.expect(process.wait(60) == 0 and not process.stderr.read(), "not quiet")

    # ---- check

    def check(self, lines, wanted, status=1):
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "d.ndjson").write_text("".join(line + "\n" for line in lines), "utf-8")
            output, errors = self.run("check", "d.ndjson", cwd=folder, status=status)
            self.expect(not errors, errors)
            return_text = re.sub(r"(?m)^(d\.ndjson:\d+: \w+: ).*?( \([^()]*\))?$", r"\1...\2", output.decode("utf-8"))
            self.expect_text(return_text, "\n".join(wanted))

    @staticmethod
    def persona(condition):
        return json.dumps({"type": "define", "kind": "persona", "key": "p", "when": condition}, ensure_ascii=False)

    def test_check_shows_the_column(self):
        self.check([self.persona("contact.traits.plan = 'pro'")],
                   ["d.ndjson:1: bad_condition: ... (at /when, column 21)",
                    "  contact.traits.plan = 'pro'",
                    "                      ^".replace("^", "", 1)[:22] + "^",
                    "1 definitions, 1 errors"])

    def test_check_counts_characters_and_keeps_tabs(self):
        self.check([self.persona("'äöü' ==\t§")],
                   ["d.ndjson:1: bad_condition: ... (at /when, column 10)",
                    "  'äöü' ==\t§",
                    "          \t^",
                    "1 definitions, 1 errors"])

    def test_check_finds_the_line_of_a_condition(self):
        self.check([self.persona("true &&\n  ) || false")],
                   ["d.ndjson:1: bad_condition: ... (at /when, line 2, column 3)",
                    "    ) || false",
                    "    ^",
                    "1 definitions, 1 errors"])

    def test_check_takes_batches_and_skips_the_rest(self):
        batch = json.dumps({"type": "batch", "batch": [json.loads(self.persona("true")), json.loads(self.persona("(true"))]})
        self.check([LOGIN.decode().strip(), batch, REFUSED.decode().strip(), ""],
                   ["d.ndjson:2: bad_condition: ... (at /batch/1/when, column 6)",
                    "  (true",
                    "       ^",
                    "2 other lines skipped",
                    "2 definitions, 1 errors"])

    def test_check_of_definitions_that_are_wrong_otherwise(self):
        self.check(['{"type":"define","kind":"segment","key":"s","when":"true","off":1}', self.persona("true")],
                   ["d.ndjson:1: unknown_member: ... (at /off)", "2 definitions, 1 errors"])

    def test_check_without_errors(self):
        self.check([self.persona("true")], ["1 definitions, 0 errors"], status=0)

    # ---- the examples

    def test_quickstart(self):
        done = subprocess.run([str(self.quickstart)], capture_output=True, text=True, timeout=LIMIT)
        self.expect(done.returncode == 0 and not done.stderr, done.stderr)
        self.expect_text(done.stdout, (HERE / "quickstart.txt").read_text("utf-8"))

    def test_the_readme_has_the_quickstart(self):
        readme = (ROOT / "README.md").read_text("utf-8")
        self.expect(f"```c\n{(ROOT / 'examples' / 'quickstart.c').read_text('utf-8')}```\n" in readme, "README.md has another quickstart")
        self.expect((HERE / "quickstart.txt").read_text("utf-8") in readme, "README.md has another output of it")

    def test_the_readme_has_the_protocol_by_example(self):
        """The block of the README that shows a session, run as it stands."""
        readme = (ROOT / "README.md").read_text("utf-8")
        found = re.search(r"<!-- session -->\n```\n(.*?)```\n+.*?```\n(.*?)```", readme, flags=re.S)
        self.expect(found, "README.md has no session")
        output, _ = self.run("run", data=found.group(1).encode("utf-8"))
        self.expect_text(re.sub(r'"key":"[^"]{20,}"', '"key":"…"', output.decode("utf-8")), found.group(2))

    def examples_run(self, *arguments, cwd="/"):
        """examples/run, with the build that is there."""
        return subprocess.run([str(ROOT / "examples" / "run"), *map(str, arguments)], capture_output=True, text=True, timeout=600, cwd=cwd,
                              stdin=subprocess.DEVNULL, env=dict(os.environ, BUILD_FOLDER=self.build))

    def test_examples_run(self):
        done = self.examples_run()
        self.expect(done.returncode == 0 and not done.stderr, done.stdout + done.stderr)
        for name in ("sample-story.txt", "sample-summary.txt"):
            self.expect((HERE / name).read_text("utf-8") in self.without_speed(done.stdout), f"{name} is not in what examples/run says")

    def test_examples_run_on_files(self):
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "my log.ndjson").write_bytes(b"".join(
                line for line in EVENTS.read_bytes().splitlines(True) if b'"task":' not in line and b'"message":' not in line
                and b'"type":"assign"' not in line and b'"type":"tag"' not in line))
            done = self.examples_run("my log.ndjson", cwd=folder)
            self.expect(done.returncode == 0 and 'the event "login"' in done.stdout and "thank-regulars" in done.stdout, done)
            done = self.examples_run(DEFINITIONS, "my log.ndjson", cwd=folder)
            self.expect(done.returncode == 0 and "first-report" in done.stdout and not done.stderr, done)
            done = self.examples_run("missing.ndjson", cwd=folder)
            self.expect(done.returncode == 2 and "missing.ndjson" in done.stderr, done)

    def test_examples_run_on_a_real_log(self):
        log = ROOT.parent / "shared" / "data" / "online-retail.ndjson.gz"
        if not log.is_file():
            raise Skipped("there is no ../shared/data")
        done = self.examples_run(log)
        self.expect(done.returncode == 0, done.stdout + done.stderr)
        self.expect(re.search(r"309\d\d lines, 0 refused", done.stdout), done.stdout)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    examples = Examples(sys.argv[1])
    passed = failed = skipped = 0
    for name in [name for name in dir(examples) if name.startswith("test_")]:
        try:
            getattr(examples, name)()
            passed += 1
        except Skipped as why:
            skipped += 1
            print(f"skipped {name[5:]}: {why}")
        except AssertionError as problem:
            failed += 1
            print(f"FAILED {name[5:]}: {problem}")
        except Exception:
            failed += 1
            print(f"FAILED {name[5:]}:")
            traceback.print_exc(file=sys.stdout)
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
