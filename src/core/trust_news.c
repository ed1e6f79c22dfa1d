/*
 * What changed in how far somebody can be believed. Each change is noticed once: it goes into the
 * history of the identity and, as a line, into the conversation; while nobody watches, the line
 * waits for the next screen.
 *
 * What was said last is kept as a word: "good", or why not. A list that is a day late says nothing
 * about anybody, so that not knowing is no news; but of somebody new it is kept that it was so, and
 * what is known then goes into the history.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/contact.h"
#include "core/outbox.h"
#include "core/trust_state.h"

#define KEY_MAX 48
#define UNSEEN_MAX 4096 /* octets of lines that wait for a screen */
#define NOT_YET "not yet known" /* whether revoked, since they were first seen */
#define CLOCK_S 20      /* how often dates and trust.crls are looked at while nothing else happens */

static void
key_of(const char *what, int64_t person, char out[KEY_MAX])
{
	snprintf(out, KEY_MAX, "%s.%" PRId64, what, person);
}

/* ------------------------------------------------------------------------------ telling */

/* A line that nobody saw: time and text, newest last. */
static void
keep_unseen(struct store *s, const struct store_person *p, const char *text)
{
	char key[KEY_MAX], *old, *all;
	uint64_t now = clock_now_ms();

	key_of("unseen", p->id, key);
	old = store_text_get(s, key);
	all = mem_format("%s%" PRIu64 " %s\n", old != NULL ? old : "", now, text);
	if (strlen(all) <= UNSEEN_MAX)
		(void)!store_text_set(s, key, all);
	free(old);
	free(all);
}

int
trust_tell(struct trust *t, const struct store_person *p, const char *past, const char *notice)
{
	struct engine *e = t->engine;

	if (notice != NULL && p->contact != CORE_CONTACT_NONE) {
		if (!engine_watched(e))
			keep_unseen(e->store, p, notice);
		engine_notice(e, p->name, notice);
	}
	return store_past_add(e->store, p->id, clock_now_ms(), past);
}

void
trust_unseen(struct op *op, const struct store_person *p)
{
	char key[KEY_MAX], *lines, *at, *end;
	struct store *s = op->e->store;

	key_of("unseen", p->id, key);
	if ((lines = store_text_get(s, key)) == NULL)
		return;
	for (at = lines; (end = strchr(at, '\n')) != NULL; at = end + 1) {
		struct core_event ev = { .kind = CORE_EV_NOTICE };
		char *text;

		*end = '\0';
		ev.note.at = strtoull(at, &text, 10);
		if (*text != ' ')
			continue;
		ev.note.name = mem_strdup(p->name);
		ev.note.text = mem_strdup(text + 1);
		op_emit(op, &ev);
	}
	if (lines[0] != '\0' && store_text_set(s, key, "") != 0)
		log_warn(op->e->log, "trust", "notices cannot be forgotten");
	free(lines);
}

/* ------------------------------------------------------------------------------ noticing */

/* V is of one number: another one has to be compared anew, also when the first comes back. */
static int
note_number(struct trust *t, struct store_person *p)
{
	char now[SAFETY_TEXT];
	int r;

	if (p->verified_at == 0 || trust_safety(t, p, now) != 0 || trust_safety_same(p, now))
		return 0;
	p->verified_at = 0;
	memset(p->verified, 0, sizeof(p->verified));
	if ((r = store_person_set(t->engine->store, p)) != 0)
		return r;
	return trust_tell(t, p, "no longer verified: the safety number changed",
	    "the safety number changed, so they are no longer verified: compare it again");
}

/* "good", or why not; NULL: not known at the moment. */
static const char *
standing(struct trust *t, const struct store_person *p)
{
	char letter = trust_letter(t, p);

	if (letter == '!')
		return trust_why(t, p);
	return letter == '?' ? NULL : "good";
}

