/*
 * Conformance of certificate paths and revocation lists: NIST PKITS (standard profile), x509-limbo
 * (strict profile, the cases that mean something to a client) and Chromium's revocation list cases.
 *
 * Prints `suite <tab> id <tab> ok|FAIL|skip <tab> reason`, one case a line; exit 1 when one failed.
 * Every verdict is the product's own, cert_verify's. A case we refuse by design stands in skips[]
 * with its reason; wrongly accepting something never does.
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <jansson.h>
#include <openssl/pem.h>

#include "base/clock.h"
#include "base/mem.h"
#include "crypto/cert.h"

#define FIELDS 9
#define OBJECTS_MAX 512
#define WEEK_H (7 * 24)

/* Valid cases that are refused on purpose. */
static const struct {
	const char *suite, *id, *reason;
} skips[] = {
	{ "pkits", "Section1ValidDSASignaturesTest4", "DSA is not relied on" },
	{ "pkits", "Section1ValidDSAParameterInheritanceTest5", "DSA is not relied on" },
	{ "pkits", "Section14ValidcRLIssuerTest30",
	    "the signer of a list is not vouched for by that list itself" },
	{ "limbo", "rfc5280::ca-as-leaf", "an authority is nobody's leaf (webpki::ca-as-leaf)" },
	{ "limbo", "webpki::nc::permitted-dns-match-noncritical",
	    "RFC 5280 4.2.1.10: name constraints are critical" },
	{ "crl_unittest", "good_idp_onlycontainscacerts",
	    "a self-signed leaf is trusted only when it is itself an anchor" },
	{ "crl_unittest", "good_idp_uri_and_onlycontainscacerts",
	    "a self-signed leaf is trusted only when it is itself an anchor" },
	{ "crl_unittest", "good_issuer_no_keyusage",
	    "an authority without basicConstraints is none" },
	{ NULL, NULL, NULL },
};

struct object {
	char *name;
	uint8_t *der;
	size_t n;
};

struct objects {
	struct object at[OBJECTS_MAX];
	size_t count;
};

/* One case as it is asked. */
struct question {
	struct cert_policy policy;
	struct objects anchors, intermediates, lists;
	struct bytes leaf;
	struct cert_request rq;
};

struct tally {
	unsigned ok, failed, skipped;
};

static const char *
skip_reason(const char *suite, const char *id)
{
	for (size_t i = 0; skips[i].suite != NULL; i++)
		if (strcmp(skips[i].suite, suite) == 0 && strcmp(skips[i].id, id) == 0)
			return skips[i].reason;
	return NULL;
}

static void
objects_add(struct objects *o, const char *name, const uint8_t *der, size_t n)
{
	struct object *x;

	if (o->count == OBJECTS_MAX)
		abort();
	x = &o->at[o->count++];
	x->name = mem_strdup(name);
	x->der = mem_alloc(n + 1);
	memcpy(x->der, der, n);
	x->n = n;
}

static void
objects_clear(struct objects *o)
{
	for (size_t i = 0; i < o->count; i++) {
		free(o->at[i].name);
		free(o->at[i].der);
	}
	o->count = 0;
}

static struct bytes
object_bytes(const struct object *o)
{
	return (struct bytes){ o->der, o->n };
}

static char *
read_file(const char *path, size_t *n)
{
	FILE *f = fopen(path, "rb");
	char *text;
	struct stat st;

	if (f == NULL || fstat(fileno(f), &st) != 0) {
		fprintf(stderr, "run-certs: %s: cannot be read\n", path);
		exit(2);
	}
	text = mem_alloc((size_t)st.st_size + 1);
	*n = fread(text, 1, (size_t)st.st_size, f);
	fclose(f);
	return text;
}

/* Every PEM block of text. */
static void
read_pem(const char *text, size_t n, struct objects *out)
{
	BIO *bio = BIO_new_mem_buf(text, (int)n);
	char *name, *header;
	unsigned char *der;
	long len;

	while (PEM_read_bio(bio, &name, &header, &der, &len)) {
		objects_add(out, name, der, (size_t)len);
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_free(der);
	}
	BIO_free(bio);
}

