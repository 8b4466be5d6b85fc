/** Whether what came along was signed about these bodies: the one form of that check which formats share, whatever they call the digests. */
import { sha256 } from '../../bytes/cryptography.js';
import { type EvidenceCheck, made } from '../../evidence/report.js';
import { Failure, type ReasonCode } from '../../reason.js';
import { missing } from './dstack.js';

export type Body = 'request' | 'response';

export interface SignedBody {
  /** Null where it was not given. */
  readonly body: Uint8Array | null;
  /** Whether what was signed has this SHA-256. */
  readonly has: (digest: Uint8Array) => boolean;
  /** Of a body that it has not. */
  readonly code: ReasonCode;
}

/** `of`: what was signed, as a sentence begins with it; `field`: where the digests stand in it. */
export async function bodyChecks(
  of: string,
  bodies: Readonly<Record<Body, SignedBody>>,
  field?: string,
): Promise<readonly EvidenceCheck<Body>[]> {
  const check = async (name: Body): Promise<EvidenceCheck<Body>> => {
    const { body, has, code } = bodies[name];
    if (body === null) return missing(name, name);
    return made(name, `${of} has the digest of this ${name}.`, () => {
      if (!has(sha256(body))) throw new Failure(code, field === undefined ? {} : { field });
    });
  };
  return [await check('request'), await check('response')];
}
