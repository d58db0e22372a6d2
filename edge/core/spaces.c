#include "edge/core/spaces.h"

int64_t spaces_credit(struct spaces *s, int64_t n)
{
    int64_t repaid = s->overdraft < n ? s->overdraft : n;
    s->overdraft -= repaid;
    s->free += n - repaid;
    return repaid;
}

enum err spaces_authorise(struct spaces *s)
{
    if (s->free < 1)
        return ERR_FULL;
    s->free -= 1;
    return ERR_OK;
}

enum spent spaces_intrude(struct spaces *s)
{
    if (s->free >= 1) {
        s->free -= 1;
        return SPENT_SPACE;
    }
    s->overdraft += 1;
    return SPENT_OVERDRAFT;
}

int64_t spaces_give_back(struct spaces *s, int64_t n)
{
    int64_t given = s->free < n ? s->free : n;
    if (given < 0)
        given = 0;
    s->free -= given;
    return given;
}
