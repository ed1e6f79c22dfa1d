#include "relay.h"

#include <fcntl.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "crypto/code.h"

#define must(x)                                                                                    \
	do {                                                                                       \
		if (!(x)) {                                                                        \
			fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #x);            \
			abort();                                                                   \
		}                                                                                  \
	} while (0)

/* ---------------------------------------------------------------------------- the relay */

static FILE *
create(const struct relay *r, const char *name)
{
	char path[160];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", r->dir, name);
	must((f = fopen(path, "w")) != NULL);
	return f;
}

static void
make_folder(const struct relay *r, const char *name)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/%s", r->dir, name);
	must(mkdir(path, 0700) == 0);
}

void
relay_new(struct relay *r, const char *extra, const char *trust)
{
	FILE *f;

	memset(r, 0, sizeof(*r));
	snprintf(r->dir, sizeof(r->dir), "/tmp/recadod-test-XXXXXX");
	must(mkdtemp(r->dir) != NULL);
	make_folder(r, "anchors");
	make_folder(r, "crls");
	r->ca = person_ca_new();
	f = create(r, "anchors/ca.der");
	must(fwrite(buf_ptr(r->ca->der), buf_len(r->ca->der), 1, f) == 1 && fclose(f) == 0);
	relay_revoke(r, NULL);
	relay_configure(r, extra, trust);
	relay_start(r);
}

void
relay_configure(struct relay *r, const char *extra, const char *trust)
{
	FILE *f = create(r, "recadod.conf");

	fprintf(f, "listen = \"127.0.0.1:0\"; data = \"%s/data\";\n", r->dir);
	fprintf(f, "trust = { anchors = \"%s/anchors\"; ", r->dir);
	fprintf(f, trust != NULL ? trust : "revocation = \"off\";", r->dir);
	fprintf(f, " };\n%s\n", extra != NULL ? extra : "");
	must(fclose(f) == 0);
}

/* --- revocation */

static void
add_revoked(X509_CRL *crl, const struct person_card *card, long now)
{
	const uint8_t *p = buf_ptr(card->der);
	X509 *c = d2i_X509(NULL, &p, (long)buf_len(card->der));
	X509_REVOKED *rev = X509_REVOKED_new();
	ASN1_TIME *t = ASN1_TIME_set(NULL, now);

	must(c != NULL && rev != NULL && t != NULL);
	must(X509_REVOKED_set_serialNumber(rev, X509_get_serialNumber(c)) == 1);
	must(X509_REVOKED_set_revocationDate(rev, t) == 1 && X509_CRL_add0_revoked(crl, rev) == 1);
	ASN1_TIME_free(t);
	X509_free(c);
}

static void
add_crl_extensions(X509_CRL *crl, const struct relay *r, long number)
{
	ASN1_INTEGER *n = ASN1_INTEGER_new();
	X509_EXTENSION *aki;
	X509V3_CTX ctx;

	X509V3_set_ctx(&ctx, r->ca->cert, NULL, NULL, crl, 0);
	must(
	    (aki = X509V3_EXT_conf_nid(NULL, &ctx, NID_authority_key_identifier, "keyid")) != NULL);
	must(X509_CRL_add_ext(crl, aki, -1) == 1);
	must(n != NULL && ASN1_INTEGER_set(n, number) == 1);
	must(X509_CRL_add1_ext_i2d(crl, NID_crl_number, n, 0, 0) == 1);
	X509_EXTENSION_free(aki);
	ASN1_INTEGER_free(n);
}

void
relay_revoke(struct relay *r, const struct person_card *card)
{
	long now = (long)(clock_now_ms() / 1000);
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *t = ASN1_TIME_set(NULL, now - 60);
	char from[160], to[160];
	uint8_t *der = NULL;
	FILE *f;
	int n;

	must(crl != NULL && t != NULL && X509_CRL_set_version(crl, X509_CRL_VERSION_2) == 1);
	must(X509_CRL_set_issuer_name(crl, X509_get_subject_name(r->ca->cert)) == 1);
	must(X509_CRL_set1_lastUpdate(crl, t) == 1 && ASN1_TIME_set(t, now + 86400) != NULL);
	must(X509_CRL_set1_nextUpdate(crl, t) == 1);
	if (card != NULL)
		add_revoked(crl, card, now - 60);
	add_crl_extensions(crl, r, card != NULL ? 2 : 1);
	must(X509_CRL_sign(crl, r->ca->key, EVP_sha256()) > 0);
	must((n = i2d_X509_CRL(crl, &der)) > 0);
	f = create(r, "crl.new"); /* beside: the relay reads whatever is in there */
	must(fwrite(der, (size_t)n, 1, f) == 1 && fclose(f) == 0);
	snprintf(from, sizeof(from), "%s/crl.new", r->dir);
	snprintf(to, sizeof(to), "%s/crls/ca.crl", r->dir);
	must(rename(from, to) == 0);
	OPENSSL_free(der);
	ASN1_TIME_free(t);
	X509_CRL_free(crl);
}

