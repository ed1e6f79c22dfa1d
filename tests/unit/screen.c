#include "screen.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/mem.h"

struct core {
	struct core_cmd *sent;
	size_t count;
	uint64_t seq;
	bool full;
};

uint64_t __wrap_clock_now_ms(void);

uint64_t
__wrap_clock_now_ms(void)
{
	return SCREEN_NOW;
}

/* ---- core.h, as far as the screen uses it */

struct core_cmd
core_cmd_new(struct core *c, enum core_op op)
{
	return (struct core_cmd){ .op = op, .seq = ++c->seq };
}

int
core_send(struct core *c, struct core_cmd *cmd)
{
	if (c->full)
		return ERR_AGAIN;
	c->sent = mem_grow(c->sent, c->count + 1, sizeof *c->sent);
	c->sent[c->count++] = *cmd;
	memset(cmd, 0, sizeof *cmd);
	return 0;
}

int
core_next(struct core *c, struct core_event *ev, int timeout_ms)
{
	(void)c;
	(void)ev;
	(void)timeout_ms;
	return ERR_TIMEOUT;
}

int
core_fd(const struct core *c)
{
	(void)c;
	return -1;
}

/* ---- the fixture */

struct screen
screen_new(int rows, int cols)
{
	struct screen s = { .core = mem_alloc(sizeof(struct core)),
		.term = term_mem_new(rows, cols) };

	s.ui = ui_new(s.core, s.term, NULL);
	return s;
}

void
screen_free(struct screen *s)
{
	ck_assert_uint_eq(term_mem_faults(s->term), 0);
	ui_free(&s->ui);
	term_free(&s->term);
	for (size_t i = 0; i < s->core->count; i++)
		core_cmd_clear(&s->core->sent[i]);
	free(s->core->sent);
	free(s->core);
	s->core = NULL;
}

const struct core_cmd *
screen_sent(struct screen *s, enum core_op op)
{
	for (size_t i = s->core->count; i-- > 0;)
		if (s->core->sent[i].op == op)
			return &s->core->sent[i];
	return NULL;
}

size_t
screen_sent_count(struct screen *s, enum core_op op)
{
	size_t n = 0;

	for (size_t i = 0; i < s->core->count; i++)
		n += s->core->sent[i].op == op;
	return n;
}

void
screen_full(struct screen *s, bool full)
{
	s->core->full = full;
}

static void
draw(struct screen *s)
{
	for (int turns = 0; s->ui->dirty && turns < 4; turns++)
		ui_draw(s->ui);
}

void
screen_event(struct screen *s, struct core_event ev)
{
	ui_core(s->ui, &ev);
}

void
screen_done(struct screen *s, uint64_t seq, int exit)
{
	screen_event(s, (struct core_event){ .kind = CORE_EV_DONE, .seq = seq, .exit = exit });
}

void
screen_fault(struct screen *s, uint64_t seq, int code, const char *what, const char *hint)
{
	struct fault *f = mem_alloc(sizeof *f);

	(void)fault_set(f, code, NULL, "%s", what);
	(void)fault_hint(f, "%s", hint);
	screen_event(s, (struct core_event){ .kind = CORE_EV_ERROR, .seq = seq, .fault = f });
}

static void
turn(struct screen *s)
{
	struct term_event ev;

	while (term_read(s->term, &ev) == 0) {
		ui_term(s->ui, &ev);
		draw(s);
	}
}

void
screen_type(struct screen *s, const char *text)
{
	term_mem_type(s->term, text);
	turn(s);
}

void
screen_key(struct screen *s, uint32_t key)
{
	term_mem_key(s->term, key);
	turn(s);
}

void
screen_paste(struct screen *s, const char *text)
{
	term_mem_paste(s->term, text, strlen(text));
	turn(s);
}

/* ---- events */

struct core_event
screen_link(const char *account, bool profile, bool locked)
{
	struct core_status *st = mem_alloc(sizeof *st);

	st->profile = profile;
	st->locked = locked;
	st->account = mem_strdup(account);
	st->device = mem_strdup("00aa");
	st->relay = mem_strdup("relay.ex.pt:7443");
	st->suite = mem_strdup("ECDHE-CHACHA20_POLY1305-SHA256");
	st->net = CORE_NET_ONLINE;
	st->net_error = mem_strdup("");
	st->lag_ms = 38;
	st->outbox = 1;
	st->card = mem_strdup("CC ANA SILVA, 3 tries left");
	return (struct core_event){ .kind = CORE_EV_LINK, .status = st };
}

