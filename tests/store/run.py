#!/usr/bin/env python3
"""Runs the program on stores as a user does, and ends it, damages what it keeps, and makes the system fail it.

usage: run.py BUILD-FOLDER [--full | --brief] [--only NAME]...

  --full    kills and fails at every storage call, and for more inputs
  --brief   at a few calls, for builds that are slow"""
import json
import os
import pathlib
import random
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

import scenario
from scenario import Differs

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SAMPLE = ROOT / "examples" / "sample"
LIMIT = 120  # seconds, for one run
OBJECTS = ("journal.0", "journal.1", "snapshot.0", "snapshot.1")
EIO, ENOSPC = 5, 28


class Skipped(Exception):
    pass


class Stores:
    # Tests that are as good where syncs cost nothing; the others see a disk.
    IN_MEMORY = {"failing_calls", "held_messages_are_never_offered_twice", "killed_again_and_again", "killed_at_storage_calls",
                 "flipped_bits", "truncated", "removed_and_swapped"}

    def __init__(self, build, full, brief):
        self.program = ROOT / build / "examples" / "playbook"
        self.faults = ROOT / build / "tests" / "libstore-faults.so"
        self.full, self.brief = full, brief
        self.place = None  # a folder of each test's own

    @staticmethod
    def expect(right, complaint="not as expected"):
        if not right:
            raise AssertionError(complaint)

    # ---- running

    def environment(self, fault=None, count=None):
        environment = dict(os.environ)
        if fault or count:
            # The program's own sanitizer, if it has one, wants to be first; it may come second here.
            environment["ASAN_OPTIONS"] = environment.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0"
            environment["LD_PRELOAD"] = str(self.faults)
        if fault:
            environment["STORE_FAULT"] = fault
        if count:
            environment["STORE_COUNT"] = str(count)
        return environment

    def call(self, *arguments, data=b"", status=(0, 1), **environment):
        """One command to its end; its outputs go to a file, as they do with a user who keeps them."""
        with open(self.place / "outputs", "wb+") as outputs:
            done = subprocess.run([str(self.program), *map(str, arguments)], input=data, stdout=outputs, stderr=subprocess.PIPE,
                                  timeout=LIMIT, env=self.environment(**environment))
            outputs.seek(0)
            output = outputs.read()
        errors = done.stderr.decode("utf-8", "replace")
        self.expect("Sanitizer" not in errors and "runtime error" not in errors, errors[:4000])
        if status is not None:
            self.expect(done.returncode in (status if isinstance(status, tuple) else (status,)),
                        f"{arguments} ended with {done.returncode}, not {status}:\n{errors[:2000]}{output[:500]!r}")
        self.errors, self.status = errors, done.returncode
        return output

    def run_store(self, store, *options, data, **more):
        return self.call("run", "--store", store, "--deliver", scenario.DELIVER, *options, data=data, **more)

    def undisturbed(self, data, *options):
        """What one run gives that nothing happens to, kept or not."""
        return self.call("run", "--deliver", scenario.DELIVER, *options, data=data)

    def digest(self, store):
        output = self.call("verify", store, status=0).decode()
        return output[output.index("digest "):]

    def check_disturbed(self, data, wanted, fault, *options):
        """A run with a fault, and runs without until one comes through. How many messages were offered again."""
        store = self.place / "store"
        shutil.rmtree(store, ignore_errors=True)
        runs = [self.run_store(store, *options, data=data, fault=fault, status=None)]
        first, errors = self.status, self.errors
        runs.append(self.run_store(store, *options, data=data))
        try:
            return first, errors, scenario.compare(runs, wanted)
        except Differs as difference:
            raise AssertionError(f"with {fault}, which ended the first run with {first}: {difference}\nfirst: {errors}then: {self.errors}")

    def calls_of(self, data, *options):
        """How many storage calls a run makes."""
        shutil.rmtree(self.place / "store", ignore_errors=True)
        self.run_store(self.place / "store", *options, data=data, count=self.place / "count")
        return int((self.place / "count").read_text())

    def some(self, calls, about):
        """Numbers of calls to disturb: all of them, or about so many, other ones in each place."""
        if self.full or calls <= about:
            return range(1, calls + 1)
        if self.brief:
            about = max(10, about // 2)
        chance = random.Random(calls)
        return sorted(set(range(1, 8)) | set(chance.sample(range(8, calls + 1), about - 7)))

    # ---- what a store is for

    def test_kept_is_as_not_kept(self):
        for seed in (1,) if self.brief else (1, 2):
            data = b"".join(scenario.lines(seed, 300))
            wanted = self.undisturbed(data)
            kinds = {line["type"] for line in map(json.loads, wanted.splitlines())}
            states = {line["state"] for line in map(json.loads, wanted.splitlines()) if line["type"] == "message"}
            self.expect({"enrolled", "task", "message", "assigned", "exited", "error"} <= kinds, kinds)
            self.expect({"pending", "approved", "sending", "sent", "failed", "cancelled"} <= states, states)
            for options in ([], ["--commit-every", "1"], ["--snapshot-every", "20000"],
                            ["--snapshot-every", "1", "--commit-every", "25"], ["--snapshot-every", "20000", "--compress"]):
                store = self.place / (f"store{seed}" + "".join(options))
                output = self.run_store(store, *options, data=data, status=None)
                if "--compress" in options and "PBK_ERR_UNSUPPORTED" in self.errors:
                    continue  # built without zlib
                self.expect(output == wanted, f"kept with {options}: {self.errors}")
                self.expect(self.run_store(store, *options, data=data) == b"", "again, and nothing is new")
                self.expect("going on after line" in self.errors, self.errors)

    def test_files_and_until(self):
        files = [SAMPLE / "definitions.ndjson", SAMPLE / "events.ndjson"]
        wanted = self.call("run", *files, "--until", "2026-06-01T00:00:00Z")
        store = self.place / "store"
        first = self.call("run", "--store", store, files[0])
        second = self.call("run", "--store", store, *files)
        third = self.call("run", "--store", store, *files, "--until", "2026-06-01T00:00:00Z")
        self.expect(first and second and first + second + third == wanted, "in three runs")
        self.call("run", "--store", store, files[0], status=2)
        self.expect("--more" in self.errors, self.errors)

    def test_more(self):
        lines = scenario.lines(3, 200)
        wanted = self.undisturbed(b"".join(lines))
        store, half = self.place / "store", len(lines) // 2
        outputs = self.run_store(store, data=b"".join(lines[:half]))
        outputs += self.run_store(store, "--more", data=b"".join(lines[half:half + 20]))
        self.expect(f"--after {half}" in self.errors, self.errors)
        outputs += self.run_store(store, "--after", half, data=b"".join(lines[half:]))
        self.expect(outputs == wanted, "one input, one more, and that one gone on with")
        self.run_store(store, "--after", len(lines) + 1, data=b"", status=2)
        self.expect("fewer than" in self.errors, self.errors)

    def test_where_refused_lines_are(self):
        store = self.place / "store"
        fine, refused = b'{"type":"define","kind":"role","key":"r"}\n', b'{"type":"enroll","playbook":"nothing","userId":"u"}\n'
        (self.place / "one").write_bytes(fine + refused)
        (self.place / "two").write_bytes(fine + fine + refused)
        self.call("run", "--store", store, self.place / "one", self.place / "two", status=1)
        self.expect(f"{self.place}/one:2: unknown_key" in self.errors and f"{self.place}/two:3: unknown_key" in self.errors, self.errors)
        self.call("run", "--store", store, "--more", self.place / "one", status=1)
        self.expect(f"{self.place}/one:2: unknown_key" in self.errors, self.errors)

    def test_options(self):
        store = self.place / "store"
        for arguments in (["--more"], ["--after", "3"], ["--commit-every", "3"], ["--snapshot-every", "3"], ["--compress"],
                          ["--store", store, "--more", "--after", "3"], ["--store", store, "--story", "x"],
                          ["--store", store, "--commit-every", "0"], ["--store", store, "--commit-every", "3x"],
                          ["--store", store, "--snapshot-every", "-1"], ["--store", store, "--after", ""], ["--store", ""]):
            output = self.call("run", *arguments, status=2)
            self.expect(not output and self.errors and not store.exists(), f"{arguments}: {output!r} {self.errors}")
        for arguments in (["show"], ["verify"], ["salvage"], ["salvage", store], ["show", store, store], ["verify", "--frobnicate"],
                          ["show", store], ["verify", store], ["salvage", store, self.place / "out"]):
            output = self.call(*arguments, status=2)
            self.expect(not output and self.errors and not store.exists(), f"{arguments}: {output!r} {self.errors}")
        for command in ("show", "verify", "salvage"):
            self.expect(self.call(command, "--help", status=0).startswith(b"usage: playbook " + command.encode()), command)
        help_text = self.call("run", "--help", status=0).decode()
        for option in ("--store", "--more", "--after", "--commit-every", "--snapshot-every", "--compress", "Exit status"):
            self.expect(option in help_text, f"{option} is not in the help")

    def test_engine_id_is_kept(self):
        data = b"".join(scenario.lines(4, 60))
        wanted = self.undisturbed(data, "--engine-id", "mine")
        store = self.place / "store"
        first = self.run_store(store, "--engine-id", "mine", data=b"".join(scenario.lines(4, 60)[:40]))
        self.run_store(store, "--engine-id", "other", data=data, status=2)
        self.expect("PBK_ERR_REFUSED" in self.errors, self.errors)
        self.expect(first + self.run_store(store, data=data) == wanted, "the id")

    def test_outputs_come_while_input_is_open(self):
        store = self.place / "store"
        with subprocess.Popen([str(self.program), "run", "--store", str(store)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE) as process:
            for number in range(3):
                process.stdin.write(b'{"type":"define","kind":"role","key":"r%d"}\n' % number)
                process.stdin.flush()
                self.expect(select.select([process.stdout], [], [], 30)[0], "no output before the input ends")
                self.expect(b'"defined"' in os.read(process.stdout.fileno(), 65536))
            # It is in use: no second writer, and nobody who looks.
            for arguments in (["run", "--store", store], ["show", store], ["verify", store], ["salvage", store, self.place / "out"]):
                self.call(*arguments, status=2)
                self.expect("in use by" in self.errors, self.errors)
            process.stdin.close()
            self.expect(process.wait(30) == 0)
        self.expect(not (self.place / "out").exists(), "salvage made a directory for nothing")

    def test_a_reader_that_goes_away(self):
        data = b"".join(scenario.lines(5, 200))
        wanted, store = self.undisturbed(data), self.place / "store"
        with subprocess.Popen([str(self.program), "run", "--store", str(store), "--deliver", scenario.DELIVER], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            process.stdout.close()
            process.stdin.write(data)
            process.stdin.close()
            errors = process.stderr.read()
            self.expect(process.wait(60) in (0, 1) and b"cannot" not in errors, f"not quiet: {errors}")
        scenario.compare([self.run_store(store, data=data)], wanted)  # nobody had read any: all are given again

    # ---- killed

    def test_killed_at_storage_calls(self):
        if not self.faults.exists():
            raise Skipped("the library of faults is not built")
        again = 0
        for seed, options in ((11, ["--commit-every", "9"]), (12, ["--commit-every", "40", "--snapshot-every", "9000"])):
            data = b"".join(scenario.lines(seed, 120))
            wanted = self.undisturbed(data)
            calls = self.calls_of(data, *options)
            for what in ("kill", "killed", "torn"):
                for number in self.some(calls, 26):
                    first, errors, added = self.check_disturbed(data, wanted, f"{what}:any:{number}", *options)
                    self.expect(first == -signal.SIGKILL, f"{what} at {number} of {calls}: ended with {first}: {errors}")
                    again += added
        self.expect(again > 0, "no kill met a message on its way")

    def test_killed_again_and_again(self):
        """Each run gets a little further."""
        data = b"".join(scenario.lines(13, 150))
        wanted = self.undisturbed(data)
        for seed in range(6 if self.full else 2):
            chance, runs, store = random.Random(seed), [], self.place / f"store{seed}"
            for _ in range(400):
                what = chance.choice(("kill", "killed", "torn"))
                runs.append(self.run_store(store, "--commit-every", "5", "--snapshot-every", "7000", data=data, status=None,
                                           fault=f"{what}:any:{chance.randrange(10, 60)}"))
                if self.status != -signal.SIGKILL:
                    break
            self.expect(self.status in (0, 1), f"it never came through: {self.status} {self.errors}")
            scenario.compare(runs, wanted)

    def feed_and_kill(self, store, lines, chance, options):
        """Feeds a little at a time and kills at a random moment. What was printed, and whether it came to the end."""
        with open(self.place / "outputs", "wb+") as outputs:
            process = subprocess.Popen([str(self.program), "run", "--store", str(store), "--deliver", scenario.DELIVER, *options],
                                       stdin=subprocess.PIPE, stdout=outputs, stderr=subprocess.DEVNULL)
            end = time.monotonic() + chance.uniform(0.005, 0.15)
            at = 0
            try:
                while at < len(lines) and time.monotonic() < end:
                    step = chance.randrange(1, 12)
                    process.stdin.write(b"".join(lines[at:at + step]))
                    process.stdin.flush()
                    at += step
                    time.sleep(chance.choice((0, 0.001, 0.004)))
                if at >= len(lines):
                    process.stdin.close()
                    process.wait(max(0.0, end - time.monotonic()) + 0.001)
            except (BrokenPipeError, subprocess.TimeoutExpired):
                pass
            if process.poll() is None:
                process.kill()
            process.wait()
            outputs.seek(0)
            return outputs.read(), process.returncode

    def test_killed_at_random_moments(self):
        for seed in range(8 if self.full else 3):
            chance = random.Random(seed)
            lines = scenario.lines(20 + seed, 250)
            wanted = self.undisturbed(b"".join(lines))
            store, runs, options = self.place / f"store{seed}", [], chance.choice(([], ["--snapshot-every", "15000"]))
            for _ in range(60):
                output, status = self.feed_and_kill(store, lines, chance, options)
                runs.append(output)
                if status != -signal.SIGKILL:
                    self.expect(status in (0, 1), status)
                    break
            runs.append(self.run_store(store, data=b"".join(lines)))
            scenario.compare(runs, wanted)

    def test_held_messages_are_never_offered_twice(self):
        data = b"".join(scenario.lines(14, 100, policy="hold"))
        calls = self.calls_of(data, "--commit-every", "20")
        unknown = 0
        for number in self.some(calls, 48):
            store = self.place / "store"
            shutil.rmtree(store)
            runs = [self.run_store(store, "--commit-every", "20", data=data, fault=f"kill:any:{number}", status=None),
                    self.run_store(store, "--commit-every", "20", data=data)]
            mails = [output for output in scenario.joined(runs) if output["type"] == "message" and output["channel"] == "email"]
            _, added = scenario.undisturbed(mails)
            self.expect(added == 0, f"kill at {number}: offered again")
            unknown += sum(output.get("reason") == "unknown_outcome" for output in mails)
        self.expect(unknown > 0, "no kill met a message on its way")

    # ---- a system that says no

    def test_failing_calls(self):
        if not self.faults.exists():
            raise Skipped("the library of faults is not built")
        data = b"".join(scenario.lines(15, 100))
        wanted = self.undisturbed(data)
        options = ["--commit-every", "12", "--snapshot-every", "9000"]
        names = {EIO: "Input/output error", ENOSPC: "No space left on device"}
        for number, error in ((EIO, "EIO"), (ENOSPC, "ENOSPC")):
            for call, most in (("pwrite", 60), ("fdatasync", 60), ("fsync", 14), ("ftruncate", 4), ("openat", 12)):
                met = 0
                for at in range(1, most + 1) if self.full else sorted({1, 2, most // 2} if self.brief else {1, 2, 3, most // 3, most // 2, most}):
                    first, errors, _ = self.check_disturbed(data, wanted, f"{number}:{call}:{at}", *options)
                    if first in (0, 1):
                        break  # there were fewer of them
                    met += 1
                    self.expect(first == 2 and names[number] in errors, f"{error} of {call} {at}: ended with {first}: {errors}")
                    spoken = {"pwrite": ("write ",), "fdatasync": ("fsync ",), "openat": ("open ", "create "),
                              "fsync": ("fsync ", "cannot write")}.get(call, (call,))
                    self.expect(any(word in errors for word in spoken), f"{error} of {call} {at}: {errors}")
                self.expect(met or call == "ftruncate", f"no {call} failed")

    def test_short_writes(self):
        if not self.faults.exists():
            raise Skipped("the library of faults is not built")
        data = b"".join(scenario.lines(16, 80))
        store = self.place / "store"
        self.expect(self.run_store(store, data=data, fault="short:pwrite:1") == self.undisturbed(data), "short writes")
        self.digest(store)

    # ---- rights

    def as_nobody(self, *arguments, data=b""):
        def become():
            os.setgid(65534)
            os.setuid(65534)
        if os.geteuid() != 0:
            become = None
        return subprocess.run([str(self.program), *map(str, arguments)], input=data, capture_output=True, timeout=LIMIT, preexec_fn=become)

    def test_without_rights(self):
        data = b"".join(scenario.lines(17, 50))
        store = self.place / "store"
        self.run_store(store, data=data)
        self.place.chmod(0o755)
        for name in os.listdir(store):
            (store / name).chmod(0o444)
        store.chmod(0o555)
        before = {name: (store / name).read_bytes() for name in os.listdir(store)}
        try:
            if self.as_nobody("--version").returncode != 0:
                raise Skipped("the program cannot be run by another user")
            done = self.as_nobody("run", "--store", store, data=data)
            self.expect(done.returncode == 2 and b"Permission denied" in done.stderr, done)
            done = self.as_nobody("run", "--store", store / "new", data=data)
            self.expect(done.returncode == 2 and b"mkdir: Permission denied" in done.stderr, done)
            for arguments in (["verify", store], ["show", store], ["show", store, "--json"]):
                done = self.as_nobody(*arguments)
                self.expect(done.returncode == 0 and done.stdout and not done.stderr, done)
            self.expect({name: (store / name).read_bytes() for name in os.listdir(store)} == before, "looking changed something")
        finally:
            store.chmod(0o755)

    def test_not_a_store(self):
        file = self.place / "file"
        file.write_text("x")
        self.call("run", "--store", file, status=2)
        self.expect("Not a directory" in self.errors, self.errors)
        self.call("run", "--store", self.place / "not" / "there", status=2)
        self.expect("No such file or directory" in self.errors, self.errors)
        empty = self.place / "empty"
        empty.mkdir()
        self.call("verify", empty, status=1)
        self.call("show", empty, status=2)
        self.expect(os.listdir(empty) == [], "looking made something")

    # ---- looking

    def test_show(self):
        data = scenario.lines(19, 300)[:-1]  # the last lets much time pass, and all come to an end
        store = self.place / "store"
        outputs = [json.loads(line) for line in self.run_store(store, data=b"".join(data)).splitlines()]
        text = self.call("show", store, status=0).decode()
        self.expect("closed cleanly" in text and "messages:" in text and "tasks:" in text, text)
        shown = [json.loads(line) for line in self.call("show", store, "--json", status=0).splitlines()]
        self.expect(shown[0]["type"] == "store" and shown[0]["lines"] == len(data), shown[0])
        # What is shown as open is what the last line about it says.
        last = {(line["type"], line[line["type"]]): line for line in outputs if line["type"] in ("message", "task")}
        open_ones = {key: line for key, line in last.items() if line["state"] in ("pending", "approved", "sending", "open")}
        given = {(line["type"], line[line["type"]]): line for line in shown[1:]}
        self.expect(set(given) == set(open_ones), f"{sorted(given)} {sorted(open_ones)}")
        for key, line in given.items():
            for member, value in open_ones[key].items():
                self.expect(member in ("seq", "at") or line[member] == value, f"{line} {open_ones[key]}")
        self.expect(shown[0]["messages_open"] + shown[0]["tasks_open"] == len(given), shown[0])
        inside = {}
        for line in outputs:
            if line["type"] == "enrolled":
                inside[line["enrollment"]] = line
            elif line["type"] == "exited":
                del inside[line["enrollment"]]
        self.expect(shown[0]["enrollments_running"] == len(inside) > 0, shown[0])
        for number, enrollment in inside.items():
            option, key = ("--contact", enrollment["userId"]) if "userId" in enrollment else ("--account", enrollment["groupId"])
            of_one = [json.loads(line) for line in self.call("show", store, option, key, "--json", status=0).splitlines()]
            self.expect(of_one[0] == {**of_one[0], "type": option[2:], "key": key}, of_one[0])
            self.expect([line["playbook"] for line in of_one if line.get("enrollment") == number and line["type"] == "enrolled"]
                        == [enrollment["playbook"]], of_one)
            self.expect(f"enrollment {number}:" in self.call("show", store, option, key, status=0).decode(), "as text")
        self.call("show", store, "--contact", "nobody", status=2)
        self.expect("no contact nobody" in self.errors, self.errors)

    def test_looking_changes_nothing(self):
        data = b"".join(scenario.lines(18, 150))
        wanted, store = self.undisturbed(data), self.place / "store"
        first = self.run_store(store, "--commit-every", "20", data=data, fault="torn:pwrite:15", status=None)
        before = {name: (store / name).read_bytes() for name in os.listdir(store)}
        verdict = self.call("verify", store, status=0).decode()
        self.expect("not closed" in verdict, verdict)
        self.call("show", store, status=0)
        self.expect({name: (store / name).read_bytes() for name in os.listdir(store)} == before, "looking changed something")
        scenario.compare([first, self.run_store(store, data=data)], wanted)

    # ---- damage

    def make_store(self, name, seed, *options):
        data = b"".join(scenario.lines(seed, 150))
        store = self.place / name
        outputs = self.run_store(store, "--commit-every", "20", *options, data=data)
        return store, data, outputs

    def check_goes_on(self, store, data, wanted, what):
        """A store that lost its end: what it gives from there on is what was, but that what it does not know to be sent is sent again."""
        output = self.run_store(store, data=data)
        first = json.loads(output[:output.index(b"\n")])["seq"] if output else len(wanted.splitlines()) + 1
        before = [line for line in wanted.splitlines(True) if json.loads(line)["seq"] < first]
        try:
            scenario.compare([b"".join(before) + output], wanted)
        except Differs as difference:
            raise AssertionError(f"{what}: {difference}")
        self.digest(store)

    def check_damaged(self, store, data, wanted, what):
        """Damage is found and named, nothing is run on it, and what is salvaged goes on. Without damage, the store itself goes on."""
        output = self.call("verify", store, status=(0, 1)).decode()
        if self.status == 0 or not any((store / name).stat().st_size for name in set(os.listdir(store)) - {"lock"}):
            self.check_goes_on(store, data, wanted, what)
            return False
        self.expect("PBK_ERR_" in output and len(output) > len(str(store)) + 20, f"{what}: {output}")
        before = {name: (store / name).read_bytes() for name in os.listdir(store)}
        self.run_store(store, data=data, status=2)
        self.expect("PBK_ERR_" in self.errors, f"{what}: {self.errors}")
        self.call("show", store, status=2)
        out = self.place / "salvaged"
        shutil.rmtree(out, ignore_errors=True)
        self.call("salvage", store, out, status=(0, 1))
        self.expect({name: (store / name).read_bytes() for name in os.listdir(store)} == before, f"{what}: looking changed something")
        if self.status == 0:
            self.digest(out)
            self.call("salvage", store, out, status=2)  # that is not empty
            self.check_goes_on(out, data, wanted, what)
        return True

    def damaged(self, store, name, change):
        copy = self.place / "damaged"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(store, copy)
        change(copy / name)
        return copy

    def stores(self):
        yield self.make_store("plain", 31)
        yield self.make_store("snapshots", 32, "--snapshot-every", "9000")

    def test_flipped_bits(self):
        for store, data, wanted in self.stores():
            chance = random.Random(1)
            newest = json.loads(self.call("show", store, "--json", status=0).splitlines()[0])["generation"] % 2
            for name in sorted(set(os.listdir(store)) - {"lock"}):
                size = (store / name).stat().st_size
                for _ in range(25 if self.full else 2 if self.brief else 5):
                    at, bit = chance.randrange(size), chance.randrange(8)

                    def flip(path):
                        content = bytearray(path.read_bytes())
                        content[at] ^= 1 << bit
                        path.write_bytes(content)
                    copy = self.damaged(store, name, flip)
                    what = f"bit {bit} of byte {at} of {name}, {size} bytes"
                    found = self.check_damaged(copy, data, wanted, what)
                    # Of the very last record it cannot be known that it was durable; the generation before is not looked at.
                    self.expect(found or not name.endswith(str(newest)) or at >= size - 64, f"{what}: not found")

    def test_truncated(self):
        for store, data, wanted in self.stores():
            chance = random.Random(2)
            for name in sorted(set(os.listdir(store)) - {"lock"}):
                size = (store / name).stat().st_size
                for at in [0, size - 1] + [chance.randrange(size) for _ in range(15 if self.full else 1 if self.brief else 4)]:
                    copy = self.damaged(store, name, lambda path: os.truncate(path, at))
                    self.check_damaged(copy, data, wanted, f"{name} cut at {at} of {size}")

    def test_removed_and_swapped(self):
        for store, data, wanted in self.stores():
            names = sorted(set(os.listdir(store)) - {"lock"})
            for name in names:
                copy = self.damaged(store, name, os.remove)
                self.check_damaged(copy, data, wanted, f"without {name}")
            for one, other in (("journal.0", "journal.1"), ("snapshot.0", "snapshot.1"), ("journal.0", "snapshot.0")):
                if one in names and other in names:
                    def swap(path):
                        path.rename(path.parent / "x")
                        (path.parent / other).rename(path)
                        (path.parent / "x").rename(path.parent / other)
                    copy = self.damaged(store, one, swap)
                    self.expect(self.check_damaged(copy, data, wanted, f"{one} and {other} swapped"), f"{one} and {other} swapped: not seen")


def main():
    arguments = sys.argv[1:]
    full, brief = "--full" in arguments, "--brief" in arguments
    arguments = [argument for argument in arguments if argument not in ("--full", "--brief")]
    only = []
    while "--only" in arguments:
        at = arguments.index("--only")
        only += arguments[at + 1:at + 2]
        del arguments[at:at + 2]
    if len(arguments) != 1:
        sys.exit(__doc__)
    stores = Stores(arguments[0], full, brief)
    passed = failed = skipped = 0
    for name in [name for name in dir(stores) if name.startswith("test_") and (not only or name[5:] in only)]:
        started = time.monotonic()
        memory = "/dev/shm" if name[5:] in stores.IN_MEMORY and os.access("/dev/shm", os.W_OK) else None
        with tempfile.TemporaryDirectory(dir=memory) as place:
            stores.place = pathlib.Path(place)
            try:
                getattr(stores, name)()
                passed += 1
                print(f"ok     {name[5:]} ({time.monotonic() - started:.1f} s)")
            except Skipped as why:
                skipped += 1
                print(f"skipped {name[5:]}: {why}")
            except (AssertionError, Differs) as problem:
                failed += 1
                print(f"FAILED {name[5:]}: {problem}")
                if "-v" in os.environ.get("STORE_TEST", ""):
                    traceback.print_exc(file=sys.stdout)
            except Exception:
                failed += 1
                print(f"FAILED {name[5:]}:")
                traceback.print_exc(file=sys.stdout)
        sys.stdout.flush()
    print(f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
