/* The parts of the agent among themselves. Functions that return enum err fail only where the
 * journal does (ERR_IO), and then the turn fails. */
#ifndef BOOMGATE_EDGE_AGENT_INTERNAL_H
#define BOOMGATE_EDGE_AGENT_INTERNAL_H

#include "edge/agent.h"
#include "edge/core/retention.h"

/* --- record.c: facts become events and move spaces --- */

/* Opens the turn's transaction if it is not open yet. */
enum err agent_transaction(struct agent *a);

/* Appends one event; nothing without an epoch (A5). */
enum err agent_append(struct agent *a, enum event_kind kind, const struct event_data *data);

/* The same, of something that was recorded before: its place in the stream is the next one. */
enum err agent_append_event(struct agent *a, const struct event *event);

/* The fact of lane i that it was not watched for a while. */
enum err agent_gap(struct agent *a, size_t i, const char *detail);

/* Records what the machine of lane i found. */
enum err agent_facts(struct agent *a, size_t i, const struct lane_out *out);

/* What was read of a vehicle: its plate, what it showed, or both. */
enum err agent_credential_read(struct agent *a, size_t i, const struct credential *c);

/* The ticket of the Movement is printed. */
enum err agent_ticket_issued(struct agent *a, size_t i);

/* Spaces that were recalled, and those this edge has no use for, go back. */
enum err agent_surplus(struct agent *a);

/* Tells of the crossings no event could, and takes up a vehicle that waits unrecorded. */
enum err agent_adopt_lane(struct agent *a, size_t i);

/* Records how the modes and alarms of lane i differ from those on record, which are given as bits. */
enum err agent_tell_lane(struct agent *a, size_t i, uint32_t modes, uint32_t alarms);

/* Records edge.started. */
enum err agent_record_start(struct agent *a);

/* The space of an admission that came to nothing is bound to its right again, if that is still
 * known: true. */
bool agent_bound_again(struct agent *a, const struct agent_movement *m);

/* --- host.c: what the host says of itself --- */

void agent_alarm(struct agent *a, const struct edge_alarm_input *in);

/* Records which alarms changed and what was left out (A10). */
enum err agent_host_tell(struct agent *a);

/* A10: true if the event is not to be recorded; it is counted for its lane then. */
bool agent_leaves_out(struct agent *a, enum event_kind kind, const struct name *lane);

/* --- opening.c: openings without a record --- */

/* Lane i opened, and nothing can be recorded now. */
void agent_owe_opening(struct agent *a, size_t i, enum cause cause);

/* A record is possible again: tells them. */
enum err agent_tell_openings(struct agent *a);

/* --- crippled.c: A9 --- */

/* Which inputs a crippled agent takes. */
bool agent_takes_crippled(enum input_kind kind);

/* A line of the log for a fact that is not recorded; nothing unless crippled. */
void agent_unrecorded(const struct agent *a, size_t i, const char *what);

/* What comes of the Movement that was on record; false: the present one is another. */
void agent_owe_authorised(struct agent *a, size_t i);
bool agent_owe_crossing(struct agent *a, size_t i, enum event_kind kind, enum reason reason);
void agent_owe_end(struct agent *a, size_t i, enum outcome outcome);

/* A commit may work again: records what is owed, or begins with another journal. */
enum err agent_settle(struct agent *a, const struct edge_memory *memory);

/* --- command.c: commands from afar --- */

enum err agent_command(struct agent *a, const struct command *c);

/* The device's word on a motion of lane i. */
enum err agent_command_outcome(struct agent *a, size_t i, const struct command_outcome *o);

/* What time and the lane bring to the command under way. */
enum err agent_command_tick(struct agent *a, size_t i);
struct mono_ms agent_command_deadline(const struct agent *a, size_t i);

/* At the start: what was under way is over, and whether it moved anything is not known. */
enum err agent_commands_restarted(struct agent *a);

/* --- lane.c: one lane's inputs and decisions --- */

enum err agent_lane_io(struct agent *a, size_t i, const struct lane_snapshot *s);
enum err agent_lane_outcome(struct agent *a, size_t i, const struct command_outcome *o);
enum err agent_lane_tick(struct agent *a, size_t i);
enum err agent_lane_answer(struct agent *a, size_t i, const struct response *r);
enum err agent_lane_decide(struct agent *a, size_t i);
/* One event of the machine; one that does not fit its state is nothing. */
enum err agent_lane_step(struct agent *a, size_t i, enum lane_event e);
/* Why no vehicle can be let through lane i now, whoever it is; REASON_NONE: it can. */
enum reason agent_lane_bar(const struct agent *a, size_t i);
/* Shows the vehicle that it may go. */
void agent_lane_welcome(struct agent *a, size_t i);
/* Takes over the facts and acts of the machine. */
enum err agent_lane_apply(struct agent *a, size_t i, const struct lane_out *out);
struct admission_view agent_lane_view(const struct agent *a, size_t i);
struct lane_memory agent_lane_memory(const struct agent *a, size_t i);

/* --- credential.c: who is at the column --- */

/* A camera pushed a plate. */
enum err agent_lane_credential(struct agent *a, size_t i, const struct credential_input *c);

/* What the device's camera, reader and buttons say; readings are only noted unless `use`. */
enum err agent_readings(struct agent *a, size_t i, const struct lane_snapshot *io, bool use);

/* Is something known of it, or does it want a ticket? */
bool agent_identified(const struct agent_movement *m);

