#include "core/softcard.h"

#include <openssl/evp.h>
#include <openssl/x509.h>

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
