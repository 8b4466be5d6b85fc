/** The readers of receipts and signed answers that others make. People and services write JSON as they like: what is written back is what is signed of it. */
import { toHex } from '../../src/bytes/hex.js';
import type { Json } from '../../src/bytes/json.js';
import { fromUtf8, utf8 } from '../../src/bytes/octets.js';
import { parseAciReport } from '../../src/evidence/aci/keyset.js';
import { parseAciReceipt } from '../../src/evidence/aci/receipt.js';
import { parseAciSession } from '../../src/evidence/aci/session.js';
import { parseAirReceipt } from '../../src/evidence/air/receipt.js';
import type { TdReport } from '../../src/evidence/dcap/body.js';
import { parseQuote } from '../../src/evidence/dcap/quote.js';
import { checkDeployment } from '../../src/evidence/dstack/deployment.js';
import { parseDstackReports } from '../../src/evidence/dstack/report.js';
import { parseNearSignature } from '../../src/evidence/near/signature.js';
import { parseAnswer } from '../../src/evidence/opengradient/answer.js';
import { checkLeaves, checkTree, parseBatch } from '../../src/evidence/opengradient/batch.js';
import { signedRequest } from '../../src/evidence/opengradient/request.js';
import { parseSigningKey } from '../../src/evidence/opengradient/signing-key.js';
import { CHUTES } from '../../src/evidence/providers/chutes.js';
import { TINFOIL } from '../../src/evidence/providers/tinfoil.js';
import { makeReceipt, makeReport, makeSession } from '../support/evidence/aci.js';
import { makeAir } from '../support/evidence/air.js';
import {
  ADDRESS,
  APP_COMPOSE,
  dstackReport,
  EVENTS,
  signText,
  trustDomainQuote,
} from '../support/evidence/dstack.js';
import {
  ENCLAVE,
  KEY,
  makeAnswer,
  makeBatch,
  makeStream,
  REQUEST,
} from '../support/evidence/opengradient.js';
import { chutesAnswers, NONCE, tinfoilDocument } from '../support/evidence/providers.js';
import { jsonMutants } from '../support/mutation.js';
import type { Reader } from './reader.js';

const parsed = (bytes: Uint8Array) => JSON.parse(fromUtf8(bytes) ?? '') as Json;
const json = (...samples: readonly Uint8Array[]) => jsonMutants(samples.map(parsed));
const TEXT = `${'ab'.repeat(32)}:${'cd'.repeat(32)}`;
const nearSignature = utf8(
  JSON.stringify({
    text: TEXT,
    signature: toHex(signText(TEXT)),
    signing_address: toHex(ADDRESS),
    signing_algo: 'ecdsa',
  }),
);
const reports = utf8(
  JSON.stringify({ gateway_attestation: dstackReport(), model_attestations: [dstackReport({ tls: null })] }),
);
const events = utf8(JSON.stringify(EVENTS));
const body = parseQuote(trustDomainQuote()).body as TdReport;
const [evidence, instances] = chutesAnswers();
/** The same again: what a reader of somebody else's JSON writes is the JSON. */
const same = (bytes: Uint8Array) => utf8(JSON.stringify(parsed(bytes)));

