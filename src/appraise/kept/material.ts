/**
 * Evidence with all that it is judged with, as pieces in roles and as what the verifiers take: each can be made of the other, so that what was judged
 * once can be kept, and judged again by whoever has the pieces.
 */
import { fromUtf8, utf8 } from '../../bytes/octets.js';
import { parseQuote } from '../../evidence/dcap/quote.js';
import type { NvidiaArchitecture } from '../../evidence/nvidia/device.js';
import type { NrasTrust } from '../../evidence/nvidia/nras/key-set.js';
import type { EvidenceKind } from '../../evidence/report.js';
import type { SnpProduct } from '../../evidence/snp/product.js';
import type { SnpRoot } from '../../evidence/snp/roots.js';
import type { PinnedRoot } from '../../evidence/x509/chain.js';
import { Failure } from '../../reason.js';
import type { EvidencePart } from '../evidence/appraised.js';
import { formatPolicy, parsePolicy } from './policy-text.js';
import type { Piece, PieceRole } from './roles.js';

/** Evidence with all that it is judged with. */
export interface Material {
  readonly kind: EvidenceKind;
  readonly pieces: readonly Piece[];
}

/** Whom the one who judges relies on: by default the makers' own roots. They are never taken from what is judged. */
export interface EvidenceTrust {
  readonly nitro?: readonly PinnedRoot[];
  readonly snp?: readonly SnpRoot[];
  readonly dcap?: readonly PinnedRoot[];
  readonly nvidia?: readonly PinnedRoot[];
  readonly nvidiaReference?: readonly PinnedRoot[];
  /** SHA-256 of the SubjectPublicKeyInfo of OCSP responders of one's own. */
  readonly responders?: readonly Uint8Array[];
  /** Nobody, if it is left out: the attestation service has no root of its own. */
  readonly nras?: NrasTrust;
}

/**
 * What the verifier of that kind takes, for a judgement at `asOf` (Unix seconds). Throws `archive/pieces-unfit` or `archive/policy-malformed` for
 * material that is none.
 */
export function partOf({ kind, pieces }: Material, asOf: number, trust: EvidenceTrust = {}): EvidencePart {
  return PARTS[kind](new Pieces(pieces), asOf, trust);
}

/** The pieces of what was judged, all but times and roots. Throws what `parseQuote` throws for a quote that is none, or `archive/policy-malformed`. */
export function materialOf(part: EvidencePart): Material {
  switch (part.kind) {
    case 'nitro': {
      const { input, policy } = part;
      return material('nitro', { document: input.document, policy: formatPolicy('nitro', policy) });
    }
    case 'sev-snp': {
      const { report, signer, authority, root, product, revocations } = part.input;
      return material('sev-snp', {
        report,
        [signer.kind]: signer.certificate,
        authority,
        root,
        product: textPiece(product),
        'revocation-list': revocations,
        policy: formatPolicy('sev-snp', part.policy),
      });
    }
    case 'dcap': {
      const { quote, collateral } = part.input;
      const { tee } = parseQuote(quote);
      return material(tee, {
        quote,
        collateral: collateral ?? undefined,
        policy: formatPolicy(tee, part.policy),
      });
    }
    case 'nvidia': {
      const { input, policy } = part;
      const { certificateChain: chain, revocation = {} } = input;
      return material('nvidia', {
        evidence: input.evidence,
        chain: typeof chain === 'string' ? utf8(chain) : chain,
        nonce: input.nonce,
        architecture: textPiece(input.architecture),
        'driver-manifest': input.driverManifest,
        'firmware-manifest': input.firmwareManifest,
        ocsp: revocation.ocsp,
        'revocation-list': revocation.revocationLists,
        policy: formatPolicy('nvidia', policy),
      });
    }
    case 'nras': {
      const { answer, keys, nonce, issuer } = part.input;
      const policy = formatPolicy('nras', part.policy);
      return material('nras', { answer, keys, nonce, issuer: textPiece(issuer), policy });
    }
  }
}

type Given = Readonly<Partial<Record<PieceRole, Uint8Array | readonly Uint8Array[] | undefined>>>;

function material(kind: EvidenceKind, given: Given): Material {
  const pieces = Object.entries(given).flatMap(([role, value = []]) =>
    (value instanceof Uint8Array ? [value] : value).map(
      (bytes): Piece => ({ role: role as PieceRole, bytes }),
    ),
  );
  return { kind, pieces };
}

function textPiece(text: string | undefined): Uint8Array | undefined {
  return text === undefined ? undefined : utf8(text);
}

type MakePart = (pieces: Pieces, asOf: number, trust: EvidenceTrust) => EvidencePart;

