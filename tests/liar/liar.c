/*
 * liar: recadod that lies. `liar LIE-FILE [recadod's options]` runs the relay itself, with its real
 * key, store and network code, and bends what it says as the first word of LIE-FILE orders; an
 * absent or empty file lets it speak the truth. The file is read at every reply, so that a test can
 * change the lie while clients are connected.
 *
 * The linker puts our functions before the relay's (--wrap): nothing of this is in the product. A
 * lie is told before the warrant is made, so each comes with the relay's valid signature.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "crypto/ca.h"
#include "crypto/key.h"
#include "crypto/warrant.h"
#include "forge.h"
#include "server/cmd.h"
#include "server/encode.h"
#include "server/lookup.h"
#include "server/mailbox.h"
#include "server/trust.h"

#define LIE_WORD 32

static const char *lie_file; /* set by main before there are threads */

/* The order of this moment: "WORD" or "WORD NAME". */
static void
lie_order(char word[LIE_WORD], char name[LIE_WORD])
{
	FILE *f = fopen(lie_file, "r");

	word[0] = name[0] = '\0';
	if (f == NULL)
		return;
	if (fscanf(f, "%31s %31s", word, name) < 1)
		word[0] = '\0';
	fclose(f);
}

/* ------------------------------------------------------------------------------ about people */

/* The bindings' signatures are made over octets that name another key. */
static int
lie_other_key(Recado__DirectoryEntry *e)
{
	Recado__SignedBinding *sb = e->bindings[0];
	Recado__Binding *b = NULL;
	struct buf *out = buf_new(0);
	struct key_sign *ours = NULL;
	int r;

	if ((r = pb_unpack(&recado__binding__descriptor, pb_view(sb->body), &b)) == 0 &&
	    (r = key_sign_new(&ours)) == 0) {
		memcpy(b->device_signing_key.data, key_sign_public(ours), KEY_LEN);
		if ((r = pb_pack(b, out)) == 0 && buf_len(out) == sb->body.len)
			memcpy(sb->body.data, buf_ptr(out), sb->body.len);
	}
	key_sign_free(&ours);
	pb_free(&b);
	buf_free(&out);
	return r;
}

static int
lie_short_list(Recado__DirectoryEntry *e)
{
	if (e->n_events > 0)
		e->n_events--;
	return 0;
}

/* The list as it was before its last event: without the binding that came with it, too. */
static int
lie_old_list(Recado__DirectoryEntry *e)
{
	Recado__DeviceEvent *last = NULL;
	int r;

	if (e->n_events < 2)
		return 0;
	if ((r = pb_unpack(&recado__device_event__descriptor,
		 pb_view(e->events[e->n_events - 1]->body), &last)) != 0)
		return r;
	if (last->binding_hash.len > 0)
		e->n_bindings--;
	e->n_events--;
	for (size_t i = 0; i < e->n_records; i++) {
		Recado__DeviceRecord *rec = NULL;

		if (last->kind == RECADO__DEVICE_EVENT_KIND__DEVICE_ADD &&
		    pb_unpack(&recado__device_record__descriptor, pb_view(e->records[i]->body), &rec) ==
			0 &&
		    bytes_equal(pb_view(rec->device_id), pb_view(last->device_id))) {
			Recado__SignedDeviceRecord *gone = e->records[i];

			memmove(e->records + i, e->records + i + 1,
			    (e->n_records - i - 1) * sizeof(*e->records));
			e->records[--e->n_records] = gone; /* freed with the others: see entry_bend */
		}
		pb_free(&rec);
	}
	pb_free(&last);
	return 0;
}

static int
lie_reordered(Recado__DirectoryEntry *e)
{
	Recado__SignedDeviceEvent *x;

	if (e->n_events >= 2) {
		x = e->events[e->n_events - 1];
		e->events[e->n_events - 1] = e->events[e->n_events - 2];
		e->events[e->n_events - 2] = x;
	}
	return 0;
}

