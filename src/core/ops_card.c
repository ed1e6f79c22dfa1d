#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "core/cards.h"
#include "core/ops.h"

static char *
hex_text(const uint8_t *p, size_t n)
{
	char *out = mem_alloc(2 * n + 1);

	hex_encode(p, n, out);
	return out;
}

/* ------------------------------------------------------------------------------ card */

static void
show_certs(const struct card_token *t, bool pem, struct core_card *out)
{
	size_t i;

	out->certificates = mem_array(t->cert_count + 1, sizeof(*out->certificates));
	out->certificate_count = t->cert_count;
	for (i = 0; i < t->cert_count; i++) {
		out->certificates[i].id = mem_strdup(t->certs[i].id);
		out->certificates[i].label = mem_strdup(t->certs[i].label);
		out->certificates[i].subject = mem_strdup(t->certs[i].subject);
		out->certificates[i].use = mem_strdup(cert_use_name(t->certs[i].use));
		out->certificates[i].sha256 = hex_text(t->certs[i].sha256, CERT_HASH_LEN);
		if (pem)
			out->certificates[i].pem =
			    cert_pem((struct bytes){ t->certs[i].der, t->certs[i].der_len });
	}
}

static struct core_card *
show_token(const struct card_token *t, bool pem)
{
	struct core_card *out = mem_alloc(sizeof(*out));
	size_t i;

	out->reader = mem_strdup(t->reader);
	out->token = mem_strdup(t->label);
	out->module = mem_strdup(t->module);
	out->serial = mem_strdup(t->serial);
	out->tries = (enum core_tries)t->tries;
	show_certs(t, pem, out);
	out->keys = mem_array(t->key_count + 1, sizeof(*out->keys));
	out->key_count = t->key_count;
	for (i = 0; i < t->key_count; i++) {
		out->keys[i].id = mem_strdup(t->keys[i].id);
		out->keys[i].label = mem_strdup(t->keys[i].label);
		out->keys[i].type = mem_strdup(t->keys[i].type);
	}
	out->mechanisms = mem_array(t->mechanism_count + 1, sizeof(*out->mechanisms));
	out->mechanism_count = t->mechanism_count;
	for (i = 0; i < t->mechanism_count; i++)
		out->mechanisms[i] = mem_strdup(t->mechanisms[i]);
	return out;
}

static bool
authenticates(const struct card_token *t)
{
	for (size_t i = 0; i < t->cert_count; i++)
		if (t->certs[i].use == CERT_USE_AUTHENTICATION)
			return true;
	return false;
}

static void
cards_listed(struct op *op, const struct cards_answer *a)
{
	struct fault f = { 0 };
	bool any = false;
	size_t i;

	if (a->code != 0) {
		op_fail(op, a->fault);
		return;
	}
	for (i = 0; i < a->token_count; i++) {
		struct core_event ev = { .kind = CORE_EV_CARD,
			.card = show_token(&a->tokens[i], (op->cmd.flags & CORE_F_PEM) != 0) };

		any |= authenticates(&a->tokens[i]);
		op_emit(op, &ev);
	}
	if (any) {
		op_done(op, 0);
		return;
	}
	fault_set(&f, ERR_NO_CARD, a->tokens[0].label,
	    "no certificate on this card is for authentication");
	fault_hint(&f, "recado needs a card that can prove who you are; one that only signs or "
	               "encrypts is not enough.");
	op_fail(op, &f);
}

void
ops_card(struct op *op)
{
	cards_list(op->e->cards, op, cards_listed);
}
