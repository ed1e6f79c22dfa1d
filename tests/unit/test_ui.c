/* What the screen does: sending, drafts, ticks, reading, commands, pastes, questions, locking. */
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/mem.h"
#include "screen.h"
#include "ui/command.h"
#include "ui/keys.h"
#include "unit.h"

static struct screen
everybody(void)
{
	struct screen s = screen_new(35, 120);

	screen_meet_everybody(&s);
	ck_assert(screen_shows(&s, "CERTIFICATE"));
	return s;
}

START_TEST(sends)
{
	struct screen s = everybody();
	struct core_event ev;
	const struct core_cmd *sent;

	screen_type(&s, "olá");
	screen_key(&s, K_ALT | K_ENTER);
	screen_type(&s, "mundo");
	screen_key(&s, K_ENTER);
	sent = screen_sent(&s, CORE_SEND);
	ck_assert_str_eq(sent->name, "guilherme");
	ck_assert_str_eq(sent->text, "olá\nmundo");
	ck_assert_uint_eq(edit_len(s.ui->input), 0);
	ev = screen_message(
	    "c1", "guilherme", true, "olá\nmundo", "2026-11-21T12:41:00.000Z", CORE_ST_QUEUED);
	ev.seq = sent->seq;
	screen_event(&s, ev);
	screen_done(&s, sent->seq, 0);
	ck_assert(screen_shows(&s, "mundo                                      …"));
	screen_free(&s);
}
END_TEST

START_TEST(ticks_only_rise)
{
	static const struct {
		enum core_state state;
		bool verified;
		const char *tick;
	} steps[] = {
		{ CORE_ST_SENT, true, "Estou sem rede, segue já                   ✓  " },
		{ CORE_ST_READ, true, "Estou sem rede, segue já                   ✓✓r" },
		{ CORE_ST_DELIVERED, true, "Estou sem rede, segue já                   ✓✓r" },
		{ CORE_ST_NOTARISED, true, "Estou sem rede, segue já                   ✓✓S" },
		{ CORE_ST_READ, false, "Estou sem rede, segue já                   ✓✓!" },
	};
	struct screen s = everybody();

	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		struct core_state_change *c = mem_alloc(sizeof *c);

		c->id = mem_strdup("a8");
		c->conversation = mem_strdup("guilherme");
		c->state = steps[i].state;
		c->verified = steps[i].verified;
		screen_event(&s, (struct core_event){ .kind = CORE_EV_STATE, .state = c });
		ck_assert_msg(screen_shows(&s, steps[i].tick), "step %zu", i);
	}
	screen_free(&s);
}
END_TEST

START_TEST(full_queue_keeps_the_text)
{
	struct screen s = everybody();

	screen_type(&s, "fica");
	screen_full(&s, true);
	screen_key(&s, K_ENTER);
	ck_assert_str_eq(edit_text(s.ui->input), "fica");
	ck_assert(screen_shows(&s, "Busy"));
	screen_free(&s);
}
END_TEST

START_TEST(failed_send_comes_back)
{
	struct screen s = everybody();
	uint64_t seq;

	screen_type(&s, "segredo");
	screen_key(&s, K_ENTER);
	seq = screen_sent(&s, CORE_SEND)->seq;
	screen_fault(&s, seq, ERR_UNTRUSTED, "not sent", "Their card is revoked.");
	screen_done(&s, seq, 65);
	ck_assert_str_eq(edit_text(s.ui->input), "segredo");
	ck_assert(screen_shows(&s, "Their card is revoked."));
	screen_free(&s);
}
END_TEST

/* line, op that must have been sent (CORE_NOP: none), its name */
static const struct {
	const char *line;
	enum core_op op;
	const char *name;
} lines[] = {
	{ "/add eco", CORE_ADD, "eco" },
	{ "/accept ines", CORE_ACCEPT, "ines" },
	{ "/accept", CORE_ACCEPT, "guilherme" },
	{ "/connect", CORE_CONNECT, "guilherme" },
	{ "/disconnect bruno", CORE_DISCONNECT, "bruno" },
	{ "/recv", CORE_SYNC, NULL },
	{ "/all", CORE_ALL, NULL },
	{ "/outbox", CORE_OUTBOX, NULL },
	{ "/devices", CORE_DEVICES, NULL },
	{ "/card", CORE_CARD, NULL },
	{ "/passphrase", CORE_PASSPHRASE, NULL },
	{ "/list ana", CORE_LIST, NULL },
	{ "/status a8", CORE_STATUS, NULL },
	{ "/receipt a7", CORE_RECEIPT, NULL },
	{ "/send bruno olá tudo bem", CORE_SEND, "bruno" },
	{ "/verify guilherme 31415 92653", CORE_VERIFY, "guilherme" },
	{ "/verify", CORE_VERIFY, "guilherme" },
	{ "/lock", CORE_LOCK, NULL },
	{ "//not a command", CORE_SEND, "guilherme" },
	{ "/frobnicate x", CORE_NOP, NULL },
	{ "/", CORE_NOP, NULL },
	{ "/quitx", CORE_NOP, NULL },
};

