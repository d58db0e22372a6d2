#include "cloud/http/qr.h"

#include "protocol/base/buf.h"
#include "protocol/support/memory.h"

#include <qrencode.h>
#include <stdlib.h>

enum { QUIET = 4, MODULE_BYTES = 24, FRAME_BYTES = 512 };

enum err qr_svg(const char *text, char **ret, size_t *ret_len)
{
    QRcode *code = QRcode_encodeString8bit(text, 0, QR_ECLEVEL_M);
    if (!code)
        return ERR_INVAL;
    int side = code->width + 2 * QUIET;
    size_t size = FRAME_BYTES + (size_t)(code->width * code->width) * MODULE_BYTES;
    char *memory = mem_alloc(size);
    struct buf b = buf_of(memory, size);
    buf_addf(&b,
             "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
             "shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h%dv%dH0z\"/><path d=\"",
             side, side, side, side);
    for (int y = 0; y < code->width; y++)
        for (int x = 0; x < code->width; x++)
            if (code->data[y * code->width + x] & 1)
                buf_addf(&b, "M%d %dh1v1h-1z", x + QUIET, y + QUIET);
    buf_adds(&b, "\"/></svg>");
    QRcode_free(code);
    if (b.overflow) {
        free(memory);
        return ERR_INVAL;
    }
    *ret = memory;
    *ret_len = b.len;
    return ERR_OK;
}
