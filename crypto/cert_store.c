#include <stdlib.h>
#include <string.h>

#include <openssl/err.h>

#include "base/mem.h"
#include "crypto/cert_int.h"
#include "crypto/der.h"

#define MAX_AGE_H_DEFAULT 48

struct cert_policy
cert_policy_default(void)
{
	return (struct cert_policy){ .profile = CERT_STANDARD,
		.revocation = CERT_REVOCATION_REQUIRE,
		.max_age_h = MAX_AGE_H_DEFAULT,
		.rsa_bits_min = CERT_RSA_BITS_MIN };
}

static int
parse_word(const char *text, const char *const *words, int count)
{
	for (int i = 0; i < count; i++)
		if (strcmp(text, words[i]) == 0)
			return i;
	return -1;
}

int
cert_profile_parse(const char *text, enum cert_profile *out)
{
	static const char *const words[] = { "standard", "strict" };
	int i = parse_word(text, words, 2);

	*out = i < 0 ? CERT_STANDARD : (enum cert_profile)i;
	return i < 0 ? ERR_CONFIG : 0;
}

int
cert_revocation_parse(const char *text, enum cert_revocation *out)
{
	static const char *const words[] = { "require", "prefer", "off" };
	int i = parse_word(text, words, 3);

	*out = i < 0 ? CERT_REVOCATION_REQUIRE : (enum cert_revocation)i;
	return i < 0 ? ERR_CONFIG : 0;
}

static void *
or_abort(void *p)
{
	if (p == NULL)
		abort();
	return p;
}

struct cert_store *
cert_store_new(const struct cert_policy *policy)
{
	struct cert_store *s = mem_alloc(sizeof(*s));

	if (pthread_mutex_init(&s->lock, NULL) != 0)
		abort();
	s->policy = policy != NULL ? *policy : cert_policy_default();
	s->trusted = or_abort(X509_STORE_new());
	cert_path_install(s->trusted);
	s->intermediates = or_abort(sk_X509_new_null());
	s->lists = revocation_set_new();
	s->cache = mem_array(CERT_CACHE_MAX, sizeof(*s->cache));
	s->memo = mem_array(CERT_MEMO_MAX, sizeof(*s->memo));
	s->generation = 1;
	return s;
}

void
cert_store_free(struct cert_store **ps)
{
	struct cert_store *s = *ps;

	*ps = NULL;
	if (s == NULL)
		return;
	for (size_t i = 0; i < s->anchor_count; i++)
		X509_free(s->anchors[i].x);
	for (size_t i = 0; i < CERT_CACHE_MAX; i++)
		cert_verdict_free(&s->cache[i].verdict);
	free(s->anchors);
	free(s->cache);
	free(s->memo);
	X509_STORE_free(s->trusted);
	sk_X509_pop_free(s->intermediates, X509_free);
	revocation_set_free(&s->lists);
	pthread_mutex_destroy(&s->lock);
	free(s);
}

void
cert_store_set_policy(struct cert_store *s, const struct cert_policy *policy)
{
	pthread_mutex_lock(&s->lock);
	s->policy = *policy;
	s->generation++;
	pthread_mutex_unlock(&s->lock);
}

struct cert_policy
cert_store_policy(struct cert_store *s)
{
	struct cert_policy policy;

	pthread_mutex_lock(&s->lock);
	policy = s->policy;
	pthread_mutex_unlock(&s->lock);
	return policy;
}

uint64_t
cert_store_generation(struct cert_store *s)
{
	uint64_t generation;

	pthread_mutex_lock(&s->lock);
	generation = s->generation;
	pthread_mutex_unlock(&s->lock);
	return generation;
}

size_t
cert_store_anchor_count(struct cert_store *s)
{
	size_t count;

	pthread_mutex_lock(&s->lock);
	count = s->anchor_count;
	pthread_mutex_unlock(&s->lock);
	return count;
}

/* ------------------------------------------------------------------------------ certificates */

static struct cert_anchor *
find_anchor(const struct cert_store *s, const X509 *x)
{
	for (size_t i = 0; i < s->anchor_count; i++)
		if (X509_cmp(s->anchors[i].x, x) == 0)
			return &s->anchors[i];
	return NULL;
}

bool
cert_store_is_anchor(const struct cert_store *s, const X509 *x)
{
	return find_anchor(s, x) != NULL;
}

bool
cert_store_is_relay(const struct cert_store *s, const X509 *anchor)
{
	const struct cert_anchor *a = find_anchor(s, anchor);

	return a != NULL && a->relay;
}

static bool
stack_has(STACK_OF(X509) * stack, const X509 *x)
{
	for (int i = 0; i < sk_X509_num(stack); i++)
		if (X509_cmp(sk_X509_value(stack, i), x) == 0)
			return true;
	return false;
}

static bool
is_full(const struct cert_store *s)
{
	return s->anchor_count + (size_t)sk_X509_num(s->intermediates) >= CERT_STORE_MAX;
}

