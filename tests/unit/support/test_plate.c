/* Plates: worked cases (embedded and, where present, the shared plates.csv), hostile text, properties.
 * Runs in the project root. */
#include "tests/unit/support/check.h"

#include "protocol/support/plate.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct worked {
    const char *raw, *normal; /* NULL: refused */
};

static bool is_right(const char *raw, size_t len, const char *normal)
{
    struct plate p = {"same"};
    enum err e = plate_normalise(raw, len, &p);
    bool right = normal ? e == ERR_OK && strcmp(p.text, normal) == 0
                        : e == ERR_INVAL && strcmp(p.text, "same") == 0;
    if (!right)
        print_error("\"%.*s\": %s, \"%s\"\n", (int)len, raw, err_text(e), p.text);
    return right;
}

static void test_worked_cases(void **state)
{
    (void)state;
    static const struct worked cases[] = {
        {"22아2222", "22아2222"},
        {"123가4567", "123가4567"},
        {"서울12가3456", "서울12가3456"},
        {"b-AB 1234", "BAB1234"},
        {" ab 12 cde ", "AB12CDE"},
        {"tu\xcc\x88-ab 123", "TÜAB123"}, /* decomposed: u + U+0308 */
        {"t\xc3\xbc-ab 123", "TÜAB123"},  /* composed */
        {"22\xe1\x84\x8b\xe1\x85\xa1"
         "2222",
         "22아2222"}, /* conjoining jamo */
        {"B\xe2\x80\xa2"
         "AB\xc2\xb7"
         "12.34",
         "BAB1234"}, /* bullet, middle dot, dot */
        {"\xe3\x80\x80"
         "AB\xc2\xa0"
         "12",
         "AB12"}, /* ideographic and no-break space */
        {"AB\xe2\x80\x93"
         "12\xe2\x88\x92"
         "3",
         "AB123"}, /* en dash, minus sign */
        {"品川500 あ 12-34", "品川500あ1234"},
        {"А123ВС777", "А123ВС777"}, /* Cyrillic stays Cyrillic */
        {"u \xcc\x88", "Ü"},        /* a mark whose letter stood before a space */
        {"A", "A"},
        {"", NULL},
        {"   ", NULL},
        {"-.-", NULL},
        {"\xcc\x88", NULL}, /* a mark alone */
        {"AB\t12", NULL},
        {"AB\n12", NULL},
        {"AB12\x7f", NULL},
        {"AB+12", NULL},
        {"AB/12", NULL},
        {"AB_12", NULL},
        {"AB\xe2\x82\xac"
         "12",
         NULL}, /* euro sign */
        {"AB\xf0\x9f\x9a\x97"
         "12",
         NULL}, /* a car */
        {"AB\xe2\x80\x8b"
         "12",
         NULL}, /* zero width space */
        {"AB\xe2\x80\xae"
         "12",
         NULL}, /* right-to-left override */
        {"AB\xef\xbf\xbd"
         "12",
         NULL}, /* replacement character */
        {"AB\xcd\xb8"
         "12",
         NULL}, /* unassigned U+0378 */
        {"AB\xee\x80\x80"
         "12",
         NULL}, /* private use */
        {"22\xbe\xc6"
         "2222",
         NULL},                   /* EUC-KR */
        {"AB\xc0\x80", NULL},     /* overlong */
        {"AB\xed\xa0\x80", NULL}, /* surrogate */
        {"AB\xea\xb0", NULL},     /* cut short */
        {"AB\x80", NULL},
    };
    int wrong = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        wrong += !is_right(cases[i].raw, strlen(cases[i].raw), cases[i].normal);
    wrong += !is_right("AB\0"
                       "12",
                       5, NULL);
    wrong += !is_right("AB12 and what follows", 4, "AB12");
    assert_int_equal(wrong, 0);
}