START_TEST(commands)
{
	struct screen s = everybody();
	size_t before = screen_sent_count(&s, lines[_i].op);

	screen_type(&s, lines[_i].line);
	screen_key(&s, K_ENTER);
	if (lines[_i].op == CORE_NOP) {
		ck_assert_uint_eq(screen_sent_count(&s, CORE_SEND), 0);
		ck_assert_str_eq(edit_text(s.ui->input), lines[_i].line);
		ck_assert(screen_shows(&s, "Nothing was sent"));
		ck_assert(!s.ui->quit);
	} else {
		ck_assert_uint_eq(screen_sent_count(&s, lines[_i].op), before + 1);
		if (lines[_i].name != NULL)
			ck_assert_str_eq(screen_sent(&s, lines[_i].op)->name, lines[_i].name);
	}
	screen_free(&s);
}
END_TEST

START_TEST(double_slash_is_text)
{
	struct screen s = everybody();

	screen_type(&s, "//etc/passwd");
	screen_key(&s, K_ENTER);
	ck_assert_str_eq(screen_sent(&s, CORE_SEND)->text, "/etc/passwd");
	screen_free(&s);
}
END_TEST

/* Names and keys are unambiguous, and everything can be reached in all three ways. */
START_TEST(command_table_is_sound)
{
	size_t count;
	const struct command *table = command_table(&count);

	for (size_t i = 0; i < count; i++) {
		ck_assert_ptr_eq(command_find(table[i].name, strlen(table[i].name)), &table[i]);
		ck_assert_uint_ne(table[i].keys[0], K_NONE);
		ck_assert_str_ne(table[i].title, "");
		for (size_t k = 0; k < 2; k++)
			if (table[i].keys[k] != K_NONE)
				ck_assert_ptr_eq(command_by_key(table[i].keys[k]), &table[i]);
	}
}
END_TEST

START_TEST(paste_is_never_run)
{
	struct screen s = everybody();

	screen_paste(&s, "/quit\n/add mallory\n");
	ck_assert(!s.ui->quit);
	screen_key(&s, K_ENTER);
	ck_assert(!s.ui->quit);
	ck_assert_ptr_null(screen_sent(&s, CORE_ADD));
	ck_assert_ptr_null(screen_sent(&s, CORE_SEND));
	ck_assert(screen_shows(&s, "Pasted text is never run"));
	screen_key(&s, K_C('c'));
	screen_type(&s, "/add ");
	screen_paste(&s, "eco");
	screen_key(&s, K_ENTER);
	ck_assert_str_eq(screen_sent(&s, CORE_ADD)->name, "eco");
	screen_free(&s);
}
END_TEST

START_TEST(read_only_when_seen)
{
	struct screen s = screen_new(35, 120);

	term_mem_event(s.term, TERM_FOCUS_OUT);
	screen_key(&s, K_C('l'));
	screen_meet_everybody(&s);
	ck_assert(screen_shows(&s, "2 new"));
	ck_assert_ptr_null(screen_sent(&s, CORE_READ));
	screen_key(&s, K_F(1)); /* the help covers it */
	term_mem_event(s.term, TERM_FOCUS_IN);
	screen_type(&s, "x");
	ck_assert_ptr_null(screen_sent(&s, CORE_READ));
	screen_key(&s, K_ESC);
	ck_assert_str_eq(screen_sent(&s, CORE_READ)->id, "a7");
	ck_assert(screen_shows(&s, "2 new")); /* the line stays until the user moves on */
	ck_assert_uint_eq(model_unread_all(s.ui->model), 0);
	screen_free(&s);
}
END_TEST

