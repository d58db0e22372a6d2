/* The name of a right, as services give it: 1 to 39 of letters, digits and . _ : - */
#ifndef BOOMGATE_WIRE_RIGHT_H
#define BOOMGATE_WIRE_RIGHT_H

enum { RIGHT_ID_SIZE = 40 };

struct right_id {
    char text[RIGHT_ID_SIZE]; /* "": none */
};

#endif
