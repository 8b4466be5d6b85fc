import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import '../../shell/node.js';
import {
  generalizedTime,
  makeOcspResponse,
  makeResponder,
  type OcspOptions,
  ocspSigning,
} from '../../../test/support/evidence/ocsp-maker.js';
import {
  BEGIN,
  DURING,
  extension,
  keyUsage,
  makeAuthority,
  makeCertificate,
  testKeys,
} from '../../../test/support/evidence/x509-maker.js';
import { failureOf, reasonOf, reasonOfAsync } from '../../../test/support/failure.js';
import { mutants, parseOrRefuse } from '../../../test/support/mutation.js';
import { thorough } from '../../../test/support/thoroughness.js';
import { sha256 } from '../../bytes/cryptography.js';
import { contextTag, DER } from '../../bytes/der.js';
import { boolean, element, octetString } from '../../bytes/der-writer.js';
import { concat } from '../../bytes/octets.js';
import { parseCertificate } from './certificate.js';
import { answerAbout, checkOcspAnswer, parseOcspResponse, UNDATED_ANSWER_LIFE } from './ocsp.js';

const authority = makeAuthority({ subject: 'authority' });
const stranger = makeAuthority({ subject: 'stranger' });
const subject = makeCertificate({ subject: 'somebody', issuer: authority, serial: 77 });
const responder = makeResponder(authority);
const issuer = parseCertificate(authority.certificate);
const certificate = parseCertificate(subject.certificate);

const made = (options: Partial<OcspOptions> = {}) =>
  makeOcspResponse({
    certificate: subject.certificate,
    issuer: authority.certificate,
    responder,
    ...options,
  });

async function verdict(bytes: Uint8Array, asOf = DURING, trusted: readonly Uint8Array[] = []): Promise<void> {
  const response = parseOcspResponse(bytes);
  const answer = answerAbout(response, certificate, issuer);
  if (answer === null) throw new Error('the response says nothing of the certificate');
  await checkOcspAnswer(response, answer, issuer, asOf, trusted);
}

describe('an answer of an OCSP responder (RFC 6960)', () => {
  it.each<[string, Partial<OcspOptions>]>([
    ['of a responder whom the issuer has authorised', {}],
    ['of the issuer itself', { responder: authority, certificates: [] }],
    ['of a responder that is named by its key', { named: 'by key' }],
    ['of the issuer, named by its key', { responder: authority, named: 'by key', certificates: [] }],
    ['about a certificate in SHA-256', { hash: 'sha256' }],
    ['about a certificate in SHA-384', { hash: 'sha384' }],
    [
      'with a version that is said',
      { members: all => [element(contextTag(0), element(DER.integer, Uint8Array.of(0))), ...all] },
    ],
    [
      'with a nonce, critical or not',
      { responseExtensions: [extension('1.3.6.1.5.5.7.48.1.2', octetString(Uint8Array.of(1)), true)] },
    ],
    [
      'with an extension that says nothing that we need',
      { answerExtensions: [extension('1.2.3', Uint8Array.of(5, 0))] },
    ],
  ])('%s counts', async (_, options) => {
    await verdict(made(options));
  });

  it.each(['revoked', 'on-hold', 'unknown'] as const)('%s is not good', async status => {
    const code = {
      revoked: 'certificate/revoked',
      'on-hold': 'certificate/on-hold',
      unknown: 'ocsp/status-unknown',
    };
    expect(await reasonOfAsync(() => verdict(made({ status })))).toBe(code[status]);
  });

  it('counts from its time on until the next one comes', async () => {
    const bytes = made({ thisUpdate: DURING, nextUpdate: DURING + 10 });
    await verdict(bytes, DURING);
    await verdict(bytes, DURING + 10);
    expect(await reasonOfAsync(() => verdict(bytes, DURING - 1))).toBe('ocsp/not-yet-valid');
    expect(await reasonOfAsync(() => verdict(bytes, DURING + 11))).toBe('ocsp/expired');
    const own = made({ responder: authority, certificates: [] });
    expect(await reasonOfAsync(() => verdict(own, Number.NaN))).toBe('ocsp/not-yet-valid');
  });

  it('counts for a day where it does not say when the next one comes', async () => {
    const bytes = made({ thisUpdate: DURING, nextUpdate: null });
    await verdict(bytes, DURING + UNDATED_ANSWER_LIFE);
    expect(await reasonOfAsync(() => verdict(bytes, DURING + UNDATED_ANSWER_LIFE + 1))).toBe('ocsp/expired');
  });

  it('is about no other certificate', () => {
    const response = parseOcspResponse(made());
    const another = parseCertificate(
      makeCertificate({ subject: 'other', issuer: authority, serial: 78 }).certificate,
    );
    const foreign = parseCertificate(
      makeCertificate({ subject: 'somebody', issuer: stranger, serial: 77 }).certificate,
    );
    expect(answerAbout(response, certificate, issuer)).not.toBeNull();
    expect(answerAbout(response, another, issuer)).toBeNull();
    expect(answerAbout(response, foreign, parseCertificate(stranger.certificate))).toBeNull();
    expect(answerAbout(response, certificate, parseCertificate(stranger.certificate))).toBeNull();
  });
});

