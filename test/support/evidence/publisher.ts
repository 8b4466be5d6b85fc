/** A server of the tests that publishes collateral, or misbehaves, and counts who asks. */
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toBase64 } from '../../../src/bytes/base64.js';
import { equal } from '../../../src/bytes/octets.js';
import type { NvidiaInput } from '../../../src/evidence/nvidia/verify.js';
import type { SnpInput } from '../../../src/evidence/snp/verify.js';
import { type Certificate, parseCertificate } from '../../../src/evidence/x509/certificate.js';
import { formatOcspRequest, ocspSubject } from '../../../src/evidence/x509/ocsp-request.js';
import { formatPem } from '../../../src/evidence/x509/pem.js';
import { type DeviceHouse, makeInput, makeWordOfAuthorities } from './nvidia.js';

export interface TestPublisher {
  readonly url: string;
  /** Paths that were asked for, in order. */
  readonly asked: string[];
  /** The most requests that were there at a time. */
  readonly busiest: number;
  /** What every request is answered with from now on. */
  behave: RequestListener;
  close(): Promise<void>;
}

export async function testPublisher(
  behave: RequestListener = (_, response) => notFound(response),
): Promise<TestPublisher> {
  let [busy, busiest] = [0, 0];
  const asked: string[] = [];
  const server = createServer((request, response) => {
    busy++;
    busiest = Math.max(busiest, busy);
    response.once('close', () => busy--);
    asked.push(request.url ?? '');
    publisher.behave(request, response);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const publisher: TestPublisher = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    get busiest() {
      return busiest;
    },
    behave,
    close: () => {
      server.closeAllConnections();
      return new Promise(resolve => server.close(() => resolve()));
    },
  };
  return publisher;
}

export function notFound(response: ServerResponse): void {
  response.writeHead(404).end();
}

export async function bodyOf(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return new Uint8Array(Buffer.concat(chunks));
}

/** Answers as Intel's service does, or with lists in hexadecimal as a cache of it, with what is in that collateral. */
export function asIntel(collateral: Uint8Array, form: 'service' | 'cache' = 'service'): RequestListener {
  const members = JSON.parse(Buffer.from(collateral).toString()) as Record<string, string>;
  const json = (name: string, text: string, signature: string) =>
    `{"${name}":${text},"signature":"${signature}"}`;
  const list = (hexadecimal: string) => (form === 'service' ? Buffer.from(hexadecimal, 'hex') : hexadecimal);
  const part = (name: string) => members[name] ?? '';
  return ({ url = '' }, response) => {
    const send = (type: string, body: string | Buffer, header?: string, chain = '') => {
      if (header !== undefined) response.setHeader(header, encodeURIComponent(part(chain)));
      response.writeHead(200, { 'content-type': type }).end(body);
    };
    if (/^\/(?:sgx|tdx)\/certification\/v4\/tcb\?fmspc=[0-9a-f]{12}$/.test(url))
      send(
        'application/json',
        json('tcbInfo', part('tcb_info'), part('tcb_info_signature')),
        'TCB-Info-Issuer-Chain',
        'tcb_info_issuer_chain',
      );
    else if (/^\/(?:sgx|tdx)\/certification\/v4\/qe\/identity$/.test(url))
      send(
        'application/json; charset=utf-8',
        json('enclaveIdentity', part('qe_identity'), part('qe_identity_signature')),
        'SGX-Enclave-Identity-Issuer-Chain',
        'qe_identity_issuer_chain',
      );
    else if (/^\/sgx\/certification\/v4\/pckcrl\?ca=(?:platform|processor)&encoding=der$/.test(url))
      send('application/pkix-crl', list(part('pck_crl')), 'SGX-PCK-CRL-Issuer-Chain', 'pck_crl_issuer_chain');
    else if (url === '/sgx/certification/v4/rootcacrl')
      send('application/pkix-crl', list(part('root_ca_crl')));
    else notFound(response);
  };
}

/** Certificates of a device's chain and of its manifests', each with its issuer, in the order of {@link makeWordOfAuthorities}. */
export function issuedIn({
  chain,
  reference,
}: DeviceHouse): readonly (readonly [Certificate, Certificate])[] {
  return [chain.slice(1), reference].flatMap(identities =>
    identities.slice(0, -1).map(({ certificate }, at) => {
      const issuer = identities[at + 1]?.certificate as Uint8Array;
      return [parseCertificate(certificate), parseCertificate(issuer)] as const;
    }),
  );
}

/** Answers as NVIDIA's responder (`/ocsp`) and its service of manifests do about that device. */
export function asNvidia(
  house: DeviceHouse,
  { driverManifest, firmwareManifest }: NvidiaInput = makeInput(house),
  words: readonly Uint8Array[] = makeWordOfAuthorities(house),
): RequestListener {
  return async (request, response) => {
    const { url = '' } = request;
    const send = (body: Uint8Array | string, type: string) =>
      response.writeHead(200, { 'content-type': type }).end(body);
    if (url === '/ocsp') {
      const asked = await bodyOf(request);
      const at = issuedIn(house).findIndex(([one, issuer]) =>
        equal(formatOcspRequest(ocspSubject(one, issuer)), asked),
      );
      if (at < 0) notFound(response);
      else send(words[at] as Uint8Array, 'application/ocsp-response');
    } else if (url.startsWith('/v1/rim/NV_GPU_')) {
      const bytes = (url.includes('DRIVER') ? driverManifest : firmwareManifest) as Uint8Array;
      send(JSON.stringify({ id: url.slice(8), rim: toBase64(bytes) }), 'application/json');
    } else notFound(response);
  };
}

/** Answers as AMD's service does about that chip, with the list of its root. */
export function asAmd(
  { signer, authority, root }: Pick<SnpInput, 'signer' | 'authority' | 'root'>,
  list: Uint8Array,
): RequestListener {
  return ({ url = '' }, response) => {
    const send = (body: Uint8Array | string, type: string) =>
      response.writeHead(200, { 'content-type': type }).end(body);
    if (/^\/vcek\/v1\/[A-Z][a-z]+\/cert_chain$/.test(url))
      send(formatPem('CERTIFICATE', [authority as Uint8Array, root as Uint8Array]), 'application/x-pem-file');
    else if (/^\/vcek\/v1\/[A-Z][a-z]+\/crl$/.test(url)) send(list, 'application/pkix-crl');
    else if (/^\/vcek\/v1\/[A-Z][a-z]+\/[0-9a-f]+\?/.test(url))
      send(signer.certificate, 'application/pkix-cert');
    else notFound(response);
  };
}
