/** Which device a chain is of: what its certificates say, whose authorities NVIDIA runs. */
import {
  contextTag,
  DER,
  type DerElement,
  derChildren,
  derExpect,
  derMembers,
  derObjectIdentifier,
  readDer,
} from '../../bytes/der.js';
import { toHex } from '../../bytes/hex.js';
import { Failure } from '../../reason.js';
import type { Certificate } from '../x509/certificate.js';

export type NvidiaArchitecture = 'hopper' | 'blackwell' | 'nvswitch';

export interface NvidiaDevice {
  /** `GH100 A01 GSP BROM`: the name of the device's own authority, which is in its ROM. */
  readonly model: string | null;
  /** `GH100`: the chip, as reference manifests write it. */
  readonly chip: string | null;
  /** Null for a device that is of none of them. */
  readonly architecture: NvidiaArchitecture | null;
  /** The serial number of the first certificate in hexadecimal, which NVIDIA calls UEID. */
  readonly ueid: string;
  /** Digests of the firmware that holds the key, from the first certificate; the first one is the firmware that runs. */
  readonly firmwareIds: readonly Uint8Array[];
  /** Whether the firmware says that it is open for debugging; null where it does not say. */
  readonly debug: boolean | null;
}

/** A device's key, its ROM, whoever provisioned it, the model, and the root. */
export const CHAIN_LENGTH = 5;
/** Where in the chain the certificates begin that an authority of NVIDIA's has issued: the first is made by the device. */
export const FIRST_ISSUED = 1;

/** Source: TCG DICE Attestation Architecture 1.1 §6.1.1 (TcbInfo), and the form before it that Hopper has (a version, the device's key, one digest). */
const COMPOSITE_DEVICE = '2.23.133.5.4.1';
const TCB_INFO = '2.23.133.5.4.1.1';
export const DICE_EXTENSIONS: readonly string[] = [COMPOSITE_DEVICE, TCB_INFO];
const FIRMWARE_IDS = contextTag(6);
const FLAGS = contextTag(7, 'primitive');
/** The bit of OperationalFlags, in the first octet. */
const DEBUG = 0x10;
const SHA384 = '2.16.840.1.101.3.4.2.2';
const SHA384_BYTES = 48;

/** Throws `nvidia/malformed` for a statement about firmware that cannot be read. */
export function deviceOf(chain: readonly Certificate[]): NvidiaDevice {
  const [leaf, rom] = chain;
  const model = rom?.commonName ?? null;
  const chip = /^([A-Z]{2}_?[0-9]{2,3}[A-Z]?) /.exec(model ?? '')?.[1]?.replace('_', '') ?? null;
  return {
    model,
    chip,
    architecture: architectureOf(chip),
    ueid: toHex(leaf?.serial ?? new Uint8Array()),
    ...(leaf === undefined ? NONE : firmwareOf(leaf)),
  };
}

function architectureOf(chip: string | null): NvidiaArchitecture | null {
  if (chip === null) return null;
  if (/^GH[12]/.test(chip)) return 'hopper';
  if (/^GB[123]/.test(chip)) return 'blackwell';
  return chip === 'LS10' ? 'nvswitch' : null;
}

const NONE = { firmwareIds: [], debug: null };

function firmwareOf({ extensions }: Certificate): Pick<NvidiaDevice, 'firmwareIds' | 'debug'> {
  try {
    const composite = extensions.get(COMPOSITE_DEVICE);
    const tcb = extensions.get(TCB_INFO);
    if (tcb !== undefined) return tcbInfo(tcb.value);
    return composite === undefined ? NONE : { firmwareIds: [compositeDevice(composite.value)], debug: null };
  } catch (error) {
    if (error instanceof Failure && error.code === 'der/malformed')
      throw new Failure('nvidia/malformed', { field: 'certificate 0', detail: 'its firmware id' });
    throw error;
  }
}

/** A version, the key of the device's authority, and the digest. */
function compositeDevice(value: Uint8Array): Uint8Array {
  const [, , digest] = derMembers(readDer(value), DER.sequence);
  return firmwareId(derMembers(digest, DER.sequence));
}

function tcbInfo(value: Uint8Array): Pick<NvidiaDevice, 'firmwareIds' | 'debug'> {
  const members = derMembers(readDer(value), DER.sequence);
  const list = members.find(({ tag }) => tag === FIRMWARE_IDS);
  const flags = members.find(({ tag }) => tag === FLAGS)?.content;
  return {
    firmwareIds:
      list === undefined ? [] : derChildren(list).map(id => firmwareId(derMembers(id, DER.sequence))),
    // An implicit bit string: how many bits are unused, then the bits.
    debug: flags?.[1] === undefined ? null : (flags[1] & DEBUG) !== 0,
  };
}

function firmwareId([algorithm, digest, ...more]: readonly DerElement[]): Uint8Array {
  const { content } = derExpect(digest, DER.octetString);
  if (derObjectIdentifier(algorithm) !== SHA384 || content.length !== SHA384_BYTES || more.length > 0)
    throw new Failure('nvidia/malformed', {
      field: 'certificate 0',
      detail: 'a firmware id of another kind',
    });
  return content;
}
