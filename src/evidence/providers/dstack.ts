/**
 * Providers in trust domains of dstack's: NEAR AI's gateway and Phala's proxies in the older form, and everybody who serves Attested Confidential Inference. Source:
 * `nearai/nearai-cloud-verifier`, `ts/gateway`; `Dstack-TEE/private-ai-gateway`, `docs/providers/phala-direct/verification.md` and `spec/aci.md`, §3 and §4.
 */
import { toHex } from '../../bytes/hex.js';
import { equal } from '../../bytes/octets.js';
import { Failure } from '../../reason.js';
import { aciReportData, parseAciReport } from '../aci/keyset.js';
import {
  carriedReportData,
  type DstackReport,
  type DstackReports,
  parseDstackReports,
} from '../dstack/report.js';
import type { AttestedInstance, AttestedProvider, BoundKey } from './provider.js';

const CODE = 'provider/answer-malformed';

/** The gateway alone: what stands beside it about models is tied to no connection. */
export const NEAR: AttestedProvider = {
  name: 'near',
  serves: 'attestation',
  attests: 'the gateway in front of the models, in a trust domain of Intel TDX',
  known: 'by its maker',
  nonceBytes: 32,
  attestationRequests: nonce => [
    {
      method: 'GET',
      path: `/v1/attestation/report?nonce=${toHex(nonce)}&signing_algo=ecdsa&include_tls_fingerprint=true`,
      body: null,
    },
  ],
  read: ([answer = new Uint8Array()], nonce) => [oneOf(answer, ({ gateway }) => gateway, nonce)],
};

/** A proxy that serves one model at an origin of its own. */
export const PHALA: AttestedProvider = {
  name: 'phala',
  serves: 'attestation',
  attests: 'the proxy that serves one model, in a trust domain of Intel TDX',
  known: 'by others',
  nonceBytes: 32,
  attestationRequests: nonce => [
    {
      method: 'GET',
      path: `/v1/attestation/report?version=2&signing_algo=ecdsa&nonce=${toHex(nonce)}`,
      body: null,
    },
  ],
  read: ([answer = new Uint8Array()], nonce) => [
    oneOf(answer, ({ models }) => (models.length === 1 ? (models[0] ?? null) : null), nonce),
  ],
};

function oneOf(
  answer: Uint8Array,
  choose: (reports: DstackReports) => DstackReport | null,
  nonce: Uint8Array,
): AttestedInstance {
  const report = choose(parseDstackReports(answer, CODE));
  if (report === null) throw new Failure(CODE, { detail: 'no report of what was asked' });
  const { quote, signer, statedNonce, tls, deployment } = report;
  if (statedNonce !== null && !equal(statedNonce, nonce))
    throw new Failure('provider/nonce-mismatch', { field: 'request_nonce' });
  const signing: BoundKey =
    signer.algorithm === 'ecdsa'
      ? { use: 'signing', form: 'ecdsa-address', octets: signer.address }
      : { use: 'signing', form: 'ed25519', octets: signer.key };
  return {
    name: null,
    evidence: { kind: 'tdx', quote },
    carried: [
      {
        field: 'reportData',
        extent: 'whole',
        octets: carriedReportData(report, nonce),
        binds: ['nonce', 'signing', ...(tls === null ? [] : (['tls'] as const))],
      },
    ],
    boundKeys: [
      signing,
      ...(tls === null ? [] : [{ use: 'tls', of: 'key', sha256: tls, host: null } as const]),
    ],
    deployment,
  };
}

export const ACI: AttestedProvider = {
  name: 'aci',
  serves: 'attestation',
  attests: 'a workload that serves models or hands requests on, in a trust domain of Intel TDX',
  known: 'by its maker',
  nonceBytes: 32,
  attestationRequests: nonce => [
    { method: 'GET', path: `/v1/aci/attestation?nonce=${toHex(nonce)}`, body: null },
  ],
  read: ([answer = new Uint8Array()], nonce) => {
    const { quote, keyset, keysetDigest, statedDigest, statedReportData, deployment } =
      parseAciReport(answer);
    if (quote === null) throw new Failure(CODE, { field: 'attestation.evidence', detail: 'no quote of TDX' });
    const octets = aciReportData(keysetDigest, nonce);
    // What it states of itself has to agree with what follows from its keys and our nonce.
    if (statedDigest !== keysetDigest || !equal(statedReportData, octets))
      throw new Failure('provider/binding-mismatch', { field: 'attestation.report_data' });
    return [
      {
        name: null,
        evidence: { kind: 'tdx', quote },
        carried: [{ field: 'reportData', extent: 'whole', octets, binds: ['nonce', 'tls', 'signing'] }],
        boundKeys: keyset.tlsKeys.map(({ spki, domain }) => ({
          use: 'tls',
          of: 'key',
          sha256: spki,
          host: domain,
        })),
        deployment,
      },
    ];
  },
};
