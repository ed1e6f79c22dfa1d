/*
 * A real recadod on loopback, and people without a card: who gets a certificate, once or never,
 * what it is worth, and how it ends.
 */
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "asking.h"
#include "crypto/ca.h"
#include "unit.h"

#define OK RECADO__STATUS__STATUS_OK
#define CLOSED RECADO__STATUS__STATUS_ENROL_CLOSED
#define UNKNOWN RECADO__STATUS__STATUS_INVITE_UNKNOWN
#define REVOKED RECADO__STATUS__STATUS_CERT_REVOKED
#define LISTS "crls = \"%s/crls\";"

struct relay relay;

static void
setup_closed(void)
{
	relay_new(&relay, NULL, LISTS);
}

static void
setup_open(void)
{
	relay_new(&relay, "enrol = \"open\"; ca = { name = \"example\"; days = 30; };", LISTS);
}

static void
setup_invite(void)
{
	relay_new(&relay, "enrol = \"invite\"; register = \"invite\";", LISTS);
}

static void
setup_full(void)
{
	relay_new(&relay, "enrol = \"open\"; register = \"closed\";", LISTS);
}

static void
setup_few(void)
{
	relay_new(&relay, "enrol = \"open\"; ca = { certificates = 1; };", LISTS);
}

static void
teardown(void)
{
	relay_free(&relay);
}

/* ---------------------------------------------------------------------------- policies */

START_TEST(closed_is_closed)
{
	struct client *c = client_new(&relay, NULL);
	struct buf *root = buf_new(0);
	struct asking ana;

	asking_new(&ana, NULL);
	ck_assert_uint_eq(asking_enrol(&ana, NULL, NULL), CLOSED);
	ck_assert_uint_eq(asking_root(c, root), RECADO__STATUS__STATUS_NOT_FOUND);
	asking_free(&ana);
	buf_free(&root);
	client_free(&c);
}
END_TEST

START_TEST(open_gives_what_was_asked)
{
	struct cert_store *store = cert_store_new(NULL);
	struct buf *root = buf_new(0), *der = buf_new(0), *again = buf_new(0);
	struct cert_request rq = { .now_ms = clock_now_ms() };
	const struct cert_verdict *v = NULL;
	struct client *c = client_new(&relay, NULL);
	struct asking ana;

	asking_new(&ana, "C=PT, L=Évora, CN=Ana Sá");
	ck_assert_uint_eq(asking_root(c, root), OK);
	ck_assert_int_eq(ca_root_check(buf_view(root), relay.id, NULL), 0);
	ck_assert_uint_eq(asking_enrol(&ana, NULL, der), OK);
	ck_assert_uint_eq(asking_enrol(&ana, NULL, again), OK);
	ck_assert(bytes_equal(buf_view(der), buf_view(again)));
	ck_assert_int_eq(cert_store_add(store, CERT_RELAY_ANCHORS, buf_view(root), NULL), 0);
	rq.leaf = buf_view(der);
	ck_assert_int_eq(cert_verify(store, &rq, &v, NULL), 0);
	ck_assert_int_eq(v->trust, 'R');
	ck_assert_str_eq(v->civil_name, "Ana Sá");
	ck_assert_str_eq(v->chain[0].subject, "CN=example, O=recado relay");
	ck_assert_uint_le(v->chain[1].not_after, rq.now_ms + 31ull * 86400000);
	cert_verdict_free(&v);
	cert_store_free(&store);
	asking_free(&ana);
	buf_free(&root);
	buf_free(&der);
	buf_free(&again);
	client_free(&c);
}
END_TEST

START_TEST(nonsense_is_refused)
{
	struct asking ana;
	uint8_t big[6000] = { 0x30 };

	asking_new(&ana, NULL);
	ck_assert_uint_eq(asking_octets((struct bytes){ buf_ptr(ana.csr), buf_len(ana.csr) - 1 },
			      NULL, NULL),
	    RECADO__STATUS__STATUS_BAD_REQUEST);
	ck_assert_uint_eq(asking_octets((struct bytes){ big, sizeof(big) }, NULL, NULL),
	    RECADO__STATUS__STATUS_BAD_REQUEST);
	ck_assert_uint_eq(asking_octets((struct bytes){ NULL, 0 }, NULL, NULL),
	    RECADO__STATUS__STATUS_BAD_REQUEST);
	asking_free(&ana);
}
END_TEST

/* No account, no certificate. */
START_TEST(a_relay_without_room_certifies_nobody)
{
	struct asking ana;

	asking_new(&ana, NULL);
	ck_assert_uint_eq(
	    asking_enrol(&ana, NULL, NULL), RECADO__STATUS__STATUS_REGISTER_CLOSED);
	asking_free(&ana);
}
END_TEST

