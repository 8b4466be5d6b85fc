/** Evidence that NVIDIA's hardware has signed. */
import { expect, it } from 'vitest';
import '../../shell/node.js';
import { makeOcspResponse, makeResponder } from '../../../test/support/evidence/ocsp-maker.js';
import { DURING, makeAuthority } from '../../../test/support/evidence/x509-maker.js';
import { reasonOfAsync } from '../../../test/support/failure.js';
import { describeGenuine, genuine, genuineText, hasGenuine } from '../../../test/support/vectors.js';
import { sha256 } from '../../bytes/cryptography.js';
import { toHex } from '../../bytes/hex.js';
import { statusOf } from '../report.js';
import { certificatesFromPem } from '../x509/pem.js';
import { type EvidenceItem, evidenceFromHex, parseEvidenceFile } from './evidence-file.js';
import { checkMeasurements } from './reference-values.js';
import { checkManifest, parseManifest } from './rim/manifest.js';
import { NVIDIA_DEVICE_ROOTS, NVIDIA_REFERENCE_ROOTS } from './roots.js';
import { type NvidiaInput, verifyNvidia } from './verify.js';

const asOf = Date.UTC(2026, 5, 10) / 1000;

function inputOf({ claimedNonce, architecture, ...item }: EvidenceItem): NvidiaInput {
  return { ...item, nonce: claimedNonce, ...(architecture === null ? {} : { architecture }), asOf };
}

function onlyItem(path: string): NvidiaInput {
  const [item, ...more] = parseEvidenceFile(genuine(path));
  if (item === undefined || more.length > 0) throw new Error(`${path} is not of one device`);
  return inputOf(item);
}

async function verdict(input: NvidiaInput): Promise<Record<string, string>> {
  const { checks } = await verifyNvidia(input);
  return Object.fromEntries(checks.map(check => [check.name, check.status === 'pass' ? 'pass' : check.code]));
}

const WITHOUT_MORE = {
  chain: 'pass',
  device: 'pass',
  signature: 'pass',
  'firmware-id': 'pass',
  nonce: 'pass',
  revocation: 'nvidia/revocation-not-given',
  'driver-manifest': 'nvidia/reference-not-given',
  'firmware-manifest': 'nvidia/reference-not-given',
  'manifest-revocation': 'nvidia/revocation-not-given',
  measurements: 'nvidia/reference-not-given',
};

describeGenuine('genuine evidence of NVIDIA devices', () => {
  it('of an H100 is good, up to what nothing was given for', async () => {
    const input = onlyItem('nvidia/hopper_evidence.json');
    expect(await verdict(input)).toEqual(WITHOUT_MORE);
    const { fields, root, uncovered } = await verifyNvidia(input);
    expect(root).toEqual({ name: 'NVIDIA Device Identity CA', simulated: false });
    expect(uncovered).toEqual([]);
    expect(fields).toMatchObject({
      driverVersion: '590.12',
      biosVersion: '96.00.A5.00.01',
      mode: 'protected-pcie',
      protectedPcie: true,
      project: 'G520',
    });
    expect(fields.device).toMatchObject({
      architecture: 'hopper',
      chip: 'GH100',
      model: 'GH100 A01 GSP BROM',
    });
  });

  it('with a certificate on hold has a good signature, and is refused for what the authority says', async () => {
    const input = onlyItem('nvidia/hopper_evidence_cert_hold.json');
    expect(await verdict(input)).toEqual(WITHOUT_MORE);
    const chain = certificatesFromPem(input.certificateChain as string);
    const responder = makeResponder(makeAuthority({ subject: 'a responder of the tests' }));
    const answers = (held: number) =>
      chain.slice(1, -1).map(({ bytes }, at) =>
        makeOcspResponse({
          certificate: bytes,
          issuer: chain[at + 2]?.bytes as Uint8Array,
          responder,
          status: at === held ? 'on-hold' : 'good',
        }),
      );
    const trustedResponders = [sha256(responder.keys.spki)];
    const withAnswers = (held: number) => ({
      ...input,
      asOf: DURING,
      revocation: { ocsp: answers(held), trustedResponders },
    });
    for (const held of [0, 1, 2]) {
      expect(await verdict(withAnswers(held))).toEqual({
        ...WITHOUT_MORE,
        revocation: 'certificate/on-hold',
      });
      expect(statusOf((await verifyNvidia(withAnswers(held))).checks)).toBe('refused');
    }
    expect(await verdict(withAnswers(3))).toEqual({ ...WITHOUT_MORE, revocation: 'pass' });
  });

  it('in hexadecimal is good; it is of firmware that does not name itself', async () => {
    const certificateChain = genuineText('nvidia/hopperCertChain.txt');
    const evidence = evidenceFromHex(genuineText('nvidia/hopperAttestationReport.txt'));
    expect(await verdict({ evidence, certificateChain, asOf })).toEqual({
      ...WITHOUT_MORE,
      'firmware-id': 'nvidia/firmware-id-absent',
      nonce: 'nvidia/nonce-not-given',
    });
  });

  it('with an invalid signature is refused', async () => {
    const certificateChain = genuineText('nvidia/hopperCertChain.txt');
    const evidence = evidenceFromHex(genuineText('nvidia/hopperAttestationReportInvalidSignature.txt'));
    expect(await verdict({ evidence, certificateChain, asOf })).toMatchObject({
      chain: 'pass',
      signature: 'nvidia/signature-invalid',
    });
  });

  it('of one device is not another’s', async () => {
    const [one, two] = ['nvidia/hopper_evidence.json', 'nvidia/hopper_evidence_cert_hold.json'].map(onlyItem);
    if (one === undefined || two === undefined) throw new Error('no device');
    expect(await verdict({ ...one, certificateChain: two.certificateChain })).toMatchObject({
      chain: 'pass',
      signature: 'nvidia/signature-invalid',
      'firmware-id': 'nvidia/firmware-id-mismatch',
    });
    expect(await verdict({ ...one, nonce: two.nonce as Uint8Array })).toMatchObject({
      nonce: 'nvidia/nonce-mismatch',
    });
  });

  it('the root that is pinned is the one that genuine chains end with', () => {
    for (const path of ['nvidia/hopper_evidence.json', 'nvidia/hopper_evidence_cert_hold.json']) {
      const root = certificatesFromPem(onlyItem(path).certificateChain as string).at(-1);
      expect(root?.commonName).toBe(NVIDIA_DEVICE_ROOTS[0]?.name);
      expect(toHex(sha256(root?.spki as Uint8Array))).toBe(
        toHex(NVIDIA_DEVICE_ROOTS[0]?.spkiSha256 as Uint8Array),
      );
    }
  });

  it('was signed when every certificate of the chain counted', async () => {
    const input = onlyItem('nvidia/hopper_evidence.json');
    expect(await verdict({ ...input, asOf: Date.UTC(2019, 0, 1) / 1000 })).toEqual({
      ...WITHOUT_MORE,
      chain: 'certificate/not-yet-valid',
      device: 'evidence/prerequisite-failed',
      'firmware-id': 'evidence/prerequisite-failed',
      nonce: 'evidence/prerequisite-failed',
    });
  });
});

