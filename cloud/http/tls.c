#include "cloud/http/tls.h"

#include "protocol/support/log.h"
#include "protocol/support/memory.h"

#include <gnutls/abstract.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { CHAIN_MAX = 8 };

const char tls_priorities[] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:%SERVER_PRECEDENCE";

/* One pair of files as read. Kept until the end: a handshake may still use an old one. */
struct pair {
    struct pair *older;
    gnutls_pcert_st chain[CHAIN_MAX];
    unsigned count;
    gnutls_privkey_t key;
};

struct tls {
    char *cert_file, *key_file;
    pthread_mutex_t lock;
    struct pair *pairs; /* the newest first */
};

static struct tls *in_use;

static void pair_free(struct pair *p)
{
    for (unsigned i = 0; i < p->count; i++)
        gnutls_pcert_deinit(&p->chain[i]);
    if (p->key != NULL)
        gnutls_privkey_deinit(p->key);
    free(p);
}

static int read_chain(struct pair *p, const char *file)
{
    gnutls_datum_t text = {0};
    unsigned count = CHAIN_MAX;
    int e = gnutls_load_file(file, &text);
    if (e == 0)
        e = gnutls_pcert_list_import_x509_raw(p->chain, &count, &text, GNUTLS_X509_FMT_PEM,
                                              GNUTLS_X509_CRT_LIST_FAIL_IF_UNSORTED);
    if (e >= 0)
        p->count = count;
    gnutls_free(text.data);
    return e;
}

static int read_key(struct pair *p, const char *file)
{
    gnutls_datum_t text = {0};
    int e = gnutls_load_file(file, &text);
    if (e == 0)
        e = gnutls_privkey_init(&p->key);
    if (e == 0)
        e = gnutls_privkey_import_x509_raw(p->key, &text, GNUTLS_X509_FMT_PEM, NULL, 0);
    if (text.data != NULL)
        explicit_bzero(text.data, text.size);
    gnutls_free(text.data);
    return e;
}

/* Has the first certificate this key's other half? */
static int belongs(const struct pair *p)
{
    unsigned char a[20], b[20];
    size_t a_len = sizeof a, b_len = sizeof b;
    gnutls_pubkey_t public;
    int e = gnutls_pubkey_init(&public);
    if (e != 0)
        return e;
    e = gnutls_pubkey_import_privkey(public, p->key, 0, 0);
    if (e == 0)
        e = gnutls_pubkey_get_key_id(public, 0, a, &a_len);
    if (e == 0)
        e = gnutls_pubkey_get_key_id(p->chain[0].pubkey, 0, b, &b_len);
    gnutls_pubkey_deinit(public);
    if (e == 0 && (a_len != b_len || memcmp(a, b, a_len) != 0))
        e = GNUTLS_E_CERTIFICATE_KEY_MISMATCH;
    return e;
}

static enum err complain(const char *file, int e)
{
    log_error("http.tls", LT("file", file), LT("reason", gnutls_strerror(e)));
    return ERR_INVAL;
}

enum err tls_reload(struct tls *t)
{
    struct pair *p = mem_alloc(sizeof *p);
    const char *file = t->cert_file;
    int e = read_chain(p, file);
    if (e >= 0) {
        file = t->key_file;
        e = read_key(p, file);
    }
    if (e >= 0)
        e = belongs(p);
    if (e < 0) {
        pair_free(p);
        return complain(file, e);
    }
    pthread_mutex_lock(&t->lock);
    p->older = t->pairs;
    t->pairs = p;
    pthread_mutex_unlock(&t->lock);
    return ERR_OK;
}

enum err tls_new(const char *cert_file, const char *key_file, struct tls **ret)
{
    struct tls *t = mem_alloc(sizeof *t);
    t->cert_file = mem_text(cert_file);
    t->key_file = mem_text(key_file);
    pthread_mutex_init(&t->lock, NULL);
    enum err e = tls_reload(t);
    if (e != ERR_OK) {
        tls_free(t);
        return e;
    }
    in_use = t;
    *ret = t;
    return ERR_OK;
}

void tls_free(struct tls *t)
{
    if (t == NULL)
        return;
    while (t->pairs != NULL) {
        struct pair *p = t->pairs;
        t->pairs = p->older;
        pair_free(p);
    }
    if (in_use == t)
        in_use = NULL;
    pthread_mutex_destroy(&t->lock);
    free(t->cert_file);
    free(t->key_file);
    free(t);
}

static int retrieve(gnutls_session_t session, const gnutls_datum_t *requests, int request_count,
                    const gnutls_pk_algorithm_t *algorithms, int algorithm_count,
                    gnutls_pcert_st **ret_chain, unsigned *ret_count, gnutls_privkey_t *ret_key)
{
    (void)session;
    (void)requests;
    (void)request_count;
    (void)algorithms;
    (void)algorithm_count;
    struct tls *t = in_use;
    pthread_mutex_lock(&t->lock);
    struct pair *p = t->pairs;
    pthread_mutex_unlock(&t->lock);
    *ret_chain = p->chain;
    *ret_count = p->count;
    *ret_key = p->key;
    return 0;
}

void *tls_callback(void)
{
    gnutls_certificate_retrieve_function2 *f = retrieve;
    void *p;
    memcpy(&p, &f, sizeof p); /* a function as the void pointer of a variable argument list */
    return p;
}
