/**
 * What can be set of a gateway, in its configuration file and in the environment. Also the source of `spec/schemas/config.json` and of
 * `docs/configuration.md`: each description is what an operator reads.
 */
import * as v from 'valibot';
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

/** Where a secret is. Secrets themselves stand in no configuration: those are copied, committed and shown to others. */
export const SecretReference = v.union(
  [
    v.strictObject({ env: v.pipe(v.string(), v.regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/)) }),
    v.strictObject({ file: text('a path') }),
  ],
  'a secret is named, never written down: {env: NAME} or {file: PATH}',
);
export type SecretReference = v.InferOutput<typeof SecretReference>;

const ConfiguredUpstream = v.union(
  [
    text('an upstream'),
    v.strictObject({
      name: v.pipe(v.string(), v.regex(/^[a-z][a-z0-9-]{0,31}$/)),
      url: v.optional(text('a URL')),
      key: v.optional(SecretReference),
    }),
  ],
  'an upstream is a name, a URL, name=url, or {name, url, key}',
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
    'who answers for models but the built-in one; the first gets what no other is named for',
  ),
  timeouts: described(
    v.strictObject({
      connect: described(Seconds, 'seconds for reaching an upstream'),
      firstToken: described(Seconds, "seconds for an upstream's answer to begin"),
      idle: described(Seconds, 'seconds for silence in the middle of an answer'),
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
