/*
 * A real recadod on loopback: revocation lists and what follows from them, invitations, the open
 * directory, and the commands beside a running relay.
 */
#include <string.h>

#include "crypto/kdf.h"
#include "crypto/revocation.h"
#include "relay.h"
#include "unit.h"

#define OK RECADO__STATUS__STATUS_OK

static struct relay relay;

static void
teardown(void)
{
	relay_free(&relay);
}

/* ---------------------------------------------------------------------------- revocation */

static void
setup_revocation(void)
{
	relay_new(&relay, NULL, "crls = \"%s/crls\";");
}

static Recado__ReplyBody *
get_revocation(struct client *c)
{
	Recado__ToRelay m = RECADO__TO_RELAY__INIT;
	Recado__GetRevocation get = RECADO__GET_REVOCATION__INIT;
	ProtobufCBinaryData issuer;
	uint8_t name[32];

	ck_assert_int_eq(revocation_subject_of(buf_view(relay.ca->der), name), 0);
	issuer = pb_data((struct bytes){ name, 32 });
	get.n_issuers = 1;
	get.issuers = &issuer;
	m.op_case = RECADO__TO_RELAY__OP_GET_REVOCATION;
	m.get_revocation = &get;
	return client_call(c, &m);
}

START_TEST(serves_lists)
{
	struct account maria;
	struct client *c;
	Recado__ToRelay m = RECADO__TO_RELAY__INIT;
	Recado__GetBlob get = RECADO__GET_BLOB__INIT;
	Recado__ReplyBody *info, *blob;
	struct bytes der;
	uint8_t hash[32];

	account_make(&relay, &maria, "maria");
	c = client_sign_in(&relay, &maria);
	info = get_revocation(c);
	ck_assert_uint_eq(info->revocation->n_lists, 1);
	get.sha256 = info->revocation->lists[0]->sha256;
	m.op_case = RECADO__TO_RELAY__OP_GET_BLOB;
	m.get_blob = &get;
	blob = client_call(c, &m);
	ck_assert_uint_eq(blob->status, OK);
	der = pb_view(blob->blob->data);
	ck_assert_uint_eq(der.n, blob->blob->total);
	ck_assert_uint_eq(der.n, info->revocation->lists[0]->size);
	ck_assert_int_eq(kdf_sha256(der, hash), 0);
	ck_assert_mem_eq(hash, get.sha256.data, 32);
	pb_free(&blob);
	get.offset = 1u << 30;
	blob = client_call(c, &m);
	ck_assert_uint_eq(blob->status, RECADO__STATUS__STATUS_BAD_REQUEST);
	pb_free(&blob);
	pb_free(&info);
	client_free(&c);
	account_free(&maria);
}
END_TEST

/* Revoked while signed in: told, ended, and refused from then on; others are not. */
START_TEST(a_revoked_card_is_out)
{
	struct account maria, joao, again;
	struct client *m, *j;
	Recado__Push *push;

	account_make(&relay, &maria, "maria");
	account_make(&relay, &joao, "joao");
	m = client_sign_in(&relay, &maria);
	j = client_sign_in(&relay, &joao);
	relay_revoke(&relay, maria.card);
	push = client_push(j, RELAY_WAIT_MS);
	ck_assert(push != NULL && push->op_case == RECADO__PUSH__OP_REVOCATION_CHANGED);
	pb_free(&push);
	push = client_push(m, RELAY_WAIT_MS);
	ck_assert(push != NULL && push->op_case == RECADO__PUSH__OP_REVOCATION_CHANGED);
	pb_free(&push);
	push = client_push(m, RELAY_WAIT_MS);
	ck_assert(push != NULL && push->op_case == RECADO__PUSH__OP_NOTICE);
	ck_assert_uint_eq(push->notice->status, RECADO__STATUS__STATUS_CERT_REVOKED);
	pb_free(&push);
	ck_assert(client_is_ended(m, RELAY_WAIT_MS));
	client_free(&m);
	m = client_new(&relay, &maria);
	ck_assert_uint_eq(m->refused, RECADO__STATUS__STATUS_CERT_REVOKED);
	client_free(&m);
	account_new(&relay, &again, "outra");
	relay_revoke(&relay, again.card);
	ck_assert_ptr_nonnull(push = client_push(j, RELAY_WAIT_MS));
	pb_free(&push);
	ck_assert_uint_eq(
	    account_register(&relay, &again, NULL), RECADO__STATUS__STATUS_CERT_REVOKED);
	ck_assert(!client_is_ended(j, 100));
	client_free(&j);
	account_free(&maria);
	account_free(&joao);
	account_free(&again);
}
END_TEST

