/** The parts of somebody else's receipt, handed to whoever judges its format. */
import { importAci } from '../../../appraise/imports/aci.js';
import { importAir } from '../../../appraise/imports/air.js';
import type { ImportCircumstances, Imported } from '../../../appraise/imports/imported.js';
import { importNear } from '../../../appraise/imports/near.js';
import { importOpenGradient, importOpenGradientBatch } from '../../../appraise/imports/opengradient.js';
import { fromUtf8 } from '../../../bytes/octets.js';
import { pemBlocks } from '../../../evidence/x509/pem.js';
import { Failure } from '../../../reason.js';
import { UsageError } from '../exit-code.js';
import { type GivenFile, type GivenParts, type Origin, type PartName, partsOf } from './parts.js';

/** What is given beside the files; null for what is not. */
export interface Beside {
  readonly request: Uint8Array | null;
  readonly response: Uint8Array | null;
  readonly nonce: Uint8Array | null;
  readonly key: Uint8Array | null;
  readonly tls: Uint8Array | null;
  readonly root: Uint8Array | null;
  readonly collateral: Uint8Array | null;
}

/** Throws `import/kind-unknown`, `import/part-doubled`, `import/nothing-to-judge`, what the format's own reader throws, and a usage error for what would be passed over. */
export function judgeImport(
  origin: Origin,
  files: readonly GivenFile[],
  beside: Beside,
  circumstances: ImportCircumstances,
): Promise<Imported> {
  const parts = partsOf(origin, files);
  const one = (name: PartName) => parts.get(name)?.[0] ?? null;
  const { request, response, nonce, collateral } = beside;
  switch (origin) {
    case 'opengradient':
      return openGradient(parts, beside, circumstances);
    case 'near':
      return importNear(
        {
          signature: needed(parts, 'signature'),
          report: one('report'),
          request,
          response,
          nonce,
          collateral,
        },
        circumstances,
      );
    case 'aci':
      return importAci(
        {
          receipt: needed(parts, 'receipt'),
          report: one('report'),
          sessions: parts.get('session') ?? [],
          request,
          response,
          nonce,
          collateral,
          tls: beside.tls,
        },
        circumstances,
      );
    case 'air':
      return importAir(
        {
          receipt: needed(parts, 'receipt'),
          attestation: one('attestation'),
          key: beside.key,
          request,
          response,
          nonce,
          collateral,
        },
        circumstances,
      );
  }
}

function openGradient(
  parts: GivenParts,
  beside: Beside,
  circumstances: ImportCircumstances,
): Promise<Imported> {
  const keys = parts.get('key') ?? [];
  const batch = parts.get('batch')?.[0];
  if (batch !== undefined) {
    requireBatchAlone(parts, beside);
    return importOpenGradientBatch({ batch, root: beside.root, keys });
  }
  if (beside.root !== null) throw new UsageError('--root is of a batch, and none is given: leave it out.');
  for (const name of ['request', 'response'] as const)
    if (beside[name] !== null && parts.has(name)) throw new Failure('import/part-doubled', { detail: name });
  if (keys.length > 1) throw new Failure('import/part-doubled', { detail: 'key' });
  return importOpenGradient(
    {
      response: beside.response ?? needed(parts, 'response'),
      request: beside.request ?? parts.get('request')?.[0] ?? null,
      key: keys[0] ?? null,
      attestation: parts.get('attestation')?.[0] ?? null,
      tlsCertificate: certificateIn(parts.get('certificate')?.[0]),
    },
    circumstances,
  );
}

/** A batch has digests of exchanges, and none of them is looked at: what is given of one would look as if it had been. Throws a usage error. */
function requireBatchAlone(parts: GivenParts, { request, response }: Beside): void {
  const idle = [...parts.keys()].filter(name => name !== 'batch' && name !== 'key');
  const others = [
    ...idle,
    ...(request === null ? [] : ['request']),
    ...(response === null ? [] : ['response']),
  ];
  if (others.length === 0) return;
  throw new UsageError(
    `a batch is checked with its keys and its root alone: check the ${[...new Set(others)].join(', the ')} by itself.`,
  );
}

/** The server's own, which comes first where there are several. */
function certificateIn(pem: Uint8Array | undefined): Uint8Array | null {
  return pem === undefined ? null : (pemBlocks(fromUtf8(pem) ?? '', 'CERTIFICATE')[0] ?? null);
}

/** What there is nothing to judge without. */
function needed(parts: GivenParts, name: PartName): Uint8Array {
  const [part] = parts.get(name) ?? [];
  if (part === undefined) throw new Failure('import/nothing-to-judge', { field: name });
  return part;
}
