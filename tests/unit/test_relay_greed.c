/*
 * A real recadod on loopback, and users who are signed in and take more than their share: what they
 * do must stay their own trouble.
 */
#include <openssl/x509v3.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "crypto/kdf.h"
#include "crypto/label.h"
#include "relay.h"
#include "unit.h"

#define OK RECADO__STATUS__STATUS_OK

static struct relay relay;

static void
setup(void)
{
	relay_new(&relay, NULL, NULL);
}

static void
teardown(void)
{
	relay_free(&relay);
}

static uint32_t
look_up(struct client *c, const char *name)
{
	Recado__ToRelay m = RECADO__TO_RELAY__INIT;
	Recado__Lookup l = RECADO__LOOKUP__INIT;
	Recado__ReplyBody *body;
	uint32_t status;

	l.user_name = pb_data((struct bytes){ (const uint8_t *)name, strlen(name) });
	m.op_case = RECADO__TO_RELAY__OP_LOOKUP;
	m.lookup = &l;
	ck_assert_ptr_nonnull(body = client_reply_or_end(c, client_send(c, &m)));
	status = body->status;
	pb_free(&body);
	return status;
}

/* ---------------------------------------------------------------------------- records */

/* A record whose body says one thing twice, which protobuf allows, and first with n octets. */
static uint32_t
put_record(struct client *c, const struct account *a, size_t n)
{
	static uint32_t suites[] = { 1 };
	Recado__ToRelay m = RECADO__TO_RELAY__INIT;
	Recado__PutRecord put = RECADO__PUT_RECORD__INIT;
	Recado__DeviceRecord rec = RECADO__DEVICE_RECORD__INIT;
	Recado__SignedDeviceRecord sr = RECADO__SIGNED_DEVICE_RECORD__INIT;
	struct buf *body = buf_new(0);
	Recado__ReplyBody *reply;
	uint8_t sig[KEY_SIG_LEN], *pad;
	uint32_t status;

	rec.user_id = pb_data((struct bytes){ a->device->binding.user_id, USER_ID_LEN });
	rec.device_id = pb_data((struct bytes){ a->device->id, DEVICE_ID_LEN });
	rec.number = 2;
	rec.suites = suites;
	rec.n_suites = 1;
	rec.signed_prekey = rec.last_resort_prekey =
	    pb_data((struct bytes){ key_dh_public(a->device->dh), KEY_LEN });
	rec.signed_prekey_id = rec.last_resort_prekey_id = 1;
	rec.time = clock_now_ms();
	rec.signed_prekey_expires = rec.time + 1000000;
	if (n != 0) { /* signed_prekey, three octets of length */
		const uint8_t head[4] = { 0x2a, (uint8_t)(n | 0x80), (uint8_t)(n >> 7 | 0x80),
			(uint8_t)(n >> 14) };

		ck_assert_int_eq(buf_put(body, head, sizeof(head)), 0);
		ck_assert_int_eq(buf_reserve(body, n, &pad), 0);
		memset(pad, 1, n);
	}
	ck_assert_int_eq(pb_pack(&rec, body), 0);
	ck_assert_int_eq(key_sign_label(a->device->sign, "device-record", buf_view(body), sig), 0);
	sr.body = pb_data(buf_view(body));
	sr.signature = pb_data((struct bytes){ sig, sizeof(sig) });
	put.record = &sr;
	m.op_case = RECADO__TO_RELAY__OP_PUT_RECORD;
	m.put_record = &put;
	reply = client_call(c, &m);
	status = reply->status;
	pb_free(&reply);
	buf_free(&body);
	return status;
}

