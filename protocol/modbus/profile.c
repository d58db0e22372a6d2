#include "protocol/modbus/profile.h"

#include <string.h>

const char *const profile_input_words[LANE_INPUTS + 1] = {
    [IN_LOOP_A] = "loop_a",
    [IN_LOOP_B] = "loop_b",
    [IN_LOOP_C] = "loop_c",
    [IN_ARM_UP] = "arm_up",
    [IN_ARM_DOWN] = "arm_down",
    [IN_ARM_ATTACHED] = "arm_attached",
    [IN_PHOTOCELL_CLEAR] = "photocell_clear",
    [IN_EDGE_OK] = "edge_ok",
    [IN_FIRE] = "fire",
    [IN_LOCAL_STOP_OK] = "local_stop_ok",
    [IN_MAINS_OK] = "mains_ok",
    [IN_BATTERY_OK] = "battery_ok",
    [IN_CABINET_CLOSED] = "cabinet_closed",
    [IN_FAULT_A] = "fault_a",
    [IN_FAULT_B] = "fault_b",
    [IN_FAULT_C] = "fault_c",
    [IN_OBSTRUCTION] = "obstruction",
    [IN_LOCAL_MODE] = "local_mode",
    [IN_TICKET_BUTTON] = "ticket_button",
    [IN_TICKET_TAKEN] = "ticket_taken",
    [IN_TICKET_LOW] = "ticket_low",
    [IN_HELP_BUTTON] = "help_button",
    [IN_READER_OK] = "reader_ok",
    [IN_CAMERA_OK] = "camera_ok",
    [IN_WATCHDOG_TRIPPED] = "watchdog_tripped",
    [IN_RESTARTED] = "restarted",
};

const char *const profile_command_words[PROFILE_COMMANDS + 1] = {
    [COMMAND_NONE] = "",
    [COMMAND_OPEN] = "open",
    [COMMAND_CLOSE] = "close",
    [COMMAND_STOP] = "stop",
    [COMMAND_HOLD_OPEN] = "hold_open",
    [COMMAND_RELEASE] = "release",
    [COMMAND_LOCK] = "lock",
    [COMMAND_UNLOCK] = "unlock",
    [COMMAND_RESET_FAULT] = "reset_fault",
};

const char *const profile_output_words[PROFILE_OUTPUTS + 1] = {
    [OUTPUT_GREEN] = "green",
    [OUTPUT_FULL_SIGN] = "full_sign",
    [OUTPUT_TICKET] = "ticket",
    [OUTPUT_CAMERA] = "camera",
    [OUTPUT_ACKNOWLEDGE] = "acknowledge_restart",
};

bool profile_closes(const struct profile *p)
{
    return profile_has(p, IN_ARM_UP) && profile_has(p, IN_ARM_DOWN) && profile_has(p, IN_LOOP_B) &&
           (profile_has(p, IN_PHOTOCELL_CLEAR) || profile_has(p, IN_EDGE_OK)) &&
           p->commands[COMMAND_CLOSE].act != ACT_NONE;
}

bool profile_tickets(const struct profile *p)
{
    return p->outputs[OUTPUT_TICKET].act != ACT_NONE && p->ticket.at.space != SPACE_NONE &&
           profile_has(p, IN_TICKET_BUTTON);
}

const char *profile_gap(const struct profile *p, int loops)
{
    if (!profile_has(p, IN_LOOP_A))
        return "inputs: loop_a";
    if (!profile_has(p, IN_LOOP_B))
        return "inputs: loop_b";
    if (loops == 3 && !profile_has(p, IN_LOOP_C))
        return "inputs: loop_c";
    if (!profile_has(p, IN_ARM_UP))
        return "inputs: arm_up";
    return p->commands[COMMAND_OPEN].act == ACT_NONE ? "commands: open" : NULL;
}

static void take_value(struct profile_value *to, const struct profile_value *from)
{
    if (to->at.space != SPACE_NONE)
        return;
    *to = *from;
    to->at.device = 1;
}

static void take_text(struct profile_text *to, const struct profile_text *from)
{
    if (to->sequence.space != SPACE_NONE)
        return;
    *to = *from;
    to->sequence.device = 1;
}

void profile_join(struct profile *main, const struct profile *second)
{
    for (size_t i = 0; i < LANE_INPUTS; i++) {
        if (main->inputs[i].at.space != SPACE_NONE)
            continue;
        main->inputs[i] = second->inputs[i];
        main->inputs[i].at.device = 1;
    }
    for (size_t i = 0; i < PROFILE_OUTPUTS; i++) {
        if (main->outputs[i].act != ACT_NONE)
            continue;
        main->outputs[i] = second->outputs[i];
        main->outputs[i].device = 1;
    }
    take_value(&main->forward, &second->forward);
    take_value(&main->reverse, &second->reverse);
    take_text(&main->plate, &second->plate);
    take_text(&main->credential, &second->credential);
    if (main->display.at.space == SPACE_NONE) {
        main->display = second->display;
        main->display.at.device = 1;
    }
    if (main->ticket.at.space == SPACE_NONE) {
        main->ticket = second->ticket;
        main->ticket.at.device = 1;
    }
    for (size_t i = 0; i < second->identity_count && main->identity_count < PROFILE_IDENTITY_MAX;
         i++) {
        main->identity[main->identity_count] = second->identity[i];
        main->identity[main->identity_count++].at.device = 1;
    }
}

enum err profile_pack_text(const char *text, uint16_t *ret, size_t count)
{
    size_t len = strlen(text);
    if (len > count * 2)
        return ERR_FULL;
    for (size_t i = 0; i < count; i++) {
        uint16_t high = 2 * i < len ? (uint8_t)text[2 * i] : 0;
        uint16_t low = 2 * i + 1 < len ? (uint8_t)text[2 * i + 1] : 0;
        ret[i] = (uint16_t)(high << 8 | low);
    }
    return ERR_OK;
}
