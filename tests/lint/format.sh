#!/bin/sh
# Every C file is formatted as .clang-format says. `tests/lint/format.sh --fix` rewrites them.
set -eu
cd "$(dirname "$0")/../.."
mode="--dry-run --Werror"
[ "${1-}" = "--fix" ] && mode="-i"
tool=$(command -v clang-format-14 || command -v clang-format)
# shellcheck disable=SC2086  # the mode is two words
find protocol edge cloud sim tests -name '*.[ch]' -print0 | xargs -0 "$tool" --style=file $mode
