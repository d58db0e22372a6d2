/* Reads "topic payload" lines and prints one line for each: "ok" or the decoder's reason. */
#include "tests/support/decode_any.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(void)
{
    char *line = NULL;
    size_t size = 0;
    for (ssize_t n; (n = getline(&line, &size, stdin)) > 0;) {
        char reason[DECODE_REASON_SIZE] = "no such topic";
        size_t len = line[n - 1] == '\n' ? (size_t)n - 1 : (size_t)n;
        const char *space = memchr(line, ' ', len);
        struct topic topic;
        if (space == NULL || topic_parse(line, (size_t)(space - line), &topic) != ERR_OK) {
            printf("%s\n", reason);
            continue;
        }
        const char *payload = space + 1;
        enum err e = decode_any(&topic, payload, len - (size_t)(payload - line), reason, NULL);
        printf("%s\n", e == ERR_OK ? "ok" : reason);
    }
    free(line);
    return 0;
}
