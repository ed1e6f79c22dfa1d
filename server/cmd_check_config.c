/* recadod check-config: would the relay start with this? Reads certificates and lists too. */
#include <stdio.h>
#include <stdlib.h>

#include "server/cmd.h"
#include "server/trust.h"

static void
print_policies(struct cert_store *s)
{
	struct cert_policy policy = cert_store_policy(s);

	printf("card policies:");
	for (size_t i = 0; i < policy.required.count; i++)
		printf(" %s", policy.required.oid[i]);
	printf("%s\n", policy.required.count > 0 ? ""
		: policy.by_card_authority    ? " the Citizen Card's"
					      : " any");
}

static int
check_config(const struct cmd_context *x, struct fault *f)
{
	static const uint8_t nobody[32];
	struct trust *t = NULL;
	struct revocation **lists = NULL;
	size_t n = 0;
	int r;

	if ((r = trust_new(x->config, NULL, nobody, &t, f)) != 0)
		return r;
	printf("configuration: %s\n", x->config->path != NULL ? x->config->path : "defaults");
	for (size_t i = 0; i < x->config->listen_count; i++)
		printf("listen: %s\n", x->config->listen[i]);
	printf("data: %s\n", x->config->data);
	printf("trust anchors: %zu\n", cert_store_anchor_count(trust_store(t)));
	print_policies(trust_store(t));
	cert_store_crls(trust_store(t), &lists, &n);
	printf("revocation lists: %zu\n", n);
	for (size_t i = 0; i < n; i++)
		revocation_free(&lists[i]);
	free(lists);
	if (cert_store_anchor_count(trust_store(t)) == 0) {
		fault_set(
		    f, ERR_CONFIG, "trust.anchors", "no trust anchors: no card would be accepted");
		r = fault_hint(f, "Set trust.anchors to a folder of root certificates.");
	}
	trust_free(&t);
	return r;
}

const struct cmd cmd_check_config = {
	.name = "check-config",
	.usage = "",
	.summary = "Checks the configuration, the certificates and the lists it names.",
	.run = check_config,
};
