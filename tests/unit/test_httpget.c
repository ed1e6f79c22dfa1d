/* What the relay fetches: whom it never asks, and an end while a name is being resolved. */
#include <arpa/inet.h>
#include <event2/dns.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/httpget.h"
#include "unit.h"

/* Who reads what was freed finds no pointer there; with the address sanitizer alone. */
const char *__asan_default_options(void);

const char *
__asan_default_options(void)
{
	return "max_free_fill_size=65536";
}

static struct event_base *base;
static struct evdns_base *dns;
static int silent; /* a name server that never answers */
static int code, asked;

static void
setup(void)
{
	struct sockaddr_in sin = { .sin_family = AF_INET };
	socklen_t n = sizeof(sin);

	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	ck_assert_int_ge(silent = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), 0);
	ck_assert_int_eq(bind(silent, (struct sockaddr *)&sin, n), 0);
	ck_assert_int_eq(getsockname(silent, (struct sockaddr *)&sin, &n), 0);
	ck_assert_ptr_nonnull(base = event_base_new());
	ck_assert_ptr_nonnull(dns = evdns_base_new(base, EVDNS_BASE_DISABLE_WHEN_INACTIVE));
	ck_assert_int_eq(
	    evdns_base_nameserver_sockaddr_add(dns, (struct sockaddr *)&sin, n, 0), 0);
	code = asked = 0;
}

static void
teardown(void)
{
	httpget_end_dns(base, dns);
	event_base_free(base);
	close(silent);
}

static void
on_done(void *arg, struct httpget *g, struct httpget_result *r)
{
	struct httpget **own = arg;
	(void)g;

	code = r->code;
	asked++;
	httpget_free(own);
}

static void
start(const char *url, struct httpget **out)
{
	struct httpget_request rq = { .url = url, .max = 1000, .timeout_s = 30 };

	ck_assert_int_eq(httpget_start(base, dns, &rq, on_done, out, out), 0);
}

static void
turn(int times)
{
	while (times-- > 0)
		event_base_loop(base, EVLOOP_NONBLOCK);
}

/* The relay stops while the name server is thinking; teardown ends the rest. */
START_TEST(ends_while_a_name_is_resolved)
{
	struct httpget *g;
	uint8_t question[512];

	start("http://lists.example/one.crl", &g);
	turn(3);
	ck_assert_int_gt(recv(silent, question, sizeof(question), 0), 0);
	ck_assert_int_eq(asked, 0);
	httpget_free(&g);
	ck_assert_int_eq(asked, 0);
}
END_TEST

START_TEST(asks_nobody_at_home)
{
	static const char *const urls[] = { "http://127.0.0.1/a", "http://10.1.2.3:8080/",
		"http://169.254.169.254/latest", "http://[::1]/a", "http://[::ffff:127.0.0.1]/a",
		"http://[fe80::1]/a", "http://[64:ff9b::7f00:1]/a" };

	for (size_t i = 0; i < sizeof(urls) / sizeof(urls[0]); i++) {
		struct httpget *g;

		start(urls[i], &g);
		for (int n = 0; n < 100 && g != NULL; n++)
			turn(1);
		ck_assert_msg(g == NULL && code == ERR_UNTRUSTED, "%s: %d", urls[i], code);
	}
	ck_assert_int_eq(asked, 7);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { ends_while_a_name_is_resolved, asks_nobody_at_home, NULL };
	Suite *s = suite_create("httpget");
	TCase *t = tcase_create("httpget");

	tcase_add_checked_fixture(t, setup, teardown);
	for (const TTest *const *p = tests; *p != NULL; p++)
		tcase_add_test(t, *p);
	suite_add_tcase(s, t);
	return unit_run(s);
}