/* An anchor that is there may become a relay's and stays one: a folder of anchors that happens to
 * hold a relay's root makes nobody a card holder. */
static bool
lower_anchor(struct cert_anchor *a, bool relay)
{
	bool lower = relay && !a->relay;

	a->relay |= relay;
	return lower;
}

/* *fresh: something is another now. x becomes the store's when true is returned. */
static bool
keep_anchor(struct cert_store *s, X509 *x, bool relay, bool *fresh)
{
	struct cert_anchor *there = find_anchor(s, x);

	relay = relay || cert_has_relay_mark(x);
	*fresh = there != NULL && lower_anchor(there, relay);
	if (there != NULL || !X509_STORE_add_cert(s->trusted, x))
		return false;
	*fresh = true;
	s->anchors = mem_grow(s->anchors, s->anchor_count + 1, sizeof(*s->anchors));
	s->anchors[s->anchor_count++] = (struct cert_anchor){ x, relay };
	return true;
}

/* A relay says itself which is its own CA's. Were it an authority of the state's, with a chain of its
 * own, every card below it would end there: as trust R, and with no list asked for. */
static bool
is_root(X509 *x)
{
	bool root = X509_self_signed(x, 1) == 1;

	ERR_clear_error();
	return root;
}

static int
add_certificate(struct cert_store *s, enum cert_kind kind, struct bytes der, bool *fresh)
{
	X509 *x = cert_parse(der);
	bool kept;

	*fresh = false;
	if (x == NULL)
		return ERR_FORMAT;
	if (is_full(s) || (kind == CERT_RELAY_ANCHORS && !is_root(x))) {
		X509_free(x);
		return is_full(s) ? ERR_LIMIT : ERR_UNTRUSTED;
	}
	if (kind == CERT_INTERMEDIATES)
		*fresh = kept =
		    !stack_has(s->intermediates, x) && sk_X509_push(s->intermediates, x) > 0;
	else
		kept = keep_anchor(s, x, kind == CERT_RELAY_ANCHORS, fresh);
	if (!kept)
		X509_free(x);
	ERR_clear_error();
	return 0;
}

/* What was not configured is bounded apart from what was. */
bool
cert_store_learn_one(struct cert_store *s, X509 *x)
{
	if (s->learned == CERT_LEARNED_MAX || is_full(s) || stack_has(s->intermediates, x))
		return false;
	if (sk_X509_push(s->intermediates, x) <= 0)
		return false;
	X509_up_ref(x);
	s->learned++;
	return true;
}

/* Keep what stands between a leaf and an anchor: its lists can be checked later, and holders whose
 * card does not carry it are helped. */
void
cert_store_learn(struct cert_store *s, STACK_OF(X509) * chain)
{
	for (int i = 1; i < sk_X509_num(chain) - 1; i++)
		(void)cert_store_learn_one(s, sk_X509_value(chain, i));
}

/* ---------------------------------------------------------------------------------- the lists */

/* The certificate that has signed the list and whose own chain reaches an anchor; borrowed. */
static int
find_signer(struct cert_store *s, struct revocation *r, X509 **out)
{
	const X509_NAME *name = X509_CRL_get_issuer(revocation_crl(r));
	int total = (int)s->anchor_count + sk_X509_num(s->intermediates), err = ERR_CERT_CHAIN;

	*out = NULL;
	for (int i = 0; i < total; i++) {
		X509 *x = i < (int)s->anchor_count
		    ? s->anchors[i].x
		    : sk_X509_value(s->intermediates, i - (int)s->anchor_count);

		if (X509_NAME_cmp(X509_get_subject_name(x), name) != 0)
			continue;
		if (!cert_lists_signed(s, r, x)) {
			err = ERR_SIGNATURE;
		} else if (cert_path_reaches(s, x)) {
			*out = x;
			return 0;
		}
	}
	return err;
}

static int
put_certificate(struct buf *out, X509 *x)
{
	uint8_t *der = NULL;
	int n = i2d_X509(x, &der);
	int r = n <= 0 ? ERR_NOMEM : buf_put(out, der, (size_t)n);

	OPENSSL_free(der);
	return r;
}

int
cert_store_list_signers(
    struct cert_store *s, const uint8_t sha256[REVOCATION_HASH_LEN], struct buf *out)
{
	STACK_OF(X509) *chain = NULL;
	struct revocation *list;
	X509 *signer = NULL;
	int r = 0;

	pthread_mutex_lock(&s->lock);
	list = revocation_set_by_hash(s->lists, sha256);
	if (list == NULL)
		r = ERR_NOT_FOUND;
	else if ((r = find_signer(s, list, &signer)) == 0 && !cert_store_is_anchor(s, signer))
		chain = cert_path_above(s, signer, s->intermediates);
	for (int i = 0; r == 0 && i < sk_X509_num(chain) - 1; i++)
		r = put_certificate(out, sk_X509_value(chain, i));
	pthread_mutex_unlock(&s->lock);
	sk_X509_pop_free(chain, X509_free);
	return r;
}