/* Words that the control socket does not know, halves of one and none: the relay goes on, and the
 * next that asks is answered. */
START_TEST(nonsense_at_the_control_socket)
{
	static const char *const words[] = { "", "\n", "ca", "statusstatusstatusstatus", "x\n",
		"status\0\n" };
	struct sockaddr_un sa = { .sun_family = AF_UNIX };
	char line[512];
	int fd[6];

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/data/control", relay.dir);
	for (size_t i = 0; i < 6; i++) {
		fd[i] = socket(AF_UNIX, SOCK_STREAM, 0);
		ck_assert_int_eq(connect(fd[i], (struct sockaddr *)&sa, sizeof(sa)), 0);
		ck_assert_int_eq(write(fd[i], words[i], strlen(words[i])), (int)strlen(words[i]));
	}
	relay_ask(&relay, "status", line, sizeof(line));
	ck_assert_ptr_nonnull(strstr(line, "yes"));
	for (size_t i = 0; i < 6; i++)
		close(fd[i]);
	relay_ask(&relay, "status", line, sizeof(line));
	ck_assert_ptr_nonnull(strstr(line, "yes"));
}
END_TEST

/* One invitation is one certificate and the one account by it, also over a crash. */
START_TEST(an_invitation_serves_once)
{
	struct buf *der = buf_new(0), *again = buf_new(0);
	char invite[128], second[128];
	struct asking ana, rui;
	struct account a;

	asking_new(&ana, "CN=Ana");
	asking_new(&rui, "CN=Rui");
	ck_assert_uint_eq(asking_enrol(&ana, NULL, NULL), UNKNOWN);
	ck_assert_uint_eq(asking_enrol(&ana, "guess", NULL), UNKNOWN);
	relay_ask(&relay, "invite", invite, sizeof(invite));
	relay_ask(&relay, "invite", second, sizeof(second));
	ck_assert_uint_eq(asking_enrol(&ana, invite, der), OK);
	ck_assert_uint_eq(asking_enrol(&rui, invite, NULL), UNKNOWN);
	ck_assert_uint_eq(asking_enrol(&ana, second, NULL), UNKNOWN);
	ck_assert_int_eq(relay_end(&relay, SIGKILL), 128 + SIGKILL);
	relay_start(&relay);
	ck_assert_uint_eq(asking_enrol(&ana, invite, again), OK);
	ck_assert(bytes_equal(buf_view(der), buf_view(again)));
	ck_assert_uint_eq(asking_enrol(&rui, invite, NULL), UNKNOWN);
	asking_account(&a, "ana", &ana, der);
	ck_assert_uint_eq(account_register(&relay, &a, NULL), UNKNOWN);
	ck_assert_uint_eq(account_register(&relay, &a, invite), OK);
	account_free(&a);
	ck_assert_uint_eq(asking_enrol(&rui, second, NULL), OK);
	asking_free(&ana);
	asking_free(&rui);
	buf_free(&der);
	buf_free(&again);
}
END_TEST

/* What was given stays given, to who has the request and the invitation, when the relay is closed. */
START_TEST(closing_takes_nothing_back)
{
	struct buf *der = buf_new(0), *again = buf_new(0);
	struct asking ana, rui;
	char invite[128];

	asking_new(&ana, "CN=Ana");
	asking_new(&rui, "CN=Rui");
	relay_ask(&relay, "invite", invite, sizeof(invite));
	ck_assert_uint_eq(asking_enrol(&ana, invite, der), OK);
	ck_assert_int_eq(relay_end(&relay, SIGTERM), 0);
	relay_configure(&relay, "enrol = \"closed\";", LISTS);
	relay_start(&relay);
	ck_assert_uint_eq(asking_enrol(&ana, invite, again), OK);
	ck_assert(bytes_equal(buf_view(der), buf_view(again)));
	ck_assert_uint_eq(asking_enrol(&ana, NULL, NULL), UNKNOWN);
	ck_assert_uint_eq(asking_enrol(&ana, "guess", NULL), UNKNOWN);
	ck_assert_uint_eq(asking_enrol(&rui, invite, NULL), CLOSED);
	asking_free(&ana);
	asking_free(&rui);
	buf_free(&der);
	buf_free(&again);
}
END_TEST

/* ---------------------------------------------------------------------------- what it is worth */