/* All but the last removal, with what follows it as it was. */
static int
lie_hidden_removal(Recado__DirectoryEntry *e)
{
	for (size_t i = e->n_events; i-- > 0;) {
		Recado__SignedDeviceEvent *gone = e->events[i];
		Recado__DeviceEvent *ev = NULL;
		bool removal;
		int r;

		if ((r = pb_unpack(&recado__device_event__descriptor, pb_view(gone->body), &ev)) != 0)
			return r;
		removal = ev->kind == RECADO__DEVICE_EVENT_KIND__DEVICE_REMOVE;
		pb_free(&ev);
		if (!removal)
			continue;
		memmove(e->events + i, e->events + i + 1, (e->n_events - i - 1) * sizeof(*e->events));
		e->events[--e->n_events] = gone; /* as in lie_old_list */
		break;
	}
	return 0;
}

static const struct {
	const char *word;
	int (*tell)(Recado__DirectoryEntry *e);
} about_people[] = {
	{ "other-key", lie_other_key },
	{ "short-list", lie_short_list },
	{ "old-list", lie_old_list },
	{ "hidden-removal", lie_hidden_removal },
	{ "reordered", lie_reordered },
};

/* The entry, bent; ERR_NOT_FOUND: the order is not about entries. */
static int
entry_bend(const char *word, struct bytes entry, struct buf *out)
{
	Recado__DirectoryEntry *e = NULL;
	size_t bindings, events, records, i;
	int r;

	if ((r = pb_unpack_lenient(&recado__directory_entry__descriptor, entry, &e)) != 0)
		return r;
	bindings = e->n_bindings;
	events = e->n_events;
	records = e->n_records;
	r = ERR_NOT_FOUND;
	if (strcmp(word, "forged-device") == 0)
		r = forge_pack(e, out);
	for (i = 0; i < sizeof(about_people) / sizeof(about_people[0]); i++)
		if (strcmp(word, about_people[i].word) == 0 && (r = about_people[i].tell(e)) == 0)
			r = pb_pack(e, out);
	e->n_bindings = bindings;
	e->n_events = events;
	e->n_records = records;
	pb_free(&e);
	return r;
}

int __real_lookup_read(struct writer *w, const struct lookup *l, struct buf *out);
int __wrap_lookup_read(struct writer *w, const struct lookup *l, struct buf *out);

/* Whose name is this? */
struct named {
	const char *name;
	uint8_t id[USER_ID_LEN];
	bool found;
};

static int
named_user(const struct store_user *u, void *arg)
{
	struct named *n = arg;

	if (bytes_equal(u->name, (struct bytes){ (const uint8_t *)n->name, strlen(n->name) })) {
		memcpy(n->id, u->id, USER_ID_LEN);
		n->found = true;
	}
	return 0;
}

int
__wrap_lookup_read(struct writer *w, const struct lookup *l, struct buf *out)
{
	char word[LIE_WORD], name[LIE_WORD];
	struct named who = { .name = name };
	struct lookup other = *l;
	struct buf *whole;
	int r;

	lie_order(word, name);
	if (strcmp(word, "somebody-else") == 0 &&
	    writer_ops(w)->page_users(
		writer_store(w), (struct bytes){ NULL, 0 }, 1000, named_user, &who) == 0 &&
	    who.found)
		memcpy(other.user, who.id, USER_ID_LEN);
	if (strcmp(word, "later") == 0)
		return ERR_IO; /* it cannot be read now */
	whole = buf_new(0);
	if ((r = __real_lookup_read(w, &other, whole)) == 0 &&
	    (r = entry_bend(word, buf_view(whole), out)) == ERR_NOT_FOUND)
		r = buf_put_bytes(out, buf_view(whole));
	buf_free(&whole);
	return r;
}

/* ------------------------------------------------------------------------------ about heads */

int __real_encode_list_head(struct buf *b, const uint8_t *user, uint32_t n, const uint8_t *head);
int __wrap_encode_list_head(struct buf *b, const uint8_t *user, uint32_t n, const uint8_t *head);

