#!/usr/bin/env python3
"""Checks how the project is put together: who includes whom, how long files are, headers alone, and the symbols of the libraries.

usage: run.py BUILD-FOLDER"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
FLOORS = ["base", "cel", "facts", "audience", "sender", "outbox", "playbook", "engine", "wire", "api", "filestore"]
MOST_LINES = 900
HEADERS = sorted((ROOT / "include" / "playbook").glob("*.h"))
WARNINGS = ["-Wall", "-Wextra", "-Werror", "-pedantic"]


def sources():
    return sorted(path for path in (ROOT / "src").rglob("*.[ch]"))


def includes_run_downwards():
    """A folder of src includes only itself and those before it; public headers are included with <>."""
    for path in sources():
        floor = path.relative_to(ROOT / "src").parts[0]
        if floor not in FLOORS:
            yield f"{path.relative_to(ROOT)}: {floor} is not a known folder"
            continue
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
            found = re.match(r'\s*#\s*include\s+"([^"]*)"', line)
            if not found:
                continue
            folder, slash, _ = found.group(1).partition("/")
            where = f"{path.relative_to(ROOT)}:{number}"
            if not slash or folder not in FLOORS:
                yield f"{where}: includes {found.group(1)}, which names no folder of src"
            elif not (ROOT / "src" / found.group(1)).is_file():
                yield f"{where}: includes {found.group(1)}, which is not in src"
            elif FLOORS.index(folder) > FLOORS.index(floor):
                yield f"{where}: {floor} includes {found.group(1)}, from above it"


def files_are_short():
    """No file is longer than 900 lines."""
    for path in sources() + sorted((ROOT / "examples").glob("*.[ch]")):
        count = len(path.read_text("utf-8").splitlines())
        if count > MOST_LINES:
            yield f"{path.relative_to(ROOT)} has {count} lines"


def compile_headers(compiler, options, suffix):
    """Each public header compiles alone."""
    if not shutil.which(compiler):
        yield f"there is no {compiler}"
        return
    with tempfile.TemporaryDirectory() as folder:
        for header in HEADERS:
            source = pathlib.Path(folder) / ("alone" + suffix)
            source.write_text(f"#include <playbook/{header.name}>\n#include <playbook/{header.name}>\nint main(void) {{ return 0; }}\n")
            done = subprocess.run([compiler, *options, *WARNINGS, "-fsyntax-only", f"-I{ROOT / 'include'}", str(source)],
                                  capture_output=True, text=True)
            if done.returncode:
                yield f"{header.name}: {done.stderr}"


def headers_alone_as_c11():
    yield from compile_headers("gcc", ["-std=c11"], ".c")


def headers_alone_as_cpp17():
    yield from compile_headers("g++", ["-std=c++17"], ".cc")


# The libraries, with the headers that declare what each exports.
LIBRARIES = [
    ("src/libplaybook", "PLAYBOOK_", "pbk_", [header for header in HEADERS if header.name != "filestore.h"]),
    ("src/filestore/libplaybook-filestore", "PLAYBOOK_FILESTORE_", "pbk_", [header for header in HEADERS if header.name == "filestore.h"]),
]


def built_libraries(build):
    """Those that are there: the file store is left out where the system cannot have it."""
    return [entry for entry in LIBRARIES if entry[0] == "src/libplaybook" or (build / entry[0]).with_suffix(".so").exists()]


def declared(headers):
    """The functions that public headers declare."""
    names = set()
    for header in headers:
        text = re.sub(r"/\*.*?\*/", "", header.read_text("utf-8"), flags=re.S)
        names |= set(re.findall(r"^PBK_API\b[^;(]*?\b(pbk_\w+)\s*\(", text, flags=re.M))
    return names


def defined_symbols(library, *options):
    done = subprocess.run(["nm", "--defined-only", "--extern-only", "--format=posix", *options, str(library)],
                          capture_output=True, text=True, check=True)
    found = (line.split() for line in done.stdout.splitlines())
    return {parts[0] for parts in found if len(parts) >= 2 and len(parts[1]) == 1}


def static_symbols_have_the_prefix(build):
    """Every external symbol of the static libraries starts with pbk_."""
    for library, _, prefix, _ in built_libraries(build):
        symbols = defined_symbols((build / library).with_suffix(".a"))
        if not symbols:
            yield f"{library}.a has no symbols"
        for name in sorted(symbols):
            if not name.startswith(prefix):
                yield f"{name} does not start with {prefix}"


def exported_symbols_are_the_declared(build):
    """A shared library exports what its headers declare, with the version of the release, and nothing else."""
    for library, node, _, headers in built_libraries(build):
        exported, wanted = {}, declared(headers)
        for name in defined_symbols((build / library).with_suffix(".so"), "--dynamic", "--with-symbol-versions"):
            bare, _, version = name.partition("@")
            if not bare.startswith(node):
                exported[bare] = version.lstrip("@")
        for name in sorted(wanted - set(exported)):
            yield f"{name} is declared and not exported"
        for name in sorted(set(exported) - wanted):
            yield f"{name} is exported and not declared"
        for name, version in sorted(exported.items()):
            if not version.startswith(node):
                yield f"{name} has the version {version or 'of nothing'}"


def soname_is_the_abi_major(build):
    for library, _, _, _ in built_libraries(build):
        name = pathlib.Path(library).name + ".so"
        done = subprocess.run(["readelf", "-d", str(build / (library + ".so"))], capture_output=True, text=True, check=True)
        if f"[{name}.0]" not in done.stdout:
            yield f"the soname is not {name}.0"
        needed = re.findall(r"NEEDED.*\[(.*)\]", done.stdout)
        if any(not other.startswith(("libc.", "libz.", "ld-linux")) for other in needed):
            yield f"{name} needs {needed}"


def every_header_is_installed():
    text = "".join((ROOT / place).read_text("utf-8") for place in ("meson.build", "src/filestore/meson.build"))
    for header in HEADERS:
        if f"include/playbook/{header.name}" not in text:
            yield f"meson.build does not install {header.name}"


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    build = ROOT / sys.argv[1]
    checks = [
        ("includes run downwards", includes_run_downwards()),
        ("files are short", files_are_short()),
        ("headers alone as C11", headers_alone_as_c11()),
        ("headers alone as C++17", headers_alone_as_cpp17()),
        ("static symbols have the prefix", static_symbols_have_the_prefix(build)),
        ("exported symbols are the declared ones", exported_symbols_are_the_declared(build)),
        ("the soname is the ABI major, and only libc and zlib are needed", soname_is_the_abi_major(build)),
        ("every header is installed", every_header_is_installed()),
    ]
    passed, failed = 0, 0
    for name, complaints in checks:
        try:
            complaints = list(complaints)
        except (subprocess.CalledProcessError, OSError) as problem:
            complaints = [str(problem)]
        passed, failed = passed + (not complaints), failed + bool(complaints)
        print(("FAILED " if complaints else "ok     ") + name)
        for complaint in complaints:
            print("  " + complaint)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