START_TEST(a_swollen_record_is_refused)
{
	struct account maria, joao;
	struct client *m, *j;

	account_make(&relay, &maria, "maria");
	account_make(&relay, &joao, "joao");
	m = client_sign_in(&relay, &maria);
	j = client_sign_in(&relay, &joao);
	ck_assert_uint_eq(put_record(m, &maria, 255000), RECADO__STATUS__STATUS_TOO_LARGE);
	ck_assert_uint_eq(look_up(j, "maria"), OK);
	ck_assert_uint_eq(put_record(m, &maria, 0), OK);
	ck_assert_uint_eq(look_up(j, "maria"), OK);
	client_free(&m);
	client_free(&j);
	account_free(&maria);
	account_free(&joao);
}
END_TEST

/* ---------------------------------------------------------------------------- devices */

/* The relay's CA once more, with a comment of n octets. */
static struct buf *
long_certificate(size_t n)
{
	X509 *x = X509_dup(relay.ca->cert);
	char *text = mem_alloc(n + 1);
	X509_EXTENSION *e;
	struct buf *out = buf_new(0);
	uint8_t *at, *p;
	int len;

	memset(text, 'a', n);
	e = X509V3_EXT_conf_nid(NULL, NULL, NID_netscape_comment, text);
	ck_assert(x != NULL && e != NULL && X509_add_ext(x, e, -1) == 1);
	ck_assert_int_gt(X509_sign(x, relay.ca->key, EVP_sha256()), 0);
	ck_assert_int_gt(len = i2d_X509(x, NULL), 0);
	ck_assert_int_eq(buf_reserve(out, (size_t)len, &at), 0);
	p = at;
	ck_assert_int_eq(i2d_X509(x, &p), len);
	X509_EXTENSION_free(e);
	X509_free(x);
	free(text);
	return out;
}

/* The account's list, as it goes on. */
struct list {
	uint8_t head[HASH_LEN];
	uint32_t length;
};

static Recado__SignedDeviceEvent *
next_event(struct list *l, Recado__DeviceEvent *ev, const struct person_device *signer)
{
	Recado__SignedDeviceEvent se = RECADO__SIGNED_DEVICE_EVENT__INIT, *out = NULL;
	struct buf *body = buf_new(0), *whole = buf_new(0);
	uint8_t sig[KEY_SIG_LEN], hash[32];
	struct bytes parts[2] = { { l->head, HASH_LEN }, { hash, HASH_LEN } };

	ev->number = l->length++;
	ev->previous = pb_data((struct bytes){ l->head, HASH_LEN });
	ev->time = clock_now_ms();
	ck_assert_int_eq(pb_pack(ev, body), 0);
	ck_assert_int_eq(key_sign_label(signer->sign, "device-event", buf_view(body), sig), 0);
	se.body = pb_data(buf_view(body));
	se.signature = pb_data((struct bytes){ sig, sizeof(sig) });
	se.scheme = RECADO__SIGNATURE_SCHEME__ED25519;
	se.signer_device = pb_data((struct bytes){ signer->id, DEVICE_ID_LEN });
	ck_assert_int_eq(pb_pack(&se, whole), 0);
	ck_assert_int_eq(
	    pb_unpack(&recado__signed_device_event__descriptor, buf_view(whole), &out), 0);
	ck_assert_int_eq(kdf_sha256(buf_view(body), hash), 0);
	ck_assert_int_eq(label_hash("device-list", parts, 2, l->head), 0);
	buf_free(&body);
	buf_free(&whole);
	return out;
}

static uint32_t
put_event(struct client *c, Recado__SignedBinding *binding, Recado__SignedDeviceEvent *event)
{
	Recado__ToRelay m = RECADO__TO_RELAY__INIT;
	Recado__PutDeviceEvent put = RECADO__PUT_DEVICE_EVENT__INIT;
	Recado__ReplyBody *body;
	uint32_t status;

	put.binding = binding;
	put.event = event;
	m.op_case = RECADO__TO_RELAY__OP_PUT_DEVICE_EVENT;
	m.put_device_event = &put;
	body = client_call(c, &m);
	status = body->status;
	pb_free(&body);
	return status;
}

