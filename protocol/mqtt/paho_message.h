/* A message as paho has it, and as we have it. */
#ifndef BOOMGATE_MQTT_PAHO_MESSAGE_H
#define BOOMGATE_MQTT_PAHO_MESSAGE_H

#include "protocol/mqtt/mqtt.h"

#include <MQTTAsync.h>

enum { PAHO_TEXT_SIZE = 256 };

/* Points into `message` and `topic`; `memory` holds the response topic. A response topic that does
 * not fit, or correlation data of another size than ours, reads as none. */
struct mqtt_message paho_incoming(const char *topic, const MQTTAsync_message *message,
                                  char memory[PAHO_TEXT_SIZE]);

/* Points into `msg`; the caller frees its properties with MQTTProperties_free. Needs a handle made
 * before, as every use of paho's properties does. */
MQTTAsync_message paho_outgoing(const struct mqtt_message *msg);

/* A property whose value is a number of two (receive maximum) or four bytes. */
void paho_add_number(MQTTProperties *properties, enum MQTTPropertyCodes code, uint32_t value);

#endif
