#include "protocol/base/err.h"

static const char *const err_texts[ERR_COUNT] = {
#define ERR_TEXT(name, text) [ERR_##name] = text,
    ERR_MAP(ERR_TEXT)
#undef ERR_TEXT
};

const char *err_text(enum err e)
{
    return (unsigned)e < ERR_COUNT ? err_texts[e] : "unknown error";
}
