/** A request that is answered with an error, in the shape that OpenAI's clients understand. */

/** Status, type and code of an error belong together; `param` names the field, for example `messages[0].role`. */
interface RefusalKind {
  readonly status: number;
  readonly type: 'invalid_request_error' | 'server_error';
}

const KINDS = {
  invalid_json: { status: 400, type: 'invalid_request_error' },
  invalid_type: { status: 400, type: 'invalid_request_error' },
  invalid_value: { status: 400, type: 'invalid_request_error' },
  missing_required_parameter: { status: 400, type: 'invalid_request_error' },
  unsupported_parameter: { status: 400, type: 'invalid_request_error' },
  context_length_exceeded: { status: 400, type: 'invalid_request_error' },
  model_not_found: { status: 404, type: 'invalid_request_error' },
  unknown_url: { status: 404, type: 'invalid_request_error' },
  engine_overloaded: { status: 503, type: 'server_error' },
} as const satisfies Record<string, RefusalKind>;

/** The HTTP status of an engine that has too much to do. */
export const OVERLOADED = KINDS.engine_overloaded.status;

export type RefusalCode = keyof typeof KINDS;

/** Seconds after which a client may try an overloaded engine again: about what one answer takes. */
const RETRY_AFTER_SECONDS = 1;

export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly code: RefusalCode;
  readonly param: string | null;

  constructor(code: RefusalCode, param: string | null, message: string) {
    super(message);
    this.code = code;
    this.param = param;
  }

  get status(): number {
    return KINDS[this.code].status;
  }

  get headers(): Record<string, string> {
    const headers = { 'content-type': 'application/json' };
    if (this.code !== 'engine_overloaded') return headers;
    return { ...headers, 'retry-after': String(RETRY_AFTER_SECONDS) };
  }

  get body(): Uint8Array {
    const { message, param, code } = this;
    return Buffer.from(JSON.stringify({ error: { message, type: KINDS[code].type, param, code } }));
  }
}
