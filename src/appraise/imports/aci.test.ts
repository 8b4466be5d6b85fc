import { describe, expect, it } from 'vitest';
import '../../shell/node.js';
import {
  type AciReceiptOptions,
  type AciReportOptions,
  digestOf,
  makeEvents,
  makeKeyset,
  makeReceipt,
  makeReport,
  makeSession,
  REQUEST,
  RESPONSE,
  sessionId,
  written,
} from '../../../test/support/evidence/aci.js';
import { makeCollateral } from '../../../test/support/evidence/dcap.js';
import { NONCE, TLS_KEY } from '../../../test/support/evidence/dstack.js';
import { DURING } from '../../../test/support/evidence/x509-maker.js';
import { reasonOfAsync } from '../../../test/support/failure.js';
import { CIRCUMSTANCES, outcomeOf } from '../../../test/support/imports.js';
import { fromHex } from '../../bytes/hex.js';
import { utf8 } from '../../bytes/octets.js';
import { type AciInput, importAci } from './aci.js';
import type { ImportCircumstances } from './imported.js';

const WHOLE: AciInput = {
  receipt: makeReceipt(),
  report: makeReport(),
  sessions: [makeSession()],
  request: REQUEST,
  response: RESPONSE,
  nonce: NONCE,
  collateral: makeCollateral(),
  tls: null,
};
const judge = (change: Partial<AciInput> = {}, circumstances: Partial<ImportCircumstances> = {}) =>
  importAci({ ...WHOLE, ...change }, { ...CIRCUMSTANCES, ...circumstances });
const receipt = (options: AciReceiptOptions) => ({ receipt: makeReceipt(options) });
const report = (options: AciReportOptions) => ({ report: makeReport(options) });

