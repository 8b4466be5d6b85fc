/** Which part of somebody else's receipt a file is, by what stands in it. Nothing is believed of that: whoever reads the part reads all of it. */
import type { ImportFormat } from '../../../appraise/imports/imported.js';
import { fromBase64 } from '../../../bytes/base64.js';
import { fromHex, toHex } from '../../../bytes/hex.js';
import { fromUtf8 } from '../../../bytes/octets.js';
import { Failure } from '../../../reason.js';

export const PARTS = [
  'request',
  'response',
  'key',
  'certificate',
  'attestation',
  'batch',
  'signature',
  'report',
  'receipt',
  'session',
] as const;
export type PartName = (typeof PARTS)[number];

export interface GivenFile {
  readonly path: string;
  readonly bytes: Uint8Array;
}

/** Who is asked about on the command line. */
export type Origin = Exclude<ImportFormat, 'opengradient-batch'>;

/** Of those that an exchange can have several of. */
const REPEATABLE: readonly PartName[] = ['session', 'key'];

export type GivenParts = ReadonlyMap<PartName, readonly Uint8Array[]>;

/** Throws `import/kind-unknown` or `import/part-doubled`, naming the file. */
export function partsOf(origin: Origin, files: readonly GivenFile[]): GivenParts {
  const parts = new Map<PartName, Uint8Array[]>();
  for (const { path, bytes } of files) {
    const found = DETECTORS[origin](contentOf(bytes));
    if (found === null) throw new Failure('import/kind-unknown', { field: path });
    const known = parts.get(found.name) ?? [];
    if (known.length > 0 && !REPEATABLE.includes(found.name))
      throw new Failure('import/part-doubled', { field: path, detail: found.name });
    parts.set(found.name, [...known, found.bytes]);
  }
  return parts;
}

interface Content {
  readonly bytes: Uint8Array;
  /** What stands there in hexadecimal or base64; the bytes themselves where nothing does. */
  readonly binary: Uint8Array;
  readonly text: string;
  /** Names of the members, where it is an object of JSON. */
  readonly members: readonly string[];
}

interface Found {
  readonly name: PartName;
  readonly bytes: Uint8Array;
}

const DETECTORS: Readonly<Record<Origin, (content: Content) => Found | null>> = {
  opengradient: ({ bytes, binary, text, members }) => {
    if (members.includes('leafEncoding')) return { name: 'batch', bytes };
    if (members.includes('tee_signature') || /^(?:data|event|id|:)/.test(text))
      return { name: 'response', bytes };
    if (members.includes('messages') || members.includes('prompt')) return { name: 'request', bytes };
    if (members.includes('public_key') || text.startsWith('-----BEGIN PUBLIC KEY'))
      return { name: 'key', bytes };
    if (text.startsWith('-----BEGIN CERTIFICATE')) return { name: 'certificate', bytes };
    return isNitro(binary) ? { name: 'attestation', bytes: binary } : null;
  },
  near: ({ bytes, members }) => {
    if (members.includes('signature') && members.includes('text')) return { name: 'signature', bytes };
    const isReport = ['intel_quote', 'gateway_attestation', 'model_attestations'].some(name =>
      members.includes(name),
    );
    return isReport ? { name: 'report', bytes } : null;
  },
  aci: ({ bytes, members }) => {
    if (members.includes('event_log')) return { name: 'receipt', bytes };
    if (members.includes('attestation')) return { name: 'report', bytes };
    return members.includes('established_at') ? { name: 'session', bytes } : null;
  },
  air: ({ binary }) => {
    const isReceipt = toHex(binary.subarray(0, AIR_START.length / 2)) === AIR_START;
    return { name: isReceipt ? 'receipt' : 'attestation', bytes: binary };
  },
};

/** The tag of COSE_Sign1, an array of four, and the one protected header that receipts have. */
const AIR_START = 'd28446a2012703183d';

function isNitro(bytes: Uint8Array): boolean {
  return bytes[0] === 0x84 || (bytes[0] === 0xd2 && bytes[1] === 0x84);
}

function contentOf(bytes: Uint8Array): Content {
  const text = (fromUtf8(bytes) ?? '').trim();
  const joined = /^[\sA-Za-z0-9+/=]+$/.test(text) ? text.replaceAll(/\s/g, '') : '';
  const decoded = joined === '' ? null : (fromHex(joined.toLowerCase()) ?? fromBase64(joined));
  return { bytes, binary: decoded ?? bytes, text, members: membersOf(text) };
}

function membersOf(text: string): readonly string[] {
  if (!text.startsWith('{')) return [];
  try {
    return Object.keys(JSON.parse(text) as object);
  } catch {
    return [];
  }
}
