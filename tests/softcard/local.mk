# Virtual cards: a PKI in files and SoftHSM tokens.
