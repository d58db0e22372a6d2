/* YAML as JSON (protocol/support/yaml_json.h). */
#include "protocol/support/yaml_json.h"
#include "tests/unit/support/check.h"

#include <stdlib.h>
#include <string.h>

static void values_are_what_they_look_like(void **state)
{
    static const char yaml[] = "a: 1\nb: -2.5\nc: true\nd: 'true'\ne: [x, ~, \"3\", 3.]\n"
                               "f: {g: null, h: {}}\n200: 12ab\ni: 99999999999999999999\n";
    static const char wanted[] = "{\"200\":\"12ab\",\"a\":1,\"b\":-2.5,\"c\":true,\"d\":\"true\","
                                 "\"e\":[\"x\",null,\"3\",\"3.\"],\"f\":{\"g\":null,\"h\":{}},"
                                 "\"i\":\"99999999999999999999\"}";
    struct table_error error;
    json_t *json;
    (void)state;
    assert_int_equal(yaml_as_json(yaml, strlen(yaml), &json, &error), ERR_OK);
    char *text = json_dumps(json, JSON_COMPACT | JSON_SORT_KEYS);
    assert_string_equal(text, wanted);
    free(text);
    json_decref(json);
}

static void faults_have_lines(void **state)
{
    static const struct {
        const char *yaml;
        int line;
    } rows[] = {
        {"a: 1\nb: 2\na: 3\n", 3}, {"a: {x: 1, x: 2}\n", 1}, {"a: &b 1\n", 1}, {"a: *b\n", 1},
        {"a: 1\n---\nb: 2\n", 2},  {"a: [1\n", 2},           {"", 1}};
    struct table_error error;
    json_t *json = NULL;
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        assert_int_equal(yaml_as_json(rows[i].yaml, strlen(rows[i].yaml), &json, &error),
                         ERR_INVAL);
        assert_int_equal(error.line, rows[i].line);
        assert_null(json);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_are_what_they_look_like),
        cmocka_unit_test(faults_have_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
