/* Device profiles from YAML files (edge/deploy/profiles/README.md) and those that are built in.
 *
 * D1 A profile that names a point, command or output twice, reads beyond its table, or says what makes
 *    no sense together is refused with file, line, key and what was expected. */
#ifndef BOOMGATE_EDGE_FIELD_PROFILE_FILE_H
#define BOOMGATE_EDGE_FIELD_PROFILE_FILE_H

#include "protocol/modbus/plan.h"
#include "protocol/support/table.h"

/* A path has a slash or ends in .yaml; every other name is one of those that are built in. */
bool profile_is_path(const char *name);

/* By its name.
 * ERR_NOTFOUND: there is none, or the file cannot be opened; ERR_INVAL. *ret_error is written on
 * failure. */
enum err profile_load(const char *name, struct profile *ret, struct table_error *ret_error);

/* From text, as for files. */
enum err profile_parse(const char *text, size_t len, struct profile *ret,
                       struct table_error *ret_error);

/* The built-in ones: their names ("reference", ...), NULL behind the last, and their text. */
const char *profile_builtin(size_t i, const char **ret_text);

/* Every key of a profile on stdout. */
void profile_print_help(void);

#endif
