/* What a driver shows a reader beside the plate: the text of a ticket, a QR code, a card or a PIN. As the
 * reader said it, but for a ticket number, which is normalised (protocol/base/ticket.h). */
#ifndef BOOMGATE_WIRE_CREDENTIAL_H
#define BOOMGATE_WIRE_CREDENTIAL_H

enum { CREDENTIAL_TEXT_SIZE = 49 };

/* UTF-8, NUL-terminated; text[0] == '\0' means "none". */
struct credential_text {
    char text[CREDENTIAL_TEXT_SIZE];
};

#endif