/** Documents of `NVIDIA/attestation-sdk` and `NVIDIA/nvtrust` (Apache-2.0) that not every folder has. */
const MORE = {
  blackwell: 'nvidia/blackwellAttestationReport.txt',
  nvswitch: 'nvidia/switchAttestationReport.txt',
  switchBios: 'nvidia/rim/NV_SWITCH_BIOS_5612_0002_890_9610550001.xml',
  vbios: 'nvidia/rim/NV_GPU_VBIOS_1010_0200_882_96005E0001.xml',
  driver: 'nvidia/rim/NV_GPU_DRIVER_GH100_550.144.03.xml',
  changed: 'nvidia/rim/incorrect_signature_driver_rim.xml',
} as const;
const without = (...paths: readonly string[]) => !paths.every(hasGenuine);

describeGenuine('more genuine documents of NVIDIA’s', () => {
  it.skipIf(without(MORE.blackwell))('a Blackwell GPU’s evidence is good', async () => {
    const certificateChain = genuineText('nvidia/blackwellCertChain.txt');
    const input = { evidence: evidenceFromHex(genuineText(MORE.blackwell)), certificateChain, asOf };
    expect(await verdict(input)).toEqual({ ...WITHOUT_MORE, nonce: 'nvidia/nonce-not-given' });
    const { fields } = await verifyNvidia(input);
    expect(fields.device).toMatchObject({
      architecture: 'blackwell',
      model: 'GB100 A01 GSP BROM',
      debug: false,
    });
    expect(fields).toMatchObject({ driverVersion: '575.32', biosVersion: '97.00.88.00.0F' });
  });

  it.skipIf(without(MORE.nvswitch, MORE.switchBios))('a switch measures as its manifest says', async () => {
    const input = {
      evidence: evidenceFromHex(genuineText(MORE.nvswitch)),
      certificateChain: genuineText('nvidia/switchCertChain.txt'),
      firmwareManifest: genuine(MORE.switchBios),
      asOf,
    };
    const { 'driver-manifest': _, ...rest } = WITHOUT_MORE;
    expect(await verdict(input)).toEqual({
      ...rest,
      'firmware-id': 'nvidia/firmware-id-absent',
      nonce: 'nvidia/nonce-not-given',
      'firmware-manifest': 'pass',
      measurements: 'pass',
    });
    const { fields } = await verifyNvidia(input);
    expect(`${MORE.switchBios}`).toContain(fields.manifests.firmware as string);
  });

  it.skipIf(without(MORE.vbios))('a GPU’s firmware measures as its manifest says', async () => {
    const manifest = parseManifest(genuine(MORE.vbios));
    await checkManifest(manifest, NVIDIA_REFERENCE_ROOTS, Date.UTC(2024, 5, 1) / 1000);
    const { fields } = await verifyNvidia({
      evidence: evidenceFromHex(genuineText('nvidia/hopperAttestationReport.txt')),
      certificateChain: genuineText('nvidia/hopperCertChain.txt'),
      asOf,
    });
    expect(MORE.vbios).toContain(fields.manifests.firmware as string);
    checkMeasurements(fields.measurements, [manifest], fields.videoDecoder);
  });

  it.skipIf(without(MORE.driver, MORE.changed))(
    'a driver’s manifest is signed, and no longer when it was changed',
    async () => {
      const manifest = parseManifest(genuine(MORE.driver));
      expect(manifest).toMatchObject({ product: 'GH100', version: '550.144.03' });
      await checkManifest(manifest, NVIDIA_REFERENCE_ROOTS, asOf);
      const root = manifest.chain.at(-1);
      expect(root?.commonName).toBe(NVIDIA_REFERENCE_ROOTS[0]?.name);
      const changed = parseManifest(genuine(MORE.changed));
      expect(await reasonOfAsync(() => checkManifest(changed, NVIDIA_REFERENCE_ROOTS, asOf))).toBe(
        'nvidia/rim-signature-invalid',
      );
    },
  );
});
