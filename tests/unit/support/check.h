/* cmocka with the headers it forgets. */
#ifndef BOOMGATE_TESTS_SUPPORT_CHECK_H
#define BOOMGATE_TESTS_SUPPORT_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
