/** What every contender is asked, and what the upstream behind it answers. */

export const MODEL = 'bench-model';

/** How an answer begins, and what it goes on with when it is a stream, once in each event. */
const WORDS = 'A receipt is the signed statement of an operator';
const MORE = ' and more';
const TIMES = 17;

const USAGE = { prompt_tokens: 24, completion_tokens: 18, total_tokens: 42 };

/** A chat completion of 563 bytes. */
export const COMPLETION = Buffer.from(
  JSON.stringify({
    id: 'chatcmpl-bench-01234567',
    object: 'chat.completion',
    created: 1_790_000_000,
    model: MODEL,
    choices: [
      {
        index: 0,
        message: { role: 'assistant', content: `${WORDS}${' about one exchange'.repeat(11)}.` },
        logprobs: null,
        finish_reason: 'stop',
      },
    ],
    usage: USAGE,
    system_fingerprint: 'fp',
  }),
);

const chunk = (delta, finish = null, more = {}) => {
  const choices = [{ index: 0, delta, logprobs: null, finish_reason: finish }];
  const value = { id: 'chatcmpl-bench-01234567', object: 'chat.completion.chunk', created: 1_790_000_000 };
  return Buffer.from(`data: ${JSON.stringify({ ...value, model: MODEL, choices, ...more })}\n\n`);
};

/** Twenty chunks; {@link DONE} follows. */
export const CHUNKS = [
  chunk({ role: 'assistant', content: '' }),
  chunk({ content: WORDS }),
  ...Array.from({ length: TIMES }, () => chunk({ content: MORE })),
  chunk({}, 'stop', { usage: USAGE }),
];
const DONE_TEXT = 'data: [DONE]\n\n';
export const DONE = Buffer.from(DONE_TEXT);

/**
 * What is wrong with a body, in words that can be counted; null when it is all that the upstream said. Some gateways write it anew and cut
 * events otherwise, which is their right.
 */
export function faultOf(text, isStream) {
  if (!text.includes(WORDS)) return 'another answer';
  if (!isStream) return null;
  const times = text.split(MORE).length - 1;
  if (times !== TIMES) return `${times} of ${TIMES} words`;
  return text.endsWith(DONE_TEXT) ? null : 'no end';
}

/** How an exchange whose client will leave is marked in its request; a number follows. */
export const ABORT_MARK = 'abort-';

/** @param user what to put into the member of that name; left out for none */
export function requestBody(stream, user) {
  return Buffer.from(
    JSON.stringify({
      model: MODEL,
      messages: [
        { role: 'system', content: 'You answer in one sentence, and say so when you do not know.' },
        { role: 'user', content: 'What is a receipt, and who signs it?' },
      ],
      temperature: 0.5,
      max_tokens: 100,
      ...(stream ? { stream: true } : {}),
      ...(user === undefined ? {} : { user }),
    }),
  );
}
