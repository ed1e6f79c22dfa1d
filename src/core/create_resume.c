/*
 * A create that ended between the registration and the profile's move into place: killed, or without
 * a relay. The name is taken then, by keys that lie in the staged profile. They are opened with its
 * passphrase; whether the relay knows them shows by signing in, and if it does not, the same
 * registration is sent again. The card has done its part.
 */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "core/create.h"
#include "core/relay.h"

#define REGISTRATION "create.registration"

int
create_remember(struct create *c)
{
	Recado__Register rg = RECADO__REGISTER__INIT;
	struct buf *b = buf_new(0);
	int r = create_parts(c, &rg);

	if (r == 0 && c->invite != NULL)
		rg.invite = pb_data((struct bytes){ (const uint8_t *)c->invite, strlen(c->invite) });
	if (r == 0 && (r = pb_pack(&rg, b)) == 0)
		r = store_value_set(c->store, REGISTRATION, buf_view(b));
	rg.invite = pb_data((struct bytes){ NULL, 0 });
	create_parts_clear(&rg);
	buf_free(&b);
	return r;
}

/* ------------------------------------------------------------------------------ reading it */

#define ANEW "Remove the folder profile.new there and begin anew."

int
create_damaged(struct create *c, int r, struct fault *f)
{
	fault_set(f, r, profile_data(c->e->profile), "what was begun here is damaged: %s", err_text(r));
	fault_hint(f, ANEW);
	return r;
}

/* Was it made with these keys, for this account? */
static bool
parts_ours(const struct create *c)
{
	const struct account *a = &c->e->account;
	const struct binding *b = &c->binding;

	return strcmp(b->user_name, a->name) == 0 && strcmp(b->user_name, c->op->cmd.name) == 0 &&
	    memcmp(b->user_id, a->user_id, USER_ID_LEN) == 0 &&
	    memcmp(b->device_id, a->device_id, DEVICE_ID_LEN) == 0 &&
	    memcmp(b->hash, a->binding_hash, HASH_LEN) == 0 &&
	    memcmp(b->device_signing_key, key_sign_public(c->keys->device_sign), KEY_LEN) == 0 &&
	    memcmp(b->device_identity_key, key_dh_public(c->keys->device_dh), KEY_LEN) == 0;
}

static int
parts_take(struct create *c, const Recado__Register *rg)
{
	Recado__DeviceEvent *ev = NULL;
	int r;

	if (rg->binding == NULL || rg->event == NULL || rg->record == NULL)
		return ERR_FORMAT;
	if ((r = pb_pack(rg->binding, c->signed_binding)) != 0 ||
	    (r = pb_pack(rg->event, c->event)) != 0 || (r = pb_pack(rg->record, c->record)) != 0 ||
	    (r = binding_verify(rg->binding, &c->binding)) != 0 ||
	    (r = pb_unpack(&recado__device_event__descriptor, pb_view(rg->event->body), &ev)) != 0)
		return r;
	c->adding = c->binding.purpose == BINDING_PURPOSE_ADD;
	c->list_length = ev->number;
	pb_free(&ev);
	if (rg->invite.len > 0 && c->invite == NULL)
		c->invite = mem_strndup((const char *)rg->invite.data, rg->invite.len);
	return 0;
}

static int
registration_read(struct create *c)
{
	struct buf *b = buf_new(0);
	Recado__Register *rg = NULL;
	int r = store_value_get(c->store, REGISTRATION, b);

	if (r == 0 && (r = pb_unpack(&recado__register__descriptor, buf_view(b), &rg)) == 0)
		r = parts_take(c, rg);
	if (r == 0 && !parts_ours(c))
		r = ERR_DAMAGED;
	pb_free(&rg);
	buf_free(&b);
	return r;
}

int
create_staged_open(struct create *c, struct fault *f)
{
	struct engine *e = c->e;
	int r;

	profile_resume(e->profile);
	c->staged = c->kept = true;
	r = account_keys(e, c->passphrase, &c->keys, f);

	if (r == ERR_PASSPHRASE)
		fault_hint(f, "It is the one given when this was begun. To give it up, remove the folder "
		    "profile.new there.");
	else if (r != 0)
		fault_hint(f, ANEW);
	if (r != 0)
		return r;
	e->keys = c->keys;
	r = store_open(profile_store(e->profile), c->keys->vault_key, &c->store, f);
	if (r != 0 && r != ERR_VERSION)
		fault_hint(f, ANEW);
	return r;
}

int
create_same_relay(struct create *c, const uint8_t first[KEY_LEN], const char *relay, struct fault *f)
{
	if (memcmp(first, c->first, KEY_LEN) == 0)
		return 0;
	fault_set(f, ERR_TAKEN, relay, "what was begun here is with another relay");
	fault_hint(f, "Give that relay, or remove the folder profile.new.");
	return ERR_TAKEN;
}

static int
account_open(struct create *c, struct fault *f)
{
	struct account *a = &c->e->account;
	int r = create_staged_open(c, f);

	if (r != 0)
		return r;
	if ((r = account_load(a, c->store)) != 0 || (r = registration_read(c)) != 0)
		return create_damaged(c, r, f);
	if ((r = create_same_relay(c, rotation_first(&a->relay_keys), a->relay, f)) != 0)
		return r;
	return relay_keys_check(&a->relay_keys, &c->relay_keys, a->relay, f);
}

/* ------------------------------------------------------------------------------ going on */

static void
resume_opened(struct op *op, const char *text)
{
	struct create *c = op->state;
	struct fault f = { 0 };

	if (text == NULL || text[0] == '\0') {
		op_fail_with(op, text == NULL ? ERR_CANCELED : ERR_USAGE, NULL, "no passphrase was given");
		return;
	}
	c->passphrase = mem_secret_alloc(strlen(text) + 1);
	memcpy(c->passphrase, text, strlen(text) + 1);
	c->resumed = true;
	if (account_open(c, &f) != 0) {
		op_fail(op, &f);
		return;
	}
	op_progress(op, "looking whether the relay knows what was begun here");
	create_confirm(c, NULL);
}

bool
create_resume(struct create *c)
{
	struct core_ask ask = { .kind = CORE_ASK_PASSPHRASE };
	char name[STORE_NAME], text[STORE_NAME + 128];
	struct fault f = { 0 };
	int r = profile_promised(c->e->profile, name, sizeof(name));

	if (r == ERR_NOT_FOUND)
		return false;
	if (r == 0)
		r = text_name_check(name, strlen(name));
	if (r != 0) { /* the keys beside it may be an account's: they are not taken away unasked */
		create_damaged(c, r, &f);
		op_fail(c->op, &f);
		return true;
	}
	if (strcmp(name, c->op->cmd.name) != 0) {
		fault_set(&f, ERR_TAKEN, profile_data(c->e->profile), "the account %.64s was begun here", name);
		fault_hint(&f, "Run create with that name to finish it, or remove the folder profile.new.");
		op_fail(c->op, &f);
		return true;
	}
	snprintf(text, sizeof(text), "The account %s was begun here and not finished: it is gone on with.",
	    name);
	ask.text = mem_strdup(text);
	op_ask(c->op, &ask, resume_opened);
	return true;
}
