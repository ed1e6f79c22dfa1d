#include "asking.h"

#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "crypto/ca.h"
#include "unit.h"

#define OK RECADO__STATUS__STATUS_OK

void
asking_new(struct asking *a, const char *subject)
{
	struct csr_subject s;

	a->csr = buf_new(CSR_MAX);
	ck_assert_int_eq(csr_subject_parse(subject, "ana", &s, NULL), 0);
	ck_assert_int_eq(csr_make(&s, &a->key, a->csr), 0);
}

void
asking_free(struct asking *a)
{
	void *key;

	memcpy(&key, &a->key.p, sizeof(key));
	mem_secret_free(&key);
	buf_free(&a->csr);
}

/* The status; der, where there is one, gets the certificate. */
uint32_t
asking_octets(struct bytes csr, const char *invite, struct buf *der)
{
	Recado__ToRelay m = RECADO__TO_RELAY__INIT;
	Recado__Enrol e = RECADO__ENROL__INIT;
	struct client *c = client_new(&relay, NULL);
	Recado__ReplyBody *body;
	uint32_t status;

	e.csr = pb_data(csr);
	if (invite != NULL)
		e.invite = pb_data((struct bytes){ (const uint8_t *)invite, strlen(invite) });
	m.op_case = RECADO__TO_RELAY__OP_ENROL;
	m.enrol = &e;
	body = client_call(c, &m);
	status = body->status;
	if (status == OK && der != NULL) {
		buf_reset(der);
		ck_assert_int_eq(buf_put_bytes(der, pb_view(body->enrolled->certificate)), 0);
	}
	pb_free(&body);
	client_free(&c);
	return status;
}

uint32_t
asking_enrol(const struct asking *a, const char *invite, struct buf *der)
{
	return asking_octets(buf_view(a->csr), invite, der);
}

uint32_t
asking_root(struct client *c, struct buf *root)
{
	Recado__ToRelay m = RECADO__TO_RELAY__INIT;
	Recado__GetCa get = RECADO__GET_CA__INIT;
	Recado__ReplyBody *body;
	uint32_t status;

	m.op_case = RECADO__TO_RELAY__OP_GET_CA;
	m.get_ca = &get;
	body = client_call(c, &m);
	status = body->status;
	buf_reset(root);
	if (status == OK)
		ck_assert_int_eq(buf_put_bytes(root, pb_view(body->relay_ca->certificate)), 0);
	pb_free(&body);
	return status;
}

/* An account that the certificate's key signs for. */
void
asking_account(struct account *a, const char *name, const struct asking *who, const struct buf *der)
{
	const uint8_t *p = who->key.p;

	memset(a, 0, sizeof(*a));
	a->card = mem_alloc(sizeof(*a->card));
	a->card->key = d2i_AutoPrivateKey(NULL, &p, (long)who->key.n);
	ck_assert_ptr_nonnull(a->card->key);
	a->card->der = buf_new(0);
	ck_assert_int_eq(buf_put_bytes(a->card->der, buf_view(der)), 0);
	a->device = person_device_new(name, "laptop");
	a->device->binding.created = clock_now_ms();
	memcpy(a->device->binding.relay_id, relay.id, 32);
	person_bind(a->device, a->card);
}

/* Enrolled and registered. */
void
asking_registered(struct account *a, const char *name)
{
	struct buf *der = buf_new(0);
	struct asking who;

	asking_new(&who, "C=PT, CN=Ana Sem Cartão");
	ck_assert_uint_eq(asking_enrol(&who, NULL, der), OK);
	asking_account(a, name, &who, der);
	ck_assert_uint_eq(account_register(&relay, a, NULL), OK);
	asking_free(&who);
	buf_free(&der);
}
