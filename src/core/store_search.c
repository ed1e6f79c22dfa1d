/*
 * Lists of messages, and the words a person types to search them. A search is words, each of which
 * must occur (the last also as a prefix), "phrases in quotes", and filters: from:NAME (from:me for
 * one's own), after:2026-11-01, before:2026-12-01 or a full RFC 3339 time. The words become an FTS5
 * query in which each is quoted, so that nothing a person types is syntax.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "core/store_message.h"

struct search {
	char *match; /* FTS5 query; empty: all */
	char *from;  /* account name, "me" or NULL */
	uint64_t after, before;
};

static int
search_time(const char *text, uint64_t *out)
{
	char full[CLOCK_TEXT_MAX];

	if (clock_parse(text, out) == 0)
		return 0;
	if (strlen(text) != 10)
		return ERR_USAGE;
	memcpy(full, text, 10);
	memcpy(full + 10, "T00:00:00.000Z", sizeof("T00:00:00.000Z"));
	return clock_parse(full, out) == 0 ? 0 : ERR_USAGE;
}

/* "word" with quotes doubled, joined to what is there. */
static void
search_quote(struct search *q, const char *word, size_t n, bool prefix)
{
	char *quoted = mem_alloc(2 * n + 1), *joined, *o = quoted;
	size_t i;

	for (i = 0; i < n; i++) {
		if (word[i] == '"')
			*o++ = '"';
		*o++ = word[i];
	}
	joined = mem_format("%s%s\"%s\"%s", q->match, q->match[0] != '\0' ? " " : "", quoted,
	    prefix ? "*" : "");
	free(quoted);
	free(q->match);
	q->match = joined;
}

static int
search_word(struct search *q, const char *word, size_t n, bool last)
{
	char *w = mem_strndup(word, n);
	int r = 0;

	if (strncmp(w, "from:", 5) == 0) {
		free(q->from);
		q->from = mem_strdup(w + 5);
	} else if (strncmp(w, "after:", 6) == 0) {
		r = search_time(w + 6, &q->after);
	} else if (strncmp(w, "before:", 7) == 0) {
		r = search_time(w + 7, &q->before);
	} else {
		search_quote(q, w, n, last);
	}
	free(w);
	return r;
}

static int
search_parse(const char *text, struct search *q)
{
	int r = 0;

	q->match = mem_strdup("");
	while (text != NULL && r == 0) {
		size_t n;

		while (isspace((unsigned char)*text))
			text++;
		if (*text == '\0')
			break;
		if (*text == '"' && (n = strcspn(text + 1, "\"")) > 0) {
			search_quote(q, text + 1, n, false);
			text += 1 + n + (text[1 + n] == '"');
			continue;
		}
		n = strcspn(text, " \t\n");
		r = search_word(q, text, n, text[n] == '\0');
		text += n;
	}
	return r;
}

static void
search_clear(struct search *q)
{
	free(q->match);
	free(q->from);
}

/* One query for words and one without, both with all filters as parameters. */
#define SEARCH_FILTERS                                                                             \
	" (?2 = 0 OR m.person = ?2) AND (?3 = 0 OR m.row < ?3)"                                        \
	" AND max(m.sent_at, m.received_at) >= ?4 AND (?5 = 0 OR max(m.sent_at, m.received_at) < ?5)"  \
	" AND (?6 IS NULL OR (?6 = 'me' AND m.outgoing = 1) OR (m.outgoing = 0 AND m.person ="         \
	" (SELECT id FROM person WHERE name = ?6)))"                                                   \
	" ORDER BY m.row DESC LIMIT ?7) ORDER BY row"

static int
search_run(struct store *s, const struct store_query *q, store_message_fn *fn, void *arg)
{
	static const char all[] = "SELECT * FROM (" STORE_MESSAGE_COLUMNS
	                          "WHERE ?1 = '' AND" SEARCH_FILTERS;
	static const char match[] = "SELECT * FROM (SELECT " STORE_MESSAGE_FIELDS
	                            "FROM words w JOIN message m ON m.row = w.rowid"
	                            " WHERE words MATCH ?1 AND" SEARCH_FILTERS;
	struct search f = { .match = NULL };
	sqlite3_stmt *st;
	int r = search_parse(q->words, &f);

	if (r == 0)
		r = store_query_open(s, &st, f.match[0] != '\0' ? match : all, "tiiiiti", f.match,
		    q->person, (int64_t)q->before, (int64_t)f.after, (int64_t)f.before, f.from,
		    q->limit > 0 ? (int64_t)q->limit : (int64_t)-1);
	if (r == 0)
		r = store_message_walk(s, st, fn, arg);
	search_clear(&f);
	return r;
}

#define LIST_OF(where) STORE_MESSAGE_COLUMNS "JOIN person p ON p.id = m.person WHERE " where

static const char *const lists[] = {
	[STORE_LIST_HISTORY] = NULL,
	[STORE_LIST_UNREAD] = LIST_OF("m.unread = 1 AND p.contact <> 3"
	                              " AND (?1 = 0 OR m.person = ?1) ORDER BY m.row"),
	[STORE_LIST_NEW] = LIST_OF("m.unread <> 0 AND p.contact <> 3"
	                           " AND (?1 = 0 OR m.person = ?1) ORDER BY m.row"),
	[STORE_LIST_INBOX] = LIST_OF("m.outgoing = 0 AND p.contact <> 3"
	                             " AND (?1 = 0 OR m.person = ?1)"
	                             " ORDER BY m.unread = 1 DESC, m.row DESC"),
	[STORE_LIST_SENT] = LIST_OF("m.outgoing = 1 AND (?1 = 0 OR m.person = ?1)"
	                            " ORDER BY m.row DESC"),
	[STORE_LIST_OUTBOX] = LIST_OF("m.outgoing = 1 AND m.state < 3 AND (?1 = 0 OR m.person = ?1)"
	                              " ORDER BY m.row"),
	/* Not copies of what another device of ours has yet to send. */
	[STORE_LIST_UNSENT] = LIST_OF("m.outgoing = 1 AND m.state < 3 AND m.state = 1"
	                              " AND m.device = (SELECT v FROM value WHERE key = 'device.id')"
	                              " AND (?1 = 0 OR m.person = ?1) ORDER BY m.row"),
	[STORE_LIST_UNSEALED] = LIST_OF("m.outgoing = 1 AND m.state < 3 AND m.state = 1"
	                                " AND m.mh IS NULL"
	                                " AND (?1 = 0 OR m.person = ?1) ORDER BY m.row"),
};

int
store_message_each(struct store *s, const struct store_query *q, store_message_fn *fn, void *arg)
{
	sqlite3_stmt *st;
	int r;

	if (q->list == STORE_LIST_HISTORY)
		return search_run(s, q, fn, arg);
	r = store_query_open(s, &st, lists[q->list], "i", q->person);
	return r != 0 ? r : store_message_walk(s, st, fn, arg);
}

static int
count_one(void *arg, const struct store_message *m)
{
	++*(uint32_t *)arg;
	return 0;
}

int
store_message_count(struct store *s, enum store_list list, int64_t person, uint32_t *out)
{
	struct store_query q = { .list = list, .person = person };

	*out = 0;
	return store_message_each(s, &q, count_one, out);
}
