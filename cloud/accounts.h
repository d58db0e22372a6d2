/* The payer accounts linked to plates, from a file of lines `plate,token`:
 *
 *   plate,token
 *   # a comment
 *   22아2222,cus_9s6XKzkNRiz8i3/pm_1J4aKz
 *
 * The heading may name providers instead, one column each; an empty field is no account there:
 *
 *   plate,stripe,toss
 *   22아2222,cus_9s6XKzkNRiz8i3,billing-key/customer-key
 *   33가3333,,billing-key-2/customer-key-2
 *
 * Without such a heading the tokens are the first provider's. Plates are normalised; an empty line and a
 * line that starts with '#' are skipped. A token is printable ASCII without spaces, quotes and
 * backslashes. Any other line, and a plate given twice, is an error: a driver is never charged on the
 * wrong account because of a typing error. */
#ifndef BOOMGATE_CLOUD_ACCOUNTS_H
#define BOOMGATE_CLOUD_ACCOUNTS_H

#include "cloud/service.h"

#include <stddef.h>

enum { ACCOUNTS_REASON_SIZE = 192, ACCOUNTS_BYTES_MAX = 64 * 1024 * 1024 };

/* The configured providers, in order. None: the names of a heading are not checked. */
struct account_providers {
    size_t count;
    struct name names[PROVIDERS_MAX];
};

/* Reads text[0..len). On success *ret (heap, the caller's to free; NULL if there is none) is sorted by
 * plate. ERR_INVAL: ret_reason[ACCOUNTS_REASON_SIZE] says "line N: what". */
enum err accounts_parse(const char *text, size_t len, const struct account_providers *providers,
                        struct account **ret, size_t *ret_count, char *ret_reason);

/* Reads a file of at most ACCOUNTS_BYTES_MAX bytes. ERR_NOTFOUND: cannot be read. */
enum err accounts_load(const char *file, const struct account_providers *providers,
                       struct account **ret, size_t *ret_count, char *ret_reason);

#endif
