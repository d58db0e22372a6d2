/* A normalised plate as a value (see protocol/support/plate.h for how it is made). */
#ifndef BOOMGATE_WIRE_PLATE_TEXT_H
#define BOOMGATE_WIRE_PLATE_TEXT_H

enum { PLATE_SIZE = 49, PLATE_RAW_SIZE = 33 };

/* UTF-8, NUL-terminated; text[0] == '\0' means "not known". */
struct plate {
    char text[PLATE_SIZE];
};

/* What the reader said, at most 32 bytes (16 registers); valid UTF-8. */
struct plate_raw {
    char text[PLATE_RAW_SIZE];
};

#endif
