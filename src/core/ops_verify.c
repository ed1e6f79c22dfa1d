/*
 * Comparing safety numbers. Whoever compares hears the number from the other side and types it, the
 * whole or three groups that are drawn here, so that nobody types what stands on his own screen by
 * habit. A number that is another one ends what an earlier comparison had shown.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "core/contact.h"
#include "core/ops.h"
#include "core/trust.h"
#include "core/whois.h"
#include "crypto/rand.h"

#define GROUPS 12
#define GROUP_DIGITS 5
#define ASKED 3
#define NUMBER_DIGITS (GROUPS * GROUP_DIGITS)
#define ASKED_DIGITS (ASKED * GROUP_DIGITS)

struct verify {
	int groups[ASKED]; /* 1..12, ascending */
};

/* ------------------------------------------------------------------------------ digits */

/* The digits of text: people type and paste them in any grouping. Their number; more than there is
 * room for counts on. */
static size_t
digits_of(const char *text, char out[NUMBER_DIGITS])
{
	size_t n = 0;

	memset(out, 0, NUMBER_DIGITS);
	for (; *text != '\0'; text++) {
		if (!isdigit((unsigned char)*text))
			continue;
		if (n < NUMBER_DIGITS)
			out[n] = *text;
		n++;
	}
	return n;
}

/* 0; ERR_FALSE: another number; ERR_USAGE: neither the whole nor the groups asked for (NULL: none
 * were). */
static int
compare(const char *typed, const char *number, const struct verify *asked)
{
	char given[NUMBER_DIGITS], all[NUMBER_DIGITS], want[ASKED_DIGITS];
	size_t n = digits_of(typed, given), i;
	bool same;

	(void)digits_of(number, all);
	for (i = 0; i < ASKED && asked != NULL; i++)
		memcpy(want + i * GROUP_DIGITS, all + (asked->groups[i] - 1) * GROUP_DIGITS,
		    GROUP_DIGITS);
	if (n == NUMBER_DIGITS)
		same = mem_equal_ct(given, all, NUMBER_DIGITS);
	else if (n == ASKED_DIGITS && asked != NULL)
		same = mem_equal_ct(given, want, ASKED_DIGITS);
	else
		return ERR_USAGE;
	return same ? 0 : ERR_FALSE;
}

/* ------------------------------------------------------------------------------ outcomes */

static void
keep(struct op *op, struct store_person *p, const char *number)
{
	struct store *s = op->e->store;
	int r = store_begin(s);

	if (r == 0) {
		p->verified_at = clock_now_ms();
		memset(p->verified, 0, sizeof(p->verified));
		memcpy(p->verified, number, strlen(number));
		if ((r = store_person_set(s, p)) == 0)
			r = store_past_add(s, p->id, p->verified_at, "safety number compared by you");
		r = store_end(s, r);
	}
	if (r == 0) {
		contact_publish(op->e, p->id);
		whois_emit(op, p);
	}
	op_end(op, r, NULL);
}

static void
refuse(struct op *op, struct store_person *p)
{
	struct store *s = op->e->store;
	struct fault f = { 0 };
	int r = store_begin(s);

	if (r == 0) {
		p->verified_at = 0;
		memset(p->verified, 0, sizeof(p->verified));
		if ((r = store_person_set(s, p)) == 0)
			r = store_past_add(s, p->id, clock_now_ms(), "safety number compared: it was another one");
		r = store_end(s, r);
	}
	if (r != 0) {
		op_end(op, r, NULL);
		return;
	}
	contact_publish(op->e, p->id);
	fault_set(&f, ERR_FALSE, p->name, "the safety number is another one");
	fault_hint(&f, "Write nothing that matters. Compare once more over another channel; if it differs "
	    "again, somebody is in between, or devices changed: `recado whois %s`.", p->name);
	op_fail(op, &f);
}

static void
judge(struct op *op, struct store_person *p, const char *typed, const struct verify *asked)
{
	char number[SAFETY_TEXT];
	struct fault f = { 0 };
	int r = trust_safety(op->e->trust, p, number);

	if (r == 0)
		r = compare(typed, number, asked);
	if (r == 0) {
		keep(op, p, number);
	} else if (r == ERR_FALSE) {
		refuse(op, p);
	} else if (r == ERR_USAGE) {
		fault_set(&f, r, p->name, "this is no safety number");
		fault_hint(&f, "It has 12 groups of 5 digits.");
		op_fail(op, &f);
	} else {
		op_end(op, r, NULL);
	}
}

/* ------------------------------------------------------------------------------ asking */

static int
draw(struct verify *v)
{
	uint32_t n;
	int r = 0, i = 0, at;
	bool taken[GROUPS + 1] = { false };

	while (i < ASKED && (r = rand_range(1, GROUPS, &n)) == 0) {
		i += !taken[n];
		taken[n] = true;
	}
	for (i = 0, at = 1; r == 0 && at <= GROUPS && i < ASKED; at++)
		if (taken[at])
			v->groups[i++] = at;
	return r;
}

static void
answered(struct op *op, const char *text)
{
	struct store_person p;

	if (text == NULL)
		op_fail_with(op, ERR_CANCELED, op->cmd.name, "no safety number was given");
	else if (store_person_by_id(op->e->store, op->person, &p) != 0)
		op_fail_with(op, ERR_IO, op->cmd.name, "the store cannot be read");
	else
		judge(op, &p, text, op->state);
}

static void
ask(struct op *op, const struct store_person *p)
{
	struct core_ask q = { .kind = CORE_ASK_SAFETY, .token = mem_strdup(p->name) };
	struct verify *v = mem_alloc(sizeof(*v));
	int r = draw(v);

	op->state = v;
	op->drop = free;
	op->person = p->id;
	if (r != 0) {
		free(q.token);
		op_end(op, r, NULL);
		return;
	}
	memcpy(q.groups, v->groups, sizeof(q.groups));
	op_ask(op, &q, answered);
}

/* ------------------------------------------------------------------------------ verify */

static void
found(struct op *op, struct store_person *p, const struct fault *f)
{
	bool typed = op->cmd.text != NULL; /* an empty one, too: it is no number */
	bool asked = (op->cmd.flags & CORE_F_GROUPS) != 0;
	bool confirmed = (op->cmd.flags & CORE_F_CONFIRM) != 0;
	char number[SAFETY_TEXT];
	struct fault why = { 0 };
	int r;

	if (f != NULL) {
		op_fail(op, f);
	} else if ((typed || asked || confirmed) && trust_letter(op->e->trust, p) == '!') {
		(void)!trust_may_send(op->e->trust, p, &why);
		op_fail(op, &why);
	} else if ((r = trust_safety(op->e->trust, p, number)) != 0) {
		op_fail_with(op, r, p->name, "there is no safety number with this person yet");
	} else if (typed) {
		judge(op, p, op->cmd.text, NULL);
	} else if (confirmed) {
		keep(op, p, number);
	} else if (asked) {
		ask(op, p);
	} else {
		whois_emit(op, p);
		op_done(op, 0);
	}
}

void
ops_verify(struct op *op)
{
	contact_find(op, false, found);
}
