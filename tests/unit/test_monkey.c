/*
 * Somebody leans on the keyboard while the core says anything it may say, and the terminal changes
 * its size. Nothing may crash, leak, or be drawn where it does not belong; nothing is ever sent that
 * a slash begins. The seeds are fixed, so that a failure can be had again.
 */
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "screen.h"
#include "ui/keys.h"
#include "unit.h"

#define STEPS 1500

struct monkey {
	struct screen s;
	unsigned state;
	unsigned steps;
};

static unsigned
pick(struct monkey *m, unsigned n)
{
	m->state = m->state * 1103515245u + 12345u;
	return (m->state >> 16) % n;
}

static uint32_t
some_key(struct monkey *m)
{
	static const uint32_t named[] = { K_UP, K_DOWN, K_LEFT, K_RIGHT, K_HOME, K_END, K_PGUP,
		K_PGDN, K_DELETE, K_BACKSPACE, K_ENTER, K_ENTER, K_TAB, K_ESC, K_SHIFT | K_TAB,
		K_ALT | K_ENTER, K_ALT | K_UP, K_ALT | K_HOME, K_ALT | K_END, K_F(1), K_F(2),
		K_F(3), K_F(4), K_F(5), K_F(6), K_F(12), K_C('x'), K_C('c'), K_C('r'), K_A('a'),
		K_A('/'), K_A('1'), K_A('3') };

	switch (pick(m, 4)) {
	case 0:
		return named[pick(m, sizeof named / sizeof *named)];
	case 1:
		return (uint32_t) "jkqyvbrenNs/?aSGg "[pick(m, 18)];
	case 2:
		return K_C("abdefhklnptuvwy_"[pick(m, 16)]);
	}
	return pick(m, 3) == 0 ? 0x300 + pick(m, 0x3000) : ' ' + pick(m, 95);
}

static uint64_t
some_seq(struct monkey *m)
{
	struct ui *ui = m->s.ui;

	return ui->pending_count == 0 || pick(m, 4) == 0
	    ? 0
	    : ui->pending[pick(m, (unsigned)ui->pending_count)].seq;
}

static const char *
some_name(struct monkey *m)
{
	static const char *const names[] = { "guilherme", "anasilva", "diogo", "bruno", "ines",
		"novo" };

	return names[pick(m, 6)];
}

static struct core_event
some_question(struct monkey *m)
{
	struct core_ask *q = mem_alloc(sizeof *q);

	q->kind = (enum core_ask_kind)pick(m, 5);
	q->number = m->steps;
	q->groups[0] = (int)pick(m, 2) * 3;
	q->groups[1] = 7;
	q->groups[2] = 16;
	return (struct core_event){ .kind = CORE_EV_ASK, .ask = q };
}

static struct core_event
some_message(struct monkey *m)
{
	char id[17], time[32];
	struct core_event ev;

	snprintf(id, sizeof id, "%016x", pick(m, 300));
	snprintf(time, sizeof time, "2026-11-%02uT%02u:%02u:00.000Z", 10 + pick(m, 12), pick(m, 24),
	    pick(m, 60));
	ev = screen_message(id, some_name(m), pick(m, 2),
	    "palavra palavra\npalavra 日本語 👩‍💻", time,
	    (enum core_state)((int)pick(m, 7) - 1));
	ev.message->unread = !ev.message->outgoing && pick(m, 2);
	ev.message->first_contact = pick(m, 5) == 0;
	ev.message->late = pick(m, 5) == 0;
	return ev;
}

static struct core_event
some_event(struct monkey *m)
{
	struct core_event ev = { .kind = CORE_EV_DONE };

	switch (pick(m, 9)) {
	case 0:
		return some_question(m);
	case 1:
	case 2:
		return some_message(m);
	case 3:
		return screen_person(some_name(m), "VCR?!"[pick(m, 5)], "ANA SILVA", pick(m, 2));
	case 4:
		return screen_whois(some_name(m), "VCR?!"[pick(m, 5)], "ANA SILVA");
	case 5:
		return screen_link("ana", pick(m, 40) != 0, pick(m, 30) == 0);
	case 6:
		ev.kind = CORE_EV_NOTICE;
		ev.note.name = pick(m, 3) == 0 ? NULL : mem_strdup(some_name(m));
		ev.note.text = mem_strdup("a session was reset");
		ev.note.at = SCREEN_NOW;
		return ev;
	case 7:
		ev.kind = CORE_EV_ERROR;
		ev.fault = mem_alloc(sizeof *ev.fault);
		(void)fault_set(ev.fault, ERR_IO, NULL, "it broke");
		return ev;
	}
	ev.exit = (int)pick(m, 2) * (65 + (int)pick(m, 13));
	return ev;
}

static void
step(struct monkey *m)
{
	struct core_event ev;

	m->steps++;
	if (pick(m, 3) == 0) {
		ev = some_event(m);
		ev.seq = some_seq(m);
		screen_event(&m->s, ev);
	} else if (pick(m, 60) == 0) {
		term_mem_resize(m->s.term, 1 + (int)pick(m, 60), 1 + (int)pick(m, 160));
	} else if (pick(m, 30) == 0) {
		screen_paste(&m->s, "/quit\n/block ines\nolá");
	} else if (pick(m, 30) == 0) {
		screen_full(&m->s, pick(m, 2));
	} else if (pick(m, 30) == 0) {
		term_mem_event(m->s.term, pick(m, 2) ? TERM_FOCUS_IN : TERM_FOCUS_OUT);
	} else {
		screen_key(&m->s, some_key(m));
	}
	m->s.ui->dirty = true;
	ui_draw(m->s.ui);
	ui_tick(m->s.ui, m->steps * 300);
	ck_assert_uint_eq(term_mem_faults(m->s.term), 0);
}

START_TEST(leans)
{
	struct monkey m = { .s = screen_new(35, 120), .state = (unsigned)_i * 7919u + 1 };

	if (_i % 4 == 0)
		ui_start(m.s.ui, true, NULL);
	else
		screen_meet_everybody(&m.s);
	while (m.steps < STEPS) {
		step(&m);
		m.s.ui->quit = false; /* the palette has that, too */
	}
	screen_free(&m.s);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("monkey");
	TCase *t = tcase_create("monkey");

	setenv("TZ", "UTC", 1);
	setenv("VISUAL", "true", 1); /* /editor may be hit, and /suspend */
	(void)signal(SIGTSTP, SIG_IGN);
	(void)setlocale(LC_ALL, "C.UTF-8");
	tcase_set_timeout(t, 600);
	tcase_add_loop_test(t, leans, 0, 6);
	suite_add_tcase(s, t);
	return unit_run(s);
}
