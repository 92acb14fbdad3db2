/* engine/command.h - the one record for everything that changes state: a C call, a line, and later a replay, all become commands. */
#ifndef PBK_ENGINE_COMMAND_H
#define PBK_ENGINE_COMMAND_H

#include "base/problem.h"
#include "base/text.h"
#include <playbook/playbook.h>

enum command_type {
  COMMAND_NONE, /* never stored: the numbers below are part of the journal's format */
  COMMAND_REFUSED = 1, /* a line that could not be read: its problem is told */
  COMMAND_IDENTIFY = 2,
  COMMAND_GROUP = 3,
  COMMAND_TRACK = 4,
  COMMAND_ALIAS = 5,
  COMMAND_STAGE_AND_HEALTH = 6,
  COMMAND_ASSIGN = 7,
  COMMAND_PIN = 8,
  COMMAND_INTERACTION = 9,
  COMMAND_TAG = 10,
  COMMAND_UNTAG = 11,
  COMMAND_SUPPRESS = 12,
  COMMAND_DELETE = 13,
  COMMAND_DEFINE = 14,
  COMMAND_ADVANCE = 15,
  COMMAND_ACTIVATE = 16,
  COMMAND_PAUSE = 17,
  COMMAND_RESUME = 18,
  COMMAND_ARCHIVE = 19,
  COMMAND_ENROLL = 20,
  COMMAND_UNENROLL = 21,
  COMMAND_ADD_SENDER = 22,
  COMMAND_REMOVE_SENDER = 23,
  COMMAND_APPROVE = 24,
  COMMAND_UNAPPROVE = 25,
  COMMAND_DISCARD = 26,
  COMMAND_EDIT = 27,
  COMMAND_REPORT = 28,
  COMMAND_COMPLETE = 29,
  COMMAND_CANCEL = 30,
  COMMAND_EXPLAIN = 31,
  COMMAND_BATCH = 32, /* the envelope of a batch of facts: only its messageId counts */
  COMMAND_ANSWER = 33,
  COMMAND_ZONES = 34,
  COMMAND_RECOVER = 35, /* what was offered when a crash came: again, or given up (SPEC O8) */
  COMMAND_COUNT = 36
};

/* Texts and values are borrowed until the command is applied. A text without bytes is not given. */
struct command {
  enum command_type type;
  pbk_time received_at, occurred_at; /* PBK_NO_TIME: none */
  uint64_t line;                     /* of the input, from 1; 0: a C call */
  struct text message_id;
  uint32_t message_hash;             /* of it, where it is known; else 0 */
  struct text path;                  /* of the part of the line that is meant: "/batch/3" */

  struct text contact, account;      /* the subject is the one that is given */
  uint32_t contact_number, account_number; /* index of what they name, plus one, where it is known; else 0 */
  uint32_t name_number;              /* the same of the name of the event or stage */
  struct text previous;              /* alias */
  struct text event, stage, role, user, sender, persona, playbook, branch;
  struct text template, note, reason;
  const pbk_value *traits;           /* or properties; NULL: none */
  const pbk_value *health;           /* NULL: unchanged */
  int32_t flag;                      /* suppress: on; archive, remove_sender: pbk_removal; report, answer: the outcome */
  uint64_t number;                   /* of a message or task; advance: the work budget, 0: none */
  pbk_duration wait;                 /* answer */
  pbk_time to;                       /* advance */
  struct text zones;                 /* zones: the data, bytes of any kind */

  const pbk_definition *definitions;
  uint32_t definition_count;
  bool batch;                        /* paths begin with /batch/i */
  bool alone;                        /* in the journal: what was due at its time has records of its own */

  const struct problem *problem;     /* COMMAND_REFUSED; COMMAND_DEFINE: of a definition after those given, all are refused */
};

#endif
