/** What a house's log revokes, its gateway sends nothing more to: at once, and after every start. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { AttestedServer, attestedUpstream, providerNamed } from '../../../test/end-to-end/attested-server.js';
import { ask, chat } from '../../../test/end-to-end/client.js';
import { run } from '../../../test/end-to-end/process.js';
import { CHIP_ID } from '../../../test/support/evidence/snp.js';
import { toHex } from '../../bytes/hex.js';
import { RevokedFacts } from '../gateway/attestation/revoked-facts.js';
import { DEFAULT_LIMITS } from '../gateway/context.js';
import { type House, openHouse } from './house.js';

let folder: string;
let server: AttestedServer;
let problems: string[];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-revoked-upstreams-'));
  server = await AttestedServer.start();
  problems = [];
});
afterEach(async () => {
  await server.close();
  rmSync(folder, { recursive: true, force: true });
});

function open(): Promise<House> {
  const revoked = new RevokedFacts();
  const data = join(folder, 'data');
  const upstream = attestedUpstream(server.origin, {
    provider: providerNamed('countersign'),
    archive: join(data, 'archive'),
    revoked,
  });
  return openHouse({
    ...{ data, host: '127.0.0.1', port: 0, operator: null, inline: true },
    requestBytes: DEFAULT_LIMITS.requestBytes,
    onProblem: message => problems.push(message),
    upstreams: [upstream],
    revoked,
  });
}

const question = { body: chat({ model: 'attested/test-model' }) };

it('sends nothing to an upstream on a chip that the log has revoked', { timeout: 60_000 }, async () => {
  const house = await open();
  try {
    expect((await ask(house.address, question)).status).toBe(200);
    const revoke = ['revoke', '--data', join(folder, 'data'), '--chip', toHex(CHIP_ID)];
    expect((await run([...revoke, '--reason', 'compromised'])).code).toBe(0);
    const got = await ask(house.address, question);
    expect([got.status, got.headers['countersign-reason']]).toEqual([502, 'upstream/unattested']);
    expect(got.body.toString()).toContain('revocation/chip');
  } finally {
    await house.close();
  }
  const next = await open();
  try {
    expect((await ask(next.address, question)).body.toString()).toContain('revocation/chip');
    expect(server.prompts).toHaveLength(1);
  } finally {
    await next.close();
  }
  expect(problems).toEqual([]);
});
