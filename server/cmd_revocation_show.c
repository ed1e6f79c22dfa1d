/* Revocation lists as a person, or a script, reads them. */
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "server/cmd_revocation.h"

/* One list, one source, or both together. */
struct row {
	const struct revocation_info *list; /* NULL: none */
	const struct fetch_source *source;  /* NULL: not fetched */
	uint64_t now;
};

static uint64_t
since(uint64_t now, uint64_t at)
{
	return now > at ? (now - at) / 1000 : 0;
}

/* ---------------------------------------------------------------------------- JSON */

static json_t *
json_time(uint64_t ms)
{
	char text[CLOCK_TEXT_MAX];

	if (ms == 0)
		return json_null();
	clock_text(ms, text);
	return json_string(text);
}

static void
json_list(json_t *o, const struct revocation_info *i, uint64_t now)
{
	char hex[2 * REVOCATION_HASH_LEN + 1];

	hex_encode(i->sha256, sizeof(i->sha256), hex);
	json_object_set_new(o, "issuer", json_string(i->issuer_text));
	json_object_set_new(o, "delta", json_boolean(i->delta));
	json_object_set_new(o, "sha256", json_string(hex));
	json_object_set_new(o, "size", json_integer((json_int_t)i->size));
	json_object_set_new(o, "this_update", json_time(i->this_update));
	json_object_set_new(o, "next_update", json_time(i->next_update));
	json_object_set_new(o, "age_s", json_integer((json_int_t)since(now, i->this_update)));
	json_object_set_new(
	    o, "current", json_boolean(i->next_update == 0 || now < i->next_update));
}

static void
print_json(const struct row *w)
{
	const struct fetch_source *s = w->source;
	json_t *o = json_object();
	char *text;

	json_object_set_new(o, "v", json_integer(1));
	json_object_set_new(o, "type", json_string("list"));
	if (w->list != NULL)
		json_list(o, w->list, w->now);
	else
		json_object_set_new(o, "issuer", json_null());
	json_object_set_new(o, "url",
	    s != NULL                                        ? json_string(s->url)
		: w->list != NULL && w->list->url[0] != '\0' ? json_string(w->list->url)
							     : json_null());
	json_object_set_new(o, "fetched_at", json_time(s != NULL ? s->fetched : 0));
	json_object_set_new(o, "tried_at", json_time(s != NULL ? s->tried : 0));
	json_object_set_new(o, "failures", json_integer(s != NULL ? s->failures : 0));
	json_object_set_new(
	    o, "error", s != NULL && s->error[0] != '\0' ? json_string(s->error) : json_null());
	text = json_dumps(o, JSON_COMPACT);
	if (text != NULL)
		puts(text);
	free(text);
	json_decref(o);
}

/* ---------------------------------------------------------------------------- text */

static void
print_list(const struct revocation_info *i, uint64_t now)
{
	char age[CLOCK_TEXT_MAX], next[CLOCK_TEXT_MAX] = "none";

	clock_age(since(now, i->this_update), age);
	if (i->next_update != 0)
		clock_text(i->next_update, next);
	printf("%s%s\n    age %s, next update %s%s, %zu octets\n", i->issuer_text,
	    i->delta ? " (delta)" : "", age, next,
	    i->next_update != 0 && now >= i->next_update ? " (OVERDUE)" : "", i->size);
}

static void
print_source(const struct fetch_source *s, uint64_t now)
{
	char age[CLOCK_TEXT_MAX];

	if (s->fetched != 0) {
		clock_age(since(now, s->fetched), age);
		printf("    fetched %s ago from %s\n", age, s->url);
	} else
		printf("    never fetched from %s\n", s->url);
	if (s->error[0] == '\0')
		return;
	clock_age(since(now, s->tried), age);
	printf("    FAILED %s ago (%" PRIu32 "): %s\n", age, s->failures, s->error);
}

static void
print_row(const struct row *w, bool json)
{
	if (json) {
		print_json(w);
		return;
	}
	if (w->list != NULL)
		print_list(w->list, w->now);
	else
		printf("no list yet\n");
	if (w->source != NULL)
		print_source(w->source, w->now);
	else if (w->list->url[0] != '\0')
		printf("    from a folder; its distribution point is %s\n", w->list->url);
	else
		printf("    from a folder\n");
}

void
cmd_revocation_show_list(const struct revocation *r, bool json)
{
	struct row w = { revocation_info(r), NULL, clock_now_ms() };

	if (json)
		print_json(&w);
	else
		print_list(w.list, w.now);
}

/* ---------------------------------------------------------------------------- all of them */

static const struct fetch_source *
source_of(const struct fetch_sources *s, const struct revocation_info *i)
{
	for (size_t n = 0; n < s->count; n++)
		if (memcmp(s->at[n]->list, i->sha256, sizeof(i->sha256)) == 0)
			return s->at[n];
	return NULL;
}

static void
print_one_source(struct trust *t, const struct fetch_source *s, bool json)
{
	struct revocation *list = NULL;
	struct row w = { NULL, s, clock_now_ms() };

	if (cert_store_crl(trust_store(t), s->list, &list) == 0)
		w.list = revocation_info(list);
	print_row(&w, json);
	revocation_free(&list);
}

void
cmd_revocation_show(struct trust *t, const struct fetch_sources *s, bool json)
{
	struct revocation **lists = NULL;
	size_t n = 0;

	cert_store_crls(trust_store(t), &lists, &n);
	for (size_t i = 0; i < n; i++) {
		struct row w = { revocation_info(lists[i]), NULL, clock_now_ms() };

		if (source_of(s, w.list) == NULL)
			print_row(&w, json);
		revocation_free(&lists[i]);
	}
	free(lists);
	for (size_t i = 0; i < s->count; i++)
		print_one_source(t, s->at[i], json);
}

void
cmd_revocation_show_fetched(
    struct trust *t, const struct fetch_sources *s, bool json, size_t *failed)
{
	*failed = 0;
	for (size_t i = 0; i < s->count; i++) {
		print_one_source(t, s->at[i], json);
		*failed += s->at[i]->error[0] != '\0';
	}
}