/* Who only knows somebody's ids learns nothing of the card, and has nothing judged. */
START_TEST(a_signature_comes_before_the_card)
{
	struct account maria, joao;
	struct key_sign *own;
	struct client *c;

	account_make(&relay, &maria, "maria");
	account_make(&relay, &joao, "joao");
	relay_revoke(&relay, maria.card);
	do { /* the lists are read again after a moment */
		c = client_new(&relay, &maria);
		client_free(&c);
	} while (!relay_logged(&relay, "refused"));
	own = maria.device->sign;
	maria.device->sign = joao.device->sign;
	c = client_new(&relay, &maria);
	ck_assert_uint_eq(c->refused, 0);
	ck_assert(c->ended);
	client_free(&c);
	maria.device->sign = own;
	account_free(&maria);
	account_free(&joao);
}
END_TEST

/* ---------------------------------------------------------------------------- policies */

static void
setup_invite(void)
{
	relay_new(&relay, "register = \"invite\"; directory = \"open\";", NULL);
}

START_TEST(asks_for_an_invitation)
{
	struct account maria, joao;
	char invite[128];

	account_new(&relay, &maria, "maria");
	account_new(&relay, &joao, "joao");
	ck_assert_uint_eq(
	    account_register(&relay, &maria, NULL), RECADO__STATUS__STATUS_INVITE_UNKNOWN);
	ck_assert_uint_eq(
	    account_register(&relay, &maria, "guess"), RECADO__STATUS__STATUS_INVITE_UNKNOWN);
	relay_ask(&relay, "invite", invite, sizeof(invite));
	ck_assert_uint_eq(account_register(&relay, &maria, invite), OK);
	ck_assert_uint_eq(
	    account_register(&relay, &joao, invite), RECADO__STATUS__STATUS_INVITE_UNKNOWN);
	account_free(&maria);
	account_free(&joao);
}
END_TEST

START_TEST(shows_an_open_directory)
{
	struct account maria, joao;
	struct client *c;
	Recado__ToRelay m = RECADO__TO_RELAY__INIT;
	Recado__ListDirectory list = RECADO__LIST_DIRECTORY__INIT;
	Recado__ReplyBody *body;
	char invite[128];

	account_new(&relay, &maria, "maria");
	account_new(&relay, &joao, "joao");
	relay_ask(&relay, "invite", invite, sizeof(invite));
	ck_assert_uint_eq(account_register(&relay, &maria, invite), OK);
	relay_ask(&relay, "invite", invite, sizeof(invite));
	ck_assert_uint_eq(account_register(&relay, &joao, invite), OK);
	c = client_sign_in(&relay, &maria);
	m.op_case = RECADO__TO_RELAY__OP_LIST_DIRECTORY;
	m.list_directory = &list;
	body = client_call(c, &m);
	ck_assert_uint_eq(body->directory_page->n_entries, 2);
	ck_assert(!body->directory_page->more);
	ck_assert_mem_eq(body->directory_page->entries[0]->user_name.data, "joao", 4);
	ck_assert(!body->directory_page->entries[0]->online);
	ck_assert(body->directory_page->entries[1]->online);
	pb_free(&body);
	client_free(&c);
	account_free(&maria);
	account_free(&joao);
}
END_TEST

START_TEST(commands_work_beside_it)
{
	char text[512];

	relay_ask(&relay, "code", text, sizeof(text));
	ck_assert_uint_eq(strlen(text), 79);
	ck_assert(relay_logged(&relay, text));
	relay_ask(&relay, "status", text, sizeof(text));
	ck_assert_ptr_nonnull(strstr(text, "yes"));
}
END_TEST

static void
add_case(Suite *s, const char *name, SFun start, const TTest *const *tests)
{
	TCase *t = tcase_create(name);

	tcase_add_checked_fixture(t, start, teardown);
	for (; *tests != NULL; tests++)
		tcase_add_test(t, *tests);
	suite_add_tcase(s, t);
}

int
main(void)
{
	const TTest *const revoking[] = { serves_lists, a_revoked_card_is_out,
		a_signature_comes_before_the_card, NULL };
	const TTest *const inviting[] = { asks_for_an_invitation, shows_an_open_directory,
		commands_work_beside_it, NULL };
	Suite *s = suite_create("relay policy");

	add_case(s, "revocation", setup_revocation, revoking);
	add_case(s, "policies", setup_invite, inviting);
	return unit_run(s);
}
