/** Each client of the behaviour suite asking one question, in front of a host of its own dialect, for tests that are not about what it asks. */

import { LINES } from './behaviour/lines.js';
import { ANSWERS, type AnswerScenario } from './behaviour/scenarios.js';
import { answering } from './behaviour/stage.js';
import type { Behaviour } from './upstreams.js';

export interface Sdk {
  readonly name: string;
  /** What the upstream does. */
  readonly behaviour: Behaviour;
  /** The text that the SDK gives. Rejects as the SDK does. */
  ask(fetch: typeof globalThis.fetch, address: string): Promise<string>;
  /** The same of a stream; each part of the text is told of as it comes. */
  askForStream(fetch: typeof globalThis.fetch, address: string, onPiece?: () => void): Promise<string>;
}

const [{ question, reply }] = ANSWERS as readonly [AnswerScenario];
export const QUESTION = question.text;
/** What every upstream here answers. */
export const ANSWER = reply.text;

export const SDKS: readonly Sdk[] = LINES.filter(({ translation }) => translation === null).map(line => {
  const { client, host } = line;
  const connection = { key: 'sk-test', model: host.model, retries: 2 };
  return {
    name: client.name,
    behaviour: answering(line, reply),
    ask: async (fetch, address) =>
      (await client.ask({ ...connection, fetch, address }, question, { stream: false })).text,
    askForStream: async (fetch, address, onPiece = () => undefined) =>
      (await client.ask({ ...connection, fetch, address }, question, { stream: true, onPiece })).text,
  };
});
