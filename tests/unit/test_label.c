/* Small things the screen is made of: names, keys, colours, times, ASCII, certificates in words. */
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include "ui/ascii.h"
#include "ui/cert.h"
#include "ui/keys.h"
#include "ui/label.h"
#include "ui/theme.h"
#include "ui/tick.h"
#include "ui/when.h"
#include "unit.h"

static const struct {
	const char *civil, *name;
	char trust;
	bool mixed;
	const char *label;
} people[] = {
	{ "GUILHERME JORGE CARDEAL", "gui", 'V', false, "Guilherme Cardeal" },
	{ "INÊS SIMÕES ARAÚJO", "ines", 'C', false, "Inês Araújo" },
	{ "ANA SÁ-CARNEIRO", "ana", '!', false, "Ana Sá-Carneiro" },
	{ "Só", "so", 'V', false, "Só" },
	{ "GUILHERME CARDEAL", "gui", 'R', false, "gui" }, /* only the relay says so */
	{ "GUILHERME CARDEAL", "gui", '?', false, "gui" },
	{ "GUILHERME CARDEAL", "gui", 'V', true, "gui" },
	{ "", "gui", 'V', false, "gui" },
	{ NULL, "gui", 'V', false, "gui" },
};

START_TEST(labels)
{
	struct core_person p = { .trust = people[_i].trust, .mixed_scripts = people[_i].mixed };
	char civil[64], *label;

	if (people[_i].civil != NULL)
		p.civil_name = strcpy(civil, people[_i].civil);
	label = label_person(&p, people[_i].name);
	ck_assert_str_eq(label, people[_i].label);
	free(label);
}
END_TEST

START_TEST(distinguished_names)
{
	char out[LABEL_MAX];

	ck_assert_str_eq(label_dn("CN=A B, serialNumber=BI1, C=PT", "CN", out), "A B");
	ck_assert_str_eq(label_dn("C=PT, O=X, CN=Z", "CN", out), "Z");
	ck_assert_str_eq(label_dn("C=PT,O=X,CN=Z", "O", out), "X");
	ck_assert_str_eq(label_dn("OCN=Q, C=PT", "CN", out), "OCN=Q, C=PT");
	ck_assert_str_eq(label_dn("", "CN", out), "");
	ck_assert_str_eq(label_dn(NULL, "CN", out), "");
	ck_assert_str_eq(label_host("relay.ex.pt:7443", out), "relay.ex.pt");
	ck_assert_str_eq(label_host("[::1]:7443", out), "[::1]");
	ck_assert_str_eq(label_host(NULL, out), "");
}
END_TEST

START_TEST(key_names)
{
	char out[KEYS_NAME_MAX], utf8[5];

	ck_assert_str_eq(keys_name(K_C('n'), out), "Ctrl-N");
	ck_assert_str_eq(keys_name(K_X('a'), out), "Ctrl-X a");
	ck_assert_str_eq(keys_name(K_X(K_C('e')), out), "Ctrl-X Ctrl-E");
	ck_assert_str_eq(keys_name(K_ALT | K_UP, out), "Alt-Up");
	ck_assert_str_eq(keys_name(K_F(12), out), "F12");
	ck_assert_str_eq(keys_name(K_SHIFT | K_TAB, out), "Shift-Tab");
	ck_assert_str_eq(keys_name(K_NONE, out), "");
	ck_assert(keys_is_text('a') && keys_is_text(0x1F600) && !keys_is_text(0x1B));
	ck_assert(!keys_is_text(0x9B) && !keys_is_text(K_UP) && !keys_is_text(K_A('a')));
	ck_assert_uint_eq(keys_utf8(0xD800, utf8), 0);
	ck_assert_uint_eq(keys_utf8(0x1F600, utf8), 4);
	ck_assert_str_eq(utf8, "😀");
}
END_TEST

START_TEST(themes)
{
	unsetenv("NO_COLOR");
	ck_assert_str_eq(theme_name(theme_choose(NULL, 256)), "dark");
	ck_assert_str_eq(theme_name(theme_choose("light", 256)), "light");
	ck_assert_str_eq(theme_name(theme_choose("nonsense", 256)), "dark");
	ck_assert_str_eq(theme_name(theme_choose("light", 16)), "16");
	ck_assert_str_eq(theme_name(theme_choose("dark", 0)), "mono");
	setenv("NO_COLOR", "1", 1);
	ck_assert_str_eq(theme_name(theme_choose("light", 256)), "mono");
	for (int r = 0; r < THEME_ROLES; r++)
		ck_assert_int_eq(theme_style(theme_choose(NULL, 256), (enum theme_role)r).fg, -1);
	setenv("NO_COLOR", "", 1); /* empty counts as unset */
	ck_assert_str_eq(theme_name(theme_choose(NULL, 256)), "dark");
}
END_TEST

