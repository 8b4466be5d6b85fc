/** What somebody sends who wants the verifier to fail, to take long or to hold much: each ends in a code. */
import { describe, expect, it } from 'vitest';
import {
  type CollateralChanges,
  chainOf,
  HOUSE,
  makeCollateral,
  makeHouse,
  makeQuote,
  type QuoteChanges,
  ROOT,
  STRANGER,
} from '../../../test/support/evidence/dcap.js';
import {
  commonName,
  DURING,
  extension,
  makeAuthority,
  makeCertificate,
  makeRevocationList,
  pem,
  pinned,
  testKeys,
} from '../../../test/support/evidence/x509-maker.js';
import { reasonOfAsync } from '../../../test/support/failure.js';
import { element } from '../../bytes/der-writer.js';
import '../../shell/node.js';
import { DER } from '../../bytes/der.js';
import { concat, concatAll, utf8 } from '../../bytes/octets.js';
import type { ReasonCode } from '../../reason.js';
import { statusOf } from '../report.js';
import type { DcapCheckName } from './checklist.js';
import { MAX_COLLATERAL_BYTES } from './collateral.js';
import { MAX_QUOTE_BYTES } from './quote.js';
import { MAX_SIGNED_JSON } from './signed-json.js';
import { verifyDcap } from './verify.js';

const { root, authority, processor, signer } = HOUSE;
const nulls = (count: number) => new Uint8Array(2 * count).map((_, i) => (i % 2 === 0 ? DER.null : 0));
/** One certificate that is as large as any may be, in as many values as fit. */
const large = makeCertificate({
  subject: element(DER.sequence, ...Array.from({ length: 350 }, () => commonName('x').subarray(2))),
  type: 'P-256',
  issuer: root,
  extensions: [extension('1.2.3', nulls(100))],
});

const verify = (quote: QuoteChanges, collateral: CollateralChanges) =>
  verifyDcap({
    quote: makeQuote(quote),
    collateral: makeCollateral(collateral),
    asOf: DURING,
    roots: [ROOT],
  });

const ROWS: readonly (readonly [
  how: string,
  check: DcapCheckName,
  code: ReasonCode,
  quote: QuoteChanges,
  collateral: CollateralChanges,
])[] = [
  [
    "forty certificates as the processor's chain, which are all that fit",
    'pck-chain',
    'certificate/chain-too-long',
    { certification: { data: utf8(chainOf(processor).repeat(40)) } },
    {},
  ],
  [
    "a hundred certificates as a signer's chain",
    'tcb-info-chain',
    'certificate/chain-too-long',
    {},
    { tcbInfoChain: chainOf(signer).repeat(100) },
  ],
  [
    "a hundred certificates as the list's chain",
    'revocation-chain',
    'certificate/chain-too-long',
    {},
    { pckCrlChain: chainOf(authority).repeat(100) },
  ],
  [
    'ten certificates that are as large as any',
    'qe-identity-chain',
    'certificate/root-unknown',
    {},
    { qeIdentityChain: pem(...Array.from({ length: 10 }, () => large.certificate)) },
  ],
  [
    'a chain in a circle',
    'tcb-info-chain',
    'certificate/path-too-long',
    {},
    { tcbInfoChain: chainOf(...Array.from({ length: 9 }, () => makeCircle()), makeCircle()) },
  ],
  [
    'a block that never ends',
    'tcb-info-chain',
    'certificate/malformed',
    {},
    { tcbInfoChain: `-----BEGIN CERTIFICATE-----\n${`${'A'.repeat(76)}\n`.repeat(4000)}` },
  ],
  [
    'white space alone',
    'tcb-info-chain',
    'certificate/malformed',
    {},
    { tcbInfoChain: '\n'.repeat(300_000) },
  ],
  [
    'a private key among the certificates',
    'tcb-info-chain',
    'certificate/malformed',
    {},
    {
      tcbInfoChain: `-----BEGIN EC PRIVATE KEY-----\nAAAA\n-----END EC PRIVATE KEY-----\n${chainOf(signer, root)}`,
    },
  ],
  [
    'a list of nothing, many times',
    'pck-revocation',
    'revocation/malformed',
    {},
    { pckCrl: element(DER.sequence, nulls(65_000)) },
  ],
  ['a list in a list, and so on', 'pck-revocation', 'revocation/malformed', {}, { pckCrl: nested(5000) }],
  [
    'a list of indefinite length',
    'pck-revocation',
    'revocation/malformed',
    {},
    { pckCrl: Uint8Array.of(0x30, 0x80, 0, 0) },
  ],
  ['an empty list', 'pck-revocation', 'revocation/malformed', {}, { pckCrl: new Uint8Array() }],
  [
    'two lists',
    'pck-revocation',
    'revocation/malformed',
    {},
    { pckCrl: twice(makeRevocationList({ issuer: authority })) },
  ],
  [
    'a list of 3,000 processors, and this one',
    'pck-revocation',
    'certificate/revoked',
    {},
    {
      pckCrl: {
        revoked: [
          ...Array.from({ length: 3000 }, (_, i) => ({ serial: i + 10, at: DURING })),
          { serial: 3, at: DURING },
        ],
      },
    },
  ],
  [
    'signed JSON as deep as it may be',
    'tcb-info-content',
    'collateral/tcb-info-malformed',
    {},
    { tcbInfoText: () => `${'['.repeat(2400)}${']'.repeat(2400)}` },
  ],
  [
    'signed JSON that is deeper',
    'tcb-info-content',
    'collateral/tcb-info-malformed',
    {},
    { tcbInfoText: () => '['.repeat(100_000) },
  ],
  [
    'signed JSON that is longer',
    'qe-identity-content',
    'collateral/qe-identity-malformed',
    {},
    { qeIdentityText: () => JSON.stringify('a'.repeat(MAX_SIGNED_JSON)) },
  ],
  [
    "a signer's key of RSA",
    'tcb-info-signature',
    'collateral/tcb-info-signature-invalid',
    {},
    { tcbInfoChain: chainOf(signerWith('RSA-2048'), root) },
  ],
  [
    "a signer's key on another curve",
    'tcb-info-signature',
    'collateral/tcb-info-signature-invalid',
    {},
    { tcbInfoChain: chainOf(signerWith('P-384'), root) },
  ],
];