START_TEST(unread_elsewhere)
{
	struct screen s = everybody();
	struct core_event ev = screen_message(
	    "d1", "diogo", false, "Estás aí?", "2026-11-21T12:40:00.000Z", CORE_ST_NONE);

	ev.message->unread = true;
	screen_event(&s, ev);
	ck_assert(screen_shows(&s, "Diogo Lemos wrote. Alt-A goes there."));
	screen_type(&s, "rascunho");
	ck_assert(screen_shows(&s, "1*"));
	ck_assert(screen_shows(&s, "[act: 3*]"));
	screen_key(&s, K_A('a'));
	ck_assert_str_eq(s.ui->model->current->name, "diogo");
	ck_assert_str_eq(screen_sent(&s, CORE_DRAFT)->name, "guilherme");
	ck_assert_str_eq(screen_sent(&s, CORE_DRAFT)->text, "rascunho");
	ck_assert(screen_shows(&s, "Estás aí?"));
	screen_key(&s, K_A('/'));
	ck_assert_str_eq(edit_text(s.ui->input), "rascunho");
	screen_key(&s, K_A('1'));
	ck_assert_str_eq(s.ui->model->current->name, "anasilva");
	screen_free(&s);
}
END_TEST

START_TEST(draft_after_a_pause)
{
	struct screen s = everybody();

	screen_type(&s, "meio");
	ck_assert_ptr_null(screen_sent(&s, CORE_DRAFT));
	ui_tick(s.ui, clock_mono_ms() + 5000);
	ck_assert_str_eq(screen_sent(&s, CORE_DRAFT)->text, "meio");
	screen_key(&s, K_C('c'));
	ck_assert(!s.ui->quit);
	ui_tick(s.ui, clock_mono_ms() + 5000);
	ck_assert_str_eq(screen_sent(&s, CORE_DRAFT)->text, "");
	screen_key(&s, K_C('q'));
	ck_assert(s.ui->quit);
	screen_free(&s);
}
END_TEST

START_TEST(older_history)
{
	struct screen s = everybody();
	struct core_event ev;
	uint64_t seq;

	s.ui->model->current->complete = false;
	screen_key(&s, K_ALT | K_HOME);
	screen_key(&s, K_PGUP);
	seq = screen_sent(&s, CORE_HISTORY)->seq;
	ck_assert_uint_eq(screen_sent(&s, CORE_HISTORY)->before, 1795255051 /* the row of a1 */);
	ev = screen_message("z1", "guilherme", false, "muito antes", "2026-11-20T08:00:00.000Z", 0);
	ev.seq = seq;
	screen_event(&s, ev);
	screen_done(&s, seq, 0);
	screen_key(&s, K_PGUP);
	ck_assert(screen_shows(&s, "muito antes"));
	ck_assert(screen_shows(&s, "Friday 20 November 2026"));
	ck_assert(s.ui->model->current->complete);
	screen_free(&s);
}
END_TEST

static struct core_event
question(enum core_ask_kind kind, uint64_t seq, uint32_t number)
{
	struct core_ask *q = mem_alloc(sizeof *q);

	q->kind = kind;
	q->number = number;
	q->tries = CORE_TRIES_FINAL;
	return (struct core_event){ .kind = CORE_EV_ASK, .seq = seq, .ask = q };
}

START_TEST(locks_and_unlocks)
{
	struct screen s = everybody();

	screen_type(&s, "meio rascunho");
	screen_key(&s, K_F(12));
	ck_assert_str_eq(screen_sent(&s, CORE_DRAFT)->text, "meio rascunho");
	screen_done(&s, screen_sent(&s, CORE_LOCK)->seq, 0);
	screen_event(&s, screen_link("ana", true, true));
	ck_assert(screen_shows(&s, "The profile is locked."));
	ck_assert(!screen_shows(&s, "Guilherme"));
	ck_assert(!screen_shows(&s, "rascunho"));
	ck_assert_uint_eq(s.ui->model->count, 0);
	screen_key(&s, K_F(6)); /* nothing opens over it */
	ck_assert_uint_eq(screen_sent_count(&s, CORE_UNLOCK), 1);
	screen_event(&s, question(CORE_ASK_PASSPHRASE, screen_sent(&s, CORE_UNLOCK)->seq, 5));
	screen_type(&s, "abre");
	ck_assert(!screen_shows(&s, "abre"));
	screen_key(&s, K_ENTER);
	ck_assert_uint_eq(screen_sent(&s, CORE_ANSWER)->ask, 5);
	ck_assert_str_eq(screen_sent(&s, CORE_ANSWER)->text, "abre");
	screen_done(&s, screen_sent(&s, CORE_UNLOCK)->seq, 0);
	screen_event(&s, screen_link("ana", true, false));
	ck_assert_int_eq(s.ui->depth, 1);
	ck_assert_uint_eq(screen_sent_count(&s, CORE_WATCH), 2);
	screen_free(&s);
}
END_TEST

