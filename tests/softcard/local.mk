# Virtual cards: a PKI in files and SoftHSM tokens.
EXTRA_DIST += tests/softcard/make
EXTRA_DIST += tests/softcard/mkpki
EXTRA_DIST += tests/softcard/mktokens
EXTRA_DIST += tests/softcard/pki.sh
EXTRA_DIST += tests/softcard/recrl
EXTRA_DIST += tests/softcard/revoke
