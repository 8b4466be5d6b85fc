/** The spans of an exchange: one for the request as the gateway served it, and within it one for each upstream that was tried. */
import { surfaceNamed } from '../../../exchange/surfaces.js';
import type { ExchangeReport } from '../../../receipt/exchange-report.js';
import type { TraceContext } from '../../../receipt/trace-context.js';
import { OPERATIONS, providerOf } from './conventions.js';
import { keyValues, nanoseconds } from './json.js';

const SERVER = 2;
const CLIENT = 3;
const ERROR = { code: 2 };

/** `newId`: 16 hexadecimal digits. */
export function spansOf(report: ExchangeReport, trace: TraceContext, newId: () => string): object[] {
  const { surface, status, reason, http, received, ended, attempts, exchange, request } = report;
  const { base, path } = surfaceNamed(surface);
  const route = `${base}${path}`;
  const server = {
    traceId: trace.trace,
    spanId: trace.span,
    ...(trace.parent === null ? {} : { parentSpanId: trace.parent }),
    name: `POST ${route}`,
    kind: SERVER,
    startTimeUnixNano: nanoseconds(received),
    endTimeUnixNano: nanoseconds(Math.max(received, ended)),
    attributes: keyValues({
      'http.request.method': 'POST',
      'http.route': route,
      'http.response.status_code': http,
      'error.type': status === 'completed' ? null : reason,
      'countersign.exchange': exchange,
      'countersign.request': request,
      'countersign.status': status,
    }),
    // What a client has brought about is no error of the server's.
    ...(http >= 500 ? { status: ERROR } : {}),
  };
  return [server, ...attempts.map((_, at) => clientSpan(report, at, trace, newId()))];
}

function clientSpan(report: ExchangeReport, at: number, trace: TraceContext, id: string): object {
  const { surface, model, served, usage, finish, stream, attempts } = report;
  const attempt = attempts[at] as ExchangeReport['attempts'][number];
  const isLast = at === attempts.length - 1;
  const operation = OPERATIONS[surface];
  return {
    traceId: trace.trace,
    spanId: id,
    parentSpanId: trace.span,
    name: model === null ? operation : `${operation} ${model}`,
    kind: CLIENT,
    startTimeUnixNano: nanoseconds(attempt.started),
    endTimeUnixNano: nanoseconds(Math.max(attempt.started, attempt.ended)),
    attributes: keyValues({
      'gen_ai.operation.name': operation,
      'gen_ai.provider.name': providerOf(attempt.upstream),
      'gen_ai.request.model': model,
      'gen_ai.request.stream': stream ? true : null,
      'http.response.status_code': attempt.status,
      'error.type': attempt.reason,
      ...(isLast
        ? {
            'gen_ai.response.model': served,
            'gen_ai.response.finish_reasons': finish.length > 0 ? finish : null,
            'gen_ai.usage.input_tokens': usage?.prompt_tokens,
            'gen_ai.usage.output_tokens': usage?.completion_tokens,
            'gen_ai.usage.cache_read.input_tokens': usage?.cached_tokens,
            'gen_ai.usage.cache_creation.input_tokens': usage?.cache_written_tokens,
            'gen_ai.usage.reasoning.output_tokens': usage?.reasoning_tokens,
          }
        : {}),
    }),
    ...(attempt.reason === null ? {} : { status: ERROR }),
  };
}
