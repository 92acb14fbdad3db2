/* tests/spin/delivery.pml - the delivery protocol, model-checked: engine, journal, delivery and a machine that may stop at any step.
 *
 * MESSAGES messages, each with a policy, retried or held. The engine makes one ready by a command, commits (append, sync), offers what is
 * ready, is answered, and makes the answers durable by the same append and sync. At most CRASHES times, between any two steps, the
 * machine stops: what is in the engine is gone, and of what was appended and not synced any first part is left, synced or, where the
 * process alone stopped, as unsynced as before. Opening repeats the journal. A message in it that was offered under a commit and has no
 * outcome is offered again with the next attempt (retried), or has failed with its outcome unknown (held).
 *
 * Records lie in the engine until they are appended; here they are appended at once, so more can be left of them than in truth.
 *
 * The journal is a row of records. A command makes message m ready; a commit says that all before it may be let out; an answer holds
 * what delivery said; a mark says that recovery went over the attempts without outcome.
 *
 * What must hold, whatever happens:
 *   - what was acknowledged is there after every crash;
 *   - no message is offered after an outcome of it was durable, nor before what made it ready and a commit behind that were durable;
 *   - the attempts of a message rise with each offer, and its key stays;
 *   - a held message is never offered twice;
 *   - a message that an acknowledged command made ready has an outcome in the end.
 *
 * Broken on purpose, to see that this is found: -DOFFER_BEFORE_SYNC, -DFORGET_ATTEMPT (recovery does not raise it), -DHOLD_RETRIES
 * (recovery takes no notice of the policy), -DLOSE_UNDECIDED (recovery takes an attempt without outcome for done), -DNO_SYNC_AT_OPEN (a
 * commit with nothing new to write trusts what was there when it was opened), -DNO_COMMIT_AFTER_OPEN (one with nothing new to write
 * writes nothing, though recovery left messages ready). */

#ifndef MESSAGES
#define MESSAGES 2
#endif
#ifndef CRASHES
#define CRASHES 3
#endif
#define RECORDS 24
#define ATTEMPTS 6

mtype = { none, ready, commit, answered, again, mark }

/* ---- what is outside: storage, and the world that messages are delivered to ---- */

mtype kind[RECORDS];  /* of each record */
byte whose[RECORDS];  /* its message */
byte appended, synced;
byte crashes;

byte offers[MESSAGES];       /* how often it was offered */
byte last_attempt[MESSAGES];
bool outcome_durable[MESSAGES];
bool acknowledged[MESSAGES]; /* the host was told that the command is durable */
bool held[MESSAGES];
byte key_seen[MESSAGES];

/* ---- what is in the engine, and gone with a crash ---- */

bool is_ready[MESSAGES];   /* made ready, or offered and not answered */
bool is_offered[MESSAGES]; /* in this life */
bool is_ended[MESSAGES];
byte attempt[MESSAGES];
bool said_again[MESSAGES]; /* delivery itself asked for another attempt */
bool something_new; /* to commit */
bool crashed;
byte i, m, end;

/* The machine may stop here. */
#define MAY_STOP  if :: crashes < CRASHES -> crashes++; crashed = true :: true fi
#define STEP      if :: crashed -> goto stopped :: else fi; MAY_STOP; if :: crashed -> goto stopped :: else fi

inline append(what, message) {
  assert(appended < RECORDS);
  kind[appended] = what;
  whose[appended] = message;
  appended++;
  something_new = true
}

/* An outcome that is synced is durable from now on. */
inline sync_all() {
  d_step {
    i = synced;
    do
    :: i < appended ->
       if
       :: kind[i] == answered -> outcome_durable[whose[i]] = true
       :: kind[i] == mark && held[whose[i]] -> outcome_durable[whose[i]] = true
       :: else
       fi;
       i++
    :: else -> break
    od;
    synced = appended;
    i = 0
  }
}

inline forget() {
  d_step {
    i = 0;
    do
    :: i < MESSAGES ->
       is_ready[i] = false; is_offered[i] = false; is_ended[i] = false; attempt[i] = 0; said_again[i] = false;
       i++
    :: else -> break
    od;
    something_new = false;
    i = 0
  }
}

/* Recovery: the journal again, record by record. After a commit, every ready message may have been offered. */
inline repeat_journal() {
  d_step {
    end = 0;
    do
    :: end < appended ->
       m = whose[end];
       if
       :: kind[end] == ready -> is_ready[m] = true; attempt[m] = 1; is_offered[m] = false
       :: kind[end] == commit ->
          i = 0;
          do
          :: i < MESSAGES -> if :: is_ready[i] -> is_offered[i] = true :: else fi; i++
          :: else -> break
          od
       :: kind[end] == answered -> is_ended[m] = true; is_ready[m] = false; is_offered[m] = false
       :: kind[end] == again -> attempt[m]++; is_offered[m] = false; said_again[m] = true /* the next attempt is ready */
       :: kind[end] == mark ->
          if
          :: held[m] -> is_ended[m] = true; is_ready[m] = false
          :: else -> attempt[m]++
          fi;
          is_offered[m] = false; said_again[m] = false
       fi;
       end++
    :: else -> break
    od;
    i = 0; m = 0; end = 0
  }
}

