/*
 * Open addressing with linear probing in a power of two of slots, grown at three quarters. Taking
 * out leaves a tombstone (a slot without value but with used set); growing sheds them. Each slot
 * keeps the hash, so that a probe compares octets only where the whole hash agrees.
 */
#include "server/table.h"

#include <openssl/rand.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

#define TABLE_FIRST 16

struct slot {
	uint64_t hash;
	struct bytes key;
	void *value;
	bool used;
};

struct table {
	struct slot *slots;
	size_t cap, live, used;
	uint64_t k0, k1;
};

static uint64_t
rotl(uint64_t x, int b)
{
	return x << b | x >> (64 - b);
}

static void
sip_rounds(uint64_t v[4], int n)
{
	while (n-- > 0) {
		v[0] += v[1];
		v[1] = rotl(v[1], 13) ^ v[0];
		v[0] = rotl(v[0], 32);
		v[2] += v[3];
		v[3] = rotl(v[3], 16) ^ v[2];
		v[0] += v[3];
		v[3] = rotl(v[3], 21) ^ v[0];
		v[2] += v[1];
		v[1] = rotl(v[1], 17) ^ v[2];
		v[2] = rotl(v[2], 32);
	}
}

static uint64_t
sip_word(const uint8_t *p, size_t n)
{
	uint64_t w = 0;

	for (size_t i = 0; i < n; i++)
		w |= (uint64_t)p[i] << (8 * i);
	return w;
}

/* SipHash-2-4, Aumasson and Bernstein 2012. */
static uint64_t
sip_hash(const struct table *t, struct bytes key)
{
	uint64_t v[4] = { t->k0 ^ 0x736f6d6570736575, t->k1 ^ 0x646f72616e646f6d,
		t->k0 ^ 0x6c7967656e657261, t->k1 ^ 0x7465646279746573 };
	size_t whole = key.n / 8;
	uint64_t m;

	for (size_t i = 0; i < whole; i++) {
		m = sip_word(key.p + 8 * i, 8);
		v[3] ^= m;
		sip_rounds(v, 2);
		v[0] ^= m;
	}
	m = sip_word(key.p + 8 * whole, key.n % 8) | (uint64_t)key.n << 56;
	v[3] ^= m;
	sip_rounds(v, 2);
	v[0] ^= m;
	v[2] ^= 0xff;
	sip_rounds(v, 4);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

struct table *
table_new(void)
{
	struct table *t = mem_alloc(sizeof(*t));
	uint64_t k[2];

	if (RAND_bytes((unsigned char *)k, sizeof(k)) != 1)
		abort();
	t->k0 = k[0];
	t->k1 = k[1];
	t->cap = TABLE_FIRST;
	t->slots = mem_array(t->cap, sizeof(*t->slots));
	return t;
}

void
table_free(struct table **pt, void (*drop)(void *value))
{
	struct table *t = *pt;

	if (t == NULL)
		return;
	*pt = NULL;
	for (size_t i = 0; drop != NULL && i < t->cap; i++)
		if (t->slots[i].value != NULL)
			drop(t->slots[i].value);
	free(t->slots);
	free(t);
}

/* The slot that holds the key, or NULL. */
static struct slot *
find(const struct table *t, struct bytes key)
{
	uint64_t hash = sip_hash(t, key);
	struct slot *s;

	for (size_t i = hash & (t->cap - 1);; i = (i + 1) & (t->cap - 1)) {
		s = &t->slots[i];
		if (!s->used)
			return NULL;
		if (s->value != NULL && s->hash == hash && bytes_equal(s->key, key))
			return s;
	}
}

static void
place(struct table *t, uint64_t hash, struct bytes key, void *value)
{
	size_t i = hash & (t->cap - 1);

	while (t->slots[i].value != NULL)
		i = (i + 1) & (t->cap - 1);
	if (!t->slots[i].used)
		t->used++;
	t->slots[i] = (struct slot){ hash, key, value, true };
	t->live++;
}

static void
resize(struct table *t, size_t cap)
{
	struct slot *old = t->slots;
	size_t oldcap = t->cap;

	t->slots = mem_array(cap, sizeof(*t->slots));
	t->cap = cap;
	t->live = t->used = 0;
	for (size_t i = 0; i < oldcap; i++)
		if (old[i].value != NULL)
			place(t, old[i].hash, old[i].key, old[i].value);
	free(old);
}

int
table_put(struct table *t, struct bytes key, void *value)
{
	if (find(t, key) != NULL)
		return ERR_TAKEN;
	if (t->used + 1 > t->cap / 4 * 3)
		resize(t, t->live > t->cap / 2 ? t->cap * 2 : t->cap);
	place(t, sip_hash(t, key), key, value);
	return 0;
}

void *
table_get(const struct table *t, struct bytes key)
{
	struct slot *s = find(t, key);

	return s != NULL ? s->value : NULL;
}

void *
table_take(struct table *t, struct bytes key)
{
	struct slot *s = find(t, key);
	void *value;

	if (s == NULL)
		return NULL;
	value = s->value;
	*s = (struct slot){ .used = true };
	t->live--;
	return value;
}

size_t
table_count(const struct table *t)
{
	return t->live;
}

void
table_each(struct table *t, bool (*visit)(void *value, void *arg), void *arg)
{
	for (size_t i = 0; i < t->cap; i++)
		if (t->slots[i].value != NULL && !visit(t->slots[i].value, arg))
			return;
}