/* One more device, whose binding brings n certificates of extra. */
static uint32_t
add_device(struct client *c, struct account *a, struct person_device *d, struct list *l,
    const struct buf *extra, size_t n)
{
	Recado__DeviceEvent ev = RECADO__DEVICE_EVENT__INIT;
	Recado__SignedBinding *sb = NULL;
	Recado__SignedDeviceEvent *se;
	ProtobufCBinaryData more[8];
	struct list before = *l;
	uint32_t status;

	d->binding.purpose = BINDING_PURPOSE_ADD;
	d->binding.created = clock_now_ms();
	memcpy(d->binding.relay_id, relay.id, 32);
	memcpy(d->binding.user_id, a->device->binding.user_id, USER_ID_LEN);
	memcpy(d->binding.list_head, l->head, HASH_LEN);
	person_bind(d, a->card);
	ck_assert_int_eq(
	    pb_unpack(&recado__signed_binding__descriptor, buf_view(d->signed_binding), &sb), 0);
	for (size_t i = 0; i < n; i++)
		more[i] = pb_data(buf_view(extra));
	sb->n_intermediates = n;
	sb->intermediates = more;
	ev.kind = RECADO__DEVICE_EVENT_KIND__DEVICE_ADD;
	ev.user_id = pb_data((struct bytes){ a->device->binding.user_id, USER_ID_LEN });
	ev.device_id = pb_data((struct bytes){ d->id, DEVICE_ID_LEN });
	ev.binding_hash = pb_data((struct bytes){ d->binding.hash, HASH_LEN });
	se = next_event(l, &ev, d);
	status = put_event(c, sb, se);
	if (status != OK)
		*l = before;
	sb->n_intermediates = 0;
	sb->intermediates = NULL;
	pb_free(&sb);
	pb_free(&se);
	return status;
}

static uint32_t
remove_device(
    struct client *c, const struct account *a, const struct person_device *d, struct list *l)
{
	Recado__DeviceEvent ev = RECADO__DEVICE_EVENT__INIT;
	Recado__SignedDeviceEvent *se;
	uint32_t status;

	ev.kind = RECADO__DEVICE_EVENT_KIND__DEVICE_REMOVE;
	ev.user_id = pb_data((struct bytes){ a->device->binding.user_id, USER_ID_LEN });
	ev.device_id = pb_data((struct bytes){ d->id, DEVICE_ID_LEN });
	se = next_event(l, &ev, a->device);
	status = put_event(c, NULL, se);
	pb_free(&se);
	return status;
}

/* However much somebody's bindings carry, others can look the user up, and devices can go. */
START_TEST(a_swollen_account_is_refused)
{
	struct account maria, joao;
	struct client *m, *j;
	struct person_device *d[2];
	struct buf *extra;
	struct list l = { .length = 1 };

	account_make(&relay, &maria, "maria");
	account_make(&relay, &joao, "joao");
	memcpy(l.head, maria.list_head, HASH_LEN);
	m = client_sign_in(&relay, &maria);
	j = client_sign_in(&relay, &joao);
	extra = long_certificate(15000);
	for (int i = 0; i < 2; i++)
		d[i] = person_device_new("maria", i == 0 ? "phone" : "tablet");
	ck_assert_uint_eq(add_device(m, &maria, d[0], &l, extra, 8), OK);
	ck_assert_uint_eq(look_up(j, "maria"), OK);
	ck_assert_uint_eq(
	    add_device(m, &maria, d[1], &l, extra, 8), RECADO__STATUS__STATUS_TOO_LARGE);
	ck_assert_uint_eq(look_up(j, "maria"), OK);
	ck_assert_uint_eq(remove_device(m, &maria, d[0], &l), OK);
	for (int i = 0; i < 2; i++)
		person_device_free(&d[i]);
	buf_free(&extra);
	client_free(&m);
	client_free(&j);
	account_free(&maria);
	account_free(&joao);
}
END_TEST

