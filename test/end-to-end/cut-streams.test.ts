/**
 * A stream whose host is cut off after any byte, through every SDK: nobody gets a short answer for a whole one, and the receipt says what
 * happened. A sample of the places here, every one of them in the slow suite.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { utf8 } from '../../src/bytes/octets.js';
import { thorough } from '../support/thoroughness.js';
import { LINES } from './behaviour/lines.js';
import { RICH } from './behaviour/scenarios.js';
import { Session, Stage } from './behaviour/stage.js';
import type { Behaviour } from './upstreams.js';

let stage: Stage;

beforeAll(async () => {
  stage = await Stage.open();
});

afterAll(() => stage.close());

/** As many at once as make one machine busy. */
const AT_ONCE = thorough(16, 4);

/** A stream that ends after so many of its bytes, without the end that HTTP has for a body. */
function cutAfter(bytes: Uint8Array, kept: number): Behaviour {
  return response => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.flushHeaders();
    response.write(bytes.subarray(0, kept), () => response.destroy());
  };
}

describe.each(LINES)('$name', ({ name, client, host, expected }) => {
  it('is whole after its last byte, and failed after any other', async () => {
    const upstream = stage.upstreamOf({ host });
    const session = new Session(stage, host.model, `sk-${name.length}-${host.name}`);
    const { question, reply } = RICH;
    const whole = utf8(host.streamed(reply, { stream_options: { include_usage: true } }).join(''));
    // Which cut a request is for stands in its question.
    upstream.behaviour = (response, request) => {
      const { text } = host.asked(JSON.parse(request.body.toString()));
      return cutAfter(whole, Number(text))(response, request);
    };
    const ask = (kept: number) =>
      client
        .ask(session.connection, { ...question, text: String(kept) }, { stream: true })
        .catch((error: unknown) => client.told(error).message);

    const step = thorough(1, Math.ceil(whole.length / 8));
    const cuts = Array.from({ length: Math.ceil(whole.length / step) }, (_, at) => at * step);
    for (let at = 0; at < cuts.length; at += AT_ONCE) {
      const tried = cuts.slice(at, at + AT_ONCE);
      const got = await Promise.all(tried.map(ask));
      for (const [place, what] of got.entries())
        expect(what, `after ${tried[place]} of ${whole.length} bytes`).toContain('upstream/broken');
      const receipts = session.receipts(tried.length);
      for (const { response } of receipts)
        expect(response).toMatchObject({ status: 'failed', reason: 'upstream/broken' });
    }
    expect(await ask(whole.length)).toEqual(expected(reply));
    expect(session.receipt().response.status).toBe('completed');
    // The proofs of as many as there are in the slow suite would take longer than all else.
    if (thorough(false, true)) await session.settle();
  });
});
