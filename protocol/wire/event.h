/* Events: the durable facts an edge reports, in order (PROTOCOL.md, "Events"). A value type; its JSON
 * codec is event_codec.h.
 *
 * E1 (place, edge, epoch, seq) names an event; seq is contiguous from 1 within an epoch.
 * E2 `prev` is the digest of the predecessor's exact bytes; 32 zeros for the first of an epoch.
 * E3 A kind says which members of `data` it carries (event_codec.c holds the table); others are zero. */
#ifndef BOOMGATE_WIRE_EVENT_H
#define BOOMGATE_WIRE_EVENT_H

#include "protocol/base/clock.h"
#include "protocol/base/id.h"
#include "protocol/base/money.h"
#include "protocol/wire/credential.h"
#include "protocol/wire/plate_text.h"
#include "protocol/wire/right.h"
#include "protocol/wire/words.h"

enum { EVENT_BYTES_MAX = 8192, EVENT_VERSION_SIZE = 32, EVENT_DETAIL_SIZE = 96 };

/* The type on the wire is "io.boomgate." + word + ".v1". Behind the word: the members of `data`, those
 * in brackets optional.
 *
 *   edge.started          version (boot is in the envelope)
 *   vehicle.presented     lane movement direction
 *   credential.read       lane movement plate raw confidence
 *   passage.authorised    lane movement direction basis [spent plate credential request right due]; an
 *                         entry
 *                         says `spent` where it was not the pocket of its basis
 *   passage.denied        lane movement direction reason [plate credential request right]
 *   passage.started       lane movement
 *   passage.completed     lane movement direction repaid [plate credential]: an authorised vehicle
 *                         crossed and both loops cleared
 *   passage.voided        lane movement direction reason repaid [plate credential right]: the
 *                         authorisation ended without a counted crossing; its space is bound to
 *                         `right` again
 *   passage.unauthorised  lane movement direction [spent repaid plate credential]: a crossing nobody
 *                         allowed;
 *                         spent for an entry, where it is required, repaid for an exit
 *   movement.ended        lane movement outcome
 *   space.accepted        grant n repaid [right]: bound to it
 *   space.declined        grant n reason
 *   space.returned        n reason [right]: were bound to it
 *   lane.alarm            lane alarm active [detail]
 *   edge.alarm            alarm active [detail]: a condition of the whole edge
 *   count.gap             lane detail: observations may be missing
 *   command.result        lane command action stage [reason actor detail]: reason where the command
 *                         was rejected or failed; actor and detail (the person's own words) with the
 *                         first one
 *   arm.opened            lane cause [movement command]: the arm left, or is told to leave, a place
 *                         that is not its upper limit
 *   lane.mode             lane mode active [command]: a mode began to hold the lane, or ended
 *   rights.applied        list: this version of the rights list is in force
 *   space.recalled        grant n [right]: a recall was taken; the spaces follow as space.returned
 *   ticket.issued         lane movement credential: this ticket is printed for the vehicle
 *   credential.presented  lane movement credential medium: a reader beside the camera read it */
enum event_kind {
    EVENT_UNKNOWN, /* decoded only: a type this program does not know; stored raw */
    EVENT_EDGE_STARTED,
    EVENT_VEHICLE_PRESENTED,
    EVENT_CREDENTIAL_READ,
    EVENT_PASSAGE_AUTHORISED,
    EVENT_PASSAGE_DENIED,
    EVENT_PASSAGE_STARTED,
    EVENT_PASSAGE_COMPLETED,
    EVENT_PASSAGE_VOIDED,
    EVENT_PASSAGE_UNAUTHORISED,
    EVENT_MOVEMENT_ENDED,
    EVENT_SPACE_ACCEPTED,
    EVENT_SPACE_DECLINED,
    EVENT_SPACE_RETURNED,
    EVENT_LANE_ALARM,
    EVENT_EDGE_ALARM,
    EVENT_COUNT_GAP,
    EVENT_COMMAND_RESULT,
    EVENT_ARM_OPENED,
    EVENT_LANE_MODE,
    EVENT_RIGHTS_APPLIED,
    EVENT_SPACE_RECALLED,
    EVENT_TICKET_ISSUED,
    EVENT_CREDENTIAL_PRESENTED,
    EVENT_KINDS
};

/* All members any kind carries. Text is NUL-terminated UTF-8; "" and 0 mean absent. */
struct event_data {
    struct name lane;
    struct movement_id movement;
    enum direction direction;
    struct plate plate;
    struct plate_raw raw;
    int64_t confidence; /* 0..10000 */
    enum basis basis;
    enum reason reason;
    enum outcome outcome;
    enum spent spent;
    struct request_id request;
    struct request_id command; /* the id of a command */
    enum action action;
    enum stage stage;
    struct name actor;
    enum cause cause;
    enum lane_mode mode;
    int64_t grant;  /* > 0 */
    int64_t n;      /* spaces, > 0 */
    int64_t repaid; /* spaces of a credit that paid the edge's overdraft: 0..n (a passage: 0..1) */
    enum alarm alarm;
    bool active;
    char version[EVENT_VERSION_SIZE];
    char detail[EVENT_DETAIL_SIZE];
    struct right_id right;             /* that was honoured, or was found and refused */
    struct money due;                  /* the edge's own quote; currency "" if there is none */
    int64_t list;                      /* version of the rights list, > 0 */
    struct credential_text credential; /* shown beside the plate, or the ticket that was issued */
    enum medium medium;
};

struct event {
    enum event_kind kind;
    struct name place;
    struct name edge;
    int64_t epoch; /* >= 1 */
    int64_t seq;   /* >= 1 */
    struct digest prev;
    struct wall_ms time;
    int64_t boot;        /* counts the edge's starts of its machine or agent */
    struct mono_ms mono; /* since that boot */
    enum clock_state clock;
    struct event_data data;
};

/* "passage.completed"; "" for EVENT_UNKNOWN. */
const char *event_kind_word(enum event_kind k);

#endif