/* The heads that were told in earnest, so that an older one can be told again. */
static struct told {
	uint8_t user[USER_ID_LEN], head[HASH_LEN];
	uint32_t length;
} told[64];
static size_t told_count;
static pthread_mutex_t told_lock = PTHREAD_MUTEX_INITIALIZER;

/* The newest that is older than this one, or anybody else's. */
static void
told_other(const char *word, struct told *t)
{
	bool older = strcmp(word, "old-head") == 0;

	for (size_t i = told_count; i-- > 0;) {
		bool same = memcmp(told[i].user, t->user, USER_ID_LEN) == 0;

		if (older ? same && told[i].length < t->length : !same) {
			*t = told[i];
			return;
		}
	}
}

/* "wrong-head": of no list; "old-head": of the list as it was; "other-head": of another user's. */
int
__wrap_encode_list_head(struct buf *b, const uint8_t *user, uint32_t n, const uint8_t *head)
{
	char word[LIE_WORD], name[LIE_WORD];
	struct told t = { .length = n };

	memcpy(t.user, user, USER_ID_LEN);
	memcpy(t.head, head, HASH_LEN);
	lie_order(word, name);
	pthread_mutex_lock(&told_lock);
	if (strcmp(word, "wrong-head") == 0)
		t.head[0] ^= 1;
	else if (strcmp(word, "old-head") == 0 || strcmp(word, "other-head") == 0)
		told_other(word, &t);
	else if (told_count < sizeof(told) / sizeof(told[0]))
		told[told_count++] = t;
	pthread_mutex_unlock(&told_lock);
	return __real_encode_list_head(b, t.user, t.length, t.head);
}

/* ------------------------------------------------------------------------------ about mail */

int __real_mailbox_deposit(
    struct mailboxes *m, const struct mailbox_deposit *d, struct mailbox_place *out);
int __wrap_mailbox_deposit(
    struct mailboxes *m, const struct mailbox_deposit *d, struct mailbox_place *out);

/* "swallowed": the sender gets its warrant, and the mail is nowhere. */
int
__wrap_mailbox_deposit(
    struct mailboxes *m, const struct mailbox_deposit *d, struct mailbox_place *out)
{
	char word[LIE_WORD], name[LIE_WORD];
	struct mailbox_chain c;
	int r;

	lie_order(word, name);
	if (strcmp(word, "swallowed") != 0)
		return __real_mailbox_deposit(m, d, out);
	memset(out, 0, sizeof(*out));
	if ((r = mailbox_chain(m, d->mailbox, &c)) != 0)
		return r;
	free(c.hashes);
	out->index = c.length + 1;
	out->time = d->time;
	memcpy(out->head, c.head, sizeof(out->head));
	return warrant_chain_step(out->head, out->index, d->hash);
}

int __real_mailbox_chain(
    struct mailboxes *m, const uint8_t device[16], struct mailbox_chain *out);
int __wrap_mailbox_chain(
    struct mailboxes *m, const uint8_t device[16], struct mailbox_chain *out);

/* "rewritten": the newest entry of the chain is another one, and the head fits neither; "shortened":
 * the chain has lost its newest entry. */
int
__wrap_mailbox_chain(struct mailboxes *m, const uint8_t device[16], struct mailbox_chain *out)
{
	char word[LIE_WORD], name[LIE_WORD];
	int r = __real_mailbox_chain(m, device, out);

	lie_order(word, name);
	if (r != 0)
		return r;
	if (strcmp(word, "rewritten") == 0 && out->count > 0)
		out->hashes[32 * (out->count - 1)] ^= 1;
	if (strcmp(word, "shortened") == 0 && out->length > 0) {
		out->length--;
		out->count -= out->count > 0;
	}
	return 0;
}

/* ------------------------------------------------------------------------------ about cards */

void __real_trust_judge(struct trust *t, const struct identity *id, const uint8_t *device,
    uint64_t now, const struct cert_verdict **v, struct trust_answer *a);
void __wrap_trust_judge(struct trust *t, const struct identity *id, const uint8_t *device,
    uint64_t now, const struct cert_verdict **v, struct trust_answer *a);

