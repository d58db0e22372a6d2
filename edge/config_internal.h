/* The parts of the configuration's reading among themselves. */
#ifndef BOOMGATE_EDGE_CONFIG_INTERNAL_H
#define BOOMGATE_EDGE_CONFIG_INTERNAL_H

#include "edge/config.h"

/* `list`[index].key, or just key when there is no list; `value` may be NULL. Returns ERR_INVAL. */
enum err config_refuse(struct table_error *e, int line, const char *list, size_t index,
                       const char *key, const char *what, const char *value);

/* Reads the lanes' profiles, computes the links' budgets and checks both. */
enum err config_check_field(struct edge_config *c, struct table_error *e);

/* The index of a lane's link, or link_count. */
size_t config_link_of(const struct edge_config *c, const struct config_lane *lane);

/* The period the link really keeps: as configured, or what its line needs. */
int64_t config_scan_ms(const struct config_link *l);

#endif