/* 0 when accepted, else the code; text gets the reason. */
static int
ask(struct question *q, char *text, size_t textlen)
{
	struct cert_store *s = cert_store_new(&q->policy);
	struct bytes *between = mem_array(q->intermediates.count + 1, sizeof(*between));
	const struct cert_verdict *v = NULL;
	struct fault f = { 0 };
	int r = 0;

	for (size_t i = 0; i < q->anchors.count && r == 0; i++)
		r = cert_store_add(s, CERT_ANCHORS, object_bytes(&q->anchors.at[i]), &f);
	for (size_t i = 0; i < q->lists.count; i++)
		if (cert_store_add(s, CERT_CRLS, object_bytes(&q->lists.at[i]), &f) != 0)
			continue; /* a list that cannot be read is a list that is not there */
	for (size_t i = 0; i < q->intermediates.count; i++)
		between[i] = object_bytes(&q->intermediates.at[i]);
	q->rq.leaf = q->leaf;
	q->rq.intermediates = between;
	q->rq.intermediate_count = q->intermediates.count;
	if (r == 0)
		r = cert_verify(s, &q->rq, &v, &f);
	if (v != NULL)
		snprintf(text, textlen, "%s", v->sentence);
	else
		fault_line(&f, text, textlen);
	cert_verdict_free(&v);
	cert_store_free(&s);
	free(between);
	return r;
}

static void
judge(struct tally *t, const char *suite, const char *id, bool valid, struct question *q)
{
	const char *reason = skip_reason(suite, id);
	char text[600];
	bool accepted = ask(q, text, sizeof(text)) == 0;

	if (accepted == valid) {
		t->ok++;
		printf("%s\t%s\tok\t%s\n", suite, id, text);
	} else if (!accepted && reason != NULL) {
		t->skipped++;
		printf("%s\t%s\tskip\t%s\n", suite, id, reason);
	} else {
		t->failed++;
		printf("%s\t%s\tFAIL\t%s: %s\n", suite, id,
		    accepted ? "accepted, should be refused" : "refused, should be accepted", text);
	}
}

static void
question_clear(struct question *q)
{
	objects_clear(&q->anchors);
	objects_clear(&q->intermediates);
	objects_clear(&q->lists);
	memset(q, 0, sizeof(*q));
}

/* -------------------------------------------------------------------------------------- PKITS */

#define PKITS_TIME "2011-04-15T00:00:00.000Z"
#define POLICIES_MAX 16

static void
load_named(const char *dir, const char *kind, const char *ending, char *names, struct objects *out)
{
	char *save = NULL, *path, *der;
	size_t n;

	for (char *name = strtok_r(names, ",", &save); name != NULL;
	     name = strtok_r(NULL, ",", &save)) {
		path = mem_format("%s/pkits/%s/%s.%s", dir, kind, name, ending);
		der = read_file(path, &n);
		objects_add(out, name, (uint8_t *)der, n);
		free(der);
		free(path);
	}
}

/* "any", or OIDs with commas between. */
static const char *const *
read_policies(char *text, char *oids[POLICIES_MAX + 1])
{
	char *save = NULL;
	size_t n = 0;

	memset(oids, 0, (POLICIES_MAX + 1) * sizeof(*oids));
	if (strcmp(text, "any") == 0 || text[0] == '\0')
		return NULL;
	for (char *name = strtok_r(text, ",", &save); name != NULL && n < POLICIES_MAX;
	     name = strtok_r(NULL, ",", &save)) {
		oids[n++] = mem_strdup(strcmp(name, "any") == 0 ? "2.5.29.32.0" : name);
	}
	return (const char *const *)oids;
}

