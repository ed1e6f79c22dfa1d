/*
 * What the screen does when people are compared with, and when they can be believed less.
 */
#include <libintl.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "screen.h"
#include "ui/keys.h"
#include "unit.h"

static struct screen
everybody(void)
{
	struct screen s = screen_new(24, 80);

	screen_meet_everybody(&s);
	return s;
}

static void
say(struct screen *s, const char *line)
{
	screen_type(s, line);
	screen_key(s, K_ENTER);
}

static struct core_event
asks(struct screen *s)
{
	struct core_event ev = { .kind = CORE_EV_ASK, .seq = screen_sent(s, CORE_VERIFY)->seq };

	ev.ask = mem_alloc(sizeof *ev.ask);
	ev.ask->kind = CORE_ASK_SAFETY;
	ev.ask->number = 9;
	ev.ask->token = mem_strdup("diogo");
	ev.ask->groups[0] = 2;
	ev.ask->groups[1] = 7;
	ev.ask->groups[2] = 11;
	return ev;
}

START_TEST(three_groups_are_asked_for)
{
	struct screen s = everybody();

	say(&s, "/verify diogo");
	ck_assert_uint_eq(screen_sent(&s, CORE_VERIFY)->flags, CORE_F_GROUPS);
	ck_assert_ptr_null(screen_sent(&s, CORE_VERIFY)->text);
	screen_event(&s, asks(&s));
	ck_assert(screen_shows(&s, "group 2, group 7"));
	screen_type(&s, "92653 16939 05820");
	screen_key(&s, K_ENTER);
	ck_assert_str_eq(screen_sent(&s, CORE_ANSWER)->text, "92653 16939 05820");
	ck_assert_uint_eq(screen_sent(&s, CORE_ANSWER)->ask, 9);
	screen_event(&s, screen_person("diogo", 'V', "DIOGO LEMOS", true));
	screen_done(&s, screen_sent(&s, CORE_VERIFY)->seq, 0);
	ck_assert(screen_shows(&s, "diogo is verified"));
	screen_free(&s);
}
END_TEST

/* The number is the same, and still nobody has shown a card. */
START_TEST(without_a_card_it_is_no_v)
{
	struct screen s = everybody();

	screen_event(&s, screen_person("eva", 'R', NULL, true));
	say(&s, "/verify eva 1234");
	screen_done(&s, screen_sent(&s, CORE_VERIFY)->seq, 0);
	ck_assert(!screen_shows(&s, "is verified"));
	ck_assert(screen_shows(&s, "eva: known to the relay only"));
	screen_free(&s);
}
END_TEST

/* Not in a line that the next one covers. */
START_TEST(another_number_stays_until_a_key)
{
	struct screen s = everybody();
	uint64_t seq;

	say(&s, "/verify diogo 1234");
	seq = screen_sent(&s, CORE_VERIFY)->seq;
	screen_fault(&s, seq, ERR_FALSE, "the safety number is another one",
	    "Write nothing that matters.");
	screen_done(&s, seq, 1);
	ck_assert(screen_shows(&s, "Not the same"));
	ck_assert(screen_shows(&s, "Write nothing"));
	screen_key(&s, ' ');
	ck_assert(!screen_shows(&s, "Not the same"));
	screen_free(&s);
}
END_TEST

START_TEST(confirming_takes_the_name)
{
	struct screen s = everybody();

	say(&s, "/confirm diogo");
	ck_assert(screen_shows(&s, "Compared by QR or read aloud"));
	screen_type(&s, "guilherme");
	screen_key(&s, K_ENTER);
	ck_assert_ptr_null(screen_sent(&s, CORE_VERIFY));
	ck_assert(screen_shows(&s, "Not verified"));
	say(&s, "/confirm diogo");
	screen_type(&s, "diogo");
	screen_key(&s, K_ENTER);
	ck_assert_uint_eq(screen_sent(&s, CORE_VERIFY)->flags, CORE_F_CONFIRM);
	ck_assert_str_eq(screen_sent(&s, CORE_VERIFY)->name, "diogo");
	screen_free(&s);
}
END_TEST

