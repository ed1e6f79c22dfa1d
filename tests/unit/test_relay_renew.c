/*
 * A real recadod on loopback, and people whose certificate of its own CA comes to an end: who gets a
 * further one, for which key and name, how often, and who does not.
 */
#include <signal.h>
#include <string.h>

#include "asking.h"
#include "base/clock.h"
#include "crypto/cert.h"
#include "crypto/identity.h"
#include "unit.h"

#define OK RECADO__STATUS__STATUS_OK
#define NOT_ALLOWED RECADO__STATUS__STATUS_NOT_ALLOWED

struct relay relay;
static struct account ana, rui;
static struct buf *der;

static void
setup(void)
{
	relay_new(&relay, "enrol = \"open\"; ca = { days = 30; certificates = 2; };", NULL);
	asking_registered(&ana, "ana");
	asking_registered(&rui, "rui");
	der = buf_new(0);
}

static void
teardown(void)
{
	buf_free(&der);
	account_free(&ana);
	account_free(&rui);
	relay_free(&relay);
}

/* The status; der gets the certificate. */
static uint32_t
renew_octets(struct client *c, struct bytes hash)
{
	Recado__ToRelay m = RECADO__TO_RELAY__INIT;
	Recado__RenewCertificate renew = RECADO__RENEW_CERTIFICATE__INIT;
	Recado__ReplyBody *body;
	uint32_t status;

	renew.certificate_sha256 = pb_data(hash);
	m.op_case = RECADO__TO_RELAY__OP_RENEW_CERTIFICATE;
	m.renew_certificate = &renew;
	body = client_call(c, &m);
	status = body->status;
	buf_reset(der);
	if (status == OK)
		ck_assert_int_eq(buf_put_bytes(der, pb_view(body->enrolled->certificate)), 0);
	pb_free(&body);
	return status;
}

static uint32_t
renew(const struct account *who, struct bytes certificate)
{
	struct client *c = client_new(&relay, who);
	uint8_t hash[32];
	uint32_t status;

	ck_assert_uint_eq(c->refused, 0);
	cert_sha256(certificate, hash);
	status = renew_octets(c, (struct bytes){ hash, sizeof(hash) });
	client_free(&c);
	return status;
}

/* The certificate in der speaks for the account from now on. */
static uint32_t
use(struct account *a)
{
	Recado__ToRelay m = RECADO__TO_RELAY__INIT;
	Recado__PutDeviceEvent put = RECADO__PUT_DEVICE_EVENT__INIT;
	Recado__DeviceEvent ev = RECADO__DEVICE_EVENT__INIT;
	struct binding *b = &a->device->binding;
	struct client *c = client_new(&relay, a);
	struct buf *event = buf_new(0);
	Recado__ReplyBody *body;
	uint8_t user[USER_ID_LEN];
	uint32_t status;

	memcpy(user, b->user_id, sizeof(user));
	b->purpose = BINDING_PURPOSE_RENEW;
	memcpy(b->list_head, a->list_head, HASH_LEN);
	b->renewed_count = 1;
	ck_assert_int_eq(binding_device_hash(a->device->id, b->device_signing_key,
			     b->device_identity_key, b->renewed[0]),
	    0);
	buf_reset(a->card->der);
	ck_assert_int_eq(buf_put_bytes(a->card->der, buf_view(der)), 0);
	person_bind(a->device, a->card);
	ev.user_id = pb_data((struct bytes){ user, sizeof(user) });
	ev.number = 1;
	ev.previous = pb_data((struct bytes){ b->list_head, HASH_LEN });
	ev.kind = RECADO__DEVICE_EVENT_KIND__DEVICE_RENEW;
	ev.device_id = pb_data((struct bytes){ a->device->id, DEVICE_ID_LEN });
	ev.binding_hash = pb_data((struct bytes){ b->hash, HASH_LEN });
	ev.time = clock_now_ms();
	ck_assert_int_eq(identity_join_event(&ev, a->device->sign, a->device->id, event), 0);
	ck_assert_int_eq(pb_unpack(&recado__signed_binding__descriptor,
			     buf_view(a->device->signed_binding), &put.binding),
	    0);
	ck_assert_int_eq(
	    pb_unpack(&recado__signed_device_event__descriptor, buf_view(event), &put.event), 0);
	m.op_case = RECADO__TO_RELAY__OP_PUT_DEVICE_EVENT;
	m.put_device_event = &put;
	body = client_call(c, &m);
	status = body->status;
	pb_free(&body);
	pb_free(&put.binding);
	pb_free(&put.event);
	buf_free(&event);
	client_free(&c);
	return status;
}

/* The same key and subject, and each time the same certificate; also when the relay takes nobody new
 * and has given out as many as it gives. */
