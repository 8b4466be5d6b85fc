/** Whether the certificates of a chain still count, by whatever their authorities have said: answers of OCSP responders and revocation lists. */

import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import { equal } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';
import { onceRead } from '../once-read.js';
import type { Certificate } from './certificate.js';
import { answerAbout, checkOcspAnswer, type OcspResponse, parseOcspResponse } from './ocsp.js';
import { checkNotRevoked, parseRevocationList, type RevocationList } from './revocation-list.js';

/** Archived words of authorities, in DER and in any order; what is of other certificates is left alone. */
export interface RevocationData {
  readonly ocsp?: readonly Uint8Array[];
  readonly revocationLists?: readonly Uint8Array[];
  /** SHA-256 of the SubjectPublicKeyInfo of OCSP responders that the caller trusts as he trusts the issuers: those of an organisation's own. */
  readonly trustedResponders?: readonly Uint8Array[];
}

/** More than one for each certificate of three chains. */
const MAX_PIECES = 32;
/** Of all answers together, and of all lists: genuine answers have 2 KiB, so that 32 of them need a quarter. */
const MAX_BYTES = 256 * 1024;

/** What authorities have said, read. */
export interface Words {
  readonly responses: readonly OcspResponse[];
  readonly lists: readonly RevocationList[];
  /** SHA-256 of SubjectPublicKeyInfo. */
  readonly trustedResponders: readonly Uint8Array[];
}

/**
 * Reads what was given when it is first asked for, the same bytes once however often they were given. Nothing in it is believed yet.
 *
 * The function throws what `parseOcspResponse` and `parseRevocationList` throw, and `ocsp/malformed` or `revocation/malformed` for more than anybody needs.
 */
export function readWords({
  ocsp = [],
  revocationLists = [],
  trustedResponders = [],
}: RevocationData): () => Words {
  return onceRead(() => ({
    responses: distinct(ocsp, 'ocsp/malformed').map(parseOcspResponse),
    lists: distinct(revocationLists, 'revocation/malformed').map(parseRevocationList),
    trustedResponders,
  }));
}

function distinct(
  pieces: readonly Uint8Array[],
  code: 'ocsp/malformed' | 'revocation/malformed',
): readonly Uint8Array[] {
  if (pieces.length > MAX_PIECES) throw new Failure(code, { detail: `${pieces.length} of them` });
  const total = pieces.reduce((sum, { length }) => sum + length, 0);
  if (total > MAX_BYTES) throw new Failure(code, { detail: `${total} bytes` });
  return [...new Map(pieces.map(piece => [toHex(sha256(piece)), piece])).values()];
}

/**
 * The places in the chain, from `first` on and without the root, of certificates that nothing given says anything of; empty when all of them
 * are good at `asOf` (Unix seconds). The chain itself must have been checked.
 *
 * Throws what reading `words` throws, and what `checkOcspAnswer` and `checkNotRevoked` throw, with the certificate's place as the field.
 */
export async function unknownToAuthorities(
  chain: readonly Certificate[],
  first: number,
  words: () => Words,
  asOf: number,
): Promise<readonly number[]> {
  const { responses, lists, trustedResponders } = words();
  const unknown: number[] = [];
  for (let place = first; place < chain.length - 1; place++) {
    const certificate = chain[place] as Certificate;
    const issuer = chain[place + 1] as Certificate;
    const checks = [
      ...responses.flatMap(response => {
        const answer = answerAbout(response, certificate, issuer);
        return answer === null
          ? []
          : [() => checkOcspAnswer(response, answer, issuer, asOf, trustedResponders)];
      }),
      ...lists
        .filter(list => equal(list.issuer, issuer.subject))
        .map(list => () => checkNotRevoked(certificate, issuer, list, asOf)),
    ];
    for (const check of checks) await at(place, check);
    if (checks.length === 0) unknown.push(place);
  }
  return unknown;
}

async function at(place: number, check: () => Promise<void>): Promise<void> {
  try {
    await check();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const detail = error.detail === undefined ? {} : { detail: error.detail };
    throw new Failure(error.code, { field: `certificate ${place}`, ...detail });
  }
}
