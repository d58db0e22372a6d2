# Writes OUT, a C file with the numbered schema files IN (a list) as `PREFIX_migrations`, which HEADER declares.
# Each line becomes one C string, so that no file is too long for a literal of its own.
set(rows "")
set(number 0)
foreach(file IN LISTS IN)
  math(EXPR number "${number} + 1")
  get_filename_component(name ${file} NAME_WE)
  string(REGEX REPLACE "^0*([0-9]+)_.*$" "\\1" named "${name}")
  if(NOT named EQUAL number)
    message(FATAL_ERROR "${file}: the next number is ${number}")
  endif()
  file(READ ${file} text)
  string(REPLACE "\\" "\\\\" text "${text}")
  string(REPLACE "\"" "\\\"" text "${text}")
  string(REPLACE "\n" "\\n\"\n    \"" text "${text}")
  string(APPEND rows "    {${number}, \"${name}\",\n    \"${text}\"},\n")
endforeach()
file(WRITE ${OUT} "/* Generated from the files in schema/. */\n\
#include \"${HEADER}\"\n\n\
const struct migration ${PREFIX}_migrations[] = {\n${rows}};\n\
const int ${PREFIX}_migration_count = ${number};\n")
