/*
 * words: sentences of the core found by their format, and said in Portuguese.
 */
#include <libintl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/dn.h"
#include "base/mem.h"
#include "base/oid.h"
#include "base/words.h"
#include "tests/unit/portuguese.h"
#include "unit.h"

static struct words_place places[WORDS_PLACES];
static size_t count;

static void
place_is(const char *text, size_t i, const char *want)
{
	ck_assert_uint_lt(i, count);
	ck_assert_uint_eq(places[i].len, strlen(want));
	ck_assert_mem_eq(text + places[i].at, want, places[i].len);
}

START_TEST(a_format_fits_what_it_printed)
{
	const char *text = "whether EC 0020, above the certificate, is revoked is unknown: its list, is old";

	ck_assert_int_eq(words_match("plain", "plain", places, &count), 0);
	ck_assert_uint_eq(count, 0);
	ck_assert_int_eq(words_match("plain", "plainer", places, &count), ERR_NOT_FOUND);
	ck_assert_int_eq(words_match("plainer", "plain", places, &count), ERR_NOT_FOUND);
	ck_assert_int_eq(
	    words_match("whether %s, above the certificate, is revoked is unknown: %s", text, places, &count), 0);
	ck_assert_uint_eq(count, 2);
	place_is(text, 0, "EC 0020");
	place_is(text, 1, "its list, is old");
	ck_assert(places[1].inside);
	ck_assert(!places[0].inside);
}
END_TEST

START_TEST(places_end_where_the_rest_fits)
{
	const char *text = "a. You b. You compared.";

	ck_assert_int_eq(words_match("%s. You compared.", text, places, &count), 0);
	place_is(text, 0, "a. You b");
	ck_assert_int_eq(words_match("%zu of 100%%", "7 of 100%", places, &count), 0);
	place_is("7 of 100%", 0, "7");
	ck_assert_int_eq(words_match("on %.10s.", "on 2026-11-21.", places, &count), 0);
	place_is("on 2026-11-21.", 0, "2026-11-21");
	/* a place is never empty */
	ck_assert_int_eq(words_match("on %s.", "on .", places, &count), ERR_NOT_FOUND);
	ck_assert_int_eq(words_match("%s", "", places, &count), ERR_NOT_FOUND);
}
END_TEST

