/* Prints a table for people: what may be set, and how. */
#include "protocol/support/table_value.h"

static void print_rows(FILE *out, const struct table *t, int indent)
{
    for (size_t i = 0; i < t->row_count; i++) {
        const struct row *r = &t->rows[i];
        bool nested = r->type == ROW_TABLE || r->type == ROW_LIST;
        fprintf(out, "%*s%s: %s", indent, "", r->key, value_expected(r).text);
        if (r->type != ROW_TABLE)
            fprintf(out, r->dflt ? "; default: %s" : "; required",
                    r->dflt && r->dflt[0] ? r->dflt : "empty");
        fprintf(out, "\n%*s  %s\n", indent, "", r->help ? r->help : "");
        if (nested)
            print_rows(out, r->table, indent + 4);
    }
}

void table_print_help(FILE *out, const struct table *t)
{
    print_rows(out, t, 0);
}
