import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { UsageError } from '../exit-code.js';
import { CONFIG_MEMBERS } from './config-members.js';
import { attestationPolicies, type RequiredAttestation } from './config-schema.js';
import { readConfig } from './read-config.js';
import { readSecret } from './secret.js';
import { telemetryOf } from './telemetry-settings.js';
import { settingsOf, type UpOptions } from './up-settings.js';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'countersign-config-'));
  file = join(folder, 'c.yaml');
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const write = (text: string | Uint8Array) => writeFileSync(file, text);

/** What is said of a configuration that cannot be used, without the folder's name. */
async function complaint(
  text: string | Uint8Array,
  environment: Record<string, string> = {},
): Promise<string> {
  write(text);
  try {
    await readConfig(file, environment);
  } catch (error) {
    if (error instanceof UsageError) return error.message.replaceAll(`${folder}/`, '');
    throw error;
  }
  return 'nothing';
}

const WHOLE = `# A gateway for two providers.
data: ./data
operator: Example Ltd
listen:
  host: 0.0.0.0
  port: 9000
  origins: [https://app.example]
  connections: 500
  requestBytes: 1000000
receipts: { inline: false }
upstreams:
  - openai
  - name: mine
    url: https://models.example/v1
    key: { env: MINE_KEY }
timeouts:
  connect: 2.5
  firstToken: 60
  idle: 30
  keepAlive: 10
retries: 1
cache: { maximumBytes: 100000000, ttl: 60 }
models:
  fast: [openai/gpt-4o-mini, mine/small]
`;

