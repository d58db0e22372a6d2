/* The limit beside which GET /v1/places/{id} is measured (goals.md, P6): libmicrohttpd with one answer of the same
 * bytes, made once, and nothing else. Usage: bench_http PORT THREADS FILE-WITH-THE-BODY */
#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

static struct MHD_Response *answer;

static enum MHD_Result on_request(void *cls, struct MHD_Connection *connection, const char *url,
                                  const char *method, const char *version, const char *upload,
                                  size_t *upload_len, void **context)
{
    static int begun;
    (void)cls;
    (void)url;
    (void)method;
    (void)version;
    (void)upload;
    (void)upload_len;
    if (*context == NULL) {
        *context = &begun;
        return MHD_YES;
    }
    return MHD_queue_response(connection, 200, answer);
}

int main(int argc, char **argv)
{
    static char body[1 << 20];
    struct sockaddr_in to = {.sin_family = AF_INET};
    sigset_t signals;
    int number;
    FILE *f = argc == 4 ? fopen(argv[3], "r") : NULL;
    if (f == NULL) {
        fprintf(stderr, "usage: bench_http PORT THREADS FILE\n");
        return 2;
    }
    size_t len = fread(body, 1, sizeof body, f);
    fclose(f);
    answer = MHD_create_response_from_buffer(len, body, MHD_RESPMEM_PERSISTENT);
    MHD_add_response_header(answer, "Content-Type", "application/json");
    MHD_add_response_header(answer, "Cache-Control", "no-store");
    MHD_add_response_header(answer, "X-Content-Type-Options", "nosniff");
    to.sin_port = htons((uint16_t)strtoul(argv[1], NULL, 10));
    inet_pton(AF_INET, "127.0.0.1", &to.sin_addr);
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigprocmask(SIG_BLOCK, &signals, NULL);
    struct MHD_Daemon *d = MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD, 0, NULL, NULL, on_request, NULL, MHD_OPTION_SOCK_ADDR,
        (struct sockaddr *)&to, MHD_OPTION_THREAD_POOL_SIZE, (unsigned)strtoul(argv[2], NULL, 10),
        MHD_OPTION_CONNECTION_LIMIT, 1024U, MHD_OPTION_END);
    if (d == NULL) {
        perror("bench_http");
        return 1;
    }
    sigwait(&signals, &number);
    MHD_stop_daemon(d);
    MHD_destroy_response(answer);
    return 0;
}
