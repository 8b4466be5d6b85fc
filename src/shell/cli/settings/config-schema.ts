/**
 * What can be set of a gateway, in its configuration file and in the environment. Also the source of `spec/schemas/config.json` and of
 * `docs/configuration.md`: each description is what an operator reads.
 */
import * as v from 'valibot';
import {
  DcapPolicyForm,
  dcapPolicyOf,
  NitroPolicyForm,
  nitroPolicyOf,
  SnpPolicyForm,
  snpPolicyOf,
} from '../../../appraise/evidence/policy-form.js';
import type { ProviderCircumstances } from '../../../appraise/providers/appraise.js';
import { namesSoftware } from '../../../appraise/verdict/known-software.js';
import { PROVIDER_NAMES, type ProviderName } from '../../../evidence/providers/provider.js';
import { REVOCATION_FIELDS } from '../../../receipt/revocation-words.js';
import { parseOrigin } from '../../http/cross-origin.js';
import { LOG_FORMATS, LOG_LEVELS } from '../../telemetry/operator-log.js';
import { readListenAddress } from '../listen.js';
import { Steps } from '../routes-file.js';

/** The most upstreams, and web origins. */
const MOST = 100;

function whole(least: number, most: number) {
  const message = `it takes a whole number from ${least} to ${most}`;
  return v.pipe(v.number(message), v.integer(message), v.minValue(least, message), v.maxValue(most, message));
}

const SECONDS = 'it takes a number of seconds over 0 and up to 999,999';
const Seconds = v.pipe(v.number(SECONDS), v.minValue(0.001, SECONDS), v.maxValue(999_999, SECONDS));

/** A published name. */
export const OPERATOR_NAME = /^(?!protocol$)[A-Za-z0-9][A-Za-z0-9 ._:/@()-]{0,127}$/;

const text = (message: string) =>
  v.pipe(v.string(message), v.minLength(1, message), v.maxLength(1024, message));

/** Without a stroke at its end: paths are put behind it. */
const HttpAddress = v.pipe(
  v.string('it takes a URL'),
  v.regex(
    /^https?:\/\/[^\s?#]{1,1000}[^\s?#/]$/,
    'it takes a URL of http or https, without a stroke at its end',
  ),
);

/** Where a secret is. Secrets themselves stand in no configuration: those are copied, committed and shown to others. */
export const SecretReference = v.union(
  [
    v.strictObject({ env: v.pipe(v.string(), v.regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/)) }),
    v.strictObject({ file: text('a path') }),
  ],
  'a secret is named, never written down: {env: NAME} or {file: PATH}',
);
export type SecretReference = v.InferOutput<typeof SecretReference>;

/** Who can vouch for the machine that a gateway runs in. */
export const ATTESTERS = ['nitro', 'sev-snp', 'tdx', 'simulated'] as const;
export type AttesterKind = (typeof ATTESTERS)[number];

/** Of which providers the gateway can require it: those that bind the key at which their TLS ends. */
export const REQUIRABLE = PROVIDER_NAMES.filter(
  (name): name is Exclude<ProviderName, 'privatemode' | 'chutes'> =>
    name !== 'privatemode' && name !== 'chutes',
);

/** What an upstream has to show of itself before it is sent anything. */
export const RequiredAttestation = v.strictObject({
  provider: v.picklist(REQUIRABLE, `it takes one of: ${REQUIRABLE.join(', ')}`),
  /** Seconds. */
  every: v.optional(Seconds),
  /** Whether the question goes with the gateway's key for the upstream. */
  sendKey: v.optional(v.boolean('it takes true or false')),
  /** Which software counts, and by what measure: of the kinds that are not named, none does. */
  evidence: v.pipe(
    v.strictObject({
      nitro: v.exactOptional(NitroPolicyForm),
      'sev-snp': v.exactOptional(SnpPolicyForm),
      tdx: v.exactOptional(DcapPolicyForm),
    }),
    v.check(
      namesSomeSoftware,
      'it names no software: for a kind of evidence it takes measurements (nitro: pcrs 0; sev-snp: measurements; tdx: mrTd, rtMr1 and rtMr2)',
    ),
  ),
});
export type RequiredAttestation = v.InferOutput<typeof RequiredAttestation>;

