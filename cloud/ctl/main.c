/* boomgatectl: finds the command in the table, checks its options and operand, runs it. */
#include "cloud/ctl/client.h"

#include <getopt.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char default_url[] = "http://127.0.0.1:8480";

/* Every option; a command names those it takes. `common`: all commands take it. */
static const struct option_row {
    const char *name, *argument, *help;
    size_t offset;
    bool common;
} option_rows[] = {
#define ROW(name, argument, help, member, common)                                                  \
    {                                                                                              \
        name, argument, help, offsetof(struct ctl_args, member), common                            \
    }
    ROW("url", "URL", "the daemon's address (default: $BOOMGATE_URL or http://127.0.0.1:8480)", url,
        true),
    ROW("token-file", "FILE", "file whose first line is the token (default: $BOOMGATE_TOKEN)",
        token_file, true),
    ROW("json", NULL, "print the daemon's document instead of a table", json, true),
    ROW("capacity", "N", "spaces", capacity, false),
    ROW("title", "TEXT", "name for people", title, false),
    ROW("zone", "ZONE", "IANA time zone, such as Asia/Seoul", zone, false),
    ROW("currency", "CODE", "ISO 4217, such as KRW (default: the rate table's)", currency, false),
    ROW("tariff", "NAME", "rate table", tariff, false),
    ROW("payment", "defer|hold", "exits while the payment provider is away", payment, false),
    ROW("hold-max", "S", "hold becomes defer after so many seconds", hold_max_s, false),
    ROW("exit-grace", "S", "seconds to leave after paying", exit_grace_s, false),
    ROW("unmatched", "open|deny", "a car without a stay at an exit", unmatched, false),
    ROW("grant-size", "N", "spaces an entry edge should hold (0: from the capacity)", grant_size,
        false),
    ROW("closed", "yes|no", "not in operation", closed, false),
    ROW("hours", "TEXT", "when it is open: mo-fr 07:00-22:00; 2026-12-25 closed (\"\": always)",
        hours, false),
    ROW("parent", "PLACE", "the place it is a zone of", parent, false),
    ROW("stale-after", "S", "seconds after which an open stay is flagged (0: never)", stale_after_s,
        false),
    ROW("kind", "KIND", "of a right: permit (default), booking, deny or account", kind, false),
    ROW("plate", "PLATE", "of a right", plate, false),
    ROW("credential", "TEXT", "of a right: ticket, QR, RFID or PIN", credential, false),
    ROW("from", "TIME", "a right begins, such as 2026-11-20T00:00:00Z (default: always)", from,
        false),
    ROW("until", "TIME", "a right ends (default: never)", until, false),
    ROW("offline", "S", "a right counts so long without the cloud (default 86400)", offline_s,
        false),
    ROW("space", "normal|bound", "the space a right spends", space, false),
    ROW("after", "RIGHT", "list from behind this right on", after, false),
    ROW("state", "STATE", "only those in this state", state, false),
    ROW("amount", "N", "in minor units (default: all that is left)", amount, false),
    ROW("limit", "N", "at most so many rows", limit, false),
    ROW("reason", "TEXT", "why; kept with the command or the audit", reason, false),
    ROW("right", "ID", "the right whose vehicle the space is for", right, false),
    ROW("end", "TIME", "when a stay ended (default: now)", end, false),
    ROW("free", NULL, "nothing more is to be paid for it", free, false),
    ROW("dry-run", NULL, "only say what would come of it", dry_run, false),
    ROW("by", "N", "so many vehicles more (-N: fewer) are inside than counted", by, false),
    ROW("counted", "N", "vehicles inside, counted with the lanes locked", counted, false),
    ROW("gone", "EDGE,...", "edges whose older devices are no more: nobody waits for their leases",
        gone, false),
    ROW("expect", "WORD", "only if: vehicle, no_vehicle, arm_up or arm_down", expect, false),
    ROW("table", "FILE", "rate table (YAML)", table, false),
    ROW("entry", "TIME", "of a stay, such as 2026-05-15T10:00:00+02:00", entry, false),
    ROW("exit", "TIME", "of a stay", exit, false),
    ROW("vehicle", "CLASS", "a class of the rate table", vehicle, false),
    ROW("validation", "LIST", "given by shops, such as percent:50,minutes:60,amount:500",
        validation, false),
    ROW("shop", "NAME", "who gives a validation", shop, false),
    ROW("covered", "FROM/TO,...", "what rights cover of a stay", covered, false),
    ROW("lost", NULL, "the price without a ticket, in the place of --entry", lost, false),
    ROW("wait", NULL, "follow it to its end; status 0 only if it was done", wait, false),
    ROW("key", "KEY",
        "lane, correct, money: the same key is the same order; report, act: a public key FILE; "
        "token: a private one",
        key, false),
    ROW("role", "ROLE,...", "of a client or token: operator, attendant, auditor, driver, service",
        role, false),
    ROW("place", "PLACE,...", "a client or token is bound to these (default: every place)", place,
        false),
    ROW("issuer", "TEXT", "of a token, as oauth.issuer (default: boomgate)", issuer, false),
    ROW("audience", "TEXT", "of a token, as oauth.audience (default: boomgate)", audience, false),
    ROW("life", "S", "seconds that a token is valid (default 3600)", life, false),
#undef ROW
};
enum { OPTIONS = sizeof option_rows / sizeof option_rows[0], HELP = 1000, VERSION };

