/*
 * Preloaded into recado, this makes a machine on which scrypt takes SLOW_SCRYPT_S seconds longer.
 */
#include <dlfcn.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

typedef int scrypt_fn(const char *, size_t, const unsigned char *, size_t, uint64_t, uint64_t, uint64_t,
    uint64_t, unsigned char *, size_t);

scrypt_fn EVP_PBE_scrypt;

int
EVP_PBE_scrypt(const char *pass, size_t passlen, const unsigned char *salt, size_t saltlen,
    uint64_t n, uint64_t r, uint64_t p, uint64_t max, unsigned char *key, size_t keylen)
{
	const char *seconds = getenv("SLOW_SCRYPT_S");
	scrypt_fn *real = (scrypt_fn *)dlsym(RTLD_NEXT, "EVP_PBE_scrypt");

	sleep(seconds != NULL ? (unsigned)atoi(seconds) : 0);
	return real(pass, passlen, salt, saltlen, n, r, p, max, key, keylen);
}
