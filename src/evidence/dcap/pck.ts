/**
 * What Intel's certificate of a processor (PCK) says about it, in an extension of Intel's own. Source: Intel SGX PCK Certificate and Certificate
 * Revocation List Profile Specification, §1.3.5 (SGX extensions).
 */
import {
  DER,
  type DerElement,
  derExpect,
  derMembers,
  derNumber,
  derObjectIdentifier,
  readDer,
} from '../../bytes/der.js';
import { Failure } from '../../reason.js';
import type { Certificate } from '../x509/certificate.js';

export interface Platform {
  /** Family, model, stepping and platform: which TCB info is meant. 6 bytes. */
  readonly fmspc: Uint8Array;
  /** 2 bytes. */
  readonly pceId: Uint8Array;
  /** The processor package, for ever: 16 bytes. */
  readonly ppid: Uint8Array;
  /** 16 bytes, as the processor has them. */
  readonly cpuSvn: Uint8Array;
  /** The security versions in {@link cpuSvn} one by one, in the order of TCB info: 16 of them, from 0 to 255. */
  readonly components: readonly number[];
  readonly pceSvn: number;
  /** One platform of several packages; only where its certificate is of the Platform CA. 16 bytes. */
  readonly platformInstanceId: Uint8Array | null;
}

export const SGX_EXTENSION = '1.2.840.113741.1.13.1';

const COMPONENTS = 16;

/** Throws `quote/pck-malformed`. */
export function platformOf(certificate: Certificate): Platform {
  const extension = certificate.extensions.get(SGX_EXTENSION);
  if (extension === undefined) throw new Failure('quote/pck-malformed', { detail: 'no SGX extension' });
  try {
    return platform(extension.value);
  } catch (error) {
    if (error instanceof Failure && error.code === 'der/malformed')
      throw new Failure('quote/pck-malformed', error.detail === undefined ? {} : { detail: error.detail });
    throw error;
  }
}

function platform(value: Uint8Array): Platform {
  const members = membersOf(readDer(value), SGX_EXTENSION);
  const tcb = membersOf(members.get(2), `${SGX_EXTENSION}.2`);
  const components = Array.from({ length: COMPONENTS }, (_, i) => small(tcb.get(i + 1), 0xff));
  return {
    ppid: octets(members.get(1), 16),
    pceId: octets(members.get(3), 2),
    fmspc: octets(members.get(4), 6),
    platformInstanceId: members.has(6) ? octets(members.get(6), 16) : null,
    components,
    pceSvn: small(tcb.get(COMPONENTS + 1), 0xffff),
    cpuSvn: octets(tcb.get(COMPONENTS + 2), 16),
  };
}

/** Pairs of name and value, by the last number of their name. */
function membersOf(element: DerElement | undefined, prefix: string): ReadonlyMap<number, DerElement> {
  const members = new Map<number, DerElement>();
  for (const pair of derMembers(element, DER.sequence)) {
    const [oid, value, ...more] = derMembers(pair, DER.sequence);
    const name = derObjectIdentifier(oid);
    const number = Number(name.slice(prefix.length + 1));
    if (value === undefined || more.length > 0 || name !== `${prefix}.${number}` || members.has(number))
      throw malformed(`a member of another form (${name})`);
    members.set(number, value);
  }
  return members;
}

function octets(element: DerElement | undefined, length: number): Uint8Array {
  const { content } = derExpect(element, DER.octetString);
  if (content.length !== length) throw malformed(`${content.length} octets in place of ${length}`);
  return content;
}

function small(element: DerElement | undefined, most: number): number {
  const value = derNumber(element);
  if (value > most) throw malformed(`${value}, which is more than ${most}`);
  return value;
}

function malformed(detail: string): Failure {
  return new Failure('der/malformed', { detail });
}