/* What was offered and has no outcome: said in the journal, so that the next recovery sees it too. */
inline settle_undecided() {
  d_step {
    i = 0;
    do
    :: i < MESSAGES ->
       if
       :: is_offered[i] ->
#ifdef LOSE_UNDECIDED
          is_ended[i] = true; is_ready[i] = false; is_offered[i] = false
#else
#ifdef HOLD_RETRIES
          attempt[i]++; is_offered[i] = false
#else
#ifdef FORGET_ATTEMPT
          if
          :: held[i] -> append(mark, i); is_ended[i] = true; is_ready[i] = false
          :: else
          fi;
          is_offered[i] = false
#else
          append(mark, i);
          if
          :: held[i] -> is_ended[i] = true; is_ready[i] = false
          :: else -> attempt[i]++
          fi;
          is_offered[i] = false
#endif
#endif
#endif
       :: else
       fi;
       i++
    :: else -> break
    od;
    i = 0
  }
}

/* The world gets a message. */
inline offer(message) {
  d_step {
    assert(!outcome_durable[message]);
    /* end: 1 where what made this attempt ready is synced, 2 where a commit behind it is */
    i = 0; end = 0;
    do
    :: i < appended ->
       if
       :: whose[i] == message && (kind[i] == ready || kind[i] == again || kind[i] == mark) -> end = (i < synced -> 1 : 0)
       :: kind[i] == commit && end == 1 && i < synced -> end = 2
       :: else
       fi;
       i++
    :: else -> break
    od;
    assert(end == 2);
    i = 0; end = 0;
    assert(attempt[message] > last_attempt[message]);
    assert(!held[message] || offers[message] == 0 || said_again[message]);
    assert(key_seen[message] == 0 || key_seen[message] == message + 1);
    key_seen[message] = message + 1;
    last_attempt[message] = attempt[message];
    offers[message]++;
    said_again[message] = false;
    is_offered[message] = true
  }
}

byte next_command;         /* messages made so far, as the host knows: it goes on from what the engine has */
bool all_done;

init {
  byte o, p;
  /* every mix of policies */
  do
  :: o < MESSAGES -> if :: held[o] = true :: held[o] = false fi; o++
  :: else -> break
  od;
  o = 0;

open:
  crashed = false;
  forget();
  repeat_journal();
  settle_undecided();
  d_step {
    i = 0;
    do
    :: i < MESSAGES -> assert(!acknowledged[i] || attempt[i] > 0); i++
    :: else -> break
    od;
    i = 0
  }
#ifndef NO_SYNC_AT_OPEN
  STEP;
  sync_all();
#endif
  STEP;
  /* a host goes on with the first command that is not there */
  d_step {
    next_command = 0; i = 0;
    do
    :: i < MESSAGES -> if :: attempt[i] > 0 -> next_command++ :: else fi; i++
    :: else -> break
    od;
    i = 0
  }

work:
  /* one more command, or none, before the commit */
  if
  :: next_command < MESSAGES ->
     is_ready[next_command] = true; attempt[next_command] = 1;
     /* it lies in memory until the commit appends it; the journal is where it is found again */
     append(ready, next_command);
     next_command++;
     if :: goto work :: true fi
  :: else
  fi;

  /* commit: one append, one sync; none where there is nothing new and nothing to let out. What recovery found ready, no commit may
   * stand behind yet. */
#ifndef NO_COMMIT_AFTER_OPEN
  d_step {
    i = 0;
    do
    :: i < MESSAGES -> if :: is_ready[i] -> something_new = true :: else fi; i++
    :: else -> break
    od;
    i = 0
  }
#endif
  if
  :: something_new ->
     append(commit, MESSAGES);
     STEP;
#ifndef OFFER_BEFORE_SYNC
     sync_all();
     something_new = false;
     STEP
#endif
  :: else
  fi;
  /* acknowledged to the host */
  d_step {
    i = 0;
    do
    :: i < next_command -> acknowledged[i] = true; i++
    :: else -> break
    od;
    i = 0
  }
  STEP;

  /* offers, and their answers into memory */
  o = 0;
  do
  :: o < MESSAGES ->
     if
     :: is_ready[o] && !is_offered[o] ->
        offer(o);
        STEP;
        if
        :: append(answered, o); is_ended[o] = true; is_ready[o] = false; is_offered[o] = false
        :: attempt[o] < ATTEMPTS && offers[o] < 2 ->
           append(again, o); attempt[o]++; is_offered[o] = false; said_again[o] = true
        fi
     :: else
     fi;
     o++
  :: else -> break
  od;
  o = 0;
  STEP;
  sync_all();
  
  STEP;

  /* until everything is told and ended */
  d_step {
    i = 0; all_done = (next_command == MESSAGES);
    do
    :: i < MESSAGES -> if :: !is_ended[i] -> all_done = false :: else fi; i++
    :: else -> break
    od;
    i = 0
  }
  if
  :: !all_done -> goto work
  :: else
  fi;
  /* nothing is lost: whatever was acknowledged has a durable outcome */
  d_step {
    i = 0;
    do
    :: i < MESSAGES -> assert(!acknowledged[i] || outcome_durable[i]); i++
    :: else -> break
    od
  }
  goto finished;

stopped:
  /* a first part of what was not synced is left */
  do
  :: appended > synced -> appended--; kind[appended] = none; whose[appended] = 0
  :: break
  od;
  /* a machine that lost its power has written what it has left; a process that stopped leaves all, and nothing is safer than before */
  if
  :: sync_all()
  :: true
  fi;
  o = 0;
  goto open;

finished:
  skip
}
