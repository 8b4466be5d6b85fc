import { describe, expect, it } from 'vitest';
import '../../node.js';
import { makeRun } from '../../../../test/support/binding.js';
import { AT, makeCollateral, makeQuote } from '../../../../test/support/evidence/dcap.js';
import { makeNitro } from '../../../../test/support/evidence/nitro.js';
import { chainPem, makeEvidence } from '../../../../test/support/evidence/nvidia.js';
import { DEVICE, SIMULATED_ROOTS, TEST_ROOTS } from '../../../../test/support/evidence/roots.js';
import { makeSnp } from '../../../../test/support/evidence/snp.js';
import { DURING } from '../../../../test/support/evidence/x509-maker.js';
import { reasonOfAsync } from '../../../../test/support/failure.js';
import type { Run } from '../../../appraise/binding/run.js';
import { toBase64 } from '../../../bytes/base64.js';
import { sha256 } from '../../../bytes/cryptography.js';
import { utf8 } from '../../../bytes/octets.js';
import { formatVerifierKey } from '../../../note/key.js';
import { formatBundle } from '../../../receipt/bundle.js';
import { bindingVerb } from './binding.js';

type Part = Record<string, unknown> & { readonly kind: string };

const ask = (input: object, roots = TEST_ROOTS) => bindingVerb(roots).answer(utf8(JSON.stringify(input)));
const base64 = (value: Uint8Array | string) => toBase64(typeof value === 'string' ? utf8(value) : value);
const asOf = new Date((DURING + 1) * 1000).toISOString();
const ours = (field: string) => [{ field, convention: 'sha-256-statement' }];
const IN_REPORT_DATA = ours('reportData');

/** Quotes of test hardware that carry this. */
const QUOTES: Readonly<Record<string, (carried: Uint8Array) => Part>> = {
  tdx: carried => ({
    kind: 'tdx',
    quote: base64(
      makeQuote({
        body: body => {
          body.fill(0, AT.td.reportData, AT.td.reportData + 64);
          body.set(carried, AT.td.reportData);
        },
      }),
    ),
    collateral: base64(makeCollateral()),
    asOf,
    carries: IN_REPORT_DATA,
  }),
  snp: carried => {
    const { report, signer, authority, root } = makeSnp({
      edit: (_, bytes) => {
        bytes.fill(0, 0x50, 0x90);
        bytes.set(carried, 0x50);
      },
    });
    const [ask, ark] = [base64(authority as Uint8Array), base64(root as Uint8Array)];
    return {
      kind: 'snp',
      report: base64(report),
      vcek: base64(signer.certificate),
      ask,
      ark,
      asOf,
      carries: IN_REPORT_DATA,
    };
  },
  nitro: carried => ({
    kind: 'nitro',
    document: base64(makeNitro({ members: { user_data: carried } })),
    asOf,
    carries: ours('userData'),
  }),
};

function gpuOf(nonce: Uint8Array): Part {
  return {
    kind: 'nvidia',
    evidence: base64(makeEvidence(DEVICE, { nonce })),
    certificateChain: base64(chainPem(DEVICE)),
    asOf,
    carries: ours('nonce'),
  };
}

/** All parts of a run, real evidence included. */
function partsOf(run: Run, machine = 'tdx'): Part[] {
  const { key, tls, epoch, statement, receipt, body } = run;
  const carried = sha256(statement as Uint8Array);
  if (key?.kind !== 'issuer' || receipt === null || body === null) throw new Error('not a whole run');
  return [
    QUOTES[machine]?.(carried) as Part,
    gpuOf(carried),
    { kind: 'issuer', vkey: formatVerifierKey(key.key) },
    { kind: 'tls', spkiSha256: base64(tls as Uint8Array) },
    { kind: 'epoch', epoch },
    { kind: 'statement', statement: base64(statement as Uint8Array) },
    { kind: 'receipt', bundle: base64(formatBundle({ envelope: receipt, proof: null })) },
    {
      kind: 'body',
      opening: base64(body.opening as Uint8Array),
      request: base64(body.request as Uint8Array),
      response: base64(body.response as Uint8Array),
    },
  ];
}

const [one, other] = [makeRun(1), makeRun(2)];
const nonce = base64(one.nonce as Uint8Array);
const whole = partsOf(one);

