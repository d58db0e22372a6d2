/* The inside of the views' file. Only this folder includes it. */
#ifndef BOOMGATE_CLOUD_VIEW_INSIDE_H
#define BOOMGATE_CLOUD_VIEW_INSIDE_H

#include "cloud/view/project.h"
#include "cloud/view/views.h"

#include <sqlite3.h>

enum { VIEWS_MARK_SIZE = 128 };

enum views_statement { V_BEGIN, V_COMMIT, V_ROLLBACK, V_SEEN, V_SAVE, V_COUNT };

struct views {
    char database[VIEWS_PATH_SIZE], file[VIEWS_PATH_SIZE];
    struct views_file on_disk;
    struct reader *reader;
    sqlite3 *db;
    sqlite3_stmt *st[V_COUNT];
    struct projector *projector;
};

/* Opens views in a file of that name; one that is unfit is made anew. */
enum err views_open_file(const char *database, const char *file, struct views **ret);

void views_remove_file(const char *file);

/* Applies a batch in the transaction that is open, up to entry `until`. *ret_seen: how far it is now. */
enum err views_apply(struct views *v, int64_t until, int64_t *ret_seen, int64_t *ret_applied);

/* How far these are, within the open transaction or not. */
enum err views_seen(struct views *v, int64_t *ret);

#endif