function namesSomeSoftware(evidence: RequiredEvidence): boolean {
  const policies = attestationPolicies(evidence);
  const named = { nitro: policies.nitro, 'sev-snp': policies.snp, tdx: policies.dcap, sgx: policies.dcap };
  return (['nitro', 'sev-snp', 'tdx'] as const).some(kind => namesSoftware(kind, [], named));
}

interface RequiredEvidence {
  readonly nitro?: v.InferOutput<typeof NitroPolicyForm>;
  readonly 'sev-snp'?: v.InferOutput<typeof SnpPolicyForm>;
  readonly tdx?: v.InferOutput<typeof DcapPolicyForm>;
}

/** The policies that a configuration means; the safe ones of the kinds that it does not name. */
export function attestationPolicies({
  nitro,
  'sev-snp': snp,
  tdx,
}: RequiredEvidence): ProviderCircumstances['policies'] {
  return { nitro: nitroPolicyOf(nitro), snp: snpPolicyOf(snp), dcap: dcapPolicyOf(tdx) };
}

const ConfiguredUpstream = v.union(
  [
    text('an upstream'),
    v.strictObject({
      name: v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]{0,31}$/)),
      url: v.optional(text('a URL')),
      key: v.optional(SecretReference),
      attestation: v.optional(RequiredAttestation),
    }),
  ],
  'an upstream is a name, a URL, name=url, or {name, url, key, attestation}',
);

const Webhook = v.strictObject({
  name: v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]{0,31}$/, 'it takes small letters, digits and -')),
  url: text('a URL'),
  secret: SecretReference,
  fields: v.exactOptional(v.pipe(v.array(v.picklist(REVOCATION_FIELDS)), v.minLength(1), v.maxLength(5))),
  private: v.exactOptional(v.boolean('it takes true or false')),
});

const described = <Schema extends v.GenericSchema>(schema: Schema, says: string) =>
  v.optional(v.pipe(schema, v.description(says)));

