/** Evidence of every kind with all that it takes to judge it, made under roots of the tests, with which nothing is wrong at {@link DURING}. */

import type { EvidenceTrust, Material } from '../../../src/appraise/kept/material.js';
import { formatPolicy, USUAL_POLICY } from '../../../src/appraise/kept/policy-text.js';
import type { Piece, PieceRole } from '../../../src/appraise/kept/roles.js';
import { toHex } from '../../../src/bytes/hex.js';
import { utf8 } from '../../../src/bytes/octets.js';
import type { EvidenceKind } from '../../../src/evidence/report.js';
import { makeCollateral, makeQuote, ROOT } from './dcap.js';
import { makeNitro, NITRO_TEST_ROOTS } from './nitro.js';
import { makeNrasHouse, makeNrasInput } from './nras.js';
import { makeDevice, makeInput, makeWordOfAuthorities } from './nvidia.js';
import { makeSnp, snpPki } from './snp.js';
import { DURING, END, makeRevocationList } from './x509-maker.js';

export interface TestMaterial {
  readonly material: Material;
  readonly trust: EvidenceTrust;
}

/** Made when it is first asked for. */
const made = new Map<EvidenceKind, TestMaterial>();

export function testMaterial(kind: EvidenceKind): TestMaterial {
  const known = made.get(kind) ?? make(kind);
  made.set(kind, known);
  return known;
}

export const KINDS: readonly EvidenceKind[] = ['nitro', 'sev-snp', 'tdx', 'sgx', 'nvidia', 'nras'];

/** The material with other bytes in one role, or without it. */
export function withPiece({ kind, pieces }: Material, role: PieceRole, bytes: Uint8Array | null): Material {
  const others = pieces.filter(piece => piece.role !== role);
  return { kind, pieces: bytes === null ? others : [...others, { role, bytes }] };
}

export function pieceOf({ pieces }: Material, role: PieceRole): Uint8Array {
  const found = pieces.find(piece => piece.role === role);
  if (found === undefined) throw new Error(`no ${role}`);
  return found.bytes;
}

function make(kind: EvidenceKind): TestMaterial {
  switch (kind) {
    case 'nitro':
      return material(kind, { document: makeNitro() }, { nitro: NITRO_TEST_ROOTS });
    case 'sev-snp': {
      const { report, signer, authority, root, roots = [] } = makeSnp();
      const list = makeRevocationList({ issuer: snpPki('milan').ark, thisUpdate: DURING, nextUpdate: END });
      return material(
        kind,
        {
          report,
          [signer.kind]: signer.certificate,
          authority,
          root,
          product: utf8('milan'),
          'revocation-list': list,
        },
        { snp: roots },
      );
    }
    case 'tdx':
    case 'sgx': {
      const quote = makeQuote({ form: kind === 'tdx' ? 'tdx-4' : 'sgx-3' });
      return material(kind, { quote, collateral: makeCollateral({ tee: kind }) }, { dcap: [ROOT] });
    }
    case 'nvidia': {
      const house = makeDevice();
      const input = makeInput(house);
      const chain = input.certificateChain as string;
      const pieces = material(
        kind,
        {
          evidence: input.evidence,
          chain: utf8(chain),
          nonce: input.nonce,
          architecture: utf8('hopper'),
          'driver-manifest': input.driverManifest,
          'firmware-manifest': input.firmwareManifest,
        },
        { nvidia: input.roots ?? [], nvidiaReference: input.referenceRoots ?? [] },
      );
      const ocsp = makeWordOfAuthorities(house).map((bytes): Piece => ({ role: 'ocsp', bytes }));
      return { ...pieces, material: { kind, pieces: [...pieces.material.pieces, ...ocsp] } };
    }
    case 'nras': {
      const { answer, keys, trust, nonce } = makeNrasInput(makeNrasHouse());
      return material(kind, { answer, keys, nonce }, { nras: trust });
    }
  }
}

function material<Kind extends EvidenceKind>(
  kind: Kind,
  pieces: Readonly<Partial<Record<PieceRole, Uint8Array | undefined>>>,
  trust: EvidenceTrust,
): TestMaterial {
  const all = { ...pieces, policy: formatPolicy(kind, USUAL_POLICY[kind]) };
  return {
    trust,
    material: {
      kind,
      pieces: Object.entries(all).flatMap(([role, bytes]) =>
        bytes === undefined ? [] : [{ role: role as PieceRole, bytes }],
      ),
    },
  };
}

/** The names of pieces, for comparing. */
export function namesOf({ pieces }: Material): readonly string[] {
  return pieces.map(({ role, bytes }) => `${role} ${toHex(bytes)}`).sort();
}
