/*
 * record: what goes through the home's socket comes out the same, and --json shows exactly the keys
 * that scripts rely on.
 */
#include <jansson.h>
#include <string.h>

#include "base/mem.h"
#include "core/record.h"
#include "unit.h"

static struct core_event
message_event(void)
{
	struct core_event ev = { .kind = CORE_EV_MESSAGE, .seq = 7 };
	struct core_message *m = mem_alloc(sizeof(*m));

	m->id = mem_strdup("0123456789abcdef");
	m->conversation = mem_strdup("ana");
	m->from = mem_strdup("ana");
	m->device = mem_strdup("00");
	m->civil_name = mem_strdup("ANA CONCEIÇÃO");
	m->trust = 'C';
	m->text = mem_strdup("duas\nlinhas \"com\" aspas e 🙂");
	m->sent_at = 1795000000123;
	m->received_at = 1795000000456;
	m->unread = m->first_contact = true;
	m->state = CORE_ST_DELIVERED;
	m->row = 42;
	m->devices = mem_array(2, sizeof(*m->devices));
	m->device_count = 2;
	m->devices[0].device = mem_strdup("aa");
	m->devices[0].state = CORE_ST_READ;
	m->devices[1].device = mem_strdup("bb");
	m->devices[1].state = CORE_ST_FAILED;
	ev.message = m;
	return ev;
}

static struct core_event
whois_event(void)
{
	struct core_event ev = { .kind = CORE_EV_WHOIS };
	struct core_whois *w = mem_alloc(sizeof(*w));

	w->name = mem_strdup("ana");
	w->verdict = mem_strdup("All is well.");
	w->trust = 'V';
	w->chain = mem_array(1, sizeof(*w->chain));
	w->chain_count = 1;
	w->chain[0].subject = mem_strdup("CN=ANA");
	w->chain[0].not_before = 1;
	w->chain[0].revocation = mem_strdup("good");
	w->chain[0].revocation_age_s = -1;
	w->devices = mem_array(1, sizeof(*w->devices));
	w->device_count = 1;
	w->devices[0].id = mem_strdup("aa");
	w->history = mem_array(1, sizeof(*w->history));
	w->history_count = 1;
	w->history[0].what = mem_strdup("first seen");
	ev.whois = w;
	return ev;
}

static struct core_event
card_event(void)
{
	struct core_event ev = { .kind = CORE_EV_CARD };
	struct core_card *c = mem_alloc(sizeof(*c));

	c->reader = mem_strdup("reader");
	c->tries = CORE_TRIES_LOW;
	c->mechanisms = mem_array(2, sizeof(char *));
	c->mechanism_count = 2;
	c->mechanisms[0] = mem_strdup("CKM_ECDSA");
	c->mechanisms[1] = mem_strdup("CKM_SHA256_RSA_PKCS");
	ev.card = c;
	return ev;
}

/* Put, get, put again: the same line. */
static void
round_trip(struct core_event *ev)
{
	struct core_event back, copy;
	char *line = record_put_event(ev), *again;

	ck_assert_ptr_null(strchr(line, '\n'));
	ck_assert_int_eq(record_get_event(line, strlen(line), &back), 0);
	again = record_put_event(&back);
	ck_assert_str_eq(line, again);
	free(again);
	record_copy_event(&back, &copy);
	core_event_clear(&back);
	again = record_put_event(&copy);
	ck_assert_str_eq(line, again);
	core_event_clear(&copy);
	free(again);
	free(line);
	core_event_clear(ev);
}

START_TEST(test_events)
{
	struct core_event ev;

	ev = message_event();
	round_trip(&ev);
	ev = whois_event();
	round_trip(&ev);
	ev = card_event();
	round_trip(&ev);
	ev = (struct core_event){ .kind = CORE_EV_DONE, .seq = 9, .exit = 65 };
	round_trip(&ev);
	ev = (struct core_event){ .kind = CORE_EV_NOTICE, .note = { mem_strdup("ana"),
		mem_strdup("a device was added"), 12 } };
	round_trip(&ev);
	ev = (struct core_event){ .kind = CORE_EV_ASK };
	ev.ask = mem_alloc(sizeof(*ev.ask));
	ev.ask->kind = CORE_ASK_CODE;
	ev.ask->groups[0] = 3;
	ev.ask->groups[2] = 14;
	round_trip(&ev);
	ev = (struct core_event){ .kind = CORE_EV_ERROR };
	ev.fault = mem_alloc(sizeof(*ev.fault));
	fault_set(ev.fault, ERR_PIN, "card", "wrong PIN");
	round_trip(&ev);
}
END_TEST

