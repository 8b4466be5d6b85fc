import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { reasonOfAsync } from '../../../test/support/failure.js';
import { openWitnesses, quorumOf, temporaryFolder, WITNESSES } from '../../../test/support/log.js';
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
import { appraise } from '../../appraise/verdict/appraise.js';
import { packedBundle, readPackage } from '../../appraise/verdict/verdict-package.js';
import { utf8 } from '../../bytes/octets.js';
import { cosign } from '../../note/cosignature.js';
import { formatNote, parseNote } from '../../note/signed-note.js';
import { Failure } from '../../reason.js';
import { type Envelope, payloadDigest } from '../../receipt/envelope.js';
import type { FileLog } from '../log/file-log.js';
import type { ValidatorEvent } from './events.js';
import { EVIDENCE_PATIENCE } from './evidence-patience.js';
import { type Submitted, Validator, type ValidatorOptions } from './validator.js';

const TRUST_BYTES = utf8(JSON.stringify(TRUST_FILE));
const TRUST = { trust: parseTrust(TRUST_BYTES), bytes: TRUST_BYTES };

const HASH = 'ab'.repeat(32);

let folder: ReturnType<typeof temporaryFolder>;
let log: FileLog;
let served: ServedLog;
let issuer: TestIssuer;
let events: ValidatorEvent[];
const at = (...names: string[]) => join(folder.path, 'validator', ...names);

beforeEach(async () => {
  folder = temporaryFolder();
  log = await openWitnessed(folder.path);
  served = await serve(log);
  issuer = new TestIssuer(log);
  await issuer.begin();
  events = [];
});

afterEach(async () => {
  await served.close();
  await log.close();
  folder.remove();
});

/** As the log would answer: one payload has one place. */
async function submit(envelope: Envelope): Promise<Submitted> {
  const known = await log.find(payloadDigest(envelope).slice(0, 16));
  const index = known ?? (await logged(log, envelope));
  return { index, proof: (await log.prove(index)) as string };
}

const open = (changes: Partial<ValidatorOptions> = {}) =>
  Validator.open({
    url: served.url,
    trust: TRUST,
    policy: appraisalPolicyOf(POLICY),
    policyText: POLICY,
    key: VALIDATOR,
    folder: at(),
    submit,
    now: Date.now,
    onEvent: event => events.push(event),
    ...changes,
  });

async function openWitnessed(path: string): Promise<FileLog> {
  const witnesses = await openWitnesses(path);
  return openReceiptLog(path, { accepts: async () => true, witnesses, quorum: quorumOf(3) });
}

/** At all that the log has by then. */
async function look(changes: Partial<ValidatorOptions> = {}): Promise<boolean> {
  await log.reached(log.signed.size - 1, 'witnessed', 10_000);
  const validator = await open(changes);
  try {
    return await validator.round();
  } finally {
    await validator.close();
  }
}

const packageOf = (sequence: number) => readPackage(readFileSync(at('batches', `${sequence}.jsonl`)));
const batches = () => events.flatMap(event => (event.kind === 'batch' ? [event] : []));
/** How many of the log's entries are by the validator. */
const submitted = async () => {
  let count = 0;
  for (let index = 0; index < log.signed.size; index++)
    if (Buffer.from(await log.entry(index)).includes('validator.example')) count++;
  return count;
};