static void
pkits_case(const char *dir, char *field[FIELDS], struct tally *t)
{
	struct question q = { .policy = { CERT_STANDARD, CERT_REVOCATION_REQUIRE, 0, 0 } };
	struct cert_policy_input in = { 0 };
	char *oids[POLICIES_MAX + 1];
	struct object *last;

	load_named(dir, "certs", "crt", field[3], &q.intermediates);
	load_named(dir, "crls", "crl", field[4], &q.lists);
	q.anchors.at[q.anchors.count++] = q.intermediates.at[0];
	memmove(&q.intermediates.at[0], &q.intermediates.at[1],
	    --q.intermediates.count * sizeof(q.intermediates.at[0]));
	in.initial = read_policies(field[5], oids);
	in.require_explicit = field[6][0] == '1';
	in.inhibit_mapping = field[7][0] == '1';
	in.inhibit_any = field[8][0] == '1';
	q.rq.policies = &in;
	q.rq.purpose = CERT_FOR_PATH;
	if (clock_parse(PKITS_TIME, &q.rq.now_ms) != 0)
		abort();
	last = &q.intermediates.at[--q.intermediates.count];
	q.leaf = object_bytes(last);
	judge(t, "pkits", field[1], strcmp(field[2], "valid") == 0, &q);
	free(last->name);
	free(last->der);
	for (size_t i = 0; i < POLICIES_MAX; i++)
		free(oids[i]);
	question_clear(&q);
}

static void
run_pkits(const char *dir, struct tally *t)
{
	char *path = mem_format("%s/pkits/cases.tsv", dir), *save = NULL, *text, *field[FIELDS];
	size_t n;

	text = read_file(path, &n);
	for (char *line = strtok_r(text, "\n", &save); line != NULL;
	     line = strtok_r(NULL, "\n", &save)) {
		size_t count = 0;

		if (line[0] == '#')
			continue;
		while (count < FIELDS && (field[count++] = strsep(&line, "\t")) != NULL)
			;
		if (count == FIELDS && field[FIELDS - 1] != NULL)
			pkits_case(dir, field, t);
	}
	free(text);
	free(path);
}

/* --------------------------------------------------------------------------------- x509-limbo */

static void
json_pems(const json_t *list, struct objects *out)
{
	const json_t *pem;
	size_t i;

	json_array_foreach(list, i, pem)
	    read_pem(json_string_value(pem), json_string_length(pem), out);
}

/* A time within the leaf's validity where the case names none. */
static uint64_t
limbo_time(const json_t *c, struct bytes leaf)
{
	const char *text = json_string_value(json_object_get(c, "validation_time"));
	struct cert_link l;
	char iso[64];
	uint64_t ms = 0;

	if (text != NULL) {
		snprintf(iso, sizeof(iso), "%.*s%sZ", (int)(strcspn(text, "+") < 23 ? 19 : 23),
		    text, strcspn(text, "+") < 23 ? ".000" : "");
		if (clock_parse(iso, &ms) != 0)
			fprintf(stderr, "run-certs: time %s\n", text);
		return ms;
	}
	if (cert_describe(leaf, &l) == 0) {
		ms = clock_now_ms();
		if (ms < l.not_before || ms > l.not_after)
			ms = l.not_before + (l.not_after - l.not_before) / 2;
		cert_link_clear(&l);
	}
	return ms;
}

static void
limbo_case(const json_t *c, struct tally *t)
{
	struct question q = { .policy = { CERT_STRICT, CERT_REVOCATION_OFF, 0, 0 } };
	const json_t *depth = json_object_get(c, "max_chain_depth");
	const json_t *pem = json_object_get(c, "peer_certificate");
	struct objects leaf = { 0 };

	json_pems(json_object_get(c, "trusted_certs"), &q.anchors);
	json_pems(json_object_get(c, "untrusted_intermediates"), &q.intermediates);
	json_pems(json_object_get(c, "crls"), &q.lists);
	read_pem(json_string_value(pem), json_string_length(pem), &leaf);
	if (leaf.count == 1)
		q.leaf = object_bytes(&leaf.at[0]);
	if (q.lists.count > 0)
		q.policy.revocation = CERT_REVOCATION_REQUIRE;
	q.rq.now_ms = limbo_time(c, q.leaf);
	q.rq.purpose =
	    strcmp(json_string_value(json_object_get(c, "validation_kind")), "CLIENT") == 0
	    ? CERT_FOR_TLS_CLIENT
	    : CERT_FOR_TLS_SERVER;
	if (json_is_integer(depth))
		q.rq.depth_limit =
		    json_integer_value(depth) > 200 ? 0 : (uint8_t)(json_integer_value(depth) + 1);
	judge(t, "limbo", json_string_value(json_object_get(c, "id")),
	    strcmp(json_string_value(json_object_get(c, "expected_result")), "SUCCESS") == 0, &q);
	objects_clear(&leaf);
	question_clear(&q);
}