START_TEST(whose_it_is_gets_another)
{
	struct bytes old = buf_view(ana.card->der);
	struct buf *first = buf_new(0);

	ck_assert_int_eq(relay_end(&relay, SIGTERM), 0);
	relay_configure(&relay, "register = \"closed\"; ca = { days = 60; certificates = 2; };", NULL);
	relay_start(&relay);
	ck_assert_uint_eq(renew(&ana, old), OK);
	ck_assert(!bytes_equal(buf_view(der), old));
	ck_assert(cert_same_holder(buf_view(der), old));
	ck_assert(!cert_same_holder(buf_view(der), buf_view(rui.card->der)));
	ck_assert_int_eq(buf_put_bytes(first, buf_view(der)), 0);
	ck_assert_int_eq(relay_end(&relay, SIGKILL), 128 + SIGKILL);
	relay_start(&relay);
	ck_assert_uint_eq(renew(&ana, old), OK);
	ck_assert(bytes_equal(buf_view(der), buf_view(first)));
	buf_free(&first);
}
END_TEST

START_TEST(nobody_gets_another_s)
{
	struct account maria;
	struct client *c;
	uint8_t hash[33] = { 1 };

	account_make(&relay, &maria, "maria");
	ck_assert_uint_eq(renew(&ana, buf_view(rui.card->der)), NOT_ALLOWED);
	ck_assert_uint_eq(renew(&maria, buf_view(ana.card->der)), NOT_ALLOWED);
	ck_assert_uint_eq(renew(&maria, buf_view(maria.card->der)), NOT_ALLOWED);
	c = client_new(&relay, &ana);
	ck_assert_uint_eq(renew_octets(c, (struct bytes){ hash, 32 }), NOT_ALLOWED);
	ck_assert_uint_eq(renew_octets(c, (struct bytes){ hash, 33 }),
	    RECADO__STATUS__STATUS_BAD_REQUEST);
	ck_assert_uint_eq(renew_octets(c, (struct bytes){ NULL, 0 }),
	    RECADO__STATUS__STATUS_BAD_REQUEST);
	client_free(&c);
	account_free(&maria);
}
END_TEST

START_TEST(nobody_without_a_sign_in)
{
	Recado__ToRelay m = RECADO__TO_RELAY__INIT;
	Recado__RenewCertificate renewal = RECADO__RENEW_CERTIFICATE__INIT;
	struct client *c = client_new(&relay, NULL);
	uint8_t hash[32];

	cert_sha256(buf_view(ana.card->der), hash);
	renewal.certificate_sha256 = pb_data((struct bytes){ hash, sizeof(hash) });
	m.op_case = RECADO__TO_RELAY__OP_RENEW_CERTIFICATE;
	m.renew_certificate = &renewal;
	client_send(c, &m);
	ck_assert(client_is_ended(c, RELAY_WAIT_MS));
	client_free(&c);
}
END_TEST

/* What is not in use is not replaced: one step after the other. */
START_TEST(nobody_hoards_them)
{
	struct buf *second = buf_new(0);

	ck_assert_uint_eq(renew(&ana, buf_view(ana.card->der)), OK);
	ck_assert_int_eq(buf_put_bytes(second, buf_view(der)), 0);
	ck_assert_uint_eq(renew(&ana, buf_view(second)), NOT_ALLOWED);
	ck_assert_uint_eq(renew(&ana, buf_view(ana.card->der)), OK);
	ck_assert_uint_eq(use(&ana), OK);
	ck_assert_uint_eq(renew(&ana, buf_view(second)), OK);
	ck_assert(!bytes_equal(buf_view(der), buf_view(second)));
	ck_assert(cert_same_holder(buf_view(der), buf_view(second)));
	buf_free(&second);
}
END_TEST

/* Only who has the key can use it. */
START_TEST(another_key_cannot_use_it)
{
	ck_assert_uint_eq(renew(&ana, buf_view(ana.card->der)), OK);
	ck_assert_uint_ne(use(&rui), OK);
}
END_TEST

static void
put_out(const char *whom)
{
	char line[512];

	snprintf(line, sizeof(line), "'%s/recadod' ca revoke %s --config '%s/recadod.conf' >/dev/null",
	    getenv("RECADO_BUILD") != NULL ? getenv("RECADO_BUILD") : ".", whom, relay.dir);
	ck_assert_int_eq(system(line), 0);
}

/* With revocation off the relay goes on letting them in; it certifies them no more. */
START_TEST(the_revoked_get_none)
{
	struct bytes old = buf_view(ana.card->der);

	ck_assert_uint_eq(renew(&ana, old), OK);
	put_out("ana");
	put_out("rui");
	ck_assert_uint_eq(renew(&ana, old), RECADO__STATUS__STATUS_CERT_REVOKED);
	ck_assert_uint_eq(renew(&rui, buf_view(rui.card->der)), RECADO__STATUS__STATUS_CERT_REVOKED);
	ck_assert_uint_ne(use(&ana), OK); /* nor with what they have */
}
END_TEST

int
main(void)
{
	Suite *s = suite_create("relay_renew");
	TCase *c = tcase_create("relay_renew");

	tcase_add_checked_fixture(c, setup, teardown);
	tcase_set_timeout(c, 60);
	tcase_add_test(c, whose_it_is_gets_another);
	tcase_add_test(c, nobody_gets_another_s);
	tcase_add_test(c, nobody_without_a_sign_in);
	tcase_add_test(c, nobody_hoards_them);
	tcase_add_test(c, another_key_cannot_use_it);
	tcase_add_test(c, the_revoked_get_none);
	suite_add_tcase(s, c);
	return unit_run(s);
}
