#include "cloud/core/session.h"

#include "cloud/core/books.h"
#include "protocol/wire/plate_match.h"

#include <string.h>

struct session_row session_open(const struct crossing *entry, const struct place_settings *place)
{
    return (struct session_row){
        .id = entry->movement,
        .place = entry->place,
        .plate = entry->plate,
        .credential = entry->credential,
        .state = SESSION_OPEN,
        .start = entry->at,
        .entry_edge = entry->edge,
        .entry_lane = entry->lane,
        .currency = place->currency,
        .tariff = place->tariff,
    };
}

static void set_exit(struct session_row *s, const struct crossing *exit)
{
    s->end = exit->at.v > s->start.v ? exit->at : s->start;
    s->exit_edge = exit->edge;
    s->exit_lane = exit->lane;
    s->exit_movement = exit->movement;
    s->exit_basis = exit->basis;
}

struct session_row session_unmatched(const struct crossing *exit,
                                     const struct place_settings *place)
{
    struct session_row s = {
        .id = exit->movement,
        .place = exit->place,
        .plate = exit->plate,
        .credential = exit->credential,
        .state = SESSION_UNMATCHED,
        .currency = place->currency,
        .tariff = place->tariff,
    };
    set_exit(&s, exit);
    return s;
}

bool session_of_other(const struct session_row *s, const struct plate *plate)
{
    int differ = plate_confusions(&s->plate, plate);
    return s->plate.text[0] != '\0' && plate->text[0] != '\0' && (differ < 0 || differ > 1);
}

void session_named(struct session_row *s, const struct plate *plate)
{
    if (s->plate.text[0] == '\0')
        s->plate = *plate;
}

void session_close(struct session_row *s, const struct crossing *exit)
{
    set_exit(s, exit);
    session_named(s, &exit->plate);
    if (strcmp(s->plate.text, exit->plate.text) != 0)
        s->exit_plate = exit->plate;
    s->state = SESSION_CLOSED;
}

struct session_row session_join(const struct crossing *entry, const struct session_row *unmatched)
{
    struct session_row s = *unmatched;
    s.state = SESSION_CLOSED;
    s.start = entry->at;
    s.entry_edge = entry->edge;
    s.entry_lane = entry->lane;
    if (entry->plate.text[0] != '\0' && strcmp(entry->plate.text, s.plate.text) != 0) {
        s.exit_plate = s.plate;
        s.plate = entry->plate;
    }
    if (entry->credential.text[0] != '\0')
        s.credential = entry->credential;
    if (s.end.v < s.start.v)
        s.end = s.start;
    return s;
}

struct session_row session_lost(const struct crossing *exit, const struct place_settings *place)
{
    struct session_row s = session_open(exit, place);
    s.entry_edge = s.entry_lane = (struct name){""};
    s.lost = true;
    return s;
}

int64_t session_due(const struct session_row *s, int64_t price_minor, struct wall_ms at,
                    int64_t grace_ms)
{
    bool in_grace = s->paid_at.v != 0 && wall_diff_ms(at, s->paid_at) <= grace_ms;
    int64_t kept_minor = books_kept(s);
    if (in_grace || price_minor <= kept_minor)
        return 0;
    return price_minor - kept_minor;
}

struct tariff_stay session_stay(const struct session_row *s, const struct validation_row *given,
                                size_t count)
{
    struct tariff_stay stay = {
        .entry = s->start, .settled_at = s->settled_at, .settled_minor = s->settled_minor};
    if (s->covered.v != 0) {
        stay.cover_count = 1;
        stay.covers[0] = (struct tariff_cover){s->start, s->covered};
    }
    for (size_t i = 0; i < count && i < TARIFF_VALIDATIONS_MAX; i++)
        stay.validations[stay.validation_count++] = given[i].what;
    return stay;
}

void session_settled(struct session_row *s, int64_t price_minor, struct wall_ms at)
{
    if (books_kept(s) < price_minor || at.v <= s->settled_at.v)
        return;
    s->settled_at = at;
    s->settled_minor = price_minor;
}

bool session_quote_stands(const struct session_row *s, const struct request_id *request)
{
    return request->text[0] != '\0' && s->quote_at.v != 0 &&
           memcmp(s->quote_request.text, request->text, REQUEST_ID_SIZE) == 0;
}

void session_paid(struct session_row *s, int64_t minor, struct wall_ms at)
{
    s->paid_minor += minor;
    if (at.v > s->paid_at.v)
        s->paid_at = at;
}

struct crossing session_exit(const struct session_row *s)
{
    return (struct crossing){
        .movement = s->exit_movement,
        .place = s->place,
        .edge = s->exit_edge,
        .lane = s->exit_lane,
        .plate = s->exit_plate.text[0] != '\0' ? s->exit_plate : s->plate,
        .credential = s->credential,
        .at = s->end,
        .basis = s->exit_basis,
    };
}

struct session_row session_split(struct session_row *s)
{
    const struct place_settings place = {.currency = s->currency, .tariff = s->tariff};
    struct crossing exit = session_exit(s);
    s->state = SESSION_OPEN;
    s->end = s->quote_at = (struct wall_ms){0};
    s->exit_edge = s->exit_lane = (struct name){""};
    s->exit_movement = (struct movement_id){""};
    s->exit_plate = (struct plate){""};
    s->quote_request = (struct request_id){""};
    s->exit_basis = BASIS_NONE;
    s->price_minor = 0;
    return session_unmatched(&exit, &place);
}
