/**
 * What NVIDIA publishes about its devices: answers of its OCSP responder, reference manifests (RIM), and the keys of its attestation service. Source of
 * addresses and forms: `NVIDIA/attestation-sdk`; RFC 6960 appendix A for OCSP over HTTP.
 */
import { fromBase64, toBase64 } from '../../bytes/base64.js';
import { isWithinExtent } from '../../bytes/json-extent.js';
import { fromUtf8, utf8 } from '../../bytes/octets.js';
import { parseKeySet } from '../../evidence/nvidia/nras/key-set.js';
import { parseManifest } from '../../evidence/nvidia/rim/manifest.js';
import { driverManifestName, isOfFirmware } from '../../evidence/nvidia/rim/manifest-name.js';
import type { Certificate } from '../../evidence/x509/certificate.js';
import { answerAbout, parseOcspResponse, UNDATED_ANSWER_LIFE } from '../../evidence/x509/ocsp.js';
import { formatOcspRequest, ocspSubject } from '../../evidence/x509/ocsp-request.js';
import { Failure } from '../../reason.js';
import type { Fetched } from './intel.js';
import type { Publisher, Question } from './publisher.js';

export interface NvidiaAddresses {
  readonly ocsp: string;
  /** Before `/v1/rim/<name>`. */
  readonly manifests: string;
  readonly keys: string;
}

export const NVIDIA: NvidiaAddresses = {
  ocsp: 'https://ocsp.ndis.nvidia.com/',
  manifests: 'https://rim.attestation.nvidia.com',
  keys: 'https://nras.attestation.nvidia.com/.well-known/jwks.json',
};

const MAX_OCSP = 64 * 1024;
/** Manifests of 256 KiB in base64, and what is around them. */
const MAX_MANIFEST_ANSWER = 384 * 1024;
const MAX_KEYS = 1024 * 1024;
const EXTENT = { containers: 4, members: 32, values: 64 };
/** The service's keys change daily. */
const KEYS_LIFE = 3600;

export class NvidiaCollateral {
  readonly #publisher: Publisher;
  readonly #addresses: NvidiaAddresses;
  readonly #now: () => number;

  /** @param now Unix seconds: what says nothing about its own time counts from then on */
  constructor(publisher: Publisher, now: () => number, addresses: NvidiaAddresses = NVIDIA) {
    this.#publisher = publisher;
    this.#addresses = addresses;
    this.#now = now;
  }

  /** What the responder says of that certificate, in DER. */
  async status(certificate: Certificate, issuer: Certificate): Promise<Fetched> {
    const { body, fetched } = await this.#publisher.answer(this.#status(certificate, issuer));
    return { bytes: body, fetched };
  }

  /** The reference manifest of that name, in XML. Rejects with `peer/answer-missing` for a name that there cannot be. */
  async manifest(name: string): Promise<Fetched> {
    const { body, fetched } = await this.#publisher.answer(this.#manifest(name));
    return { bytes: manifestIn(body), fetched };
  }

  /** The keys that the attestation service signs with, as JSON. */
  async keys(): Promise<Fetched> {
    const { body, fetched } = await this.#publisher.answer({
      url: this.#addresses.keys,
      types: ['application/json', 'application/jwk-set+json'],
      limit: MAX_KEYS,
      expiry: ({ body }) => {
        parseKeySet(body);
        return this.#now() + KEYS_LIFE;
      },
    });
    return { bytes: body, fetched };
  }

  /**
   * Takes in a manifest that came another way. `name`: at NVIDIA's service, where it is known; that of a driver's manifest follows from what is in it. Rejects
   * with `collateral/import-unknown` for one of firmware without a name.
   */
  async takeInManifest(bytes: Uint8Array, name: string | null): Promise<void> {
    const manifest = parseManifest(bytes);
    const known =
      name ?? (isOfFirmware(manifest) ? null : driverManifestName(manifest.product, manifest.version));
    if (known === null)
      throw new Failure('collateral/import-unknown', {
        detail: 'a manifest of firmware in a file that is not named as it is at the service (NV_…)',
      });
    const body = utf8(JSON.stringify({ id: known, rim: toBase64(bytes) }));
    await this.#publisher.takeIn(this.#manifest(known), body);
  }

  /** Takes in an answer about that certificate that came another way. */
  async takeInStatus(certificate: Certificate, issuer: Certificate, bytes: Uint8Array): Promise<void> {
    await this.#publisher.takeIn(this.#status(certificate, issuer), bytes);
  }

  #status(certificate: Certificate, issuer: Certificate): Question {
    return {
      url: this.#addresses.ocsp,
      body: { type: 'application/ocsp-request', bytes: formatOcspRequest(ocspSubject(certificate, issuer)) },
      types: ['application/ocsp-response'],
      limit: MAX_OCSP,
      expiry: ({ body }) => {
        const answer = answerAbout(parseOcspResponse(body), certificate, issuer);
        if (answer === null) throw new Failure('ocsp/malformed', { detail: 'about another certificate' });
        return answer.nextUpdate ?? answer.thisUpdate + UNDATED_ANSWER_LIFE;
      },
    };
  }

  #manifest(name: string): Question {
    // Names are made of what devices state, and become part of an address.
    if (!/^[A-Za-z0-9_.-]{1,128}$/.test(name) || name.includes('..'))
      throw new Failure('peer/answer-missing', { field: 'manifest' });
    return {
      url: `${this.#addresses.manifests}/v1/rim/${name}`,
      types: ['application/json'],
      limit: MAX_MANIFEST_ANSWER,
      expiry: ({ body }) =>
        Math.min(...parseManifest(manifestIn(body)).chain.map(({ notAfter }) => notAfter)),
    };
  }
}

/** What is in the service's JSON: `rim` in base64. What else it says, nobody has signed. */
function manifestIn(body: Uint8Array): Uint8Array {
  const text = fromUtf8(body);
  const malformed = () => new Failure('nvidia/rim-malformed', { detail: 'no answer of the service' });
  if (text === null || !isWithinExtent(text, EXTENT)) throw malformed();
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed();
  }
  const { rim } = Object(value) as { readonly rim?: unknown };
  const bytes = typeof rim === 'string' ? fromBase64(rim) : null;
  if (bytes === null) throw malformed();
  return bytes;
}
