/*
 * Certificates and lists out of files: PEM or DER, one or a directory of them. People drop whole
 * bundles into such directories, so what is not of the kind asked for is passed over; what claims
 * to be and cannot be read is a fault.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "base/mem.h"
#include "crypto/cert_int.h"

#define FILES_MAX 4096

/* How a file's objects are put to use. */
struct loader {
	struct cert_store *s;
	enum cert_kind kind;
	bool pinned; /* anchors are those with a known hash, other authorities intermediates */
	size_t count, anchors;
	struct fault *f;
};

/* SHA-256 of the two roots of the Citizen Card's chains: ECRaizEstado 002, MULTICERT Root 01. */
static const uint8_t pins[][CERT_HASH_LEN] = {
	{ 0x39, 0x32, 0xe8, 0xa2, 0xa6, 0xf9, 0xe4, 0x22, 0x59, 0x42, 0x91, 0xc1, 0x4d, 0xd8, 0x76,
	    0x67, 0xbf, 0xd0, 0xa7, 0x2e, 0x60, 0x7d, 0xfd, 0xd2, 0x87, 0x2b, 0xea, 0xb0, 0xe4,
	    0xd2, 0x1a, 0x10 },
	{ 0x60, 0x4d, 0x32, 0xd0, 0x36, 0x89, 0x5a, 0xed, 0x3b, 0xfe, 0xfa, 0xeb, 0x72, 0x7c, 0x00,
	    0x9e, 0xc0, 0xf2, 0xb3, 0xcd, 0xfa, 0x42, 0xa1, 0xc7, 0x17, 0x30, 0xe6, 0xa7, 0x2c,
	    0x3b, 0xe9, 0xd4 },
};

static const char *const pinned_places[] = { "/etc/recado/trust", "/usr/local/share/certs" };

bool
cert_is_pinned(const uint8_t sha256[CERT_HASH_LEN])
{
	for (size_t i = 0; i < sizeof(pins) / sizeof(pins[0]); i++)
		if (memcmp(pins[i], sha256, CERT_HASH_LEN) == 0)
			return true;
	return false;
}

/* --------------------------------------------------------------------------------- one object */

static int
take_pinned(struct loader *l, struct bytes der)
{
	uint8_t sha256[CERT_HASH_LEN];
	enum cert_kind kind = CERT_ANCHORS;
	bool fresh;
	int r;

	cert_sha256(der, sha256);
	if (!cert_is_pinned(sha256)) {
		if (cert_use(der) != CERT_USE_CA)
			return 0;
		kind = CERT_INTERMEDIATES;
	}
	if ((r = cert_store_add_locked(l->s, kind, der, &fresh, l->f)) != 0)
		return r;
	l->anchors += kind == CERT_ANCHORS;
	return 0;
}

static int
take(struct loader *l, struct bytes der)
{
	bool fresh;
	int r;

	if (l->pinned)
		return take_pinned(l, der);
	if ((r = cert_store_add_locked(l->s, l->kind, der, &fresh, l->f)) != 0)
		return r;
	l->count += fresh;
	return 0;
}

static bool
is_wanted(const struct loader *l, const char *pem_name)
{
	if (l->kind == CERT_CRLS)
		return strcmp(pem_name, PEM_STRING_X509_CRL) == 0;
	return strcmp(pem_name, PEM_STRING_X509) == 0 || strcmp(pem_name, PEM_STRING_X509_OLD) == 0;
}

/* PEM blocks of the wanted kind; *found counts blocks of any kind. */
static int
take_pem(struct loader *l, struct bytes text, size_t *found)
{
	BIO *bio = BIO_new_mem_buf(text.p, (int)text.n);
	char *name = NULL, *header = NULL;
	unsigned char *der = NULL;
	long n;
	int r = 0;

	*found = 0;
	while (bio != NULL && r == 0 && PEM_read_bio(bio, &name, &header, &der, &n)) {
		++*found;
		if (is_wanted(l, name))
			r = take(l, (struct bytes){ der, (size_t)n });
		OPENSSL_free(name);
		OPENSSL_free(header);
		OPENSSL_free(der);
	}
	BIO_free(bio);
	ERR_clear_error();
	return r;
}

/* A certificate and a list both begin with two SEQUENCEs; the field after the algorithm tells. A
 * DER file of the other kind is passed over. */
static bool
is_other_kind(const struct loader *l, struct bytes der)
{
	struct revocation *r = NULL;
	X509 *x;
	bool other;

	if (l->kind == CERT_CRLS) {
		x = cert_parse(der);
		other = x != NULL;
		X509_free(x);
		return other;
	}
	other = revocation_parse(der, NULL, &r, NULL) == 0;
	revocation_free(&r);
	return other;
}

static int
take_file(struct loader *l, struct bytes content, const char *path)
{
	size_t found;
	int r;

	if ((r = take_pem(l, content, &found)) == 0 && found == 0 && !is_other_kind(l, content))
		r = take(l, content);
	if (l->pinned && r == ERR_FORMAT)
		r = 0; /* a folder of somebody else's */
	if (r != 0 && l->f != NULL)
		fault_set(l->f, r, path, "%s",
		    l->kind == CERT_CRLS ? "cannot be read as a revocation list"
					 : "cannot be read as a certificate");
	return r;
}