describe('a validator', () => {
  it('judges all receipts of a long log, each as appraising its bundle alone does', async () => {
    await issuer.work(1200);
    expect(await look()).toBe(true);
    expect(batches().map(({ sequence, counts }) => [sequence, counts.pass])).toEqual([
      [0, 1022],
      [1, 178],
    ]);
    for (const sequence of [0, 1]) {
      const { batch, checkpoint, verdicts } = packageOf(sequence);
      expect(batch.policy.index).toBe(1202);
      for (const packed of verdicts.filter((_, place) => place % 97 === 0)) {
        const bundle = packedBundle(packed, checkpoint);
        const policy = appraisalPolicyOf(POLICY);
        const { verdict } = await appraise({ bundle, trust: TRUST, policy, evidence: [], asOf: batch.asOf });
        expect(packed.verdict).toEqual(verdict);
      }
    }
  }, 60_000);

  it('goes on where it was, in one chain without gaps', async () => {
    await issuer.work(3);
    await look();
    await issuer.work(4);
    await look();
    await look();
    const [first, second] = [packageOf(0), packageOf(1)];
    expect(second.batch).toMatchObject({
      start: first.batch.end,
      previous: Buffer.from(payloadDigest(first.envelope)).toString('hex'),
      counts: { pass: 4 },
    });
    expect(batches()).toHaveLength(2);
    // A policy and two batches.
    expect(await submitted()).toBe(3);
  });

  it.each<[string, (before: string) => void]>([
    ['before it noted the batch', before => cpSync(before, at('state.json'))],
    ['before it noted anything', () => rmSync(at('state.json'))],
    [
      'before it handed the batch in',
      () => {
        const state = JSON.parse(readFileSync(at('state.json'), 'utf8'));
        writeFileSync(at('state.json'), JSON.stringify({ ...state, submitted: 1 }));
      },
    ],
  ])('killed %s, it neither doubles nor skips a verdict', async (_, setBack) => {
    await issuer.work(3);
    await look();
    const before = join(folder.path, 'before.json');
    cpSync(at('state.json'), before);
    await issuer.work(4);
    await look();
    setBack(before);
    await issuer.work(5);
    await look();
    expect([0, 1, 2].map(sequence => packageOf(sequence).verdicts.length)).toEqual([3, 4, 5]);
    const judged = [0, 1, 2].flatMap(sequence => packageOf(sequence).verdicts.map(({ index }) => index));
    expect(new Set(judged).size).toBe(12);
    expect(existsSync(at('batches', '3.jsonl'))).toBe(false);
    expect(await submitted()).toBe(4);
  });

  it('keeps its verdicts to itself where it hands nothing in, and then no policy is named', async () => {
    await issuer.work(2);
    expect(await look({ submit: null })).toBe(true);
    expect(packageOf(0).batch.policy.index).toBe(null);
    expect(await submitted()).toBe(0);
  });

  it.each<[string, Partial<ValidatorOptions>, Partial<ValidatorOptions>]>([
    ['in the log from the second batch on', { submit: null }, {}],
    ['in the log up to the first batch', {}, { submit: null }],
  ])('signs no batch of a chain that would be %s', async (_, first, then) => {
    await issuer.work(2);
    expect(await look(first)).toBe(true);
    await issuer.work(1);
    expect(await reasonOfAsync(() => look(then))).toBe('verdict/submission-mixed');
    expect(await look(first)).toBe(true);
    expect(batches().map(({ sequence }) => sequence)).toEqual([0, 1]);
  });

  it('that is stopped before it has looked at all says that it has not', async () => {
    await issuer.work(3);
    await log.reached(log.signed.size - 1, 'witnessed', 10_000);
    const validator = await open();
    const round = validator.round();
    await validator.close();
    expect(await round).toBe(false);
  });

  it('says nothing of a log that serves another tree, and goes on when it is right again', async () => {
    await issuer.work(3);
    served.meddle = path => (path.startsWith('tile/entries') ? new Uint8Array([0, 1, 7]) : undefined);
    expect(await look()).toBe(false);
    expect(existsSync(at('batches', '0.jsonl'))).toBe(false);
    served.meddle = () => undefined;
    expect(await look()).toBe(true);
    expect(packageOf(0).verdicts).toHaveLength(3);
  });

  it('signs nothing more for a log whose history was exchanged', async () => {
    await issuer.work(3);
    await look();
    const other = await openWitnessed(join(folder.path, 'other'));
    const otherIssuer = new TestIssuer(other);
    await otherIssuer.begin();
    await otherIssuer.work(20);
    await other.reached(other.signed.size - 1, 'witnessed', 5000);
    served.log = other;
    events = [];
    expect(await look()).toBe(false);
    expect(events).toContainEqual(expect.objectContaining({ code: 'monitor/checkpoint-contradicted' }));
    expect(existsSync(at('batches', '1.jsonl'))).toBe(false);
    await other.close();
  });

  it.each<[string, string, () => Promise<unknown>]>([
    [
      'a policy that may not stand in a log',
      'appraisal/policy-excessive',
      () => open({ policyText: { ...POLICY, note: 'für Anna' } }),
    ],
    [
      'a state that was written over',
      'verdict/state-corrupt',
      async () => {
        await look();
        writeFileSync(at('state.json'), '{}');
        return open();
      },
    ],
    [
      'a tree that was written over',
      'verdict/state-corrupt',
      async () => {
        await issuer.work(3);
        await look();
        const state = JSON.parse(readFileSync(at('state.json'), 'utf8'));
        state.tree.root = '0'.repeat(64);
        writeFileSync(at('state.json'), JSON.stringify(state));
        return open();
      },
    ],
    [
      'a package that was written over',
      'verdict/state-corrupt',
      async () => {
        await issuer.work(3);
        await look();
        rmSync(at('state.json'));
        writeFileSync(at('batches', '0.jsonl'), '{}\n');
        return open();
      },
    ],
  ])('refused: %s', async (_, code, opening) => {
    expect(await reasonOfAsync(opening)).toBe(code);
  });

  it.each(['in the same process', 'after a start'])(
    'skips no receipt whose evidence could not be asked for, and judges it %s',
    async when => {
      await issuer.work(3);
      let isDown = true;
      const evidence = async () => {
        if (isDown) throw new Failure('peer/unreachable');
        return [];
      };
      await log.reached(log.signed.size - 1, 'witnessed', 10_000);
      const validator = await open({ evidence });
      expect(await validator.round()).toBe(false);
      expect(events[1]).toMatchObject({ kind: 'unchecked', code: 'peer/unreachable' });
      expect(existsSync(at('batches', '0.jsonl'))).toBe(false);
      isDown = false;
      if (when === 'in the same process') expect(await validator.round()).toBe(true);
      await validator.close();
      await issuer.work(2);
      await look({ evidence });
      const found = batches().map(({ counts }) => counts.pass);
      expect(found).toEqual(when === 'in the same process' ? [3, 2] : [5]);
    },
  );

  it('begins another package where there is much evidence, in one chain', async () => {
    await issuer.work(5);
    const evidence = async () => [{ kind: 'upstream-attestation' as const, document: new Uint8Array(5000) }];
    expect(await look({ evidence, enoughBytes: 10_000 })).toBe(true);
    // The policy's own entry may or may not be witnessed by then.
    expect(batches().map(({ start, end }) => [start, Math.min(end, 7)])).toEqual([
      [0, 4],
      [4, 6],
      [6, 7],
    ]);
    const judged = [0, 1, 2].flatMap(sequence => packageOf(sequence).verdicts.map(({ index }) => index));
    expect(judged).toEqual([2, 3, 4, 5, 6]);
    // Nobody could read that evidence.
    expect(packageOf(0).verdicts[0]?.evidence).toEqual([]);
    await issuer.work(1);
    expect(await look()).toBe(true);
    expect(batches()).toHaveLength(4);
  });

  it('that is stopped between two packages of what it has read goes on with the next', async () => {
    await issuer.work(5);
    let asked = 0;
    const evidence = async () => {
      if (++asked === 4) throw new Failure('peer/unreachable');
      return [];
    };
    expect(await look({ evidence, enoughBytes: 1 })).toBe(false);
    expect(batches().map(({ start, end }) => [start, end])).toEqual([
      [0, 3],
      [3, 4],
      [4, 5],
    ]);
    await issuer.work(2);
    expect(await look({ evidence })).toBe(true);
    const judged = [0, 1, 2, 3].flatMap(sequence => packageOf(sequence).verdicts);
    expect(judged.map(({ index, verdict }) => [index, verdict.outcome])).toEqual(
      [2, 3, 4, 5, 6]
        .map(index => [index, 'pass'])
        .concat([
          [11, 'pass'],
          [12, 'pass'],
        ]),
    );
  });

  it('that is stopped amid the first thousand of a long log judges every receipt under its checkpoint', async () => {
    await issuer.work(1200);
    let asked = 0;
    const evidence = async () => {
      if (++asked === 500) throw new Failure('peer/unreachable');
      return [];
    };
    expect(await look({ evidence, enoughBytes: 1 << 20 })).toBe(false);
    const before = batches().length;
    expect(before).toBeGreaterThan(0);
    expect(await look({ evidence })).toBe(true);
    const all = batches().flatMap((_, sequence) => packageOf(sequence).verdicts);
    expect(all.map(({ index }) => index)).toEqual(Array.from({ length: 1200 }, (_, at) => at + 2));
    expect(all.filter(({ verdict }) => verdict.outcome !== 'pass')).toEqual([]);
  }, 60_000);

  it('skips no receipt whose evidence could not be asked for the first time', async () => {
    const evidence = [
      { digest: HASH, mediaType: 'application/json', signedDigest: HASH, type: 'nitro' },
    ] as const;
    await issuer.append(issuer.receipt(), issuer.receipt('another', { evidence: [...evidence] }));
    let isDown = true;
    const source = async () => {
      if (isDown) throw new Failure('peer/unreachable');
      return [];
    };
    expect(await look({ evidence: source })).toBe(false);
    isDown = false;
    expect(await look({ evidence: source })).toBe(true);
    expect(packageOf(0).verdicts).toHaveLength(2);
  });

  it('does not wait for ever for evidence that whoever is judged by it does not serve', async () => {
    const evidence = [{ digest: HASH, mediaType: 'application/json', signedDigest: HASH, type: 'nitro' }];
    await issuer.append(issuer.receipt('one', { evidence }), issuer.receipt('another', { evidence }));
    await log.reached(log.signed.size - 1, 'witnessed', 10_000);
    let [now, asked] = [Date.now(), 0];
    const source = async () => {
      asked++;
      throw new Failure('peer/unreachable');
    };
    const validator = await open({ evidence: source, now: () => now });
    expect(await validator.round()).toBe(false);
    now += EVIDENCE_PATIENCE;
    expect(await validator.round()).toBe(false);
    now += 1;
    expect(await validator.round()).toBe(true);
    await validator.close();
    expect([packageOf(0).verdicts.length, asked]).toEqual([2, 3]);
  });

  it('makes as many batches of what it reads at a time as their length takes, also when it is killed between two', async () => {
    await issuer.work(5);
    let taken = 0;
    const once = async (envelope: Envelope) => {
      // The policy and one batch.
      if (++taken > 2) throw new Failure('peer/unreachable');
      return submit(envelope);
    };
    expect(await look({ enoughBytes: 1, submit: once })).toBe(false);
    expect(await look({ enoughBytes: 1 })).toBe(true);
    const packages = [0, 1, 2, 3, 4].map(packageOf);
    expect(packages.map(({ verdicts }) => verdicts.length)).toEqual([1, 1, 1, 1, 1]);
    expect(packages.slice(1).map(({ batch }) => batch.start)).toEqual(
      packages.slice(0, -1).map(({ batch }) => batch.end),
    );
    expect(await submitted()).toBe(6);
  });

  it('is not told by one witness that it is the year 2100', async () => {
    await issuer.work(1);
    await log.reached(log.signed.size - 1, 'witnessed', 10_000);
    const genuine = parseNote(new Uint8Array(await (await fetch(`${served.url}/checkpoint`)).arrayBuffer()));
    const [{ key, signer }] = WITNESSES as [(typeof WITNESSES)[number]];
    const line = cosign(genuine.text, Date.UTC(2100, 0) / 1000, key, signer);
    const others = genuine.signatures.filter(({ name }) => name !== key.name);
    const note = formatNote({ text: genuine.text, signatures: [...others, line] });
    served.meddle = path => (path === 'checkpoint' ? note : undefined);
    expect(await look({ submit: null })).toBe(true);
    const { batch, checkpoint } = packageOf(0);
    expect(batch.asOf).toBeLessThan(Date.now() + 60_000);
    // The others' word stands, and without his there is no quorum: nothing is known, and nothing fails.
    expect(checkpoint).not.toContain(key.name);
    expect(batch.counts).toEqual({ fail: 0, inconclusive: 1, pass: 0 });
  });

  it('tells when the log does not take what it signs', async () => {
    await issuer.work(1);
    const refuse = async () => {
      throw new Failure('verdict/entry-refused');
    };
    expect(await look({ submit: refuse })).toBe(false);
    expect(events[0]).toMatchObject({ kind: 'unchecked', code: 'verdict/entry-refused' });
  });
});