/* Also while it is signed in. */
START_TEST(a_removed_device_is_out)
{
	struct account maria, phone;
	struct client *m, *p;
	struct list l = { .length = 1 };

	account_make(&relay, &maria, "maria");
	memcpy(l.head, maria.list_head, HASH_LEN);
	m = client_sign_in(&relay, &maria);
	phone = maria;
	phone.device = person_device_new("maria", "phone");
	ck_assert_uint_eq(add_device(m, &maria, phone.device, &l, NULL, 0), OK);
	p = client_sign_in(&relay, &phone);
	ck_assert_uint_eq(remove_device(m, &maria, phone.device, &l), OK);
	ck_assert(client_is_ended(p, RELAY_WAIT_MS));
	client_free(&p);
	p = client_new(&relay, &phone);
	ck_assert_uint_eq(p->refused, RECADO__STATUS__STATUS_DEVICE_REMOVED);
	client_free(&p);
	client_free(&m);
	person_device_free(&phone.device);
	account_free(&maria);
}
END_TEST

/* A device that may not sign in brings a binding that is known, and a removal of another device. */
START_TEST(a_registration_removes_nobody)
{
	Recado__DeviceEvent ev = RECADO__DEVICE_EVENT__INIT;
	Recado__ToRelay m = RECADO__TO_RELAY__INIT;
	Recado__Register reg = RECADO__REGISTER__INIT;
	struct account maria, phone;
	Recado__ReplyBody *body;
	struct client *c;
	struct list l = { .length = 1 };

	account_make(&relay, &maria, "maria");
	memcpy(l.head, maria.list_head, HASH_LEN);
	c = client_sign_in(&relay, &maria);
	phone = maria;
	phone.device = person_device_new("maria", "phone");
	ck_assert_uint_eq(add_device(c, &maria, phone.device, &l, NULL, 0), OK);
	client_free(&c);
	ck_assert_int_eq(pb_unpack(&recado__signed_binding__descriptor,
			     buf_view(phone.device->signed_binding), &reg.binding),
	    0);
	ev.kind = RECADO__DEVICE_EVENT_KIND__DEVICE_REMOVE;
	ev.user_id = pb_data((struct bytes){ maria.device->binding.user_id, USER_ID_LEN });
	ev.device_id = pb_data((struct bytes){ maria.device->id, DEVICE_ID_LEN });
	reg.event = next_event(&l, &ev, phone.device);
	reg.record = account_record(&phone);
	m.op_case = RECADO__TO_RELAY__OP_REGISTER;
	m.register_ = &reg;
	c = client_new(&relay, NULL);
	body = client_call(c, &m);
	ck_assert_uint_eq(body->status, RECADO__STATUS__STATUS_BAD_REQUEST);
	ck_assert_uint_gt(body->detail.len, strlen("a card"));
	ck_assert_mem_eq(body->detail.data, "a card", strlen("a card"));
	pb_free(&body);
	client_free(&c);
	c = client_sign_in(&relay, &maria);
	client_free(&c);
	pb_free(&reg.binding);
	pb_free(&reg.event);
	pb_free(&reg.record);
	person_device_free(&phone.device);
	account_free(&maria);
}
END_TEST

/* Whoever asks for much at once gets it bit by bit. */
START_TEST(fetches_at_once_are_answered)
{
	struct account maria;
	struct client *m;
	Recado__ToRelay msg = RECADO__TO_RELAY__INIT;
	Recado__Fetch f = RECADO__FETCH__INIT;
	Recado__ReplyBody *body;
	uint64_t n[60];

	account_make(&relay, &maria, "maria");
	m = client_sign_in(&relay, &maria);
	for (uint32_t i = 0; i < 5; i++) {
		body = client_reply(m, client_deposit(m, &maria, &maria, i, 32768));
		ck_assert_uint_eq(body->status, OK);
		pb_free(&body);
	}
	msg.op_case = RECADO__TO_RELAY__OP_FETCH;
	msg.fetch = &f;
	for (size_t i = 0; i < 60; i++)
		n[i] = client_send(m, &msg);
	for (size_t i = 0; i < 60; i++) {
		ck_assert_ptr_nonnull(body = client_reply_or_end(m, n[i]));
		ck_assert_uint_eq(body->fetched->n_mail, 5);
		pb_free(&body);
	}
	client_free(&m);
	account_free(&maria);
}
END_TEST