static void print_help(FILE *out)
{
    char left[64];
    fprintf(out, "usage: boomgatectl [OPTION]... COMMAND\n\nCommands:\n");
    for (size_t i = 0; i < command_count; i++) {
        const struct ctl_command *c = &commands[i];
        snprintf(left, sizeof left, "%s%s%s%s%s", c->noun, c->verb[0] != '\0' ? " " : "", c->verb,
                 c->operand != NULL ? " " : "", c->operand != NULL ? c->operand : "");
        fprintf(out, "  %-24s%s%s\n", left,
                strlen(left) > 24 ? "\n                           " : " ", c->help);
    }
    fprintf(out, "\nOptions:\n");
    for (size_t i = 0; i < OPTIONS; i++) {
        const struct option_row *o = &option_rows[i];
        snprintf(left, sizeof left, "--%s%s%s", o->name, o->argument != NULL ? " " : "",
                 o->argument != NULL ? o->argument : "");
        fprintf(out, "  %-22s %s\n", left, o->help);
    }
    fprintf(out, "  %-22s %s\n  %-22s %s\n", "--help", "this text", "--version", "the version");
    fprintf(out,
            "\nExit status: 0 done, 1 refused, 2 wrong usage, 3 the daemon cannot be reached.\n");
}

static enum ctl_status usage_error(const char *text, const char *what)
{
    fprintf(stderr, "boomgatectl: %s%s; see boomgatectl --help\n", text, what);
    return CTL_USAGE;
}

static void fill_long_options(struct option *ret)
{
    for (size_t i = 0; i < OPTIONS; i++)
        ret[i] = (struct option){option_rows[i].name,
                                 option_rows[i].argument != NULL ? required_argument : no_argument,
                                 NULL, (int)i};
    ret[OPTIONS] = (struct option){"help", no_argument, NULL, HELP};
    ret[OPTIONS + 1] = (struct option){"version", no_argument, NULL, VERSION};
    ret[OPTIONS + 2] = (struct option){0};
}

/* The command that the operands begin with; *ret_words of them name it. */
static const struct ctl_command *find_command(char **operands, int count, int *ret_words)
{
    for (size_t i = 0; i < command_count; i++) {
        const struct ctl_command *c = &commands[i];
        int words = c->verb[0] != '\0' ? 2 : 1;
        if (count < words || strcmp(operands[0], c->noun) != 0 ||
            (words == 2 && strcmp(operands[1], c->verb) != 0))
            continue;
        *ret_words = words;
        return c;
    }
    return NULL;
}

