/* Build tool: merges pieces of an OpenAPI document into one, as a C array and as a JSON file.
 *
 *   boomgate-openapi OUT.c OUT.json PIECE.yaml...
 *
 * Objects are merged member by member; anything else that stands in two pieces is an error. */
#include "protocol/support/memory.h"
#include "protocol/support/yaml_json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool merge(json_t *into, json_t *from, const char *file)
{
    const char *key;
    json_t *value;
    json_object_foreach(from, key, value)
    {
        json_t *known = json_object_get(into, key);
        if (known == NULL) {
            json_object_set(into, key, value);
        } else if (!json_is_object(known) || !json_is_object(value)) {
            fprintf(stderr, "%s: \"%s\" stands in another piece too\n", file, key);
            return false;
        } else if (!merge(known, value, file)) {
            return false;
        }
    }
    return true;
}

static bool add_piece(json_t *document, const char *file)
{
    enum { PIECE_MAX = 1 << 20 };
    struct table_error error = {0};
    json_t *piece = NULL;
    FILE *f = fopen(file, "r");
    if (f == NULL) {
        perror(file);
        return false;
    }
    char *text = mem_alloc(PIECE_MAX);
    size_t len = fread(text, 1, PIECE_MAX, f);
    fclose(f);
    bool ok = yaml_as_json(text, len, &piece, &error) == ERR_OK;
    if (!ok)
        fprintf(stderr, "%s:%d: %s\n", file, error.line, error.text);
    ok = ok && merge(document, piece, file);
    json_decref(piece);
    free(text);
    return ok;
}

static bool write_array(const char *file, const char *text)
{
    FILE *f = fopen(file, "w");
    if (f == NULL) {
        perror(file);
        return false;
    }
    fputs("#include \"cloud/http/openapi/document.h\"\n\nconst unsigned char openapi_json[] = {",
          f);
    for (size_t i = 0; text[i] != '\0'; i++)
        fprintf(f, "%s%d,", i % 24 == 0 ? "\n    " : "", (unsigned char)text[i]);
    fputs("\n};\nconst size_t openapi_json_len = sizeof openapi_json;\n", f);
    return fclose(f) == 0;
}

int main(int argc, char **argv)
{
    if (argc < 4) {
        fprintf(stderr, "usage: boomgate-openapi OUT.c OUT.json PIECE.yaml...\n");
        return 2;
    }
    json_t *document = json_object();
    bool ok = true;
    for (int i = 3; i < argc; i++)
        ok = add_piece(document, argv[i]) && ok;
    char *text = json_dumps(document, JSON_COMPACT);
    ok = ok && write_array(argv[1], text) && json_dump_file(document, argv[2], JSON_INDENT(1)) == 0;
    free(text);
    json_decref(document);
    return ok ? 0 : 1;
}