describe('who may answer', () => {
  const foreign = makeResponder(stranger);
  const imposter = makeResponder({ name: authority.name, keys: testKeys('P-384') });
  it.each<[string, Partial<OcspOptions>]>([
    ['a responder of another authority', { responder: foreign }],
    ['another authority', { responder: stranger }],
    ['whoever names himself after the issuer', { responder: imposter }],
    ['a responder without a certificate', { certificates: [] }],
    [
      'a certificate that is not for this',
      { responder: makeResponder(authority, { extensions: [keyUsage('digitalSignature')] }) },
    ],
    [
      'a certificate for something else',
      {
        responder: makeResponder(authority, {
          extensions: [
            extension('2.5.29.37', element(DER.sequence, element(DER.objectIdentifier, Uint8Array.of(0x2a)))),
          ],
        }),
      },
    ],
    [
      'a certificate whose purposes cannot be read',
      { responder: makeResponder(authority, { extensions: [extension('2.5.29.37', Uint8Array.of(1))] }) },
    ],
    [
      'a key that may not sign documents',
      { responder: makeResponder(authority, { extensions: [keyUsage('keyCertSign'), ocspSigning()] }) },
    ],
    ['a responder of later', { responder: makeResponder(authority, { notBefore: DURING + 1 }) }],
    ['a responder of before', { responder: makeResponder(authority, { notAfter: DURING - 1 }) }],
    [
      'a certificate that says more than we read',
      {
        responder: makeResponder(authority, {
          extensions: [ocspSigning(), extension('1.2.3', Uint8Array.of(5, 0), true)],
        }),
      },
    ],
  ])('%s may not', async (_, options) => {
    expect(await reasonOfAsync(() => verdict(made(options)))).toBe('ocsp/responder-unauthorized');
  });

  it('whom the caller trusts himself', async () => {
    await verdict(made({ responder: foreign }), DURING, [sha256(foreign.keys.spki)]);
    expect(
      await reasonOfAsync(() => verdict(made({ responder: foreign }), DURING, [sha256(imposter.keys.spki)])),
    ).toBe('ocsp/responder-unauthorized');
  });

  it('nobody with another key than that of the certificate', async () => {
    const other = { ...responder, keys: testKeys('P-384') };
    expect(await reasonOfAsync(() => verdict(made({ responder: other })))).toBe('ocsp/signature-invalid');
    const curve = { ...responder, keys: testKeys('P-256') };
    expect(await reasonOfAsync(() => verdict(made({ responder: curve })))).toBe('ocsp/signature-invalid');
  });
});

