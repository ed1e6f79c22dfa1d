#include "cmd/show.h"

#include <string.h>
#include "base/clock.h"
#include "cmd/out.h"
#include "tests/unit/unit.h"

#define AT 1763725267123 /* 2025-11-21T11:41:07.123Z */

static char text[4096];

/* What is printed of ev. */
static const char *
shown(const struct core_event *ev)
{
	FILE *f = fmemopen(text, sizeof text, "w");

	memset(text, 0, sizeof text);
	show_event(f, ev, false);
	fclose(f);
	return text;
}

START_TEST(a_message_is_a_line)
{
	char id[] = "3f9c21d000112233", from[] = "rui", body[] = "um\ndois  tr\xc3\xaas";
	struct core_message m = {
		.id = id, .from = from, .text = body, .sent_at = AT, .state = CORE_ST_READ
	};
	struct core_event ev = { .kind = CORE_EV_MESSAGE, .message = &m };

	ck_assert_str_eq(shown(&ev),
	    "3f9c21d000112233 2025-11-21T11:41:07.123Z rui um\u23cedois  tr\u00eas read\n");
}
END_TEST

START_TEST(a_first_message_says_who_it_is)
{
	char id[] = "3f9c21d000112233", from[] = "rui", body[] = "bom dia", civil[] = "RUI TESTE",
	     number[] = "BI1", valid[] = "2026-01-04 to 2031-01-03";
	struct core_message m = { .id = id,
		.from = from,
		.text = body,
		.sent_at = AT,
		.civil_name = civil,
		.civil_id = number,
		.card_validity = valid,
		.first_contact = true,
		.state = CORE_ST_DELIVERED };
	struct core_event ev = { .kind = CORE_EV_MESSAGE, .message = &m };

	ck_assert_str_eq(shown(&ev),
	    "-- rui: RUI TESTE, BI1, valid 2026-01-04 to 2031-01-03\n"
	    "3f9c21d000112233 2025-11-21T11:41:07.123Z rui bom dia delivered\n");
}
END_TEST

START_TEST(a_state_says_its_proof)
{
	char id[] = "3f9c21d000112233", by[] = "relay", why[] = "revoked";
	struct core_state_change s = { .id = id,
		.state = CORE_ST_SENT,
		.at = AT,
		.proof = CORE_PROOF_WARRANT,
		.verified = true,
		.by = by };
	struct core_event ev = { .kind = CORE_EV_STATE, .state = &s };

	ck_assert_str_eq(shown(&ev),
	    "3f9c21d000112233 2025-11-21T11:41:07.123Z sent       "
	    "relay's warrant, verified, by relay\n");
	s.state = CORE_ST_READ;
	s.proof = CORE_PROOF_RECEIPT;
	s.verified = false;
	s.by = NULL;
	ck_assert_str_eq(shown(&ev),
	    "3f9c21d000112233 2025-11-21T11:41:07.123Z read       "
	    "signed receipt, BAD SIGNATURE\n");
	s.state = CORE_ST_FAILED;
	s.error = why;
	ck_assert_str_eq(
	    shown(&ev), "3f9c21d000112233 2025-11-21T11:41:07.123Z failed     revoked\n");
}
END_TEST

START_TEST(a_person_is_a_line_in_columns)
{
	char name[] = "in\xc3\xaas", civil[] = "IN\xc3\x8aS", why[] = "revoked";
	struct core_person p = { .name = name,
		.trust = '!',
		.civil_name = civil,
		.online = true,
		.devices = 2,
		.contact = CORE_CONTACT_REQUEST,
		.why = why };
	struct core_event ev = { .kind = CORE_EV_PERSON, .person = &p };

	ck_assert_str_eq(shown(&ev),
	    "! in\u00eas              online   2 devices  IN\u00caS "
	    "(asks to be a contact) revoked\n");
}
END_TEST

START_TEST(what_is_missing_is_left_out)
{
	char empty[] = "";
	struct core_whois w = { .name = empty, .trust = '?' };
	struct core_card c = { .token = empty };
	struct core_device d = { .id = empty };
	struct core_check k = { .line = 3, .ok = false };
	struct core_event ev = { .kind = CORE_EV_WHOIS, .whois = &w };

	ck_assert_ptr_nonnull(strstr(shown(&ev), "Chain"));
	ev = (struct core_event){ .kind = CORE_EV_CARD, .card = &c };
	ck_assert_ptr_nonnull(strstr(shown(&ev), "all tries left"));
	ev = (struct core_event){ .kind = CORE_EV_DEVICE, .device = &d };
	ck_assert_ptr_nonnull(strstr(shown(&ev), "bound"));
	ev = (struct core_event){ .kind = CORE_EV_CHECK, .check = &k };
	ck_assert_str_eq(shown(&ev), "3 FALSE \n");
	ev = (struct core_event){ .kind = CORE_EV_LINK };
	ck_assert_str_eq(shown(&ev), "");
}
END_TEST

/* A disk that is full, a reader that went: said once, and nothing is printed after it. */
START_TEST(a_broken_stdout_is_noticed)
{
	char errors[512] = "";
	struct out o = { .stream = fopen("/dev/full", "w"),
		.errors = fmemopen(errors, sizeof errors, "w") };
	struct fault f = { 0 };

	ck_assert_int_eq(out_line(&o, "x"), ERR_IO);
	ck_assert(o.broken);
	ck_assert_int_eq(out_line(&o, "x"), ERR_IO);
	fault_set(&f, ERR_NO_USER, "rui", "there is no such user");
	ck_assert_int_eq(out_fault(&o, &f), 67);
	fclose(o.errors);
	ck_assert_str_eq(errors,
	    "recado: standard output cannot be written\n"
	    "recado: there is no such user: rui\n");
	fclose(o.stream);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { a_message_is_a_line, a_first_message_says_who_it_is,
		a_state_says_its_proof, a_person_is_a_line_in_columns, what_is_missing_is_left_out,
		a_broken_stdout_is_noticed, NULL };

	return unit_run(unit_suite("show", tests));
}