START_TEST(questions)
{
	struct screen s = everybody();

	screen_event(&s, question(CORE_ASK_PIN, 900, 8));
	ck_assert(screen_shows(&s, "one try left"));
	screen_type(&s, "99");
	screen_key(&s, K_ESC);
	ck_assert_uint_eq(screen_sent(&s, CORE_ANSWER)->flags, CORE_F_CANCEL);
	ck_assert_ptr_null(screen_sent(&s, CORE_ANSWER)->text);
	screen_event(&s, question(CORE_ASK_NEW_PASSPHRASE, 901, 9));
	screen_type(&s, "um");
	screen_key(&s, K_ENTER);
	screen_type(&s, "dois");
	screen_key(&s, K_ENTER);
	ck_assert(screen_shows(&s, "They differ"));
	ck_assert_uint_ne(screen_sent(&s, CORE_ANSWER)->ask, 9);
	screen_done(&s, 901, 77); /* the command ended by itself: so does its question */
	ck_assert_int_eq(s.ui->depth, 1);
	screen_event(&s, question(CORE_ASK_PINPAD, 902, 10));
	ck_assert(screen_shows(&s, "reader's own keys"));
	screen_done(&s, 902, 0);
	screen_event(&s, question(CORE_ASK_SUSPEND, 903, 11));
	ck_assert(term_suspended(s.term));
	ck_assert_uint_eq(screen_sent(&s, CORE_ANSWER)->ask, 11);
	screen_event(&s, question(CORE_ASK_RESUME, 903, 12));
	ck_assert(!term_suspended(s.term));
	screen_free(&s);
}
END_TEST

START_TEST(completes)
{
	struct screen s = everybody();

	screen_type(&s, "/who");
	screen_key(&s, K_TAB);
	ck_assert_str_eq(edit_text(s.ui->input), "/whois ");
	screen_type(&s, "di");
	screen_key(&s, K_TAB);
	ck_assert_str_eq(edit_text(s.ui->input), "/whois diogo ");
	screen_key(&s, K_C('u'));
	screen_type(&s, "/con");
	screen_key(&s, K_TAB);
	ck_assert(screen_shows(&s, "contacts  confirm  connect"));
	screen_free(&s);
}
END_TEST

START_TEST(focus_and_selection)
{
	struct screen s = everybody();
	int row, col;

	screen_key(&s, K_SHIFT | K_TAB);
	screen_type(&s, "jj");
	screen_key(&s, K_ENTER);
	ck_assert_str_eq(s.ui->model->current->name, "bruno");
	ck_assert_int_eq(s.ui->focus, UI_INPUT);
	term_mem_cursor(s.term, &row, &col);
	ck_assert_int_eq(row, 33);
	screen_key(&s, K_A('2'));
	screen_key(&s, K_SHIFT | K_TAB);
	screen_key(&s, K_SHIFT | K_TAB);
	screen_type(&s, "kk");
	ck_assert_str_eq(s.ui->selected, "a7");
	screen_type(&s, "y");
	screen_key(&s, K_ESC);
	screen_key(&s, K_C('y'));
	ck_assert_str_eq(edit_text(s.ui->input), "Precisamos dele para a acta.");
	screen_free(&s);
}
END_TEST

START_TEST(ascii)
{
	struct screen s = screen_new(24, 80);
	char *text;

	term_set_ascii(s.term, true);
	screen_meet_everybody(&s);
	ck_assert(screen_shows(&s, "A seccao 3.2 precisa da cadeia"));
	ck_assert(screen_shows(&s, " rS "));
	ck_assert(screen_shows(&s, " .. "));
	text = term_mem_text(s.term);
	for (const char *p = text; *p != '\0'; p++)
		ck_assert((*p >= 0x20 && *p < 0x7F) || *p == '\n');
	free(text);
	screen_free(&s);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("ui");
	TCase *t = tcase_create("ui");

	setenv("TZ", "UTC", 1);
	(void)setlocale(LC_ALL, "C.UTF-8");
	tcase_add_test(t, sends);
	tcase_add_test(t, ticks_only_rise);
	tcase_add_test(t, full_queue_keeps_the_text);
	tcase_add_test(t, failed_send_comes_back);
	tcase_add_loop_test(t, commands, 0, sizeof lines / sizeof *lines);
	tcase_add_test(t, double_slash_is_text);
	tcase_add_test(t, command_table_is_sound);
	tcase_add_test(t, paste_is_never_run);
	tcase_add_test(t, read_only_when_seen);
	tcase_add_test(t, unread_elsewhere);
	tcase_add_test(t, draft_after_a_pause);
	tcase_add_test(t, older_history);
	tcase_add_test(t, locks_and_unlocks);
	tcase_add_test(t, questions);
	tcase_add_test(t, completes);
	tcase_add_test(t, focus_and_selection);
	tcase_add_test(t, ascii);
	suite_add_tcase(s, t);
	return unit_run(s);
}
