#include "protocol/mqtt/paho_message.h"

#include <string.h>

/* Copies a text property; NULL if it is absent or does not fit. */
static const char *response_topic(MQTTProperties *properties, char copy[PAHO_TEXT_SIZE])
{
    MQTTProperty *p = MQTTProperties_getProperty(properties, MQTTPROPERTY_CODE_RESPONSE_TOPIC);
    if (p == NULL || p->value.data.len <= 0 || p->value.data.len >= PAHO_TEXT_SIZE)
        return NULL;
    memcpy(copy, p->value.data.data, (size_t)p->value.data.len);
    copy[p->value.data.len] = '\0';
    return strlen(copy) == (size_t)p->value.data.len ? copy : NULL;
}

static const uint8_t *correlation(MQTTProperties *properties)
{
    MQTTProperty *p = MQTTProperties_getProperty(properties, MQTTPROPERTY_CODE_CORRELATION_DATA);
    bool ours = p != NULL && p->value.data.len == MQTT_CORRELATION_SIZE;
    return ours ? (const uint8_t *)p->value.data.data : NULL;
}

static uint32_t expiry_s(MQTTProperties *properties)
{
    enum MQTTPropertyCodes code = MQTTPROPERTY_CODE_MESSAGE_EXPIRY_INTERVAL;
    if (!MQTTProperties_hasProperty(properties, code))
        return 0;
    return (uint32_t)MQTTProperties_getNumericValue(properties, code);
}

struct mqtt_message paho_incoming(const char *topic, const MQTTAsync_message *message,
                                  char memory[PAHO_TEXT_SIZE])
{
    MQTTProperties properties = message->properties; /* paho's readers take it without const */
    return (struct mqtt_message){
        .topic = topic,
        .payload = message->payload,
        .len = message->payloadlen > 0 ? (size_t)message->payloadlen : 0,
        .qos = message->qos,
        .retained = message->retained,
        .response_topic = response_topic(&properties, memory),
        .correlation = correlation(&properties),
        .expiry_s = expiry_s(&properties),
    };
}

void paho_add_number(MQTTProperties *properties, enum MQTTPropertyCodes code, uint32_t value)
{
    MQTTProperty p = {.identifier = code};
    if (code == MQTTPROPERTY_CODE_RECEIVE_MAXIMUM)
        p.value.integer2 = (unsigned short)value;
    else
        p.value.integer4 = value;
    MQTTProperties_add(properties, &p);
}

/* paho copies the bytes and does not write to them, though its type says otherwise. */
static void add_bytes(MQTTProperties *properties, enum MQTTPropertyCodes code, const void *bytes,
                      size_t len)
{
    union {
        const void *in;
        char *out;
    } data = {.in = bytes};
    MQTTProperty p = {.identifier = code};
    p.value.data.data = data.out;
    p.value.data.len = (int)len;
    MQTTProperties_add(properties, &p);
}

MQTTAsync_message paho_outgoing(const struct mqtt_message *msg)
{
    union {
        const void *in;
        void *out;
    } payload = {.in = msg->payload};
    MQTTAsync_message out = MQTTAsync_message_initializer;
    out.payload = payload.out;
    out.payloadlen = (int)msg->len;
    out.qos = msg->qos;
    out.retained = msg->retained;
    if (msg->response_topic != NULL)
        add_bytes(&out.properties, MQTTPROPERTY_CODE_RESPONSE_TOPIC, msg->response_topic,
                  strlen(msg->response_topic));
    if (msg->correlation != NULL)
        add_bytes(&out.properties, MQTTPROPERTY_CODE_CORRELATION_DATA, msg->correlation,
                  MQTT_CORRELATION_SIZE);
    if (msg->expiry_s > 0)
        paho_add_number(&out.properties, MQTTPROPERTY_CODE_MESSAGE_EXPIRY_INTERVAL, msg->expiry_s);
    return out;
}
