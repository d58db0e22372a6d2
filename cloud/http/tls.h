/* The server's certificate and key, which may be replaced while it runs.
 *
 * V1 A new pair takes effect for new connections; those that are open keep what they began with.
 * V2 TLS 1.2 and 1.3, nothing older. */
#ifndef BOOMGATE_CLOUD_HTTP_TLS_H
#define BOOMGATE_CLOUD_HTTP_TLS_H

#include "protocol/base/err.h"

struct tls;

/* Files in PEM: a chain, and the private key of its first certificate. ERR_INVAL: they cannot be read
 * or do not belong together (logged). */
enum err tls_new(const char *cert_file, const char *key_file, struct tls **ret);

/* Reads the files again. ERR_INVAL: as above, and the old pair stays. */
enum err tls_reload(struct tls *t);

void tls_free(struct tls *t); /* NULL is fine; after the server */

/* For MHD_OPTION_HTTPS_CERT_CALLBACK. The library gives it no argument: there is one server with TLS in
 * a process, the one made last. */
void *tls_callback(void);

extern const char tls_priorities[];

#endif
