#include "edge/journal/schema.h"

/* `outbox.acked_at` is NULL until acknowledged; `recorded` is when the row was written, for the age
 * of the backlog. `machine` is the kernel's boot id at the last opening, '' after a clean stop
 * (J3). */
const struct migration journal_migrations[JOURNAL_MIGRATIONS] = {
    {1, "journal",
     "CREATE TABLE edge_memory("
     " id INTEGER PRIMARY KEY CHECK(id = 1),"
     " journal TEXT NOT NULL CHECK(length(journal) = 32),"
     " epoch INTEGER NOT NULL CHECK(epoch >= 0),"
     " next INTEGER NOT NULL CHECK(next >= 1),"
     " base INTEGER NOT NULL CHECK(base >= 0 AND base < next),"
     " head TEXT NOT NULL,"
     " boot INTEGER NOT NULL CHECK(boot >= 0),"
     " free INTEGER NOT NULL CHECK(free >= 0),"
     " overdraft INTEGER NOT NULL CHECK(overdraft >= 0),"
     " machine TEXT NOT NULL"
     ") STRICT;"
     "CREATE TABLE lane_memory("
     " lane TEXT PRIMARY KEY,"
     " state INTEGER NOT NULL,"
     " movement TEXT NOT NULL,"
     " plate TEXT NOT NULL,"
     " authorised INTEGER NOT NULL,"
     " basis INTEGER NOT NULL,"
     " request TEXT NOT NULL,"
     " b_seen INTEGER NOT NULL,"
     " a_clear_seen INTEGER NOT NULL,"
     " c_seen INTEGER NOT NULL,"
     " plate_sequence INTEGER NOT NULL,"
     " presented INTEGER NOT NULL,"
     " decided INTEGER NOT NULL"
     ") STRICT, WITHOUT ROWID;"
     "CREATE TABLE outbox("
     " seq INTEGER PRIMARY KEY,"
     " digest TEXT NOT NULL CHECK(length(digest) = 32),"
     " bytes BLOB NOT NULL,"
     " recorded INTEGER NOT NULL,"
     " acked_at INTEGER"
     ") STRICT;"
     "CREATE TABLE grant_answered("
     " epoch INTEGER NOT NULL,"
     " id INTEGER NOT NULL,"
     " PRIMARY KEY(epoch, id)"
     ") STRICT, WITHOUT ROWID;"},
    /* `lease_machine` is the kernel's boot id on which `lease_ms` counts. */
    {2, "lease",
     "ALTER TABLE edge_memory ADD COLUMN owed INTEGER NOT NULL DEFAULT 0 CHECK(owed >= 0);"
     "ALTER TABLE edge_memory ADD COLUMN lease_machine TEXT NOT NULL DEFAULT '';"
     "ALTER TABLE edge_memory ADD COLUMN lease_ms INTEGER NOT NULL DEFAULT 0;"
     "ALTER TABLE edge_memory ADD COLUMN lease_from INTEGER NOT NULL DEFAULT 0;"
     "ALTER TABLE edge_memory ADD COLUMN lease_until INTEGER NOT NULL DEFAULT 0;"},
    {3, "what holds a lane, its alarms, an audit that is due",
     "ALTER TABLE edge_memory ADD COLUMN audit_due INTEGER NOT NULL DEFAULT 0;"
     "ALTER TABLE lane_memory ADD COLUMN reversed INTEGER NOT NULL DEFAULT 0;"
     "ALTER TABLE lane_memory ADD COLUMN modes INTEGER NOT NULL DEFAULT 0;"
     "ALTER TABLE lane_memory ADD COLUMN alarms INTEGER NOT NULL DEFAULT 0;"},
    {4, "commands",
     "CREATE TABLE lane_order("
     " id TEXT PRIMARY KEY CHECK(length(id) = 32),"
     " lane TEXT NOT NULL,"
     " action INTEGER NOT NULL,"
     " stage INTEGER NOT NULL,"
     " not_after INTEGER NOT NULL"
     ") STRICT, WITHOUT ROWID;"},
    {5, "bound spaces",
     "CREATE TABLE bound_space("
     " right TEXT PRIMARY KEY,"
     " n INTEGER NOT NULL CHECK(n > 0)"
     ") STRICT, WITHOUT ROWID;"},
    {6, "what a driver showed, and his ticket",
     "ALTER TABLE lane_memory ADD COLUMN credential TEXT NOT NULL DEFAULT '';"
     "ALTER TABLE lane_memory ADD COLUMN ticket INTEGER NOT NULL DEFAULT 0;"
     "ALTER TABLE lane_memory ADD COLUMN credential_sequence INTEGER NOT NULL DEFAULT 0;"},
    {7, "when the journal began",
     "ALTER TABLE edge_memory ADD COLUMN since INTEGER NOT NULL DEFAULT 0;"},
};