START_TEST(a_certificate_is_one_account_s)
{
	struct buf *der = buf_new(0);
	struct account first, second;
	struct asking ana;

	asking_new(&ana, "CN=Ana");
	ck_assert_uint_eq(asking_enrol(&ana, NULL, der), OK);
	asking_account(&first, "ana", &ana, der);
	asking_account(&second, "anita", &ana, der);
	ck_assert_uint_eq(account_register(&relay, &first, NULL), OK);
	ck_assert_uint_eq(account_register(&relay, &first, NULL), OK);
	ck_assert_uint_eq(
	    account_register(&relay, &second, NULL), RECADO__STATUS__STATUS_CERT_REFUSED);
	account_free(&first);
	account_free(&second);
	asking_free(&ana);
	buf_free(&der);
}
END_TEST

/* Somebody with a card holder's very name gets no device into the holder's account. */
START_TEST(nobody_joins_a_card_holder)
{
	struct buf *der = buf_new(0);
	struct account holder, other;
	struct asking ana;

	account_make(&relay, &holder, "maria");
	asking_new(&ana, "C=PT, CN=maria");
	ck_assert_uint_eq(asking_enrol(&ana, NULL, der), OK);
	asking_account(&other, "maria", &ana, der);
	other.device->binding.purpose = BINDING_PURPOSE_ADD;
	memcpy(other.device->binding.user_id, holder.device->binding.user_id, USER_ID_LEN);
	memcpy(other.device->binding.list_head, holder.list_head, HASH_LEN);
	person_bind(other.device, other.card);
	ck_assert_uint_ne(account_register(&relay, &other, NULL), OK);
	account_free(&other);
	asking_account(&other, "maria", &ana, der);
	ck_assert_uint_eq(
	    account_register(&relay, &other, NULL), RECADO__STATUS__STATUS_NAME_TAKEN);
	account_free(&holder);
	account_free(&other);
	asking_free(&ana);
	buf_free(&der);
}
END_TEST

static void
is_told(struct client *c)
{
	Recado__Push *push = client_push(c, RELAY_WAIT_MS);

	ck_assert(push != NULL && push->op_case == RECADO__PUSH__OP_REVOCATION_CHANGED);
	pb_free(&push);
}

START_TEST(the_revoked_is_out)
{
	struct account ana, rui;
	struct client *a, *b;
	Recado__Push *push;
	char line[256];

	asking_registered(&ana, "ana");
	asking_registered(&rui, "rui");
	a = client_new(&relay, &ana);
	b = client_new(&relay, &rui);
	ck_assert_uint_eq(a->refused, 0);
	relay_ask(&relay, "ca revoke ana", line, sizeof(line));
	ck_assert_ptr_nonnull(strstr(line, "revoked"));
	is_told(a);
	is_told(b);
	push = client_push(a, RELAY_WAIT_MS);
	ck_assert(push != NULL && push->op_case == RECADO__PUSH__OP_NOTICE);
	ck_assert_uint_eq(push->notice->status, REVOKED);
	pb_free(&push);
	ck_assert(client_is_ended(a, RELAY_WAIT_MS));
	client_free(&a);
	client_free(&b);
	a = client_new(&relay, &ana);
	ck_assert_uint_eq(a->refused, REVOKED);
	client_free(&a);
	ck_assert_int_eq(relay_end(&relay, SIGTERM), 0);
	relay_start(&relay);
	a = client_new(&relay, &ana);
	ck_assert_uint_eq(a->refused, REVOKED);
	client_free(&a);
	b = client_new(&relay, &rui);
	ck_assert_uint_eq(b->refused, 0);
	client_free(&b);
	account_free(&ana);
	account_free(&rui);
}
END_TEST

/* The list of the relay's CA, as it serves it. */
static void
get_list(struct client *c, struct buf *root, struct revocation **out)
{
	Recado__ToRelay m = RECADO__TO_RELAY__INIT;
	Recado__GetRevocation get = RECADO__GET_REVOCATION__INIT;
	Recado__GetBlob blob = RECADO__GET_BLOB__INIT;
	Recado__ReplyBody *body, *data;
	ProtobufCBinaryData issuer;
	uint8_t name[32];

	ck_assert_uint_eq(asking_root(c, root), OK);
	ck_assert_int_eq(revocation_subject_of(buf_view(root), name), 0);
	issuer = pb_data((struct bytes){ name, 32 });
	get.n_issuers = 1;
	get.issuers = &issuer;
	m.op_case = RECADO__TO_RELAY__OP_GET_REVOCATION;
	m.get_revocation = &get;
	body = client_call(c, &m);
	ck_assert_uint_eq(body->revocation->n_lists, 1);
	blob.sha256 = body->revocation->lists[0]->sha256;
	m.op_case = RECADO__TO_RELAY__OP_GET_BLOB;
	m.get_blob = &blob;
	data = client_call(c, &m);
	ck_assert_int_eq(revocation_parse(pb_view(data->blob->data), NULL, out, NULL), 0);
	pb_free(&body);
	pb_free(&data);
}