function nested(depth: number): Uint8Array {
  let inner = new Uint8Array();
  for (let i = 0; i < depth; i++) inner = new Uint8Array(element(DER.sequence, inner));
  return inner;
}

function twice(bytes: Uint8Array): Uint8Array {
  return concat(bytes, bytes);
}

function makeCircle() {
  return makeAuthority({ subject: 'Intel SGX Root CA', keys: root.keys, pathLength: 0 });
}

function signerWith(type: 'RSA-2048' | 'P-384') {
  return makeCertificate({ subject: 'Intel SGX TCB Signing', keys: testKeys(type), issuer: root });
}

describe('a hostile document', () => {
  it.each(ROWS)('%s', async (_how, name, code, quote, collateral) => {
    const { checks } = await verify(quote, collateral);
    const failed = checks.filter(({ status }) => status === 'fail');
    expect(failed).toMatchObject([{ name, code }]);
  });

  it('is not read beyond its limits', async () => {
    const run = (quote: Uint8Array, collateral: Uint8Array) =>
      reasonOfAsync(() => verifyDcap({ quote, collateral, asOf: DURING }));
    const [quote, collateral] = [makeQuote(), makeCollateral()];
    expect(await run(new Uint8Array(MAX_QUOTE_BYTES + 1), collateral)).toBe('quote/malformed');
    expect(await run(quote, new Uint8Array(MAX_COLLATERAL_BYTES + 1))).toBe('collateral/malformed');
    expect(await run(quote, utf8(`{"a":${'['.repeat(1_000_000)}`))).toBe('collateral/malformed');
    expect(await run(quote, utf8(`{${'"a":"",'.repeat(100_000)}"b":""}`))).toBe('collateral/malformed');
    // What gzip makes of a bomb is no quote, and nothing here unpacks anything.
    expect(await run(Uint8Array.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0), collateral)).toBe(
      'quote/version-unsupported',
    );
  });

  it('cannot borrow parts of another one', async () => {
    // Another house under the same root: every signature in it is good, and none is for this quote.
    const other = makeHouse(root);
    const chain = chainOf(other.processor, other.authority, other.root);
    for (const [quote, collateral] of [
      [{ certification: { data: concatAll([utf8(chain), Uint8Array.of(0)]) } }, {}],
      [{ attestationKey: other.processor.keys.spki.subarray(-64) }, {}],
      [{ quoteSigner: other.processor.keys }, {}],
      [{}, { tcbInfoChain: chainOf(other.signer, root) }],
      [{}, { qeIdentityChain: chainOf(other.signer, root) }],
      [{}, { pckCrl: { issuer: other.authority } }],
      [{}, { rootCrl: { issuer: STRANGER.root } }],
    ] as const)
      expect(statusOf((await verify(quote, collateral)).checks)).toBe('refused');
  });

  it("of a simulated attester is never taken for hardware's", async () => {
    const quote = makeQuote();
    const simulated = await verifyDcap({
      quote,
      collateral: null,
      asOf: DURING,
      roots: [{ ...pinned(root), simulated: true }],
    });
    expect(simulated.root?.simulated).toBe(true);
    const real = await verifyDcap({ quote, collateral: null, asOf: DURING });
    expect(real.root).toBeNull();
    expect(statusOf(real.checks)).toBe('refused');
  });
});