describe('a configuration file', () => {
  it('sets what it says', async () => {
    write(WHOLE);
    expect(await readConfig(file, {})).toEqual({
      data: './data',
      operator: 'Example Ltd',
      listen: {
        host: '0.0.0.0',
        port: 9000,
        origins: ['https://app.example'],
        connections: 500,
        requestBytes: 1_000_000,
      },
      receipts: { inline: false },
      upstreams: ['openai', { name: 'mine', url: 'https://models.example/v1', key: { env: 'MINE_KEY' } }],
      timeouts: { connect: 2.5, firstToken: 60, idle: 30, keepAlive: 10 },
      retries: 1,
      cache: { maximumBytes: 100_000_000, ttl: 60 },
      models: { fast: ['openai/gpt-4o-mini', 'mine/small'] },
    });
  });

  it.each(['', '# nothing\n', '{}', '---\n', '{"listen": {"port": 1}}'])(
    'may be short, or JSON: %j',
    async text => {
      expect(await complaint(text)).toBe('nothing');
    },
  );

  it.each<readonly [string, string, string]>([
    [
      'a setting that is not there',
      'retriess: 2\n',
      'c.yaml:1:1: there is no setting "retriess". Did you mean "retries"?',
    ],
    [
      'one in a section',
      'listen:\n  port: 1\n  prot: 2\n',
      'c.yaml:3:3: there is no setting "listen.prot". Did you mean "port"?',
    ],
    [
      'one that is like no other',
      'receipts:\n  colour: red\n',
      'c.yaml:2:3: there is no setting "receipts.colour". Known here: inline.',
    ],
    [
      'a value out of range',
      'listen:\n  port: 65536\n',
      'c.yaml:2:9: listen.port: it takes a whole number from 0 to 65535.',
    ],
    ['text for a number', 'retries: many\n', 'c.yaml:1:10: retries: it takes a whole number from 0 to 10.'],
    [
      'a secret written down',
      'upstreams:\n  - name: a\n    key: sk-secret\n',
      'c.yaml:3:10: upstreams.0.key: a secret is named, never written down: {env: NAME} or {file: PATH}.',
    ],
    [
      'an upstream that has to show nothing in particular',
      'upstreams: [{ name: a, attestation: { provider: near, evidence: { tdx: { measurements: { mrTd: [] } } } } }]\n',
      'c.yaml:1:65: upstreams.0.attestation.evidence: it names no software: for a kind of evidence it takes measurements (nitro: pcrs 0; sev-snp: measurements; tdx: mrTd, rtMr1 and rtMr2).',
    ],
    [
      'a provider that binds no connection',
      'upstreams: [{ name: a, attestation: { provider: chutes, evidence: { tdx: {} } } }]\n',
      'c.yaml:1:49: upstreams.0.attestation.provider: it takes one of: tinfoil, near, phala, aci, opengradient, countersign.',
    ],
    [
      'an origin with a path',
      'listen: {origins: ["https://a.example/b"]}\n',
      'c.yaml:1:20: listen.origins.0: it takes an origin as browsers write it: https://app.example, without a path.',
    ],
    ['a name twice', 'retries: 1\nretries: 2\n', 'c.yaml:2:1: Map keys must be unique.'],
    [
      'what is no YAML',
      'listen: [1\n',
      'c.yaml:2:1: Flow sequence in block collection must be sufficiently indented and end with a ].',
    ],
    [
      'a key in place of settings, of which nothing is said',
      'sk-secret\n',
      'c.yaml:1:1: the file: Invalid type: Expected Object but received a text.',
    ],
    [
      'a key behind a bar',
      'data: |sk-secret\n',
      'c.yaml:1:8: Block scalar header includes extra characters.',
    ],
    ['a key behind a percent sign', '%sk-secret\n---\n', 'c.yaml:1:1: Unknown directive.'],
    ['a list', '- 1\n', 'c.yaml:1:1: the file is a list. It takes settings by their names.'],
    [
      'an alias',
      'data: &a x\noperator: *a\n',
      'c.yaml:1:10: anchors, aliases and tags are not read here. Write the value out.',
    ],
    [
      'a step of a name that has no targets',
      'models:\n  fast:\n    - balance: latency\n',
      'c.yaml:3:7: models.fast.0.targets: it is missing.',
    ],
    ['a tag', 'data: !mine x\n', 'c.yaml:1:7: Unresolved tag: !mine.'],
    ['a number as a name', '1: 2\n', 'c.yaml:1:1: a name must be text. Put it in quotes.'],
    [
      'two documents',
      'retries: 1\n---\nretries: 2\n',
      'c.yaml:2:1: Source contains multiple documents; please use YAML.parseAllDocuments().',
    ],
  ])('with %s is refused, with the place', async (_, text, says) => {
    expect(await complaint(text)).toBe(says);
  });

  it('that is not UTF-8, or is not there, is refused', async () => {
    expect(await complaint(Uint8Array.of(0xff))).toBe('c.yaml is not UTF-8.');
    await expect(readConfig(join(folder, 'none'), {})).rejects.toThrow('there is no such file');
  });

  it('in which a bomb of aliases is takes neither time nor memory', async () => {
    const lines = [
      'a0: &a0 [x]',
      ...Array.from({ length: 30 }, (_, at) => `a${at + 1}: &a${at + 1} [*a${at}, *a${at}]`),
    ];
    expect(await complaint(lines.join('\n'))).toContain('anchors, aliases and tags are not read here');
  });
});

describe('the environment', () => {
  it('wins over the file, member by member', async () => {
    write(WHOLE);
    const config = await readConfig(file, {
      COUNTERSIGN_LISTEN_PORT: '1234',
      COUNTERSIGN_TIMEOUTS_FIRST_TOKEN: '5',
      COUNTERSIGN_OPERATOR: '42',
      COUNTERSIGN_UPSTREAMS: '[anthropic, {name: mine, url: "http://127.0.0.1:1", key: {file: /run/key}}]',
      COUNTERSIGN_RECEIPTS_INLINE: 'true',
      COUNTERSIGN_RETRIES: '',
    });
    expect(config).toMatchObject({
      operator: '42',
      listen: { host: '0.0.0.0', port: 1234 },
      timeouts: { connect: 2.5, firstToken: 5 },
      upstreams: ['anthropic', { name: 'mine', url: 'http://127.0.0.1:1', key: { file: '/run/key' } }],
      receipts: { inline: true },
      retries: 1,
    });
  });

  it('does without a file', async () => {
    expect(await readConfig(null, { COUNTERSIGN_LISTEN_PORT: '0' })).toEqual({ listen: { port: 0 } });
  });

  it.each<readonly [string, string, string]>([
    ['COUNTERSIGN_LISTEN_PORT', 'http', 'it takes a whole number from 0 to 65535.'],
    ['COUNTERSIGN_UPSTREAMS', '[', 'it is no YAML. Put it in quotes, or see docs/configuration.md.'],
    ['COUNTERSIGN_RECEIPTS_INLINE', 'yes', 'it takes true or false.'],
  ])('%s=%s is refused, naming the variable', async (variable, value, says) => {
    expect(await complaint('', { [variable]: value })).toBe(`${variable}: ${says}`);
  });

  it('has a variable of its own for every setting, with words for each', () => {
    const variables = CONFIG_MEMBERS.map(({ variable }) => variable);
    expect(new Set(variables).size).toBe(variables.length);
    expect(variables).toContain('COUNTERSIGN_LISTEN_REQUEST_BYTES');
    for (const { says } of CONFIG_MEMBERS) expect(says).not.toBe('');
  });
});

