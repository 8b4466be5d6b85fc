import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import '../node.js';
import { checkDcapPolicy, SAFE_DCAP_POLICY } from '../../appraise/evidence/dcap-policy.js';
import { appraiseNitro, SAFE_NITRO_POLICY } from '../../appraise/evidence/nitro-policy.js';
import { appraiseNvidia, DEFAULT_NVIDIA_POLICY } from '../../appraise/evidence/nvidia-policy.js';
import { type Development, inDevelopment, isGoodSimulation } from '../../appraise/evidence/simulation.js';
import { appraiseSnp, SAFE_SNP_POLICY } from '../../appraise/evidence/snp-policy.js';
import { fromUtf8, utf8 } from '../../bytes/octets.js';
import { verifyDcap } from '../../evidence/dcap/verify.js';
import { parseNitroDocument } from '../../evidence/nitro/document.js';
import { verifyNitro } from '../../evidence/nitro/verify.js';
import type { NvidiaArchitecture } from '../../evidence/nvidia/device.js';
import { verifyNvidia } from '../../evidence/nvidia/verify.js';
import { decidingCode, type EvidenceCheck, type EvidenceReport, statusOf } from '../../evidence/report.js';
import { verifySnp } from '../../evidence/snp/verify.js';
import { certificatesFromPem } from '../../evidence/x509/pem.js';
import { Failure } from '../../reason.js';
import { knownAttester, openAttester, type SimulatedAttester, simulatedAttester } from './attester.js';
import { keysFrom, SIMULATED } from './keys.js';
import type { SnpRequest } from './snp.js';

const AT = Date.UTC(2026, 5, 15, 12) / 1000 + 0.5;
const NONCE = Uint8Array.from({ length: 32 }, (_, at) => at);
const attester = simulatedAttester(new Uint8Array(32).fill(7));
const stranger = simulatedAttester(new Uint8Array(32).fill(8));

type Roots = SimulatedAttester['roots'];

interface Kind {
  readonly name: string;
  /** What is signed, and by which certificates. The document is the first part. */
  readonly parts: Readonly<Record<string, Uint8Array>>;
  /** `roots`: by default the makers' own. */
  verify(parts: Readonly<Record<string, Uint8Array>>, roots?: Roots): Promise<EvidenceReport>;
  appraise(report: EvidenceReport, policy: Development): Promise<readonly EvidenceCheck[]>;
  /** The checks that must pass under the roots of the attester: all but those for which there is nothing. */
  readonly unmade: readonly string[];
  /** Checks of the policy that it does without. */
  readonly unasked: readonly string[];
  /** DER of every certificate. */
  readonly certificates: readonly Uint8Array[];
  /** Which part of the report must be refused when the mark is damaged. */
  readonly signature: string;
  /** Where in the document the signed region begins and ends. */
  readonly signed: readonly [from: number, to: number];
}

const of = (parts: Readonly<Record<string, Uint8Array>>, name: string) => parts[name] as Uint8Array;
const pem = (text: string) => certificatesFromPem(text).map(({ bytes }) => bytes);

const nitro = attester.nitro({ at: AT, nonce: NONCE, publicKey: utf8('key'), userData: utf8('data') });

const NITRO: Kind = {
  name: 'Nitro',
  parts: { document: nitro.document },
  verify: (parts, roots) =>
    verifyNitro({ document: of(parts, 'document'), asOf: AT, ...(roots && { roots: roots.nitro }) }),
  appraise: (report, policy) =>
    appraiseNitro(report as never, AT, { ...SAFE_NITRO_POLICY, nonce: NONCE, ...policy }),
  unmade: [],
  unasked: [],
  certificates: [
    parseNitroDocument(nitro.document).certificate,
    ...parseNitroDocument(nitro.document).bundle,
  ],
  signature: 'signature',
  signed: [0, nitro.document.length - 96],
};

/** With a list of the root, so that nothing is left unmade. */
function snpKind(name: string, request: SnpRequest): Kind {
  const { report, signer, authority, root } = attester.snp({ ...request, reportData: NONCE });
  const { product = 'milan' } = request;
  return {
    name: `SEV-SNP, ${name}`,
    parts: { report, signer: signer.certificate, authority, root },
    verify: (parts, roots) =>
      verifySnp({
        report: of(parts, 'report'),
        signer: { kind: signer.kind, certificate: of(parts, 'signer') },
        authority: of(parts, 'authority'),
        root: of(parts, 'root'),
        product,
        revocations: attester.snpRevocations(product, AT - 1),
        asOf: AT,
        ...(roots && { roots: roots.snp }),
      }),
    appraise: (found, policy) =>
      appraiseSnp(found as never, { ...SAFE_SNP_POLICY, reportData: NONCE, ...policy }),
    unmade: [],
    unasked: ['minimum-tcb'],
    certificates: [signer.certificate, authority, root],
    signature: 'signature',
    signed: [0, 0x2a0],
  };
}

