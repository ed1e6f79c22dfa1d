/*
 * Whose cards they are. A user may come to have several bindings under several certificates, as
 * cards are renewed; all must be one person's: the same certificate, or the same civil id of two cards.
 * (The relay's own CA could put anybody's id and name into a certificate, so it never continues what a
 * card began, nor the other way round; and what it began it continues only for the same key and the
 * same subject, by the same root. What reaches no anchor anybody could have made, with any id in it: it
 * continues nothing.)
 *
 * That is settled once, when the binding is taken. Roots are retired: the first card's chain may reach
 * no anchor when the entry is loaded again, or when the third card comes. So what was taken is not
 * asked for an anchor again, and any card that was taken shows who the holder is.
 *
 * Trust is that of the worst certificate that speaks for a live device, and a binding that ended
 * counts as an expired one: a renewal that names all devices brings them back together.
 */
#include <stdlib.h>
#include <string.h>

#include "crypto/identity_state.h"

/* until: when the binding itself ends, ms; 0: with its certificate. */
static int
judge(Recado__SignedBinding *sb, uint64_t until, const struct identity_check *chk,
    const struct cert_verdict **out)
{
	struct bytes intermediates[CERT_INTERMEDIATES_MAX];
	struct cert_request rq = { .leaf = pb_view(sb->certificate),
		.intermediates = intermediates,
		.now_ms = chk->now,
		.until_ms = until,
		.purpose = CERT_FOR_HOLDER };
	int r;

	*out = NULL;
	if (sb->n_intermediates > CERT_INTERMEDIATES_MAX)
		return ERR_LIMIT;
	rq.intermediate_count = sb->n_intermediates;
	for (size_t i = 0; i < sb->n_intermediates; i++)
		intermediates[i] = pb_view(sb->intermediates[i]);
	r = cert_verify(chk->store, &rq, out, NULL);
	return *out != NULL ? 0 : r;
}

static bool
same_certificate(const Recado__SignedBinding *a, const Recado__SignedBinding *b)
{
	return bytes_equal(pb_view(a->certificate), pb_view(b->certificate));
}

static bool
same_key_and_subject(const struct cert_verdict *first, const struct cert_verdict *other)
{
	const struct cert_link *a, *b;

	if (first->chain_count == 0 || other->chain_count == 0)
		return false;
	a = &first->chain[first->chain_count - 1];
	b = &other->chain[other->chain_count - 1];
	return cert_same_holder(
	    (struct bytes){ a->der, a->der_len }, (struct bytes){ b->der, b->der_len });
}

/* Of the relay's own CA both: nobody but who has the key can have signed both bindings. */
static int
compare_enrolled(const struct identity_work *w, const struct cert_verdict *first,
    const struct cert_verdict *other)
{
	if (memcmp(first->chain[0].sha256, other->chain[0].sha256, CERT_HASH_LEN) == 0 &&
	    same_key_and_subject(first, other))
		return 0;
	return fault_set(w->fault, ERR_UNTRUSTED, w->state->name,
	    "the relay's own CA certified another key or another name");
}

static int
compare(const struct identity_work *w, const struct cert_verdict *first,
    const struct cert_verdict *other)
{
	if (first->anchor == 'R' && other->anchor == 'R')
		return compare_enrolled(w, first, other);
	if (w->chk->kept && (first->anchor == 0 || other->anchor == 0) &&
	    same_key_and_subject(first, other))
		return 0;
	if (first->civil_id[0] == '\0' || strcmp(first->civil_id, other->civil_id) != 0)
		return fault_set(w->fault, ERR_UNTRUSTED, w->state->name,
		    "a device was added with the card of another person");
	if (w->chk->kept && (first->anchor == 0 || other->anchor == 0))
		return 0;
	if (first->anchor == 0 || other->anchor == 0)
		return fault_set(w->fault, ERR_CERT_CHAIN, w->state->name,
		    "a device was added with another certificate, and whose it is cannot be "
		    "verified");
	if (first->anchor != other->anchor)
		return fault_set(w->fault, ERR_UNTRUSTED, w->state->name,
		    "a device was added under another kind of certificate");
	return 0;
}

