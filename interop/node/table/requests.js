// Requests to an API, and what becomes of them, whichever way they come in.
//
//   row        what it is about
//   call       method and target
//   bearer, dpop   the token, by its name in tokens.js, and its scheme; `dpop` brings a proof as well
//   proof      what is other in the proof: { htm, htu, ath, key, nonce, again }
//   certificate    which certificate the client shows
//   host, headers, body   as they are sent; the host is that of the API unless another is said
//   gives      status, and the client whose call goes on or the error code of the challenge
//   schemes    of the challenges of a 401, where they are not Bearer and DPoP
//   says       what else stands in the challenge
//   not        the ways in that it says nothing about, with the reason above
//   but        what is different at some ways in
//
// 400 is 403 where a proxy asks (`/forward-auth`): nginx carries 401 and 403 alone. Proxies may also answer 400 by themselves.

/** The crate sits in the API's own program: it knows tokens, and the API's router knows paths. */
const notInCrate = ['crate']
/** Apart from the server nobody can be asked about secrets and certificates of clients. */
const notApart = ['crate', 'apart']
/** The body goes past whoever only asks; Envoy sends it along. */
const unseenBody = Object.fromEntries(['nginx', 'caddy', 'apache', 'haproxy', 'traefik'].map((way) => [way, '403']))

const basic = (id, secret) => `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`
const json = [['Content-Type', 'application/json']]
const order = (amount, payee = 'Bob') => JSON.stringify({ amount, payee })

