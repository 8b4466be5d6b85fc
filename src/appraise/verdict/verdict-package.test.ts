import { beforeAll, describe, expect, it } from 'vitest';
import { attestedRun } from '../../../test/support/attested-runs.js';
import { reasonOf } from '../../../test/support/failure.js';
import { LOG, ORIGIN } from '../../../test/support/parties.js';
import { ReferenceTree } from '../../../test/support/reference-tree.js';
import { make } from '../../../test/support/sample-exchange.js';
import { judgedRun } from '../../../test/support/shown-runs.js';
import { VALIDATOR } from '../../../test/support/test-validator.js';
import { toBase64 } from '../../bytes/base64.js';
import { toHex } from '../../bytes/hex.js';
import { fromUtf8, utf8 } from '../../bytes/octets.js';
import { formatCheckpoint } from '../../note/checkpoint.js';
import { keyLabel } from '../../note/key.js';
import { formatNote, signNote } from '../../note/signed-note.js';
import { parseBundle } from '../../receipt/bundle.js';
import { envelopeBytes, seal } from '../../receipt/envelope.js';
import { batchStatement, verdictLeaf } from '../../receipt/verdict-batch.js';
import { Frontier } from '../../tree/frontier.js';
import { emptyRoot } from '../../tree/hash.js';
import { type EvidenceJson, evidenceJson } from './evidence-json.js';
import { PackageWriter, readPackage } from './verdict-package.js';

const LABEL = keyLabel(VALIDATOR.key);
const TDX = attestedRun();
const [SHARED, OTHER] = [TDX, attestedRun({ machine: 'nitro' })].map(({ evidence }) =>
  evidenceJson(evidence),
) as [EvidenceJson, EvidenceJson];

/** Of three receipts that rest on the same evidence, one of which has more. */
const GIVEN = [[SHARED], [SHARED, OTHER], [SHARED]];
let text: string;

beforeAll(async () => {
  const { verdict } = await judgedRun({ run: TDX });
  const entry = envelopeBytes(parseBundle((await make(TDX.recipe)).bundle).envelope);
  const [tree, writer] = [new Frontier(), new PackageWriter()];
  const log = new ReferenceTree(GIVEN.map(() => entry));
  const size = GIVEN.length;
  for (const [index, evidence] of GIVEN.entries()) {
    tree.push(verdictLeaf(verdict));
    writer.add({ entry, evidence, hashes: log.path(index, size).map(toBase64), index, verdict });
  }
  const root = log.hash(0, size);
  const signed = formatCheckpoint({ origin: ORIGIN, size, root });
  const note = formatNote({ text: signed, signatures: [signNote(signed, LOG.key, LOG.signer)] });
  const checkpoint = fromUtf8(note) as string;
  const batch = {
    asOf: verdict.asOf,
    checker: verdict.checker,
    checkpoint: { root: toHex(root), size },
    counts: { fail: 0, inconclusive: 0, pass: GIVEN.length },
    end: size,
    log: ORIGIN,
    overturned: { count: 0, root: toHex(emptyRoot()) },
    policy: { digest: verdict.policy, index: 0 },
    previous: null,
    root: toHex(tree.root()),
    sequence: 0,
    start: 0,
    trust: verdict.trust as string,
  };
  const envelope = seal(batchStatement(batch, LABEL, 1), LABEL, VALIDATOR.signer);
  const written = writer.format(envelope, checkpoint);
  expect(writer.count).toBe(GIVEN.length);
  expect(written.length - writer.size).toBeLessThan(10_000);
  text = fromUtf8(written) as string;
});

const evidenceOf = (package_: string) => readPackage(utf8(package_)).verdicts.map(({ evidence }) => evidence);

describe('spec/verdict.md §6: a package', () => {
  it('has each piece of evidence once, whoever rests on it', () => {
    expect(evidenceOf(text)).toEqual(GIVEN);
    expect(text.split(JSON.stringify(SHARED).slice(0, 200))).toHaveLength(2);
    expect(text).toContain('"evidence":[0,1]');
  });

  it.each<[string, (genuine: string) => string]>([
    ['names evidence that is not there', genuine => genuine.replace('[0,1]', '[0,2]')],
    ['names it in another order than it stands there', genuine => genuine.replace('[0]', '[1]')],
    ['has evidence of no verdict', genuine => genuine.replace('"evidence":[0,1]', '"evidence":[0]')],
    [
      'has the pieces in the lines themselves',
      genuine => genuine.replace('[0,1]', JSON.stringify([SHARED, OTHER])),
    ],
    ['names it by something else', genuine => genuine.replace('[0,1]', '[0,-1]')],
    ['has no place for what it names', genuine => genuine.replace(/,"evidence":\[\{.*\]\}\n/, '}\n')],
    ['has an empty place', genuine => genuine.replace(/,"evidence":\[\{.*\]\}\n/, ',"evidence":[]}\n')],
  ])('that %s is none', (_, change) => {
    const changed = change(text);
    expect(changed).not.toBe(text);
    expect(reasonOf(() => readPackage(utf8(changed)))).toBe('verdict/batch-malformed');
  });
});
