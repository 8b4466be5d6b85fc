import { describe, expect, it } from 'vitest';
import {
  attestedUpstream,
  goodTimes,
  providerNamed,
  tlsIdentity,
  tlsOf,
} from '../../../test/end-to-end/attested-server.js';
import { ask, chat, errorOf } from '../../../test/end-to-end/client.js';
import { type GatewayOptions, openGateway, type TestGateway } from '../../../test/end-to-end/gateway.js';
import { receiptOf } from '../../../test/end-to-end/receipts.js';
import { answer, completion, TestUpstream } from '../../../test/end-to-end/upstreams.js';
import { evidenceCarrying } from '../../../test/support/evidence/providers.js';
import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import { parseAttestationAnswer } from '../../evidence/countersign/answer.js';
import type { EvidenceSource } from '../../evidence/countersign/source.js';
import { keyLabel } from '../../note/key.js';
import { Failure } from '../../reason.js';
import { simulatedAttester } from '../attester/attester.js';
import { SimulatedSource } from '../attester/simulated-source.js';

const NONCE = 'ab'.repeat(32);
const path = `/v1/attestation?nonce=${NONCE}`;

class Machine implements EvidenceSource {
  readonly about = 'a machine of the tests';
  asked = 0;
  running = 0;
  most = 0;
  failing: Failure | null = null;

  async evidence(carried: Uint8Array) {
    this.asked++;
    this.most = Math.max(this.most, ++this.running);
    await new Promise(resolve => setImmediate(resolve));
    this.running--;
    if (this.failing !== null) throw this.failing;
    return evidenceCarrying('sev-snp', carried);
  }
}

async function withGateway(
  options: GatewayOptions,
  use: (gateway: TestGateway) => Promise<void>,
): Promise<void> {
  const gateway = await openGateway(options);
  try {
    await use(gateway);
  } finally {
    await gateway.close();
  }
}

describe('a gateway that attests itself', () => {
  it('answers with evidence of its key, its epoch and the nonce', async () => {
    await withGateway({ evidence: new Machine() }, async gateway => {
      const got = await ask(gateway.address, { path });
      expect([got.status, got.headers['cache-control']]).toEqual([200, 'no-store']);
      const { stated, statement, evidence } = parseAttestationAnswer(got.body);
      const receipt = await receiptOf(
        gateway,
        await ask(gateway.address, { body: chat({ model: 'canned-model' }) }),
      );
      expect([keyLabel(stated.issuer), stated.epoch]).toEqual([receipt.issuer, receipt.epoch]);
      expect([toHex(stated.nonce as Uint8Array), stated.tls]).toEqual([NONCE, null]);
      expect(evidence.kind === 'sev-snp' && evidence.report.slice(0x50, 0x70)).toEqual(sha256(statement));
    });
  });

  it('one that does not says so', async () => {
    await withGateway({}, async gateway => {
      const got = await ask(gateway.address, { path });
      expect([got.status, errorOf(got).code]).toEqual([404, 'attestation/none']);
    });
  });

  it.each([
    'nonce=',
    'nonce=ab',
    `nonce=${'AB'.repeat(32)}`,
    `nonce=${'ab'.repeat(65)}`,
    `nonce=${NONCE}&nonce=${NONCE}`,
    `nonce=${NONCE}&other=1`,
    'other=1',
  ])('?%s is no nonce', async query => {
    const machine = new Machine();
    await withGateway({ evidence: machine }, async gateway => {
      const got = await ask(gateway.address, { path: `/v1/attestation?${query}` });
      expect([got.status, errorOf(got).code]).toEqual([400, 'attestation/nonce-malformed']);
      expect(machine.asked).toBe(0);
    });
  });

  it('asks the machine one thing at a time, and lets few wait', async () => {
    const machine = new Machine();
    await withGateway({ evidence: machine }, async gateway => {
      const all = await Promise.all(
        Array.from({ length: 40 }, (_, at) =>
          ask(gateway.address, {
            path: `/v1/attestation?nonce=${at.toString(16).padStart(2, '0').repeat(32)}`,
          }),
        ),
      );
      expect(machine.most).toBe(1);
      const statuses = new Set(all.map(({ status }) => status));
      expect([...statuses].every(status => status === 200 || status === 503)).toBe(true);
      expect(statuses.has(200)).toBe(true);
    });
  });

  it('without a nonce it is asked once for a while', async () => {
    const machine = new Machine();
    const clock = { later: 0 };
    const now = () => Date.now() + clock.later;
    await withGateway({ evidence: machine, now }, async gateway => {
      const [first, second] = await Promise.all(
        [1, 2].map(() => ask(gateway.address, { path: '/v1/attestation' })),
      );
      expect(first?.body).toEqual(second?.body);
      expect(machine.asked).toBe(1);
      clock.later = 61_000;
      await ask(gateway.address, { path: '/v1/attestation' });
      expect(machine.asked).toBe(2);
    });
  });

  it('a machine that fails is the operator’s to look into', async () => {
    const machine = new Machine();
    machine.failing = new Failure('attester/device-missing', { detail: 'a path of the machine' });
    await withGateway({ evidence: machine }, async gateway => {
      const got = await ask(gateway.address, { path });
      expect([got.status, errorOf(got).code]).toEqual([503, 'attester/unavailable']);
      expect(got.body.toString()).not.toContain('a path');
      expect(gateway.problems).toMatchObject([expect.stringContaining('a path of the machine')]);
    });
  });
});

describe('a gateway before a gateway that attests itself', () => {
  async function withBoth(
    evidence: EvidenceSource,
    use: (near: TestGateway, far: TestGateway, provider: TestUpstream) => Promise<void>,
  ): Promise<void> {
    const provider = await TestUpstream.start();
    provider.behaviour = answer(200, completion('Far.'));
    const identity = tlsIdentity();
    const { key, cert } = tlsOf(identity);
    const tls = { certificate: cert, key: String(key), spki: sha256(identity.keys.spki) };
    const far = await openGateway({ upstream: provider.base, evidence, tls });
    const near = await openGateway({
      name: 'near.example',
      made: [
        attestedUpstream(far.address, {
          provider: providerNamed('countersign'),
          archive: `${far.folder}/near`,
          now: goodTimes(),
        }),
      ],
      retries: { retries: 0 },
    });
    try {
      await use(near, far, provider);
    } finally {
      await near.close();
      await far.close();
      await provider.close();
    }
  }

  it('asks it over TLS that ends where the evidence says', async () => {
    await withBoth(new Machine(), async (near, _far, provider) => {
      const got = await ask(near.address, { body: chat() });
      expect([got.status, provider.requests.length]).toEqual([200, 1]);
      expect((await receiptOf(near, got)).evidence).toMatchObject([{ type: 'upstream-attestation' }]);
    });
  });

  it('does not ask one that is simulated', async () => {
    const simulated = new SimulatedSource(simulatedAttester(new Uint8Array(32).fill(9)));
    await withBoth(simulated, async (near, _far, provider) => {
      const got = await ask(near.address, { body: chat() });
      expect([got.status, provider.requests.length]).toEqual([502, 0]);
      expect(got.body.toString()).toContain('certificate/root-unknown');
    });
  });
});