describe('a receipt of aci/1', () => {
  it('of an aggregator, with report and session, is accepted', async () => {
    const judged = await judge({ tls: TLS_KEY });
    expect(outcomeOf(judged)).toEqual({ status: 'accepted', code: null, failed: [], unmade: [] });
    expect([judged.facts.model.grade, judged.facts.place.grade]).toEqual(['asserted', 'handoff']);
    expect(judged.claims.map(({ status }) => status)).toEqual([
      ...['verified', 'verified', 'verified', 'verified', 'verified'],
      ...['asserted', 'asserted', 'asserted', 'unknown'],
    ]);
    expect(judged.stated).toMatchObject({ model: 'demo', rewritten: true, serving: 'aggregator' });
  });

  it('of a service that serves itself needs no upstream', async () => {
    const serving = { members: { service_capabilities: { serving: 'direct' } } };
    const judged = await judge({
      ...receipt({ events: makeEvents(null) }),
      ...report(serving),
      sessions: [],
    });
    expect(outcomeOf(judged)).toEqual({ status: 'accepted', code: null, failed: [], unmade: [] });
    expect(judged.claims).toHaveLength(7);
    // One that does not say is taken for an aggregator.
    const silent = report({ members: { service_capabilities: {} } });
    expect(outcomeOf(await judge({ ...receipt({ events: makeEvents(null) }), ...silent })).code).toBe(
      'aci/upstream-unverified',
    );
  });

  const OTHER_KEYSET = makeKeyset({ not_after: DURING + 7200 });
  it.each<readonly [string, Partial<AciInput>, readonly string[], string]>([
    ['a member changed', receipt({ after: { model: 'other' } }), ['signature'], 'aci/signature-invalid'],
    ['a member added', receipt({ after: { note: 1 } }), ['signature'], 'aci/signature-invalid'],
    [
      'a signature of another key',
      receipt({ seed: new Uint8Array(32).fill(9) }),
      ['signature'],
      'aci/signature-invalid',
    ],
    [
      'a key that the keyset has not',
      receipt({ members: { key_id: 'x' } }),
      ['signature'],
      'aci/key-unknown',
    ],
    [
      'a key of another algorithm',
      receipt({ members: { key_id: 'other' } }),
      ['signature'],
      'aci/algorithm-unsupported',
    ],
    ['another keyset', receipt({ keyset: OTHER_KEYSET }), ['keyset'], 'aci/keyset-mismatch'],
    [
      'a report that names another keyset than it has',
      report({ members: { workload_keyset_digest: digestOf(utf8('x')) } }),
      ['keyset'],
      'aci/keyset-mismatch',
    ],
    ['another request', { request: utf8('x') }, ['request'], 'aci/request-mismatch'],
    ['another response', { response: utf8('x') }, ['response'], 'aci/response-mismatch'],
    ['the report of another nonce', { nonce: NONCE.with(0, 9) }, ['report-data'], 'aci/report-data-mismatch'],
    ['a report that nobody asked for', report({ nonce: null }), ['report-data'], 'aci/report-data-mismatch'],
    [
      'a quote that carries something else',
      report({ carried: new Uint8Array(64) }),
      ['report-data'],
      'aci/report-data-mismatch',
    ],
    [
      'a report that states something else than the quote has',
      report({ attestation: { report_data: 'ab'.repeat(32) } }),
      ['report-data'],
      'aci/report-data-mismatch',
    ],
    [
      'another compose file',
      report({ evidence: { app_compose: '{}' } }),
      ['deployment'],
      'dstack/compose-mismatch',
    ],
    ['a connection to another key', { tls: new Uint8Array(32) }, ['tls'], 'aci/tls-unlisted'],
    [
      'an upstream that failed',
      receipt({ events: makeEvents({ result: 'failed' }) }),
      ['upstream'],
      'aci/upstream-unverified',
    ],
    [
      'an upstream that did not have to be verified',
      receipt({ events: makeEvents({ required: false }) }),
      ['upstream'],
      'aci/upstream-unverified',
    ],
    [
      'an upstream without a session',
      receipt({ events: makeEvents({ session_id: undefined }) }),
      ['upstream'],
      'aci/upstream-unverified',
    ],
    [
      'another session',
      { sessions: [makeSession({ upstream_name: 'other' })] },
      ['session'],
      'aci/session-mismatch',
    ],
    ...(
      [
        [
          'other evidence in the session',
          { evidence: { digest: digestOf(utf8('x')), data: 'data:;base64,AAAA' } },
          'aci/session-evidence-mismatch',
        ],
        ['a session that began later', { established_at: DURING }, 'aci/session-outdated'],
        ['a session that had ended', { expires_at: DURING - 60 }, 'aci/session-outdated'],
      ] as const
    ).map(
      ([what, members, code]) =>
        [
          what,
          {
            ...receipt({ events: makeEvents({ session_id: sessionId(members) }) }),
            sessions: [makeSession(members)],
          },
          ['session'],
          code,
        ] as const,
    ),
  ])('with %s fails in that alone', async (_, change, failed, code) => {
    const judged = outcomeOf(await judge(change));
    expect([judged.status, judged.code, judged.failed]).toEqual(['refused', code, failed]);
  });

  it('no byte of it can be changed', async () => {
    // Without the quote, which takes its time and has a test of its own.
    const others = { ...report({ evidence: { quote: undefined } }), sessions: [] };
    const whole = WHOLE.receipt;
    expect(outcomeOf(await judge(others)).failed).toEqual([]);
    for (let at = 0; at < whole.length; at++) {
      const receipt = whole.with(at, (whole[at] as number) ^ 1);
      const failed = await judge({ ...others, receipt }).then(
        judged => outcomeOf(judged).failed,
        () => ['malformed'],
      );
      expect(failed).not.toEqual([]);
    }
  });

  it('of a keyset that has run out', async () => {
    const keyset = makeKeyset({ not_after: DURING });
    expect(outcomeOf(await judge({ ...receipt({ keyset }), ...report({ keyset }) }))).toMatchObject({
      failed: ['expiry'],
      code: 'aci/keyset-expired',
    });
  });

  it('of a keyset with a key of small order, or with two keys of one name', async () => {
    const entry = { key_id: 'receipt-1', algo: 'ed25519' };
    const small = makeKeyset({ receipt_signing_keys: [{ ...entry, public_key: `01${'00'.repeat(31)}` }] });
    expect(outcomeOf(await judge({ ...receipt({ keyset: small }), ...report({ keyset: small }) })).code).toBe(
      'aci/signature-invalid',
    );
    const two = makeKeyset({
      receipt_signing_keys: [entry, entry].map(each => ({ ...each, public_key: 'ab' })),
    });
    expect(outcomeOf(await judge({ ...receipt({ keyset: two }), ...report({ keyset: two }) })).code).toBe(
      'aci/key-unknown',
    );
  });

  it.each<readonly [string, Partial<AciInput>, readonly string[]]>([
    [
      'the report',
      { report: null },
      ['signature', 'keyset', 'expiry', 'hardware', 'report-data', 'deployment'],
    ],
    ['the request', { request: null }, ['request']],
    ['the response', { response: null }, ['response']],
    ['the nonce', { nonce: null }, ['report-data']],
    ['collateral', { collateral: null }, ['hardware']],
    ['the session', { sessions: [] }, ['session']],
    ['an event log', report({ evidence: { event_log: undefined } }), ['deployment']],
    ['a quote', report({ evidence: { quote: undefined } }), ['hardware', 'report-data', 'deployment']],
    [
      'evidence that is read here',
      report({ attestation: { tee_type: 'sev_snp' } }),
      ['hardware', 'report-data', 'deployment'],
    ],
    [
      'the evidence in the session',
      {
        ...receipt({
          events: makeEvents({ session_id: sessionId({ evidence: { digest: digestOf(utf8('')) } }) }),
        }),
        sessions: [makeSession({ evidence: { digest: digestOf(utf8('')) } })],
      },
      [],
    ],
  ])('without %s', async (_, change, unmade) => {
    const judged = outcomeOf(await judge(change));
    expect(judged).toMatchObject({
      status: unmade.length === 0 ? 'accepted' : 'inconclusive',
      failed: [],
      unmade,
    });
  });

  it('with evidence of another TEE: why it was not looked at is said', async () => {
    expect((await judge(report({ attestation: { tee_type: 'sev_snp' } }))).code).toBe(
      'aci/evidence-unsupported',
    );
  });

  it('under a root that nobody has pinned: what the quote carries counts for nothing', async () => {
    const judged = await judge({}, { roots: { nitro: [], dcap: [] } });
    expect(outcomeOf(judged)).toMatchObject({ failed: ['hardware'], unmade: ['report-data', 'deployment'] });
    expect([judged.facts.place.grade, judged.claims[1]?.status]).toEqual(['none', 'refuted']);
  });

  const [received, , , , returned] = makeEvents();
  it.each<readonly [string, Partial<AciInput>, string]>([
    ['a receipt without a signature', receipt({ after: { signature: undefined } }), 'aci/receipt-malformed'],
    ['a receipt without events', receipt({ events: [] }), 'aci/receipt-malformed'],
    [
      'a receipt that begins with something else',
      receipt({ events: makeEvents().toReversed() }),
      'aci/receipt-malformed',
    ],
    [
      'a receipt with an event twice',
      receipt({ events: [...makeEvents(), returned ?? {}] }),
      'aci/receipt-malformed',
    ],
    ['a receipt without an answer', receipt({ events: [received ?? {}] }), 'aci/receipt-malformed'],
    [
      'a receipt with a digest that is none',
      receipt({ events: [{ type: 'request.received', body_hash: 'x' }] }),
      'aci/receipt-malformed',
    ],
    [
      'a receipt with an upstream of another form',
      receipt({ events: makeEvents({ result: 'maybe' }) }),
      'aci/receipt-malformed',
    ],
    [
      'a receipt with a lone surrogate',
      { receipt: utf8(new TextDecoder().decode(makeReceipt()).replace('"demo"', '"\\ud800"')) },
      'aci/receipt-malformed',
    ],
    ['a receipt that is a list', { receipt: utf8('[]') }, 'aci/receipt-malformed'],
    [
      'a receipt of another version',
      receipt({ members: { api_version: 'aci/2' } }),
      'aci/version-unsupported',
    ],
    ['a report of another version', report({ members: { api_version: 'aci/2' } }), 'aci/version-unsupported'],
    [
      'a session of another version',
      { sessions: [makeSession({ api_version: 'aci/2' })] },
      'aci/version-unsupported',
    ],
    [
      'a report without a keyset',
      report({ attestation: { workload_keyset: undefined } }),
      'aci/report-malformed',
    ],
    [
      'a report of an earlier draft',
      report({ attestation: { workload_keyset: undefined, workload_keyset_b64: 'AAAA' } }),
      'aci/report-malformed',
    ],
    ['a keyset without an end', report({ keyset: makeKeyset({ not_after: null }) }), 'aci/report-malformed'],
    [
      'a keyset with a key of TLS that is none',
      report({ keyset: makeKeyset({ tls_public_keys: [{ spki_sha256: 'x' }] }) }),
      'aci/report-malformed',
    ],
    ['a session without a time', { sessions: [makeSession({ expires_at: 'x' })] }, 'aci/session-malformed'],
    [
      'a session with data that is no base64',
      { sessions: [makeSession({ evidence: { digest: digestOf(utf8('')), data: 'data:,x' } })] },
      'aci/session-malformed',
    ],
  ])('malformed: %s', async (_, change, code) => {
    expect(await reasonOfAsync(() => judge(change))).toBe(code);
  });
});

