/*
 * Random schedules between two to four devices: send, deliver in any order, drop, duplicate,
 * replay, tamper, deliver to somebody else, reset, start at the same time. What must hold:
 *
 *   - nothing forged or changed opens, and a failed open leaves the session octet for octet
 *   - no key seals two things (every call of suite_seal_at is watched)
 *   - no message is delivered twice, or as another
 *   - what was not dropped is delivered, after a reset by way of a second sealing
 *
 * RECADO_SCHEDULES sets how many (2000), RECADO_SEED the first seed. A failure prints its seed.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/suite.h"
#include "unit.h"
#include "wire/pb.h"
#include "world.h"

#define MATERIALS_MAX 4096

static uint64_t at; /* the seed that runs */

/* --- every key seals one thing --------------------------------------------------------------- */

static uint8_t materials[MATERIALS_MAX][16];
static size_t material_count;

int __real_suite_seal_at(struct suite_cipher *c, const uint8_t *material, struct bytes ad,
    struct bytes plaintext, uint8_t *out);
int __wrap_suite_seal_at(struct suite_cipher *c, const uint8_t *material, struct bytes ad,
    struct bytes plaintext, uint8_t *out);

int
__wrap_suite_seal_at(struct suite_cipher *c, const uint8_t *material, struct bytes ad,
    struct bytes plaintext, uint8_t *out)
{
	for (size_t i = 0; i < material_count; i++)
		ck_assert_msg(memcmp(materials[i], material, 16) != 0, "a key seals twice");
	ck_assert_uint_lt(material_count, MATERIALS_MAX);
	memcpy(materials[material_count++], material, 16);
	return __real_suite_seal_at(c, material, ad, plaintext, out);
}

/* --- sending --------------------------------------------------------------------------------- */

static void
plaintext_of(unsigned id, char out[64])
{
	snprintf(out, 64, "message %u%.*s", id, (int)(id % 40),
	    "........................................");
}

/* Seal a message (again) and put it on its way. */
static void
post(struct world *w, int from, int to, unsigned id)
{
	struct device *d = &w->device[from];
	struct mail *m;
	char text[64];

	if (w->mail_count == MAIL_MAX)
		return;
	if (d->current[to] == NULL)
		d->current[to] =
		    *world_hold(d, to, pair_start(&world_keys[from], &world_keys[to], w->suite));
	m = &w->mail[w->mail_count++];
	plaintext_of(id, text);
	*m = (struct mail){ .envelope = pair_seal(d->current[to], text),
		.from = from,
		.to = to,
		.id = id,
		.in_flight = true,
		.sealed_in = world_copy(d->current[to]) };
	for (size_t i = 0; i < d->count; i++)
		if (d->sessions[i].s == d->current[to] && world_below(w, 2) == 0)
			world_replace(
			    d, &d->sessions[i].s, world_copy(d->sessions[i].s)); /* the store */
}

static void
send_new(struct world *w)
{
	int from = (int)world_below(w, (size_t)w->devices);
	int to = (from + 1 + (int)world_below(w, (size_t)w->devices - 1)) % w->devices;

	if (w->mail_count < MAIL_MAX / 2)
		post(w, from, to, w->message_count++);
}

/* --- delivering ------------------------------------------------------------------------------ */

static void
check_text(struct world *w, unsigned id)
{
	char want[64];

	plaintext_of(id, want);
	ck_assert_uint_eq(buf_len(w->plain), strlen(want));
	ck_assert_mem_eq(buf_ptr(w->plain), want, strlen(want));
}

/* Only a reset excuses mail that does not open. */
static void
check_lost(const struct world *w, const struct mail *m)
{
	const struct device *d = &w->device[m->to];

	ck_assert_msg(d->resets[m->from] > 0, "message %u does not open", m->id);
	for (size_t i = 0; i < d->count; i++)
		ck_assert_msg(session_compare(d->sessions[i].s, m->sealed_in) != 0,
		    "message %u does not open on its session", m->id);
}

/* Mail that does not open was sealed in a session the recipient has reset: it asks for it again,
 * whereupon the sender ends that session. */