function quoteKind(tee: 'tdx' | 'sgx'): Kind {
  const { quote, collateral } = attester[tee]({ at: AT, reportData: NONCE });
  const texts = JSON.parse(fromUtf8(collateral) ?? '') as Record<string, string>;
  return {
    name: tee.toUpperCase(),
    parts: { quote, collateral },
    verify: (parts, roots) =>
      verifyDcap({
        quote: of(parts, 'quote'),
        collateral: of(parts, 'collateral'),
        asOf: AT,
        ...(roots && { roots: roots.dcap }),
      }),
    appraise: async (report, policy) => [
      ...report.checks,
      ...(await checkDcapPolicy(report as never, { ...SAFE_DCAP_POLICY, reportData: NONCE, ...policy })),
    ],
    unmade: [],
    unasked: [],
    certificates: ['pck_crl_issuer_chain', 'tcb_info_issuer_chain'].flatMap(name => pem(texts[name] ?? '')),
    signature: 'quote-signature',
    signed: [0, 48 + (tee === 'tdx' ? 584 : 384)],
  };
}

function nvidiaKind(architecture: NvidiaArchitecture): Kind {
  const { evidence, certificateChain } = attester.nvidia({ nonce: NONCE, architecture });
  return {
    name: `NVIDIA, ${architecture}`,
    parts: { evidence, certificateChain: utf8(certificateChain) },
    verify: (parts, roots) =>
      verifyNvidia({
        evidence: of(parts, 'evidence'),
        certificateChain: of(parts, 'certificateChain'),
        nonce: NONCE,
        architecture,
        asOf: AT,
        ...(roots && { roots: roots.nvidia }),
      }),
    appraise: (report, policy) => appraiseNvidia(report as never, { ...DEFAULT_NVIDIA_POLICY, ...policy }),
    unmade: [
      'revocation',
      ...(architecture === 'nvswitch' ? [] : ['driver-manifest']),
      'firmware-manifest',
      'manifest-revocation',
      'measurements',
    ],
    unasked: [],
    certificates: pem(certificateChain),
    signature: 'signature',
    signed: [0, evidence.length - 96],
  };
}

const KINDS: readonly Kind[] = [
  NITRO,
  snpKind('Milan by a chip', {}),
  snpKind('Milan, version 2, by a cloud', { signer: 'vlek', version: 2 }),
  snpKind('Genoa, version 4', { product: 'genoa', version: 4 }),
  snpKind('Turin, version 5', { product: 'turin' }),
  snpKind('Turin by a cloud', { product: 'turin', signer: 'vlek' }),
  quoteKind('tdx'),
  quoteKind('sgx'),
  nvidiaKind('hopper'),
  nvidiaKind('blackwell'),
  nvidiaKind('nvswitch'),
];

/** Where the mark stands in bytes. */
function marksIn(bytes: Uint8Array): readonly number[] {
  const text = Buffer.from(bytes).toString('latin1');
  const places: number[] = [];
  for (let at = text.indexOf(SIMULATED); at >= 0; at = text.indexOf(SIMULATED, at + 1)) places.push(at);
  return places;
}

const notPassed = (checks: readonly EvidenceCheck[]) =>
  checks.filter(({ status }) => status !== 'pass').map(({ name }) => name);

