/*
 * What is missing between a person and the card, each said in words of its own: software, the
 * service that speaks with readers, a reader, a card, a card that can be read.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "core/cards_int.h"

#define SERVICE "/usr/sbin/pcscd"
#define SERVICE_SOCKET "/run/pcscd/pcscd.comm"

/* Does pcscd answer? Where systemd listens for it, asking starts it. */
static int
service_reach(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd, err = 0;

	if (strlen(path) >= sizeof(a.sun_path))
		return ENAMETOOLONG;
	memcpy(a.sun_path, path, strlen(path));
	if ((fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) < 0)
		return errno;
	if (connect(fd, (struct sockaddr *)&a, sizeof(a)) != 0)
		err = errno;
	close(fd);
	return err == EAGAIN || err == EINPROGRESS ? 0 : err; /* busy, but there */
}

static int
service_check(struct fault *f)
{
	const char *path = getenv("PCSCLITE_CSOCK_NAME");
	int err;

	path = path != NULL && path[0] != '\0' ? path : SERVICE_SOCKET;
	if ((err = service_reach(path)) == 0)
		return 0;
	if (err == EACCES || err == EPERM) {
		fault_set(f, ERR_NO_SERVICE, path, "the card service pcscd may not be used by you");
		fault_hint(f, "Ask who runs this machine to let you.");
	} else if (access(SERVICE, X_OK) != 0) {
		fault_set(f, ERR_NO_SERVICE, NULL, "the card service pcscd is not installed");
		fault_hint(f, "`apt-get install pcscd` brings it; then try again.");
	} else {
		fault_set(f, ERR_NO_SERVICE, path, "the card service pcscd is not running");
		fault_hint(f, "Start it, with `systemctl start pcscd.socket`, and try again.");
	}
	return ERR_NO_SERVICE;
}

static int
no_reader(struct fault *f)
{
	if (service_check(f) != 0)
		return ERR_NO_SERVICE;
	fault_set(f, ERR_NO_READER, NULL, "no card reader is connected");
	fault_hint(f,
	    "Plug one in and try again. If it is, its driver may be missing: "
	    "`apt-get install libccid`.");
	return ERR_NO_READER;
}

static int
no_card(const struct card_readers *r, struct fault *f)
{
	fault_set(f, ERR_NO_CARD, r->names, "there is no card in the reader");
	fault_hint(f, "Put the card in and try again.");
	return ERR_NO_CARD;
}

static int
strange_card(const struct card_readers *r, const char *module, struct fault *f)
{
	fault_set(f, ERR_NO_CARD, r->names, "no certificate can be read from the card");
	fault_hint(f,
	    "Is it the right way round? %.80s does not know every card: a Citizen Card since "
	    "June 2024 needs the state's software, from autenticacao.gov.pt.",
	    module);
	return ERR_NO_CARD;
}

int
cards_help(struct card *c, struct fault *f)
{
	struct card_readers readers;
	int r;

	if (c == NULL) /* a module that does not start may only lack the service */
		return f->code == ERR_CARD && service_check(f) != 0 ? ERR_NO_SERVICE : f->code;
	r = card_readers(c, &readers);
	if (r != 0 || readers.readers == 0)
		r = no_reader(f);
	else if (readers.cards == 0)
		r = no_card(&readers, f);
	else
		r = strange_card(&readers, card_module(c), f);
	card_readers_clear(&readers);
	return r;
}
