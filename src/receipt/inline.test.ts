import { Stream } from 'openai/streaming';
import { describe, expect, it } from 'vitest';
import { ISSUER } from '../../test/support/parties.js';
import { EVENTS, make } from '../../test/support/sample-exchange.js';
import { fromUtf8, utf8 } from '../bytes/octets.js';
import { EventSplitter } from '../exchange/server-sent-events.js';
import { envelopeBytes, seal } from './envelope.js';
import { ACCEPTANCE_COMMENT, commentLine, isReservedComment, RECEIPT_COMMENT } from './inline.js';

const envelope = seal(utf8('{"a":"\\n"}'), 'issuer', ISSUER.signer);

describe('spec/receipt.md §3: what the issuer signs inside a stream', () => {
  it.each([ACCEPTANCE_COMMENT, RECEIPT_COMMENT])('one comment line that holds the envelope:%s', prefix => {
    const line = fromUtf8(commentLine(prefix, envelopeBytes(envelope)));
    expect(line).toBe(`:${prefix}${fromUtf8(envelopeBytes(envelope))}\n`);
    expect(line?.match(/[\r\n]/g)).toEqual(['\n']);
  });

  it('stands in the block of an event and comes back as the same bytes', () => {
    const stream = utf8(`${fromUtf8(commentLine(RECEIPT_COMMENT, envelopeBytes(envelope)))}data: [DONE]\n\n`);
    const [block] = new EventSplitter(1 << 16).push(stream);
    expect(block?.comments).toEqual([utf8(`${RECEIPT_COMMENT}${fromUtf8(envelopeBytes(envelope))}`)]);
    expect(block?.event?.data).toEqual([utf8('[DONE]')]);
  });

  it("OpenAI's client reads the events and nothing else", async () => {
    const { content } = await make({ form: 'stream' });
    const response = new Response(content.response as Uint8Array<ArrayBuffer>);
    const chunks: unknown[] = [];
    for await (const chunk of Stream.fromSSEResponse(response, new AbortController())) chunks.push(chunk);
    expect(chunks).toEqual(EVENTS.slice(0, -1).map(data => JSON.parse(fromUtf8(data) ?? '')));
  });
});

describe('a comment that only an issuer may write', () => {
  it.each([
    [ACCEPTANCE_COMMENT, true],
    [`${RECEIPT_COMMENT}{}`, true],
    ['COUNTERSIGN-grade best', true],
    [`  countersign-${'x'.repeat(100_000)}`, true],
    [' countersign', false],
    [' keep-alive', false],
    [' not countersign-receipt', false],
    ['', false],
  ])('%.30s: %s', (comment, isReserved) => {
    expect(isReservedComment(utf8(comment))).toBe(isReserved);
  });
});