static void
run_limbo(const char *dir, struct tally *t)
{
	char *path = mem_format("%s/limbo/limbo.json", dir);
	json_error_t error;
	json_t *all = json_load_file(path, 0, &error), *c;
	size_t i;

	if (all == NULL) {
		fprintf(stderr, "run-certs: %s: %s\n", path, error.text);
		exit(2);
	}
	json_array_foreach(json_object_get(all, "testcases"), i,
	    c) if (json_is_true(json_object_get(c, "relevant_to_client_path"))) limbo_case(c, t);
	json_decref(all);
	free(path);
}

/* -------------------------------------------------------------------------------- crl_unittest */

#define CRL_TIME "2017-03-09T00:00:00.000Z"

static void
crl_case(const char *path, const char *name, struct tally *t)
{
	/* the data's keys are RSA-1024 */
	struct question q = { .policy = { CERT_STANDARD, CERT_REVOCATION_REQUIRE, WEEK_H, 1024 } };
	struct objects all = { 0 };
	char *text, *id = mem_strndup(name, strcspn(name, "."));
	size_t n;

	text = read_file(path, &n);
	read_pem(text, n, &all);
	for (size_t i = 0; i < all.count; i++) {
		const struct object *o = &all.at[i];

		if (strcmp(o->name, "CERTIFICATE") == 0)
			q.leaf = object_bytes(o);
		else if (strcmp(o->name, "CRL") == 0 || strcmp(o->name, "X509 CRL") == 0)
			objects_add(&q.lists, o->name, o->der, o->n);
		else
			objects_add(&q.anchors, o->name, o->der, o->n);
	}
	q.rq.leaf_revocation_only = true;
	q.rq.purpose = CERT_FOR_PATH;
	if (clock_parse(CRL_TIME, &q.rq.now_ms) != 0)
		abort();
	judge(t, "crl_unittest", id, strncmp(name, "good", 4) == 0, &q);
	objects_clear(&all);
	question_clear(&q);
	free(text);
	free(id);
}

static int
is_pem(const struct dirent *e)
{
	size_t n = strlen(e->d_name);

	return n > 4 && strcmp(e->d_name + n - 4, ".pem") == 0;
}

static void
run_crl(const char *dir, struct tally *t)
{
	char *folder = mem_format("%s/crl_unittest", dir), *path;
	struct dirent **names;
	int count = scandir(folder, &names, is_pem, alphasort);

	for (int i = 0; i < count; i++) {
		path = mem_format("%s/%s", folder, names[i]->d_name);
		crl_case(path, names[i]->d_name, t);
		free(path);
		free(names[i]);
	}
	if (count >= 0)
		free(names);
	free(folder);
}

/* OpenSSL 3.0's X509_policy_check forgets the policy constraints that it refuses. It gets there only
 * with a chain whose signatures reach an anchor. Its frames are seen by the slow unwinder alone. */
const char *__lsan_default_suppressions(void);
const char *__asan_default_options(void);

const char *
__lsan_default_suppressions(void)
{
	return "leak:X509_policy_check\n";
}

const char *
__asan_default_options(void)
{
	return "fast_unwind_on_malloc=0";
}

int
main(void)
{
	const char *dir = getenv("RECADO_VECTORS");
	struct tally t = { 0 };
	struct stat st;

	if (dir == NULL)
		dir = "../shared/vectors";
	if (stat(dir, &st) != 0) {
		fprintf(stderr, "run-certs: no conformance data in %s\n", dir);
		return 77;
	}
	run_pkits(dir, &t);
	run_limbo(dir, &t);
	run_crl(dir, &t);
	fprintf(stderr, "run-certs: %u ok, %u failed, %u skipped\n", t.ok, t.failed, t.skipped);
	return t.failed > 0;
}