describe('what is no response', () => {
  it('one in which the responder declines', () => {
    const failure = failureOf(() => parseOcspResponse(made({ error: 3 })));
    expect(failure).toMatchObject({ code: 'ocsp/unsuccessful', detail: 'status 3' });
  });

  const seconds = generalizedTime(BEGIN);
  it.each<[string, Partial<OcspOptions>]>([
    ['a way of naming certificates that is not read', { hash: 'sha512' }],
    [
      'a critical extension of the response',
      { responseExtensions: [extension('1.2.3', Uint8Array.of(5, 0), true)] },
    ],
    [
      'a critical extension of the answer',
      { answerExtensions: [extension('1.2.3', Uint8Array.of(5, 0), true)] },
    ],
    [
      'another version',
      { members: all => [element(contextTag(0), element(DER.integer, Uint8Array.of(1))), ...all] },
    ],
    ['a part too many', { members: all => [...all, seconds] }],
    [
      'no answer',
      { members: ([who, when]) => [who as Uint8Array, when as Uint8Array, element(DER.sequence)] },
    ],
    [
      'too many answers',
      {
        members: ([who, when, answers]) => [
          who as Uint8Array,
          when as Uint8Array,
          element(DER.sequence, ...Array.from({ length: 65 }, () => (answers as Uint8Array).subarray(4))),
        ],
      },
    ],
    ['nobody as responder', { members: ([, ...rest]) => [element(contextTag(3)), ...rest] }],
    ['too many certificates', { certificates: Array.from({ length: 5 }, () => responder.certificate) }],
    ['a certificate that is none', { certificates: [element(DER.sequence)] }],
    ['an answer with a part too many', { answer: all => [...all, boolean(true)] }],
    [
      'a status that is none',
      { answer: ([id, , ...rest]) => [id as Uint8Array, element(contextTag(3, 'primitive')), ...rest] },
    ],
    [
      'good with something in it',
      {
        answer: ([id, , ...rest]) => [
          id as Uint8Array,
          element(contextTag(0, 'primitive'), Uint8Array.of(0)),
          ...rest,
        ],
      },
    ],
    [
      'a revocation without a time',
      { answer: ([id, , ...rest]) => [id as Uint8Array, element(contextTag(1)), ...rest] },
    ],
    [
      'a revocation with a part too many',
      {
        answer: ([id, , ...rest]) => [
          id as Uint8Array,
          element(
            contextTag(1),
            seconds,
            element(contextTag(0), element(DER.enumerated, Uint8Array.of(1))),
            seconds,
          ),
          ...rest,
        ],
      },
    ],
  ])('%s', (_, options) => {
    expect(reasonOf(() => parseOcspResponse(made(options)))).toBe('ocsp/malformed');
  });

  it.each([
    ['nothing', new Uint8Array()],
    ['64 KiB and more', new Uint8Array(65 * 1024)],
    ['something behind it', concat(made(), Uint8Array.of(0))],
    ['success without a response', element(DER.sequence, element(DER.enumerated, Uint8Array.of(0)))],
    [
      'another type of response',
      element(
        DER.sequence,
        element(DER.enumerated, Uint8Array.of(0)),
        element(
          contextTag(0),
          element(
            DER.sequence,
            element(DER.objectIdentifier, Uint8Array.of(0x2a)),
            octetString(element(DER.sequence)),
          ),
        ),
      ),
    ],
  ])('%s', (_, bytes) => {
    expect(reasonOf(() => parseOcspResponse(bytes))).toBe('ocsp/malformed');
  });
});

describe('whatever is changed in a response', () => {
  const bytes = made();
  const CODES = ['ocsp/malformed', 'ocsp/unsuccessful'] as const;

  it('no flipped byte leaves it good, but in certificates that say the same', async () => {
    const step = thorough(1, 7);
    for (let at = 0; at < bytes.length; at += step) {
      const changed = bytes.slice();
      changed[at] = (changed[at] as number) ^ (1 << (at % 8));
      const response = parseOrRefuse(() => parseOcspResponse(changed), CODES);
      const answer = response === undefined ? null : answerAbout(response, certificate, issuer);
      if (response === undefined || answer === null) continue;
      expect(await reasonOfAsync(() => checkOcspAnswer(response, answer, issuer, DURING))).toMatch(/^ocsp\//);
    }
  });

  it('it is read or refused', () => {
    fc.assert(
      fc.property(mutants([bytes, made({ status: 'on-hold', named: 'by key' })]), mutant => {
        parseOrRefuse(() => parseOcspResponse(mutant), CODES);
      }),
      { numRuns: thorough(5000, 300) },
    );
  });
});
