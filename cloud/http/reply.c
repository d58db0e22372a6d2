#include "cloud/http/reply.h"

#include "protocol/support/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    int status;
    const char *title;
} titles[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {409, "Conflict"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {412, "Precondition Failed"},
    {415, "Unsupported Media Type"},
    {422, "Unprocessable Content"},
    {428, "Precondition Required"},
    {429, "Too Many Requests"},
    {500, "Internal Server Error"},
    {503, "Service Unavailable"},
};

const char *status_title(int status)
{
    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++)
        if (titles[i].status == status)
            return titles[i].title;
    return "Unknown";
}

static void put_json(struct http_reply *r, int status, const char *content_type, json_t *object)
{
    char *text = json_dumps(object, JSON_COMPACT);
    json_decref(object);
    if (text == NULL)
        abort(); /* only memory shortage or our own invalid UTF-8: crash-only */
    r->status = status;
    r->content_type = content_type;
    r->body = text;
    r->body_len = strlen(text);
}

void reply_json(struct http_reply *r, int status, json_t *object)
{
    put_json(r, status, "application/json", object);
}

void reply_text(struct http_reply *r, int status, const char *content_type, const char *text,
                size_t len)
{
    r->status = status;
    r->content_type = content_type;
    r->body = mem_copy(text, len);
    r->body_len = len;
}

json_t *problem_new(int status, const char *code, const char *detail)
{
    char type[64];
    snprintf(type, sizeof type, "urn:boomgate:problem:%s", code);
    return json_pack("{s:s, s:s, s:i, s:s, s:s}", "type", type, "title", status_title(status),
                     "status", status, "code", code, "detail", detail);
}

void problem_add_field(json_t *problem, const char *pointer, const char *detail)
{
    json_t *errors = json_object_get(problem, "errors");
    if (errors == NULL) {
        errors = json_array();
        json_object_set_new(problem, "errors", errors);
    }
    size_t len = strlen(pointer);
    json_t *at = json_string(pointer);
    while (at == NULL && len > 0) /* it was cut within a character */
        at = json_stringn(pointer, --len);
    json_array_append_new(errors, json_pack("{s:o, s:s}", "pointer", at, "detail", detail));
}

void reply_problem_json(struct http_reply *r, json_t *problem)
{
    int status = (int)json_integer_value(json_object_get(problem, "status"));
    put_json(r, status, "application/problem+json", problem);
}

void reply_problem(struct http_reply *r, int status, const char *code, const char *detail)
{
    reply_problem_json(r, problem_new(status, code, detail));
}