static void
become(const struct relay *r)
{
	const char *build = getenv("RECADO_BUILD");
	char program[512], config[160], log[160];
	int fd;

	snprintf(program, sizeof(program), "%s/recadod", build != NULL ? build : ".");
	snprintf(config, sizeof(config), "%s/recadod.conf", r->dir);
	snprintf(log, sizeof(log), "%s/log", r->dir);
	if ((fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600)) < 0 || dup2(fd, 2) < 0)
		_exit(99);
	execl(program, program, "--config", config, (char *)NULL);
	_exit(98);
}

/* Until it says where it listens. */
static void
wait_address(struct relay *r)
{
	char path[160], text[128];
	int status;
	FILE *f;

	snprintf(path, sizeof(path), "%s/data/address", r->dir);
	for (int i = 0; i < RELAY_WAIT_MS / 10; i++) {
		must(waitpid(r->pid, &status, WNOHANG) == 0);
		if ((f = fopen(path, "r")) != NULL) {
			text[0] = '\0';
			if (fgets(text, sizeof(text), f) != NULL && strchr(text, '\n') != NULL)
				r->port = (uint16_t)atoi(strrchr(text, ':') + 1);
			fclose(f);
			if (r->port != 0)
				return;
		}
		usleep(10000);
	}
	must(!"the relay starts");
}

void
relay_start(struct relay *r)
{
	char path[160];
	struct client *c;

	snprintf(path, sizeof(path), "%s/data/address", r->dir);
	unlink(path);
	r->port = 0;
	must((r->pid = fork()) >= 0);
	if (r->pid == 0)
		become(r);
	wait_address(r);
	c = client_new(r, NULL);
	client_free(&c);
	must(code_relay_id(r->identity, r->id) == 0);
}

int
relay_end(struct relay *r, int sig)
{
	int status;

	must(r->pid > 0 && kill(r->pid, sig) == 0);
	must(waitpid(r->pid, &status, 0) == r->pid);
	r->pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void
relay_free(struct relay *r)
{
	char command[128];

	if (r->pid > 0)
		must(relay_end(r, SIGTERM) == 0);
	must(!relay_logged(r, "Sanitizer"));
	snprintf(command, sizeof(command), "rm -rf '%s'", r->dir);
	must(system(command) == 0);
	person_ca_free(&r->ca);
}

void
relay_ask(const struct relay *r, const char *command, char *out, size_t outlen)
{
	char line[512];
	FILE *p;

	snprintf(line, sizeof(line), "'%s/recadod' %s --config '%s/recadod.conf'",
	    getenv("RECADO_BUILD") != NULL ? getenv("RECADO_BUILD") : ".", command, r->dir);
	must((p = popen(line, "r")) != NULL);
	must(fgets(out, (int)outlen, p) != NULL);
	out[strcspn(out, "\n")] = '\0';
	while (fgets(line, sizeof(line), p) != NULL)
		;
	must(pclose(p) == 0);
}

unsigned
relay_logged_times(const struct relay *r, const char *text)
{
	char path[160], line[4096];
	unsigned n = 0;
	FILE *f;

	snprintf(path, sizeof(path), "%s/log", r->dir);
	must((f = fopen(path, "r")) != NULL);
	while (fgets(line, sizeof(line), f) != NULL)
		n += strstr(line, text) != NULL;
	fclose(f);
	return n;
}

bool
relay_logged(const struct relay *r, const char *text)
{
	return relay_logged_times(r, text) != 0;
}

bool
relay_logs(const struct relay *r, const char *text, unsigned times)
{
	for (int i = 0; i < RELAY_WAIT_MS / 10; i++) {
		if (relay_logged_times(r, text) >= times)
			return true;
		usleep(10000);
	}
	return false;
}

bool
relay_counts(const struct relay *r, const char *name, unsigned value)
{
	const char *build = getenv("RECADO_BUILD");
	char command[512];

	snprintf(command, sizeof(command),
	    "'%s/recadod' status --config '%s/recadod.conf' | grep -q '^%s  *%u$'",
	    build != NULL ? build : ".", r->dir, name, value);
	for (int i = 0; i < RELAY_WAIT_MS / 100; i++) {
		if (system(command) == 0)
			return true;
		usleep(100000);
	}
	return false;
}
