#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "core/mailbox.h"
#include "crypto/kdf.h"
#include "crypto/warrant.h"

#define MAILBOX_PART_MAX 65536
/* A reply that comes this long after a claim was asked for after it, too (CONN_REPLY_MS). */
#define MAILBOX_CLAIM_MS 60000

static const char warranted_other[] =
    "a sender says that the relay warranted a message that is not in our mailbox";
static const char warranted_beyond[] =
    "a sender says that the relay warranted a message that its account of our mailbox ends before";

uint64_t
mailbox_length(struct engine *e)
{
	uint64_t n;

	return store_number_get(e->store, "chain.length", &n) == 0 ? n : 0;
}

static int
head_get(struct engine *e, uint64_t length, uint8_t head[32])
{
	if (length == 0)
		return warrant_chain_start(e->account.relay_id, e->account.device_id, head);
	return store_fixed_get(e->store, "chain.head", head, 32);
}

/* What we know already must be what the relay says again. */
static int
entry_same(struct engine *e, uint64_t index, const uint8_t *hash)
{
	uint8_t kept[STORE_HASH];
	int r = store_chain_get(e->store, index, kept);

	if (r == ERR_NOT_FOUND)
		return 0; /* so old that it was let go */
	return r != 0 ? r : memcmp(kept, hash, STORE_HASH) == 0 ? 0 : ERR_CHAIN;
}

/* It begins after what we know: the relay lets go what its recipient has verified, so it was told so
 * by whoever holds our keys, later than this copy of the store. */
static bool
is_gap(struct engine *e, const Recado__ChainPart *part)
{
	return part->first > mailbox_length(e) + 1 && part->length >= part->first - 1 &&
	    part->head.len == STORE_HASH;
}

/* What lies between cannot be checked any more: go on from what the relay says now. */
static int
gap_take(struct engine *e, const Recado__ChainPart *part)
{
	bool whole = part->first - 1 + part->n_hashes == part->length;
	uint8_t hash[STORE_HASH];
	size_t i;
	int r = 0;

	for (i = 0; whole && i < part->n_hashes && r == 0; i++)
		if ((r = pb_fixed(part->hashes[i], hash, STORE_HASH)) == 0)
			r = store_chain_add(e->store, part->first + i, hash);
	if (r == 0)
		r = store_number_set(e->store, "chain.length", part->length);
	return r != 0 ? r : store_value_set(e->store, "chain.head", pb_view(part->head));
}

static int
part_take(struct engine *e, const Recado__ChainPart *part)
{
	uint8_t head[32], hash[STORE_HASH];
	uint64_t length = mailbox_length(e), i;
	int r = head_get(e, length, head);

	if (r != 0)
		return r;
	if (part->n_hashes > MAILBOX_PART_MAX || part->length < length ||
	    (part->n_hashes > 0 && (part->first == 0 || part->first > length + 1)))
		return ERR_CHAIN;
	for (i = 0; i < part->n_hashes && r == 0; i++) {
		if ((r = pb_fixed(part->hashes[i], hash, STORE_HASH)) != 0)
			break;
		if (part->first + i <= length) {
			r = entry_same(e, part->first + i, hash);
			continue;
		}
		if ((r = warrant_chain_step(head, ++length, hash)) == 0)
			r = store_chain_add(e->store, length, hash);
	}
	if (r != 0)
		return r;
	if (length > part->length || (length == part->length &&
	                                 !bytes_equal(pb_view(part->head), (struct bytes){ head, 32 })))
		return ERR_CHAIN;
	if ((r = store_number_set(e->store, "chain.length", length)) != 0)
		return r;
	return store_value_set(e->store, "chain.head", (struct bytes){ head, 32 });
}

static void
say(struct engine *e, const char *what)
{
	if (store_text_set(e->store, "chain.broken", what) != 0)
		log_error(e->log, "mailbox", "it cannot be kept");
	engine_notice(e, NULL, what);
}

/* The relay against itself, in replies that it signed. */
static void
broken(struct engine *e, const char *what)
{
	log_error(e->log, "mailbox", "evidence against the relay: %s", what);
	say(e, what);
}

/* A sender's word, which came without the warrant: it may be the sender who lies. */
static void
doubted(struct engine *e, const char *what)
{
	log_warn(e->log, "mailbox", "no evidence, somebody's word: %s", what);
	say(e, what);
}

/* ------------------------------------------------------------------------------ claims */

struct claims {
	struct engine *engine;
	uint64_t length; /* of the chain, as the relay says now */
	uint64_t now;
	const char *what; /* what is wrong; NULL: nothing */
};

static int
claim_check(void *arg, uint64_t index, const uint8_t *hash, uint64_t at)
{
	struct claims *c = arg;
	uint8_t kept[STORE_HASH];

	if (store_chain_get(c->engine->store, index, kept) == 0) {
		if (memcmp(kept, hash, STORE_HASH) != 0)
			c->what = warranted_other;
	} else if (index > c->length && c->now > at + MAILBOX_CLAIM_MS) {
		c->what = warranted_beyond;
	}
	return 0;
}

/* The chain has grown: does it bear out what senders said the relay had warranted them? */
static int
claims_settle(struct engine *e, uint64_t length, const char **what)
{
	struct claims c = { e, length, clock_now_ms(), NULL };
	int r = store_claim_each(e->store, claim_check, &c);

	if (r == 0) /* what is wrong is said once */
		r = store_claim_drop(e->store, c.what != NULL ? INT64_MAX : mailbox_length(e));
	*what = c.what;
	return r;
}

bool
mailbox_extend(struct engine *e, const Recado__ChainPart *part)
{
	const char *what = NULL;
	bool gap = false;
	int r = store_begin(e->store);

	if (r == 0) {
		gap = is_gap(e, part);
		if ((r = gap ? gap_take(e, part) : part_take(e, part)) == 0)
			r = claims_settle(e, part->length, &what);
		r = store_end(e->store, r);
	}
	if (gap && r == 0)
		log_error(e->log, "mailbox", "entries before %llu are not known here",
		    (unsigned long long)part->first);
	if (r == ERR_CHAIN || r == ERR_FORMAT)
		broken(e, "the relay's account of our mailbox does not continue the one it gave before");
	else if (r != 0)
		log_error(e->log, "mailbox", "the chain cannot be kept: %s", err_text(r));
	else if (what != NULL)
		doubted(e, what);
	return gap && r == 0;
}

void
mailbox_check(struct engine *e, uint64_t index, struct bytes envelope)
{
	uint8_t kept[STORE_HASH], hash[STORE_HASH];

	if (store_chain_get(e->store, index, kept) == 0 && kdf_sha256(envelope, hash) == 0 &&
	    memcmp(kept, hash, STORE_HASH) != 0)
		broken(e, "the relay delivered other mail than it had accounted for");
}

/* An index beyond what we know of the chain is held against what the relay says later. */
int
mailbox_compare(struct engine *e, const Recado__LastDeposit *last)
{
	uint8_t kept[STORE_HASH], hash[STORE_HASH];

	if (pb_fixed(last->envelope_hash, hash, STORE_HASH) != 0)
		return 0; /* says nothing */
	if (last->index > mailbox_length(e))
		return store_claim_add(e->store, last->index, hash, clock_now_ms());
	if (store_chain_get(e->store, last->index, kept) == 0 && memcmp(hash, kept, STORE_HASH) != 0)
		doubted(e, warranted_other);
	return 0;
}
