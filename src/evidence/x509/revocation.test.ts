import { describe, expect, it } from 'vitest';
import {
  makeOcspResponse,
  makeResponder,
  type OcspOptions,
} from '../../../test/support/evidence/ocsp-maker.js';
import {
  BEGIN,
  DURING,
  END,
  makeAuthority,
  makeCertificate,
  makeRevocationList,
} from '../../../test/support/evidence/x509-maker.js';
import { install, sha256 } from '../../bytes/cryptography.js';
import { Failure } from '../../reason.js';
import { nodeCryptography } from '../../shell/node.js';
import { parseCertificate } from './certificate.js';
import { type RevocationData, readWords, unknownToAuthorities } from './revocation.js';

const root = makeAuthority({ subject: 'root' });
const middle = makeAuthority({ subject: 'middle', issuer: root, serial: 20 });
const leaf = makeCertificate({ subject: 'leaf', issuer: middle, serial: 10 });
const identities = [leaf, middle, root] as const;
const chain = identities.map(({ certificate }) => parseCertificate(certificate));

const answerOn = (place: 0 | 1, options: Partial<OcspOptions> = {}) => {
  const issuer = identities[place + 1] as typeof root;
  return makeOcspResponse({
    certificate: identities[place].certificate,
    issuer: issuer.certificate,
    responder: makeResponder(issuer),
    ...options,
  });
};
const listOf = (issuer: typeof root, ...serials: readonly number[]) =>
  makeRevocationList({ issuer, nextUpdate: END, revoked: serials.map(serial => ({ serial, at: BEGIN })) });

/** The places that nothing is said of, or why it is refused and where. */
async function verdict(data: RevocationData, first = 0, asOf = DURING): Promise<unknown> {
  try {
    return await unknownToAuthorities(chain, first, readWords(data), asOf);
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    return `${error.code} ${error.field}`;
  }
}

describe('whether authorities have taken back a certificate of a chain', () => {
  it.each<[string, RevocationData, readonly number[]]>([
    ['nothing', {}, [0, 1]],
    ['empty lists of both kinds', { ocsp: [], revocationLists: [] }, [0, 1]],
    ['an answer about the first', { ocsp: [answerOn(0)] }, [1]],
    ['an answer about the second', { ocsp: [answerOn(1)] }, [0]],
    ['answers in any order', { ocsp: [answerOn(1), answerOn(0)] }, []],
    ['a list of one authority', { revocationLists: [listOf(root)] }, [0]],
    ['lists of both', { revocationLists: [listOf(root, 10), listOf(middle, 20)] }, []],
    ['an answer and a list', { ocsp: [answerOn(0)], revocationLists: [listOf(root)] }, []],
    [
      'a list of somebody else',
      { revocationLists: [listOf(makeAuthority({ subject: 'other' }), 10)] },
      [0, 1],
    ],
  ])('%s: unknown remain %j', async (_, data, unknown) => {
    expect(await verdict(data)).toEqual(unknown);
  });

  it('the root is asked about nowhere, and those before the first neither', async () => {
    expect(await verdict({ revocationLists: [listOf(root)] }, 1)).toEqual([]);
    expect(await verdict({}, 1)).toEqual([1]);
    expect(await verdict({}, 2)).toEqual([]);
    const revoked = { ocsp: [answerOn(0, { status: 'revoked' })] };
    expect(await verdict(revoked, 1)).toEqual([1]);
  });

  it.each<[string, RevocationData, string]>([
    ['an answer', { ocsp: [answerOn(0, { status: 'revoked' })] }, 'certificate/revoked certificate 0'],
    ['a hold', { ocsp: [answerOn(1, { status: 'on-hold' })] }, 'certificate/on-hold certificate 1'],
    ['ignorance', { ocsp: [answerOn(1, { status: 'unknown' })] }, 'ocsp/status-unknown certificate 1'],
    ['a list', { revocationLists: [listOf(middle, 10)] }, 'certificate/revoked certificate 0'],
    [
      'the worse of two answers, in any order',
      { ocsp: [answerOn(0), answerOn(0, { status: 'revoked' })] },
      'certificate/revoked certificate 0',
    ],
    [
      'a list against an answer',
      { ocsp: [answerOn(0)], revocationLists: [listOf(middle, 10)] },
      'certificate/revoked certificate 0',
    ],
    [
      'an answer that is too old',
      { ocsp: [answerOn(0, { nextUpdate: DURING - 1 })] },
      'ocsp/expired certificate 0',
    ],
    [
      'an answer of somebody else',
      { ocsp: [answerOn(0, { responder: makeResponder(root) })] },
      'ocsp/responder-unauthorized certificate 0',
    ],
    ['an answer that is none', { ocsp: [Uint8Array.of(0x30, 0)] }, 'ocsp/malformed undefined'],
    ['a list that is none', { revocationLists: [Uint8Array.of(0x30, 0)] }, 'revocation/malformed undefined'],
  ])('%s refuses the chain', async (_, data, expected) => {
    expect(await verdict(data)).toBe(expected);
  });

  it('responders that the caller trusts count for every authority', async () => {
    const responder = makeResponder(makeAuthority({ subject: 'organisation' }));
    const ocsp = [answerOn(0, { responder }), answerOn(1, { responder })];
    expect(await verdict({ ocsp })).toBe('ocsp/responder-unauthorized certificate 0');
    expect(await verdict({ ocsp, trustedResponders: [sha256(responder.keys.spki)] })).toEqual([]);
  });

  it.each<[string, RevocationData, string]>([
    ['more answers than anybody needs', { ocsp: new Array(33).fill(answerOn(0)) }, 'ocsp/malformed'],
    ['more lists', { revocationLists: new Array(33).fill(listOf(root)) }, 'revocation/malformed'],
    ['more bytes of answers', { ocsp: new Array(5).fill(new Uint8Array(64 * 1024)) }, 'ocsp/malformed'],
    [
      'more bytes of lists',
      { revocationLists: [listOf(root), new Uint8Array(256 * 1024)] },
      'revocation/malformed',
    ],
  ])('%s are not read', async (_, data, code) => {
    expect(await verdict(data)).toBe(`${code} undefined`);
  });

  it('the same word counts once, however often it is given', async () => {
    let signatures = 0;
    install({
      ...nodeCryptography,
      verifyForeign: (...of) => {
        signatures++;
        return nodeCryptography.verifyForeign(...of);
      },
    });
    try {
      expect(await verdict({ revocationLists: new Array(32).fill(listOf(root)) })).toEqual([0]);
    } finally {
      install(nodeCryptography);
    }
    expect(signatures).toBe(1);
  });
});
