/*
 * Whatever somebody writes, in a message, a name or a certificate, no cell moves but those it was
 * given, and nothing reaches the terminal that is not a printable cell. The hostile bytes are the
 * conformance data of RECADO_VECTORS; without it this is skipped. Here they come unsanitised, as if
 * the layers before had failed.
 */
#include <dirent.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/buf.h"
#include "base/mem.h"
#include "screen.h"
#include "ui/keys.h"
#include "unit.h"

#define SAMPLE_MAX 16384

static const char *const files[] = { "text/blns.tsv", "text/utf8tests.tsv",
	"text/kuhn_utf8_lines.tsv", "text/trojan_source.tsv", "escapes/xterm_js.tsv",
	"escapes/garak_ansi.tsv" };

/* The parts of the 120x35 screen. */
enum { CONTACTS, CONVERSATION, CERTIFICATE, BOTTOM, TOP, PARTS };
static const int parts[PARTS][4] = {
	/* row, col, rows, cols */
	[CONTACTS] = { 1, 0, 30, 25 },
	[CONVERSATION] = { 1, 25, 30, 63 },
	[CERTIFICATE] = { 1, 88, 30, 32 },
	[BOTTOM] = { 31, 0, 4, 120 },
	[TOP] = { 0, 0, 1, 120 },
};

struct world {
	struct screen s;
	char *base[PARTS];
	size_t samples;
};

static char *
part(struct screen *s, int p)
{
	return term_mem_part(s->term, parts[p][0], parts[p][1], parts[p][2], parts[p][3]);
}

static void
start(struct world *w)
{
	w->s = screen_new(35, 120);
	screen_meet_everybody(&w->s);
	ck_assert(screen_shows(&w->s, "CERTIFICATE"));
	for (int p = 0; p < PARTS; p++)
		w->base[p] = part(&w->s, p);
}

static void
stop(struct world *w)
{
	for (int p = 0; p < PARTS; p++)
		free(w->base[p]);
	screen_free(&w->s);
}

/* Draw; all parts but one are as they were. That one is the next sample's measure. */
static void
others_unmoved(struct world *w, int changed)
{
	w->s.ui->dirty = true;
	ui_draw(w->s.ui);
	ck_assert_uint_eq(term_mem_faults(w->s.term), 0);
	for (int p = 0; p < PARTS; p++) {
		char *now = part(&w->s, p);

		if (p != changed && strcmp(now, w->base[p]) != 0)
			ck_abort_msg("sample %zu moved part %d:\n%.3000s", w->samples, p, now);
		free(w->base[p]);
		w->base[p] = now;
	}
	/* the lines between the panes stand, whatever is beside them */
	for (int p = CONTACTS; p <= CERTIFICATE; p += 2) {
		char *line = term_mem_part(w->s.term, 1, p == CONTACTS ? 24 : 88, 30, 1);

		for (int r = 0; r < 30; r++)
			ck_assert_mem_eq(line + r * 4, "│\n", 4);
		free(line);
	}
}

/* The bytes as a C string; a NUL becomes another control character. */
static char *
as_text(const uint8_t *p, size_t n)
{
	char *s = mem_alloc(n + 1);

	memcpy(s, p, n);
	for (size_t i = 0; i < n; i++)
		if (s[i] == '\0')
			s[i] = '\1';
	return s;
}

static void
as_message(struct world *w, const char *text)
{
	struct core_event ev = screen_message(
	    "ff", "guilherme", false, text, "2026-11-21T12:00:00.000Z", CORE_ST_NONE);

	ev.seq = 1; /* not new: the status bar says nothing of it */
	screen_event(&w->s, ev);
	others_unmoved(w, CONVERSATION);
}

static void
as_name(struct world *w, const char *text)
{
	struct core_event ev = screen_person("diogo", 'C', text, false);

	screen_event(&w->s, ev);
	others_unmoved(w, CONTACTS);
	screen_event(&w->s, screen_person("diogo", 'C', "DIOGO LEMOS", false));
	others_unmoved(w, CONTACTS);
}

static void
as_certificate(struct world *w, const char *text)
{
	struct core_event ev = screen_whois("guilherme", 'V', text);

	free(ev.whois->chain[3].issuer);
	ev.whois->chain[3].issuer = mem_strdup(text);
	screen_event(&w->s, ev);
	others_unmoved(w, CERTIFICATE);
}

static void
as_whois(struct world *w, const char *text)
{
	struct core_event ev;

	screen_key(&w->s, K_F(5));
	ev = screen_whois("guilherme", 'V', text);
	ev.seq = screen_sent(&w->s, CORE_WHOIS)->seq;
	free(ev.whois->verdict);
	ev.whois->verdict = mem_strdup(text);
	screen_event(&w->s, ev);
	w->s.ui->dirty = true;
	ui_draw(w->s.ui);
	screen_key(&w->s, 'q');
	ck_assert_uint_eq(term_mem_faults(w->s.term), 0);
}