static int
tell_standing(struct trust *t, const struct store_person *p, const char *last, const char *now)
{
	const struct identity *i = trust_identity(t, p);
	char *notice;
	int r;

	if (strcmp(now, "good") == 0 && strcmp(last, NOT_YET) == 0)
		return trust_tell(t, p, "the certificate is good", NULL);
	if (strcmp(now, "good") == 0)
		return trust_tell(t, p, "the certificate is good again",
		    "their certificate is good again: messages go out to them");
	if (strcmp(now, "changed") == 0 || i == NULL)
		return 0; /* told where it was found */
	notice = mem_format("nothing is sent to them any more: %s", identity_verdict(i)->sentence);
	r = trust_tell(t, p, identity_verdict(i)->sentence, notice);
	free(notice);
	return r;
}

static int
note_standing(struct trust *t, const struct store_person *p)
{
	struct store *s = t->engine->store;
	const char *now = standing(t, p);
	char key[KEY_MAX], *last;
	int r = 0;

	key_of("standing", p->id, key);
	last = store_text_get(s, key);
	if (now == NULL)
		now = last != NULL ? last : NOT_YET;
	if (last == NULL || strcmp(last, now) != 0)
		r = store_text_set(s, key, now);
	/* "changed" is told where it begins and ends */
	if (r == 0 && last != NULL && strcmp(last, now) != 0 && strcmp(last, "changed") != 0)
		r = tell_standing(t, p, last, now);
	free(last);
	return r;
}

void
trust_note(struct trust *t, struct store_person *p)
{
	struct store *s = t->engine->store;
	int r;

	if (!p->known)
		return;
	if ((r = store_begin(s)) == 0) {
		if ((r = note_number(t, p)) == 0)
			r = note_standing(t, p);
		r = store_end(s, r);
	}
	if (r != 0)
		log_warn(t->engine->log, "trust", "a change cannot be kept: %s", err_text(r));
}

/* ------------------------------------------------------------------------------ everybody */

struct people {
	int64_t *id;
	size_t n;
};

static int
people_add(void *arg, const struct store_person *p)
{
	struct people *all = arg;

	if (!p->known)
		return 0;
	all->id = mem_grow(all->id, all->n + 1, sizeof(*all->id));
	all->id[all->n++] = p->id;
	return 0;
}

/* Has the letter become another since it was last looked at here? */
static bool
letter_moved(struct trust *t, const struct store_person *p)
{
	char now = trust_letter(t, p);
	struct trust_cached *c = trust_cached(t, p->id);
	bool moved = c != NULL && c->letter != now;

	if (c != NULL)
		c->letter = now;
	return moved;
}

bool
trust_note_all(struct trust *t)
{
	struct people all = { NULL, 0 };
	struct store_person p;
	bool moved = false;
	size_t i;

	if (store_person_each(t->engine->store, people_add, &all) != 0)
		log_warn(t->engine->log, "trust", "people cannot be listed");
	for (i = 0; i < all.n; i++) {
		if (store_person_by_id(t->engine->store, all.id[i], &p) != 0)
			continue;
		trust_note(t, &p);
		if (!letter_moved(t, &p))
			continue;
		moved = true;
		if (p.contact != CORE_CONTACT_NONE) /* strangers are in no list */
			contact_publish(t->engine, p.id);
	}
	free(all.id);
	return moved;
}

/* Certificates run out, lists grow old and others are put into the folder without anybody saying so. */
static void
clock_rang(evutil_socket_t fd, short what, void *arg)
{
	struct trust *t = arg;

	trust_folder_look(t);
	if (t->engine->store != NULL && trust_note_all(t))
		outbox_kick(t->engine);
}

int
trust_news_open(struct trust *t)
{
	static const struct timeval every = { CLOCK_S, 0 };

	t->clock = event_new(t->engine->base, -1, EV_PERSIST, clock_rang, t);
	return t->clock != NULL && event_add(t->clock, &every) == 0 ? 0 : ERR_NOMEM;
}