/* -------------------------------------------------------------------------------------- files */

static int
read_all(int fd, size_t max, uint8_t **out, size_t *n)
{
	struct stat st;
	ssize_t got;

	*out = NULL;
	*n = 0;
	if (fstat(fd, &st) != 0)
		return err_from_errno(errno);
	if (!S_ISREG(st.st_mode) || st.st_size < 0)
		return ERR_FORMAT;
	if ((uint64_t)st.st_size > max)
		return ERR_LIMIT;
	if ((*out = mem_try_alloc((size_t)st.st_size + 1)) == NULL)
		return ERR_NOMEM;
	while (*n < (size_t)st.st_size) {
		got = read(fd, *out + *n, (size_t)st.st_size - *n);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_from_errno(errno);
		if (got == 0)
			break;
		*n += (size_t)got;
	}
	return 0;
}

static int
load_file(struct loader *l, const char *path)
{
	uint8_t *content = NULL;
	size_t n = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), r;

	if (fd < 0)
		return fault_set(
		    l->f, err_from_errno(errno), path, "cannot be opened (%s)", strerror(errno));
	/* PEM is a third larger than what it carries. */
	r = read_all(fd, REVOCATION_LIST_MAX / 2 * 3, &content, &n);
	if (r != 0)
		fault_set(l->f, r, path, "cannot be read (%s)", err_text(r));
	else
		r = take_file(l, (struct bytes){ content, n }, path);
	free(content);
	close(fd);
	return r;
}

static int
is_candidate(const struct dirent *e)
{
	static const char *const endings[] = { ".pem", ".crt", ".cer", ".der", ".crl" };
	size_t n = strlen(e->d_name);

	if (e->d_name[0] == '.' || n < 5)
		return 0;
	for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
		if (strcasecmp(e->d_name + n - 4, endings[i]) == 0)
			return 1;
	return 0;
}

static int
load_directory(struct loader *l, const char *path)
{
	struct dirent **names = NULL;
	int count = scandir(path, &names, is_candidate, alphasort), r = 0;
	char *file;

	if (count < 0)
		return fault_set(
		    l->f, err_from_errno(errno), path, "cannot be read (%s)", strerror(errno));
	if (count > FILES_MAX)
		r = fault_set(l->f, ERR_LIMIT, path, "more than %d files", FILES_MAX);
	for (int i = 0; i < count; i++) {
		if (r == 0) {
			file = mem_format("%s/%s", path, names[i]->d_name);
			r = load_file(l, file);
			free(file);
		}
		free(names[i]);
	}
	free(names);
	return r;
}

static int
load(struct loader *l, const char *path)
{
	struct stat st;

	if (stat(path, &st) != 0)
		return fault_set(l->f, errno == ENOENT ? ERR_NOT_FOUND : err_from_errno(errno),
		    path, "cannot be read (%s)", strerror(errno));
	return S_ISDIR(st.st_mode) ? load_directory(l, path) : load_file(l, path);
}

int
cert_store_load(
    struct cert_store *s, enum cert_kind kind, const char *path, size_t *count, struct fault *f)
{
	struct loader l = { .s = s, .kind = kind, .f = f };
	int r;

	pthread_mutex_lock(&s->lock);
	r = load(&l, path);
	pthread_mutex_unlock(&s->lock);
	if (count != NULL)
		*count = l.count;
	return r;
}

int
cert_store_reload_crls(struct cert_store *s, const char *path, size_t *count, struct fault *f)
{
	struct revocation_set *fresh = revocation_set_new();
	struct cert_store scratch = { .lists = fresh };
	struct loader l = { .s = &scratch, .kind = CERT_CRLS, .f = f };
	bool changed;
	int r;

	if (count != NULL)
		*count = 0;
	/* Into a set of its own first: what cannot be read changes nothing. */
	if ((r = load(&l, path)) != 0)
		goto out;
	pthread_mutex_lock(&s->lock);
	r = revocation_set_read_again(s->lists, fresh, &changed);
	s->generation += changed;
	pthread_mutex_unlock(&s->lock);
	if (r != 0)
		fault_set(f, r, path, "too many revocation lists");
	if (count != NULL)
		*count = revocation_set_count(fresh);
out:
	revocation_set_free(&fresh);
	return r;
}

/* --------------------------------------------------------------------------------------- pins */

int
cert_store_load_pinned_from(struct cert_store *s, const char *path, size_t *count, struct fault *f)
{
	struct loader l = { .s = s, .kind = CERT_ANCHORS, .pinned = true, .f = f };
	int r;

	pthread_mutex_lock(&s->lock);
	r = load(&l, path);
	pthread_mutex_unlock(&s->lock);
	if (count != NULL)
		*count = l.anchors;
	return r;
}

int
cert_store_load_pinned(struct cert_store *s, size_t *count, struct fault *f)
{
	size_t here, all = 0;
	int r = 0;

	for (size_t i = 0; i < sizeof(pinned_places) / sizeof(pinned_places[0]); i++) {
		r = cert_store_load_pinned_from(s, pinned_places[i], &here, f);
		all += here;
		if (r == ERR_NOT_FOUND)
			r = 0;
		if (r != 0)
			break;
	}
	if (r == 0 && f != NULL)
		memset(f, 0, sizeof(*f));
	if (count != NULL)
		*count = all;
	return r;
}