static int operand_count(const struct ctl_command *c)
{
    if (c->operand == NULL)
        return 0;
    return strchr(c->operand, ' ') != NULL ? 2 : 1;
}

/* Is `name` one of the words of `list`? */
static bool among(const char *list, const char *name)
{
    size_t len = strlen(name);
    for (const char *at = list; *at != '\0'; at += strspn(at, " ")) {
        size_t word = strcspn(at, " ");
        if (word == len && memcmp(at, name, len) == 0)
            return true;
        at += word;
    }
    return false;
}

static enum ctl_status check_options(const struct ctl_command *c, const struct ctl_args *a)
{
    for (size_t i = 0; i < OPTIONS; i++) {
        const char *given;
        memcpy(&given, (const char *)a + option_rows[i].offset, sizeof given);
        if (given != NULL && !option_rows[i].common && !among(c->options, option_rows[i].name))
            return usage_error("this command does not take --", option_rows[i].name);
    }
    return CTL_OK;
}

/* The first line of the file, or the variable, or NULL. False: the file cannot be read (said). */
static bool find_token(const char *file, char *memory, size_t size, const char **ret)
{
    if (file == NULL) {
        *ret = getenv("BOOMGATE_TOKEN");
        return true;
    }
    FILE *f = fopen(file, "re");
    if (f == NULL || fgets(memory, (int)size, f) == NULL) {
        perror(file);
        if (f != NULL)
            fclose(f);
        return false;
    }
    fclose(f);
    memory[strcspn(memory, "\r\n")] = '\0';
    *ret = memory;
    return true;
}

static enum ctl_status run(const struct ctl_command *command, struct ctl_args *a)
{
    char memory[8192];
    const char *token;
    struct client *client;
    if (a->url == NULL)
        a->url = getenv("BOOMGATE_URL");
    if (!find_token(a->token_file, memory, sizeof memory, &token))
        return CTL_USAGE;
    if (token != NULL && token[0] == '\0')
        token = NULL;
    if (client_open(a->url != NULL && a->url[0] != '\0' ? a->url : default_url, token,
                    a->json != NULL, &client) != ERR_OK)
        return usage_error("the token is too long", "");
    enum ctl_status s = command->run(client, a);
    client_close(client);
    return s;
}

int main(int argc, char **argv)
{
    struct option options[OPTIONS + 3];
    struct ctl_args a = {0};
    int words = 0;
    int which;
    setlocale(LC_CTYPE, "C.UTF-8"); /* how wide a character is; everything else stays as in "C" */
    fill_long_options(options);
    while ((which = getopt_long(argc, argv, "h", options, NULL)) != -1) {
        if (which == HELP || which == 'h') {
            print_help(stdout);
            return CTL_OK;
        }
        if (which == VERSION) {
            printf("boomgatectl %s\n", BOOMGATE_VERSION);
            return CTL_OK;
        }
        if (which == '?')
            return CTL_USAGE;
        const char *value = optarg != NULL ? optarg : "";
        memcpy((char *)&a + option_rows[which].offset, &value, sizeof value);
    }
    if (optind == argc) {
        print_help(stderr);
        return CTL_USAGE;
    }
    const struct ctl_command *c = find_command(argv + optind, argc - optind, &words);
    if (c == NULL)
        return usage_error("there is no such command: ", argv[optind]);
    int operands = argc - optind - words;
    int wanted = operand_count(c);
    if (operands != wanted)
        return usage_error(operands < wanted ? "it needs " : "too many words after ",
                           operands < wanted ? c->operand : c->noun);
    a.operand = wanted > 0 ? argv[argc - wanted] : NULL;
    a.operand2 = wanted > 1 ? argv[argc - 1] : NULL;
    enum ctl_status s = check_options(c, &a);
    return s == CTL_OK ? run(c, &a) : s;
}
