/**
 * The certificates that a host gives its guests along with SNP reports: a table of ids, offsets and lengths, and behind it the certificates in DER. Source:
 * AMD 56421 (SEV-ES guest-hypervisor communication block), §4.1.8.1.
 *
 * The host is not trusted: whoever judges the report checks the certificates up to AMD's root.
 */
import { fromHex, toHex } from '../../bytes/hex.js';
import { Failure } from '../../reason.js';

const ENTRY = 24;
const MAX_ENTRIES = 32;
const IDS = {
  vcek: '63da758de6644564adc5f4b93be8accd',
  vlek: 'a8074bc2a25a483eaae639c045a0b8a1',
  ask: '4ab7b379bbac4fe4a02f05aef327c782',
  ark: 'c0b406a4a803495297433fb6014cd0ae',
} as const;
export type SnpCertificateName = keyof typeof IDS;

/** By their names, in DER. Throws `attester/unavailable` for a table that contradicts itself. */
export function snpCertificates(table: Uint8Array): ReadonlyMap<SnpCertificateName, Uint8Array> {
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  const found = new Map<SnpCertificateName, Uint8Array>();
  for (let entry = 0; ; entry++) {
    const at = entry * ENTRY;
    if (entry >= MAX_ENTRIES || at + ENTRY > table.length) throw malformed('a table without an end');
    const id = table.subarray(at, at + 16);
    if (id.every(octet => octet === 0)) return found;
    const [offset, length] = [view.getUint32(at + 16, true), view.getUint32(at + 20, true)];
    if (offset + length > table.length) throw malformed('a certificate beyond the end');
    const name = NAMES.get(toHex(id));
    if (name !== undefined) found.set(name, table.slice(offset, offset + length));
  }
}

/** Ids are written in both orders of octets that UUIDs have; the two of one name are of no other. */
const NAMES: ReadonlyMap<string, SnpCertificateName> = new Map(
  (Object.keys(IDS) as SnpCertificateName[]).flatMap(name => [
    [IDS[name], name] as const,
    [mixed(IDS[name]), name] as const,
  ]),
);

/** The first three fields with their least octet first, as Microsoft writes them. */
function mixed(id: string): string {
  const octets = fromHex(id) as Uint8Array;
  const field = (from: number, to: number) => octets.slice(from, to).reverse();
  return toHex(Uint8Array.of(...field(0, 4), ...field(4, 6), ...field(6, 8), ...octets.subarray(8)));
}

function malformed(detail: string): Failure {
  return new Failure('attester/unavailable', { field: 'auxblob', detail });
}
