/*
 * screen: a screen without a terminal and without an engine, for tests. Its core keeps what it is
 * sent and tells what the test hands it; its clock stands at 2026-11-21T12:41:00Z.
 */
#ifndef RECADO_TESTS_SCREEN_H
#define RECADO_TESTS_SCREEN_H

#include "core/core.h"
#include "ui/term_mem.h"
#include "ui/ui.h"

#define SCREEN_NOW 1795264860000ull /* 2026-11-21T12:41:00Z */

struct screen {
	struct core *core;
	struct term *term;
	struct ui *ui;
};

struct screen screen_new(int rows, int cols);
void screen_free(struct screen *s);

/* What the screen sent: the last command of that kind (borrowed), NULL without one. */
const struct core_cmd *screen_sent(struct screen *s, enum core_op op);
size_t screen_sent_count(struct screen *s, enum core_op op);
void screen_full(struct screen *s, bool full); /* the queue takes nothing from now on */

/* Hand an event over; strings and structs in it become the screen's. */
void screen_event(struct screen *s, struct core_event ev);
void screen_done(struct screen *s, uint64_t seq, int exit);
void screen_fault(struct screen *s, uint64_t seq, int code, const char *what, const char *hint);

/* Keys as typed: text, or one key. Each is handled at once and the screen drawn. */
void screen_type(struct screen *s, const char *text);
void screen_key(struct screen *s, uint32_t key);
void screen_paste(struct screen *s, const char *text);

/* Events of the usual kinds. */
struct core_event screen_link(const char *account, bool profile, bool locked);
struct core_event screen_person(const char *name, char trust, const char *civil, bool online);
struct core_event screen_message(const char *id, const char *with, bool outgoing, const char *text,
    const char *time, enum core_state state);
struct core_event screen_whois(const char *name, char trust, const char *civil);

/* A profile with the people and the conversation of the pictures in the design. */
void screen_meet_everybody(struct screen *s);

/* Draw, and compare with tests/unit/screens/NAME.txt; with RECADO_UPDATE set, write it. */
void screen_is(struct screen *s, const char *name);
/* Draw; is that text somewhere on it? */
bool screen_shows(struct screen *s, const char *text);

#endif
