#include "cloud/core/act.h"
#include "cloud/core/records.h"

#include <string.h>

static const char *word_of(const char *const *words, int count, int value)
{
    return value >= 0 && value < count ? words[value] : "";
}

static enum err find(const char *const *words, int count, const char *text, int *ret)
{
    for (int i = 0; i < count; i++) {
        if (strcmp(words[i], text) == 0) {
            *ret = i;
            return ERR_OK;
        }
    }
    return ERR_NOTFOUND;
}

/* The two functions of one vocabulary, from its list of words in the order of the enum. */
#define WORDS(type, ...)                                                                           \
    static const char *const type##_words[] = {__VA_ARGS__};                                       \
    enum { type##_count = sizeof type##_words / sizeof type##_words[0] };                          \
    const char *type##_word(enum type v)                                                           \
    {                                                                                              \
        return word_of(type##_words, type##_count, (int)v);                                        \
    }                                                                                              \
    enum err type##_parse(const char *text, enum type *ret)                                        \
    {                                                                                              \
        int v;                                                                                     \
        TRY(find(type##_words, type##_count, text, &v));                                           \
        *ret = (enum type)v;                                                                       \
        return ERR_OK;                                                                             \
    }

WORDS(payment_policy, "defer", "hold")
WORDS(unmatched_policy, "open", "deny")
WORDS(audit_state, "pending", "applied", "cancelled")
WORDS(grant_state, "open", "accepted", "declined")
WORDS(session_state, "open", "closed", "unmatched")
WORDS(payment_kind, "exit", "prepay", "link", "debt")
WORDS(payment_state, "created", "sent", "unknown", "querying", "succeeded", "declined", "manual",
      "void")
WORDS(refund_cause, "overpaid", "person")
WORDS(mismatch_class, "unknown_here", "not_done_here", "missing_there", "amount", "currency",
      "twice_there", "late", "without_session", "without_exit", "unpaid", "payments_differ",
      "refunds_differ", "not_given_back")
WORDS(mismatch_noun, "payment", "refund", "session", "exit")
WORDS(debt_state, "open", "paid", "waived", "written_off")
WORDS(act_kind, "correction", "session.close", "session.reopen", "session.match", "session.split")
