#!/bin/sh
# The lint itself can fail: a tree with one violation of each kind is refused, a clean one passes.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
refused() { # what, script, path, line
  mkdir -p "$tree/$(dirname "$3")"
  printf '%s\n' "$4" >"$tree/$3"
  if /usr/bin/python3 "$here/$2" "$tree" >/dev/null 2>&1; then
    echo "not refused: $1" >&2
    exit 1
  fi
  rm "$tree/$3"
}
refused "sqlite in a core" includes.py edge/core/a.c '#include <sqlite3.h>'
refused "clock in a core" includes.py cloud/core/a.c '#include <time.h>'
refused "cloud in edge" includes.py edge/a.c '#include "cloud/service.h"'
refused "edge in sim" includes.py sim/a.c '#include "edge/ports.h"'
refused "paho outside its adapter" includes.py edge/uplink/a.c '#include <MQTTAsync.h>'
refused "unknown library" includes.py cloud/store/a.c '#include <glib.h>'
refused "codec in a core" includes.py edge/core/a.c '#include "protocol/wire/event_codec.h"'
refused "an empty tree" includes.py notes/a.txt 'nothing'
refused "banned call" banned.py edge/a.c 'int f(void) { return atoi("1"); }'
refused "sleep" banned.py tests/a.c 'void f(void) { sleep(1); }'
mkdir -p "$tree/edge"
printf '/* atoi() in a comment and "atoi()" in a string are fine */\n#include <stdio.h>\n' >"$tree/edge/ok.c"
/usr/bin/python3 "$here/includes.py" "$tree" >/dev/null
/usr/bin/python3 "$here/banned.py" "$tree" >/dev/null
echo "the lint refuses what it should"
