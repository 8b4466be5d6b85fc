/** A thousand honest requests to an upstream that is asked what it is again and again, and takes a new key from time to time: none is refused. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import {
  AttestedServer,
  attestedUpstream,
  goodTimes,
  providerNamed,
  tlsIdentity,
} from '../../../../test/end-to-end/attested-server.js';
import { ask, chat } from '../../../../test/end-to-end/client.js';
import { openGateway } from '../../../../test/end-to-end/gateway.js';

const REQUESTS = 1000;
const AT_ONCE = 10;

it('1,000 honest requests are all answered', { timeout: 300_000 }, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'countersign-honest-'));
  const server = await AttestedServer.start();
  const clock = goodTimes();
  let later = 0;
  const upstream = attestedUpstream(server.origin, {
    provider: providerNamed('countersign'),
    archive: join(folder, 'archive'),
    now: () => clock() + later,
  });
  const gateway = await openGateway({ folder, made: [upstream] });
  try {
    const statuses: number[] = [];
    for (let round = 0; round < REQUESTS / AT_ONCE; round++) {
      // Its time is over every tenth round, and every twentieth it starts anew, with another key.
      if (round % 10 === 9) later += 600_000;
      if (round % 20 === 19) {
        server.become(tlsIdentity());
        server.hangUp();
      }
      const answers = await Promise.all(
        Array.from({ length: AT_ONCE }, () => ask(gateway.address, { body: chat() })),
      );
      statuses.push(...answers.map(({ status }) => status));
    }
    expect(statuses.filter(status => status !== 200)).toEqual([]);
    expect(server.asked).toBeGreaterThan(10);
  } finally {
    await gateway.close();
    await server.close();
    await rm(folder, { recursive: true, force: true });
  }
});