describe('verify-binding', () => {
  it.each(Object.keys(QUOTES))('accepts the parts of one run: %s', async machine => {
    const answer = await ask({ parts: partsOf(one, machine), nonce });
    expect(answer).toMatchObject({ status: 'accepted', code: null });
    expect(answer.evidenceDigest).toMatch(/^[0-9a-f]{64}$/);
    const edges = answer.claims.edges as { status: string }[];
    expect(edges.length).toBeGreaterThan(12);
    expect(edges.every(({ status }) => status === 'holds')).toBe(true);
    expect(answer.claims.evidence).toMatchObject([{ status: 'accepted' }, { status: 'accepted' }]);
  });

  it.each(whole.map(({ kind }, at) => [kind, at] as const))(
    'refuses it with another run’s %s, which is as genuine',
    async (_, at) => {
      const answer = await ask({ parts: whole.with(at, partsOf(other)[at] as Part), nonce });
      expect(answer.status).toBe('refused');
      expect(answer.code).toMatch(/^(?:binding|content)\//);
      expect(answer.claims.evidence).toMatchObject([{ status: 'accepted' }, { status: 'accepted' }]);
    },
  );

  it('refuses it with another nonce', async () => {
    expect(await ask({ parts: whole, nonce: base64(other.nonce as Uint8Array) })).toMatchObject({
      status: 'refused',
      code: 'binding/statement-mismatch',
    });
  });

  it('refuses it where a piece is refused, whatever holds', async () => {
    const gpu = { ...gpuOf(sha256(one.statement as Uint8Array)), policy: { architectures: ['blackwell'] } };
    expect(await ask({ parts: whole.with(1, gpu), nonce })).toMatchObject({
      status: 'refused',
      code: 'nvidia/architecture-refused',
    });
    expect(await ask({ parts: whole, nonce }, SIMULATED_ROOTS)).toMatchObject({
      status: 'refused',
      code: 'evidence/simulated',
    });
  });

  it('is inconclusive where a piece is, and where nobody says what a field carries', async () => {
    const { collateral: _, ...bare } = whole[0] as Part;
    expect(await ask({ parts: whole.with(0, bare as Part), nonce })).toMatchObject({
      status: 'inconclusive',
      code: 'collateral/missing',
    });
    const { carries: __, ...unnamed } = whole[0] as Part;
    expect(await ask({ parts: [unnamed, whole[2]], nonce })).toMatchObject({
      status: 'inconclusive',
      code: 'binding/convention-missing',
    });
    expect(await ask({ parts: [whole[0]] })).toMatchObject({ code: 'binding/nothing-bound' });
  });

  it('knows what the nonce of a GPU and of an enclave is for', async () => {
    const { carries: _, ...gpu } = gpuOf(one.nonce as Uint8Array);
    expect(await ask({ parts: [gpu], nonce })).toMatchObject({ status: 'accepted' });
    const document = base64(makeNitro({ members: { nonce: one.nonce } }));
    expect(await ask({ parts: [{ kind: 'nitro', document, asOf }], nonce })).toMatchObject({
      status: 'accepted',
    });
  });

  it.each<readonly [string, Part[], string]>([
    [
      'two machines',
      [whole[0] as Part, QUOTES.snp?.(new Uint8Array(32)) as Part],
      'binding/several-machines',
    ],
    ['one part twice', [...whole, whole[4] as Part], 'conformance/input-malformed'],
    ['two kinds of keys', [...whole, { kind: 'key', octets: 'AA==' }], 'conformance/input-malformed'],
    ['a TLS key that is no digest', [{ kind: 'tls', spkiSha256: 'AA==' }], 'conformance/input-malformed'],
    ['an opening that is none', [{ kind: 'body', opening: 'AA==' }], 'conformance/input-malformed'],
    ['a key that is none', [{ kind: 'issuer', vkey: 'key' }], 'note/key-malformed'],
    ['a bundle that is none', [{ kind: 'receipt', bundle: 'AA==' }], 'json/malformed'],
    ['a statement that is none', [{ kind: 'statement', statement: 'AA==' }], 'binding/statement-malformed'],
    [
      'a quote that is none',
      [{ ...(whole[0] as Part), quote: base64(makeQuote().slice(0, 99)) }],
      'quote/malformed',
    ],
  ])('%s: malformed', async (_, parts, code) => {
    expect(await ask({ parts })).toMatchObject({ status: 'malformed', code });
  });

  it.each<readonly [string, object]>([
    ['no parts', { parts: [] }],
    ['a part of an unknown kind', { parts: [{ kind: 'tpm' }] }],
    ['a field that the evidence does not have', { parts: [{ ...whole[0], carries: ours('userData') }] }],
    [
      'a convention that nobody has',
      { parts: [{ ...whole[0], carries: [{ field: 'reportData', convention: 'md5-key' }] }] },
    ],
  ])('%s: no input', async (_, input) => {
    expect(await reasonOfAsync(() => ask(input))).toBe('conformance/input-malformed');
  });
});
