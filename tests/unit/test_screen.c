/* Whole screens, compared with the text kept in tests/unit/screens, and what keys do on them. */
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "screen.h"
#include "ui/command.h"
#include "ui/keys.h"
#include "unit.h"

static const struct {
	int rows, cols;
	const char *name;
} sizes[] = { { 35, 120, "120x35" }, { 24, 80, "80x24" }, { 12, 44, "44x12" } };

static void
shot(struct screen *s, const char *what, int size)
{
	char *name = mem_format("%s-%s", what, sizes[size].name);

	screen_is(s, name);
	free(name);
}

static struct screen
everybody(int size)
{
	struct screen s = screen_new(sizes[size].rows, sizes[size].cols);

	screen_meet_everybody(&s);
	return s;
}

START_TEST(main_screen)
{
	struct screen s = everybody(_i);

	screen_type(&s, "Assinado e enviado. Até logo");
	shot(&s, "main", _i);
	screen_free(&s);
}
END_TEST

START_TEST(help_screen)
{
	struct screen s = everybody(_i);

	screen_key(&s, K_F(1));
	shot(&s, "help", _i);
	screen_type(&s, "scro");
	ck_assert(screen_shows(&s, "type to filter: scro"));
	ck_assert(!screen_shows(&s, "Alt-9"));
	screen_key(&s, K_ESC);
	screen_key(&s, K_F(2));
	shot(&s, "palette", _i);
	screen_free(&s);
}
END_TEST

START_TEST(whois_screen)
{
	struct screen s = everybody(_i);
	struct core_event ev;

	screen_key(&s, K_F(5));
	ev = screen_whois("guilherme", 'V', "GUILHERME JORGE CARDEAL");
	ev.seq = screen_sent(&s, CORE_WHOIS)->seq;
	screen_event(&s, ev);
	shot(&s, "whois", _i);
	screen_key(&s, 'k');
	ck_assert(_i == 2 || screen_shows(&s, "Name: EC Autenticação do CC 0018; Country: PT"));
	for (int i = 0; i < 8; i++)
		screen_key(&s, K_PGDN);
	ck_assert(screen_shows(&s, "first seen, chain OK"));
	screen_key(&s, 'q');
	ck_assert_int_eq(s.ui->depth, 1);
	screen_free(&s);
}
END_TEST

static struct core_event
said(const char *id, const char *text, uint64_t seq)
{
	struct core_event ev = screen_message(id, "guilherme", false, text, "2026-10-12T09:13:00.000Z",
	    CORE_ST_NONE);

	ev.seq = seq;
	return ev;
}

START_TEST(history_screen)
{
	struct screen s = everybody(_i);
	uint64_t seq;

	screen_key(&s, K_F(6));
	seq = screen_sent(&s, CORE_HISTORY)->seq;
	for (int i = 0; i < 4; i++) {
		char id[8] = { 'b', (char)('0' + i), '\0' };
		struct core_event ev = screen_message(id, "guilherme", i & 1,
		    i == 1 ? "Recebido,\nobrigado" : "O «relatório» tem de citar a secção 3.2",
		    "2026-10-12T09:14:00.000Z", i == 1 ? CORE_ST_READ : CORE_ST_SENT);

		ev.seq = seq;
		screen_event(&s, ev);
	}
	screen_done(&s, seq, 0);
	seq = screen_sent(&s, CORE_HISTORY)->seq; /* what leads to the selected one */
	screen_event(&s, said("c1", "Onde está a secção?", seq));
	screen_event(&s, said("b3", "O «relatório» tem de citar a secção 3.2", seq));
	shot(&s, "history", _i);
	screen_type(&s, "/relatório from:me\r");
	screen_free(&s);
}
END_TEST

START_TEST(wizard_screen)
{
	struct screen s = screen_new(sizes[_i].rows, sizes[_i].cols);
	struct core_ask *q = mem_alloc(sizeof *q);
	struct core_event ev = { .kind = CORE_EV_ASK, .ask = q };

	ui_start(s.ui, true, NULL);
	screen_event(&s, screen_link("", false, false));
	screen_type(&s, "relay.ex.pt:7443");
	screen_key(&s, K_ENTER);
	ck_assert_str_eq(screen_sent(&s, CORE_MEET)->relay, "relay.ex.pt:7443");
	ev.seq = screen_sent(&s, CORE_MEET)->seq;
	q->kind = CORE_ASK_CODE;
	q->number = 7;
	q->groups[0] = 3;
	q->groups[1] = 9;
	q->groups[2] = 14;
	screen_event(&s, ev);
	screen_type(&s, "0248ed44");
	shot(&s, "wizard", _i);
	screen_free(&s);
}
END_TEST

static struct core_event
question(enum core_ask_kind kind, uint64_t seq, uint32_t number)
{
	struct core_ask *q = mem_alloc(sizeof *q);

	q->kind = kind;
	q->number = number;
	q->tries = CORE_TRIES_LOW;
	return (struct core_event){ .kind = CORE_EV_ASK, .seq = seq, .ask = q };
}

