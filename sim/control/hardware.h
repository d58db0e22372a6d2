/* The hardware of one lane over the control port: what the arm did, and what is made to go wrong. */
#ifndef BOOMGATE_SIM_CONTROL_HARDWARE_H
#define BOOMGATE_SIM_CONTROL_HARDWARE_H

#include "sim/traffic/world.h"

#include <jansson.h>

enum { HARDWARE_REASON_SIZE = 160 };

/* {"place","lane","time","arm","position","faults":[WORD],"display","green","full_sign","boots",
 *  "opens","closes","motions","motion":[{"time","change","cause","position"}]};
 * the caller's reference. `motion` holds the last HISTORY_MAX of all `motions`. */
json_t *hardware_json(const struct world *w, size_t lane);

/* {"fault"[,"on"][,"when"][,"for_ms"][,"times"]} or {"do"}, see control.h. ERR_INVAL, or ERR_CONFLICT when
 * the hardware refuses: ret_reason says why. */
enum err hardware_change(struct world *w, size_t lane, const json_t *body,
                         char ret_reason[HARDWARE_REASON_SIZE]);

/* "up" "down" "moving"; the conditions that hold. */
const char *hardware_arm_word(const struct barrier *b);
json_t *hardware_faults(const struct device *d);

#endif
