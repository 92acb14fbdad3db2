#!/usr/bin/env bash
# Builds the library for release and measures what conditions and keeping an engine cost: see bench/README.md.
#
#   bench/run.sh             all tables and instruction counts; build-bench/{cel,store}.json have the same; compares with cel-js
#   bench/run.sh --no-js     without cel-js
#   bench/run.sh --store     only what keeping an engine costs
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=$root/build-bench
js=1 conditions=1
case ${1-} in
'') ;;
--no-js) js=0 ;;
--store) conditions=0 ;;
*)
  sed -n '2,6s/^# \{0,1\}//p' "${BASH_SOURCE[0]}"
  exit 2
  ;;
esac

[ -f "$build/build.ninja" ] || meson setup "$build" "$root" -Dbuildtype=release -Dexamples=disabled -Dtests=disabled >/dev/null
ninja -C "$build" bench/bench-cel bench/bench-store >/dev/null
"$build/bench/bench-store" --json "$build/store.json" --folder "$build"
[ "$conditions" -eq 1 ] || exit 0
echo
"$build/bench/bench-cel" --json "$build/cel.json"

# Instructions an evaluation: two runs of different length, so that what is before and after falls out.
echo
if command -v valgrind >/dev/null; then
  counted() { # CONDITION COUNT [TIER]
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$build/bench/bench-cel" --run "$@" 2>&1 |
      awk '/Collected/ { print $4 }'
  }
  printf '%-34s %9s %9s %9s\n' "instructions an evaluation" this general "by hand"
  for condition in A B C D E; do
    printf '%-34s' "$condition"
    for tier in fast general hand; do
      printf ' %9d' $((($(counted "$condition" 3000 "$tier") - $(counted "$condition" 1000 "$tier")) / 2000))
    done
    echo
  done
else
  echo "instructions are not counted: there is no valgrind"
fi

echo
[ "$js" -eq 1 ] || exit 0
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
  echo "cel-js is left out: there is no node or no npm"
  exit 0
fi
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cp "$root/bench/cel_js.mjs" "$scratch/"
if (cd "$scratch" && npm install --no-audit --no-fund --ignore-scripts --silent @marcbachmann/cel-js >/dev/null 2>&1); then
  (cd "$scratch" && node cel_js.mjs "$build/cel.json")
else
  echo "cel-js is left out: it could not be installed"
fi
