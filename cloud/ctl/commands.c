#include "cloud/ctl/ctl.h"

#define SETTINGS                                                                                   \
    "capacity title zone currency tariff payment hold-max exit-grace unmatched grant-size closed"

#define ORDER "reason expect key wait"

const struct ctl_command commands[] = {
    {"place", "add", "NAME", SETTINGS,
     "create a car park; the same again changes nothing, other values are refused", cmd_place_add},
    {"place", "set", "NAME", SETTINGS, "change a car park; what is not given stays", cmd_place_set},
    {"place", "list", NULL, "", "all car parks", cmd_place_list},
    {"place", "show", "NAME", "", "one car park with its edges and lanes", cmd_place_show},
    {"place", "resume", "NAME", "", "after looking into its anomalies: offer spaces again",
     cmd_place_resume},
    {"right", "add", "PLACE RIGHT", "kind plate credential from until offline space",
     "a permit, booking, deny entry or account; the same again changes nothing", cmd_right_add},
    {"right", "remove", "PLACE RIGHT", "", "take a right away", cmd_right_remove},
    {"right", "show", "PLACE RIGHT", "", "one right", cmd_right_show},
    {"right", "list", "PLACE", "limit after", "rights, and which edge has which version",
     cmd_right_list},
    {"right", "import", "PLACE FILE", "", "many rights from a CSV file with a line of names",
     cmd_right_import},
    {"audit", "add", "PLACE", "counted reason gone wait",
     "a person counted: takes effect once every edge is sure to speak of the same vehicles",
     cmd_audit_add},
    {"audit", "list", "PLACE", "limit", "the latest audits, and what they wait for",
     cmd_audit_list},
    {"audit", "cancel", "PLACE ID", "", "give up a pending audit", cmd_audit_cancel},
    {"edge", "bind", "PLACE EDGE", "right", "keep a space at an edge for the vehicle of one right",
     cmd_edge_bind},
    {"edge", "unbind", "PLACE EDGE", "right", "ask for it back, if it was not used",
     cmd_edge_unbind},
    {"edge", "release", "PLACE EDGE", "", "a frozen stream ends; the edge begins a new epoch",
     cmd_edge_release},
    {"lane", "open", "PLACE LANE", ORDER, "let the vehicle at a lane through", cmd_lane_open},
    {"lane", "close", "PLACE LANE", ORDER, "lower an arm that stayed up", cmd_lane_close},
    {"lane", "hold", "PLACE LANE", ORDER, "raise the arm and leave it up", cmd_lane_hold},
    {"lane", "release", "PLACE LANE", ORDER, "end of hold", cmd_lane_release},
    {"lane", "lock", "PLACE LANE", ORDER, "admit nobody", cmd_lane_lock},
    {"lane", "unlock", "PLACE LANE", ORDER, "end of lock", cmd_lane_unlock},
    {"lane", "reset", "PLACE LANE", ORDER, "after a fault or a fire: take up work again",
     cmd_lane_reset},
    {"lane", "log", "PLACE LANE", "limit", "the latest commands to a lane, and who gave them",
     cmd_lane_log},
    {"sessions", "", "PLATE", "limit", "a car's stays and what was paid", cmd_sessions},
    {"movements", "", "NAME", "limit", "the latest movements at a car park", cmd_movements},
    {"summary", "", "NAME", "", "cars and money at a car park", cmd_summary},
    {"report", "verify", "FILE", "key", "whether a commissioning report is as its edge signed it",
     cmd_report_verify},
    {"health", "", NULL, "", "whether the daemon is alive and ready", cmd_health},
};
const size_t command_count = sizeof commands / sizeof commands[0];