describe('the vectors of the specification', () => {
  // Source: Dstack-TEE/private-ai-gateway, spec/test-vectors.md.
  const keyset = {
    e2ee_public_keys: [
      {
        algo: 'x25519-aes-256-gcm-hkdf-sha256',
        key_id: 'e2ee-1',
        public_key: '5dfedd3b6bd47f6fa28ee15d969d5bb0ea53774d488bdaf9df1c6e0124b3ef22',
      },
    ],
    not_after: 1800000000,
    receipt_signing_keys: [
      {
        algo: 'ed25519',
        key_id: 'receipt-1',
        public_key: '8139770ea87d175f56a35466c34c7ecccb8d8a91b4ee37a25df60f5b8fc9b394',
      },
    ],
    subject: 'dstack-app://example-app',
    tls_public_keys: [{ domain: 'api.example.com', spki_sha256: 'c0'.repeat(32) }],
  };
  const session = {
    api_version: 'aci/1',
    channel_binding: [
      { origin: 'https://upstream.example.com', spki_sha256: 'd1'.repeat(32), type: 'tls_spki_sha256' },
    ],
    claims: {
      extra: { gpu_arch: 'HOPPER', tcb_status: 'UpToDate' },
      gpu_attested: { status: 'unknown' },
      model_weights_provenance: { status: 'unknown' },
      os_known_good: { status: 'unknown' },
      serving_software_known_good: { status: 'unknown' },
      tcb_up_to_date: { status: 'unknown' },
      tee_attested: { reason: 'example quote verified', source: 'hardware_proven', status: 'asserted' },
    },
    endpoint: 'https://upstream.example.com',
    established_at: 1750000000,
    evidence: {
      data: 'data:text/plain;base64,ZXhhbXBsZS1ldmlkZW5jZQ==',
      digest: 'sha256:80d70e44d0ae1e829fd5f37c3ee4a60dfbea8d3aa18407ea3f34cf7ec91da34d',
    },
    expires_at: 1750003600,
    upstream_name: 'demo-upstream',
    verifier_id: 'example/1',
  };
  const request = utf8('{"messages":[{"content":"hi","role":"user"}],"model":"demo-model"}');
  const response = utf8('{"choices":[],"id":"chatcmpl-123"}');
  const published = {
    api_version: 'aci/1',
    chat_id: 'chatcmpl-123',
    endpoint: '/v1/chat/completions',
    event_log: [
      { body_hash: digestOf(request), type: 'request.received' },
      { body_hash: digestOf(request), type: 'request.forwarded' },
      {
        model_id: 'demo-model',
        required: true,
        result: 'verified',
        session_id: '95ad1cb4dd25445808c2e9d116caf420b05703730b506395e8fc1ca6faeae28f',
        type: 'upstream.verified',
      },
      { body_hash: digestOf(response), type: 'response.returned' },
    ],
    key_id: 'receipt-1',
    method: 'POST',
    model: 'demo-model',
    receipt_id: 'rcpt-0001',
    served_at: 1750000000,
    signature:
      'd5b005e093bde3b577faf270b7184b09e169cacb0ecb206b103bd2581f997db03da616175454b063323a23ac1dc68f1ce506c2a6eba8aa0561d5e724f0b80c03',
    workload_keyset_digest: 'sha256:53a5cd44b30dcc51999754c719f2628a041f174ecbf9662a6f8e898a10cd9371',
  };

  it('come to what it says', async () => {
    const nonce = Uint8Array.from({ length: 32 }, (_, at) => at);
    const given = {
      receipt: written(published),
      report: makeReport({ keyset, nonce }),
      sessions: [written(session)],
      request,
      response,
      nonce,
    };
    const judged = await judge(given, { asOf: 1750000001 });
    const passed = judged.checks.filter(({ status }) => status === 'pass').map(({ name }) => name);
    // The collateral of the tests is of another time.
    expect(passed).toEqual(
      expect.arrayContaining(['signature', 'keyset', 'request', 'response', 'expiry', 'upstream', 'session']),
    );
    const [, reportData] = /"report_data": "([0-9a-f]+)"/.exec(new TextDecoder().decode(given.report)) ?? [];
    expect(fromHex(reportData ?? '')).toEqual(
      fromHex('df2174d28130852b413646a3786927b93e94c11d770268b65def8bdba45cb49e'),
    );
  });
});
