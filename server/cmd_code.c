/* recadod code: the relay's code, and its link. Makes the data folder and the key if need be. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "crypto/code.h"
#include "server/cmd.h"
#include "server/datadir.h"
#include "server/relaykey.h"

/* Addresses that mean "all of them" are nothing to connect to. */
static bool
is_any(const char *host)
{
	return host[0] == '\0' || strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0;
}

int
cmd_link(const struct config *c, const uint8_t first[32], struct code_link *out)
{
	char address[300];
	int r;

	memset(out, 0, sizeof(*out));
	if ((r = code_derive(first, out->code)) != 0)
		return r;
	if (datadir_read_address(c->data, address, sizeof(address)) != 0)
		snprintf(address, sizeof(address), "%s", c->listen[0]);
	if ((r = config_address(address, out->host, &out->port)) != 0)
		return r;
	if (c->host != NULL)
		snprintf(out->host, sizeof(out->host), "%s", c->host);
	else if (is_any(out->host) && gethostname(out->host, sizeof(out->host) - 1) != 0)
		snprintf(out->host, sizeof(out->host), "localhost");
	return 0;
}

static int
code(const struct cmd_context *x, struct fault *f)
{
	struct relaykey *k = NULL;
	struct code_link link;
	char text[CODE_TEXT], url[512];
	bool tightened;
	int r;

	if ((r = datadir_open(x->config->data, &tightened, f)) != 0 ||
	    (r = relaykey_open(x->config->data, &k, NULL, f)) != 0)
		return r;
	if ((r = cmd_link(x->config, relaykey_first(k), &link)) == 0 &&
	    (r = code_link_text(&link, url, sizeof(url))) == 0) {
		code_text(link.code, text);
		printf("%s\n%s\n", text, url);
	}
	relaykey_free(&k);
	return r;
}

const struct cmd cmd_code = {
	.name = "code",
	.usage = "",
	.summary = "Prints the relay's code and its link.",
	.run = code,
};