static void
walk_code(struct screen *s)
{
	struct core_event ev;

	screen_key(s, K_ENTER);
	ev = question(CORE_ASK_CODE, screen_sent(s, CORE_MEET)->seq, 1);
	ev.ask->groups[0] = 1;
	ev.ask->groups[1] = 2;
	ev.ask->groups[2] = 16;
	screen_event(s, ev);
	screen_type(s, "aaaabbbbcccc");
	ck_assert_ptr_null(screen_sent(s, CORE_ANSWER));
	screen_key(s, K_ENTER);
	ck_assert_str_eq(screen_sent(s, CORE_ANSWER)->text, "aaaa bbbb cccc");
	screen_done(s, ev.seq, 0);
}

static void
walk_card(struct screen *s)
{
	struct core_event ev = { .kind = CORE_EV_CARD, .seq = screen_sent(s, CORE_CARD)->seq };
	struct core_card *card = mem_alloc(sizeof *card);

	card->token = mem_strdup("CARTÃO DE CIDADÃO");
	card->reader = mem_strdup("Gemalto PC Twin");
	card->serial = mem_strdup("0123");
	card->certificates = mem_array(1, sizeof *card->certificates);
	card->certificate_count = 1;
	card->certificates[0].use = mem_strdup("authentication");
	ev.card = card;
	screen_event(s, ev);
	screen_done(s, ev.seq, 0);
	ck_assert(screen_shows(s, "> CARTÃO DE CIDADÃO"));
	screen_key(s, K_ENTER);
}

/* The whole first run: relay, groups of the code, card, name, passphrase twice, PIN. */
START_TEST(wizard_walk)
{
	struct screen s = screen_new(24, 80);
	uint64_t seq;

	ui_start(s.ui, false, "recado://relay.ex.pt:7443/");
	screen_event(&s, screen_link("", false, false));
	walk_code(&s);
	walk_card(&s);
	screen_type(&s, "Ana Silva");
	screen_key(&s, K_ENTER);
	ck_assert(screen_shows(&s, "Names are"));
	screen_key(&s, K_C('u'));
	screen_type(&s, "ana");
	screen_key(&s, K_ENTER);
	screen_type(&s, "segredo");
	ck_assert(!screen_shows(&s, "segredo"));
	screen_key(&s, K_ENTER);
	screen_type(&s, "segred0");
	screen_key(&s, K_ENTER);
	ck_assert(screen_shows(&s, "They differ"));
	screen_type(&s, "segredo");
	screen_key(&s, K_ENTER);
	screen_type(&s, "segredo");
	ck_assert_ptr_null(screen_sent(&s, CORE_CREATE));
	screen_key(&s, K_ENTER);
	ck_assert_str_eq(screen_sent(&s, CORE_CREATE)->name, "ana");
	ck_assert_str_eq(screen_sent(&s, CORE_CREATE)->token, "0123");
	seq = screen_sent(&s, CORE_CREATE)->seq;
	screen_event(&s, question(CORE_ASK_NEW_PASSPHRASE, seq, 2));
	ck_assert_str_eq(screen_sent(&s, CORE_ANSWER)->text, "segredo");
	screen_event(&s, question(CORE_ASK_PIN, seq, 3));
	screen_type(&s, "1234");
	ck_assert(screen_shows(&s, "2 tries left"));
	ck_assert(!screen_shows(&s, "1234"));
	screen_key(&s, K_ENTER);
	ck_assert_str_eq(screen_sent(&s, CORE_ANSWER)->text, "1234");
	screen_done(&s, seq, 0);
	ck_assert(screen_shows(&s, "Whom do you want to write to?"));
	screen_event(&s, screen_link("ana", true, false));
	screen_type(&s, "eco");
	screen_key(&s, K_ENTER);
	ck_assert_str_eq(screen_sent(&s, CORE_ADD)->name, "eco");
	screen_free(&s);
}
END_TEST

START_TEST(too_small)
{
	struct screen s = screen_new(9, 39);

	screen_meet_everybody(&s);
	ck_assert(screen_shows(&s, "recado needs 40x10"));
	screen_type(&s, "still here");
	term_mem_resize(s.term, 24, 80);
	screen_key(&s, '!');
	ck_assert(screen_shows(&s, "still here!"));
	screen_free(&s);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("screen");
	TCase *t = tcase_create("screen");
	int count = sizeof sizes / sizeof *sizes;

	setenv("TZ", "UTC", 1);
	(void)setlocale(LC_ALL, "C.UTF-8");
	tcase_add_loop_test(t, main_screen, 0, count);
	tcase_add_loop_test(t, help_screen, 0, count);
	tcase_add_loop_test(t, whois_screen, 0, count);
	tcase_add_loop_test(t, history_screen, 0, count);
	tcase_add_loop_test(t, wizard_screen, 0, count);
	tcase_add_test(t, wizard_walk);
	tcase_add_test(t, too_small);
	suite_add_tcase(s, t);
	return unit_run(s);
}