static bool
is_taken(const struct identity_work *w, size_t i, size_t binding)
{
	return i != binding && w->used[i];
}

static int
compare_with(struct identity_work *w, size_t i, const struct cert_verdict *other)
{
	const struct cert_verdict *one = NULL;
	int r;

	if ((r = judge(w->bindings[i], 0, w->chk, &one)) == 0)
		r = compare(w, one, other);
	cert_verdict_free(&one);
	return r;
}

int
identity_holder_same(struct identity_work *w, size_t binding)
{
	const struct cert_verdict *other = NULL;
	int r;

	for (size_t i = 0; i < w->binding_count; i++)
		if (is_taken(w, i, binding) && same_certificate(w->bindings[i], w->bindings[binding]))
			return 0;
	if ((r = judge(w->bindings[binding], 0, w->chk, &other)) == 0)
		r = compare_with(w, 0, other);
	for (size_t i = 1; r == ERR_CERT_CHAIN && other != NULL && other->anchor != 0 &&
	     i < w->binding_count;
	     i++)
		if (is_taken(w, i, binding))
			r = compare_with(w, i, other);
	cert_verdict_free(&other);
	return r;
}

/* Lower is worse. */
static int
rank(const struct cert_verdict *v)
{
	return v->trust == '!' ? 0
	    : v->trust == '?'  ? 1
	    : v->code != 0     ? 2
	    : v->trust == 'R'  ? 3
			       : 4;
}

/* When the binding ends by itself, where it speaks for a live device; 0: never. */
static uint64_t
until_of(const struct identity_state *s, const struct binding *parsed, size_t binding)
{
	for (size_t i = 0; i < s->device_count; i++)
		if (s->devices[i].removed_at == 0 && s->certified_by[i] == binding)
			return parsed[binding].expires;
	return 0;
}

/* The worse of two verdicts stays in *out; of two alike, the one that has to be asked again first.
 * v is used up. */
static void
keep_worse(const struct cert_verdict **out, const struct cert_verdict *v)
{
	if (rank(v) < rank(*out) ||
	    (rank(v) == rank(*out) && v->valid_until < (*out)->valid_until)) {
		cert_verdict_free(out);
		*out = v;
	} else
		cert_verdict_free(&v);
}

int
identity_holder_judge(const struct identity_state *s, Recado__SignedBinding *const *bindings,
    const struct binding *parsed, const struct identity_check *chk, const struct cert_verdict **out)
{
	const struct cert_verdict *v;
	int r;

	*out = NULL;
	if (s->newest == IDENTITY_NO_BINDING)
		return ERR_FORMAT;
	if ((r = judge(bindings[s->newest], until_of(s, parsed, s->newest), chk, out)) != 0)
		return r;
	for (size_t i = 0; i < s->device_count; i++) {
		size_t by = s->certified_by[i];

		if (s->devices[i].removed_at != 0 || by == s->newest ||
		    (parsed[by].expires == 0 &&
			same_certificate(bindings[by], bindings[s->newest])))
			continue;
		if ((r = judge(bindings[by], parsed[by].expires, chk, &v)) != 0) {
			cert_verdict_free(out);
			return r;
		}
		keep_worse(out, v);
	}
	return 0;
}

int
identity_judge_device(const struct identity *i, const uint8_t id[DEVICE_ID_LEN],
    const struct identity_check *chk, const struct cert_verdict **out)
{
	const struct identity_state *s = identity_state_of(i);
	size_t by;

	*out = NULL;
	for (size_t n = 0; n < s->device_count; n++)
		if (memcmp(s->devices[n].id, id, DEVICE_ID_LEN) == 0) {
			by = s->certified_by[n];
			return judge(s->entry->bindings[by], s->bindings[by].expires, chk, out);
		}
	return ERR_NOT_FOUND;
}
