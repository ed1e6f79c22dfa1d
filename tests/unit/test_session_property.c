/*
 * Random schedules between two to four devices: send, deliver in any order, drop, duplicate,
 * replay, tamper, deliver to somebody else, reset, start at the same time. What must hold:
 *
 *   - nothing forged or changed opens, and a failed open leaves the session octet for octet
 *   - no key seals two things (every call of suite_seal is watched)
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
#include "pair.h"
#include "unit.h"
#include "wire/pb.h"

#define DEVICES_MAX 4
#define SESSIONS_MAX 24
#define MAIL_MAX 256
#define EPHEMERALS_MAX 64
#define MATERIALS_MAX 4096

struct held { /* a session that a device holds with a peer */
	struct session *s;
	int peer;
};

struct device {
	struct pair_device keys;
	struct held sessions[SESSIONS_MAX];
	size_t count;
	struct session *current[DEVICES_MAX]; /* to send on; one of sessions */
	unsigned resets[DEVICES_MAX];         /* how often the sessions with a peer were erased */
	uint8_t seen[EPHEMERALS_MAX][32];     /* ephemerals accepted under the signed prekey */
	size_t seen_count;
};

struct mail { /* a message, and an envelope of it */
	struct buf *envelope;
	struct session *sealed_in; /* a copy, to ask afterwards whether the recipient has it */
	int from, to;
	unsigned id;
	bool in_flight;
};

struct message {
	bool dropped;
	unsigned delivered;
};

struct world {
	uint64_t random;
	int devices;
	uint16_t suite;
	struct device device[DEVICES_MAX];
	struct mail mail[MAIL_MAX];
	size_t mail_count;
	struct message message[MAIL_MAX];
	unsigned message_count;
	struct buf *plain;
};

static struct pair_device keys[DEVICES_MAX];
static uint64_t at; /* the seed that runs */

/* --- every key seals one thing --------------------------------------------------------------- */

static uint8_t materials[MATERIALS_MAX][16];
static size_t material_count;

int __real_suite_seal(uint16_t id, const uint8_t *material, struct bytes ad,
    struct bytes plaintext, struct buf *out);
int __wrap_suite_seal(uint16_t id, const uint8_t *material, struct bytes ad,
    struct bytes plaintext, struct buf *out);

int
__wrap_suite_seal(uint16_t id, const uint8_t *material, struct bytes ad, struct bytes plaintext,
    struct buf *out)
{
	for (size_t i = 0; i < material_count; i++)
		ck_assert_msg(memcmp(materials[i], material, 16) != 0, "a key seals twice");
	ck_assert_uint_lt(material_count, MATERIALS_MAX);
	memcpy(materials[material_count++], material, 16);
	return __real_suite_seal(id, material, ad, plaintext, out);
}

/* --- chance ---------------------------------------------------------------------------------- */

