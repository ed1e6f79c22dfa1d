#include <openssl/err.h>

#include "crypto/cert_int.h"

#define URLS_MAX 8 /* of one extension */

static void
names_urls(const GENERAL_NAMES *names, cert_urls_fn *fn, void *arg, int *left)
{
	const GENERAL_NAME *name;
	struct bytes url;

	for (int i = 0; i < sk_GENERAL_NAME_num(names) && *left > 0; i++) {
		name = sk_GENERAL_NAME_value(names, i);
		if (name->type != GEN_URI)
			continue;
		url.p = ASN1_STRING_get0_data(name->d.uniformResourceIdentifier);
		url.n = (size_t)ASN1_STRING_length(name->d.uniformResourceIdentifier);
		(*left)--;
		fn(arg, url);
	}
}

/* Takes points over. */
static void
points_urls(CRL_DIST_POINTS *points, cert_urls_fn *fn, void *arg)
{
	const DIST_POINT *point;
	int left = URLS_MAX;

	for (int i = 0; i < sk_DIST_POINT_num(points); i++) {
		point = sk_DIST_POINT_value(points, i);
		if (point->distpoint != NULL && point->distpoint->type == 0)
			names_urls(point->distpoint->name.fullname, fn, arg, &left);
	}
	CRL_DIST_POINTS_free(points);
	ERR_clear_error();
}

int
cert_urls(struct bytes certificate, cert_urls_fn *fn, void *arg)
{
	X509 *x = cert_parse(certificate);

	if (x == NULL)
		return ERR_FORMAT;
	points_urls(X509_get_ext_d2i(x, NID_crl_distribution_points, NULL, NULL), fn, arg);
	points_urls(X509_get_ext_d2i(x, NID_freshest_crl, NULL, NULL), fn, arg);
	X509_free(x);
	return 0;
}

void
cert_urls_of_list(const struct revocation *r, cert_urls_fn *fn, void *arg)
{
	points_urls(X509_CRL_get_ext_d2i(revocation_crl(r), NID_freshest_crl, NULL, NULL), fn, arg);
}
