/* A packed session, damaged: refused, or unpacked to one that packs to the same octets. */
#include <stdint.h>
#include <stdlib.h>

#include "crypto/session.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes packed = { data, size };
	struct session *s = NULL;
	struct buf *again;

	if (session_unpack(packed, &s) != 0)
		return 0;
	again = buf_new_secret(SESSION_PACKED_MAX);
	if (session_pack(s, again) != 0 || !bytes_equal(packed, buf_view(again)))
		abort();
	buf_reset(again);
	(void)!session_seal(s, packed, again);
	session_free(&s);
	buf_free(&again);
	return 0;
}
