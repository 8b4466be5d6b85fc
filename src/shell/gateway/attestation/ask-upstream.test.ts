import { afterEach, beforeEach, expect, it } from 'vitest';
import { AttestedServer, TLS_AUTHORITY, tlsIdentity } from '../../../../test/end-to-end/attested-server.js';
import { reasonOfAsync } from '../../../../test/support/failure.js';
import { toHex } from '../../../bytes/hex.js';
import { askUpstream } from './ask-upstream.js';

const NONCES = [1, 2].map(octet => new Uint8Array(32).fill(octet));
const requests = NONCES.map(
  nonce => ({ method: 'GET', path: `/?nonce=${toHex(nonce)}`, body: null }) as const,
);

let server: AttestedServer;
beforeEach(async () => {
  server = await AttestedServer.start();
  server.attest = ({ nonce }) => nonce;
});
afterEach(() => server.close());

const asking = (more: { readonly ca?: string } = { ca: TLS_AUTHORITY }) =>
  askUpstream({ origin: server.origin, requests, headers: {}, timeout: 5000, ...more });

it('gets all answers in their order, and the certificate that has shown itself', async () => {
  const { answers, peer } = await asking();
  expect(answers).toEqual(NONCES);
  expect(peer.certificate).toEqual(server.identity.certificate);
});

it('takes a server that hangs up between two answers, as long as the same is there again', async () => {
  server.attest = ({ nonce }, response) => {
    response.setHeader('connection', 'close');
    return nonce;
  };
  expect((await asking()).answers).toEqual(NONCES);
});

it('is not answered by two', async () => {
  server.attest = ({ nonce }, response) => {
    response.setHeader('connection', 'close');
    server.become(tlsIdentity());
    return nonce;
  };
  expect(await reasonOfAsync(() => asking())).toBe('attestation/connection-changed');
});

it('does not ask a server whose name nobody vouches for', async () => {
  expect(await reasonOfAsync(() => asking({}))).toBe('attestation/unreachable');
  expect(server.asked).toBe(0);
});
