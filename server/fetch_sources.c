/*
 * The file has a line for each source: times, failures, hash, address and the last error, with tabs
 * between them. Its first line says which format this is.
 */
#include "server/fetch_sources.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "server/lists.h"

#define FILE_NAME "sources"
#define FIRST_LINE "recadod revocation sources 1"
#define FIELDS 7
#define LINE_MAX_OCTETS 1200

void
fetch_sources_clear(struct fetch_sources *s)
{
	while (s->count != 0)
		fetch_sources_remove(s, s->count - 1);
	free(s->at);
	s->at = NULL;
}

struct fetch_source *
fetch_sources_find(const struct fetch_sources *s, const char *url)
{
	for (size_t i = 0; i < s->count; i++)
		if (strcmp(s->at[i]->url, url) == 0)
			return s->at[i];
	return NULL;
}

struct fetch_source *
fetch_sources_add(struct fetch_sources *s, const char *url)
{
	struct fetch_source *x = fetch_sources_find(s, url);
	struct url u;
	const char *why;

	if (x != NULL)
		return x;
	if (s->count == FETCH_SOURCES_MAX || url_parse(url, strlen(url), &u, &why) != 0)
		return NULL;
	x = mem_alloc(sizeof(*x));
	snprintf(x->url, sizeof(x->url), "%s", url);
	memcpy(x->host, u.host, sizeof(x->host));
	s->at = mem_grow(s->at, s->count + 1, sizeof(*s->at));
	s->at[s->count++] = x;
	return x;
}

void
fetch_sources_remove(struct fetch_sources *s, size_t i)
{
	struct fetch_source *x = s->at[i];

	httpget_free(&x->get);
	free(x);
	s->at[i] = s->at[--s->count];
}

/* ---------------------------------------------------------------------------- the file */

static bool
take_number(const char *text, uint64_t *out)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	*out = strtoull(text, &end, 10);
	return errno == 0 && *end == '\0';
}

static void
take_line(struct fetch_sources *s, char *line)
{
	char *field[FIELDS], *rest = line;
	struct fetch_source *x, read = { .url = "" };
	uint64_t failures;
	size_t n = 0;

	while (n < FIELDS && (field[n] = strsep(&rest, "\t")) != NULL)
		n++;
	if (n != FIELDS || rest != NULL || !take_number(field[0], &read.wanted) ||
	    !take_number(field[1], &read.tried) || !take_number(field[2], &read.fetched) ||
	    !take_number(field[3], &failures) ||
	    hex_decode(field[4], strlen(field[4]), read.list, sizeof(read.list)) != 0 ||
	    (x = fetch_sources_add(s, field[5])) == NULL)
		return;
	x->wanted = read.wanted;
	x->tried = read.tried;
	x->fetched = read.fetched;
	x->failures = failures > 1000 ? 1000 : (uint32_t)failures;
	memcpy(x->list, read.list, sizeof(x->list));
	text_clean_to(x->error, sizeof(x->error), field[6], strlen(field[6]), TEXT_LINE);
}

void
fetch_sources_load(struct fetch_sources *s, const char *dir)
{
	char *path = mem_format("%s/" FILE_NAME, dir), line[LINE_MAX_OCTETS];
	FILE *in = fopen(path, "re");
	bool first = true;

	free(path);
	while (in != NULL && fgets(line, sizeof(line), in) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (first && strcmp(line, FIRST_LINE) != 0)
			break;
		if (!first)
			take_line(s, line);
		first = false;
	}
	if (in != NULL)
		fclose(in);
}

int
fetch_sources_save(const struct fetch_sources *s, const char *dir)
{
	struct buf *all = buf_new((FETCH_SOURCES_MAX + 1) * LINE_MAX_OCTETS);
	int r = buf_put(all, FIRST_LINE "\n", strlen(FIRST_LINE) + 1);

	for (size_t i = 0; i < s->count && r == 0; i++) {
		const struct fetch_source *x = s->at[i];
		char hex[2 * REVOCATION_HASH_LEN + 1], *line;

		hex_encode(x->list, sizeof(x->list), hex);
		line = mem_format("%" PRIu64 "\t%" PRIu64 "\t%" PRIu64 "\t%u\t%s\t%s\t%s\n",
		    x->wanted, x->tried, x->fetched, x->failures, hex, x->url, x->error);
		r = buf_put(all, line, strlen(line));
		free(line);
	}
	if (r == 0)
		r = lists_write(dir, FILE_NAME, buf_view(all), NULL);
	buf_free(&all);
	return r;
}
