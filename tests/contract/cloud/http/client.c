/* The client of fixture.h: raw bytes over a socket. */
#include "tests/contract/cloud/http/fixture.h"

#include "protocol/support/memory.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

int dial(struct fixture *f)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(http_port(f->http))};
    inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof to), 0);
    return fd;
}

/* A server that has heard enough may close while we still write. */
void send_all(int fd, const void *bytes, size_t len)
{
    const char *at = bytes;
    while (len > 0) {
        ssize_t n = send(fd, at, len, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return;
        at += n;
        len -= (size_t)n;
    }
}

static bool readable(int fd, int wait_ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, wait_ms) > 0;
}

long read_all(int fd, char *ret, size_t max, int wait_ms)
{
    size_t len = 0;
    while (len < max) {
        if (!readable(fd, wait_ms))
            return -1;
        ssize_t n = recv(fd, ret + len, max - len, 0);
        if (n <= 0)
            break;
        len += (size_t)n;
    }
    return (long)len;
}

bool read_until(int fd, const char *needle, char *ret, size_t size, int wait_ms)
{
    size_t len = 0;
    ret[0] = '\0';
    while (strstr(ret, needle) == NULL) {
        if (len + 1 >= size || !readable(fd, wait_ms))
            return false;
        ssize_t n = recv(fd, ret + len, size - 1 - len, 0);
        if (n <= 0)
            return false;
        len += (size_t)n;
        ret[len] = '\0';
    }
    return true;
}

const char *header(const struct answer *a, const char *name)
{
    static char value[512];
    size_t len = strlen(name);
    value[0] = '\0';
    for (const char *line = a->head; line != NULL && *line != '\0'; line = strstr(line, "\r\n")) {
        line += line == a->head ? 0 : 2;
        if (strncasecmp(line, name, len) == 0 && line[len] == ':') {
            const char *from = line + len + 1 + strspn(line + len + 1, " ");
            snprintf(value, sizeof value, "%.*s", (int)strcspn(from, "\r"), from);
            break;
        }
        if (line == a->head)
            line += strcspn(line, "\r");
    }
    return value;
}

/* Reads a head, byte by byte so as not to take what follows, then as many bytes as it announces (or up
 * to the end). */
struct answer read_answer(int fd, int wait_ms)
{
    struct answer a = {0};
    size_t len = 0;
    while (len + 1 < sizeof a.head && strstr(a.head, "\r\n\r\n") == NULL) {
        if (!readable(fd, wait_ms) || recv(fd, a.head + len, 1, 0) != 1)
            return a;
        len++;
    }
    a.status = strlen(a.head) > 12 ? (int)strtol(a.head + 9, NULL, 10) : 0;
    size_t size = header(&a, "Content-Length")[0] != '\0'
                      ? strtoul(header(&a, "Content-Length"), NULL, 10)
                      : 1 << 20;
    a.body = mem_alloc(size + 1);
    long n = size > 0 && a.status != 304 ? read_all(fd, a.body, size, wait_ms) : 0;
    a.body_len = n > 0 ? (size_t)n : 0;
    a.json = json_loadb(a.body, a.body_len, 0, NULL);
    return a;
}

struct answer ask(struct fixture *f, const char *method, const char *target, const char *token,
                  const char *body, const char *more)
{
    char head[8192];
    int fd = dial(f);
    int n = snprintf(head, sizeof head, "%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n",
                     method, target);
    if (token != NULL)
        n += snprintf(head + n, sizeof head - (size_t)n, "Authorization: Bearer %s\r\n", token);
    if (body != NULL)
        n += snprintf(head + n, sizeof head - (size_t)n,
                      "Content-Type: application/json\r\nContent-Length: %zu\r\n", strlen(body));
    n += snprintf(head + n, sizeof head - (size_t)n, "%s\r\n", more != NULL ? more : "");
    send_all(fd, head, (size_t)n);
    if (body != NULL)
        send_all(fd, body, strlen(body));
    struct answer a = read_answer(fd, 5000);
    if (strcmp(method, "HEAD") == 0)
        a.body_len = 0;
    close(fd);
    return a;
}

struct answer get(struct fixture *f, const char *target, const char *token)
{
    return ask(f, "GET", target, token, NULL, NULL);
}

void answer_free(struct answer *a)
{
    json_decref(a->json);
    free(a->body);
    *a = (struct answer){0};
}