describe('a secret', () => {
  it('is read from where it is named', async () => {
    write('sk-from-file\n');
    expect(await readSecret('key', { file }, {})).toBe('sk-from-file');
    expect(await readSecret('key', { env: 'A' }, { A: 'sk-from-environment' })).toBe('sk-from-environment');
  });

  it.each(['', 'two\nlines\n', 'a space', 'ümlaut'])(
    'that is none is refused, and not shown: %j',
    async text => {
      write(text);
      const said = await Promise.allSettled([
        readSecret('key', { file }, {}),
        readSecret('key', { env: 'A' }, { A: text }),
      ]);
      for (const one of said) {
        expect(one.status).toBe('rejected');
        const { message } = (one as PromiseRejectedResult).reason as Error;
        if (text !== '') expect(message).not.toContain(text.trim());
      }
    },
  );
});

describe('what a gateway is started with', () => {
  const options: UpOptions = {
    data: '/default',
    host: '127.0.0.1',
    port: 8787,
    upstream: [],
    inline: true,
    maxRequest: 10,
    maxConnections: 20,
    allowOrigin: [],
    connectTimeout: 1,
    firstTokenTimeout: 2,
    idleTimeout: 3,
    keepAlive: 4,
    retries: 2,
    admin: { host: '127.0.0.1', port: 0 },
    logFormat: 'text',
  };
  const none = () => false;

  it('is what it is by default, where nothing is set', async () => {
    const { upstream, ...rest } = options;
    expect(await settingsOf(options, none, {})).toEqual({
      ...rest,
      logLevel: 'warn',
      telemetry: null,
      propagate: false,
      upstreams: [],
      models: new Map(),
      webhooks: [],
      collateral: {},
    });
  });

  it('has what an upstream has to show, and who vouches for the gateway itself', async () => {
    const measurements = ['33'.repeat(48)];
    const attestation = { provider: 'countersign', every: 60, evidence: { 'sev-snp': { measurements } } };
    const listen = { certificate: 'cert.pem', key: 'key.pem' };
    const attester = { kind: 'nitro', command: '/usr/bin/nsm' };
    const collateral = { pccs: 'https://pccs.example' };
    write(
      JSON.stringify({
        upstreams: [{ name: 'far', url: 'https://far.example/v1', attestation }],
        listen,
        attester,
        collateral,
      }),
    );
    const settings = await settingsOf({ ...options, config: file }, none, {});
    expect(settings).toMatchObject({
      upstreams: [
        { text: 'far=https://far.example/v1', attestation: { provider: 'countersign', every: 60 } },
      ],
      tlsCertificate: 'cert.pem',
      tlsKey: 'key.pem',
      attester: 'nitro',
      attesterCommand: '/usr/bin/nsm',
      collateral,
    });
    const [upstream] = settings.upstreams;
    const required = upstream?.attestation as RequiredAttestation;
    expect(attestationPolicies(required.evidence).snp.measurements).toEqual([new Uint8Array(48).fill(0x33)]);
  });

  it('comes from the command line first, then from the environment, then from the file', async () => {
    write(WHOLE);
    const environment = { COUNTERSIGN_CONFIG: file, COUNTERSIGN_RETRIES: '5', MINE_KEY: 'sk-mine' };
    const given = { ...options, port: 1, host: 'given' };
    const settings = await settingsOf(given, option => option === 'port', environment);
    expect(settings).toMatchObject({
      port: 1,
      host: '0.0.0.0',
      retries: 5,
      connectTimeout: 2500,
      inline: false,
      maxConnections: 500,
      operator: 'Example Ltd',
      cache: { maximumBytes: 100_000_000, lifetime: 60_000 },
      upstreams: [
        { text: 'openai', key: null },
        { text: 'mine=https://models.example/v1', key: 'sk-mine' },
      ],
    });
    expect([...settings.models.keys()]).toEqual(['fast']);
    const named = await settingsOf({ ...given, upstream: ['groq'] }, none, environment);
    expect(named.upstreams).toEqual([{ text: 'groq', key: null }]);
  });

  it('keeps answers for an hour, where nothing else is said, and none without room for them', async () => {
    const cacheBy = async (environment: Record<string, string>) =>
      (await settingsOf(options, none, environment)).cache;
    expect(await cacheBy({ COUNTERSIGN_CACHE_MAXIMUM_BYTES: '1000000' })).toEqual({
      maximumBytes: 1_000_000,
      lifetime: 3_600_000,
    });
    expect(await cacheBy({ COUNTERSIGN_CACHE_TTL: '5' })).toBeUndefined();
  });

  it('has no key that nobody has set', async () => {
    write(WHOLE);
    await expect(settingsOf({ ...options, config: file }, none, {})).rejects.toThrow('MINE_KEY is not set');
  });

  it('has names for models from one place', async () => {
    write(WHOLE);
    const both = { ...options, config: file, routes: 'routes.json' };
    await expect(settingsOf(both, none, { MINE_KEY: 'a' })).rejects.toThrow('not in both');
  });
});

