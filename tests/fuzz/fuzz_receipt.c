/* A receipt: from anybody, and as a body that the device did sign under each label. */
#include <stdint.h>
#include <stdlib.h>

#include "crypto/receipt.h"
#include "wire/pb.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct key_sign *device;

static void
as_body(struct bytes body, const char *label, enum receipt_kind kind)
{
	Recado__SignedReceipt sr = RECADO__SIGNED_RECEIPT__INIT;
	uint8_t sig[KEY_SIG_LEN];
	struct receipt r;

	if (key_sign_label(device, label, body, sig) != 0)
		abort();
	sr.body = pb_data(body);
	sr.signature = pb_data((struct bytes){ sig, sizeof(sig) });
	sr.scheme = RECADO__SIGNATURE_SCHEME__ED25519;
	if (receipt_verify(&sr, key_sign_public(device), (struct bytes){ NULL, 0 }, &r) == 0 &&
	    r.kind != kind)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = { data, size };
	Recado__SignedReceipt *sr = NULL;
	struct receipt r;

	if (device == NULL && key_sign_new(&device) != 0)
		abort();
	as_body(in, "receipt-delivered", RECEIPT_KIND_DELIVERED);
	as_body(in, "receipt-read", RECEIPT_KIND_READ);
	if (pb_unpack(&recado__signed_receipt__descriptor, in, &sr) == 0 &&
	    receipt_verify(sr, key_sign_public(device), in, &r) == 0)
		abort();
	pb_free(&sr);
	return 0;
}