/* What a driver of whom nothing was read is told. */
const char *agent_unread_text(const struct agent *a, size_t i);

/* A vehicle that was read before it was presented needs no second reading. */
enum err agent_use_ahead(struct agent *a, size_t i);

/* What was shown while a question was out is taken if the answer was no. */
enum err agent_use_held(struct agent *a, size_t i);

/* A ticket is printed for the vehicle in lane i. */
enum err agent_issue_ticket(struct agent *a, size_t i);

/* Did the camera read another vehicle than the one of the Movement while nobody looked? */
bool agent_stranger_read(const struct agent_lane *s, const struct plate_reading *p);

/* Who is at the column, whether or not the lane machine minds it: for certain, or seen just now. */
struct agent_column {
    bool taken, near;
};
struct agent_column agent_column(const struct agent_lane *s);

/* Loop A fell: what was read ahead was of a vehicle that is no longer at the column. */
void agent_note_left(struct agent *a, size_t i, struct agent_column was);

/* --- order.c: what holds for a whole lane --- */

/* Carries out an order of a person for lane i: lane_order with its facts recorded under `command`
 * (NULL: it has no id). *ret_result: ERR_OK; ERR_DENIED: it is refused for *ret_why; ERR_INVAL: no
 * such order. */
enum err agent_lane_order(struct agent *a, size_t i, enum lane_command order, enum cause by,
                          const struct request_id *command, enum err *ret_result,
                          enum reason *ret_why);

/* A13 */
enum err agent_spread_fire(struct agent *a);

/* --- input.c: what the cloud sends --- */

enum err agent_ack(struct agent *a, const struct ack_input *ack);
enum err agent_grant(struct agent *a, const struct grant *g);
enum err agent_response(struct agent *a, const struct response *r);
void agent_uplink(struct agent *a, bool up);

/* --- hello.c: this journal's place with the cloud --- */

void agent_hello_tick(struct agent *a);
/* Crossings went uncounted up to now: entries are closed until an audit covers the last event. */
void agent_audit_due(struct agent *a);
enum err agent_hello_answered(struct agent *a, const struct response *r);
/* After the commit. ERR_UNAVAIL: there is no session. */
enum err agent_send_hello(struct agent *a);

/* --- epoch.c: the first epoch, and the next one --- */

/* An epoch is there for the first time: what waits is recorded from here on. */
enum err agent_adopt(struct agent *a, int64_t epoch);

/* The journal was set back or copied: what comes after event `common` is written anew in `epoch`. */
enum err agent_rechain(struct agent *a, int64_t epoch, int64_t common);

/* --- rights.c: the rights list --- */

void agent_rights_start(struct agent *a);
void agent_rights_uplink(struct agent *a);
enum err agent_rights_part(struct agent *a, const struct rights_input *in);
void agent_rights_answer(struct agent *a, const struct response *r);
enum err agent_rights_tick(struct agent *a);
struct mono_ms agent_rights_deadline(const struct agent *a);
struct request agent_rights_question(const struct agent *a);

/* What the list says of this vehicle now: one look-up. */
struct right_found agent_right_of(struct agent *a, const struct credential *c);

/* --- passback.c: a right that is inside does not come in again --- */

/* agent_right_of, and whether the right is on that side already. */
struct right_found agent_lane_right(struct agent *a, size_t i, const struct credential *c);

/* Does this edge see who comes and who goes? Then it knows by itself who is inside. */
bool agent_sees_both_sides(const struct agent *a);
enum err agent_passback_alarm(struct agent *a, size_t i);
void agent_passback_crossed(struct agent *a, size_t i);
/* Whether the vehicle of lane i crossed is not known: nor is where its right is. */
void agent_passback_uncertain(struct agent *a, size_t i);
void agent_passback_neutral(struct agent *a);

/* --- quote.c: what a stay costs as far as this edge knows --- */

/* Of the vehicle at this exit; currency "" if it cannot be told. */
struct money agent_quote(struct agent *a, size_t i);
/* "3500 KRW words", or the words alone where that is too long. */
void agent_quote_text(const struct money *due, const char *words, char ret[DISPLAY_SIZE]);
void agent_quote_crossed(struct agent *a, size_t i);

/* --- act.c: after the commit --- */

void agent_act(struct agent *a);

/* Network and link milliseconds in domain time. */
static inline int64_t agent_network_ms(const struct agent *a, int64_t real_ms)
{
    return real_ms * a->config.rate;
}

/* Can facts be recorded? A5, A9. */
static inline bool agent_recording(const struct agent *a)
{
    return a->live.memory.epoch != 0 && !a->live.crippled;
}

/* Free spaces that may be used now. A12 */
static inline int64_t agent_usable(const struct agent *a)
{
    const struct edge_memory *m = &a->live.memory;
    return lease_runs(&m->lease, a->now, a->clock) ? m->spaces.free : 0;
}

/* Is a space in hand bound to the right of the vehicle in lane i, and may it be used now? */
static inline bool agent_has_bound(const struct agent *a, size_t i)
{
    const struct edge_memory *m = &a->live.memory;
    const struct right_found *r = &a->live.lanes[i].movement.right;
    return r->verdict == RIGHT_HONOURED && lease_runs(&m->lease, a->now, a->clock) &&
           bound_of(&m->bound, &r->id) > 0;
}

static inline const struct lane_config *agent_lane_config(const struct agent *a, size_t i)
{
    return &a->live.lanes[i].lane.config;
}

#endif
