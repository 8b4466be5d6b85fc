/** The scenarios that every client meets, as data: what is asked, and what a host makes of it. */
import type { Call, Counts, Feature, HostError, Question, Reply, Tool } from './conversation.js';

const COUNTS: Counts = { prompt: 12, completion: 5, cached: 0, reasoning: 0 };

const WEATHER: Tool = {
  name: 'weather',
  description: 'What the weather is like in a city.',
  parameters: {
    type: 'object',
    properties: { city: { type: 'string' } },
    required: ['city'],
    additionalProperties: false,
  },
};
const ADD: Tool = {
  name: 'add',
  description: 'The sum of two numbers.',
  parameters: {
    type: 'object',
    properties: { a: { type: 'number' }, b: { type: 'number' } },
    required: ['a', 'b'],
    additionalProperties: false,
  },
};
const KIEL: Call = { id: 'call_1', name: 'weather', input: { city: 'Kiel' } };
const ZURICH: Call = { id: 'call_2', name: 'weather', input: { city: 'Zürich “Höngg”' } };
const SUM: Call = { id: 'call_3', name: 'add', input: { a: 1, b: -2.5 } };

/** The smallest of their kind that say what they are. */
const PNG = 'iVBORw0KGgo=';
const PDF = 'JVBERi0xLjQK';

export interface AnswerScenario {
  readonly name: string;
  /** What not every line can do. */
  readonly needs?: Feature;
  readonly question: Question;
  readonly reply: Reply;
}

export const ANSWERS: readonly AnswerScenario[] = [
  {
    name: 'text, with instructions and a temperature',
    question: { text: 'What is a receipt?', instructions: 'Be brief.', temperature: 0.5 },
    reply: { text: 'A receipt is proof.', finish: 'stop', counts: COUNTS },
  },
  {
    name: 'text of many scripts, and of what JSON and events escape',
    question: { text: 'Sag „ß“,\n\u2028 🦭 and \\ "quotes".' },
    reply: { text: '„ß“\r\n\ndata: [DONE]\n\n🦭 \u2028 \\ "', finish: 'stop', counts: COUNTS },
  },
  {
    name: 'text that a limit cuts off',
    question: { text: 'Tell me everything.' },
    reply: { text: 'First of all', finish: 'length', counts: COUNTS },
  },
  {
    name: 'a call of a tool',
    needs: 'tools',
    question: { text: 'What is the weather in Kiel?', tools: [WEATHER] },
    reply: { calls: [KIEL], finish: 'calls', counts: COUNTS },
  },
  {
    name: 'text, and several calls of tools at once',
    needs: 'tools',
    question: { text: 'What is the weather in Kiel and Zürich, and 1 - 2.5?', tools: [WEATHER, ADD] },
    reply: { text: 'Let me see.', calls: [KIEL, ZURICH, SUM], finish: 'calls', counts: COUNTS },
  },
  {
    name: 'the results of tools',
    needs: 'tools',
    question: {
      text: 'What is the weather in Kiel, and 1 - 2.5?',
      tools: [WEATHER, ADD],
      earlier: [
        { call: KIEL, result: 'Rain.' },
        { call: SUM, result: '-1.5' },
      ],
    },
    reply: { text: 'It rains, and -1.5.', finish: 'stop', counts: COUNTS },
  },
  {
    name: 'structured output',
    needs: 'structured output',
    question: {
      text: 'Name a colour.',
      schema: {
        type: 'object',
        properties: { colour: { type: 'string' } },
        required: ['colour'],
        additionalProperties: false,
      },
    },
    reply: { text: '{"colour":"ochre"}', finish: 'stop', counts: COUNTS },
  },
  {
    name: 'an image to look at',
    needs: 'images',
    question: { text: 'What is this?', image: PNG },
    reply: { text: 'A seal.', finish: 'stop', counts: COUNTS },
  },
  {
    name: 'an image and a file',
    needs: 'files',
    question: { text: 'Do these belong together?', image: PNG, file: PDF },
    reply: { text: 'They do.', finish: 'stop', counts: COUNTS },
  },
  {
    name: 'what the model thinks before it answers, and a prompt that a cache had',
    needs: 'reasoning',
    question: { text: 'Which is larger, 9.9 or 9.11?', effort: 'low' },
    reply: {
      reasoning: 'Nine tenths against eleven hundredths.',
      text: '9.9',
      finish: 'stop',
      counts: { prompt: 1500, completion: 40, cached: 1024, reasoning: 32 },
    },
  },
  {
    name: 'how probable a token was',
    needs: 'logprobs',
    question: { text: 'Yes or no?', logprobs: true },
    reply: { text: 'Yes', logprob: -0.25, finish: 'stop', counts: COUNTS },
  },
  {
    name: 'a refusal by the model',
    needs: 'refusals',
    question: { text: 'How do I forge a receipt?' },
    reply: { refusal: 'I cannot help with that.', finish: 'refused', counts: COUNTS },
  },
];

export interface ErrorScenario extends HostError {
  readonly name: string;
}

export const ERRORS: readonly ErrorScenario[] = [
  { name: 'a wrong request', status: 400, message: 'The prompt is too long.' },
  { name: 'a wrong key', status: 401, message: 'The key is wrong.' },
  { name: 'an unknown model', status: 404, message: 'There is no such model.' },
  {
    name: 'too many requests',
    status: 429,
    message: 'Slow down.',
    headers: { 'retry-after': '7' },
  },
  { name: 'a fault of the host', status: 500, message: 'Something broke.' },
];

/** Errors in forms that no API documents, as hosts and what stands in front of them write them. */
export const ODD_ERRORS: readonly { readonly form: string; readonly body: unknown; readonly says: string }[] =
  [
    { form: 'a text', body: 'Slow down.', says: 'Slow down.' },
    { form: 'a text in JSON', body: { error: 'Slow down.' }, says: 'Slow down.' },
    { form: 'a list', body: [{ error: { code: 429, message: 'Slow down.' } }], says: 'Slow down.' },
    { form: 'details', body: { detail: [{ loc: ['body'], msg: 'Slow down.' }] }, says: 'body: Slow down.' },
    { form: 'a page', body: '<html>429</html>', says: 'The upstream answered 429' },
    { form: 'nothing', body: '', says: 'The upstream answered 429' },
  ];

export const [PLAIN] = ANSWERS as readonly [AnswerScenario, ...AnswerScenario[]];
/** Every kind of part that a stream may have, and no more of any than that. */
export const RICH: AnswerScenario = {
  name: 'a thought, text and a call',
  question: { text: 'What is 1 - 2.5?', tools: [ADD] },
  reply: {
    reasoning: 'Hm.',
    text: 'One moment.',
    calls: [SUM],
    finish: 'calls',
    counts: { prompt: 30, completion: 20, cached: 0, reasoning: 6 },
  },
};