START_TEST(test_commands)
{
	struct core_cmd cmd = { .op = CORE_SEND, .seq = 3, .flags = CORE_F_PEEK, .wait = CORE_ST_READ,
		.timeout_ms = -1 }, back;
	char *line, *again;

	cmd.name = mem_strdup("ana");
	cmd.text = mem_strdup("olá\n");
	line = record_put_cmd(&cmd);
	ck_assert_int_eq(record_get_cmd(line, strlen(line), &back), 0);
	ck_assert_int_eq(back.op, CORE_SEND);
	ck_assert_str_eq(back.text, "olá\n");
	ck_assert_int_eq(back.timeout_ms, -1);
	again = record_put_cmd(&back);
	ck_assert_str_eq(line, again);
	free(line);
	free(again);
	core_cmd_clear(&cmd);
	core_cmd_clear(&back);
}
END_TEST

START_TEST(test_hostile_lines)
{
	static const char *const bad[] = { "", "{", "[]", "null", "{\"op\":7}", "{\"op\":\"fly\"}",
		"{\"op\":\"send\",\"text\":5}", "{\"op\":\"send\",\"flags\":-1}",
		"{\"op\":\"send\",\"flags\":4294967296}", "{\"op\":\"send\",\"op\":\"nop\"}",
		"{\"op\":\"send\",\"name\":\"a\\u0000b\"}", "{\"op\":\"send\",\"text\":\"\xff\"}" };
	struct core_cmd cmd;
	struct core_event ev;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		ck_assert_msg(record_get_cmd(bad[i], strlen(bad[i]), &cmd) != 0, "%s", bad[i]);
		ck_assert_ptr_null(cmd.text);
		ck_assert_int_ne(record_get_event(bad[i], strlen(bad[i]), &ev), 0);
	}
}
END_TEST

static void
only_keys(const char *line, const char *const *keys)
{
	json_t *o = json_loads(line, 0, NULL);
	size_t n;

	ck_assert_ptr_nonnull(o);
	for (n = 0; keys[n] != NULL; n++)
		ck_assert_msg(json_object_get(o, keys[n]) != NULL, "%s in %s", keys[n], line);
	ck_assert_uint_eq(json_object_size(o), n);
	json_decref(o);
}

START_TEST(test_public_message)
{
	static const char *const keys[] = { "v", "type", "id", "conversation", "from", "device",
		"civil_name", "trust", "text", "sent_at", "received_at", "direction", "state", "devices",
		NULL };
	struct core_event ev = message_event();
	char *line = core_event_json(&ev);

	only_keys(line, keys);
	ck_assert_ptr_nonnull(strstr(line, "\"v\":1,\"type\":\"message\""));
	ck_assert_ptr_nonnull(strstr(line, "\"sent_at\":\"2026-11-18T"));
	ck_assert_ptr_nonnull(strstr(line, "\"direction\":\"in\""));
	ck_assert_ptr_nonnull(strstr(line, "ANA CONCEIÇÃO"));
	ck_assert_ptr_nonnull(strstr(line, "🙂"));
	ck_assert_ptr_nonnull(strstr(line, "{\"id\":\"aa\",\"state\":\"read\"}"));
	free(line);
	core_event_clear(&ev);
}
END_TEST

START_TEST(test_public_others)
{
	static const char *const whois[] = { "v", "type", "name", "verdict", "trust", "civil_name",
		"civil_id", "chain", "safety_number", "devices", "suite", NULL };
	static const char *const error[] = { "v", "type", "code", "what", "about", "do", NULL };
	static const char *const card[] = { "v", "type", "reader", "token", "module", "tries",
		"certificates", "keys", "mechanisms", NULL };
	struct core_event ev = whois_event();
	char *line = core_event_json(&ev);

	only_keys(line, whois);
	ck_assert_ptr_null(strstr(line, "pem"));
	free(line);
	core_event_clear(&ev);
	ev = card_event();
	line = core_event_json(&ev);
	only_keys(line, card);
	ck_assert_ptr_nonnull(strstr(line, "\"tries\":\"low\""));
	free(line);
	core_event_clear(&ev);
	ev = (struct core_event){ .kind = CORE_EV_ERROR };
	ev.fault = mem_alloc(sizeof(*ev.fault));
	fault_set(ev.fault, ERR_RELAY_KEY, "relay", "no match");
	line = core_event_json(&ev);
	only_keys(line, error);
	ck_assert_ptr_nonnull(strstr(line, "\"code\":\"ERR_RELAY_KEY\""));
	free(line);
	core_event_clear(&ev);
	ev = (struct core_event){ .kind = CORE_EV_DONE };
	ck_assert_ptr_null(core_event_json(&ev));
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { test_events, test_commands, test_hostile_lines,
		test_public_message, test_public_others, NULL };

	return unit_run(unit_suite("record", tests));
}