struct core_event
screen_person(const char *name, char trust, const char *civil, bool online)
{
	struct core_person *p = mem_alloc(sizeof *p);

	p->name = mem_strdup(name);
	p->trust = trust;
	p->civil_name = civil == NULL ? NULL : mem_strdup(civil);
	p->online = online;
	p->devices = 1;
	p->contact = trust == '?' ? CORE_CONTACT_REQUEST : CORE_CONTACT;
	p->why = trust == '!' ? mem_strdup("revoked") : NULL;
	return (struct core_event){ .kind = CORE_EV_PERSON, .person = p };
}

struct core_event
screen_message(const char *id, const char *with, bool outgoing, const char *text, const char *time,
    enum core_state state)
{
	struct core_message *m = mem_alloc(sizeof *m);

	m->id = mem_strdup(id);
	m->conversation = mem_strdup(with);
	m->from = mem_strdup(outgoing ? "ana" : with);
	m->text = mem_strdup(text);
	ck_assert_int_eq(clock_parse(time, &m->sent_at), 0);
	m->received_at = outgoing ? 0 : m->sent_at;
	m->outgoing = outgoing;
	m->state = state;
	m->trust = 'V';
	m->row = m->sent_at / 1000;
	return (struct core_event){ .kind = CORE_EV_MESSAGE, .message = m };
}

static struct core_link_cert
link_cert(const char *subject, const char *issuer, uint64_t until, const char *revocation, int age)
{
	return (struct core_link_cert){ .subject = mem_strdup(subject),
		.issuer = mem_strdup(issuer),
		.serial = mem_strdup("4A:31:9C:07:5E:11"),
		.not_before = 1767545969000ull,
		.not_after = until,
		.key = mem_strdup("RSA-3072"),
		.sig = mem_strdup("RSA-SHA256"),
		.sha256 =
		    mem_strdup("d913f65c02489bddc16e1845b09e4f7aed44c8a9329ccbf1a5032e7c8001fa98"),
		.revocation = mem_strdup(revocation),
		.revocation_age_s = age,
		.revocation_next = age < 0 ? 0 : SCREEN_NOW + 22 * 3600000ull,
		.crl_url = age < 0 ? NULL : mem_strdup("http://crl.ex.gov.pt/ecauth18.crl"),
		.pem = mem_strdup("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n") };
}

static void
add_past(struct core_whois *w)
{
	static const char *const what[] = { "verified by you", "first seen, chain OK" };

	w->history_count = 2;
	w->history = mem_array(2, sizeof *w->history);
	for (int i = 0; i < 2; i++)
		w->history[i] = (struct core_past){ .at = SCREEN_NOW - 40ull * 86400000,
			.what = mem_strdup(what[i]) };
}

struct core_event
screen_whois(const char *name, char trust, const char *civil)
{
	struct core_whois *w = mem_alloc(sizeof *w);
	char subject[128];

	snprintf(subject, sizeof subject, "CN=%s, serialNumber=BI900000017, C=PT", civil);
	w->name = mem_strdup(name);
	w->trust = trust;
	w->verdict =
	    mem_strdup("This is the person named on a valid Portuguese Citizen Card, and you "
		       "compared safety numbers with them on 12 Oct 2026.");
	w->civil_name = mem_strdup(civil);
	w->civil_id = mem_strdup("BI900000017");
	w->chain_count = 4;
	w->chain = mem_array(4, sizeof *w->chain);
	w->chain[0] = link_cert("CN=ECRaizEstado 002, O=SCEE, C=PT", "CN=ECRaizEstado 002",
	    2118009600000ull, "n/a", -1);
	w->chain[1] = link_cert("CN=Cartão de Cidadão 006, C=PT", "CN=ECRaizEstado 002",
	    2006467200000ull, "good", 5 * 3600);
	w->chain[2] = link_cert("CN=EC Autenticação do CC 0018, C=PT", "CN=Cartão de Cidadão 006",
	    1962921600000ull, "good", 2 * 3600);
	w->chain[3] = link_cert(
	    subject, "CN=EC Autenticação do CC 0018, C=PT", 1925164799000ull, "good", 2 * 3600);
	w->safety_number =
	    mem_strdup("31415 92653 58979 32384 62643 38327 95028 84197 16939 93751 05820 97494");
	w->verified_at = trust == 'V' ? SCREEN_NOW - 40ull * 86400000 : 0;
	w->device_count = 1;
	w->devices = mem_alloc(sizeof *w->devices);
	w->devices[0] = (struct core_device){ .id = mem_strdup("04417a"),
		.name = mem_strdup("portátil"),
		.bound_at = SCREEN_NOW - 40ull * 86400000 };
	w->suite = mem_strdup("ECDHE-CHACHA20_POLY1305-SHA256");
	w->session_at = SCREEN_NOW - 3ull * 86400000;
	add_past(w);
	return (struct core_event){ .kind = CORE_EV_WHOIS, .whois = w };
}

