/** What the receipt of an exchange has to say, worked out from what was asked and answered and not from how the gateway does it. */
import { toHex } from '../../../src/bytes/hex.js';
import { canonicalize, type Json } from '../../../src/bytes/json.js';
import { utf8 } from '../../../src/bytes/octets.js';
import { commit, parseOpening } from '../../../src/receipt/opening.js';
import type { Recorded } from '../recording-fetch.js';
import type { SeenRequest } from '../upstreams.js';
import type { Question, Reply } from './conversation.js';
import { set } from './host.js';
import type { Line } from './lines.js';

/** The members of a receipt whose values follow from an answer. */
export function receiptOfAnswer(
  { client, host, translation }: Line,
  question: Question,
  reply: Reply,
  recorded: Recorded,
  asked: SeenRequest,
): object {
  const opening = parseOpening(recorded.headers.get('countersign-opening') ?? '');
  const items = (kind: 'tool' | 'attachment', values: readonly Uint8Array[]) => ({
    commitments: values.map((bytes, at) => toHex(commit(opening, `${kind}/${at}`, bytes))),
  });
  const request = JSON.parse(recorded.request.toString());
  const { prompt, completion, cached, reasoning } = reply.counts;
  const { calls = [], finish } = reply;
  return {
    attempts: [{ upstream: host.name, outcome: 'answered', status: 200, reason: null }],
    model: { requested: { name: host.model }, served: { name: host.model } },
    request: {
      surface: client.surface,
      complete: true,
      transforms: translation === null ? [] : [translation.name, ...translation.adds],
      sent: toHex(commit(opening, 'request/sent', asked.body)),
      attachments: items(
        'attachment',
        client.attachments(request).map(part => canonicalize(part as Json)),
      ),
      parameters: set({ temperature: question.temperature, reasoning_effort: question.effort }),
    },
    response: {
      status: 'completed',
      http: 200,
      reason: null,
      finish: [{ name: host.finish[finish] }],
      tools: items(
        'tool',
        calls.map(({ id, name, input }) =>
          utf8(JSON.stringify({ arguments: JSON.stringify(input), id, name, type: client.callType })),
        ),
      ),
      usage: {
        prompt_tokens: prompt,
        completion_tokens: completion,
        cached_tokens: cached,
        reasoning_tokens: reasoning,
      },
    },
  };
}
