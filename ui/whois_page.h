/*
 * whois_page: all that is known of somebody, as a page: the verdict, the chain as a tree from its
 * anchor to the holder, the details of the selected link, safety number, devices, history.
 */
#ifndef RECADO_UI_WHOIS_PAGE_H
#define RECADO_UI_WHOIS_PAGE_H

#include "core/core.h"
#include "ui/canvas.h"
#include "ui/qr.h"
#include "ui/view.h"

struct whois_page {
	const struct core_whois *who; /* borrowed */
	struct view_cursor at;        /* the selected link */
	struct qr *qr;                /* NULL: there is no safety number; borrowed */
	int shift, total;             /* rows scrolled away, rows there are: drawing limits and sets them */
};

void whois_page_draw(const struct canvas *c, struct whois_page *p);
/* The QR code alone, on all there is; says so where it does not fit. */
void whois_page_draw_qr(const struct canvas *c, const struct whois_page *p);

#endif
