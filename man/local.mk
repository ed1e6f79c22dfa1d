# One page a line: dist_man_MANS += man/recado.1
dist_man_MANS += man/recado-protocol.7
dist_man_MANS += man/recado.1
dist_man_MANS += man/recado.conf.5
dist_man_MANS += man/recadod.8
dist_man_MANS += man/recadod.conf.5
