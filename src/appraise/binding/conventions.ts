/**
 * How evidence carries what it is bound to. Hardware signs a few bytes of the software's own choice, and what stands in them is a matter of
 * agreement: whoever asks names the agreement, and nothing is guessed. All agreements are in one table.
 */
import { sha256, sha512 } from '../../bytes/cryptography.js';
import { fromHex } from '../../bytes/hex.js';
import { concatAll, equal } from '../../bytes/octets.js';
import type { HardwareReport } from '../evidence/appraised.js';

/**
 * What a value is made of. `key`: the octets of the key with which receipts are signed (of Ed25519, 32), or of whatever key the software calls its own. `tls`: SHA-256 of
 * the SubjectPublicKeyInfo at which TLS ends. `statement`: the octets of our own statement. `gpu-nonce`: what the GPU was asked with.
 * `report-data`: what the quote of the CPU carries, which the GPU is then asked with.
 */
export type Ingredient = 'key' | 'tls' | 'nonce' | 'statement' | 'gpu-nonce' | 'report-data';

export interface Convention {
  /** `plain`: the ingredients one after another. `first-32`: of that, the first 32 bytes. */
  readonly form: 'plain' | 'first-32' | 'sha-256' | 'sha-512';
  readonly of: readonly Ingredient[];
}

export const CONVENTIONS = {
  'plain-nonce': { form: 'plain', of: ['nonce'] },
  'plain-key': { form: 'plain', of: ['key'] },
  'plain-tls': { form: 'plain', of: ['tls'] },
  'plain-key-nonce': { form: 'plain', of: ['key', 'nonce'] },
  'plain-tls-nonce': { form: 'plain', of: ['tls', 'nonce'] },
  'plain-gpu-nonce': { form: 'plain', of: ['gpu-nonce'] },
  'sha-256-nonce': { form: 'sha-256', of: ['nonce'] },
  'sha-256-key': { form: 'sha-256', of: ['key'] },
  'sha-256-key-nonce': { form: 'sha-256', of: ['key', 'nonce'] },
  'sha-256-tls-nonce': { form: 'sha-256', of: ['tls', 'nonce'] },
  'sha-256-key-tls': { form: 'sha-256', of: ['key', 'tls'] },
  'sha-256-key-tls-nonce': { form: 'sha-256', of: ['key', 'tls', 'nonce'] },
  'sha-256-gpu-nonce': { form: 'sha-256', of: ['gpu-nonce'] },
  'sha-256-key-gpu-nonce': { form: 'sha-256', of: ['key', 'gpu-nonce'] },
  'sha-512-nonce': { form: 'sha-512', of: ['nonce'] },
  'sha-512-key': { form: 'sha-512', of: ['key'] },
  'sha-512-key-nonce': { form: 'sha-512', of: ['key', 'nonce'] },
  'sha-512-tls-nonce': { form: 'sha-512', of: ['tls', 'nonce'] },
  'sha-512-key-tls': { form: 'sha-512', of: ['key', 'tls'] },
  'sha-512-key-tls-nonce': { form: 'sha-512', of: ['key', 'tls', 'nonce'] },
  'sha-512-key-gpu-nonce': { form: 'sha-512', of: ['key', 'gpu-nonce'] },
  /** That of our own gateway: spec/binding.md. */
  'sha-256-statement': { form: 'sha-256', of: ['statement'] },
  'first-32-report-data': { form: 'first-32', of: ['report-data'] },
  'sha-256-report-data': { form: 'sha-256', of: ['report-data'] },
} as const satisfies Readonly<Record<string, Convention>>;

export type ConventionName = keyof typeof CONVENTIONS;
export const CONVENTION_NAMES = Object.keys(CONVENTIONS) as readonly ConventionName[];

/** The fields that the software fills, by what evidence calls them. What the host puts in (SEV-SNP's host data) shows nothing about the software. */
export const CARRYING_FIELDS = ['nonce', 'userData', 'publicKey', 'reportData'] as const;
export type CarryingField = (typeof CARRYING_FIELDS)[number];

/** What stands in a field. One of fixed size is filled up with zeros behind the value. */
export interface Carrier {
  readonly value: Uint8Array | null;
  readonly size: 'fixed' | 'free';
}

export type Carriers = Readonly<Partial<Record<CarryingField, Carrier>>>;

export function carriersOf({ kind, fields }: HardwareReport): Carriers {
  const free = (value: Uint8Array | null): Carrier => ({ value, size: 'free' });
  const fixed = (value: Uint8Array): Carrier => ({ value, size: 'fixed' });
  switch (kind) {
    case 'nitro':
      return {
        nonce: free(fields.nonce),
        userData: free(fields.userData),
        publicKey: free(fields.publicKey),
      };
    case 'sev-snp':
      return { reportData: fixed(fields.reportData) };
    case 'tdx':
    case 'sgx':
      return { reportData: fixed(fields.body.reportData) };
    case 'nvidia':
      return { nonce: fixed(fields.nonce) };
    case 'nras':
      return { nonce: free(fromHex(fields.nonce?.toLowerCase() ?? '')) };
  }
}

/** What a field must hold by that convention; null where an ingredient is missing. */
export function valueBy(
  { form, of }: Convention,
  ingredients: Readonly<Partial<Record<Ingredient, Uint8Array>>>,
): Uint8Array | null {
  const parts: Uint8Array[] = [];
  for (const name of of) {
    const part = ingredients[name];
    if (part === undefined) return null;
    parts.push(part);
  }
  const joined = concatAll(parts);
  switch (form) {
    case 'plain':
      return joined;
    case 'first-32':
      return joined.subarray(0, 32);
    case 'sha-256':
      return sha256(joined);
    case 'sha-512':
      return sha512(joined);
  }
}

export function holds({ value, size }: Carrier, expected: Uint8Array): boolean {
  if (value === null || expected.length === 0) return false;
  if (size === 'free' || expected.length >= value.length) return equal(value, expected);
  const padded = new Uint8Array(value.length);
  padded.set(expected);
  return equal(value, padded);
}
