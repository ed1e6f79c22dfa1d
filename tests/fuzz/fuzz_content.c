/*
 * A content: as a SignedContent from anybody, which must not verify; and as a body that its device
 * did sign, which is where the fields are read.
 */
#include <stdint.h>
#include <stdlib.h>

#include "crypto/content.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct key_sign *device;

static void
as_body(struct bytes body)
{
	Recado__SignedContent sc = RECADO__SIGNED_CONTENT__INIT;
	struct content_opened *o = NULL;
	uint8_t sig[KEY_SIG_LEN];

	if (key_sign_label(device, "content", body, sig) != 0)
		abort();
	sc.body = pb_data(body);
	sc.signature = pb_data((struct bytes){ sig, sizeof(sig) });
	if (content_verify(&sc, key_sign_public(device), &o) == 0 &&
	    (content_get(o)->text.n > CONTENT_TEXT_MAX || content_get(o)->recipient_count == 0))
		abort();
	content_free(&o);
}

static void
as_signed(struct bytes encoded)
{
	Recado__SignedContent *sc = NULL;
	struct content_opened *o = NULL;

	if (pb_unpack(&recado__signed_content__descriptor, encoded, &sc) == 0 &&
	    content_verify(sc, key_sign_public(device), &o) == 0)
		abort();
	pb_free(&sc);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (device == NULL && key_sign_new(&device) != 0)
		abort();
	as_body((struct bytes){ data, size });
	as_signed((struct bytes){ data, size });
	return 0;
}