/* Newer with each start and each revocation, the same root all the time. */
START_TEST(its_list_is_served_and_rises)
{
	struct buf *root = buf_new(0), *later = buf_new(0);
	struct revocation *first, *second;
	struct account ana;
	struct client *c;

	asking_registered(&ana, "ana");
	c = client_new(&relay, &ana);
	get_list(c, root, &first);
	ck_assert(revocation_info(first)->conforming);
	client_free(&c);
	ck_assert_int_eq(relay_end(&relay, SIGKILL), 128 + SIGKILL);
	relay_start(&relay);
	c = client_new(&relay, &ana);
	get_list(c, later, &second);
	ck_assert(bytes_equal(buf_view(root), buf_view(later)));
	ck_assert_int_gt(revocation_compare(second, first), 0);
	ck_assert(revocation_supersedes(second, first));
	revocation_free(&first);
	revocation_free(&second);
	client_free(&c);
	account_free(&ana);
	buf_free(&root);
	buf_free(&later);
}
END_TEST

/* A backup has the CA: its people go on after a restore, and the revoked stay so. */
START_TEST(a_restore_keeps_the_ca)
{
	struct buf *root = buf_new(0), *later = buf_new(0);
	struct account ana, rui;
	char line[512];
	struct client *c;

	asking_registered(&ana, "ana");
	asking_registered(&rui, "rui");
	c = client_new(&relay, &ana);
	ck_assert_uint_eq(asking_root(c, root), OK);
	client_free(&c);
	relay_ask(&relay, "ca revoke rui", line, sizeof(line));
	ck_assert_int_eq(relay_end(&relay, SIGTERM), 0);
	snprintf(line, sizeof(line),
	    "d='%s' r='%s/recadod'; \"$r\" backup \"$d/b\" --config \"$d/recadod.conf\" && "
	    "mv \"$d/data\" \"$d/old\" && \"$r\" restore \"$d/b\" --config \"$d/recadod.conf\"",
	    relay.dir, getenv("RECADO_BUILD") != NULL ? getenv("RECADO_BUILD") : ".");
	ck_assert_int_eq(system(line), 0);
	relay_start(&relay);
	c = client_new(&relay, &ana);
	ck_assert_uint_eq(c->refused, 0);
	ck_assert_uint_eq(asking_root(c, later), OK);
	ck_assert(bytes_equal(buf_view(root), buf_view(later)));
	client_free(&c);
	c = client_new(&relay, &rui);
	ck_assert_uint_eq(c->refused, REVOKED);
	client_free(&c);
	account_free(&ana);
	account_free(&rui);
	buf_free(&root);
	buf_free(&later);
}
END_TEST

START_TEST(lists_what_it_gave_out)
{
	struct account ana;
	char line[1024];

	asking_registered(&ana, "ana");
	relay_ask(&relay, "ca list", line, sizeof(line));
	ck_assert_ptr_nonnull(strstr(line, "valid"));
	ck_assert_ptr_nonnull(strstr(line, "Ana Sem Cartão"));
	relay_ask(&relay, "ca list --json", line, sizeof(line));
	ck_assert_ptr_nonnull(strstr(line, "{\"v\":1,\"type\":\"certificate\",\"serial\":\""));
	ck_assert_ptr_nonnull(strstr(line, "\"name\":\"ana\""));
	ck_assert_ptr_nonnull(strstr(line, "\"revoked_at\":null}"));
	account_free(&ana);
}
END_TEST

static void
add_case(Suite *s, const char *name, SFun start, const TTest *const *tests)
{
	TCase *c = tcase_create(name);

	tcase_add_checked_fixture(c, start, teardown);
	for (; *tests != NULL; tests++)
		tcase_add_test(c, *tests);
	suite_add_tcase(s, c);
}

int
main(void)
{
	const TTest *const closed[] = { closed_is_closed, NULL };
	const TTest *const open[] = { open_gives_what_was_asked, nonsense_is_refused,
		a_certificate_is_one_account_s, nobody_joins_a_card_holder, the_revoked_is_out,
		its_list_is_served_and_rises, a_restore_keeps_the_ca, lists_what_it_gave_out,
		NULL };
	const TTest *const invite[] = { an_invitation_serves_once, closing_takes_nothing_back, NULL };
	const TTest *const few[] = { nonsense_at_the_control_socket, NULL };
	const TTest *const full[] = { a_relay_without_room_certifies_nobody, NULL };
	Suite *s = suite_create("relay_enrol");

	add_case(s, "closed", setup_closed, closed);
	add_case(s, "open", setup_open, open);
	add_case(s, "invite", setup_invite, invite);
	add_case(s, "few", setup_few, few);
	add_case(s, "full", setup_full, full);
	return unit_run(s);
}
