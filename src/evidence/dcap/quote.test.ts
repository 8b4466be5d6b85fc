import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FORMS, type Form, HOUSE, makeQuote, u16, u32 } from '../../../test/support/evidence/dcap.js';
import { failureOf, reasonOf } from '../../../test/support/failure.js';
import { mutants } from '../../../test/support/mutation.js';
import { thorough } from '../../../test/support/thoroughness.js';
import { concat } from '../../bytes/octets.js';
import { Failure, type ReasonCode } from '../../reason.js';
import { MAX_QUOTE_BYTES, parseQuote } from './quote.js';

/** Where the parts of the tests' quotes begin; all else follows. */
const BODY = { 'sgx-3': 48, 'sgx-4': 48, 'sgx-5': 54, 'tdx-4': 48, 'tdx-5': 54, 'tdx-5-1.5': 54 } as const;
const SIZE = {
  'sgx-3': 384,
  'sgx-4': 384,
  'sgx-5': 384,
  'tdx-4': 584,
  'tdx-5': 584,
  'tdx-5-1.5': 648,
} as const;
const signedEnd = (form: Form) => BODY[form] + SIZE[form];
const reportAt = (form: Form) => signedEnd(form) + 4 + 128 + (form === 'sgx-3' ? 0 : 6);

/** The quote with some bytes in place of its own. */
function patched(form: Form, at: number, bytes: Uint8Array): Uint8Array {
  const quote = makeQuote({ form });
  quote.set(bytes, at);
  return quote;
}

describe('a quote', () => {
  it.each(FORMS)('%s: its parts stand where the specification has them', form => {
    const bytes = makeQuote({ form, authData: new Uint8Array(5).fill(3) });
    const quote = parseQuote(bytes);
    expect(quote.version).toBe(Number(form[4]));
    expect(quote.tee).toBe(form.slice(0, 3));
    expect(quote.userData).toEqual(new Uint8Array(20).fill(0x55));
    expect(quote.signedBytes).toEqual(bytes.slice(0, signedEnd(form)));
    const at = reportAt(form);
    expect(quote.qeReportBytes).toEqual(bytes.slice(at, at + 384));
    expect(quote.signature).toEqual(bytes.slice(signedEnd(form) + 4, signedEnd(form) + 68));
    expect(quote.attestationKey).toEqual(bytes.slice(signedEnd(form) + 68, signedEnd(form) + 132));
    expect(quote.authData).toEqual(new Uint8Array(5).fill(3));
    expect(quote.certification).toMatchObject({ type: 5, data: bytes.slice(at + 384 + 64 + 2 + 5 + 6) });
  });

  it.each(['sgx-3', 'sgx-4', 'sgx-5'] as const)('%s: has the report of an enclave', form => {
    expect(parseQuote(makeQuote({ form })).body).toMatchObject({
      kind: 'enclave',
      mrEnclave: new Uint8Array(32).fill(0xae),
      mrSigner: new Uint8Array(32).fill(0x22),
      isvProdId: 7,
      isvSvn: 8,
      reportData: new Uint8Array(64).fill(0x0d),
    });
  });

  it.each(['tdx-4', 'tdx-5', 'tdx-5-1.5'] as const)('%s: has the report of a trust domain', form => {
    const is15 = form.endsWith('1.5');
    expect(parseQuote(makeQuote({ form })).body).toMatchObject({
      kind: 'td',
      form: is15 ? '1.5' : '1.0',
      teeTcbSvn: Uint8Array.from([6, 1, 3, ...new Array(13).fill(0)]),
      mrSeam: new Uint8Array(48).fill(0x5e),
      tdAttributes: Uint8Array.of(0, 0, 0, 0x10, 0, 0, 0, 0),
      xfam: Uint8Array.of(0xe7, 0, 0, 0, 0, 0, 0, 0),
      mrTd: new Uint8Array(48).fill(0xd0),
      rtMr: [0xa0, 0xa1, 0xa2, 0xa3].map(value => new Uint8Array(48).fill(value)),
      reportData: new Uint8Array(64).fill(0x0d),
      teeTcbSvn2: is15 ? Uint8Array.from([6, 1, 3, ...new Array(13).fill(0)]) : null,
      mrServiceTd: is15 ? new Uint8Array(48) : null,
    });
  });

  it('keeps nothing of the buffer that it was read from', () => {
    const bytes = makeQuote();
    const quote = parseQuote(bytes);
    bytes.fill(0);
    expect(quote.body.reportData).toEqual(new Uint8Array(64).fill(0x0d));
  });
});

describe('the bytes that no signature covers', () => {
  const sizes = (form: Form, trailing = 0) =>
    parseQuote(makeQuote({ form, trailing: new Uint8Array(trailing) })).uncovered.map(({ from, to }) => [
      from,
      to - from,
    ]);

  it.each(FORMS)('%s: are lengths and types, and what follows', form => {
    const end = makeQuote({ form }).length;
    const certificates = reportAt(form) + 384 + 64 + 2 + 32;
    const framing = [
      [signedEnd(form), 4],
      ...(form === 'sgx-3' ? [] : [[signedEnd(form) + 132, 6]]),
      [certificates, 6],
    ];
    expect(sizes(form)).toEqual(framing);
    expect(sizes(form, 70)).toEqual([...framing, [end, 70]]);
  });

  it('are also those of certification data that is no certificate', () => {
    const { uncovered } = parseQuote(makeQuote({ certification: { type: 3, data: new Uint8Array(404) } }));
    expect(uncovered.at(-1)).toMatchObject({ from: 1258, to: 1258 + 404 });
  });
});

