import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FAULTS, faultyDisk, hastyDisk } from '../../../test/support/faulty-disk.js';
import { openWitnesses, quorumOf, temporaryFolder } from '../../../test/support/log.js';
import {
  openReceiptLog,
  type ServedLog,
  serve,
  TestIssuer,
  TRUST_FILE,
} from '../../../test/support/monitored.js';
import { logged, POLICY, VALIDATOR } from '../../../test/support/test-validator.js';
import { parseTrust } from '../../appraise/trust.js';
import { appraisalPolicyOf } from '../../appraise/verdict/appraisal-policy.js';
import { utf8 } from '../../bytes/octets.js';
import { type Envelope, payloadDigest } from '../../receipt/envelope.js';
import type { Disk } from '../files/disk.js';
import type { FileLog } from '../log/file-log.js';
import { Packages } from './packages.js';
import { type Submitted, Validator } from './validator.js';

const TRUST_BYTES = utf8(JSON.stringify(TRUST_FILE));
const TRUST = { trust: parseTrust(TRUST_BYTES), bytes: TRUST_BYTES };
/** More than a tile, so that one is written. */
const RECEIPTS = 260;
/** Every write takes two looks, and there are five faults: one of two is tried. */
const STEP = 2;

let folder: ReturnType<typeof temporaryFolder>;
let log: FileLog;
let served: ServedLog;
let size: number;

beforeAll(async () => {
  folder = temporaryFolder();
  const witnesses = await openWitnesses(folder.path);
  log = await openReceiptLog(folder.path, { accepts: async () => true, witnesses, quorum: quorumOf(3) });
  served = await serve(log);
  const issuer = new TestIssuer(log);
  await issuer.begin();
  await issuer.work(RECEIPTS);
  await log.reached(log.signed.size - 1, 'witnessed', 10_000);
  size = log.signed.size;
});
afterAll(async () => {
  await served.close();
  await log.close();
  folder.remove();
});

async function submit(envelope: Envelope): Promise<Submitted> {
  const known = await log.find(payloadDigest(envelope).slice(0, 16));
  const index = known ?? (await logged(log, envelope));
  return { index, proof: (await log.prove(index)) as string };
}

async function look(name: string, disk: Disk): Promise<boolean> {
  const validator = await Validator.open({
    ...{ url: served.url, trust: TRUST, policy: appraisalPolicyOf(POLICY), policyText: POLICY },
    ...{ key: VALIDATOR, folder: join(folder.path, name), submit, mostBytes: 700_000, disk },
    ...{ now: Date.now, onEvent: () => undefined },
  });
  try {
    return await validator.round();
  } finally {
    await validator.close().catch(() => undefined);
  }
}

/** The entries that all batches judge, in their order. */
async function judged(name: string): Promise<readonly number[]> {
  const packages = await Packages.open(join(folder.path, name, 'batches'), hastyDisk);
  const indices: number[] = [];
  let end = 0;
  for (let sequence = 0; ; sequence++) {
    const one = await packages.read(sequence);
    if (one === null) return indices;
    expect(one.batch.start).toBe(end);
    end = one.batch.end;
    indices.push(...one.verdicts.map(({ index }) => index));
  }
}

describe('whatever write fails, a validator neither doubles nor skips a verdict', () => {
  it.each(FAULTS)(
    '%s',
    async fault => {
      const all = faultyDisk();
      expect(await look(`whole-${fault}`, all)).toBe(true);
      const expected = await judged(`whole-${fault}`);
      expect(expected.filter(index => index < size)).toHaveLength(RECEIPTS);
      for (let call = 0; call < all.count; call += STEP) {
        const name = `${fault}-${call}`;
        const disk = faultyDisk();
        disk.failAt(call, fault);
        await look(name, disk).catch(() => undefined);
        expect(await look(name, hastyDisk), `${fault} ${disk.calls[call]}`).toBe(true);
        expect(await judged(name), `${fault} ${disk.calls[call]}`).toEqual(expected);
      }
    },
    600_000,
  );
});
