// node-oidc-provider as the benchmark measures it: everything in memory, ES256, PKCE, one process.
// Whoever is asked to sign in is signed in by the page's own form, as user and with all that was asked for; no password
// is hashed.
import { generateKeyPair } from 'node:crypto';
import { createServer } from 'node:http';
import { promisify } from 'node:util';
import Provider from 'oidc-provider';

const port = Number(process.argv[2]);
const { privateKey } = await promisify(generateKeyPair)('ec', { namedCurve: 'P-256' });
const redirect_uris = ['https://app.example.com/callback'];

const provider = new Provider(`http://localhost:${port}`, {
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'ES256', kid: 'es256' }] },
  clients: [
    {
      client_id: 'robot',
      client_secret: 'robot-secret-of-the-benchmark',
      grant_types: ['client_credentials'],
      response_types: [],
      redirect_uris: [],
      id_token_signed_response_alg: 'ES256',
    },
    {
      client_id: 'app',
      client_secret: 'app-secret-of-the-benchmark',
      grant_types: ['authorization_code'],
      response_types: ['code'],
      redirect_uris,
      id_token_signed_response_alg: 'ES256',
    },
    {
      client_id: 'phone',
      token_endpoint_auth_method: 'none',
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      redirect_uris,
      id_token_signed_response_alg: 'ES256',
    },
  ],
  cookies: { keys: ['a key of the benchmark'] },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
  },
  pkce: { required: () => true },
  rotateRefreshToken: true,
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
});

// A page, and what its form leads to: the user is signed in, and the grant is there.
async function interact(request, response) {
  if (request.method === 'GET') {
    response.setHeader('content-type', 'text/html');
    response.end(`<form method="post" action="${request.url}"><button name="go" value="on">Go on</button></form>`);
    return;
  }
  const { params, session } = await provider.interactionDetails(request, response);
  const accountId = session?.accountId ?? 'user';
  const grant = new provider.Grant({ accountId, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  const result = { login: { accountId }, consent: { grantId: await grant.save() } };
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
}

const answer = provider.callback();
createServer((request, response) => {
  if (!request.url.startsWith('/interaction/')) return answer(request, response);
  return interact(request, response).catch((error) => {
    response.statusCode = 500;
    response.end(String(error));
  });
}).listen(port, '127.0.0.1');
