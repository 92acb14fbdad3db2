#!/usr/bin/env bash
# Breaks the library on purpose, one mistake after the other in a scratch copy, and sees that the simulator finds each. Says which of its
# runs did. The last line is: N passed, N failed.
set -uo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT
(cd "$root" && cp -r include src tests examples meson.build meson_options.txt "$place") || exit 2
passed=0 failed=0
CC=gcc meson setup "$place/build" "$place" -Dexamples=disabled -Dbench=disabled --buildtype=debugoptimized -Db_ndebug=true >"$place/log" 2>&1 || {
  cat "$place/log"
  exit 2
}

# The first of the simulator's runs that fails, cheapest first; nothing where all pass.
caught_by() {
  local sim=$place/build/tests/sim arguments
  for arguments in "--runs 4000" "--storage 2" "--memory 2" "--damage 2 --every 8" "--runs 30000 --seed-from 1000" "--large 1"; do
    # shellcheck disable=SC2086
    timeout 300 "$sim" $arguments >"$place/out" 2>&1 || {
      echo "$arguments"
      return
    }
  done
}

# mutant NAME FILE SED-EXPRESSION
mutant() {
  local name=$1 file=$place/src/$2 expression=$3 by
  cp "$file" "$place/kept"
  sed -i -E "$expression" "$file"
  if cmp -s "$file" "$place/kept"; then
    echo "FAILED $name: the edit does not apply any more"
    failed=$((failed + 1))
    return
  fi
  if ! ninja -C "$place/build" tests/sim >"$place/log" 2>&1; then
    echo "FAILED $name: does not build"
    failed=$((failed + 1))
  else
    by=$(caught_by)
    if [ -n "$by" ]; then
      echo "$name: caught by $by: $(grep -m 1 FAILED "$place/out" | sed -E 's/.*\(crash[^)]*\): //' | cut -c 1-130)"
      passed=$((passed + 1))
    else
      echo "FAILED $name: not caught"
      failed=$((failed + 1))
    fi
  fi
  cp "$place/kept" "$file"
}

mutant "no sync of a commit" engine/journal.c 's/if \(storage->sync\(storage->context, object\) != 0\) return false;//'
mutant "offers before the commit" engine/delivering.c 's/if \(!pbk_make_durable\(engine, RECORD_COMMIT\)\) return false;//'
mutant "no sync when opening" engine/opening.c 's/if \(fine && \(opening->torn_bytes \|\| engine->journal.bytes\)\) fine = .*$//'
mutant "a torn end stays" engine/opening.c 's/if \(opening->torn_bytes\) fine = storage->truncate.*$//'
mutant "no sync of a snapshot" engine/opening.c 's/if \(storage->sync\(storage->context, snapshot_object\(generation\)\) != 0\) return false;//'
mutant "the journal's slot is not emptied" engine/opening.c 's/if \(!empty\(storage, journal_object\(generation\)\) \|\| /if (/'
mutant "no handover" engine/opening.c 's/if \(fine && handover\)/if (fine \&\& handover \&\& !journal)/'
mutant "the checksum of records is not looked at" engine/journal_reader.c 's/if \(!bytes \|\| pbk_crc32c\(0, bytes, size - 4\) != bytes_u32\(bytes \+ size - 4\)\) return false;/if (!bytes) return false;/'
mutant "the chain of records is not looked at" engine/journal_reader.c 's/if \(bytes_u32\(head \+ 24\) != reader->checksum\) return false;//'
mutant "the generation of records is not looked at" engine/journal_reader.c 's/\(!reader->any_generation && bytes_u32\(bytes \+ 4\) != reader->generation\)/false/'
# Each of the two alone finds what the other would.
mutant "the checksums of a snapshot are not looked at" engine/snapshot.c 's/ \|\| frames.checksum != sum.checksum\)/)/; s/if \(frames->checksum != bytes_u32\(bytes \+ size\)\) return damaged\(frames\);//'
mutant "what was torn may have been durable" engine/opening.c 's/end->damaged = durable > end->sequence;/end->damaged = false;/'
mutant "damage is taken too soon" engine/opening.c 's/end->damaged = durable > end->sequence;/end->damaged = durable >= end->sequence;/'
mutant "what stands behind the last commit is taken" engine/opening.c 's/if \(!record_ends_commit\(&record\)\) continue;//'
mutant "the host's sequence is not looked at" engine/opening.c 's/options->durable_sequence > opening->sequence/options->durable_sequence > opening->sequence + 1/'
mutant "recovery forgets the first message" outbox/delivery.c 's/for \(uint32_t i = outbox->ready_next; i < outbox->ready.count; i\+\+\)/for (uint32_t i = outbox->ready_next + 1; i < outbox->ready.count; i++)/'
mutant "held messages are offered again" outbox/delivery.c 's/kind\.policy == PBK_POLICY_HOLD\)/kind.policy == PBK_POLICY_HOLD + 7)/'
mutant "the attempt does not rise" outbox/delivery.c 's/pbk_attempt_message\(outbox, message_at\(outbox, pbk_heap_pop\(&again\)\)\);/array_push(memory, \&outbox->ready, pbk_heap_pop(\&again));/'
mutant "outputs taken are forgotten" engine/delivering.c 's/pbk_outputs_pass\(outputs, commit->last_taken\);//'
mutant "one output too many is taken" engine/delivering.c 's/\.last_taken = outputs->drained_seq,/.last_taken = outputs->drained_seq + (outputs->drained_seq < outputs->last_seq),/'
mutant "answers are not recorded" engine/delivering.c '0,/pbk_journal_add\(&engine->journal, &command\);/s///'
mutant "a line in part passes for whole" engine/delivering.c 's/\.part = part,/.part = 0,/'
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
