/** The readers of what NVIDIA's devices, authorities and services sign, which write back what of it is signed. */
import { concat, utf8 } from '../../src/bytes/octets.js';
import { parseAnswer } from '../../src/evidence/nvidia/nras/answer.js';
import { parseOpaqueData } from '../../src/evidence/nvidia/opaque-data.js';
import { parseManifest } from '../../src/evidence/nvidia/rim/manifest.js';
import { canonicalXml, parseXml } from '../../src/evidence/nvidia/rim/xml.js';
import { parseSpdm } from '../../src/evidence/nvidia/spdm.js';
import { answerAbout, parseOcspResponse } from '../../src/evidence/x509/ocsp.js';
import { certificatesFromPem } from '../../src/evidence/x509/pem.js';
import { makeAnswer, makeNrasHouse } from '../support/evidence/nras.js';
import {
  chainPem,
  makeDevice,
  makeDriverManifest,
  makeEvidence,
  makeWordOfAuthorities,
} from '../support/evidence/nvidia.js';
import type { Reader } from './reader.js';

const gpu = makeDevice();
const nvswitch = makeDevice({ device: 'nvswitch' });
const chain = certificatesFromPem(chainPem(gpu));
const [, rom, provisioner] = chain;

export const NVIDIA_READERS: readonly Reader[] = [
  {
    name: 'SPDM evidence',
    genuine: [makeEvidence(gpu), makeEvidence(nvswitch)],
    codes: ['nvidia/malformed'],
    writeBack: bytes => {
      const { signedBytes, signature, opaque } = parseSpdm(bytes);
      parseOpaqueData(opaque, 'gpu');
      return concat(signedBytes, signature);
    },
  },
  {
    name: 'reference manifest',
    genuine: [makeDriverManifest(gpu)],
    codes: ['nvidia/rim-malformed', 'certificate/malformed'],
    writeBack: bytes => {
      parseManifest(bytes);
      return utf8(canonicalXml(parseXml(bytes)));
    },
    form: 'normal',
    cost: 4,
  },
  {
    name: 'OCSP response',
    genuine: makeWordOfAuthorities(gpu).slice(0, 2),
    codes: ['ocsp/malformed', 'ocsp/unsuccessful'],
    writeBack: bytes => {
      const response = parseOcspResponse(bytes);
      if (rom !== undefined && provisioner !== undefined) answerAbout(response, rom, provisioner);
      return bytes;
    },
    cost: 2,
  },
  {
    name: 'answer of the attestation service',
    genuine: [makeAnswer(makeNrasHouse(), { indent: 2 })],
    codes: ['nras/malformed'],
    writeBack: bytes => {
      const { overall, devices } = parseAnswer(bytes);
      return utf8(
        JSON.stringify([
          ['JWT', overall.text],
          Object.fromEntries(devices.map(({ name, text }) => [name, text])),
        ]),
      );
    },
    form: 'normal',
  },
];
