/**
 * A stream whose host is cut off, or just ends, after any byte, through every SDK: nobody gets a short answer for a whole one, and the receipt
 * says what happened. A sample of the places here; in the slow suite every one of them, or for ends as many as twenty seconds have room for.
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

/** Milliseconds after which no more ends of a client's stream are tried: the slow suite has to end too. */
const LONGEST = 20_000;
/** A prime that is longer than any stream here: in steps of it, every place comes once, and early ones are from all over the stream. */
const STRIDE = 104_729;

/** A stream that ends after so many of its bytes, without the end that HTTP has for a body. */
function cutAfter(bytes: Uint8Array, kept: number): Behaviour {
  return response => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.flushHeaders();
    response.write(bytes.subarray(0, kept), () => response.destroy());
  };
}

/** A stream that ends after so many of its bytes, as if there were no more. */
function endAfter(bytes: Uint8Array, kept: number): Behaviour {
  return response => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.end(bytes.subarray(0, kept));
  };
}

describe.each(LINES)('$name', line => {
  const { name, client, host, expected } = line;
  const { question, reply } = RICH;
  const whole = utf8(host.streamed(reply, { stream_options: { include_usage: true } }).join(''));
  const step = thorough(1, Math.ceil(whole.length / 8));
  const places = Array.from({ length: Math.ceil(whole.length / step) }, (_, at) => at * step);

  /** What the SDK gives, or the message of what it throws, for each of these places where the host's stream stops. */
  async function* stopping(how: typeof cutAfter, session: Session, stops: readonly number[]) {
    // Which stop a request is for stands in its question.
    stage.upstreamOf(line).behaviour = (response, request) => {
      const { text } = host.asked(JSON.parse(request.body.toString()));
      return how(whole, Number(text))(response, request);
    };
    const ask = (kept: number) =>
      client
        .ask(session.connection, { ...question, text: String(kept) }, { stream: true })
        .catch((error: unknown) => client.told(error).message);
    for (let at = 0; at < stops.length; at += AT_ONCE) {
      const tried = stops.slice(at, at + AT_ONCE);
      const got = await Promise.all(tried.map(ask));
      const receipts = session.receipts(tried.length);
      yield { got, receipts, tried };
    }
  }

  it('cut off, is whole after its last byte, and failed after any other', async () => {
    const session = new Session(stage, host.model, `sk-cut-${LINES.indexOf(line)}`);
    for await (const { got, receipts, tried } of stopping(cutAfter, session, places)) {
      for (const [at, what] of got.entries())
        expect(what, `${name}, after ${tried[at]} of ${whole.length} bytes`).toContain('upstream/broken');
      for (const { response } of receipts)
        expect(response).toMatchObject({ status: 'failed', reason: 'upstream/broken' });
    }
    for await (const { got, receipts } of stopping(cutAfter, session, [whole.length])) {
      expect(got).toEqual([expected(reply)]);
      expect(receipts[0]?.response.status).toBe('completed');
    }
    // The proofs of as many as there are in the slow suite would take longer than all else.
    if (thorough(false, true)) await session.settle();
  });

  // A host that has said why it stopped has said all, and may leave out what else a stream ends with: how much it has counted among that.
  it('ended, is whole where the host had said that it was done, and failed before that', async () => {
    const session = new Session(stage, host.model, `sk-end-${LINES.indexOf(line)}`);
    const uncounted = { ...expected(reply), counts: null };
    let [first, last] = [whole.length, 0];
    const spread = places.map((_, at) => places[(at * STRIDE) % places.length] as number);
    const until = performance.now() + LONGEST;
    for await (const { got, receipts, tried } of stopping(endAfter, session, spread)) {
      const failed = got.filter(what => typeof what === 'string');
      for (const [at, what] of got.entries()) {
        const kept = tried[at] as number;
        if (typeof what === 'string') last = Math.max(last, kept);
        else first = Math.min(first, kept);
        if (typeof what !== 'string') expect({ ...what, counts: null }, `after ${kept}`).toEqual(uncounted);
      }
      const reasons = receipts.map(({ response: { status, reason } }) => `${status} ${reason}`);
      expect(reasons.filter(said => said === 'completed null').length).toBe(got.length - failed.length);
      expect(reasons.filter(said => said === 'failed upstream/broken').length).toBe(failed.length);
      if (performance.now() > until) break;
    }
    expect(last).toBeLessThan(first);
    for await (const { got } of stopping(endAfter, session, [whole.length]))
      expect(got).toEqual([expected(reply)]);
    if (thorough(false, true)) await session.settle();
  });
});