/* 48 bytes fit, 49 do not, and nothing is cut; separators do not count. */
static void test_length(void **state)
{
    (void)state;
    char raw[600];
    memset(raw, 'A', sizeof raw);
    struct plate p;
    assert_int_equal(plate_normalise(raw, PLATE_SIZE - 1, &p), ERR_OK);
    assert_int_equal(strlen(p.text), PLATE_SIZE - 1);
    assert_true(is_right(raw, PLATE_SIZE, NULL));
    assert_true(is_right(raw, sizeof raw, NULL));
    memset(raw, '-', sizeof raw);
    raw[0] = raw[255] = 'A';
    assert_true(is_right(raw, 256, "AA"));
    assert_true(is_right(raw, 257, NULL));
}

/* raw,normalised,registers,note; raw may be quoted. */
static void test_shared_cases(void **state)
{
    (void)state;
    FILE *file = fopen("../shared/vectors/plates.csv", "re");
    if (!file)
        skip();
    char line[256];
    int rows = 0, wrong = 0;
    assert_non_null(fgets(line, sizeof line, file));
    for (; fgets(line, sizeof line, file); rows++) {
        char normal[64];
        size_t raw_len = strcspn(line, ",");
        const char *raw = line, *field = line + raw_len + 1;
        snprintf(normal, sizeof normal, "%.*s", (int)strcspn(field, ","), field);
        if (raw_len >= 2 && raw[0] == '"') {
            raw++;
            raw_len -= 2;
        }
        wrong += !is_right(raw, raw_len, strcmp(normal, "reject") == 0 ? NULL : normal);
    }
    fclose(file);
    assert_int_equal(wrong, 0);
    assert_true(rows >= 7);
}

/* What is normal stays as it is, whatever it was made of. */
static void test_random_text(void **state)
{
    (void)state;
    static const char *const pieces[] = {"A",
                                         "b",
                                         "1",
                                         "9",
                                         "아",
                                         "가",
                                         "서울",
                                         "\xcc\x88",
                                         "\xe1\x84\x8b",
                                         "\xe1\x85\xa1",
                                         "-",
                                         " ",
                                         ".",
                                         "ß",
                                         "ı",
                                         "ǰ",
                                         "ŉ",
                                         "ﬃ",
                                         "İ",
                                         "\xcd\x85",
                                         "ﾞ",
                                         "Ⅻ",
                                         "½",
                                         "\xff",
                                         "ü",
                                         "Ω",
                                         "ς"};
    uint64_t x = 20261120;
    int accepted = 0;
    for (int i = 0; i < 50000; i++) {
        char raw[64] = "";
        size_t len = 0;
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        uint64_t choice = x;
        for (int k = 0; k < 7; k++, choice /= 27) {
            const char *piece = pieces[choice % 27];
            memcpy(raw + len, piece, strlen(piece));
            len += strlen(piece);
        }
        struct plate once, twice;
        if (plate_normalise(raw, len, &once) != ERR_OK)
            continue;
        accepted++;
        assert_int_equal(plate_normalise(once.text, strlen(once.text), &twice), ERR_OK);
        assert_string_equal(once.text, twice.text);
    }
    assert_true(accepted > 5000);
}

static void test_mask(void **state)
{
    (void)state;
    static const struct {
        struct plate plate;
        const char *masked;
    } cases[] = {
        {{"22아2222"}, "22***22"},
        {{"서울12가3456"}, "서울***56"},
        {{"BAB123"}, "B***3"},
        {{"AB12"}, "A***2"},
        {{"AB1"}, "***"},
        {{"아"}, "***"},
        {{""}, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char masked[PLATE_SIZE];
        plate_mask(&cases[i].plate, masked);
        assert_string_equal(masked, cases[i].masked);
    }
    struct plate longest;
    char masked[PLATE_SIZE];
    memset(longest.text, 'A', PLATE_SIZE - 1);
    longest.text[PLATE_SIZE - 1] = '\0';
    plate_mask(&longest, masked);
    assert_string_equal(masked, "AA***AA");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_worked_cases), cmocka_unit_test(test_length),
        cmocka_unit_test(test_shared_cases), cmocka_unit_test(test_random_text),
        cmocka_unit_test(test_mask),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
