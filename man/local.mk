# One page a line: dist_man_MANS += man/recado.1
dist_man_MANS += man/recado-protocol.7
dist_man_MANS += man/recado.1
dist_man_MANS += man/recado.conf.5