describe('where telemetry goes', () => {
  const none = {};
  it('is nowhere by itself', async () => {
    expect(await telemetryOf({}, none)).toBeNull();
    expect(await telemetryOf({ service: 'x' }, { OTEL_SERVICE_NAME: 'y' })).toBeNull();
  });

  it('is where OpenTelemetry’s own variables say', async () => {
    const environment = {
      OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318',
      OTEL_EXPORTER_OTLP_HEADERS: 'X-Key=a%20b, other=c=d',
      OTEL_SERVICE_NAME: 'mine',
    };
    expect(await telemetryOf({}, environment)).toEqual({
      endpoint: 'http://127.0.0.1:4318',
      headers: { 'x-key': 'a b', other: 'c=d' },
      service: 'mine',
    });
    const configured = {
      endpoint: 'https://collector.example/otlp',
      headers: { env: 'MINE' },
      service: 'ours',
    };
    expect(await telemetryOf(configured, { ...environment, MINE: 'k=v' })).toEqual({
      endpoint: 'https://collector.example/otlp',
      headers: { k: 'v' },
      service: 'ours',
    });
  });

  it.each([
    [{ endpoint: 'collector:4318' }, none],
    [{ endpoint: 'ftp://collector.example' }, none],
    [{ endpoint: 'http://user:secret@collector.example' }, none],
    [{ endpoint: 'http://collector.example?key=secret' }, none],
    [{ endpoint: 'http://c.example', headers: { env: 'MINE' } }, { MINE: 'secret' }],
    [{ endpoint: 'http://c.example', headers: { env: 'MINE' } }, { MINE: 'a b=secret' }],
    [{ endpoint: 'http://c.example', headers: { env: 'MINE' } }, { MINE: 'a=%secret' }],
    [{ endpoint: 'http://c.example', headers: { env: 'MINE' } }, none],
  ])('%j is a mistake, and is not repeated', async (configured, environment) => {
    const error = await telemetryOf(configured, environment).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(UsageError);
    expect(String(error)).not.toContain('secret');
  });
});
