/** Where telemetry goes: as the configuration says, or else the variables that OpenTelemetry has for it. Nowhere unless one of them says so. */
import { UsageError } from '../exit-code.js';
import type { Config } from './config-schema.js';
import { readSecret } from './secret.js';

export interface TelemetrySettings {
  /** The collector's base. */
  readonly endpoint: string;
  /** They may hold a secret. */
  readonly headers: Readonly<Record<string, string>>;
  readonly service: string;
}

const PAIR = /^([\w!#$%&'*+.^`|~-]{1,128})=([^,;]{0,4096})$/;

/** Null where nothing is sent. Throws a usage error. */
export async function telemetryOf(
  configured: NonNullable<Config['telemetry']>,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<TelemetrySettings | null> {
  const endpoint = configured.endpoint ?? (environment.OTEL_EXPORTER_OTLP_ENDPOINT || null);
  if (endpoint === null) return null;
  checkEndpoint(endpoint);
  const text =
    configured.headers === undefined
      ? (environment.OTEL_EXPORTER_OTLP_HEADERS ?? '')
      : await readSecret('telemetry.headers', configured.headers, environment);
  const service = configured.service ?? (environment.OTEL_SERVICE_NAME || 'countersign');
  return { endpoint, headers: headersIn(text), service };
}

function checkEndpoint(text: string): void {
  const url = URL.canParse(text) ? new URL(text) : null;
  const isPlain = url !== null && url.username === '' && url.password === '' && url.search === '';
  if (isPlain && (url.protocol === 'http:' || url.protocol === 'https:')) return;
  // It may hold a secret, and so is not repeated.
  throw new UsageError(
    'the telemetry endpoint takes an http or https URL without user, password or query; a key belongs in telemetry.headers.',
  );
}

/** `name=value,name=value`, values percent-encoded, as OTEL_EXPORTER_OTLP_HEADERS has them. */
function headersIn(text: string): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const pair of text.split(',').map(part => part.trim())) {
    if (pair === '') continue;
    const [, name, value] = PAIR.exec(pair) ?? [];
    if (name === undefined || value === undefined)
      throw new UsageError('the telemetry headers take name=value, with commas between them.');
    headers[name.toLowerCase()] = decoded(value);
  }
  return headers;
}

function decoded(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    throw new UsageError('a value of the telemetry headers is not percent-encoded as it should be.');
  }
}