START_TEST(times)
{
	char out[WHEN_MAX];
	uint64_t ms = 1795264871000ull; /* 2026-11-21T12:41:11Z */

	ck_assert_str_eq(when_clock(ms, out), "12:41");
	ck_assert_str_eq(when_date(ms, out), "2026-11-21");
	ck_assert_str_eq(when_exact(ms, out), "2026-11-21 12:41:11Z");
	ck_assert_str_eq(when_day(ms, out), "21 Nov 2026");
	ck_assert_str_eq(when_long_day(ms, false, out), "Saturday 21 November 2026");
	ck_assert_str_eq(when_day(1778500000000ull, out), "11 May 2026");
	ck_assert_str_eq(when_span(59, out), "59 s");
	ck_assert_str_eq(when_span(7200, out), "2 h");
	ck_assert_str_eq(when_span(86400 * 800, out), "2 y");
	ck_assert(when_same_day(ms, ms + 1000) && !when_same_day(ms, ms + 86400000));
	ck_assert(!when_same_minute(ms, ms + 60000));
}
END_TEST

START_TEST(ascii)
{
	ck_assert_int_eq(ascii_fold(0xE7), 'c');
	ck_assert_int_eq(ascii_fold(0x160), 'S');
	ck_assert_int_eq(ascii_fold(0x2502), '|');
	ck_assert_int_eq(ascii_fold(0x1F600), '?');
	for (uint32_t cp = 0; cp < 0x3000; cp++)
		ck_assert(ascii_fold(cp) >= 0x20 && ascii_fold(cp) < 0x7F);
	ck_assert_str_eq(tick_text(CORE_ST_QUEUED, false, true), ".. ");
	ck_assert_str_eq(tick_text(CORE_ST_READ, true, true), "r! ");
	ck_assert_str_eq(tick_text(CORE_ST_FAILED, false, true), "x  ");
}
END_TEST

START_TEST(certificates)
{
	char revoked[] = "revoked", good[] = "good", unknown[] = "unknown", out[96];
	struct core_link_cert chain[2] = { { .not_after = 2000, .revocation = good },
		{ .not_after = 2000, .revocation = good } };
	struct core_whois w = { .chain = chain, .chain_count = 2, .trust = 'C' };
	enum theme_role role;

	ck_assert_str_eq(cert_chain_state(&w, 1000, &role), "OK");
	ck_assert_int_eq(role, THEME_GOOD);
	chain[0].revocation = unknown;
	ck_assert_str_eq(cert_chain_state(&w, 1000, &role), "?");
	chain[1].revocation = revoked;
	ck_assert_str_eq(cert_chain_state(&w, 1000, &role), "REVOKED");
	chain[1].revocation = chain[0].revocation = good;
	ck_assert_str_eq(cert_chain_state(&w, 3000, &role), "EXPIRED");
	w.trust = '!';
	ck_assert_str_eq(cert_chain_state(&w, 1000, &role), "BAD");
	w.chain_count = 0;
	ck_assert_str_eq(cert_chain_state(&w, 1000, &role), "none");
	ck_assert_str_eq(cert_hex_line("0011223344", 4, 2, 0, out), "0011 2233");
	ck_assert_str_eq(cert_hex_line("0011223344", 4, 2, 1, out), "44");
	ck_assert_str_eq(cert_hex_line("0011223344", 4, 2, 2, out), "");
	ck_assert_str_eq(cert_words_line("1 2 3 4 5", 2, 1, out), "3 4");
	ck_assert_str_eq(cert_words_line("1 2 3 4 5", 2, 3, out), "");
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("label");
	TCase *t = tcase_create("label");

	setenv("TZ", "UTC", 1);
	(void)setlocale(LC_ALL, "C.UTF-8");
	tcase_add_loop_test(t, labels, 0, sizeof people / sizeof *people);
	tcase_add_test(t, distinguished_names);
	tcase_add_test(t, key_names);
	tcase_add_test(t, themes);
	tcase_add_test(t, times);
	tcase_add_test(t, ascii);
	tcase_add_test(t, certificates);
	suite_add_tcase(s, t);
	return unit_run(s);
}
