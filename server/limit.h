/*
 * limit: token buckets. A rate allows `burst` at once and refills `per_minute` a minute.
 *
 * A limit_bucket is for one device or connection and needs no lock. A limit_map holds buckets by
 * address or device id for all loops, with its own lock, and forgets those that are full again.
 */
#ifndef RECADO_SERVER_LIMIT_H
#define RECADO_SERVER_LIMIT_H

#include <stdbool.h>
#include "base/buf.h"

struct limit_rate {
	uint32_t per_minute; /* 0: nothing is allowed after the burst */
	uint32_t burst;
};

/* All zero is a fresh, full bucket. */
struct limit_bucket {
	uint64_t at;   /* monotonic ms of the last refill; 0: never used */
	uint64_t left; /* thousandths of a token */
};

/* Takes n tokens if they are there. now: monotonic ms. */
bool limit_take(struct limit_bucket *b, const struct limit_rate *r, uint32_t n, uint64_t now);
/* Would the bucket be full now? */
bool limit_is_full(const struct limit_bucket *b, const struct limit_rate *r, uint64_t now);

#define LIMIT_KEY_MAX 32
#define LIMIT_MAP_MAX 65536 /* buckets of one map; beyond, the one unused for longest is forgotten */

struct limit_map;

struct limit_map *limit_map_new(const struct limit_rate *r);
void limit_map_free(struct limit_map **pm);
/* key: 1..LIMIT_KEY_MAX octets. Any thread. */
bool limit_map_take(struct limit_map *m, struct bytes key, uint32_t n, uint64_t now);
size_t limit_map_count(struct limit_map *m);

#endif
