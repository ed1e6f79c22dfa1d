/*
 * keys: what a key is called inside the screen.
 *
 * A key is a code point, or one of the named keys above Unicode, with modifier bits. Ctrl with a
 * letter is that lower-case letter with K_CTRL. K_CX marks a key that came after Ctrl-X.
 */
#ifndef RECADO_UI_KEYS_H
#define RECADO_UI_KEYS_H

#include <stddef.h>
#include <stdint.h>

enum {
	K_NONE = 0,
	K_UP = 0x110000,
	K_DOWN,
	K_LEFT,
	K_RIGHT,
	K_HOME,
	K_END,
	K_PGUP,
	K_PGDN,
	K_INSERT,
	K_DELETE,
	K_BACKSPACE,
	K_ENTER,
	K_TAB,
	K_ESC,
	K_F1, /* .. K_F1 + 11 */
	K_F12 = K_F1 + 11,
	K_NAMED_END,
	K_ALT = 1 << 24,
	K_CTRL = 1 << 25,
	K_SHIFT = 1 << 26,
	K_CX = 1 << 27,
};

#define K_F(n) (K_F1 + (n)-1)
#define K_C(letter) (K_CTRL | (uint32_t)(letter))
#define K_A(letter) (K_ALT | (uint32_t)(letter))
#define K_X(letter) (K_CX | (uint32_t)(letter))

#define KEYS_NAME_MAX 32
/* "Ctrl-X a", "Alt-Up", "F12", translated words for named keys; "" for K_NONE. Returns out. */
const char *keys_name(uint32_t key, char out[KEYS_NAME_MAX]);
/* A key that stands for itself: a code point without modifiers. */
int keys_is_text(uint32_t key);
/* A code point as UTF-8, NUL-terminated; its bytes. 0 for what is not one. */
size_t keys_utf8(uint32_t cp, char out[5]);

#endif
