/* The parts of the configuration's reading among themselves. */
#ifndef BOOMGATE_EDGE_CONFIG_INTERNAL_H
#define BOOMGATE_EDGE_CONFIG_INTERNAL_H

#include "edge/config.h"

/* `list`[index].key, or just key when there is no list; `value` may be NULL. Returns ERR_INVAL. */
enum err config_refuse(struct table_error *e, int line, const char *list, size_t index,
                       const char *key, const char *what, const char *value);

/* Everything that is checked between values; reads what the file names. */
enum err config_check(struct edge_config *c, struct config_files *files, struct table_error *e);

/* Reads the lanes' profiles, computes the links' budgets and checks both. */
enum err config_check_field(struct edge_config *c, struct config_files *files,
                            struct table_error *e);

/* Refuses `list`[index].key for what is wrong inside the document it names. */
enum err config_refuse_inner(struct table_error *e, int line, const char *list, size_t index,
                             const char *key, const char *name, const struct table_error *inner);

/* A document by its path; *ret_error says why not. */
enum err config_document(struct config_files *files, const char *path, const char **ret_text,
                         size_t *ret_len, struct table_error *ret_error);

/* The index of a lane's link, or link_count. */
size_t config_link_of(const struct edge_config *c, const struct config_lane *lane);

/* The period the link really keeps: as configured, or what its line needs. */
int64_t config_scan_ms(const struct config_link *l);

#endif
