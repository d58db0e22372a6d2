/* The profiles of edge/deploy/profiles, built into the program (embed_profiles.cmake writes the
 * table). */
#ifndef BOOMGATE_EDGE_FIELD_PROFILE_BUILTIN_H
#define BOOMGATE_EDGE_FIELD_PROFILE_BUILTIN_H

#include <stddef.h>

struct builtin_profile {
    const char *name;
    const char *text;
};

extern const struct builtin_profile builtin_profiles[];
extern const size_t builtin_profile_count;

#endif
