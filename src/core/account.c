#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/account.h"
#include "core/aging.h"
#include "core/contact.h"
#include "core/copies.h"
#include "core/inbox.h"
#include "core/outbox.h"
#include "core/own.h"
#include "core/receipts.h"
#include "core/recert.h"
#include "core/relay.h"
#include "core/trust.h"

#define ACCOUNT_UPKEEP_MS (24ull * 3600 * 1000)

/* ------------------------------------------------------------------------------ keys */

int
account_keys(struct engine *e, const char *passphrase, struct keyfile **out, struct fault *f)
{
	struct buf *b = buf_new(KEYFILE_MAX);
	struct bytes p = { (const uint8_t *)passphrase, strlen(passphrase) };
	int r = profile_keys_read(e->profile, b, f);

	*out = NULL;
	if (r != 0)
		goto out;
	r = p.n == 0 ? ERR_PASSPHRASE : keyfile_open(buf_view(b), p, out);
	if (r == ERR_PASSPHRASE)
		fault_set(f, r, profile_data(e->profile), "wrong passphrase");
	else if (r != 0)
		fault_set(f, r, profile_data(e->profile), "the key file is damaged: %s", err_text(r));
out:
	buf_free(&b);
	return r;
}

int
account_keys_write(struct engine *e, const struct keyfile *k, const char *passphrase,
    struct fault *f)
{
	struct buf *b = buf_new(KEYFILE_MAX);
	struct bytes p = { (const uint8_t *)passphrase, strlen(passphrase) };
	int r = keyfile_seal(k, p, b);

	if (r != 0)
		fault_set(f, r, NULL, "the keys cannot be sealed: %s", err_text(r));
	else
		r = profile_keys_write(e->profile, buf_view(b), f);
	buf_free(&b);
	return r;
}

/* ------------------------------------------------------------------------------ values */

/* The account's fixed-size values and where they stand. */
struct field {
	const char *key;
	size_t offset, size;
};

#define FIELD(k, m) { k, offsetof(struct account, m), sizeof(((struct account *)0)->m) }
static const struct field fields[] = {
	FIELD("user.id", user_id),
	FIELD("device.id", device_id),
	FIELD("binding.hash", binding_hash),
	FIELD("relay.id", relay_id),
};
#undef FIELD
#define FIELD_COUNT (sizeof(fields) / sizeof(fields[0]))

static int
name_load(struct store *s, const char *key, char *out)
{
	char *v = store_text_get(s, key);
	int r = v == NULL || strlen(v) >= STORE_NAME ? ERR_DAMAGED : 0;

	if (r == 0)
		memcpy(out, v, strlen(v) + 1);
	free(v);
	return r;
}

static int
keys_load(struct store *s, struct rotation_chain *c)
{
	struct buf *b = buf_new(sizeof(c->keys));
	int r = store_value_get(s, "relay.keys", b);

	if (r == ERR_NOT_FOUND)
		r = store_value_get(s, "relay.first", b); /* a profile from before; what follows is learnt */

	c->count = buf_len(b) / KEY_LEN;
	if (r == 0 && (c->count == 0 || buf_len(b) % KEY_LEN != 0))
		r = ERR_DAMAGED;
	if (r == 0)
		memcpy(c->keys, buf_ptr(b), c->count * KEY_LEN);
	buf_free(&b);
	return r;
}

int
account_save_relay(const struct account *a, struct store *s)
{
	return store_value_set(s, "relay.keys",
	    (struct bytes){ a->relay_keys.keys[0], a->relay_keys.count * KEY_LEN });
}

int
account_load(struct account *a, struct store *s)
{
	size_t i;
	int r = 0;

	for (i = 0; i < FIELD_COUNT && r == 0; i++)
		r = store_fixed_get(s, fields[i].key, (char *)a + fields[i].offset, fields[i].size);
	if (r != 0 || (r = name_load(s, "user.name", a->name)) != 0 ||
	    (r = name_load(s, "device.name", a->device_name)) != 0)
		return r;
	if ((r = keys_load(s, &a->relay_keys)) != 0)
		return r;
	a->relay = store_text_get(s, "relay.address");
	return a->relay != NULL ? 0 : ERR_DAMAGED;
}

int
account_save(const struct account *a, struct store *s)
{
	size_t i;
	int r = 0;

	for (i = 0; i < FIELD_COUNT && r == 0; i++)
		r = store_value_set(s, fields[i].key,
		    (struct bytes){ (const uint8_t *)a + fields[i].offset, fields[i].size });
	if (r == 0 && (r = account_save_relay(a, s)) == 0 &&
	    (r = store_text_set(s, "user.name", a->name)) == 0 &&
	    (r = store_text_set(s, "device.name", a->device_name)) == 0)
		r = store_text_set(s, "relay.address", a->relay);
	return r;
}

void
account_clear(struct account *a)
{
	free(a->relay);
	memset(a, 0, sizeof(*a));
}

/* ------------------------------------------------------------------------------ the pin */

