/*
 * Output is written at the end of the loop's turn. A recipient who does not read has pushes left
 * out; once it reads again, they come from its mailbox.
 */
#include <errno.h>
#include <sys/socket.h>

#include "server/admit.h"
#include "server/encode.h"
#include "server/peer_state.h"

#define OUT_LAG (512u << 10)   /* octets unwritten: no more pushes */
#define OUT_RESUME (64u << 10) /* and again */
#define LAG_SLACK_MS 1000      /* mail's time is that of its commit */

enum { TO_CLIENT_PUSH = 2 }; /* field of recado.proto */

size_t
peer_backlog(const struct peer *p)
{
	return buf_len(channel_output(p->ch)) + channel_pending(p->ch) + p->owed;
}

void
peer_owe(struct peer *p, size_t n)
{
	p->owed += n;
}

void
peer_send(struct peer *p, struct bytes message)
{
	int r;

	if ((p->state & (PEER_OPEN | PEER_SIGNED_IN)) == 0)
		return;
	if ((r = channel_send(p->ch, message)) != 0)
		peer_fail(p, err_text(r));
	loop_touch(p->loop, p);
}

void
peer_push(struct peer *p, unsigned field, struct bytes body)
{
	struct buf *one = buf_new(0), *all = buf_new(0);

	if (encode_message(one, field, body) == 0 &&
	    encode_message(all, TO_CLIENT_PUSH, buf_view(one)) == 0)
		peer_send(p, buf_view(all));
	buf_free(&one);
	buf_free(&all);
}

void
peer_mail(struct peer *p, struct blob *envelope)
{
	struct buf *mail;

	if (p->state != PEER_SIGNED_IN)
		return;
	if (p->lag_since != 0 || peer_backlog(p) > OUT_LAG) {
		if (p->lag_since == 0)
			p->lag_since = loop_wall(p->loop) - LAG_SLACK_MS;
		p->missed = p->catching;
		return;
	}
	mail = buf_new(0);
	if (encode_message(mail, 1, blob_view(envelope)) == 0) {
		peer_push(p, PUSH_MAIL, buf_view(mail));
		metrics_add(p->srv->metrics, METRIC_PUSHED, 1);
	}
	buf_free(&mail);
}

void
peer_presence(struct peer *p, const uint8_t user[USER_ID_LEN], bool online)
{
	struct buf *b = buf_new(0);

	if (encode_bytes(b, 1, (struct bytes){ user, USER_ID_LEN }) == 0 &&
	    encode_uint(b, 2, online) == 0)
		peer_push(p, PUSH_PRESENCE, buf_view(b));
	buf_free(&b);
}

void
peer_list(struct peer *p, const uint8_t user[USER_ID_LEN])
{
	struct buf *b = buf_new(0);
	struct directory_user u;

	if (p->state == PEER_SIGNED_IN &&
	    directory_find_user(p->srv->directory, (struct bytes){ user, USER_ID_LEN }, &u) == 0 &&
	    encode_list_head(b, u.id, u.list_length, u.list_head) == 0)
		peer_push(p, PUSH_LIST, buf_view(b));
	buf_free(&b);
}

void
peer_revocation(struct peer *p)
{
	if (p->state != PEER_SIGNED_IN)
		return;
	peer_push(p, PUSH_REVOCATION, (struct bytes){ NULL, 0 });
	admit_again(p);
}

static int
catch_up_one(struct peer *p, struct bytes *mail)
{
	struct bytes envelope;
	struct blob *b;
	uint64_t index;
	int r;

	if ((r = bytes_get_u64(mail, &index)) != 0 ||
	    (r = bytes_get_string(mail, mail->n, &envelope)) != 0)
		return r;
	p->lag_after = index;
	if ((b = blob_new(envelope)) != NULL)
		peer_mail(p, b);
	blob_free(&b);
	return 0;
}

void
peer_catch_up(struct peer *p, struct bytes mail, uint64_t left)
{
	uint64_t since = p->lag_since;
	bool again = left != 0 || p->missed;

	p->catching = p->missed = false;
	p->lag_since = 0;
	while (mail.n != 0)
		if (peer_backlog(p) > OUT_LAG || catch_up_one(p, &mail) != 0)
			break;
	again |= mail.n != 0;
	if (again)
		p->lag_since = since;
	else
		p->lag_after = 0;
}

static void
write_out(struct peer *p)
{
	struct buf *out = channel_output(p->ch);
	ssize_t n;

	while (buf_len(out) != 0 && !p->gone) {
		n = send(p->fd, buf_ptr(out), buf_len(out), MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			break;
		if (n < 0 || buf_consume(out, (size_t)n) != 0)
			p->gone = true;
	}
	if (p->gone && p->state != PEER_ENDING)
		peer_end(p);
	if ((buf_len(out) != 0 && !p->gone) == p->writing)
		return;
	p->writing = !p->writing;
	if ((p->writing ? event_add(p->wr, NULL) : event_del(p->wr)) != 0)
		p->gone = true;
}

void
peer_on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct peer *p = arg;
	(void)fd;
	(void)what;

	loop_touch(p->loop, p);
}

static void
start_catching_up(struct peer *p)
{
	if (p->state != PEER_SIGNED_IN || p->lag_since == 0 || p->catching ||
	    peer_backlog(p) > OUT_RESUME || p->draining)
		return;
	p->catching = true;
	admit_catch_up(p, p->lag_after, p->lag_since);
}

/* A flush makes a limited output. When the socket takes all of it and more is waiting, no event would
 * tell of that. */
static void
flush_out(struct peer *p)
{
	size_t before;

	do {
		before = channel_pending(p->ch);
		if ((p->state & (PEER_OPEN | PEER_SIGNED_IN)) != 0 &&
		    channel_flush(p->ch, loop_now(p->loop)) != 0)
			peer_fail(p, channel_reason(p->ch));
		write_out(p);
	} while (!p->gone && buf_len(channel_output(p->ch)) == 0 && channel_pending(p->ch) != 0 &&
	    channel_pending(p->ch) < before);
}

bool
peer_turn(struct peer *p)
{
	p->owed = 0; /* what was owed is in the channel now */
	flush_out(p);
	if (p->draining && p->busy == 0 && p->state != PEER_ENDING && peer_backlog(p) == 0) {
		peer_close(p, RECADO__STATUS__STATUS_SHUTTING_DOWN, "the relay is shutting down");
		write_out(p);
	}
	if (p->state == PEER_ENDING)
		return p->gone || buf_len(channel_output(p->ch)) == 0;
	if (p->state != PEER_JUDGED && peer_has_more(p))
		peer_pump(p);
	else
		peer_read_more(p);
	start_catching_up(p);
	return false;
}
