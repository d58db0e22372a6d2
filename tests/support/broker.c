#include "tests/support/broker.h"

#include "protocol/support/memory.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PATH_SIZE = 128, START_TRIES = 5, ACCEPT_TRIES = 1000 };

static const char program[] = "/usr/sbin/mosquitto";

struct broker {
    char folder[PATH_SIZE];
    char config[PATH_SIZE + 32];
    char log[PATH_SIZE + 32];
    uint16_t port;
    pid_t pid; /* 0: not running */
};

static void die(const char *what)
{
    fprintf(stderr, "broker: %s: %s\n", what, strerror(errno));
    abort();
}

static struct sockaddr_in loopback(uint16_t port)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(port)};
    a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return a;
}

uint16_t free_port(void)
{
    struct sockaddr_in a = loopback(0);
    socklen_t len = sizeof a;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) != 0 ||
        getsockname(fd, (struct sockaddr *)&a, &len) != 0)
        die("free port");
    close(fd);
    return ntohs(a.sin_port);
}

static bool accepts(uint16_t port)
{
    struct sockaddr_in a = loopback(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ok = fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) == 0;
    if (fd >= 0)
        close(fd);
    return ok;
}

static void write_config(const struct broker *b, const char *extra)
{
    FILE *f = fopen(b->config, "w");
    if (f == NULL)
        die(b->config);
    fprintf(f,
            "listener %u 127.0.0.1\n"
            "allow_anonymous true\n"
            "user root\n"
            "persistence false\n"
            "set_tcp_nodelay true\n"
            "max_inflight_messages 200\n"
            "max_queued_messages 20000\n"
            "log_dest stderr\n"
            "log_type error\n"
            "log_type warning\n"
            "log_type notice\n"
            "%s\n",
            (unsigned)b->port, extra != NULL ? extra : "");
    if (fclose(f) != 0)
        die(b->config);
}

/* In the child: end with the parent, log to a file, become the broker. */
static void become_broker(const struct broker *b)
{
    enum { PR_SET_PDEATHSIG_ = 1 };
    syscall(SYS_prctl, PR_SET_PDEATHSIG_, SIGKILL, 0, 0, 0);
    FILE *log = freopen(b->log, "a", stderr);
    if (log != NULL)
        execl(program, program, "-c", b->config, (char *)NULL);
    _exit(127);
}

static bool has_ended(struct broker *b)
{
    if (waitpid(b->pid, NULL, WNOHANG) != b->pid)
        return false;
    b->pid = 0;
    return true;
}

/* False if the broker ended at once, as it does when another process took the port. */
static bool run(struct broker *b)
{
    const struct timespec pause = {.tv_nsec = 5000000};
    b->pid = fork();
    if (b->pid < 0)
        die("fork");
    if (b->pid == 0)
        become_broker(b);
    for (int i = 0; i < ACCEPT_TRIES; i++) {
        if (has_ended(b))
            return false;
        if (accepts(b->port))
            return true;
        nanosleep(&pause, NULL);
    }
    die("does not accept connections");
    return false;
}

struct broker *broker_start(const char *extra)
{
    struct broker *b = mem_alloc(sizeof *b);
    snprintf(b->folder, sizeof b->folder, "/tmp/boomgate-broker-XXXXXX");
    if (mkdtemp(b->folder) == NULL)
        die(b->folder);
    snprintf(b->config, sizeof b->config, "%s/mosquitto.conf", b->folder);
    snprintf(b->log, sizeof b->log, "%s/log", b->folder);
    for (int i = 0; i < START_TRIES; i++) {
        b->port = free_port();
        write_config(b, extra);
        if (run(b))
            return b;
    }
    fprintf(stderr, "broker: does not start, see %s\n", b->log);
    abort();
}

uint16_t broker_port(const struct broker *b)
{
    return b->port;
}

void broker_kill(struct broker *b)
{
    if (b->pid == 0)
        return;
    kill(b->pid, SIGKILL);
    waitpid(b->pid, NULL, 0);
    b->pid = 0;
}

void broker_pause(struct broker *b)
{
    kill(b->pid, SIGSTOP);
}

void broker_resume(struct broker *b)
{
    kill(b->pid, SIGCONT);
}

void broker_restart(struct broker *b)
{
    for (int i = 0; b->pid == 0 && i < START_TRIES; i++)
        run(b);
    if (b->pid == 0)
        die("does not start again");
}

void broker_stop(struct broker *b)
{
    if (b == NULL)
        return;
    broker_kill(b);
    unlink(b->config);
    unlink(b->log);
    rmdir(b->folder);
    free(b);
}
