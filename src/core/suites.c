/*
 * A floor is kept as the id of a suite, under the name of whom it is about. What our records list is
 * kept as a set of bits, the newest and what it replaced: a peer may hold the older record for as
 * long as its signed prekey is kept.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "core/prekeys.h"
#include "core/suites.h"

#define FLOOR_RELAY "relay.floor"
#define FLOOR_KEY 64

/* ------------------------------------------------------------------------------ what we list */

static uint64_t
bit(uint16_t suite)
{
	return 1ull << suite;
}

static uint64_t
configured(const struct engine *e)
{
	uint64_t mask = 0;
	size_t i;

	for (i = 0; i < e->config->suites.count; i++)
		mask |= bit(e->config->suites.id[i]);
	return mask;
}

/* What the last record lists. */
static int
listed(struct store *s, uint64_t *mask)
{
	return store_number_get(s, "record.suites", mask);
}

int
suites_publish(struct engine *e, struct store *s, uint32_t out[SUITE_COUNT], size_t *n)
{
	uint64_t old, before, until, now = clock_now_ms(), mask = configured(e);
	int i, r;

	for (*n = 0, i = 0; i < SUITE_COUNT; i++)
		if ((mask & bit(suite_all()[i])) != 0)
			out[(*n)++] = suite_all()[i];
	if ((r = listed(s, &old)) != 0 || old == mask)
		return r;
	if ((r = store_number_get(s, "record.suites.before", &before)) != 0 ||
	    (r = store_number_get(s, "record.suites.until", &until)) != 0)
		return r;
	if (now >= until)
		before = 0;
	if ((r = store_number_set(s, "record.suites", mask)) == 0 &&
	    (r = store_number_set(s, "record.suites.before", before | old)) == 0)
		r = store_number_set(s, "record.suites.until", now + PREKEYS_KEPT_MS);
	return r;
}

bool
suites_changed(struct engine *e)
{
	uint64_t mask;

	return listed(e->store, &mask) == 0 && mask != configured(e);
}

static bool
was_listed(struct engine *e, uint16_t suite)
{
	uint64_t before, until;

	if (suite_list_has(&e->config->suites, suite))
		return true;
	return store_number_get(e->store, "record.suites.before", &before) == 0 &&
	    store_number_get(e->store, "record.suites.until", &until) == 0 &&
	    clock_now_ms() < until && (before & bit(suite)) != 0;
}

/* ------------------------------------------------------------------------------ floors */

static void
floor_key(const uint8_t *device, char out[FLOOR_KEY])
{
	char hex[2 * STORE_DEVICE + 1];

	hex_encode(device, STORE_DEVICE, hex);
	snprintf(out, FLOOR_KEY, "floor.%s", hex);
}

static int
floor_check(struct engine *e, const char *key, const char *whose, uint16_t suite, struct fault *f)
{
	uint64_t floor;
	int r = store_number_get(e->store, key, &floor);

	if (r != 0)
		return fault_set(f, r, whose, "the store cannot be read");
	if (floor == 0 || floor > UINT16_MAX || suite_rank(suite) <= suite_rank((uint16_t)floor))
		return 0;
	fault_set(f, ERR_SUITE, whose, "it would be %s, after %s was in use", suite_name(suite),
	    suite_name((uint16_t)floor));
	return fault_hint(f, "recado never goes back to a lesser suite: let both sides offer the better "
	    "one again (recado --suites lists them, `suites` in the configuration chooses).");
}

static int
floor_raise(struct engine *e, const char *key, uint16_t suite)
{
	uint64_t floor;
	int r = store_number_get(e->store, key, &floor);

	if (r != 0 || suite_rank(suite) < 0)
		return r;
	if (floor != 0 && floor <= UINT16_MAX && suite_rank((uint16_t)floor) <= suite_rank(suite))
		return 0;
	return store_number_set(e->store, key, suite);
}

int
suites_relay_check(struct engine *e, uint16_t suite, struct fault *f)
{
	return floor_check(e, FLOOR_RELAY, e->account.relay, suite, f);
}

int
suites_relay_raise(struct engine *e, uint16_t suite)
{
	return floor_raise(e, FLOOR_RELAY, suite);
}

int
suites_peer_raise(struct engine *e, const uint8_t *device, uint16_t suite)
{
	char key[FLOOR_KEY];

	floor_key(device, key);
	return floor_raise(e, key, suite);
}

/* ------------------------------------------------------------------------------ sessions */

int
suites_choose(struct engine *e, const struct identity_device *d, uint16_t *out, struct fault *f)
{
	uint64_t mask = configured(e);
	char key[FLOOR_KEY];
	size_t i, k;

	*out = SUITE_NONE;
	for (i = 0; i < SUITE_COUNT && *out == SUITE_NONE; i++)
		for (k = 0; k < d->suite_count && (mask & bit(suite_all()[i])) != 0; k++)
			if (d->suites[k] == suite_all()[i])
				*out = d->suites[k];
	if (*out == SUITE_NONE) {
		fault_set(f, ERR_SUITE, d->name, "you and this device have no suite in common");
		return fault_hint(f, "recado --suites lists yours; `suites` in recado.conf chooses them.");
	}
	floor_key(d->id, key);
	return floor_check(e, key, d->name, *out, f);
}

int
suites_accept(struct engine *e, const uint8_t *device, uint16_t suite, struct fault *f)
{
	char key[FLOOR_KEY];

	if (!was_listed(e, suite))
		return fault_set(f, ERR_SUITE, suite_name(suite), "a suite that is not offered here");
	floor_key(device, key);
	return floor_check(e, key, "the new session", suite, f);
}