int
cert_store_add_signers(struct cert_store *s, struct bytes signers)
{
	struct der_item item;
	int r = 0;

	while (r == 0 && signers.n > 0)
		if ((r = der_any(&signers, &item)) == 0)
			r = cert_store_add(s, CERT_INTERMEDIATES, item.whole, NULL);
	return r;
}

static int
update_locked(struct cert_store *s, struct revocation *r, bool *changed, struct fault *f)
{
	const char *issuer = revocation_info(r)->issuer_text;
	X509 *signer;
	int err;

	if ((err = find_signer(s, r, &signer)) != 0)
		fault_set(f, err, issuer,
		    err == ERR_SIGNATURE ? "the revocation list is not signed by its issuer"
					 : "revocation list of an unknown authority");
	else if ((err = revocation_set_update(s->lists, r, changed)) != 0)
		fault_set(f, err, issuer,
		    err == ERR_REPLAY ? "the revocation list is older than one already seen"
				      : "too many revocation lists");
	return err;
}

/* As most that are read again or fetched are. */
static bool
is_known(struct cert_store *s, struct bytes der)
{
	uint8_t sha256[REVOCATION_HASH_LEN];
	bool known;

	cert_sha256(der, sha256);
	pthread_mutex_lock(&s->lock);
	known = revocation_set_has_fetched(s->lists, sha256);
	pthread_mutex_unlock(&s->lock);
	return known;
}

int
cert_store_update_crl(struct cert_store *s, struct bytes der, bool *changed, struct fault *f)
{
	struct revocation *r;
	bool news = false;
	int err;

	if (changed != NULL)
		*changed = false;
	if (is_known(s, der))
		return 0;
	/* A list of 16 MiB takes its time, in which others may verify. */
	if ((err = revocation_parse(der, NULL, &r, f)) == 0) {
		pthread_mutex_lock(&s->lock);
		err = update_locked(s, r, &news, f);
		if (news)
			s->generation++;
		pthread_mutex_unlock(&s->lock);
	}
	revocation_free(&r);
	if (changed != NULL)
		*changed = news;
	return err;
}

static int
add_list(struct cert_store *s, struct bytes der, bool *fresh, struct fault *f)
{
	struct revocation *r;
	int err;

	if ((err = revocation_parse(der, NULL, &r, f)) != 0)
		return err;
	if ((err = revocation_set_add(s->lists, r, fresh)) != 0)
		fault_set(f, err, revocation_info(r)->issuer_text, "too many revocation lists");
	revocation_free(&r);
	return err;
}

int
cert_store_add_locked(
    struct cert_store *s, enum cert_kind kind, struct bytes der, bool *fresh, struct fault *f)
{
	int err;

	*fresh = false;
	if (kind == CERT_CRLS) {
		err = add_list(s, der, fresh, f);
	} else if ((err = add_certificate(s, kind, der, fresh)) != 0) {
		fault_set(f, err, NULL,
		    err == ERR_LIMIT           ? "too many certificates"
			: err == ERR_UNTRUSTED ? "not the root of a relay's own authority"
					       : "not a valid certificate");
	}
	if (*fresh)
		s->generation++;
	return err;
}

int
cert_store_add(struct cert_store *s, enum cert_kind kind, struct bytes der, struct fault *f)
{
	bool fresh;
	int err;

	pthread_mutex_lock(&s->lock);
	err = cert_store_add_locked(s, kind, der, &fresh, f);
	pthread_mutex_unlock(&s->lock);
	return err;
}

/* Those of one issuer, or all when it is NULL. */
static void
copy_lists(struct cert_store *s, const uint8_t *issuer, struct revocation ***out, size_t *count)
{
	size_t total, n = 0;

	pthread_mutex_lock(&s->lock);
	total = revocation_set_count(s->lists);
	*out = mem_array(total + 1, sizeof(**out));
	for (size_t i = 0; i < total; i++) {
		struct revocation *r = revocation_set_at(s->lists, i);

		if (issuer == NULL ||
		    memcmp(revocation_info(r)->issuer, issuer, REVOCATION_HASH_LEN) == 0)
			(*out)[n++] = revocation_ref(r);
	}
	pthread_mutex_unlock(&s->lock);
	*count = n;
}

void
cert_store_crls_of(struct cert_store *s, const uint8_t issuer[REVOCATION_HASH_LEN],
    struct revocation ***out, size_t *count)
{
	copy_lists(s, issuer, out, count);
}

void
cert_store_crls(struct cert_store *s, struct revocation ***out, size_t *count)
{
	copy_lists(s, NULL, out, count);
}

int
cert_store_crl(
    struct cert_store *s, const uint8_t sha256[REVOCATION_HASH_LEN], struct revocation **out)
{
	struct revocation *r;

	pthread_mutex_lock(&s->lock);
	r = revocation_set_by_hash(s->lists, sha256);
	*out = r != NULL ? revocation_ref(r) : NULL;
	pthread_mutex_unlock(&s->lock);
	return *out != NULL ? 0 : ERR_NOT_FOUND;
}