/* A text made to be compared for ever is given up. */
START_TEST(comparing_ends)
{
	char text[4000];

	memset(text, 'a', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	ck_assert_int_eq(
	    words_match("%sa%sa%sa%sa%sa%sa%sb", text, places, &count), ERR_NOT_FOUND);
	ck_assert_int_eq(words_match("%s %s %s %s %s %s %s %s %s", "a a a a a a a a a", places, &count),
	    ERR_NOT_FOUND);
}
END_TEST

static void
says(const char *english, const char *portuguese)
{
	char *local = words_local(english);

	ck_assert_str_eq(local, portuguese);
	free(local);
}

START_TEST(portuguese)
{
	struct fault f = { 0 };
	char line[512];

	says("the certificate expired on 2020-01-01", "o certificado expirou em 2020-01-01");
	says("Do not trust: the certificate was revoked on 2026-11-21 (key compromise).",
	    "Não confie: o certificado foi revogado em 2026-11-21 (chave comprometida).");
	says("Not proven at the moment: whether the certificate is revoked is unknown: there is no "
	     "revocation list of its issuer.",
	    "De momento sem prova: não se sabe se o certificado está revogado: não há lista de revogação "
	    "do emissor.");
	/* a name is a name, whatever it is called */
	says("device added: malformed", "dispositivo acrescentado: malformado");
	says("EC not found, above the certificate, expired on 2020-01-01",
	    "EC not found, acima do certificado, expirou em 2020-01-01");
	says("nobody has translated this", "nobody has translated this");
	/* who did it stands in front */
	says("ines device removed: phone", "ines dispositivo removido: phone");
	says("ines added a device: phone (0a1b2c3d), signed by the card on 2026-11-21",
	    "ines acrescentou um dispositivo: phone (0a1b2c3d), assinado pelo cartão em 2026-11-21");
	says("joao.silva gave a device another name: tablet, before phone",
	    "joao.silva deu outro nome a um dispositivo: tablet, antes phone");
	says("ines removed a device: phone (the old one)", "ines removeu um dispositivo: phone (the old one)");
	says("ines renewed the card, which is the same person's",
	    "ines renovou o cartão, que é da mesma pessoa");
	says("Not a name: no card", "Not a name: no card");
	says(NULL, "");
	fault_set(&f, ERR_NO_USER, "ana", "there is no such user");
	fault_hint(&f, "Names are exact.");
	words_fault_line(&f, line, sizeof(line));
	ck_assert_str_eq(line, "não há esse utilizador: ana. Os nomes são exactos.");
	fault_set(&f, ERR_PIN, NULL, "%s", "");
	words_fault_line(&f, line, sizeof(line));
	ck_assert_str_eq(line, "PIN errado");
	fault_set(&f, ERR_USAGE, "standard input", "this is no text");
	fault_hint(&f, "%s", "");
	words_fault_line(&f, line, sizeof(line));
	ck_assert_str_eq(line, "isto não é texto: entrada padrão");
	says("the message is kept, but not yet delivered", "a mensagem está guardada, mas ainda não foi entregue");
	ck_assert_str_eq(dn_label("serialNumber"), "Número de identificação");
	ck_assert_str_eq(oid_policy("2.5.29.32.0"), "qualquer política");
}
END_TEST

/* How often a conversion, without its argument's number, stands in a format. */
static size_t
times(const char *format, const char *what, size_t len)
{
	size_t n = 0, skip;

	for (; (format = strchr(format, '%')) != NULL; format++) {
		skip = 1 + strspn(format + 1, "0123456789");
		skip = format[skip] == '$' ? skip + 1 : 1;
		n += strncmp(format + skip, what, len) == 0;
		format += format[1] == '%';
	}
	return n;
}

/* The same conversions, in whatever order. */
static bool
same_conversions(const char *a, const char *b)
{
	const char *at, *p = a;
	size_t len;

	if (times(a, "", 0) != times(b, "", 0))
		return false;
	while ((at = strchr(p, '%')) != NULL) {
		len = strcspn(at + 1, "sdux%") + 1; /* no other ends one here */
		if (times(a, at + 1, len) != times(b, at + 1, len))
			return false;
		p = at + 1 + len;
	}
	return true;
}

static void
is_translated(const char *const *table)
{
	size_t i, k;

	for (i = 0; table[i] != NULL; i++) {
		const char *local = gettext(table[i]);

		ck_assert_msg(local != table[i], "no Portuguese for: %s", table[i]);
		ck_assert_msg(same_conversions(table[i], local), "other conversions: %s", local);
		for (k = 0; k < i; k++)
			ck_assert_msg(strcmp(table[i], table[k]) != 0 || strchr(table[i], '%') == NULL,
			    "twice: %s", table[i]);
	}
}

/* Every entry has a translation that fills the same places. */
START_TEST(every_entry_is_translated)
{
	size_t i;

	for (i = 0; words_tables[i] != NULL; i++)
		is_translated(words_tables[i]);
}
END_TEST

/* What the libraries under us say. */
static bool
is_theirs(const char *e)
{
	return strncmp(e, "Connection ", 11) == 0 || strncmp(e, "No ", 3) == 0 ||
	    strncmp(e, "Network ", 8) == 0 || strncmp(e, "Permission ", 11) == 0 ||
	    strcmp(e, "syntax error") == 0;
}

static void
are_said(const char *const *table)
{
	char *core = portuguese_source("src/core"), *seal = portuguese_source("crypto");
	char *err = portuguese_source("src/base"), *cmd = portuguese_source("src/cmd");

	for (; *table != NULL; table++) {
		char *error = mem_format(", \"%s\")", *table);

		ck_assert_msg(is_theirs(*table) || strstr(core, *table) != NULL ||
		        strstr(seal, *table) != NULL || strstr(cmd, *table) != NULL ||
		        strstr(err, error) != NULL,
		    "nobody says: %s", *table);
		free(error);
	}
	free(core);
	free(cmd);
	free(seal);
	free(err);
}

/* The core really says what the tables hold. */
START_TEST(every_entry_is_said)
{
	are_said(words_table);
	are_said(words_files);
}
END_TEST

/* And so do the commands; the value of an option stands in the options' tables. */
START_TEST(every_entry_of_the_commands_is_said)
{
	char *cmd = portuguese_source("src/cmd");
	size_t i, n;

	for (i = 0; words_cmd[i] != NULL; i++) {
		const char *e = words_cmd[i], *missing = strstr(e, " is missing");
		char *value = NULL;

		n = missing != NULL ? (size_t)(missing - e) : 0;
		if (n > 0 && strspn(e, "ABCDEFGHIJKLMNOPQRSTUVWXYZ:|") == n)
			value = mem_format(", N_(\"%.*s\"),", (int)n, e);
		ck_assert_msg(strstr(cmd, value != NULL ? value : e) != NULL, "nobody says: %s", e);
		free(value);
	}
	free(cmd);
}
END_TEST

START_TEST(names_in_parts)
{
	const char *at = "CN=SILVA\\, ANA \\C3\\A9, serialNumber=BI1 + OU=a=b, O=\"X, Y\", C=PT";
	static const char *const want[][2] = { { "CN", "SILVA, ANA é" }, { "serialNumber", "BI1" },
		{ "OU", "a=b" }, { "O", "X, Y" }, { "C", "PT" } };
	struct dn_part part;
	size_t i;

	for (i = 0; dn_next(&at, &part); i++) {
		ck_assert_uint_lt(i, 5);
		ck_assert_str_eq(part.name, want[i][0]);
		ck_assert_str_eq(part.value, want[i][1]);
		free(part.value);
	}
	ck_assert_uint_eq(i, 5);
	at = "no attribute";
	ck_assert(!dn_next(&at, &part));
	at = "CN=a\\1B[31m\\00b";
	ck_assert(dn_next(&at, &part));
	ck_assert_ptr_null(strchr(part.value, 0x1b));
	ck_assert_int_eq(part.value[strlen(part.value) - 1], 'b');
	free(part.value);
	at = "CN=\\";
	ck_assert(dn_next(&at, &part));
	ck_assert_str_eq(part.value, "\\");
	free(part.value);
	ck_assert_ptr_null(oid_policy("1.2.3"));
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("words");
	TCase *c = tcase_create("matching"), *p = tcase_create("portuguese");

	tcase_add_test(c, a_format_fits_what_it_printed);
	tcase_add_test(c, places_end_where_the_rest_fits);
	tcase_add_test(c, comparing_ends);
	tcase_add_test(c, names_in_parts);
	tcase_add_test(c, every_entry_is_said);
	tcase_add_test(c, every_entry_of_the_commands_is_said);
	suite_add_tcase(s, c);
	tcase_add_checked_fixture(p, portuguese_begin, NULL);
	tcase_add_test(p, portuguese);
	tcase_add_test(p, every_entry_is_translated);
	suite_add_tcase(s, p);
	return unit_run(s);
}
