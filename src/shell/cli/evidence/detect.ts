/** Which kind of evidence a file is, by its first octets. Nothing is believed of it: the verifier of the kind reads it all. */
import { fromBase64 } from '../../../bytes/base64.js';
import { fromHex } from '../../../bytes/hex.js';
import { fromUtf8 } from '../../../bytes/octets.js';
import { type EvidenceItem, parseEvidenceFile } from '../../../evidence/nvidia/evidence-file.js';
import { SNP_REPORT_BYTES } from '../../../evidence/snp/layout.js';
import { Failure } from '../../../reason.js';

type Binary<Kind extends string> = Kind extends string
  ? { readonly kind: Kind; readonly bytes: Uint8Array }
  : never;

export type Detected =
  | Binary<'nitro' | 'snp' | 'dcap' | 'spdm' | 'nras'>
  /** A file of NVIDIA's tools, which has the certificates in it. */
  | { readonly kind: 'nvidia-file'; readonly devices: readonly EvidenceItem[] };

/** Header and the smallest body. */
const LEAST_QUOTE = 48 + 384;
const COSE_ARRAY = 0x84;
const COSE_SIGN1_TAG = 0xd2;

/** Also of what stands in the file in hexadecimal or base64. Throws `evidence/kind-unknown`, or `nvidia/file-malformed`. */
export function detect(file: Uint8Array): Detected {
  const text = fromUtf8(file)?.trim() ?? '';
  // The service's answer begins with a list, the tools' file with an object.
  if (/^\[\s*\[/.test(text)) return { kind: 'nras', bytes: file };
  if (text.startsWith('[')) return { kind: 'nvidia-file', devices: parseEvidenceFile(file) };
  const [binary] = [file, decoded(text)].filter(bytes => bytes !== null && kindOf(bytes) !== null);
  const kind = binary == null ? null : kindOf(binary);
  if (binary == null || kind === null) throw new Failure('evidence/kind-unknown');
  return { kind, bytes: binary };
}

function kindOf(bytes: Uint8Array): 'nitro' | 'snp' | 'dcap' | 'spdm' | null {
  if (bytes.length === SNP_REPORT_BYTES) return 'snp';
  const [first, second, third, fourth] = bytes;
  if (first === COSE_ARRAY || (first === COSE_SIGN1_TAG && second === COSE_ARRAY)) return 'nitro';
  if (first === 0x11 && second === 0xe0) return 'spdm';
  // The version and the kind of the attestation key, both small numbers of two octets.
  const isHeader =
    second === 0 && fourth === 0 && (first ?? 0) >= 3 && (first ?? 0) <= 9 && (third ?? 9) <= 3;
  return isHeader && bytes.length >= LEAST_QUOTE ? 'dcap' : null;
}

function decoded(text: string): Uint8Array | null {
  const joined = text.replaceAll(/\s/g, '');
  return joined === '' ? null : (fromHex(joined.toLowerCase()) ?? fromBase64(joined));
}
