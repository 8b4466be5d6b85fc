/**
 * What a piece of evidence consists of and what it was judged with, each part as bytes in a role: that is how it is kept, and all that a judgement
 * needs beside a time and pinned roots.
 */
import type { EvidenceKind } from '../../evidence/report.js';
import { Failure } from '../../reason.js';

export type PieceRole =
  | 'document'
  | 'report'
  | 'vcek'
  | 'vlek'
  | 'authority'
  | 'root'
  | 'product'
  | 'quote'
  | 'collateral'
  | 'evidence'
  | 'chain'
  | 'nonce'
  | 'architecture'
  | 'driver-manifest'
  | 'firmware-manifest'
  | 'ocsp'
  | 'revocation-list'
  | 'answer'
  | 'keys'
  | 'issuer'
  | 'policy';

export interface Piece {
  readonly role: PieceRole;
  readonly bytes: Uint8Array;
}

/** How many pieces of a role there are: `one`, `none or one`, or up to {@link MAX_OF_A_ROLE}. */
type Count = 'one' | 'optional' | 'many';

export interface KindRoles {
  /** The evidence itself, which the record is about. */
  readonly subject: PieceRole;
  readonly counts: Readonly<Partial<Record<PieceRole, Count>>>;
  /** What its publisher replaces as time goes by: a later judgement takes the newest of it. */
  readonly renewable: readonly PieceRole[];
}

export const MAX_OF_A_ROLE = 32;
/** Of all pieces of one record: none of the kinds has more roles. */
export const MAX_PIECES = 80;
/** Collateral is the largest, of a megabyte at most. */
export const MAX_PIECE_BYTES = 1024 * 1024;
/** Of all pieces of one record. */
export const MAX_MATERIAL_BYTES = 4 * MAX_PIECE_BYTES;

const DCAP: KindRoles = {
  subject: 'quote',
  counts: { quote: 'one', collateral: 'optional', policy: 'one' },
  renewable: ['collateral'],
};

/**
 * The roles of each kind. Texts are in UTF-8: `product` and `architecture` as the types of those names have them, `issuer` as the service writes it.
 * Certificates and lists are in DER, `chain` in PEM, `nonce` raw.
 */
export const ROLES: Readonly<Record<EvidenceKind, KindRoles>> = {
  nitro: { subject: 'document', counts: { document: 'one', policy: 'one' }, renewable: [] },
  'sev-snp': {
    subject: 'report',
    counts: {
      report: 'one',
      vcek: 'optional',
      vlek: 'optional',
      authority: 'optional',
      root: 'optional',
      product: 'optional',
      'revocation-list': 'optional',
      policy: 'one',
    },
    renewable: ['revocation-list'],
  },
  tdx: DCAP,
  sgx: DCAP,
  nvidia: {
    subject: 'evidence',
    counts: {
      evidence: 'one',
      chain: 'one',
      nonce: 'optional',
      architecture: 'optional',
      'driver-manifest': 'optional',
      'firmware-manifest': 'optional',
      ocsp: 'many',
      'revocation-list': 'many',
      policy: 'one',
    },
    renewable: ['driver-manifest', 'firmware-manifest', 'ocsp', 'revocation-list'],
  },
  nras: {
    subject: 'answer',
    counts: { answer: 'one', keys: 'one', nonce: 'optional', issuer: 'optional', policy: 'one' },
    renewable: [],
  },
};

/** Whether there are as many of each role as the kind has. Throws `archive/pieces-unfit`, naming the role. */
export function checkRoles(kind: EvidenceKind, roles: readonly PieceRole[]): void {
  const { counts } = ROLES[kind];
  if (roles.length > MAX_PIECES) throw unfit('pieces', `${roles.length} of them`);
  const stranger = roles.find(role => !Object.hasOwn(counts, role));
  if (stranger !== undefined) throw unfit(stranger, 'not of this kind');
  for (const [role, count] of Object.entries(counts)) {
    const found = roles.filter(each => each === role).length;
    if (found > (count === 'many' ? MAX_OF_A_ROLE : 1) || (count === 'one' && found === 0))
      throw unfit(role, `${found} of them`);
  }
  // The certificate of the key that signed a report is of one kind or the other.
  if (kind === 'sev-snp' && roles.includes('vcek') === roles.includes('vlek'))
    throw unfit('vcek', 'not one of vcek and vlek');
}

/** Whether the pieces fit in number, role and length. Throws `archive/pieces-unfit`. */
export function checkPieces(kind: EvidenceKind, pieces: readonly Piece[]): void {
  checkRoles(
    kind,
    pieces.map(({ role }) => role),
  );
  let total = 0;
  for (const { role, bytes } of pieces) {
    if (bytes.length > MAX_PIECE_BYTES) throw unfit(role, `${bytes.length} bytes`);
    total += bytes.length;
  }
  if (total > MAX_MATERIAL_BYTES) throw unfit('pieces', `${total} bytes`);
}

function unfit(field: string, detail: string): Failure {
  return new Failure('archive/pieces-unfit', { field, detail });
}