export const IMPORT_READERS: readonly Reader[] = [
  {
    name: "a request that OpenGradient's gateway hashes",
    genuine: [REQUEST],
    codes: ['opengradient/request-malformed'],
    form: 'normal',
    damage: json(REQUEST),
    // What it writes is a request of the same meaning, in its own spelling.
    writeBack: bytes => signedRequest(bytes).bytes,
  },
  {
    name: "an answer of OpenGradient's",
    genuine: [makeAnswer(), makeStream()],
    codes: ['opengradient/response-malformed', 'opengradient/request-malformed'],
    writeBack: bytes => {
      parseAnswer(bytes);
      return bytes;
    },
  },
  {
    name: "a signing key of OpenGradient's",
    genuine: [KEY, ENCLAVE.spki],
    codes: ['opengradient/key-malformed'],
    form: 'normal',
    writeBack: bytes => parseSigningKey(bytes).spki,
  },
  {
    name: "a batch of OpenGradient's",
    genuine: [makeBatch()],
    codes: [
      'opengradient/batch-malformed',
      'opengradient/tree-mismatch',
      'opengradient/leaf-mismatch',
      'opengradient/leaves-incomplete',
    ],
    form: 'normal',
    damage: json(makeBatch()),
    cost: 4,
    writeBack: bytes => {
      const batch = parseBatch(bytes);
      checkTree(batch);
      checkLeaves(batch);
      return same(bytes);
    },
  },
  {
    name: "a signature of NEAR AI's",
    genuine: [nearSignature],
    codes: ['near/signature-malformed'],
    form: 'normal',
    damage: json(nearSignature),
    writeBack: bytes => {
      parseNearSignature(bytes);
      return same(bytes);
    },
  },
  {
    name: "reports of dstack's",
    genuine: [reports, utf8(JSON.stringify(dstackReport()))],
    codes: ['near/report-malformed'],
    form: 'normal',
    damage: json(reports),
    writeBack: bytes => {
      parseDstackReports(bytes, 'near/report-malformed');
      return same(bytes);
    },
  },
  {
    name: 'an event log of dstack',
    genuine: [events],
    codes: ['dstack/log-malformed', 'dstack/log-mismatch', 'dstack/compose-mismatch'],
    form: 'normal',
    damage: json(events),
    writeBack: bytes => {
      const eventLog = fromUtf8(bytes);
      if (eventLog === null) return null;
      checkDeployment({ body, eventLog, appCompose: APP_COMPOSE });
      return same(bytes);
    },
  },
  {
    name: 'a receipt of aci/1',
    genuine: [makeReceipt()],
    codes: ['aci/receipt-malformed', 'aci/version-unsupported'],
    form: 'normal',
    damage: json(makeReceipt()),
    writeBack: bytes => {
      parseAciReceipt(bytes);
      return same(bytes);
    },
  },
  {
    name: 'a report of aci/1',
    genuine: [makeReport()],
    codes: ['aci/report-malformed', 'aci/version-unsupported'],
    form: 'normal',
    damage: json(makeReport()),
    writeBack: bytes => {
      parseAciReport(bytes);
      return same(bytes);
    },
  },
  {
    name: 'a session of aci/1',
    genuine: [makeSession()],
    codes: ['aci/session-malformed', 'aci/version-unsupported'],
    form: 'normal',
    damage: json(makeSession()),
    writeBack: bytes => {
      parseAciSession(bytes);
      return same(bytes);
    },
  },
  {
    name: "a document of Tinfoil's",
    genuine: [tinfoilDocument(), tinfoilDocument({ tee: 'tdx' })],
    codes: ['provider/answer-malformed', 'provider/nonce-mismatch', 'provider/binding-mismatch'],
    form: 'normal',
    damage: json(tinfoilDocument()),
    writeBack: bytes => {
      TINFOIL.read([bytes], NONCE);
      return same(bytes);
    },
  },
  {
    name: 'evidence of Chutes',
    genuine: [evidence],
    codes: ['provider/answer-malformed'],
    form: 'normal',
    damage: json(evidence),
    writeBack: bytes => {
      CHUTES.read([bytes, instances], NONCE);
      return same(bytes);
    },
  },
  {
    name: 'instances of Chutes',
    genuine: [instances],
    codes: ['provider/answer-malformed'],
    form: 'normal',
    damage: json(instances),
    writeBack: bytes => {
      CHUTES.read([evidence, bytes], NONCE);
      return same(bytes);
    },
  },
  {
    name: 'an attested inference receipt',
    genuine: [makeAir()],
    codes: ['air/malformed', 'air/profile-unsupported'],
    writeBack: bytes => {
      parseAirReceipt(bytes);
      return bytes;
    },
  },
];
