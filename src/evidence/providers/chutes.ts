/**
 * Chutes: instances on many miners' machines, each in a trust domain of Intel TDX with a key of its own to which requests are encrypted. TLS ends at Chutes' front, so that it is
 * no key of theirs that the evidence binds. Source: `Dstack-TEE/private-ai-gateway`, `docs/providers/chutes/verification.md` and its adapter; Chutes' own side
 * of it is not published.
 */
import * as v from 'valibot';
import { fromBase64 } from '../../bytes/base64.js';
import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import { utf8 } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';
import { readForeign, textOf } from '../foreign-json.js';
import type { AttestedInstance, AttestedProvider } from './provider.js';

const CODE = 'provider/answer-malformed';
const MAX_INSTANCES = 64;
const list = <Item extends v.GenericSchema>(item: Item) => v.pipe(v.array(item), v.maxLength(MAX_INSTANCES));

const Evidence = {
  code: CODE,
  maxBytes: 16 * 1024 * 1024,
  schema: v.object({ evidence: list(v.object({ instance_id: textOf(128), quote: textOf(128 * 1024) })) }),
} as const;

const Instances = {
  code: CODE,
  maxBytes: 4 * 1024 * 1024,
  schema: v.object({ instances: list(v.object({ instance_id: textOf(128), e2e_pubkey: textOf(8192) })) }),
} as const;

/** Of ML-KEM-768, in bytes. Source: FIPS 203, table 3. */
const ENCAPSULATION_KEY = 1184;
/** What Chutes calls a deployment: a UUID, which goes into a path. */
const DEPLOYMENT = /^[0-9A-Za-z-]{1,64}$/;

export const CHUTES: AttestedProvider = {
  name: 'chutes',
  serves: 'attestation',
  attests: 'each instance that serves one model, in a trust domain of Intel TDX on the machine of a miner',
  known: 'by others',
  nonceBytes: 32,
  attestationRequests: (nonce, deployment) => {
    if (!DEPLOYMENT.test(deployment))
      throw new Failure(CODE, { field: 'deployment', detail: 'no id of a chute' });
    return [
      { method: 'GET', path: `/chutes/${deployment}/evidence?nonce=${toHex(nonce)}`, body: null },
      { method: 'GET', path: `/e2e/instances/${deployment}`, body: null },
    ];
  },
  read: ([first = new Uint8Array(), second = new Uint8Array()], nonce) => {
    const { evidence } = readForeign(first, Evidence).read;
    const { instances } = readForeign(second, Instances).read;
    const found = evidence.flatMap(({ instance_id, quote }) => {
      const keys = instances.filter(each => each.instance_id === instance_id);
      // Of two keys it could be meant to be either.
      if (keys.length > 1) throw new Failure(CODE, { field: instance_id, detail: 'two keys' });
      return keys.map(({ e2e_pubkey }) => instanceOf(instance_id, quote, e2e_pubkey, nonce));
    });
    if (found.length === 0) throw new Failure(CODE, { detail: 'no instance with evidence and a key' });
    return found;
  },
};

/** Digested are the texts: of the nonce its digits, of the key its base64. */
function instanceOf(name: string, quoteText: string, keyText: string, nonce: Uint8Array): AttestedInstance {
  const [quote, key] = [fromBase64(quoteText), fromBase64(keyText)];
  if (quote === null || key?.length !== ENCAPSULATION_KEY) throw new Failure(CODE, { field: name });
  return {
    name,
    evidence: { kind: 'tdx', quote },
    carried: [
      {
        field: 'reportData',
        extent: 'first-32',
        octets: sha256(utf8(`${toHex(nonce)}${keyText}`)),
        binds: ['nonce', 'encryption'],
      },
    ],
    boundKeys: [{ use: 'encryption', algorithm: 'ml-kem-768', key }],
    deployment: null,
  };
}
