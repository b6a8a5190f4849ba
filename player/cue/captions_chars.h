/*
 * The character sets of CEA-608 and CEA-708 as Unicode. Used in this folder only.
 */
#ifndef AZ_CUE_CAPTIONS_CHARS_H
#define AZ_CUE_CAPTIONS_CHARS_H

#include <stdint.h>

/* CEA-608, the basic set: `code` 0x20 to 0x7F. */
uint16_t az_cc608_basic(uint8_t code);

/* The special characters, behind 0x11: `code` 0x30 to 0x3F. 0: the transparent space. */
uint16_t az_cc608_special(uint8_t code);

/* The extended sets, behind 0x12 and 0x13: `code` 0x20 to 0x3F. */
uint16_t az_cc608_extended(uint8_t set, uint8_t code);

/* CEA-708: G0 and G1; G2 and G3 (behind EXT1). 0: a transparent space. What is not assigned is '_'. */
uint16_t az_cc708_base(uint8_t code);
uint16_t az_cc708_extended(uint8_t code);

#endif
