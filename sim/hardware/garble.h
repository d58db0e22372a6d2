/* Plate text as cameras get it wrong. */
#ifndef BOOMGATE_SIM_HARDWARE_GARBLE_H
#define BOOMGATE_SIM_HARDWARE_GARBLE_H

#include <stddef.h>

/* Exchanges the bytes of each pair of text[0..bytes), bytes even. */
void garble_swap(char *text, size_t bytes);

/* `text` (UTF-8) in EUC-KR; its length in bytes, never more than before, and zeros up to that. What
 * is not on Korean plates stays as it is. */
size_t garble_euc_kr(const char *text, char *ret);

#endif
