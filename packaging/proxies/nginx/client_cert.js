// The client's certificate as the header Client-Cert wants it (RFC 9440): the DER in base64 between two colons.
const bare = (pem) => pem.replace(/-----[A-Z ]+-----|\s/g, '');

const der = (r) => (r.variables.ssl_client_raw_cert ? `:${bare(r.variables.ssl_client_raw_cert)}:` : '');

export default { der };