static void
everywhere(struct world *w, const uint8_t *p, size_t n)
{
	char *text = as_text(p, n > SAMPLE_MAX ? SAMPLE_MAX : n);

	as_message(w, text);
	as_name(w, text);
	as_certificate(w, text);
	if (w->samples++ % 16 == 0)
		as_whois(w, text);
	screen_paste(&w->s, text);
	ck_assert_uint_eq(term_mem_faults(w->s.term), 0);
	screen_key(&w->s, K_C('c'));
	free(text);
}

/* Each field that is hex is a sample. */
static void
line_of(struct world *w, char *line)
{
	static uint8_t bytes[SAMPLE_MAX];
	char *save = NULL;

	for (char *f = strtok_r(line, "\t\n", &save); f != NULL;
	     f = strtok_r(NULL, "\t\n", &save)) {
		size_t n = strlen(f) / 2;

		if (n > 0 && n <= sizeof bytes && strlen(f) % 2 == 0 &&
		    hex_decode(f, strlen(f), bytes, n) == 0)
			everywhere(w, bytes, n);
	}
}

START_TEST(lines)
{
	const char *dir = getenv("RECADO_VECTORS");
	char *path = mem_format("%s/%s", dir == NULL ? "" : dir, files[_i]), *line = NULL;
	FILE *f = fopen(path, "re");
	struct world w = { 0 };
	size_t size = 0;

	free(path);
	if (f == NULL)
		return;
	start(&w);
	while (getline(&line, &size, f) > 0)
		if (line[0] != '#')
			line_of(&w, line);
	ck_assert_uint_gt(w.samples, 0);
	stop(&w);
	free(line);
	(void)fclose(f);
}
END_TEST

/* Code points in hex, whatever stands between them: clusters that terminals draw in their own ways. */
static void
clusters_of(struct world *w, const char *line, char *text)
{
	size_t n = 0;

	while (*line != '\0' && *line != '\t' && n < 256) {
		size_t digits = strspn(line, "0123456789ABCDEF");
		char utf8[5];

		if (digits == 0) {
			line++;
			continue;
		}
		memcpy(text + n, utf8, keys_utf8((uint32_t)strtoul(line, NULL, 16), utf8));
		n += strlen(utf8);
		line += digits;
	}
	text[n] = '\0';
	as_message(w, text);
	w->samples++;
}

START_TEST(clusters)
{
	static const char *const lists[] = { "text/emoji_test.tsv", "text/GraphemeBreakTest.txt" };
	const char *dir = getenv("RECADO_VECTORS");
	char *path = mem_format("%s/%s", dir == NULL ? "" : dir, lists[_i]), *line = NULL;
	char *text = mem_alloc(300);
	FILE *f = fopen(path, "re");
	struct world w = { 0 };
	size_t size = 0;

	start(&w);
	while (f != NULL && getline(&line, &size, f) > 0)
		if (line[0] != '#')
			clusters_of(&w, line, text);
	if (f != NULL)
		(void)fclose(f);
	stop(&w);
	free(line);
	free(text);
	free(path);
}
END_TEST

START_TEST(recordings)
{
	const char *dir = getenv("RECADO_VECTORS");
	char *path = mem_format("%s/escapes/alacritty", dir == NULL ? "" : dir);
	uint8_t *bytes = mem_alloc(SAMPLE_MAX);
	DIR *d = opendir(path);
	struct dirent *entry;
	struct world w = { 0 };

	start(&w);
	while (d != NULL && (entry = readdir(d)) != NULL) {
		char *name = mem_format("%s/%s", path, entry->d_name);
		FILE *f = entry->d_name[0] == '.' ? NULL : fopen(name, "re");

		if (f != NULL) {
			everywhere(&w, bytes, fread(bytes, 1, SAMPLE_MAX, f));
			(void)fclose(f);
		}
		free(name);
	}
	if (d != NULL)
		(void)closedir(d);
	stop(&w);
	free(bytes);
	free(path);
}
END_TEST

int
main(void)
{
	const char *dir = getenv("RECADO_VECTORS");
	DIR *d = dir == NULL ? NULL : opendir(dir);
	Suite *s;
	TCase *t;

	if (d == NULL)
		return 77;
	(void)closedir(d);
	s = suite_create("hostile");
	t = tcase_create("hostile");
	setenv("TZ", "UTC", 1);
	(void)setlocale(LC_ALL, "C.UTF-8");
	tcase_set_timeout(t, 600);
	tcase_add_loop_test(t, lines, 0, sizeof files / sizeof *files);
	tcase_add_loop_test(t, clusters, 0, 2);
	tcase_add_test(t, recordings);
	suite_add_tcase(s, t);
	return unit_run(s);
}
