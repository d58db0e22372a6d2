/* signer_port with an Ed25519 key in a file of the daemon's own. */
#ifndef BOOMGATE_CLOUD_SIGNER_H
#define BOOMGATE_CLOUD_SIGNER_H

#include "cloud/ports.h"

enum { SIGNER_FILE_SIZE = 272 };

struct signer {
    char file[SIGNER_FILE_SIZE];
};

/* Uses the key in `file`, or if there is none makes it, with its public half in `file`.pub. Errors as
 * signature_sign and signature_make_key; the reason is logged. */
enum err signer_open(const char *file, struct signer *ret);

/* `s` must outlive the port. */
struct signer_port signer_port(struct signer *s);

#endif
