/* Taking plates out of kept messages (blank.h K1), and the keyed names that take their place. */
#include "cloud/store/blank.h"
#include "protocol/support/pseudonym.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static void star(void *arg, const char *text, size_t len, struct buf *to)
{
    (void)arg, (void)text;
    for (size_t i = 0; i < len; i++)
        buf_adds(to, "*");
}

static void becomes(const char *message, const char *expected)
{
    char out[256];
    size_t len = 0;
    assert_int_equal(blank_plates(message, strlen(message), star, NULL, out, sizeof out, &len),
                     ERR_OK);
    assert_int_equal(len, strlen(expected));
    assert_memory_equal(out, expected, len);
}

static void only_plates_change(void **state)
{
    (void)state;
    becomes("{\"data\":{\"plate\":\"AB12\",\"raw\":\"A B\",\"lane\":\"in\"}}",
            "{\"data\":{\"plate\":\"****\",\"raw\":\"***\",\"lane\":\"in\"}}");
    becomes("{ \"plate\" :\n \"A\" }", "{ \"plate\" :\n \"*\" }");
    becomes("{\"plate\":\"\"}", "{\"plate\":\"\"}");
    becomes("{\"plate\":\"a\\\"b\",\"x\":1}", "{\"plate\":\"****\",\"x\":1}");
    becomes("{\"x\":\"plate\",\"y\":\"raw\"}", "{\"x\":\"plate\",\"y\":\"raw\"}");
    becomes("{\"x\":\"\\\"plate\\\":\\\"AB\\\"\"}", "{\"x\":\"\\\"plate\\\":\\\"AB\\\"\"}");
    becomes("{\"plate\":12,\"raw\":null}", "{\"plate\":12,\"raw\":null}");
    becomes("{\"plates\":\"AB\",\"draw\":\"AB\"}", "{\"plates\":\"AB\",\"draw\":\"AB\"}");
}

static void what_is_no_message_is_left_whole(void **state)
{
    (void)state;
    becomes("", "");
    becomes("\"", "\"");
    becomes("{\"plate\"", "{\"plate\"");
    becomes("{\"plate\":", "{\"plate\":");
    becomes("{\"plate\":\"A", "{\"plate\":\"*");
    becomes("\"\\", "\"\\");
}

static void what_does_not_fit_is_refused(void **state)
{
    (void)state;
    char out[8] = "before";
    size_t len = 99;
    assert_int_equal(blank_plates("{\"plate\":\"A\"}", 13, star, NULL, out, sizeof out, &len),
                     ERR_FULL);
    assert_int_equal(len, 99);
}

static void a_key_makes_the_name(void **state)
{
    (void)state;
    char dir[] = "/tmp/boomgate-key-XXXXXX", file[64], one[PSEUDONYM_SIZE], two[PSEUDONYM_SIZE];
    struct pseudonym_key a = {0}, again = {0}, other = {.set = true};
    struct stat st;
    assert_non_null(mkdtemp(dir));
    snprintf(file, sizeof file, "%s/key", dir);
    assert_int_equal(pseudonym_key_load(file, &a), ERR_OK); /* made */
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(pseudonym_key_load(file, &again), ERR_OK);
    assert_memory_equal(&a, &again, sizeof a);
    pseudonym_of(&a, "AB12", one);
    pseudonym_of(&again, "AB12", two);
    assert_string_equal(one, two);
    assert_true(pseudonym_is(one));
    assert_false(pseudonym_is("AB12"));
    assert_int_equal(strlen(one), PSEUDONYM_SIZE - 1);
    pseudonym_of(&a, "AB13", two);
    assert_string_not_equal(one, two);
    pseudonym_of(&other, "AB12", two);
    assert_string_not_equal(one, two);
    FILE *f = fopen(file, "w");
    assert_non_null(f);
    fputs("secret\n", f);
    fclose(f);
    assert_int_equal(pseudonym_key_load(file, &again), ERR_INVAL);
    assert_memory_equal(&a, &again, sizeof a);
    unlink(file);
    assert_int_equal(pseudonym_key_load("/nowhere/key", &again), ERR_IO);
    rmdir(dir);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_plates_change),
        cmocka_unit_test(what_is_no_message_is_left_whole),
        cmocka_unit_test(what_does_not_fit_is_refused),
        cmocka_unit_test(a_key_makes_the_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
