/* A scripted Modbus server for tests, on TCP or on one end of a pseudo terminal: its own frame code, so
 * that it can misbehave on purpose. It speaks the `reference` map of PROTOCOL.md for up to four units on
 * one endpoint, and coils as a relay module does. */
#ifndef BOOMGATE_TESTS_MODBUS_SERVER_H
#define BOOMGATE_TESTS_MODBUS_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SERVER_UNITS = 4, SERVER_REGISTERS = 128, SERVER_INPUTS = 32, SERVER_LOG = 64 };

enum server_fault {
    FAULT_NONE,
    FAULT_MUTE,         /* reads requests, never answers */
    FAULT_DRIP,         /* answers one byte every 30 ms */
    FAULT_PIECES,       /* answers in two pieces, 30 ms apart */
    FAULT_LONGER,       /* answers with a byte too many */
    FAULT_OTHER_UNIT,   /* answers in the name of unit 9 */
    FAULT_OLD_ID,       /* answers with the transaction id of the request before */
    FAULT_EXCEPTION,    /* answers everything with exception 2 */
    FAULT_MUTE_COMMAND, /* executes a command, then drops the connection instead of answering */
    FAULT_DROP_COMMAND, /* drops the connection without executing the command */
    FAULT_SLOW,         /* answers after 60 ms */
    FAULT_LATE,         /* answers after 150 ms */
    FAULT_CRC,          /* serial: answers with a wrong CRC */
    FAULT_LOSE_WRITE,   /* confirms writes of coils and single registers without doing them */
};

struct server_unit {
    uint8_t inputs[SERVER_INPUTS];
    uint16_t registers[SERVER_REGISTERS]; /* input registers */
    uint16_t holding[SERVER_REGISTERS];
    uint8_t coils[16];
    bool heart_stopped; /* else the heartbeat moves with every status read */
    bool refuse;        /* commands are refused by interlock */
    enum server_fault fault;
    /* What was written. */
    uint16_t commands[SERVER_LOG], sequences[SERVER_LOG];
    size_t command_count; /* writes to the command register, repeats included */
    size_t executed;      /* new sequences */
    size_t coil_writes;
    size_t heartbeat_writes;
    size_t display_writes;
    size_t scans;                 /* reads of the first input */
    uint8_t coil_log[SERVER_LOG]; /* address * 2 + level, in order */
};

struct modbus_server;

/* A request as the hook sees it, before it is answered; the hook may change the unit. */
struct server_request {
    uint8_t unit, function;
    uint16_t address, count;
};
typedef void (*server_hook)(void *arg, const struct server_request *r, struct server_unit *u);

/* Listens on a free loopback port with four healthy units 1..4: arm down, safe, no vehicle. */
struct modbus_server *server_start(void);
/* The same on a pseudo terminal; server_device is its other end. */
struct modbus_server *server_start_serial(void);
const char *server_device(const struct modbus_server *s);
void server_stop(struct modbus_server *s);
int server_port(const struct modbus_server *s);

/* Between lock and unlock the units may be read and changed. */
struct server_unit *server_lock(struct modbus_server *s, int unit);
void server_unlock(struct modbus_server *s);

void server_set_input(struct modbus_server *s, int unit, int input, bool on);
void server_set_fault(struct modbus_server *s, int unit, enum server_fault fault);
/* Writes text the way a reader does: odd sequence, text, even sequence. */
void server_set_plate(struct modbus_server *s, int unit, uint16_t sequence, const char *text);
void server_set_hook(struct modbus_server *s, server_hook hook, void *arg);

/* Closes the connection and listens no more until server_resume on the same port. */
void server_pause(struct modbus_server *s);
void server_resume(struct modbus_server *s);

/* Serial: the line hears itself, as a two-wire adapter that echoes. */
void server_set_echo(struct modbus_server *s, bool echo);

size_t server_connections(struct modbus_server *s); /* accepted so far */
size_t server_open_max(struct modbus_server *s);    /* at one time */
size_t server_requests(struct modbus_server *s);

#endif