int
account_pin_get(struct engine *e, struct account_pin *out)
{
	char text[400], hex[65];
	int r = profile_note_read(e->profile, "pin", text, sizeof(text));

	memset(out, 0, sizeof(*out));
	if (r != 0)
		return r;
	if (sscanf(text, "%64[0-9a-f] %271s", hex, out->relay) != 2)
		return ERR_FORMAT;
	return hex_decode(hex, strlen(hex), out->first, sizeof(out->first));
}

int
account_pin_set(struct engine *e, const struct account_pin *pin)
{
	char hex[65], *text;
	int r;

	hex_encode(pin->first, sizeof(pin->first), hex);
	text = mem_format("%s %s\n", hex, pin->relay);
	r = profile_note_write(e->profile, "pin", text);
	free(text);
	return r;
}

/* ------------------------------------------------------------------------------ open and close */

static int
parts_open(struct engine *e, struct fault *f)
{
	int r = trust_open(e->trust, f);

	if (r == 0 && (r = relay_open(e, f)) == 0) {
		if ((r = own_open(e)) != 0 || (r = copies_open(e)) != 0 || (r = outbox_open(e)) != 0 ||
		    (r = inbox_open(e)) != 0 || (r = receipts_open(e)) != 0 || (r = aging_open(e)) != 0)
			fault_set(f, r, NULL, "the engine cannot go on");
	}
	return r;
}

void
account_upkeep(struct engine *e)
{
	uint64_t last, now = clock_now_ms();

	if (store_number_get(e->store, "expired.at", &last) != 0 ||
	    (now >= last && now < last + ACCOUNT_UPKEEP_MS))
		return;
	if (store_expire(e->store, now) != 0 || store_number_set(e->store, "expired.at", now) != 0)
		log_warn(e->log, "account", "what is past its time cannot be forgotten");
}

static int
unlock(struct engine *e, const char *passphrase, struct fault *f)
{
	int r = account_keys(e, passphrase, &e->keys, f);

	if (r != 0)
		return r;
	r = store_open(profile_store(e->profile), e->keys->vault_key, &e->store, f);
	if (r == 0 && (r = account_load(&e->account, e->store)) != 0)
		fault_set(f, r, profile_store(e->profile), "the store holds no account");
	if (r == 0)
		r = parts_open(e, f);
	if (r != 0) {
		account_lock(e);
		return r;
	}
	if (!mem_secret_locked())
		log_warn(e->log, "account", "keys cannot be locked in memory: they may reach the swap");
	account_upkeep(e);
	outbox_kick(e);
	engine_status(e, NULL);
	recert_open(e);
	if (engine_watched(e)) {
		contact_rejudge(e);
		relay_start(e);
	}
	return 0;
}

int
account_admit(struct port *p, const char *passphrase, struct fault *f)
{
	struct engine *e = p->engine;
	struct keyfile *k = NULL;
	bool shut = e->shut;
	int r;

	p->admitted = true;
	if (!p->remote)
		e->shut = false;
	if (e->store == NULL) {
		r = unlock(e, passphrase, f);
	} else {
		r = account_keys(e, passphrase, &k, f);
		keyfile_free(&k);
	}
	if (r != 0) {
		p->admitted = false;
		e->shut = shut;
	}
	return r;
}

/* A change of passphrase that was given the old one holds the keys. */
static bool
outlives_lock(const struct op *op)
{
	switch (op->cmd.op) {
	case CORE_LOCK:
	case CORE_UNLOCK:
	case CORE_CREATE:
	case CORE_MEET:
	case CORE_CARD:
		return true;
	case CORE_PASSPHRASE:
		return op->state == NULL;
	default:
		return false;
	}
}

static void
strand(struct engine *e)
{
	struct op *op, *next;

	for (op = TAILQ_FIRST(&e->ops); op != NULL; op = next) {
		next = TAILQ_NEXT(op, link);
		if (!outlives_lock(op))
			op_fail_with(op, ERR_CLOSED, NULL, "the profile was locked");
	}
}

void
account_shut(struct engine *e)
{
	struct port *p;

	e->shut = true;
	LIST_FOREACH(p, &e->ports, link)
		p->admitted = false;
	strand(e);
	account_lock(e);
}

void
account_left(struct engine *e)
{
	struct port *p;

	if (!e->shut || e->store == NULL || e->stopping)
		return;
	LIST_FOREACH(p, &e->ports, link)
		if (p->admitted)
			return;
	account_shut(e);
}

void
account_lock(struct engine *e)
{
	bool was = e->store != NULL;

	relay_close(e);
	recert_close(e);
	inbox_close(e);
	outbox_close(e);
	receipts_close(e);
	aging_close(e);
	copies_close(e);
	e->own = 0;
	if (e->trust != NULL) /* an engine that could not start has none */
		trust_close(e->trust);
	store_close(&e->store);
	keyfile_free(&e->keys);
	account_clear(&e->account);
	if (was && !e->stopping)
		engine_status(e, NULL);
}