const dcap: MakePart = (pieces, asOf, { dcap: roots }) => ({
  kind: 'dcap',
  input: {
    quote: pieces.one('quote'),
    collateral: pieces.optional('collateral') ?? null,
    asOf,
    ...(roots === undefined ? {} : { roots }),
  },
  policy: parsePolicy('tdx', pieces.one('policy')),
});

const PARTS: Readonly<Record<EvidenceKind, MakePart>> = {
  nitro: (pieces, asOf, { nitro: roots }) => ({
    kind: 'nitro',
    input: { document: pieces.one('document'), asOf, ...(roots === undefined ? {} : { roots }) },
    policy: parsePolicy('nitro', pieces.one('policy')),
  }),
  'sev-snp': (pieces, asOf, { snp: roots }) => {
    const kind = pieces.optional('vcek') === undefined ? 'vlek' : 'vcek';
    const [authority, root, revocations] = (['authority', 'root', 'revocation-list'] as const).map(role =>
      pieces.optional(role),
    );
    const product = pieces.choice<SnpProduct>('product', ['milan', 'genoa', 'turin']);
    return {
      kind: 'sev-snp',
      input: {
        report: pieces.one('report'),
        signer: { kind, certificate: pieces.one(kind) },
        asOf,
        ...(authority === undefined ? {} : { authority }),
        ...(root === undefined ? {} : { root }),
        ...(revocations === undefined ? {} : { revocations }),
        ...(product === null ? {} : { product }),
        ...(roots === undefined ? {} : { roots }),
      },
      policy: parsePolicy('sev-snp', pieces.one('policy')),
    };
  },
  tdx: dcap,
  sgx: dcap,
  nvidia: (pieces, asOf, trust) => {
    const [nonce, driverManifest, firmwareManifest] = (
      ['nonce', 'driver-manifest', 'firmware-manifest'] as const
    ).map(role => pieces.optional(role));
    const architecture = pieces.choice<NvidiaArchitecture>('architecture', [
      'hopper',
      'blackwell',
      'nvswitch',
    ]);
    return {
      kind: 'nvidia',
      input: {
        evidence: pieces.one('evidence'),
        certificateChain: pieces.one('chain'),
        asOf,
        revocation: {
          ocsp: pieces.all('ocsp'),
          revocationLists: pieces.all('revocation-list'),
          ...(trust.responders === undefined ? {} : { trustedResponders: trust.responders }),
        },
        ...(nonce === undefined ? {} : { nonce }),
        ...(architecture === null ? {} : { architecture }),
        ...(driverManifest === undefined ? {} : { driverManifest }),
        ...(firmwareManifest === undefined ? {} : { firmwareManifest }),
        ...(trust.nvidia === undefined ? {} : { roots: trust.nvidia }),
        ...(trust.nvidiaReference === undefined ? {} : { referenceRoots: trust.nvidiaReference }),
      },
      policy: parsePolicy('nvidia', pieces.one('policy')),
    };
  },
  nras: (pieces, asOf, { nras: trust = {} }) => {
    const nonce = pieces.optional('nonce');
    const issuer = pieces.text('issuer');
    return {
      kind: 'nras',
      input: {
        answer: pieces.one('answer'),
        keys: pieces.one('keys'),
        trust,
        asOf,
        ...(nonce === undefined ? {} : { nonce }),
        ...(issuer === null ? {} : { issuer }),
      },
      policy: parsePolicy('nras', pieces.one('policy')),
    };
  },
};

class Pieces {
  readonly #pieces: readonly Piece[];

  constructor(pieces: readonly Piece[]) {
    this.#pieces = pieces;
  }

  all(role: PieceRole): readonly Uint8Array[] {
    return this.#pieces.filter(piece => piece.role === role).map(({ bytes }) => bytes);
  }

  optional(role: PieceRole): Uint8Array | undefined {
    return this.all(role)[0];
  }

  one(role: PieceRole): Uint8Array {
    const bytes = this.optional(role);
    if (bytes === undefined) throw new Failure('archive/pieces-unfit', { field: role, detail: '0 of them' });
    return bytes;
  }

  text(role: PieceRole): string | null {
    const bytes = this.optional(role);
    if (bytes === undefined) return null;
    const text = fromUtf8(bytes);
    if (text === null) throw new Failure('archive/pieces-unfit', { field: role, detail: 'no text' });
    return text;
  }

  choice<Choice extends string>(role: PieceRole, choices: readonly Choice[]): Choice | null {
    const text = this.text(role);
    if (text === null) return null;
    const choice = choices.find(each => each === text);
    if (choice === undefined)
      throw new Failure('archive/pieces-unfit', { field: role, detail: 'another text' });
    return choice;
  }
}
