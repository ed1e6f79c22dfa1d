/* recadod invite: an invitation that serves once. Works beside a running relay. */
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "crypto/code.h"
#include "crypto/rand.h"
#include "server/cmd.h"
#include "server/datadir.h"
#include "server/relaykey.h"
#include "server/store.h"

#define INVITE_OCTETS 16

static int
keep(const char *dir, const char *text, struct fault *f)
{
	struct store *s = NULL;
	uint8_t hash[32];
	int r;

	SHA256((const unsigned char *)text, strlen(text), hash);
	if ((r = store_sqlite.open(dir, false, &s, f)) != 0)
		return r;
	if ((r = store_sqlite.begin(s)) == 0 &&
	    (r = store_sqlite.put_invite(s, hash, clock_now_ms())) == 0)
		r = store_sqlite.commit(s);
	store_sqlite.close(&s);
	return r == 0 ? 0 : fault_set(f, r, dir, "the invitation cannot be kept (%s)", err_text(r));
}

static int
invite(const struct cmd_context *x, struct fault *f)
{
	uint8_t random[INVITE_OCTETS];
	struct relaykey *k = NULL;
	struct code_link link;
	bool tightened;
	char url[512];
	int r;

	if ((r = datadir_open(x->config->data, &tightened, f)) != 0 ||
	    (r = relaykey_open(x->config->data, &k, NULL, f)) != 0)
		return r;
	if ((r = cmd_link(x->config, relaykey_first(k), &link)) == 0 &&
	    (r = rand_bytes(random, sizeof(random))) == 0) {
		hex_encode(random, sizeof(random), link.invite);
		if ((r = keep(x->config->data, link.invite, f)) == 0 &&
		    (r = code_link_text(&link, url, sizeof(url))) == 0)
			printf("%s\n%s\n", link.invite, url);
	}
	relaykey_free(&k);
	return r;
}

const struct cmd cmd_invite = {
	.name = "invite",
	.usage = "",
	.summary = "Prints an invitation for one new account, and the link with it.",
	.run = invite,
};