/* A person in front is revoked: the conversation says it, the heading shows it. */
START_TEST(a_fall_is_seen)
{
	struct screen s = screen_new(35, 120);
	struct core_event ev = { .kind = CORE_EV_NOTICE };
	size_t asked;

	screen_meet_everybody(&s);
	ck_assert(screen_shows(&s, "V  verified"));
	asked = screen_sent_count(&s, CORE_WHOIS);
	ev.note.name = mem_strdup("guilherme");
	ev.note.text = mem_strdup("nothing is sent to them any more: the certificate was revoked on "
				  "2026-11-21 (key compromise)");
	ev.note.at = SCREEN_NOW;
	screen_event(&s, ev);
	screen_event(&s, screen_person("guilherme", '!', "GUILHERME JORGE CARDEAL", true));
	ck_assert(screen_shows(&s, "nothing is sent to them any more"));
	ck_assert(screen_shows(&s, "●! Guilherme"));
	ck_assert_uint_eq(screen_sent_count(&s, CORE_WHOIS), asked + 1);
	ev = screen_whois("guilherme", '!', "GUILHERME JORGE CARDEAL");
	ev.seq = screen_sent(&s, CORE_WHOIS)->seq;
	screen_event(&s, ev);
	ck_assert(screen_shows(&s, "!  do not trust"));
	screen_free(&s);
}
END_TEST

/* What the core says in English is shown in the user's language. */
START_TEST(the_core_speaks_portuguese)
{
	const char *build = getenv("RECADO_BUILD");
	struct screen s;
	struct core_event ev;
	char *dir;

	setenv("LANGUAGE", "pt", 1);
	dir = mem_format("%s/po/locale", build == NULL ? "." : build);
	bindtextdomain("recado", dir);
	free(dir);
	textdomain("recado");
	s = everybody();
	screen_key(&s, K_F(5));
	ev = screen_whois("guilherme", '!', "GUILHERME JORGE CARDEAL");
	free(ev.whois->verdict);
	ev.whois->verdict = mem_strdup("Do not trust: the certificate was revoked on 2026-11-21 (key compromise).");
	ev.seq = screen_sent(&s, CORE_WHOIS)->seq;
	screen_event(&s, ev);
	ck_assert(screen_shows(&s, "Não confie: o certificado foi revogado em 2026-11-21 (chave"));
	ck_assert(screen_shows(&s, "Número de identificação:"));
	screen_key(&s, K_PGDN);
	screen_key(&s, K_PGDN);
	ck_assert(screen_shows(&s, "visto pela primeira vez, cadeia OK"));
	screen_key(&s, 'q');
	say(&s, "/verify ines 1234");
	screen_fault(&s, screen_sent(&s, CORE_VERIFY)->seq, ERR_NO_USER, "there is no such user",
	    "Names are exact.");
	ck_assert(screen_shows(&s, "não há esse utilizador. Os nomes são exactos."));
	screen_free(&s);
}
END_TEST

/* The mark says whether it is valid; what stands behind it, the sentence. */
START_TEST(level_r_is_valid)
{
	struct screen s = everybody();
	struct core_event ev;

	screen_key(&s, K_F(5));
	ev = screen_whois("guilherme", 'R', "GUILHERME JORGE CARDEAL");
	free(ev.whois->verdict);
	ev.whois->verdict = mem_strdup("Level R: no card.");
	ev.seq = screen_sent(&s, CORE_WHOIS)->seq;
	screen_event(&s, ev);
	ck_assert(screen_shows(&s, "OK  Level R: no card."));
	screen_free(&s);
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("ui trust");
	TCase *t = tcase_create("ui trust");

	setenv("TZ", "UTC", 1);
	(void)setlocale(LC_ALL, "C.UTF-8");
	tcase_add_test(t, three_groups_are_asked_for);
	tcase_add_test(t, without_a_card_it_is_no_v);
	tcase_add_test(t, another_number_stays_until_a_key);
	tcase_add_test(t, confirming_takes_the_name);
	tcase_add_test(t, a_fall_is_seen);
	tcase_add_test(t, level_r_is_valid);
	tcase_add_test(t, the_core_speaks_portuguese);
	suite_add_tcase(s, t);
	return unit_run(s);
}
