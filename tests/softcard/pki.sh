# shellcheck shell=bash
# What the scripts of this folder share. $PKI is the folder of the PKI being made or used.
#
# The PKI mirrors the Portuguese Citizen Card's, level by level, in names, extensions, key types and
# revocation lists. Every name carries TESTE, so that none of it can be taken for the real one.
#
#   cards v1 (RSA)    mcroot -> ecraiz -> cc005 -> auc0015 (authentication), asc0015 (signature)
#   cards v2 (ECDSA)  ecraiz002 -> cc008 (P-521) -> auc0020, asc0020, auc0021 (P-384; 0021 is revoked)
#   the twin          rogue002 -> rogue008 -> rogueauc: the right names all the way down, wrong keys
#
# Leaves of auc0015 have partitioned lists (one distribution point for each part), as v1 cards do.

export LC_ALL=C.UTF-8
unset OPENSSL_CONF

RDN_SCEE='/C=PT/O=SCEE TESTE'
RDN_IRN='/C=PT/O=Instituto dos Registos e do Notariado I.P. TESTE/OU=Cartão de Cidadão/OU=subECEstado'
RDN_STATE='/C=PT/O=SCEE - Sistema de Certificação Electrónica do Estado TESTE/OU=ECEstado'
RDN_ROOT2='/C=PT/O=Sistema de Certificação Eletrónica do Estado TESTE'

# The OU that says what a holder's certificate is for.
export ROLE_AUTH='Autenticação do Cidadão'
export ROLE_SIGN='Assinatura Qualificada do Cidadão'

# Authorities, issuers first: name, key, issuer ("-": itself), extensions, subject.
pki_authorities()
{
	cat <<-EOF
	mcroot|rsa4096|-|ca|/C=PT/O=RAIZ EXTERNA TESTE S.A./CN=RAIZ EXTERNA TESTE 01
	ecraiz|rsa3072|mcroot|ca|$RDN_SCEE/CN=ECRaizEstado TESTE
	cc005|rsa3072|ecraiz|ca|$RDN_STATE/CN=Cartão de Cidadão 005 TESTE
	auc0015|rsa3072|cc005|subca|$RDN_IRN/CN=EC de Autenticação do Cartão de Cidadão 0015 TESTE
	asc0015|rsa3072|cc005|subsign|$RDN_IRN/CN=EC de Assinatura Digital Qualificada do CC 0015 TESTE
	ecraiz002|rsa4096|-|ca|$RDN_ROOT2/CN=ECRaizEstado 002 TESTE
	cc008|p521|ecraiz002|ca|$RDN_STATE/CN=Cartão de Cidadão 008 TESTE
	auc0020|p384|cc008|subca|$RDN_IRN/CN=EC de Autenticação do Cartão de Cidadão 0020 TESTE
	asc0020|p384|cc008|subsign|$RDN_IRN/CN=EC de Assinatura Digital Qualificada do CC 0020 TESTE
	auc0021|p384|cc008|subca|$RDN_IRN/CN=EC de Autenticação do Cartão de Cidadão 0021 TESTE
	rogue002|rsa2048|-|ca|$RDN_ROOT2/CN=ECRaizEstado 002 TESTE
	rogue008|p521|rogue002|ca|$RDN_STATE/CN=Cartão de Cidadão 008 TESTE
	rogueauc|p384|rogue008|subca|$RDN_IRN/CN=EC de Autenticação do Cartão de Cidadão 0020 TESTE
	EOF
}

# Holders: name, generation, key, given names, surnames, card number, authentication CA, signature
# CA ("-": no signature certificate on this card), extensions, what to expect.
pki_holders()
{
	cat <<-'EOF'
	joao|v1|rsa2048|JOÃO|GONÇALVES TESTE|BI900000017|auc0015|asc0015|auth_p1|good
	maria|v1|rsa3072|MARIA ANTÓNIA|ÁLVARES DA CONCEIÇÃO TESTE|BI900000025|auc0015|asc0015|auth_p2|good
	ines|v2|p256|INÊS|SIMÕES ARAÚJO TESTE|BI900000033|auc0020|asc0020|auth|good
	revogado|v2|p256|RUI|REVOGADO TESTE|BI900000041|auc0020|-|auth|revoked
	suspenso|v2|p256|SÓNIA|SUSPENSA TESTE|BI900000042|auc0020|-|auth|on hold
	expirado|v2|p256|EVA|EXPIRADA TESTE|BI900000043|auc0020|-|auth|expired
	futuro|v2|p256|FILIPE|FUTURO TESTE|BI900000044|auc0020|-|auth|not yet valid
	wrongeku|v2|p256|ULISSES|ERRADO TESTE|BI900000045|auc0020|-|wrongeku|not for authentication
	sobrevogada|v2|p256|CLARA|DA EC REVOGADA TESTE|BI900000046|auc0021|-|auth|issuer revoked
	falso|v2|p256|INÊS|SIMÕES ARAÚJO TESTE|BI900000033|rogueauc|-|auth|issued by the twin
	EOF
}

