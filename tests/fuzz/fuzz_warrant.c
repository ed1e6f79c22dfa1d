/* A warrant from a relay: whatever it is, it does not verify under a key that never signed. */
#include <stdint.h>
#include <stdlib.h>

#include "crypto/warrant.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* RFC 8032 section 7.1, test 1: a key whose secret is used nowhere here. */
	static const uint8_t identity[KEY_LEN] = { 0xd7, 0x5a, 0x98, 0x01, 0x82, 0xb1, 0x0a, 0xb7,
		0xd5, 0x4b, 0xfe, 0xd3, 0xc9, 0x64, 0x07, 0x3a, 0x0e, 0xe1, 0x72, 0xf3, 0xda, 0xa6,
		0x23, 0x25, 0xaf, 0x02, 0x1a, 0x68, 0xf7, 0x07, 0x51, 0x1a };
	struct warrant_reply r;
	struct warrant_deposit d;

	if (warrant_verify_reply((struct bytes){ data, size }, identity, &r) == 0 ||
	    warrant_verify_deposit((struct bytes){ data, size }, identity, &d) == 0)
		abort();
	return 0;
}
