#include "base/oid.h"

#include <stddef.h>
#include <string.h>

#include "base/i18n.h"

/* RFC 5280 4.2.1.4, and what the Citizen Card's own authorities name as theirs beside the address of
 * the document. */
const char *
oid_policy(const char *dotted)
{
	static const struct {
		const char *dotted, *name;
	} policies[] = {
		{ "2.5.29.32.0", N_("any policy") },
		{ "2.16.620.1.1.1.2.4.0.1.2", N_("Citizen Card, qualified signature") },
		{ "2.16.620.1.1.1.2.4.0.1.3", N_("Citizen Card, authentication") },
		{ "2.16.620.1.1.1.2.4.0.7", N_("Citizen Card, certification practices") },
	};
	size_t i;

	for (i = 0; i < sizeof(policies) / sizeof(policies[0]); i++)
		if (strcmp(policies[i].dotted, dotted) == 0)
			return _(policies[i].name);
	return NULL;
}
