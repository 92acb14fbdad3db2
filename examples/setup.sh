# shellcheck shell=bash disable=SC2034,SC2154
# setup.sh - sourced by the scripts that build: finds the tools they need and, as root on Debian, installs those that are missing.

# need_tools PACKAGE=WHAT...: WHAT is a command, or the path of a file that has to be there.
need_tools() {
  local pair package what missing=()
  for pair in "$@"; do
    package=${pair%%=*} what=${pair#*=}
    if [[ $what == /* ]]; then [ -e "$what" ] && continue; else command -v "$what" >/dev/null 2>&1 && continue; fi
    missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return 0
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "These packages are needed and not installed: ${missing[*]}" >&2
    echo "On Debian or Ubuntu: sudo apt-get update && sudo apt-get install -y --no-install-recommends ${missing[*]}" >&2
    return 1
  fi
  echo "Installing ${missing[*]}" >&2
  local log
  log=$(mktemp)
  if apt-get update >"$log" 2>&1 </dev/null &&
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${missing[@]}" >>"$log" 2>&1 </dev/null; then
    rm -f "$log"
    hash -r
    return 0
  fi
  cat "$log" >&2
  rm -f "$log"
  return 1
}

# What building takes.
BUILD_TOOLS=(gcc=gcc libc6-dev=/usr/include/stdio.h meson=meson ninja-build=ninja pkg-config=pkg-config python3=python3
  zlib1g-dev=/usr/include/zlib.h)

# build_in FOLDER [MESON OPTION...]: builds the project, whose root is $root, in a folder of it. Says nothing unless it fails.
build_in() {
  local folder=$root/$1 log configure=(true)
  shift
  log=$(mktemp)
  if [ ! -f "$folder/build.ninja" ]; then
    configure=(meson setup "$folder" "$root" "$@")
  elif [ $# -gt 0 ]; then
    configure=(meson setup --reconfigure "$folder" "$root" "$@")
  fi
  if { "${configure[@]}" && ninja -C "$folder"; } >"$log" 2>&1 </dev/null; then
    rm -f "$log"
    return 0
  fi
  cat "$log" >&2
  rm -f "$log"
  return 1
}