export const ConfigSchema = v.strictObject({
  data: described(text('a path'), 'where data and keys are kept'),
  operator: described(
    v.pipe(
      v.string(),
      v.regex(
        OPERATOR_NAME,
        'it takes up to 128 letters, digits, spaces and ._:/@()- of ASCII, and is not protocol',
      ),
    ),
    'your published name, which every receipt carries',
  ),
  listen: described(
    v.strictObject({
      host: described(text('an address'), 'the interface to listen on'),
      port: described(whole(0, 65_535), 'the port to listen on; 0 for any free one'),
      certificate: described(
        text('a path'),
        'the file of the TLS certificate, in PEM, with those that vouch for it behind it; without it, no TLS ends here',
      ),
      key: described(text('a path'), "the file of the certificate's key, in PEM"),
      origins: described(
        v.pipe(
          v.array(
            v.pipe(
              v.string(),
              v.check(
                origin => parseOrigin(origin) === origin,
                'it takes an origin as browsers write it: https://app.example, without a path',
              ),
            ),
          ),
          v.maxLength(MOST),
        ),
        'the web pages that may ask, by their origin',
      ),
      connections: described(
        whole(1, 1_000_000),
        'the most clients at a time; fewer where the process may not open twice as many files',
      ),
      requestBytes: described(whole(1, 2 ** 31), 'the largest request to take'),
    }),
    'what clients reach',
  ),
  attester: described(
    v.strictObject({
      kind: described(
        v.picklist(ATTESTERS, `it takes one of: ${ATTESTERS.join(', ')}`),
        'the machine that vouches for this gateway at /v1/attestation and in receipts: nitro, sev-snp, tdx, or simulated for development',
      ),
      command: described(
        text('a path'),
        'the program that asks the machine, where that takes more than files: for nitro (docs/attested-upstreams.md)',
      ),
    }),
    'what the gateway shows of its own machine',
  ),
  admin: described(
    v.strictObject({
      listen: described(
        v.pipe(
          v.string(),
          v.check(
            address => readListenAddress(address) !== null,
            'it takes <host>:<port>, such as 127.0.0.1:8788 or [::1]:8788',
          ),
        ),
        'where the admin API and the metrics are; on any free port of the loopback interface unless this says otherwise',
      ),
    }),
    'what the operator reaches',
  ),
  logs: described(
    v.strictObject({
      format: described(
        v.picklist(LOG_FORMATS, 'it takes text or json'),
        'text for people or json for machines: what is written to standard error, a line for each exchange',
      ),
      level: described(
        v.picklist(LOG_LEVELS, 'it takes debug, info, warn or error'),
        'the least that is written: debug, info, warn or error; info where the format is json, and warn otherwise',
      ),
    }),
    'what the operator reads',
  ),
  telemetry: described(
    v.strictObject({
      endpoint: described(
        text('a URL'),
        'the base of the OTLP/HTTP collector that gets traces and metrics; OTEL_EXPORTER_OTLP_ENDPOINT where it is left out, and nobody where neither is set',
      ),
      headers: described(
        SecretReference,
        'where the headers for it are: name=value, with commas between them; OTEL_EXPORTER_OTLP_HEADERS where it is left out',
      ),
      service: described(
        text('a name'),
        'the service.name of what is sent; OTEL_SERVICE_NAME where it is left out, and countersign where neither is set',
      ),
      propagate: described(
        v.boolean('it takes true or false'),
        'whether upstreams are sent a traceparent, so that their spans are a part of the trace',
      ),
    }),
    'what is told to OpenTelemetry',
  ),
  receipts: described(
    v.strictObject({
      inline: described(v.boolean('it takes true or false'), 'whether streams carry acceptance and receipt'),
    }),
    'how receipts are given',
  ),
  upstreams: described(
    v.pipe(v.array(ConfiguredUpstream), v.maxLength(MOST)),
    'who answers for models but the built-in one; a model that none is known for goes to the first that can be asked',
  ),
  collateral: described(
    v.strictObject({
      pccs: described(
        HttpAddress,
        "the cache (PCCS) that is asked in place of Intel's service for what evidence is judged with",
      ),
      kds: described(HttpAddress, "what is asked in place of AMD's service"),
    }),
    'where makers of hardware publish what evidence of upstreams is judged with',
  ),
  timeouts: described(
    v.strictObject({
      connect: described(Seconds, 'seconds for reaching an upstream'),
      firstToken: described(Seconds, "seconds for the first content of an upstream's answer"),
      idle: described(Seconds, 'seconds for silence after that'),
      keepAlive: described(Seconds, "seconds between signs of life to a stream's client"),
    }),
    'how long upstreams may take',
  ),
  cache: described(
    v.strictObject({
      maximumBytes: described(
        whole(1_000_000, 2 ** 36),
        'the memory for answers that are given again; without it, none are',
      ),
      ttl: described(Seconds, 'seconds for which an answer may be given again'),
    }),
    'answers that are given again to the same client for the very same request',
  ),
  retries: described(whole(0, 10), 'attempts after one that failed, before the next fallback'),
  prices: described(
    text('a path'),
    'the file of your own price list, in place of the one that comes with this program',
  ),
  policy: described(
    text('a path'),
    'the file of your policy: who may ask whom, what is checked, and what happens when a check fails',
  ),
  webhooks: described(
    v.pipe(v.array(Webhook), v.maxLength(32)),
    'who is told of revocations: {name, url, secret, fields, private}, where fields are all unless some are named, and private lets the name of the url lead into your own network',
  ),
  models: described(
    v.pipe(
      v.record(v.pipe(v.string(), v.regex(/^[A-Za-z0-9][A-Za-z0-9._:/@-]{0,127}$/)), Steps),
      v.maxEntries(1000),
    ),
    'your own names for models: what they stand for, balanced and with fallbacks',
  ),
});

export type Config = v.InferOutput<typeof ConfigSchema>;
export type ConfigInput = v.InferInput<typeof ConfigSchema>;
