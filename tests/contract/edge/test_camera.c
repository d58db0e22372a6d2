/* Cameras that push plates: what becomes an input, and what is answered to a faulty one. */
#include "edge/camera/camera.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { INPUTS = 2, ANSWER_SIZE = 4096 };

static struct camera *camera;
static struct mailbox *inputs;

static void open_camera(const char *token)
{
    struct camera_config c = {
        .bind = "127.0.0.1", .token = token, .lanes = {{"in-1"}, {"out-1"}}, .lane_count = 2};
    inputs = mailbox_new(sizeof(struct agent_input), INPUTS, NULL, NULL);
    assert_int_equal(camera_start(&c, inputs, &camera), ERR_OK);
}

static int begin(void **state)
{
    (void)state;
    open_camera("");
    return 0;
}

static int begin_with_token(void **state)
{
    (void)state;
    open_camera("s3cret");
    return 0;
}

static int end(void **state)
{
    (void)state;
    camera_stop(camera);
    mailbox_free(inputs);
    return 0;
}

/* Sends a request as it is and returns the status; the answer is in `answer`. */
static char answer[ANSWER_SIZE];

static int send_request(const char *request, size_t len)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(camera_port(camera))};
    size_t have = 0;
    ssize_t n;
    inet_pton(AF_INET, "127.0.0.1", &a.sin_addr);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
    while (len > 0 && (n = send(fd, request, len, MSG_NOSIGNAL)) > 0) {
        request += n;
        len -= (size_t)n;
    }
    while (have + 1 < sizeof answer && (n = read(fd, answer + have, sizeof answer - 1 - have)) > 0)
        have += (size_t)n;
    answer[have] = '\0';
    close(fd);
    return have > 12 ? (int)strtol(answer + 9, NULL, 10) : 0;
}

static int push(const char *target, const char *header, const char *body)
{
    char request[16384];
    int n = snprintf(request, sizeof request,
                     "POST %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n%sContent-Length: "
                     "%zu\r\n\r\n%s",
                     target, header, strlen(body), body);
    assert_true(n > 0 && (size_t)n < sizeof request);
    return send_request(request, (size_t)n);
}

static int push_json(const char *body)
{
    return push("/v1/plates", "Content-Type: application/json\r\n", body);
}

static struct agent_input taken(void)
{
    struct agent_input in[INPUTS];
    assert_int_equal(mailbox_drain(inputs, in, INPUTS), 1);
    assert_int_equal(in[0].kind, INPUT_CREDENTIAL);
    return in[0];
}

static void nothing_taken(void)
{
    assert_int_equal(mailbox_depth(inputs), 0);
}

static void a_plate_becomes_an_input(void **state)
{
    (void)state;
    assert_int_equal(push_json("{\"lane\":\"out-1\",\"plate\":\"22 아-2222\",\"confidence\":9100,"
                               "\"captured\":\"2026-11-20T06:31:12+09:00\"}"),
                     202);
    struct agent_input in = taken();
    assert_int_equal(in.lane, 1);
    assert_int_equal(in.credential.confidence, 9100);
    assert_int_equal(in.credential.len, strlen("22 아-2222"));
    assert_string_equal(in.credential.raw, "22 아-2222");
    assert_int_equal(push_json("{\"lane\":\"in-1\",\"plate\":\"AB1\"}"), 202);
    assert_int_equal(taken().credential.confidence, 10000);
}

static void forms_are_taken_as_well(void **state)
{
    (void)state;
    assert_int_equal(push("/v1/plates", "Content-Type: application/x-www-form-urlencoded\r\n",
                          "plate=AB%201234&lane=in-1&confidence=77&make=unknown"),
                     202);
    struct agent_input in = taken();
    assert_string_equal(in.credential.raw, "AB 1234");
    assert_int_equal(in.credential.confidence, 77);
    assert_int_equal(push("/v1/plates", "Content-Type: multipart/form-data; boundary=line\r\n",
                          "--line\r\nContent-Disposition: form-data; name=\"lane\"\r\n\r\nin-1\r\n"
                          "--line\r\nContent-Disposition: form-data; name=\"picture\"; "
                          "filename=\"p.jpg\"\r\nContent-Type: image/jpeg\r\n\r\n\xFF\xD8\xFF\r\n"
                          "--line\r\nContent-Disposition: form-data; name=\"plate\"\r\n\r\nAB1\r\n"
                          "--line--\r\n"),
                     202);
    assert_string_equal(taken().credential.raw, "AB1");
}

