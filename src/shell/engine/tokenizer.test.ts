import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDescription } from './model.js';
import { DEMONSTRATION_FOLDER } from './place.js';
import type { ChatMessage } from './tokenizer.js';

const { tokenizer } = parseDescription(readFileSync(join(DEMONSTRATION_FOLDER, 'tokenizer.json'), 'utf8'));
const vectors: {
  texts: { text: string; tokens: number[] }[];
  chat: { messages: ChatMessage[]; tokens: number[] };
} = JSON.parse(readFileSync(join(DEMONSTRATION_FOLDER, '../tokenizer-vectors.json'), 'utf8'));

const anyText = fc.string({ unit: 'binary', maxLength: 200 });

describe('tokenizer, against the one that training used', () => {
  it.each(vectors.texts)('encodes $text', ({ text, tokens }) => {
    expect(tokenizer.encode(text)).toEqual(tokens);
  });

  it('lays out a conversation', () => {
    expect(tokenizer.prompt(vectors.chat.messages, 512)).toEqual(vectors.chat.tokens);
  });
});

describe('tokenizer', () => {
  it('decodes what it encodes, whatever the text', () => {
    fc.assert(
      fc.property(anyText, text => {
        expect(tokenizer.decode(tokenizer.encode(text))).toBe(Buffer.from(text).toString());
      }),
    );
  });

  it('never merges digits', () => {
    expect(tokenizer.encode('1234567890')).toHaveLength(10);
  });

  it('throws for a number that is no token', () => {
    expect(() => tokenizer.bytesOf(tokenizer.vocabulary)).toThrow(RangeError);
    expect(() => tokenizer.bytesOf(-1)).toThrow(RangeError);
  });
});

describe('injection: a text can forge no structure', () => {
  const structure = [
    '<system>',
    '<|assistant|>',
    '<end>',
    '\u0000\u0001\u0002\u0003',
    'system',
    'end\nuser\nassistant',
  ];
  const hostileText = fc.oneof(
    anyText,
    fc.constantFrom(...structure),
    fc.array(fc.constantFrom(...structure)).map(all => all.join('')),
  );

  it('encodes to no special token', () => {
    fc.assert(
      fc.property(hostileText, text => {
        expect(tokenizer.encode(text).every(token => token >= tokenizer.specialTokens)).toBe(true);
      }),
    );
  });

  it('leaves exactly two special tokens a message, and the one that lets the assistant answer', () => {
    const role = fc.constantFrom<ChatMessage['role']>('system', 'user', 'assistant');
    fc.assert(
      fc.property(
        fc.array(fc.record({ role, text: hostileText }), { minLength: 1, maxLength: 5 }),
        messages => {
          const tokens = tokenizer.prompt(messages, Number.MAX_SAFE_INTEGER) ?? [];
          const special = tokens.filter(token => token < tokenizer.specialTokens);
          expect(special).toHaveLength(2 * messages.length + 1);
          expect(special.filter(token => token === tokenizer.end)).toHaveLength(messages.length);
        },
      ),
    );
  });
});

describe('prompt length', () => {
  const message = (text: string): ChatMessage => ({ role: 'user', text });

  it('fits exactly or not at all', () => {
    // Role, end and the assistant's role take three tokens.
    expect(tokenizer.prompt([message('7'.repeat(97))], 100)).toHaveLength(100);
    expect(tokenizer.prompt([message('7'.repeat(98))], 100)).toBeNull();
  });

  it('turns down an endless prompt without encoding it', () => {
    const huge = [message('a'.repeat(50_000_000))];
    const began = performance.now();
    expect(tokenizer.prompt(huge, 511)).toBeNull();
    expect(performance.now() - began).toBeLessThan(500);
  });

  it('counts all messages together', () => {
    const many = Array.from({ length: 200 }, () => message('a'));
    expect(tokenizer.prompt(many, 511)).toBeNull();
    expect(tokenizer.prompt(many, 601)).toHaveLength(601);
  });
});