export const requests = [
  // ---- bearer tokens (RFC 6750)
  { row: 'no token', call: 'GET /loans', gives: '401' },
  { row: 'a token with the scope', call: 'GET /loans', bearer: 'reader', gives: '200 reader' },
  { row: 'the scheme in small letters', call: 'GET /loans', headers: [['Authorization', 'bearer {reader}']], gives: '200 reader' },
  { row: 'HEAD follows GET', call: 'HEAD /loans', bearer: 'reader', gives: '200 reader' },
  { row: 'a query goes along', call: 'GET /loans?page=2&sort=-date', bearer: 'reader', gives: '200 reader' },
  { row: 'a token that nobody issued', call: 'GET /loans', bearer: 'invented', gives: '401 invalid_token' },
  { row: 'a token with a letter changed', call: 'GET /loans', bearer: 'changed', gives: '401 invalid_token' },
  { row: 'a token that was revoked', call: 'GET /loans', bearer: 'revoked', gives: '401 invalid_token' },
  { row: 'a token that has expired', call: 'GET /loans', bearer: 'expired', gives: '401 invalid_token' },
  { row: 'an opaque token for another API', call: 'GET /loans', bearer: 'elsewhere', gives: '401 invalid_token' },
  { row: 'a JWT for another API', call: 'GET /loans', bearer: 'report', gives: '401 invalid_token' },
  { row: 'a token without the scope', call: 'GET /loans', bearer: 'writer', gives: '403 insufficient_scope', says: 'scope="loans:read"' },
  { row: 'a token whose scope is for reading, to write', call: 'POST /loans', bearer: 'reader', gives: '403 insufficient_scope', says: 'scope="loans:write"' },
  { row: 'a token whose scope is for writing, to write', call: 'POST /loans', bearer: 'writer', body: 'x', gives: '200 writer' },
  { row: 'two Authorization headers', call: 'GET /loans', bearer: 'reader', headers: [['Authorization', 'Bearer {reader}']], gives: '400 invalid_request' },
  { row: 'two Authorization headers, one of them of a stranger', call: 'GET /loans', bearer: 'invented', headers: [['Authorization', 'Bearer {reader}']], gives: '400 invalid_request' },
  { row: 'a token in the query', call: 'GET /loans?access_token={reader}', gives: '400 invalid_request' },
  { row: 'a token in the query beside one in the header', call: 'GET /loans?access_token={reader}', bearer: 'reader', gives: '400 invalid_request' },
  { row: 'a token in the query under an encoded name', call: 'GET /loans?access%5Ftoken={reader}', gives: '400 invalid_request' },
  { row: 'a token in the body is none', call: 'POST /loans', headers: [['Content-Type', 'application/x-www-form-urlencoded']], body: 'access_token={writer}', gives: '401' },
  { row: 'two tokens in one header', call: 'GET /loans', headers: [['Authorization', 'Bearer {reader} {reader}']], gives: '400 invalid_request' },
  { row: 'a scheme without a token', call: 'GET /loans', headers: [['Authorization', 'Bearer']], gives: '400 invalid_request' },
  { row: 'another scheme', call: 'GET /loans', headers: [['Authorization', 'Digest username="alice"']], gives: '401' },
  { row: 'a password of a client, where none is taken', call: 'GET /loans', headers: [['Authorization', 'Basic cmVhZGVyOnJlYWRlci1zZWNyZXQ=']], gives: '401' },

  // ---- tokens that are bound to a key of DPoP (RFC 9449)
  { row: 'a bound token with its proof', call: 'GET /loans', dpop: 'bound', gives: '200 prover' },
  { row: 'a proof covers the path without the query', call: 'GET /loans?page=2', dpop: 'bound', gives: '200 prover' },
  { row: 'a proof for HEAD', call: 'HEAD /loans', dpop: 'bound', gives: '200 prover' },
  { row: 'a bound token as a bearer token', call: 'GET /loans', bearer: 'bound', gives: '401 invalid_token' },
  { row: 'a bound token without a proof', call: 'GET /loans', headers: [['Authorization', 'DPoP {bound}']], gives: '401 invalid_dpop_proof' },
  { row: 'a bound token with the proof of another key', call: 'GET /loans', dpop: 'bound', proof: { key: 'other' }, gives: '401 invalid_token' },
  // A gateway apart remembers by itself which proofs it took, and wants no nonces.
  { row: 'a proof without a nonce', call: 'GET /loans', dpop: 'bound', proof: { nonce: undefined }, gives: '401 use_dpop_nonce', but: { apart: '200 prover' } },
  { row: 'a proof with a nonce of nobody', call: 'GET /loans', dpop: 'bound', proof: { nonce: 'invented' }, gives: '401 use_dpop_nonce', but: { apart: '200 prover' } },
  { row: 'a proof for another method', call: 'GET /loans', dpop: 'bound', proof: { htm: 'POST' }, gives: '401 invalid_dpop_proof' },
  { row: 'a proof for another path', call: 'GET /loans', dpop: 'bound', proof: { htu: 'https://bank.example.com/other' }, gives: '401 invalid_dpop_proof' },
  { row: 'a proof for another host', call: 'GET /loans', dpop: 'bound', proof: { htu: 'https://bank.example.org/loans' }, gives: '401 invalid_dpop_proof' },
  { row: 'a proof for plain HTTP', call: 'GET /loans', dpop: 'bound', proof: { htu: 'http://bank.example.com/loans' }, gives: '401 invalid_dpop_proof' },
  { row: 'a proof that was used before', call: 'GET /loans', dpop: 'bound', proof: { again: true }, gives: '401 invalid_dpop_proof' },
  { row: 'a proof for another token', call: 'GET /loans', dpop: 'bound', proof: { ath: 'reader' }, gives: '401 invalid_dpop_proof' },
  { row: 'a proof from yesterday', call: 'GET /loans', dpop: 'bound', proof: { iat: -86400 }, gives: '401 invalid_dpop_proof' },
  { row: 'two proofs', call: 'GET /loans', dpop: 'bound', proof: { twice: true }, gives: '401 invalid_dpop_proof' },
  { row: 'an unbound token as if it were bound', call: 'GET /loans', dpop: 'reader', gives: '401 invalid_token' },

  // ---- tokens that are bound to a certificate (RFC 8705). Traefik tells nobody what certificate it saw.
  { row: 'a certificate-bound token with its certificate', call: 'GET /loans', bearer: 'certified', certificate: 'app', gives: '200 holder', not: ['traefik'] },
  { row: 'a certificate-bound token with another certificate', call: 'GET /loans', bearer: 'certified', certificate: 'other', gives: '401 invalid_token' },
  { row: 'a certificate-bound token without a certificate', call: 'GET /loans', bearer: 'certified', gives: '401 invalid_token' },
  // Where no proxy stands in front, as at the crate here, there is nobody to take the header off.
  { row: 'the certificate in a header of the client', call: 'GET /loans', bearer: 'certified', headers: [['Client-Cert', '{app}']], gives: '401 invalid_token', not: notInCrate },

  // ---- how well the user was authenticated (RFC 9470)
  { row: 'a user who signed in with a password, to read', call: 'GET /loans', bearer: 'alice', gives: '200 app' },
  { row: 'the same user, where more is wanted', call: 'GET /keys', bearer: 'alice', gives: '401 insufficient_user_authentication', says: 'urn:sekisho:acr:loa4' },
  { row: 'no user, where one is wanted', call: 'GET /keys', bearer: 'reader', gives: '401 insufficient_user_authentication' },
  { row: 'a user who signed in too long ago', call: 'GET /fresh', bearer: 'alice', gives: '401 insufficient_user_authentication', says: 'max_age="1"' },
  { row: 'a user who signed in within the hour', call: 'GET /recent', bearer: 'alice', gives: '200 app' },

  // ---- what the user permitted in detail (RFC 9396)
  { row: 'the account that was permitted', call: 'POST /transfers/DE1', bearer: 'detailed', gives: '200 app' },
  { row: 'another account', call: 'POST /transfers/DE2', bearer: 'detailed', gives: '403 insufficient_scope' },
  { row: 'nothing was permitted in detail', call: 'POST /transfers/DE1', bearer: 'alice', gives: '403 insufficient_scope' },
  { row: 'the order that was permitted', call: 'POST /orders', bearer: 'detailed', headers: json, body: order(100), gives: '200 app', but: unseenBody },
  { row: 'another amount', call: 'POST /orders', bearer: 'detailed', headers: json, body: order(101), gives: '403 insufficient_scope', but: unseenBody },
  { row: 'another payee', call: 'POST /orders', bearer: 'detailed', headers: json, body: order(100, 'Mallory'), gives: '403 insufficient_scope', but: unseenBody },

  // ---- API keys, passwords and certificates of clients
  { row: 'an API key', call: 'GET /loans', bearer: 'key', gives: '200 reader' },
  { row: 'an API key in a header of its own', call: 'GET /loans', headers: [['X-API-Key', '{key}']], gives: '200 reader' },
  { row: 'an API key without the scope', call: 'POST /loans', bearer: 'key', gives: '403 insufficient_scope' },
  { row: 'an API key with a letter changed', call: 'GET /loans', bearer: 'key-mistyped', gives: '401 invalid_token' },
  { row: 'an API key that was revoked', call: 'GET /loans', bearer: 'key-revoked', gives: '401 invalid_token' },
  { row: 'an API key for another API', call: 'GET /loans', bearer: 'key-elsewhere', gives: '401 invalid_token' },
  { row: 'an API key beside a token', call: 'GET /loans', bearer: 'reader', headers: [['X-API-Key', '{key}']], gives: '400 invalid_request' },
  { row: 'the password of a client', call: 'GET /partners', headers: [['Authorization', basic('reader', 'reader-secret')]], gives: '200 reader', not: notApart },
  { row: 'a wrong password of a client', call: 'GET /partners', headers: [['Authorization', basic('reader', 'wrong')]], gives: '401', schemes: ['Basic'], not: notApart },
  { row: 'the password of a client without the scope', call: 'GET /partners', headers: [['Authorization', basic('writer', 'writer-secret')]], gives: '403', not: notApart },
  // Traefik tells nobody what certificate it saw.
  { row: 'the certificate of a client', call: 'GET /partners', certificate: 'app', gives: '200 partner', not: ['crate', 'apart', 'traefik'] },
  { row: 'a certificate of no client', call: 'GET /partners', certificate: 'other', gives: '401', schemes: ['Basic'], not: notApart },
  { row: 'nothing, where a password or a certificate is wanted', call: 'GET /partners', gives: '401', schemes: ['Basic'], not: notInCrate },

  // ---- routes
  { row: 'a route that is open', call: 'GET /status', gives: '200', not: notInCrate },
  { row: 'no route', call: 'GET /nothing', bearer: 'reader', gives: '403', not: notInCrate },
  { row: 'another method', call: 'DELETE /loans', bearer: 'reader', gives: '403', not: notInCrate },
  { row: 'a path below', call: 'GET /archive/2026/11', bearer: 'reader', gives: '200 reader', not: notInCrate },
  { row: 'a path below without the scope', call: 'GET /archive/2026/11', bearer: 'writer', gives: '403 insufficient_scope', not: notInCrate },
  { row: 'a path in other letters', call: 'GET /Loans', bearer: 'reader', gives: '403', not: notInCrate },
  { row: 'a slash at the end', call: 'GET /loans/', bearer: 'reader', gives: '403', not: notInCrate },

  // ---- paths that are not one path to everybody
  { row: 'dots that leave an open path', call: 'GET /status/../loans', gives: '400', not: notInCrate },
  { row: 'dots in a path below', call: 'GET /archive/../loans', bearer: 'reader', gives: '400', not: notInCrate },
  { row: 'encoded dots', call: 'GET /archive/%2e%2e/loans', bearer: 'reader', gives: '400', not: notInCrate },
  { row: 'an encoded slash', call: 'GET /archive/a%2fb', bearer: 'reader', gives: '400', not: notInCrate },
  { row: 'an encoded backslash', call: 'GET /archive/a%5cb', bearer: 'reader', gives: '400', not: notInCrate },
  { row: 'a percent sign that is encoded twice', call: 'GET /archive/%252e%252e', bearer: 'reader', gives: '400', not: notInCrate },
  { row: 'two slashes', call: 'GET //loans', bearer: 'reader', gives: '400', not: notInCrate },
  { row: 'a parameter of a segment', call: 'GET /archive;x/..', bearer: 'reader', gives: '400', not: notInCrate },
  { row: 'a letter that needs no encoding', call: 'GET /%6coans', bearer: 'reader', gives: '400', not: notInCrate },
  { row: 'an encoded NUL', call: 'GET /archive/a%00b', bearer: 'reader', gives: '400', not: notInCrate },

  // ---- hosts
  { row: 'the host in capitals', call: 'GET /loans', bearer: 'reader', host: 'BANK.example.com', gives: '200 reader', not: notInCrate },
  { row: 'the host with a dot at its end', call: 'GET /loans', bearer: 'reader', host: 'bank.example.com.', gives: '400', not: notInCrate },
  { row: 'a host of nobody', call: 'GET /loans', bearer: 'reader', host: 'other.example.com', gives: '404', not: notInCrate },
  { row: 'the host of the API in a header of the client', call: 'GET /loans', bearer: 'reader', host: 'other.example.com', headers: [['X-Forwarded-Host', 'bank.example.com']], gives: '404', not: notInCrate },

  // ---- what a client says in the name of others
  { row: 'an identity from the client', call: 'GET /loans', bearer: 'reader', headers: [['Sekisho-Subject', 'admin'], ['Sekisho-Acr', 'urn:sekisho:acr:loa4']], gives: '200 reader' },
  { row: 'an identity with underscores', call: 'GET /loans', bearer: 'reader', headers: [['Sekisho_Subject', 'admin'], ['SEKISHO_CLIENT', 'admin']], gives: '200 reader' },
  { row: 'an identity at an open route', call: 'GET /status', headers: [['Sekisho-Subject', 'admin'], ['Sekisho_Subject', 'admin']], gives: '200', not: notInCrate },
  { row: 'another target from the client', call: 'GET /loans', headers: [['X-Forwarded-Uri', '/status'], ['X-Forwarded-Method', 'GET'], ['X-Original-URL', '/status']], gives: '401' },
  { row: 'the token as a field of the connection', call: 'GET /loans', bearer: 'reader', headers: [['Sekisho-Subject', 'admin'], ['X-Connection', 'Authorization']], gives: '200 reader' },
]
