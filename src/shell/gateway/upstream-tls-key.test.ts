import { afterAll, beforeAll, expect, it } from 'vitest';
import { AttestedServer, TLS_AUTHORITY, tlsIdentity } from '../../../test/end-to-end/attested-server.js';
import { ask, chat } from '../../../test/end-to-end/client.js';
import { openaiUpstream, openGateway, type TestGateway } from '../../../test/end-to-end/gateway.js';
import { receiptOf } from '../../../test/end-to-end/receipts.js';
import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';

let server: AttestedServer;
let gateway: TestGateway;

beforeAll(async () => {
  server = await AttestedServer.start();
  const timeouts = { connect: 2000, idle: 2000 };
  // It has to show nothing of itself: an ordinary upstream, whose models are asked for when the gateway begins.
  const upstream = openaiUpstream('plain', `${server.origin}/v1`, { timeouts, ca: TLS_AUTHORITY });
  gateway = await openGateway({ made: [upstream] });
});

afterAll(async () => {
  await gateway.close();
  await server.close();
});

const keyOf = async () => {
  const got = await ask(gateway.address, { body: chat() });
  expect(got.status).toBe(200);
  return (await receiptOf(gateway, got)).upstream?.tlsSpki;
};
const present = () => toHex(sha256(server.identity.keys.spki));

it('every connection’s TLS key is in the receipts, also of those that follow the first', async () => {
  for (let times = 0; times < 3; times++) {
    server.hangUp();
    expect(await keyOf()).toBe(present());
  }
});

it('an exchange over a connection that is kept open names its key as well', async () => {
  expect([await keyOf(), await keyOf()]).toEqual([present(), present()]);
});

it('another key is named as soon as a connection ends at it', async () => {
  server.become(tlsIdentity());
  server.hangUp();
  expect(await keyOf()).toBe(present());
});