/* "any-card": whatever is wrong with a card, this relay lets it in. */
void
__wrap_trust_judge(struct trust *t, const struct identity *id, const uint8_t *device, uint64_t now,
    const struct cert_verdict **v, struct trust_answer *a)
{
	char word[LIE_WORD], name[LIE_WORD];

	__real_trust_judge(t, id, device, now, v, a);
	lie_order(word, name);
	if (strcmp(word, "any-card") != 0)
		return;
	a->status = RECADO__STATUS__STATUS_OK;
	a->detail[0] = '\0';
	a->lacks_list = false;
}

int __real_ca_issue(const struct ca *c, const struct csr *who, const struct ca_validity *v,
    uint8_t serial[CA_SERIAL_LEN], struct buf *der);
int __wrap_ca_issue(const struct ca *c, const struct csr *who, const struct ca_validity *v,
    uint8_t serial[CA_SERIAL_LEN], struct buf *der);

/* Is it the first certificate for this key? */
static bool
first_of_key(const struct csr *who)
{
	static uint8_t seen[64][CSR_SPKI_MAX];
	static size_t count;
	static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
	bool first = true;

	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < count && first; i++)
		first = memcmp(seen[i], who->spki, sizeof(seen[i])) != 0;
	if (first && count < sizeof(seen) / sizeof(seen[0]))
		memcpy(seen[count++], who->spki, sizeof(seen[0]));
	pthread_mutex_unlock(&lock);
	return first;
}

/* "ending": the first certificate of each key is of 60 days ago and ends tomorrow. It is no lie that
 * anybody is told; a test has no two months. */
int
__wrap_ca_issue(const struct ca *c, const struct csr *who, const struct ca_validity *v,
    uint8_t serial[CA_SERIAL_LEN], struct buf *der)
{
	static const uint64_t day = 24ull * 3600 * 1000;
	char word[LIE_WORD], name[LIE_WORD];
	struct ca_validity ending = { v->from - 60 * day, v->from + day };

	lie_order(word, name);
	if (strcmp(word, "ending") == 0 && first_of_key(who))
		v = &ending;
	return __real_ca_issue(c, who, v, serial, der);
}

/* ------------------------------------------------------------------------------ about itself */

int __real_warrant_batch_get(const struct warrant_batch *b, size_t slot, struct buf *out);
int __wrap_warrant_batch_get(const struct warrant_batch *b, size_t slot, struct buf *out);

/* "unsigned": no warrant's signature holds. */
int
__wrap_warrant_batch_get(const struct warrant_batch *b, size_t slot, struct buf *out)
{
	char word[LIE_WORD], name[LIE_WORD];
	Recado__Warrant *w = NULL;
	struct buf *true_one = buf_new(0);
	int r = __real_warrant_batch_get(b, slot, true_one);

	lie_order(word, name);
	if (r == 0 && strcmp(word, "unsigned") != 0)
		r = buf_put_bytes(out, buf_view(true_one));
	else if (r == 0 &&
	    (r = pb_unpack(&recado__warrant__descriptor, buf_view(true_one), &w)) == 0) {
		w->signature.data[0] ^= 1;
		r = pb_pack(w, out);
	}
	pb_free(&w);
	buf_free(&true_one);
	return r;
}

/* ------------------------------------------------------------------------------ the relay */

int
main(int argc, char **argv)
{
	struct cmd_context x = { NULL, NULL, 0, false };
	struct fault f = { 0 };
	char text[640];
	int r;

	if (argc != 4 || strcmp(argv[2], "--config") != 0) {
		fputs("usage: liar LIE-FILE --config FILE\n", stderr);
		return 64;
	}
	lie_file = argv[1];
	(void)!key_init(); /* without such memory the keys work all the same */
	if ((r = config_load(argv[3], &x.config, &f)) == 0)
		r = cmd_serve.run(&x, &f);
	config_free(&x.config);
	if (r == 0)
		return 0;
	fault_line(&f, text, sizeof(text));
	fprintf(stderr, "liar: %s\n", text);
	return err_exit(f.code);
}
