/* Error codes, valued by what the *caller* can do about them.
 *
 * Foreign codes (errno, sqlite, curl, paho) are translated once, in the adapter that met them, and
 * logged there. Functions return enum err; outputs come last, are named `ret...` and are untouched
 * unless ERR_OK is returned. */
#ifndef BOOMGATE_BASE_ERR_H
#define BOOMGATE_BASE_ERR_H

#define ERR_MAP(X)                                                                                 \
    X(OK, "ok")                                                                                    \
    X(INVAL, "invalid input, do not retry")                                                        \
    X(NOTFOUND, "no such thing")                                                                   \
    X(CONFLICT, "contradicts what is already recorded")                                            \
    X(FULL, "no room, retry later or shed")                                                        \
    X(DENIED, "not allowed")                                                                       \
    X(UNAVAIL, "peer unreachable, retry later")                                                    \
    X(TIMEOUT, "deadline passed, outcome unknown")                                                 \
    X(IO, "storage failed, stop the process")

enum err {
#define ERR_ENUM(name, text) ERR_##name,
    ERR_MAP(ERR_ENUM)
#undef ERR_ENUM
        ERR_COUNT
};

/* A constant, human-readable text; never NULL, also for values out of range. */
const char *err_text(enum err e);

#define TRY(expr)                                                                                  \
    do {                                                                                           \
        enum err try_ = (expr);                                                                    \
        if (try_ != ERR_OK)                                                                        \
            return try_;                                                                           \
    } while (0)

#endif
