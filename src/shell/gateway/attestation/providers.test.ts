/** Every provider that a gateway can require attestation of, asked over TLS as it is and as it is not. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  ALL_POLICIES,
  type AskedAttestation,
  AttestedServer,
  attestedUpstream,
  providerNamed,
} from '../../../../test/end-to-end/attested-server.js';
import { ask, chat } from '../../../../test/end-to-end/client.js';
import { openGateway } from '../../../../test/end-to-end/gateway.js';
import { makeKeyset, makeReport } from '../../../../test/support/evidence/aci.js';
import { makeAttestation, userData } from '../../../../test/support/evidence/opengradient.js';
import {
  countersignAnswer,
  nearAnswer,
  phalaAnswer,
  TINFOIL_ITEMS,
  tinfoilDocument,
} from '../../../../test/support/evidence/providers.js';
import { toBase64 } from '../../../bytes/base64.js';
import { toHex } from '../../../bytes/hex.js';
import { utf8 } from '../../../bytes/octets.js';
import type { ReportedAttestation } from '../../../receipt/exchange-report.js';
import { REQUIRABLE } from '../../cli/settings/config-schema.js';

type Answered = (asked: AskedAttestation) => Uint8Array;

const ANSWERS: Readonly<Record<(typeof REQUIRABLE)[number], Answered>> = {
  tinfoil: ({ nonce, tls }) =>
    tinfoilDocument({
      nonce,
      items: TINFOIL_ITEMS.map(item => (item.id === 'tls' ? { ...item, data: toHex(tls) } : item)),
    }),
  near: ({ nonce, tls }) => nearAnswer({ nonce, tls }),
  phala: ({ nonce, tls }) => phalaAnswer({ nonce, tls }),
  aci: ({ nonce, tls }) =>
    makeReport({
      nonce,
      keyset: makeKeyset({ tls_public_keys: [{ spki_sha256: toHex(tls), domain: '127.0.0.1' }] }),
    }),
  opengradient: ({ nonce, certificate }) => utf8(toBase64(makeAttestation(userData(certificate), nonce))),
  countersign: ({ nonce, tls }) => countersignAnswer({ nonce, tls }),
};

let server: AttestedServer;
let folder: string;
beforeEach(async () => {
  server = await AttestedServer.start();
  folder = await mkdtemp(join(tmpdir(), 'countersign-providers-'));
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

async function askThrough(provider: (typeof REQUIRABLE)[number]) {
  const reports: ReportedAttestation[] = [];
  const upstream = attestedUpstream(server.origin, {
    provider: providerNamed(provider),
    archive: join(folder, 'archive'),
    policies: ALL_POLICIES,
    reports,
  });
  const gateway = await openGateway({ folder, made: [upstream], retries: { retries: 0 } });
  try {
    const { status } = await ask(gateway.address, { body: chat() });
    return { status, reason: reports.at(-1)?.reason };
  } finally {
    await gateway.close();
  }
}

describe.each(REQUIRABLE)('%s', provider => {
  it('is sent the prompt where the connection ends at a key that its evidence binds', async () => {
    server.attest = ANSWERS[provider];
    expect(await askThrough(provider)).toEqual({ status: 200, reason: null });
    expect(server.prompts).toHaveLength(1);
  });

  it('is sent nothing where it ends at another', async () => {
    const other = { tls: new Uint8Array(32), certificate: new Uint8Array(32) };
    server.attest = asked => ANSWERS[provider]({ ...asked, ...other });
    expect(await askThrough(provider)).toEqual({ status: 502, reason: 'provider/tls-mismatch' });
    expect(server.prompts).toEqual([]);
  });

  it('is sent nothing where it answers another nonce', async () => {
    server.attest = asked => ANSWERS[provider]({ ...asked, nonce: asked.nonce.map(octet => octet ^ 1) });
    const { status, reason } = await askThrough(provider);
    expect([status, server.prompts]).toEqual([502, []]);
    expect(reason).toMatch(/^provider\/(?:nonce|binding)-mismatch$/);
  });
});
