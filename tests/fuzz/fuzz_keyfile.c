/*
 * Key files. scrypt is replaced by zeros (it would take all the time there is), so that the second
 * way gets behind it: the first octet picks 0, a file as it is, or 1, the sealed part's content,
 * which is then sealed under a good header.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "crypto/keyfile.h"
#include "crypto/suite.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int __wrap_kdf_scrypt(const struct kdf_scrypt *in, uint8_t *out, size_t len);

int
__wrap_kdf_scrypt(const struct kdf_scrypt *in, uint8_t *out, size_t len)
{
	if (in->n > 1u << 20 || in->r > 16 || in->p > 4)
		abort();
	memset(out, 0, len);
	return 0;
}

static const uint8_t header[64] = "recado key file\n\0\0\0\1\0\0\0\x11\0\0\0\x08\0\0\0\1";

static void
open_file(struct bytes file)
{
	struct bytes passphrase = { (const uint8_t *)"x", 1 };
	struct keyfile *k;

	if (keyfile_open(file, passphrase, &k) != 0) {
		if (k != NULL)
			abort();
		return;
	}
	keyfile_free(&k);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t material[SUITE_MATERIAL_MAX];
	struct bytes head = { header, sizeof header }, in = { data + 1, size - 1 };
	struct buf *file;

	if (size == 0 || size > KEYFILE_MAX)
		return 0;
	if (data[0] % 2 == 0) {
		open_file(in);
		return 0;
	}
	file = buf_new(0);
	if (buf_put_bytes(file, head) != 0 ||
	    suite_seal(SUITE_ECDHE_AES256_GCM_SHA384, material, head, in, file) != 0)
		abort();
	open_file(buf_view(file));
	buf_free(&file);
	return 0;
}
