/** Whether the certificates of a chain still count, by whatever their authorities have said: answers of OCSP responders and revocation lists. */

import { equal } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';
import type { Certificate } from './certificate.js';
import { answerAbout, checkOcspAnswer, parseOcspResponse } from './ocsp.js';
import { checkNotRevoked, parseRevocationList } from './revocation-list.js';

/** Archived words of authorities, in DER and in any order; what is of other certificates is left alone. */
export interface RevocationData {
  readonly ocsp?: readonly Uint8Array[];
  readonly revocationLists?: readonly Uint8Array[];
  /** SHA-256 of the SubjectPublicKeyInfo of OCSP responders that the caller trusts as he trusts the issuers: those of an organisation's own. */
  readonly trustedResponders?: readonly Uint8Array[];
}

/** More than one for each certificate of three chains. */
const MAX_PIECES = 32;

/**
 * The places in the chain, from `first` on and without the root, of certificates that nothing given says anything of; empty when all of them
 * are good at `asOf` (Unix seconds). The chain itself must have been checked.
 *
 * Throws what `parseOcspResponse`, `checkOcspAnswer`, `parseRevocationList` and `checkNotRevoked` throw, with the certificate's place as the
 * field, and `ocsp/malformed` or `revocation/malformed` for more pieces than anybody needs.
 */
export async function unknownToAuthorities(
  chain: readonly Certificate[],
  first: number,
  { ocsp = [], revocationLists = [], trustedResponders = [] }: RevocationData,
  asOf: number,
): Promise<readonly number[]> {
  if (ocsp.length > MAX_PIECES) throw new Failure('ocsp/malformed', { detail: `${ocsp.length} responses` });
  if (revocationLists.length > MAX_PIECES)
    throw new Failure('revocation/malformed', { detail: `${revocationLists.length} lists` });
  const responses = ocsp.map(parseOcspResponse);
  const lists = revocationLists.map(parseRevocationList);
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
