/* The table of routes: what exists, and who may use it. */
#include "cloud/http/server.h"

#define PUBLIC   0
#define PEOPLE   (ROLE_OPERATOR | ROLE_ATTENDANT | ROLE_DRIVER)
#define DESK     (ROLE_OPERATOR | ROLE_ATTENDANT)
#define FEED     (ROLE_OPERATOR | ROLE_AUDITOR | ROLE_SERVICE)
#define SHOP     (ROLE_OPERATOR | ROLE_ATTENDANT | ROLE_SERVICE)
#define ASKER    (PEOPLE | ROLE_AUDITOR | ROLE_SERVICE)
#define BUSINESS (ROLE_OPERATOR | ROLE_ATTENDANT | ROLE_AUDITOR)

const struct route http_routes[] = {
    {"GET", "/", PUBLIC, handle_asset},
    {"GET", "/place.html", PUBLIC, handle_asset},
    {"GET", "/app.css", PUBLIC, handle_asset},
    {"GET", "/place.css", PUBLIC, handle_asset},
    {"GET", "/app.js", PUBLIC, handle_asset},
    {"GET", "/place.js", PUBLIC, handle_asset},
    {"GET", "/card.js", PUBLIC, handle_asset},
    {"GET", "/charts.js", PUBLIC, handle_asset},
    {"GET", "/chart.min.js", PUBLIC, handle_asset},
    {"GET", "/lane.js", PUBLIC, handle_asset},
    {"GET", "/moves.js", PUBLIC, handle_asset},
    {"GET", "/shell.js", PUBLIC, handle_asset},
    {"GET", "/stream.js", PUBLIC, handle_asset},
    {"GET", "/words.js", PUBLIC, handle_asset},
    {"GET", "/icon.svg", PUBLIC, handle_asset},
    {"GET", "/v1/places", PUBLIC, handle_places},
    {"POST", "/v1/places", ROLE_OPERATOR, handle_place_post},
    {"GET", "/v1/places/{}", PUBLIC, handle_place},
    {"PUT", "/v1/places/{}", ROLE_OPERATOR, handle_place_put},
    {"GET", "/v1/places/{}/movements", PUBLIC, handle_movements},
    {"GET", "/v1/places/{}/flow", PUBLIC, handle_flow},
    {"GET", "/v1/places/{}/summary", BUSINESS, handle_summary},
    {"POST", "/v1/places/{}/resume", ROLE_OPERATOR, handle_place_resume},
    {"GET", "/v1/places/{}/audits", BUSINESS, handle_audits},
    {"POST", "/v1/places/{}/audits", ROLE_OPERATOR, handle_audit_post},
    {"POST", "/v1/places/{}/audits/{}/cancel", ROLE_OPERATOR, handle_audit_cancel},
    {"GET", "/v1/places/{}/acts", BUSINESS, handle_acts},
    {"GET", "/v1/places/{}/acts/{}", BUSINESS, handle_act},
    {"POST", "/v1/places/{}/acts/{}/undo", ROLE_OPERATOR, handle_act_undo},
    {"GET", "/v1/corrections", BUSINESS, handle_corrections},
    {"POST", "/v1/corrections", ROLE_OPERATOR | NEEDS_KEY, handle_correction_post},
    {"POST", "/v1/places/{}/edges/{}/bind", ROLE_OPERATOR, handle_bind},
    {"POST", "/v1/places/{}/edges/{}/unbind", ROLE_OPERATOR, handle_unbind},
    {"POST", "/v1/places/{}/edges/{}/release", ROLE_OPERATOR, handle_edge_release},
    {"GET", "/v1/places/{}/lanes/{}/commands", BUSINESS, handle_commands},
    {"POST", "/v1/places/{}/lanes/{}/commands", DESK | NEEDS_KEY, handle_command_post},
    {"GET", "/v1/places/{}/rights", BUSINESS, handle_rights},
    {"POST", "/v1/places/{}/rights", ROLE_OPERATOR, handle_rights_post},
    {"GET", "/v1/places/{}/rights/{}", BUSINESS, handle_right},
    {"PUT", "/v1/places/{}/rights/{}", ROLE_OPERATOR, handle_right_put},
    {"POST", "/v1/places/{}/rights/{}/neutral", DESK, handle_right_neutral},
    {"POST", "/v1/places/{}/neutral", ROLE_OPERATOR, handle_rights_neutral},
    {"DELETE", "/v1/places/{}/rights/{}", ROLE_OPERATOR, handle_right_delete},
    {"GET", "/v1/commands/{}", BUSINESS, handle_command},
    {"GET", "/v1/sessions", PEOPLE, handle_sessions},
    {"POST", "/v1/validations", SHOP | NEEDS_KEY, handle_validation_post},
    {"GET", "/v1/quotes", PEOPLE | ROLE_SERVICE, handle_quote},
    {"POST", "/v1/quotes", ASKER, handle_quote_post},
    {"GET", "/v1/events", FEED, handle_events},
    {"POST", "/oauth/token", PUBLIC | NEEDS_FORM, handle_token},
    {"GET", "/oauth/jwks", PUBLIC, handle_jwks},
    {"GET", "/v1/openapi.json", PUBLIC, handle_description},
    {"GET", "/v1/reports/occupancy", BUSINESS, handle_report_occupancy},
    {"GET", "/v1/reports/arrivals", BUSINESS, handle_report_arrivals},
    {"GET", "/v1/reports/revenue", BUSINESS, handle_report_revenue},
    {"GET", "/v1/stream", PUBLIC, handle_stream},
    {"GET", "/healthz", PUBLIC, handle_health},
    {"GET", "/readyz", PUBLIC, handle_ready},
    {"GET", "/metrics", PUBLIC, handle_metrics},
};
const size_t http_route_count = sizeof http_routes / sizeof http_routes[0];