describe.each(KINDS)('simulated evidence of $name', kind => {
  it('has nothing wrong with it under its own roots, and says what it is', async () => {
    const report = await kind.verify(kind.parts, attester.roots);
    expect(notPassed(report.checks)).toEqual(kind.unmade);
    expect(statusOf(report.checks)).not.toBe('refused');
    expect(report.root).toEqual({ name: expect.stringMatching(/^simulated /), simulated: true });
  });

  it("is refused under the makers' roots, and under those of another attester", async () => {
    for (const roots of [undefined, stranger.roots]) {
      const report = await kind.verify(kind.parts, roots);
      expect(statusOf(report.checks)).toBe('refused');
      expect(decidingCode(report.checks)).toBe('certificate/root-unknown');
      expect(report.root).toBeNull();
    }
  });

  it('is refused by every policy, however that is written down', async () => {
    const report = await kind.verify(kind.parts, attester.roots);
    for (const policy of [{}, JSON.parse('{"inDevelopment":true,"simulated":true,"hardware":false}')]) {
      const checks = await kind.appraise(report, policy);
      expect(statusOf(checks)).toBe('refused');
      expect(decidingCode(checks)).toBe('evidence/simulated');
      expect(notPassed(checks)).toEqual([...kind.unmade, 'hardware', ...kind.unasked]);
    }
  });

  it('is inconclusive in development, never accepted', async () => {
    const report = await kind.verify(kind.parts, attester.roots);
    const checks = await kind.appraise(report, { [inDevelopment]: true });
    expect(statusOf(checks)).toBe('inconclusive');
    expect(checks.find(({ name }) => name === 'hardware')).toMatchObject({
      status: 'not-checked',
      code: 'evidence/simulated',
    });
    expect(isGoodSimulation(checks)).toBe(true);
  });

  it('says so in what is signed, and without it the signature is none', async () => {
    const [[name, document]] = Object.entries(kind.parts) as [[string, Uint8Array]];
    const [from, to] = kind.signed;
    const places = marksIn(document).filter(at => at >= from && at + SIMULATED.length <= to);
    expect(places.length).toBeGreaterThan(0);
    for (const at of places) {
      const changed = document.slice();
      changed.set(utf8('genuinely'), at);
      const report = await kind.verify({ ...kind.parts, [name]: changed }, attester.roots);
      expect(notPassed(report.checks)).toContain(kind.signature);
      expect(statusOf(report.checks)).toBe('refused');
    }
  });

  it('says so in the name of every certificate, and without it the chain is none', async () => {
    for (const certificate of kind.certificates) expect(marksIn(certificate).length).toBeGreaterThan(1);
    const damaged = [...chainsWithout(kind)];
    expect(damaged.length).toBeGreaterThan(0);
    for (const parts of damaged) {
      const report = await kind.verify(parts, attester.roots).catch((error: unknown) => {
        if (error instanceof Failure) return null;
        throw error;
      });
      expect(report === null || statusOf(report.checks) === 'refused').toBe(true);
    }
  });

  it('of the same secret has the same roots, of another has others', () => {
    const again = simulatedAttester(new Uint8Array(32).fill(7));
    expect(again.roots).toEqual(attester.roots);
    expect(stranger.roots).not.toEqual(attester.roots);
  });
});

/** The parts of the evidence with the mark of one certificate made another word, wherever certificates stand. */
function* chainsWithout({ parts, certificates }: Kind): Generator<Readonly<Record<string, Uint8Array>>> {
  for (const [name, bytes] of Object.entries(parts))
    for (const certificate of certificates) {
      const changed = certificate.slice();
      changed.set(utf8('genuinely'), marksIn(certificate)[0]);
      const raw = replaced(bytes, certificate, changed);
      if (raw !== null) yield { ...parts, [name]: raw };
      const text = fromUtf8(bytes);
      if (text === null) continue;
      const [before, after] = [certificate, changed].map(der =>
        Buffer.from(der)
          .toString('base64')
          .replace(/.{64}(?=.)/g, '$&\n'),
      ) as [string, string];
      for (const [from, to] of [
        [before, after],
        [before.replaceAll('\n', '\\n'), after.replaceAll('\n', '\\n')],
      ] as const)
        if (text.includes(from)) yield { ...parts, [name]: utf8(text.replace(from, to)) };
    }
}

function replaced(bytes: Uint8Array, part: Uint8Array, by: Uint8Array): Uint8Array | null {
  const at = Buffer.from(bytes).indexOf(part);
  if (at < 0) return null;
  const changed = bytes.slice();
  changed.set(by, at);
  return changed;
}

describe('the attester of a data folder', () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-attester-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('has the same roots at the next start, from a secret that nobody else can read', async () => {
    const first = await openAttester(folder);
    expect(readdirSync(folder)).toEqual(['simulated-attester']);
    expect(statSync(join(folder, 'simulated-attester')).mode & 0o777).toBe(0o600);
    const second = await openAttester(folder);
    expect(second.roots).toEqual(first.roots);
    const { document } = first.nitro({ at: AT });
    const report = await verifyNitro({ document, asOf: AT, roots: second.roots.nitro });
    expect(statusOf(report.checks)).toBe('accepted');
  });

  it('is made for nobody who only asks for the one that is there', async () => {
    const other = mkdtempSync(join(tmpdir(), 'countersign-attester-'));
    await expect(knownAttester(other)).rejects.toThrow('data/key-malformed');
    expect(readdirSync(other)).toEqual([]);
    rmSync(other, { recursive: true });
    expect((await knownAttester(folder)).roots).toEqual((await openAttester(folder)).roots);
  });

  it('asks for a nonce of NVIDIA’s length', () => {
    expect(() => attester.nvidia({ nonce: new Uint8Array(31) })).toThrow(RangeError);
  });

  it('makes keys of every secret, also where a coordinate or the secret number begins with zeros', () => {
    const keys = keysFrom(new Uint8Array(32));
    const lengths = Array.from({ length: 800 }, (_, number) => {
      const { privateKey, spki } = keys(`${number}`, 'P-256');
      const { d = '' } = privateKey.export({ format: 'jwk' });
      return [Buffer.from(d, 'base64url').length, spki.length, Buffer.from(d, 'base64url')[0] === 0];
    });
    expect(new Set(lengths.map(([d, spki]) => `${d} ${spki}`))).toEqual(new Set(['32 91']));
    expect(lengths.some(([, , isZero]) => isZero)).toBe(true);
  });
});