/* ---------------------------------------------------------------------------- slow readers */

enum { ROUNDS = 15, MANY = 50, FEW = 60, ALL = ROUNDS * (MANY + FEW) };

struct pushes { /* what came, of the envelopes filled from 0, 1, ...; some come twice */
	uint8_t head[ALL][16];
	bool came[ALL];
	unsigned missing;
};

static void
note_push(struct pushes *p, const uint8_t *envelope)
{
	for (unsigned i = 0; i < ALL; i++)
		if (!p->came[i] && memcmp(p->head[i], envelope, sizeof(p->head[i])) == 0) {
			p->came[i] = true;
			p->missing--;
			return;
		}
}

static void
read_pushes(struct client *c, struct pushes *p, unsigned most, int ms)
{
	Recado__Push *push;

	while (most-- > 0 && p->missing > 0 && (push = client_push(c, ms)) != NULL) {
		if (push->op_case == RECADO__PUSH__OP_MAIL)
			note_push(p, push->mail->envelope.data);
		pb_free(&push);
	}
}

static struct pushes *
expect_pushes(void)
{
	struct pushes *p = mem_alloc(sizeof(*p));
	uint8_t envelope[256];

	p->missing = ALL;
	for (uint32_t i = 0; i < ALL; i++) {
		client_envelope(i, envelope, sizeof(envelope));
		memcpy(p->head[i], envelope, sizeof(p->head[i]));
	}
	return p;
}

/* Mail goes on coming while somebody who was too slow for it catches up: nothing falls between what is
 * read from the mailbox and what is pushed again. */
START_TEST(nothing_is_lost_while_it_catches_up)
{
	struct pushes *p = expect_pushes();
	struct account maria, joao;
	struct client *m, *j;
	Recado__ReplyBody *body;
	uint32_t sent = 0;
	uint64_t n = 0;

	account_make(&relay, &maria, "maria");
	account_make(&relay, &joao, "joao");
	m = client_sign_in(&relay, &maria);
	j = client_sign_in(&relay, &joao);
	for (int i = 0; i < ROUNDS; i++) {
		for (int k = 0; k < MANY; k++, sent++)
			n = client_deposit(m, &maria, &joao, sent, 16384);
		for (int k = 0; k < FEW; k++, sent++) {
			n = client_deposit(m, &maria, &joao, sent, 256);
			read_pushes(j, p, 2, 1);
		}
		ck_assert_ptr_nonnull(body = client_reply(m, n));
		ck_assert_uint_eq(body->status, OK);
		pb_free(&body);
	}
	read_pushes(j, p, UINT32_MAX, RELAY_WAIT_MS);
	ck_assert_uint_eq(p->missing, 0);
	free(p);
	client_free(&m);
	client_free(&j);
	account_free(&maria);
	account_free(&joao);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { a_swollen_record_is_refused, a_swollen_account_is_refused,
		a_removed_device_is_out, a_registration_removes_nobody, fetches_at_once_are_answered,
		nothing_is_lost_while_it_catches_up, NULL };
	Suite *s = suite_create("relay greed");
	TCase *t = tcase_create("greed");

	tcase_add_checked_fixture(t, setup, teardown);
	for (const TTest *const *p = tests; *p != NULL; p++)
		tcase_add_test(t, *p);
	suite_add_tcase(s, t);
	return unit_run(s);
}
