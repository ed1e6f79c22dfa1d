#include "core/softcard.h"

#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"

/* ------------------------------------------------------------------------------ the subject */

static char *
trim(char *s)
{
	size_t n;

	while (*s == ' ')
		s++;
	n = strlen(s);
	while (n > 0 && s[n - 1] == ' ')
		s[--n] = '\0';
	return s;
}

static int
subject_add(X509_NAME *x, const char *key, const char *value)
{
	static const char *const allowed[] = { "C", "ST", "L", "O", "CN" };
	size_t i;

	for (i = 0; i < sizeof(allowed) / sizeof(allowed[0]); i++)
		if (strcmp(allowed[i], key) == 0 && value[0] != '\0' &&
		    X509_NAME_add_entry_by_txt(x, key, MBSTRING_UTF8, (const uint8_t *)value, -1, -1, 0) == 1)
			return 0;
	return ERR_USAGE;
}

static int
subject_fill(X509_NAME *x, const char *name, const char *subject)
{
	char *copy, *part, *save = NULL;
	bool cn = false;
	int r = 0;

	copy = mem_strdup(subject != NULL ? subject : "");
	for (part = strtok_r(copy, ",", &save); part != NULL && r == 0;
	     part = strtok_r(NULL, ",", &save)) {
		char *eq = strchr(part, '=');

		if (eq == NULL) {
			r = ERR_USAGE;
			break;
		}
		*eq = '\0';
		cn = cn || strcmp(trim(part), "CN") == 0;
		r = subject_add(x, trim(part), trim(eq + 1));
	}
	free(copy);
	return r != 0 || cn ? r : subject_add(x, "CN", name);
}

/* ------------------------------------------------------------------------------ key and request */

static int
key_pack(EVP_PKEY *key, struct bytes *out)
{
	PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key);
	uint8_t *p = NULL, *kept;
	int n = info != NULL ? i2d_PKCS8_PRIV_KEY_INFO(info, &p) : -1;

	PKCS8_PRIV_KEY_INFO_free(info);
	if (n <= 0)
		return ERR_BUG;
	kept = mem_secret_alloc((size_t)n);
	memcpy(kept, p, (size_t)n);
	OPENSSL_clear_free(p, (size_t)n);
	*out = (struct bytes){ kept, (size_t)n };
	return 0;
}

int
softcard_make(const char *name, const char *subject, struct bytes *key, struct buf *csr)
{
	EVP_PKEY *k = EVP_EC_gen("P-256");
	X509_REQ *req = X509_REQ_new();
	uint8_t *der = NULL;
	int n, r = ERR_BUG;

	*key = (struct bytes){ NULL, 0 };
	if (k == NULL || req == NULL || X509_REQ_set_version(req, X509_REQ_VERSION_1) != 1 ||
	    X509_REQ_set_pubkey(req, k) != 1)
		goto out;
	if ((r = subject_fill(X509_REQ_get_subject_name(req), name, subject)) != 0)
		goto out;
	r = ERR_BUG;
	if (X509_REQ_sign(req, k, EVP_sha256()) <= 0 || (n = i2d_X509_REQ(req, &der)) <= 0)
		goto out;
	if ((r = buf_put(csr, der, (size_t)n)) == 0)
		r = key_pack(k, key);
out:
	OPENSSL_free(der);
	X509_REQ_free(req);
	EVP_PKEY_free(k);
	return r;
}

int
softcard_sign(struct bytes key, struct bytes message, uint8_t *sig, size_t max, size_t *n)
{
	const uint8_t *p = key.p;
	EVP_PKEY *k = key.p != NULL ? d2i_AutoPrivateKey(NULL, &p, (long)key.n) : NULL;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int r = ERR_BUG;

	*n = max;
	if (k != NULL && ctx != NULL && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, k) == 1 &&
	    EVP_DigestSign(ctx, sig, n, message.p, message.n) == 1)
		r = 0;
	else
		*n = 0;
	EVP_MD_CTX_free(ctx);
	EVP_PKEY_free(k);
	return r;
}