static void
deliver(struct world *w, struct mail *m)
{
	struct message *msg = &w->message[m->id];
	int r = world_receive(w, m->to, buf_view(m->envelope));

	m->in_flight = false;
	if (r == 0) {
		check_text(w, m->id);
		ck_assert_uint_eq(msg->delivered, 0);
		msg->delivered++;
		return;
	}
	if (msg->delivered > 0 || msg->dropped)
		return;
	check_lost(w, m);
	w->device[m->from].current[m->to] = NULL;
	post(w, m->from, m->to, m->id);
}

static struct mail *
pick(struct world *w, bool in_flight)
{
	size_t start, i;

	if (w->mail_count == 0)
		return NULL;
	start = world_below(w, w->mail_count);
	for (i = 0; i < w->mail_count; i++) {
		struct mail *m = &w->mail[(start + i) % w->mail_count];

		if (m->in_flight == in_flight)
			return m;
	}
	return NULL;
}

static void
deliver_any(struct world *w)
{
	struct mail *m = pick(w, true);

	if (m != NULL)
		deliver(w, m);
}

/* --- mischief -------------------------------------------------------------------------------- */

static void
drop(struct world *w)
{
	struct mail *m = pick(w, true);

	if (m == NULL)
		return;
	m->in_flight = false;
	w->message[m->id].dropped = w->message[m->id].delivered == 0;
}

/* Old mail once more: nothing new comes of it. */
static void
replay(struct world *w)
{
	struct mail *m = pick(w, false);

	if (m != NULL && w->message[m->id].delivered > 0)
		ck_assert_int_lt(world_receive(w, m->to, buf_view(m->envelope)), 0);
}

static void
duplicate(struct world *w)
{
	struct mail *m = pick(w, true);
	struct buf *copy;

	if (m == NULL)
		return;
	copy = buf_new(ENVELOPE_MAX);
	ck_assert_int_eq(buf_put_bytes(copy, buf_view(m->envelope)), 0);
	deliver(w, m);
	if (w->message[m->id].delivered > 0)
		ck_assert_int_lt(world_receive(w, m->to, buf_view(copy)), 0);
	buf_free(&copy);
}

static void
misdeliver(struct world *w)
{
	struct mail *m = pick(w, true);

	for (int to = 0; m != NULL && to < w->devices; to++)
		if (to != m->to)
			ck_assert_int_lt(world_receive(w, to, buf_view(m->envelope)), 0);
}

static void
flip(struct world *w)
{
	struct mail *m = pick(w, world_below(w, 4) != 0);
	struct buf *forged;
	uint8_t *p;

	if (m == NULL)
		return;
	forged = buf_new(ENVELOPE_MAX);
	ck_assert_int_eq(buf_reserve(forged, buf_len(m->envelope), &p), 0);
	memcpy(p, buf_ptr(m->envelope), buf_len(m->envelope));
	p[world_below(w, buf_len(forged))] ^= (uint8_t)(1u << world_below(w, 8));
	ck_assert_int_lt(world_receive(w, m->to, buf_view(forged)), 0);
	buf_free(&forged);
}

/* Parts of one envelope in another. */
static void
splice(struct world *w)
{
	struct mail *m = pick(w, true), *n = pick(w, world_below(w, 2) == 0);
	Recado__Envelope *a = NULL, *b = NULL;
	Recado__Envelope mixed;
	struct buf *forged;

	if (m == NULL || n == NULL || m == n)
		return;
	ck_assert_int_eq(pb_unpack(&recado__envelope__descriptor, buf_view(m->envelope), &a), 0);
	ck_assert_int_eq(pb_unpack(&recado__envelope__descriptor, buf_view(n->envelope), &b), 0);
	forged = buf_new(2 * ENVELOPE_MAX);
	mixed = *a;
	switch (world_below(w, 4)) {
	case 0:
		mixed.tag = b->tag;
		break;
	case 1:
		mixed.header = b->header;
		break;
	case 2:
		mixed.body = b->body;
		break;
	case 3:
		mixed.initial = b->initial;
		break;
	}
	ck_assert_int_eq(pb_pack(&mixed, forged), 0);
	if (!bytes_equal(buf_view(forged), buf_view(m->envelope)) &&
	    !bytes_equal(buf_view(forged), buf_view(n->envelope)))
		ck_assert_int_lt(world_receive(w, m->to, buf_view(forged)), 0);
	pb_free(&a);
	pb_free(&b);
	buf_free(&forged);
}

