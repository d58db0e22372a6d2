/* The API's description and the table of routes say the same: which operations there are, who may call
 * them, and which need an Idempotency-Key. (That answers look as described: tests/e2e/test_api.py.) */
#include "cloud/http/openapi/document.h"
#include "cloud/http/server.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

enum { EVERY_ROLE = ROLE_OPERATOR | ROLE_ATTENDANT | ROLE_AUDITOR | ROLE_DRIVER | ROLE_SERVICE };

static json_t *paths;

/* Files of the page are no API. */
static bool described(const struct route *r)
{
    return r->handle != handle_asset;
}

/* "/v1/places/{place}" as "/v1/places/{}". */
static void pattern_of(const char *path, char ret[128])
{
    size_t n = 0;
    bool inside = false;
    for (; *path != '\0' && n < 126; path++) {
        inside = inside && *path != '}';
        if (!inside)
            ret[n++] = *path;
        inside = inside || *path == '{';
    }
    ret[n] = '\0';
}

static const struct route *route_of(const char *path, const char *method)
{
    char pattern[128];
    pattern_of(path, pattern);
    for (size_t i = 0; i < http_route_count; i++)
        if (strcmp(http_routes[i].path, pattern) == 0 &&
            strcasecmp(http_routes[i].method, method) == 0)
            return &http_routes[i];
    return NULL;
}

static json_t *operation_of(const struct route *r)
{
    const char *path, *method;
    json_t *item, *operation;
    json_object_foreach(paths, path, item)
    {
        char pattern[128];
        pattern_of(path, pattern);
        if (strcmp(pattern, r->path) != 0)
            continue;
        json_object_foreach(item, method, operation)
        {
            if (strcasecmp(method, r->method) == 0)
                return operation;
        }
    }
    return NULL;
}

static unsigned roles_of(const json_t *operation)
{
    unsigned roles = 0;
    size_t i;
    json_t *word;
    json_array_foreach(json_object_get(operation, "x-roles"), i, word)
    {
        unsigned known = 0;
        for (size_t k = 0; auth_role_choices[k] != NULL; k++)
            if (strcmp(auth_role_choices[k], json_string_value(word)) == 0)
                known = 1U << k;
        assert_int_not_equal(known, 0);
        roles |= known;
    }
    return roles;
}

static bool has_parameter(const json_t *operation, const char *name)
{
    char reference[96];
    size_t i;
    json_t *parameter;
    snprintf(reference, sizeof reference, "#/components/parameters/%s", name);
    json_array_foreach(json_object_get(operation, "parameters"), i, parameter)
    {
        const char *text = json_string_value(json_object_get(parameter, "$ref"));
        if (text != NULL && strcmp(text, reference) == 0)
            return true;
    }
    return false;
}

static void every_route_is_described(void **state)
{
    (void)state;
    for (size_t i = 0; i < http_route_count; i++) {
        const struct route *r = &http_routes[i];
        if (described(r) && operation_of(r) == NULL)
            fail_msg("%s %s is not described (cloud/http/openapi)", r->method, r->path);
    }
}

static void every_description_has_its_route(void **state)
{
    const char *path, *method;
    json_t *item, *operation;
    (void)state;
    json_object_foreach(paths, path, item)
    {
        json_object_foreach(item, method, operation)
        {
            if (strcmp(method, "parameters") != 0 && route_of(path, method) == NULL)
                fail_msg("%s %s is described and does not exist", method, path);
        }
    }
}

static void roles_and_keys_are_the_same(void **state)
{
    (void)state;
    for (size_t i = 0; i < http_route_count; i++) {
        const struct route *r = &http_routes[i];
        const json_t *operation = operation_of(r);
        if (operation == NULL)
            continue;
        bool post = strcmp(r->method, "POST") == 0;
        bool needs_key = (r->roles & NEEDS_KEY) != 0;
        if (roles_of(operation) != (r->roles & EVERY_ROLE))
            fail_msg("%s %s: other roles than x-roles says", r->method, r->path);
        if (has_parameter(operation, "IdempotencyKey") != needs_key)
            fail_msg("%s %s: IdempotencyKey", r->method, r->path);
        if (has_parameter(operation, "IdempotencyKeyOptional") !=
            (post && !needs_key && (r->roles & NEEDS_FORM) == 0))
            fail_msg("%s %s: IdempotencyKeyOptional", r->method, r->path);
        if (has_parameter(operation, "IfMatch") != ((r->roles & NEEDS_MATCH) != 0))
            fail_msg("%s %s: IfMatch", r->method, r->path);
        if (!post && needs_key)
            fail_msg("%s %s: only a POST has a key", r->method, r->path);
    }
}

/* Every {parameter} of a path is declared, and every "$ref" leads somewhere. */
static void check_references(const json_t *document, const json_t *at)
{
    const char *key;
    json_t *value;
    size_t i;
    if (json_is_array(at)) {
        json_array_foreach(at, i, value) check_references(document, value);
        return;
    }
    json_object_foreach((json_t *)(uintptr_t)at, key, value)
    {
        const char *text = strcmp(key, "$ref") == 0 ? json_string_value(value) : NULL;
        const json_t *target = document;
        char part[64];
        if (text == NULL) {
            check_references(document, value);
            continue;
        }
        assert_int_equal(strncmp(text, "#/", 2), 0);
        for (const char *c = text + 2; target != NULL;) {
            size_t len = strcspn(c, "/");
            snprintf(part, sizeof part, "%.*s", (int)len, c);
            target = json_object_get(target, part);
            if (c[len] == '\0')
                break;
            c += len + 1;
        }
        if (target == NULL)
            fail_msg("%s leads nowhere", text);
    }
}

static void references_lead_somewhere(void **state)
{
    const json_t *document = *state;
    assert_string_equal(json_string_value(json_object_get(document, "openapi")), "3.1.0");
    check_references(document, document);
}

static int load(void **state)
{
    json_t *document =
        json_loadb((const char *)openapi_json, openapi_json_len, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(document);
    paths = json_object_get(document, "paths");
    *state = document;
    return 0;
}

static int unload(void **state)
{
    json_decref(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_route_is_described),
        cmocka_unit_test(every_description_has_its_route),
        cmocka_unit_test(roles_and_keys_are_the_same),
        cmocka_unit_test(references_lead_somewhere),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