static uint64_t
draw(struct world *w) /* splitmix64 */
{
	uint64_t z = (w->random += 0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static size_t
below(struct world *w, size_t n)
{
	return (size_t)(draw(w) % n);
}

/* --- sessions of a device -------------------------------------------------------------------- */

static struct session **
hold(struct device *d, int peer, struct session *s)
{
	ck_assert_uint_lt(d->count, SESSIONS_MAX);
	d->sessions[d->count] = (struct held){ s, peer };
	return &d->sessions[d->count++].s;
}

/* The next state takes the place of the last. */
static void
replace(struct device *d, struct session **slot, struct session *next)
{
	for (int i = 0; i < DEVICES_MAX; i++)
		if (d->current[i] == *slot)
			d->current[i] = next;
	session_free(slot);
	*slot = next;
}

static struct session *
copy_of(const struct session *s)
{
	struct buf *p = buf_new_secret(SESSION_PACKED_MAX);
	struct session *copy = NULL;

	ck_assert_int_eq(session_pack(s, p), 0);
	ck_assert_int_eq(session_unpack(buf_view(p), &copy), 0);
	buf_free(&p);
	return copy;
}

static void
forget(struct device *d, int peer)
{
	size_t n = 0;

	d->current[peer] = NULL;
	for (size_t i = 0; i < d->count; i++)
		if (d->sessions[i].peer == peer)
			session_free(&d->sessions[i].s);
		else
			d->sessions[n++] = d->sessions[i];
	d->count = n;
}

static struct session **
find(struct device *d, const uint8_t tag[SESSION_TAG])
{
	uint8_t tags[SESSION_TAGS_MAX][SESSION_TAG];

	for (size_t i = 0; i < d->count; i++) {
		size_t n = session_tags(d->sessions[i].s, tags, SESSION_TAGS_MAX);

		for (size_t k = 0; k < n; k++)
			if (memcmp(tags[k], tag, SESSION_TAG) == 0)
				return &d->sessions[i].s;
	}
	return NULL;
}

static bool
seen(const struct device *d, const uint8_t ephemeral[32])
{
	for (size_t i = 0; i < d->seen_count; i++)
		if (memcmp(d->seen[i], ephemeral, 32) == 0)
			return true;
	return false;
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
		d->current[to] = *hold(d, to, pair_start(&keys[from], &keys[to], w->suite));
	m = &w->mail[w->mail_count++];
	plaintext_of(id, text);
	*m = (struct mail){ .envelope = pair_seal(d->current[to], text), .from = from, .to = to,
		.id = id, .in_flight = true, .sealed_in = copy_of(d->current[to]) };
	for (size_t i = 0; i < d->count; i++)
		if (d->sessions[i].s == d->current[to] && below(w, 2) == 0)
			replace(d, &d->sessions[i].s, copy_of(d->sessions[i].s)); /* the store */
}

static void
send_new(struct world *w)
{
	int from = (int)below(w, (size_t)w->devices);
	int to = (from + 1 + (int)below(w, (size_t)w->devices - 1)) % w->devices;

	if (w->mail_count < MAIL_MAX / 2)
		post(w, from, to, w->message_count++);
}

/* --- receiving ------------------------------------------------------------------------------- */

/* Open on a session; the packed state may change only when it opens. */
static int
open_on(struct world *w, struct device *d, struct session **slot, struct bytes envelope)
{
	struct buf *before = buf_new_secret(SESSION_PACKED_MAX),
	    *after = buf_new_secret(SESSION_PACKED_MAX);
	struct session *next = NULL;
	int r;

	ck_assert_int_eq(session_pack(*slot, before), 0);
	r = session_open(*slot, envelope, PAIR_NOW, &next, w->plain);
	ck_assert_int_eq(session_pack(*slot, after), 0);
	ck_assert(bytes_equal(buf_view(before), buf_view(after)));
	ck_assert_int_eq(r == 0, next != NULL);
	ck_assert(r == 0 || buf_len(w->plain) == 0);
	if (r == 0)
		replace(d, slot, next);
	buf_free(&before);
	buf_free(&after);
	return r;
}

/* A first message: of two that started at once the lower stays, otherwise the newer. */
static int
open_first(struct world *w, int to, const struct session_peek *peek, struct bytes envelope)
{
	struct device *d = &w->device[to];
	struct session *s = NULL, *mine, *kept;
	int r, from = 0;

	while (from < w->devices &&
	    memcmp(&keys[from].party, &peek->sender, sizeof(peek->sender)) != 0)
		from++;
	if (from == w->devices || from == to || seen(d, peek->ephemeral))
		return ERR_REPLAY;
	if ((r = pair_accept(&keys[to], envelope, &s)) != 0)
		return r;
	kept = s;
	if ((r = open_on(w, d, &kept, envelope)) != 0) {
		session_free(&kept);
		return r;
	}
	memcpy(d->seen[d->seen_count++], peek->ephemeral, 32);
	ck_assert_uint_lt(d->seen_count, EPHEMERALS_MAX);
	hold(d, from, kept);
	mine = d->current[from];
	if (mine == NULL || session_answered(mine) || session_compare(kept, mine) < 0)
		d->current[from] = kept;
	return 0;
}

/* What a device does with mail: the code, and the plaintext in w->plain. */
static int
receive(struct world *w, int to, struct bytes envelope)
{
	struct device *d = &w->device[to];
	struct session_peek peek;
	struct session **slot;
	int r;

	buf_reset(w->plain);
	if ((r = session_peek(envelope, &peek)) != 0)
		return r;
	if ((slot = find(d, peek.tag)) != NULL)
		return open_on(w, d, slot, envelope);
	return peek.initial ? open_first(w, to, &peek, envelope) : ERR_UNEXPECTED;
}

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
	int r = receive(w, m->to, buf_view(m->envelope));

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
	start = below(w, w->mail_count);
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
		ck_assert_int_lt(receive(w, m->to, buf_view(m->envelope)), 0);
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
		ck_assert_int_lt(receive(w, m->to, buf_view(copy)), 0);
	buf_free(&copy);
}

static void
misdeliver(struct world *w)
{
	struct mail *m = pick(w, true);

	for (int to = 0; m != NULL && to < w->devices; to++)
		if (to != m->to)
			ck_assert_int_lt(receive(w, to, buf_view(m->envelope)), 0);
}

static void
flip(struct world *w)
{
	struct mail *m = pick(w, below(w, 4) != 0);
	struct buf *forged;
	uint8_t *p;

	if (m == NULL)
		return;
	forged = buf_new(ENVELOPE_MAX);
	ck_assert_int_eq(buf_reserve(forged, buf_len(m->envelope), &p), 0);
	memcpy(p, buf_ptr(m->envelope), buf_len(m->envelope));
	p[below(w, buf_len(forged))] ^= (uint8_t)(1u << below(w, 8));
	ck_assert_int_lt(receive(w, m->to, buf_view(forged)), 0);
	buf_free(&forged);
}

/* Parts of one envelope in another. */
static void
splice(struct world *w)
{
	struct mail *m = pick(w, true), *n = pick(w, below(w, 2) == 0);
	Recado__Envelope *a = NULL, *b = NULL;
	Recado__Envelope mixed;
	struct buf *forged;

	if (m == NULL || n == NULL || m == n)
		return;
	ck_assert_int_eq(pb_unpack(&recado__envelope__descriptor, buf_view(m->envelope), &a), 0);
	ck_assert_int_eq(pb_unpack(&recado__envelope__descriptor, buf_view(n->envelope), &b), 0);
	forged = buf_new(2 * ENVELOPE_MAX);
	mixed = *a;
	switch (below(w, 4)) {
	case 0: mixed.tag = b->tag; break;
	case 1: mixed.header = b->header; break;
	case 2: mixed.body = b->body; break;
	case 3: mixed.initial = b->initial; break;
	}
	ck_assert_int_eq(pb_pack(&mixed, forged), 0);
	if (!bytes_equal(buf_view(forged), buf_view(m->envelope)) &&
	    !bytes_equal(buf_view(forged), buf_view(n->envelope)))
		ck_assert_int_lt(receive(w, m->to, buf_view(forged)), 0);
	pb_free(&a);
	pb_free(&b);
	buf_free(&forged);
}

static void
reset(struct world *w)
{
	int one = (int)below(w, (size_t)w->devices);
	int other = (one + 1 + (int)below(w, (size_t)w->devices - 1)) % w->devices;

	if (below(w, 6) != 0)
		return;
	forget(&w->device[one], other);
	w->device[one].resets[other]++;
}

/* Both write before either has read. */
static void
cross(struct world *w)
{
	int one = (int)below(w, (size_t)w->devices);
	int other = (one + 1 + (int)below(w, (size_t)w->devices - 1)) % w->devices;

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
			forget(&w->device[d], peer);
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
	w->devices = 2 + (int)below(w, DEVICES_MAX - 1);
	w->suite = suite_all()[below(w, SUITE_COUNT)];
	steps = 10 + below(w, 40);
	while (steps-- > 0)
		acts[below(w, sizeof(acts) / sizeof(acts[0]))](w);
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
		pair_device_init(&keys[i], (uint8_t)(16 * (i + 1)));
	for (uint64_t i = 0; i < n; i++) {
		if (i % 10000 == 9999)
			fprintf(stderr, "%" PRIu64 " schedules\n", i + 1);
		at = seed + i;
		run(at);
	}
	at = 0;
	for (int i = 0; i < DEVICES_MAX; i++)
		pair_device_clear(&keys[i]);
}
END_TEST

/* Without a fork, so that the seed is at hand afterwards. */
int
main(void)
{
	Suite *s = suite_create("session property");
	TCase *c = tcase_create("session property");
	SRunner *r;
	int failed;

	tcase_add_test(c, schedules);
	suite_add_tcase(s, c);
	r = srunner_create(s);
	srunner_set_fork_status(r, CK_NOFORK);
	srunner_run_all(r, CK_ENV);
	failed = srunner_ntests_failed(r);
	srunner_free(r);
	if (failed != 0)
		fprintf(stderr, "again: RECADO_SEED=%" PRIu64 " RECADO_SCHEDULES=1\n", at);
	return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