describe('refused', () => {
  const AT = reportAt('tdx-4');
  const rows: readonly (readonly [string, ReasonCode, string | undefined, Uint8Array])[] = [
    ['nothing', 'quote/malformed', 'version', new Uint8Array()],
    ['version 2', 'quote/version-unsupported', undefined, patched('tdx-4', 0, u16(2))],
    ['version 6', 'quote/version-unsupported', undefined, patched('tdx-4', 0, u16(6))],
    [
      'a version in big-endian',
      'quote/version-unsupported',
      undefined,
      patched('tdx-4', 0, Uint8Array.of(0, 4)),
    ],
    ['a key on P-384', 'quote/key-type-unsupported', undefined, patched('tdx-4', 2, u16(3))],
    ['EPID', 'quote/key-type-unsupported', undefined, patched('tdx-4', 2, u16(0))],
    ['another TEE', 'quote/tee-unknown', undefined, patched('tdx-4', 4, u32(0x82))],
    ['a TEE of four octets', 'quote/tee-unknown', undefined, patched('tdx-4', 4, u32(0x10081))],
    ['TDX in version 3', 'quote/malformed', 'TEE type', patched('sgx-3', 4, u32(0x81))],
    ['an enclave in TDX', 'quote/malformed', 'type of the body', patched('tdx-5', 48, u16(1))],
    ['a trust domain in SGX', 'quote/malformed', 'type of the body', patched('sgx-5', 48, u16(2))],
    ['another body', 'quote/malformed', 'type of the body', patched('tdx-5', 48, u16(4))],
    ['a body of another length', 'quote/malformed', 'length of the body', patched('tdx-5', 50, u32(583))],
    [
      'a body of 1.5 with the length of 1.0',
      'quote/malformed',
      'length of the body',
      patched('tdx-5', 48, u16(3)),
    ],
    [
      'signature data beyond the end',
      'quote/malformed',
      'length of the signature data',
      patched('tdx-4', 632, u32(0xffffffff)),
    ],
    [
      'signature data that ends too soon',
      'quote/malformed',
      'length of the certification data',
      patched('tdx-4', 632, u32(100)),
    ],
    [
      'no signature data',
      'quote/malformed',
      'length of the certification data',
      patched('tdx-4', 632, u32(0)),
    ],
    [
      'certification data of another type',
      'quote/malformed',
      'type of the certification data',
      patched('tdx-4', 764, u16(5)),
    ],
    [
      'certification data of another length',
      'quote/malformed',
      'length of the certification data',
      patched('tdx-4', 766, u32(9)),
    ],
    [
      'authentication data to the end',
      'quote/malformed',
      'authentication data',
      patched('tdx-4', AT + 448, u16(0xffff)),
    ],
    [
      'authentication data that is longer by one',
      'quote/malformed',
      'length of the certificates',
      patched('tdx-4', AT + 448, u16(33)),
    ],
    [
      'certificates of another length',
      'quote/malformed',
      'length of the certificates',
      patched('tdx-4', 1254, u32(1)),
    ],
    [
      'certificates of any length',
      'quote/malformed',
      'length of the certificates',
      patched('tdx-4', 1254, u32(0xffffffff)),
    ],
    ['too many bytes', 'quote/malformed', 'quote', makeQuote({ trailing: new Uint8Array(MAX_QUOTE_BYTES) })],
  ];

  it.each(rows)('%s: %s (%s)', (_what, code, field, bytes) => {
    const failure = failureOf(() => parseQuote(bytes));
    expect([failure.code, failure.field]).toEqual([code, field]);
  });

  it.each(FORMS)('%s: wherever it is cut', form => {
    const bytes = makeQuote({ form });
    for (let length = 0; length < bytes.length; length += length < 1400 ? 1 : thorough(1, 97))
      expect(reasonOf(() => parseQuote(bytes.slice(0, length)))).toBe('quote/malformed');
  });

  it('whatever strangers make of it: one of four codes, or a quote whose parts are those bytes', () => {
    const codes: readonly ReasonCode[] = [
      'quote/malformed',
      'quote/version-unsupported',
      'quote/tee-unknown',
      'quote/key-type-unsupported',
    ];
    const samples = FORMS.map(form => makeQuote({ form, chain: [HOUSE.root] }));
    fc.assert(
      fc.property(mutants(samples), bytes => {
        try {
          const quote = parseQuote(bytes);
          const covered = bytes.length - quote.uncovered.reduce((sum, { from, to }) => sum + to - from, 0);
          const parts = [
            ...[quote.signedBytes, quote.signature, quote.attestationKey, quote.qeReportBytes],
            ...[quote.qeReportSignature, quote.authData],
            quote.certification.type === 5 ? quote.certification.data : new Uint8Array(),
          ];
          expect(concat(...parts).length + 2).toBe(covered);
        } catch (error) {
          if (!(error instanceof Failure)) throw error;
          expect(codes).toContain(error.code);
        }
      }),
      { numRuns: thorough(5000, 300) },
    );
  });
});
