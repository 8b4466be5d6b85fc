/** What a validator has published and forged, as somebody else finds it who audits it: the rows of the table of forged runs that are about verdicts. */
import { describe, expect, it } from 'vitest';
import { appraisalPolicyOf } from '../../src/appraise/verdict/appraisal-policy.js';
import type { EvidenceArtefact } from '../../src/appraise/verdict/weighed-evidence.js';
import { toBase64 } from '../../src/bytes/base64.js';
import { toHex } from '../../src/bytes/hex.js';
import { canonicalize } from '../../src/bytes/json.js';
import { fromUtf8, utf8 } from '../../src/bytes/octets.js';
import { knownKeys } from '../../src/court/misbehaviour/known-keys.js';
import { makeWrongVerdict } from '../../src/court/misbehaviour/wrong-verdict.js';
import { parseCheckpoint } from '../../src/note/checkpoint.js';
import { keyLabel } from '../../src/note/key.js';
import { parseNote } from '../../src/note/signed-note.js';
import { appraisalPolicyStatement, type LoggablePolicy } from '../../src/receipt/appraisal-policy-entry.js';
import { formatBundle } from '../../src/receipt/bundle.js';
import { type Envelope, envelopeBytes, seal } from '../../src/receipt/envelope.js';
import { batchStatement, type VerdictBatch } from '../../src/receipt/verdict-batch.js';
import { HttpServer, text } from '../../src/shell/http/server.js';
import { auditValidator } from '../../src/shell/validator/audit.js';
import { emptyRoot } from '../../src/tree/hash.js';
import { attestedRun, pieceOf, RUN_POLICY } from '../support/attested-runs.js';
import { reasonOfAsync } from '../support/failure.js';
import { FORGED_VERDICTS } from '../support/forged-runs.js';
import { make, makeProof } from '../support/sample-exchange.js';
import { judgedRun, runTrust } from '../support/shown-runs.js';
import { VALIDATOR } from '../support/test-validator.js';

const LABEL = keyLabel(VALIDATOR.key);
const TRUST = runTrust();
const RUN = attestedRun();

/**
 * What a validator serves: an honest verdict in an honest batch, at these places in the log. It judges by the makers' roots, as whoever audits it does, and so
 * refuses the tests' evidence. `swapped`: the evidence that it shows, in the place of that from which it has judged.
 */
async function published(places: { policy: number; batch: number }, swapped?: EvidenceArtefact) {
  const { lines, verdict, checkpoint, tree, counts } = await judgedRun({ run: RUN }, null);
  const signed = parseCheckpoint(parseNote(utf8(checkpoint)).text);
  const policy = appraisalPolicyOf(RUN_POLICY);
  const batch: VerdictBatch = {
    asOf: verdict.asOf,
    checker: verdict.checker,
    checkpoint: { root: toHex(signed.root), size: signed.size },
    counts,
    end: signed.size,
    log: signed.origin,
    overturned: { count: 0, root: toHex(emptyRoot()) },
    policy: { digest: policy.digest, index: places.policy },
    previous: null,
    root: toHex(tree.root()),
    sequence: 0,
    start: 0,
    trust: verdict.trust as string,
  };
  const sign = (statement: Uint8Array) => seal(statement, LABEL, VALIDATOR.signer);
  const envelope = sign(batchStatement(batch, LABEL, verdict.asOf));
  const policyEntry = sign(appraisalPolicyStatement(RUN_POLICY as LoggablePolicy, LABEL));
  const whole = lines.format(envelope, checkpoint);
  const files = new Map<string, Uint8Array>([
    ['/', canonicalize({ batches: 1, validator: LABEL })],
    ['/batches/0', swapped === undefined ? whole : withCollateralOf(whole, swapped)],
    ['/entries/batch-0', await logged(envelope, places.batch)],
    [`/entries/policy-${policy.digest}`, await logged(policyEntry, places.policy)],
    [`/artefacts/${policy.digest}`, canonicalize(RUN_POLICY)],
    [`/artefacts/${verdict.trust}`, TRUST.bytes],
  ]);
  return { files, stated: { envelope, verdict, inBatch: { index: 0, hashes: [] } } };
}

async function logged(envelope: Envelope, place: number): Promise<Uint8Array> {
  return formatBundle({ envelope, proof: await makeProof({}, envelopeBytes(envelope), place) });
}

function withCollateralOf(whole: Uint8Array, swapped: EvidenceArtefact): Uint8Array {
  const collateral = (evidence: EvidenceArtefact) =>
    'pieces' in evidence ? toBase64(pieceOf(evidence, 'collateral') as Uint8Array) : '';
  return utf8((fromUtf8(whole) as string).replace(collateral(RUN.evidence), collateral(swapped)));
}

async function audited(files: ReadonlyMap<string, Uint8Array>) {
  const server = new HttpServer({
    host: '127.0.0.1',
    port: 0,
    statusOf: () => undefined,
    onProblem: () => undefined,
    routes: [
      {
        method: 'GET',
        path: /^(\/.*)$/,
        handle: (_, path = '') => {
          const body = files.get(path);
          return body === undefined ? text(404, 'nothing') : { status: 200, body };
        },
      },
    ],
  });
  const url = await server.listen();
  const known = knownKeys(TRUST.trust, [VALIDATOR.key]);
  const others = { own: async () => null, receipts: async () => [] };
  try {
    return await auditValidator({ url, known, trust: TRUST.trust, ...others });
  } finally {
    await server.close();
  }
}

describe('what a validator has published', () => {
  it('is right where it is', async () => {
    const { files } = await published({ policy: 2, batch: 6 });
    expect(await audited(files)).toMatchObject({ batches: 1, verdicts: 1, wrong: [], findings: [] });
  });

  it(`is refuted: ${FORGED_VERDICTS.policy.what}`, async () => {
    const { files } = await published({ policy: 6, batch: 2 });
    expect((await audited(files)).findings).toMatchObject([{ code: FORGED_VERDICTS.policy.code }]);
  });

  it(`is refuted: ${FORGED_VERDICTS.collateral.what}`, async () => {
    const { code } = FORGED_VERDICTS.collateral;
    const swapped = attestedRun({ collateral: { tcbInfo: info => Object.assign(info, { tcbType: 1 }) } });
    const { files, stated } = await published({ policy: 2, batch: 6 }, swapped.evidence);
    expect((await audited(files)).findings).toMatchObject([{ code }]);
    // And whoever would accuse an honest validator by it proves nothing.
    const { bundle } = await make(RUN.recipe);
    const artefacts = { bundle, trust: TRUST.bytes, policy: RUN_POLICY, evidence: [swapped.evidence] };
    expect(await reasonOfAsync(() => makeWrongVerdict(stated, artefacts))).toBe(code);
  });
});
