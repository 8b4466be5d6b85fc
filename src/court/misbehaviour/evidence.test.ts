import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { reasonOf } from '../../../test/support/failure.js';
import { branch, signed } from '../../../test/support/histories.js';
import type { TestKey } from '../../../test/support/keys.js';
import { mutants, parseOrRefuse } from '../../../test/support/mutation.js';
import { LOG, trustWith, WITNESSES } from '../../../test/support/parties.js';
import { canonicalize, type Json } from '../../bytes/json.js';
import { fromUtf8, utf8 } from '../../bytes/octets.js';
import type { ReasonCode } from '../../reason.js';
import {
  type EvidenceJson,
  evidenceName,
  formatEvidence,
  MAX_EVIDENCE_BYTES,
  MAX_LARGE_EVIDENCE_BYTES,
  parseEvidence,
} from './evidence.js';
import { judgeEvidence } from './judge.js';
import { knownKeys } from './known-keys.js';
import { makeLogFork } from './log-fork.js';
import { makeRewrittenLog } from './rewritten-log.js';
import { makeTimeFault } from './witness-fault.js';

const [left, right] = [branch('left', 5), branch('right', 5)];
const WITNESS = WITNESSES[0] as TestKey;
const p1 = makeLogFork([signed(left, 3, { by: [LOG] }), signed(right, 3, { by: [LOG] })], LOG.key);
const p2 = makeRewrittenLog(
  [signed(left, 3, { by: [LOG] }), signed(right, 5, { by: [LOG] })],
  { root: right.hash(0, 3), proof: right.proof(3, 5) },
  LOG.key,
);
const p4 = makeTimeFault(
  [signed(left, 3, { by: [WITNESS], time: 9 }), signed(left, 5, { by: [WITNESS], time: 8 })],
  WITNESS.key,
);
const samples = [p1, p2, p4].map(evidence => formatEvidence(evidence as EvidenceJson));
const known = knownKeys(trustWith());
const [first, second] = (p1 as Exclude<typeof p1, null>).checkpoints;

describe('the form of evidence', () => {
  it('the samples are proofs', async () => {
    for (const sample of samples) expect((await judgeEvidence(sample, known)).outcome).toBe('proven');
  });

  const wrong: [string, ReasonCode, Json | Uint8Array][] = [
    ['no JSON', 'json/malformed', utf8('{')],
    ['not canonical', 'json/not-canonical', utf8(`${fromUtf8(samples[0] as Uint8Array)}\n`)],
    ['a doubled member', 'json/not-canonical', utf8('{"type":"a","type":"a"}')],
    ['too large', 'misbehaviour/too-large', new Uint8Array(MAX_LARGE_EVIDENCE_BYTES + 1)],
    [
      'too large for its type',
      'misbehaviour/too-large',
      { ...p1, note: 'a'.repeat(MAX_EVIDENCE_BYTES) } as Json,
    ],
    ['no object', 'misbehaviour/malformed', null],
    ['no type', 'misbehaviour/malformed', {}],
    ['an unknown type', 'misbehaviour/type-unknown', { type: 'urn:countersign:misbehaviour:p99:v1' }],
    ['the name of what every object has', 'misbehaviour/type-unknown', { type: 'constructor' }],
    ['a member too many', 'misbehaviour/malformed', { ...(p1 as object), note: 'guilty' } as Json],
    ['a member too few', 'misbehaviour/malformed', { type: 'urn:countersign:misbehaviour:p1:v1' }],
    ['three checkpoints', 'misbehaviour/malformed', { ...p1, checkpoints: [first, second, first] } as Json],
    ['the other order', 'misbehaviour/malformed', { ...p1, checkpoints: [second, first] } as Json],
    [
      'a second signature line',
      'misbehaviour/malformed',
      { ...p1, checkpoints: [`${first}${first.split('\n\n')[1]}`, second] } as Json,
    ],
    ['no signature line', 'note/malformed', { ...p1, checkpoints: [first.split('\n\n')[0], second] } as Json],
    [
      'a note that is too long',
      'misbehaviour/malformed',
      { ...p1, checkpoints: [first + ' '.repeat(8192), second] } as Json,
    ],
    [
      'a note that is no checkpoint',
      'checkpoint/malformed',
      { ...p1, checkpoints: [first.replace('\n3\n', '\n03\n'), second] } as Json,
    ],
    ['a fault that is none', 'misbehaviour/malformed', { ...p4, fault: 'slowness' } as Json],
    [
      'a prefix where none belongs',
      'misbehaviour/malformed',
      { ...p4, prefix: p2?.prefix } as unknown as Json,
    ],
    [
      'a hash that is none',
      'misbehaviour/malformed',
      { ...p2, prefix: { ...p2?.prefix, root: `${'A'.repeat(43)}B` } } as Json,
    ],
    [
      'a proof without end',
      'misbehaviour/malformed',
      { ...p2, prefix: { ...p2?.prefix, proof: Array(65).fill(p2?.prefix.root) } } as Json,
    ],
  ];
  it.each(wrong)('%s: %s', async (_, code, value) => {
    const bytes = value instanceof Uint8Array ? value : canonicalize(value);
    expect(reasonOf(() => parseEvidence(bytes))).toBe(code);
    expect(await judgeEvidence(bytes, known)).toMatchObject({ outcome: 'malformed', code, accused: null });
  });

  it('whatever is done to evidence, it is refused, or proves nothing, or is the same evidence (mutants)', async () => {
    await fc.assert(
      fc.asyncProperty(mutants(samples), async bytes => {
        const text = fromUtf8(bytes);
        if (samples.some(sample => fromUtf8(sample) === text)) return;
        expect((await judgeEvidence(bytes, known)).outcome).not.toBe('proven');
      }),
      { numRuns: 600 },
    );
  });

  it('no bytes make the reader fail in another way', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 5 }).map(utf8), bytes => {
        parseOrRefuse(
          () => parseEvidence(bytes),
          ['json/malformed', 'json/not-canonical', 'misbehaviour/malformed', 'misbehaviour/type-unknown'],
        );
      }),
    );
  });

  it('has one name for one file, which says what it proves', () => {
    const names = samples.map(sample => evidenceName(sample, parseEvidence(sample).type));
    expect(names.map(name => name.slice(0, 3))).toEqual(['p1-', 'p2-', 'p4-']);
    for (const name of names) expect(name).toMatch(/^p\d-[0-9a-f]{32}$/);
  });
});
