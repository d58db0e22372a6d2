/* A scripted HTTP server on a free loopback port: each request, in order of arrival, gets the next
 * step of the script; the last step repeats. It records what it was sent. */
#ifndef BOOMGATE_TESTS_HTTP_SCRIPT_H
#define BOOMGATE_TESTS_HTTP_SCRIPT_H

#include <stddef.h>
#include <stdint.h>

enum http_deed {
    HTTP_REPLY, /* after delay_ms */
    HTTP_HANG,  /* read the request, then nothing, until the client goes or the server stops */
    HTTP_CUT,   /* reply, but close in the middle of the body */
    HTTP_RESET, /* read the request, then reset the connection */
    HTTP_DIE,   /* read the request, refuse new connections from now on, then reset this one */
};

struct http_step {
    enum http_deed deed;
    int status;
    const char *body;    /* NULL: none */
    const char *headers; /* more header lines, each with \r\n; NULL: none */
    int delay_ms;
    size_t padding;    /* so many spaces in front of the body */
    int delay_more_ms; /* at random up to so much more */
    /* Writes the body instead, before the delay, on the connection's thread; may be NULL. */
    size_t (*answer)(void *arg, const char *request, char *ret, size_t size);
    void *answer_arg;
};

enum { HTTP_TEXT_SIZE = 4096, HTTP_REQUESTS_MAX = 512 };

struct http_seen {
    char text[HTTP_TEXT_SIZE]; /* request line, headers and body as received */
};

struct http_script;

struct http_script *http_script_start(const struct http_step *steps, size_t count);
uint16_t http_script_port(const struct http_script *s);
size_t http_script_count(struct http_script *s);
struct http_seen http_script_seen(struct http_script *s, size_t i);
/* The most requests that were being answered at one time. */
size_t http_script_peak(struct http_script *s);
void http_script_free(struct http_script *s);

/* A loopback port on which nobody listens. */
uint16_t http_port_refused(void);

#endif
