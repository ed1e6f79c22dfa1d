#include "cmd/show.h"

#include <string.h>
#include "base/clock.h"
#include "base/text.h"
#include "cmd/out.h"
#include "tests/unit/portuguese.h"
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

/* ------------------------------------------------------------------------------ in Portuguese */

/* The columns before what in a line. */
static int
column_of(const char *line, const char *what)
{
	const char *at = strstr(line, what);

	ck_assert_msg(at != NULL, "no %s in: %s", what, line);
	return text_columns(line, (size_t)(at - line));
}

START_TEST(people_stand_in_columns_in_portuguese)
{
	char name[] = "in\xc3\xaas", civil[] = "IN\xc3\x8aS", why[] = "certificate is revoked";
	struct core_person p = { .name = name,
		.trust = '!',
		.civil_name = civil,
		.online = true,
		.devices = 2,
		.contact = CORE_CONTACT_REQUEST,
		.why = why };
	struct core_event ev = { .kind = CORE_EV_PERSON, .person = &p };
	int devices, whom;

	portuguese_begin();
	devices = column_of(shown(&ev), "2 dispositivos  ");
	whom = column_of(text, "IN\u00caS");
	ck_assert_ptr_nonnull(
	    strstr(text, " (pede para ser contacto) o certificado est\u00e1 revogado\n"));
	p.online = false;
	p.devices = 1;
	ck_assert_int_eq(column_of(shown(&ev), "1 dispositivo  "), devices);
	ck_assert_int_eq(column_of(text, "IN\u00caS"), whom);
	ck_assert_ptr_nonnull(strstr(text, "sem liga\u00e7\u00e3o"));
}
END_TEST

START_TEST(messages_and_their_states_in_portuguese)
{
	char id[] = "3f9c21d000112233", from[] = "rui", body[] = "read", civil[] = "RUI TESTE",
	     number[] = "BI1", valid[] = "2026-01-04 to 2031-01-03", by[] = "relay";
	struct core_message m = { .id = id,
		.from = from,
		.text = body,
		.sent_at = AT,
		.civil_name = civil,
		.civil_id = number,
		.card_validity = valid,
		.first_contact = true,
		.state = CORE_ST_QUEUED };
	struct core_state_change s = { .id = id,
		.state = CORE_ST_SENT,
		.at = AT,
		.proof = CORE_PROOF_WARRANT,
		.verified = true,
		.by = by };
	struct core_event ev = { .kind = CORE_EV_MESSAGE, .message = &m };
	struct core_event change = { .kind = CORE_EV_STATE, .state = &s };
	enum core_state i;

	portuguese_begin();
	ck_assert_str_eq(shown(&ev),
	    "-- rui: RUI TESTE, BI1, v\u00e1lido de 2026-01-04 a 2031-01-03\n"
	    "3f9c21d000112233 2025-11-21T11:41:07.123Z rui read em fila\n");
	ck_assert_str_eq(shown(&change),
	    "3f9c21d000112233 2025-11-21T11:41:07.123Z enviada    "
	    "garantia do rel\u00e9, assinatura verificada, pelo rel\u00e9\n");
	for (i = CORE_ST_QUEUED; i <= CORE_ST_NOTARISED; i++) {
		s.state = i;
		ck_assert_int_eq(column_of(shown(&change), "garantia"), 53);
		ck_assert_ptr_null(strstr(text, core_state_name(i)));
	}
}
END_TEST

START_TEST(a_card_in_portuguese)
{
	char token[] = "CARTAO", reader[] = "Leitor 0", use[] = "authentication", id[] = "01",
	     mechanism[] = "CKM_SHA256_RSA_PKCS";
	char *mechanisms[] = { mechanism };
	struct core_card_cert cert = { .id = id, .label = id, .subject = id, .use = use };
	struct core_card c = { .token = token,
		.reader = reader,
		.tries = CORE_TRIES_LOCKED,
		.certificates = &cert,
		.certificate_count = 1,
		.mechanisms = mechanisms,
		.mechanism_count = 1 };
	struct core_event ev = { .kind = CORE_EV_CARD, .card = &c };

	portuguese_begin();
	ck_assert_str_eq(shown(&ev),
	    "CARTAO\n"
	    "  Leitor          Leitor 0\n"
	    "  PIN             bloqueado\n"
	    "  Certificado     01\n"
	    "    id            01\n"
	    "    titular       01\n"
	    "    para          autentica\u00e7\u00e3o\n"
	    "  Mecanismos      CKM_SHA256_RSA_PKCS\n");
}
END_TEST

START_TEST(the_head_of_whois_in_columns_in_portuguese)
{
	char name[] = "rui", value[] = "VALUE";
	struct core_whois w = { .name = name,
		.trust = 'V',
		.civil_name = value,
		.civil_id = value,
		.safety_number = value,
		.suite = value };
	struct core_event ev = { .kind = CORE_EV_WHOIS, .whois = &w };
	char *line, *save = NULL;
	size_t n = 0;

	portuguese_begin();
	(void)shown(&ev);
	for (line = strtok_r(text, "\n", &save); line != NULL; line = strtok_r(NULL, "\n", &save)) {
		if (strstr(line, value) == NULL)
			continue;
		ck_assert_int_eq(column_of(line, value), 18);
		n++;
	}
	ck_assert_uint_eq(n, 4);
}
END_TEST

int
main(void)
{
	const TTest *const tests[] = { a_message_is_a_line, a_first_message_says_who_it_is,
		a_state_says_its_proof, a_person_is_a_line_in_columns, what_is_missing_is_left_out,
		a_broken_stdout_is_noticed, people_stand_in_columns_in_portuguese,
		messages_and_their_states_in_portuguese, a_card_in_portuguese,
		the_head_of_whois_in_columns_in_portuguese, NULL };

	return unit_run(unit_suite("show", tests));
}
