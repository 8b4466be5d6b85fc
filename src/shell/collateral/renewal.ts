/** The newest collateral for kept evidence, from the makers of its hardware. */
import type { Material } from '../../appraise/kept/material.js';
import type { PieceRole } from '../../appraise/kept/roles.js';
import type { FreshCollateral, FreshPiece } from '../../appraise/kept/standing.js';
import { fromUtf8 } from '../../bytes/octets.js';
import { deviceOf, FIRST_ISSUED } from '../../evidence/nvidia/device.js';
import { parseManifest } from '../../evidence/nvidia/rim/manifest.js';
import { parseSpdm } from '../../evidence/nvidia/spdm.js';
import { statedFields } from '../../evidence/nvidia/stated.js';
import { endorsementOf } from '../../evidence/snp/endorsement.js';
import { type Certificate, parseCertificate } from '../../evidence/x509/certificate.js';
import { certificatesFromPem } from '../../evidence/x509/pem.js';
import { Failure } from '../../reason.js';
import type { AmdCollateral } from './amd.js';
import type { Fetched, IntelCollateral } from './intel.js';
import type { NvidiaCollateral } from './nvidia.js';

/** Whom to ask; what is left out is not renewed. */
export interface Makers {
  readonly intel?: IntelCollateral;
  readonly amd?: AmdCollateral;
  readonly nvidia?: NvidiaCollateral;
}

type Attempt = (role: PieceRole, fetch: () => Promise<Fetched>) => Promise<FreshPiece | null>;

export class Renewal implements FreshCollateral {
  readonly #makers: Makers;

  constructor(makers: Makers) {
    this.#makers = makers;
  }

  async renew(
    material: Material,
    _asOf: number,
    onProblem: (problem: Error) => void,
  ): Promise<readonly FreshPiece[]> {
    const attempt: Attempt = async (role, fetch) => {
      try {
        return { role, ...(await fetch()) };
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        onProblem(error);
        return null;
      }
    };
    try {
      return (await this.#pieces(material, attempt)).filter(piece => piece !== null);
    } catch (error) {
      // A kept piece that cannot be read says nothing about what to ask for; the judgement says what is wrong with it.
      if (!(error instanceof Failure)) throw error;
      onProblem(error);
      return [];
    }
  }

  async #pieces(material: Material, attempt: Attempt): Promise<readonly (FreshPiece | null)[]> {
    const { intel, amd, nvidia } = this.#makers;
    switch (material.kind) {
      case 'tdx':
      case 'sgx':
        return intel === undefined
          ? []
          : [await attempt('collateral', () => intel.forQuote(one(material, 'quote')))];
      case 'sev-snp':
        return amd === undefined
          ? []
          : [await attempt('revocation-list', async () => amd.revocations(productOf(material)))];
      case 'nvidia':
        return nvidia === undefined ? [] : ofDevice(material, nvidia, attempt);
      case 'nitro':
      case 'nras':
        return [];
    }
  }
}

function productOf(material: Material) {
  const [certificate] = [...all(material, 'vcek'), ...all(material, 'vlek')];
  const product = certificate === undefined ? null : endorsementOf(parseCertificate(certificate)).product;
  if (product === null)
    throw new Failure('snp/product-mismatch', { detail: 'a line that is not known here' });
  return product;
}

async function ofDevice(
  material: Material,
  nvidia: NvidiaCollateral,
  attempt: Attempt,
): Promise<readonly (FreshPiece | null)[]> {
  const chain = certificatesFromPem(fromUtf8(one(material, 'chain')) ?? '');
  const { manifests } = statedFields(parseSpdm(one(material, 'evidence')), deviceOf(chain));
  const named: readonly (readonly ['driver-manifest' | 'firmware-manifest', string | null])[] = [
    ['driver-manifest', manifests.driver],
    ['firmware-manifest', manifests.firmware],
  ];
  const pieces: (FreshPiece | null)[] = [];
  const questions: (readonly [Certificate, Certificate])[] = pairs(chain, FIRST_ISSUED);
  for (const [role, name] of named) {
    const fresh = name === null ? null : await attempt(role, () => nvidia.manifest(name));
    pieces.push(fresh);
    const bytes = fresh?.bytes ?? all(material, role)[0];
    if (bytes !== undefined) questions.push(...pairs(parseManifest(bytes).chain, 0));
  }
  for (const [certificate, issuer] of questions)
    pieces.push(await attempt('ocsp', () => nvidia.status(certificate, issuer)));
  return pieces;
}

/** Each certificate from `first` on with the one that has issued it, but for the root. */
function pairs(chain: readonly Certificate[], first: number): (readonly [Certificate, Certificate])[] {
  return chain.slice(first, -1).map((certificate, at) => [certificate, chain[first + at + 1] as Certificate]);
}

function all({ pieces }: Material, role: PieceRole): readonly Uint8Array[] {
  return pieces.filter(piece => piece.role === role).map(({ bytes }) => bytes);
}

function one(material: Material, role: PieceRole): Uint8Array {
  const [bytes] = all(material, role);
  if (bytes === undefined) throw new Failure('archive/pieces-unfit', { field: role, detail: '0 of them' });
  return bytes;
}