static void
talk(struct screen *s, uint64_t seq)
{
	static const struct {
		const char *id, *text, *time;
		bool outgoing;
		enum core_state state;
	} said[] = {
		{ "a1", "Bom dia! Já viste o relatório M2?", "2026-11-21T09:57:31.000Z", false, 0 },
		{ "a2", "Bom dia! Vi sim.", "2026-11-21T09:58:01.000Z", true, CORE_ST_NOTARISED },
		{ "a3", "A secção 3.2 precisa da cadeia completa.", "2026-11-21T09:58:20.000Z",
		    true, CORE_ST_NOTARISED },
		{ "a4", "Combinado. Envio a nova versão depois do almoço: https://ex.pt/sio/m2.pdf",
		    "2026-11-21T10:02:00.000Z", false, 0 },
		{ "a5", "Obrigado", "2026-11-21T10:03:00.000Z", true, CORE_ST_DELIVERED },
		{ "a6", "Está online. Assina o recibo, sff.", "2026-11-21T11:40:00.000Z", false,
		    0 },
		{ "a7", "Precisamos dele para a acta.", "2026-11-21T11:41:00.000Z", false, 0 },
		{ "a8", "Estou sem rede, segue já", "2026-11-21T11:44:00.000Z", true,
		    CORE_ST_QUEUED },
	};

	for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
		struct core_event ev = screen_message(said[i].id, "guilherme", said[i].outgoing,
		    said[i].text, said[i].time, said[i].state);

		ev.seq = seq;
		ev.message->unread = !said[i].outgoing && i >= 5;
		screen_event(s, ev);
		if (i == 4) {
			ev = (struct core_event){ .kind = CORE_EV_NOTICE };
			ev.note.name = mem_strdup("guilherme");
			ev.note.text = mem_strdup("Guilherme joined from a 2nd device");
			ck_assert_int_eq(clock_parse("2026-11-21T10:30:00.000Z", &ev.note.at), 0);
			screen_event(s, ev);
		}
	}
	screen_done(s, seq, 0);
}

void
screen_meet_everybody(struct screen *s)
{
	struct core_event ev;

	ui_start(s->ui, false, NULL);
	screen_event(s, screen_link("ana", true, false));
	screen_event(s, screen_person("anasilva", 'V', "ANA MARIA SILVA", true));
	ev = screen_person("guilherme", 'V', "GUILHERME JORGE CARDEAL", true);
	ev.person->unread = 2;
	screen_event(s, ev);
	screen_event(s, screen_person("diogo", 'C', "DIOGO LEMOS", false));
	screen_event(s, screen_person("bruno", '!', "BRUNO REIS", true));
	screen_event(s, screen_person("ines", '?', NULL, false));
	ui_select(s->ui, model_find(s->ui->model, "guilherme"));
	talk(s, screen_sent(s, CORE_HISTORY)->seq);
	ev = screen_whois("guilherme", 'V', "GUILHERME JORGE CARDEAL");
	ev.seq = screen_sent(s, CORE_WHOIS)->seq;
	screen_event(s, ev);
	screen_done(s, ev.seq, 0);
	screen_done(s, screen_sent(s, CORE_WATCH)->seq, 0);
}

/* ---- comparing */

static char *
read_file(const char *path)
{
	FILE *f = fopen(path, "re");
	char *out;
	size_t n;

	if (f == NULL)
		return NULL;
	out = mem_alloc(1 << 16);
	n = fread(out, 1, (1 << 16) - 1, f);
	out[n] = '\0';
	(void)fclose(f);
	return out;
}

static void
differs(const char *path, const char *want, const char *got)
{
	int row = 0;

	while (*want == *got && *want != '\0')
		row += *want++ == *got++ && got[-1] == '\n';
	while (*got != '\0' && row > 0 && got[-1] != '\n')
		got--;
	ck_abort_msg("not the screen in %s: row %d and what follows:\n%.2000s", path, row, got);
}

void
screen_is(struct screen *s, const char *name)
{
	const char *src = getenv("RECADO_SRC");
	char *path = mem_format("%s/tests/unit/screens/%s.txt", src == NULL ? "." : src, name);
	char *want = read_file(path), *got;
	FILE *f;

	s->ui->dirty = true;
	draw(s);
	got = term_mem_text(s->term);
	if (getenv("RECADO_UPDATE") != NULL) {
		f = fopen(path, "we");
		ck_assert_ptr_nonnull(f);
		ck_assert_int_ge(fputs(got, f), 0);
		ck_assert_int_eq(fclose(f), 0);
	} else if (want == NULL || strcmp(got, want) != 0) {
		differs(path, want == NULL ? "" : want, got);
	}
	free(got);
	free(want);
	free(path);
}

bool
screen_shows(struct screen *s, const char *text)
{
	char *got;
	bool found;

	s->ui->dirty = true;
	draw(s);
	got = term_mem_text(s->term);
	found = strstr(got, text) != NULL;
	free(got);
	return found;
}
