/* Reads an IANA zone from the system's TZif files (package tzdata). */
#ifndef BOOMGATE_SUPPORT_ZONE_H
#define BOOMGATE_SUPPORT_ZONE_H

#include "protocol/tariff/zone_table.h"

/* `name` such as "Asia/Seoul". ERR_NOTFOUND: no such zone; ERR_INVAL: the name is not a zone name
 * (absolute, "..") or the file is damaged. */
enum err zone_load(const char *name, struct zone_table *ret);

#endif
