/* See client.h. HTTP/1.0: the answer ends where the connection does. */
#include "sim/control/client.h"

#include "protocol/support/json.h"
#include "protocol/support/memory.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { TIMEOUT_S = 10, ANSWER_MAX = 16 * 1024 * 1024 };

static int dial(uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    const struct timeval limit = {.tv_sec = TIMEOUT_S};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    if (connect(fd, (const struct sockaddr *)&to, sizeof to) != 0) {
        close(fd);
        return -1;
    }
    return fd;
}

static bool send_all(int fd, const char *text, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, text, len, MSG_NOSIGNAL);
        if (n <= 0)
            return false;
        text += n;
        len -= (size_t)n;
    }
    return true;
}

/* Everything until the end, with a NUL; NULL on a timeout or an error. */
static char *receive_all(int fd, size_t *ret_len)
{
    char *text = NULL;
    size_t len = 0;
    for (;;) {
        text = mem_resize(text, len + 65536 + 1);
        ssize_t n = recv(fd, text + len, 65536, 0);
        if (n < 0 || len > ANSWER_MAX) {
            free(text);
            return NULL;
        }
        len += (size_t)n;
        text[len] = '\0';
        if (n == 0)
            break;
    }
    *ret_len = len;
    return text;
}

static enum err read_answer(const char *text, size_t len, int *ret_status, json_t **ret_answer)
{
    int status;
    const char *body = strstr(text, "\r\n\r\n");
    if (len < 12 || strncmp(text, "HTTP/1.", 7) != 0 || body == NULL)
        return len == 0 ? ERR_TIMEOUT : ERR_INVAL;
    status = (int)strtol(text + 9, NULL, 10);
    body += 4;
    TRY(json_read(body, len - (size_t)(body - text), ANSWER_MAX, ret_answer, NULL));
    *ret_status = status;
    return ERR_OK;
}

enum err client_call(uint16_t port, const char *method, const char *path, const json_t *body,
                     int *ret_status, json_t **ret_answer)
{
    char head[512];
    char *text = body != NULL ? json_dumps(body, JSON_COMPACT) : mem_text("");
    int fd = dial(port);
    if (fd < 0 || text == NULL) {
        free(text);
        return ERR_UNAVAIL;
    }
    int n = snprintf(head, sizeof head,
                     "%s %s HTTP/1.0\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
                     "Content-Length: %zu\r\n\r\n",
                     method, path, strlen(text));
    enum err e = ERR_INVAL;
    if (n > 0 && (size_t)n < sizeof head) {
        size_t len = 0;
        char *answer = NULL;
        if (send_all(fd, head, (size_t)n) && send_all(fd, text, strlen(text)))
            answer = receive_all(fd, &len);
        e = answer != NULL ? read_answer(answer, len, ret_status, ret_answer) : ERR_TIMEOUT;
        free(answer);
    }
    close(fd);
    free(text);
    return e;
}
