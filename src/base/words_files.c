#include "base/i18n.h"
#include "base/words.h"

/* Of the core too: what is wrong with files, and what seldom goes wrong inside. */
const char *const words_files[] = {
	/* ---- the configuration */
	N_("unknown key \"%.60s\""),
	N_("wrong value for \"%.60s\""),
	N_("not a group: \"%.60s\""),
	N_("A list of suites, each once: %s."),
	N_("A list of certificate policies, each once: \"%s\" is the Citizen Card's."),
	N_("not readable"),
	N_("syntax error"),
	/* ---- folders of certificates and lists */
	N_("cannot be opened (%s)"),
	N_("cannot be read (%s)"),
	N_("cannot be read as a certificate"),
	N_("cannot be read as a revocation list"),
	N_("more than %d files"),
	N_("too many revocation lists"),
	N_("too many certificates"),
	/* ---- the profile */
	N_("the folder cannot be opened"),
	N_("the folder cannot be made"),
	N_("the lock cannot be made"),
	N_("the new profile cannot be put in place"),
	N_("the store cannot be made (%s)"),
	N_("the keys cannot be sealed: %s"),
	/* ---- the engine */
	N_("the groups cannot be kept"),
	N_("the relay's code cannot be computed"),
	N_("first contact is over"),
	N_("the relay refused"),
	N_("too large to be sealed"),
	N_("offline while the card signs"),
	N_("the socket cannot be made"),
	N_("the socket cannot be served"),
	N_("the engine cannot start"),
	N_("the engine's thread cannot start"),
	N_("the card thread cannot start"),
	N_("it is another message than the one shown"),
	N_("it cannot be read as a certificate"),
	N_("an intermediate cannot be read as a certificate"),
	NULL,
};