pki_config() # authority
{
	local ca=$1 url=http://crl.teste.invalid
	cat <<-EOF
	[ca]
	default_ca = d
	[d]
	dir = $PKI/$ca
	new_certs_dir = \$dir/new
	database = \$dir/index.txt
	serial = \$dir/serial
	crlnumber = \$dir/crlnumber
	certificate = \$dir/ca.pem
	private_key = \$dir/ca.key
	default_md = sha256
	default_crl_days = ${SOFTCARD_CRL_DAYS:-30}
	policy = p
	string_mask = utf8only
	utf8 = yes
	preserve = yes
	copy_extensions = none
	crl_extensions = crl
	email_in_dn = no
	unique_subject = no
	[p]
	countryName = supplied
	organizationName = supplied
	organizationalUnitName = optional
	surname = optional
	givenName = optional
	serialNumber = optional
	commonName = supplied
	[crl]
	authorityKeyIdentifier = keyid:always
	[crl_p1]
	authorityKeyIdentifier = keyid:always
	issuingDistributionPoint = critical,@idp_p1
	[idp_p1]
	fullname = URI:$url/${ca}_p0001.crl
	[crl_p2]
	authorityKeyIdentifier = keyid:always
	issuingDistributionPoint = critical,@idp_p2
	[idp_p2]
	fullname = URI:$url/${ca}_p0002.crl
	[ext_ca]
	basicConstraints = critical,CA:TRUE
	keyUsage = critical,keyCertSign,cRLSign
	subjectKeyIdentifier = hash
	authorityKeyIdentifier = keyid
	certificatePolicies = 2.5.29.32.0
	crlDistributionPoints = URI:$url/$ca.crl
	EOF
	local part role
	for role in subca:3 subsign:2; do # authorities of authentication, of signatures
		cat <<-EOF
		[ext_${role%:*}]
		basicConstraints = critical,CA:TRUE,pathlen:0
		keyUsage = critical,keyCertSign,cRLSign
		subjectKeyIdentifier = hash
		authorityKeyIdentifier = keyid
		certificatePolicies = 2.5.29.32.0,2.16.620.1.1.1.2.4.0.1.${role#*:},2.16.620.1.1.1.2.4.0.7
		crlDistributionPoints = URI:$url/$ca.crl
		authorityInfoAccess = OCSP;URI:http://ocsp.teste.invalid/$ca,caIssuers;URI:http://aia.teste.invalid/$ca.crt
		EOF
	done
	for part in '' _p1 _p2; do
		cat <<-EOF
		[ext_auth$part]
		basicConstraints = critical,CA:FALSE
		keyUsage = critical,digitalSignature,keyAgreement
		extendedKeyUsage = clientAuth,emailProtection
		subjectKeyIdentifier = hash
		authorityKeyIdentifier = keyid
		certificatePolicies = 2.16.620.1.1.1.2.4.0.1.3
		crlDistributionPoints = URI:$url/$ca${part/_p/_p000}.crl
		authorityInfoAccess = OCSP;URI:http://ocsp.teste.invalid/$ca
		EOF
	done
	cat <<-EOF
	[ext_sign]
	basicConstraints = critical,CA:FALSE
	keyUsage = critical,nonRepudiation
	subjectKeyIdentifier = hash
	authorityKeyIdentifier = keyid
	certificatePolicies = 2.16.620.1.1.1.2.4.0.1.2
	crlDistributionPoints = URI:$url/$ca.crl
	[ext_wrongeku]
	basicConstraints = critical,CA:FALSE
	keyUsage = critical,digitalSignature
	extendedKeyUsage = serverAuth,codeSigning
	subjectKeyIdentifier = hash
	authorityKeyIdentifier = keyid
	certificatePolicies = 2.16.620.1.1.1.2.4.0.1.3
	crlDistributionPoints = URI:$url/$ca.crl
	EOF
}

pki_key() # type file
{
	case $1 in
	rsa*) openssl genpkey -quiet -algorithm RSA -pkeyopt "rsa_keygen_bits:${1#rsa}" -out "$2" 2>/dev/null ||
		openssl genpkey -algorithm RSA -pkeyopt "rsa_keygen_bits:${1#rsa}" -out "$2" 2>/dev/null ;;
	p*) openssl genpkey -algorithm EC -pkeyopt "ec_paramgen_curve:P-${1#p}" \
		-pkeyopt ec_param_enc:named_curve -out "$2" ;;
	esac
}

pki_request() # key subject file
{
	openssl req -new -utf8 -key "$1" -subj "$2" -out "$3" \
		-config <(printf '[req]\ndistinguished_name=dn\nstring_mask=utf8only\nutf8=yes\n[dn]\n')
}

# One list of an authority: file name (without .crl) and the section with its extensions.
pki_crl() # authority name section
{
	openssl ca -config "$PKI/$1/ca.cnf" -gencrl -crlexts "$3" -out "$PKI/$1/$2.pem" 2>/dev/null
	openssl crl -in "$PKI/$1/$2.pem" -outform der -out "$PKI/crl/.$2.new"
	mv "$PKI/crl/.$2.new" "$PKI/crl/$2.crl"
	rm "$PKI/$1/$2.pem"
}

# All lists of an authority. The twin's are not among them: who would serve them?
pki_crls() # authority
{
	case $1 in
	rogue*) ;;
	auc0015)
		pki_crl "$1" "${1}_p0001" crl_p1
		pki_crl "$1" "${1}_p0002" crl_p2 ;;
	*) pki_crl "$1" "$1" crl ;;
	esac
}