static void a_camera_that_saw_no_plate_is_heard(void **state)
{
    (void)state;
    assert_int_equal(push_json("{\"lane\":\"in-1\",\"plate\":\"\"}"), 202);
    nothing_taken();
}

static void faults_name_their_field(void **state)
{
    (void)state;
    static const struct {
        const char *body, *says;
    } bad[] = {
        {"{\"plate\":\"1\"}", "\"/lane\""},
        {"{\"lane\":\"nosuch\",\"plate\":\"1\"}", "\"/lane\""},
        {"{\"lane\":7,\"plate\":\"1\"}", "\"/lane\""},
        {"{\"lane\":\"in-1\",\"plate\":\"0123456789012345678901234567890123\"}", "\"/plate\""},
        {"{\"lane\":\"in-1\",\"plate\":\"\\u0007\"}", "\"/plate\""},
        {"{\"lane\":\"in-1\",\"plate\":\"1\",\"confidence\":10001}", "\"/confidence\""},
        {"{\"lane\":\"in-1\",\"plate\":\"1\",\"confidence\":\"high\"}", "\"/confidence\""},
        {"{\"lane\":\"in-1\",\"plate\":\"1\",\"captured\":\"noon\"}", "\"/captured\""},
        {"{\"lane\":\"in-1\",\"plate\":\"1\",\"colour\":1}", "not lane, plate"},
        {"{\"lane\":\"in-1\"", "expected near"},
        {"", "expected near"},
        {"{\"lane\":\"in-1\",\"lane\":\"out-1\"}", "duplicate"},
        {"{\"lane\":\"in-1\",\"plate\":\"\xB0\xA1\"}", "detail"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(push_json(bad[i].body), 400);
        assert_non_null(strstr(answer, "application/problem+json"));
        if (strstr(answer, bad[i].says) == NULL)
            fail_msg("%s: %s", bad[i].body, answer);
    }
    assert_int_equal(push("/v1/plates", "Content-Type: application/x-www-form-urlencoded\r\n",
                          "plate=1&lane=in-1&confidence=-1"),
                     400);
    assert_non_null(strstr(answer, "\"/confidence\""));
    nothing_taken();
}

static void other_requests_are_refused(void **state)
{
    (void)state;
    static char large[10000];
    static const char get[] = "GET /v1/plates HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    memset(large, ' ', sizeof large - 1);
    assert_int_equal(push_json(large), 413);
    assert_int_equal(push("/other", "", "{}"), 404);
    assert_int_equal(push("/v1/plates", "Content-Type: text/xml\r\n", "<plate/>"), 415);
    assert_int_equal(send_request(get, sizeof get - 1), 405);
    nothing_taken();
}

static void a_busy_loop_is_told(void **state)
{
    (void)state;
    for (int i = 0; i < INPUTS; i++)
        assert_int_equal(push_json("{\"lane\":\"in-1\",\"plate\":\"AB1\"}"), 202);
    assert_int_equal(push_json("{\"lane\":\"in-1\",\"plate\":\"AB1\"}"), 503);
}

static void with_a_token_others_are_kept_out(void **state)
{
    (void)state;
    static const char body[] = "{\"lane\":\"in-1\",\"plate\":\"AB1\"}";
    assert_int_equal(push("/v1/plates", "", body), 401);
    assert_int_equal(push("/v1/plates", "Authorization: Bearer s3cre\r\n", body), 401);
    assert_int_equal(push("/v1/plates", "Authorization: Bearer s3cret\r\n", body), 202);
    assert_int_equal(push("/v1/plates?token=s3cret", "", body), 202);
    assert_int_equal(push("/v1/plates?token=other", "", body), 401);
}

static void an_address_must_be_one(void **state)
{
    (void)state;
    struct camera_config c = {.bind = "localhost", .token = ""};
    struct camera *untouched = NULL;
    assert_int_equal(camera_start(&c, NULL, &untouched), ERR_INVAL);
    assert_null(untouched);
}

int main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, begin, end)
    const struct CMUnitTest tests[] = {
        T(a_plate_becomes_an_input),
        T(forms_are_taken_as_well),
        T(a_camera_that_saw_no_plate_is_heard),
        T(faults_name_their_field),
        T(other_requests_are_refused),
        T(a_busy_loop_is_told),
        cmocka_unit_test_setup_teardown(with_a_token_others_are_kept_out, begin_with_token, end),
        cmocka_unit_test(an_address_must_be_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
