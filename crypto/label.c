/*
 * The wrapping makes every input self-delimiting and tied to one purpose: the label ends at the
 * first zero octet, and the body has its length before it.
 */
#include <string.h>

#include "base/mem.h"
#include "crypto/label.h"

#define PREFIX "recado/1 "
#define LABEL_MAX 40
#define PARTS_MAX 24
#define BODY_SMALL 64 /* a derivation's, up to which nothing is allocated */

struct head {
	uint8_t octets[sizeof PREFIX - 1 + LABEL_MAX + 1 + 4];
	size_t n;
};
_Static_assert(sizeof(((struct head *)0)->octets) == LABEL_HEAD_MAX, "the header says so");

static int
head_make(const char *label, size_t body, struct head *h)
{
	size_t n = strlen(label);
	int i;

	h->n = 0;
	if (n == 0 || n > LABEL_MAX)
		return ERR_BUG;
	if (body > UINT32_MAX)
		return ERR_LIMIT;
	memcpy(h->octets, PREFIX, sizeof PREFIX - 1);
	h->n = sizeof PREFIX - 1;
	memcpy(h->octets + h->n, label, n + 1);
	h->n += n + 1;
	for (i = 3; i >= 0; i--)
		h->octets[h->n++] = (uint8_t)(body >> 8 * i);
	return 0;
}

/* whole = head, then the parts. */
static int
gather(const char *label, const struct bytes *parts, size_t n, struct head *h, struct bytes *whole)
{
	size_t i, body = 0;
	int r;

	if (n > PARTS_MAX)
		return ERR_BUG;
	for (i = 0; i < n; i++) {
		if (parts[i].n > UINT32_MAX - body)
			return ERR_LIMIT;
		body += parts[i].n;
	}
	if ((r = head_make(label, body, h)) != 0)
		return r;
	whole[0] = (struct bytes){ h->octets, h->n };
	if (n > 0)
		memcpy(whole + 1, parts, n * sizeof *parts);
	return 0;
}

int
label_wrap(struct buf *out, const char *label, struct bytes body)
{
	MEM_UNSET struct head h;
	int r;

	if ((r = head_make(label, body.n, &h)) != 0)
		return r;
	if (buf_space(out) < h.n || buf_space(out) - h.n < body.n)
		return ERR_LIMIT;
	if ((r = buf_put(out, h.octets, h.n)) != 0)
		return r;
	return buf_put_bytes(out, body);
}

int
label_head(const char *label, size_t body, uint8_t out[LABEL_HEAD_MAX], size_t *n)
{
	MEM_UNSET struct head h;
	int r = head_make(label, body, &h);

	*n = h.n;
	memcpy(out, h.octets, h.n);
	return r;
}

int
label_hash(const char *label, const struct bytes *parts, size_t n, uint8_t out[LABEL_HASH])
{
	return label_digest(&(struct label_digest){ KDF_SHA256, label }, parts, n, out);
}

int
label_digest(const struct label_digest *p, const struct bytes *parts, size_t n, uint8_t *out)
{
	MEM_UNSET struct bytes whole[PARTS_MAX + 1];
	MEM_UNSET struct head h;
	int r;

	if ((r = gather(p->label, parts, n, &h, whole)) == 0)
		r = kdf_digest(p->hash, whole, n + 1, out);
	if (r != 0)
		memset(out, 0, kdf_len(p->hash));
	return r;
}

int
label_mac(const struct label_mac *p, const struct bytes *parts, size_t n, uint8_t *out)
{
	MEM_UNSET struct bytes whole[PARTS_MAX + 1];
	MEM_UNSET struct head h;
	int r;

	if ((r = gather(p->label, parts, n, &h, whole)) == 0)
		r = kdf_hmac(p->hash, p->key, whole, n + 1, out);
	if (r != 0)
		memset(out, 0, kdf_len(p->hash));
	return r;
}

static int
derive_small(const struct label_derive *p, uint8_t *out, size_t n)
{
	MEM_UNSET uint8_t info[LABEL_HEAD_MAX + BODY_SMALL];
	struct kdf_expand x = { p->hash, p->secret, { info, 0 } };
	size_t head;
	int r;

	if ((r = label_head(p->label, p->body.n, info, &head)) != 0)
		return r;
	if (p->body.n > 0)
		memcpy(info + head, p->body.p, p->body.n);
	x.info.n = head + p->body.n;
	r = kdf_expand(&x, out, n);
	mem_wipe(info, sizeof info);
	return r;
}

static int
derive_large(const struct label_derive *p, uint8_t *out, size_t n)
{
	struct buf *info = buf_new(0);
	int r;

	if ((r = label_wrap(info, p->label, p->body)) == 0)
		r = kdf_expand(&(struct kdf_expand){ p->hash, p->secret, buf_view(info) }, out, n);
	buf_free(&info);
	return r;
}

int
label_derive(const struct label_derive *p, uint8_t *out, size_t n)
{
	int r = p->body.n <= BODY_SMALL ? derive_small(p, out, n) : derive_large(p, out, n);

	if (r != 0)
		memset(out, 0, n);
	return r;
}