static void
reset(struct world *w)
{
	int one = (int)world_below(w, (size_t)w->devices);
	int other = (one + 1 + (int)world_below(w, (size_t)w->devices - 1)) % w->devices;

	if (world_below(w, 6) != 0)
		return;
	world_forget(&w->device[one], other);
	w->device[one].resets[other]++;
}

/* Both write before either has read. */
static void
cross(struct world *w)
{
	int one = (int)world_below(w, (size_t)w->devices);
	int other = (one + 1 + (int)world_below(w, (size_t)w->devices - 1)) % w->devices;

	if (w->mail_count >= MAIL_MAX / 2)
		return;
	post(w, one, other, w->message_count++);
	post(w, other, one, w->message_count++);
}

/* --- a schedule ------------------------------------------------------------------------------ */

static void (*const acts[])(struct world *) = { send_new, send_new, send_new, deliver_any,
	deliver_any, deliver_any, deliver_any, drop, replay, duplicate, misdeliver, flip, splice,
	reset, cross };

static void
finish(struct world *w)
{
	struct mail *m;

	while ((m = pick(w, true)) != NULL)
		deliver(w, m);
	ck_assert_uint_lt(w->mail_count, MAIL_MAX);
	ck_assert_uint_ge(material_count, 2 * w->mail_count); /* they were watched */
	for (unsigned i = 0; i < w->message_count; i++)
		ck_assert_msg(w->message[i].delivered == 1 ||
			(w->message[i].dropped && w->message[i].delivered == 0),
		    "message %u: delivered %u", i, w->message[i].delivered);
}

static void
clear(struct world *w)
{
	for (int d = 0; d < w->devices; d++)
		for (int peer = 0; peer < w->devices; peer++)
			world_forget(&w->device[d], peer);
	for (size_t i = 0; i < w->mail_count; i++) {
		buf_free(&w->mail[i].envelope);
		session_free(&w->mail[i].sealed_in);
	}
	buf_free(&w->plain);
	free(w);
}

static void
run(uint64_t seed)
{
	struct world *w = mem_alloc(sizeof(*w));
	size_t steps;

	w->random = seed;
	material_count = 0;
	w->plain = buf_new_secret(ENVELOPE_MAX);
	w->devices = 2 + (int)world_below(w, DEVICES_MAX - 1);
	w->suite = suite_all()[world_below(w, SUITE_COUNT)];
	steps = 10 + world_below(w, 40);
	while (steps-- > 0)
		acts[world_below(w, sizeof(acts) / sizeof(acts[0]))](w);
	finish(w);
	clear(w);
}

static uint64_t
number(const char *name, uint64_t otherwise)
{
	const char *s = getenv(name);

	return s != NULL && *s != '\0' ? strtoull(s, NULL, 0) : otherwise;
}

START_TEST(schedules)
{
	uint64_t seed = number("RECADO_SEED", 1), n = number("RECADO_SCHEDULES", 2000);

	for (int i = 0; i < DEVICES_MAX; i++)
		pair_device_init(&world_keys[i], (uint8_t)(16 * (i + 1)));
	for (uint64_t i = 0; i < n; i++) {
		if (i % 10000 == 9999)
			fprintf(stderr, "%" PRIu64 " schedules\n", i + 1);
		at = seed + i;
		run(at);
	}
	at = 0;
	for (int i = 0; i < DEVICES_MAX; i++)
		pair_device_clear(&world_keys[i]);
}
END_TEST

/* Without a fork, so that the seed is at hand afterwards. */
int
main(void)
{
	Suite *s = suite_create("session property");
	TCase *c = tcase_create("session property");
	int status;

	tcase_add_test(c, schedules);
	suite_add_tcase(s, c);
	if ((status = unit_run_as(s, CK_NOFORK)) != EXIT_SUCCESS)
		fprintf(stderr, "again: RECADO_SEED=%" PRIu64 " RECADO_SCHEDULES=1\n", at);
	return status;
}
