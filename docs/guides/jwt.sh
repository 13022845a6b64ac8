# JSON Web Tokens with nothing but openssl and curl, for the guides beside this file, which set ISSUER. An app uses a library.

b64() { openssl base64 -A | tr '+/' '-_' | tr -d '='; }
hash() { printf %s "$1" | openssl dgst -sha256 -binary | b64; }

# half_hash TEXT: as `c_hash` and `s_hash` hold it, under an algorithm with SHA-256.
half_hash() { printf %s "$1" | openssl dgst -sha256 -binary | head -c 16 | b64; }

# new_key NAME: an RSA key of 2048 bits in NAME.key.
new_key() { openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out "$1.key"; }

# modulus NAME: the public half of NAME.key, as a JWK has it.
modulus() {
  printf '%b' "$(openssl rsa -in "$1.key" -noout -modulus | cut -d= -f2 | sed 's/../\\x&/g')" | b64
}

# sign NAME HEADER CLAIMS: a JWT, signed with NAME.key by PS256.
sign() {
  local input
  input=$(printf %s "$2" | b64).$(printf %s "$3" | b64)
  echo "$input.$(printf %s "$input" |
    openssl dgst -sha256 -sigopt rsa_padding_mode:pss -sigopt rsa_pss_saltlen:digest -sign "$1.key" | b64)"
}

# assertion CLIENT: what a client says of itself to authenticate, once, within a minute (RFC 7523).
assertion() {
  local now
  now=$(date +%s)
  sign "$1" "{\"alg\":\"PS256\",\"kid\":\"$1\"}" "{\"iss\":\"$1\",\"sub\":\"$1\",\"aud\":\"$ISSUER\",
    \"jti\":\"$(openssl rand -hex 16)\",\"iat\":$now,\"exp\":$((now + 60))}"
}

# authenticate CLIENT: sets `credentials`, curl's arguments for that.
authenticate() {
  credentials=(--data-urlencode client_assertion_type=urn:ietf:params:oauth:client-assertion-type:jwt-bearer
    --data-urlencode "client_assertion=$(assertion "$1")")
}

# request_object CLIENT CLAIMS: these parameters as a signed request of the client (RFC 9101), good for five minutes.
request_object() {
  local now
  now=$(date +%s)
  sign "$1" "{\"alg\":\"PS256\",\"kid\":\"$1\",\"typ\":\"oauth-authz-req+jwt\"}" "{\"iss\":\"$1\",\"aud\":\"$ISSUER\",
    \"client_id\":\"$1\",\"jti\":\"$(openssl rand -hex 16)\",\"iat\":$now,\"nbf\":$now,\"exp\":$((now + 300)),$2}"
}

# proof METHOD URL [ACCESS_TOKEN]: that dpop.key is here now (RFC 9449).
proof() {
  sign dpop "{\"typ\":\"dpop+jwt\",\"alg\":\"PS256\",\"jwk\":{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"$(modulus dpop)\"}}" \
    "{\"jti\":\"$(openssl rand -hex 16)\",\"htm\":\"$1\",\"htu\":\"$2\",\"iat\":$(date +%s)${3:+,\"ath\":\"$(hash "$3")\"}${nonce:+,\"nonce\":\"$nonce\"}}"
}

# call CURL-ARGUMENTS…: curl, trusting the authority of this server alone.
call() { curl -s --cacert sekisho-data/tls/ca.pem "$@"; }

# call_with_proof METHOD URL ACCESS_TOKEN CURL-ARGUMENTS…: the same with a proof, and with the server's nonce if it wants one.
call_with_proof() {
  local attempt
  for attempt in first second; do
    call -X "$1" "$2" -D headers -o body -H "DPoP: $(proof "$1" "$2" "$3")" "${@:4}"
    nonce=$(sed -n 's/^dpop-nonce: *//Ip' headers | tr -d '\r')
    grep -q use_dpop_nonce headers body || break
  done
  cat body
}

# member NAME: the text of a member of the JSON that comes in.
member() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }

# parameter NAME ADDRESS: of the address that a browser was sent to.
parameter() { printf %s "$2" | tr '?#&' '\n\n\n' | sed -n "s/^$1=//p"; }

# claims: of the JWT that comes in, unverified.
claims() {
  local part
  part=$(cut -d. -f2 | tr '_-' '/+')
  while [ $((${#part} % 4)) != 0 ]; do part=$part=; done
  printf %s "$part" | openssl base64 -d -A
  echo
}
