/** The Go implementations in `go/`, asked in batches. Their answers are trusted to be honest, never to be right. */
import { execFileSync } from 'node:child_process';
import { inject } from 'vitest';
import { toBase64 } from '../../src/bytes/base64.js';
import './build-programs.js';

/** What the peer can be asked, and what it answers. Byte strings are base64 both ways. */
export interface Questions {
  'note/sign': [with_: { text: string; secretKey: string }, answer: string];
  'note/open': [
    with_: { note: string; known: string[] },
    answer: { text: string; verified: { key: string; time: number }[]; unknown: number },
  ];
  'note/cosign': [with_: { note: string; known: string[]; secretKey: string }, answer: string];
  'checkpoint/parse': [
    with_: { text: string },
    answer: { origin: string; size: number; root: string; rest: string },
  ];
  'tree/prove': [
    with_: { entries: string[]; proofs: { kind: ProofKind; old: number; size: number }[] },
    answer: { roots: string[]; proofs: string[][] },
  ];
  'tree/check': [
    with_: {
      proofs: {
        kind: ProofKind;
        old: number;
        size: number;
        hashes: string[];
        oldHash: string;
        root: string;
      }[];
    },
    answer: boolean[],
  ];
  'tile/path': [with_: { level: number; index: number; width: number }, answer: string];
  'tile/parse': [with_: { path: string }, answer: { level: number; index: number; width: number }];
  'policy/judge': [with_: { policy: string; checkpoints: string[] }, answer: boolean[]];
  'proof/parse': [with_: { text: string }, answer: { index: number; hashes: string[]; checkpoint: string }];
  'proof/format': [with_: { index: number; hashes: string[]; checkpoint: string }, answer: string];
  'proof/verify': [with_: { proof: string; logKey: string; policy: string; entry: string }, answer: boolean];
}

export type ProofKind = 'inclusion' | 'consistency';

/** The peer's answer, or in its own words why it refused. */
export type Answer<Value> = { readonly value: Value; readonly error?: never } | { readonly error: string };

const { judge } = inject('goPrograms');

/** Why the peer cannot be had here, or null where it can. Shown in the name of every suite that is skipped for it. */
export const missing: string | null = judge.missing;

export function askAll<Ask extends keyof Questions>(
  ask: Ask,
  questions: readonly Questions[Ask][0][],
): Answer<Questions[Ask][1]>[] {
  if (judge.missing !== null) throw new Error(judge.missing);
  const input = JSON.stringify(questions.map(question => ({ ask, with: question })));
  const output = execFileSync(judge.path, { input, encoding: 'utf8', maxBuffer: 1 << 28 });
  return JSON.parse(output);
}

/** Asks one question whose answer must not be a refusal. */
export function ask<Ask extends keyof Questions>(name: Ask, question: Questions[Ask][0]): Questions[Ask][1] {
  const [answer] = askAll(name, [question]);
  if (answer === undefined || answer.error !== undefined) throw new Error(answer?.error ?? 'no answer');
  return answer.value;
}

/** Whether the peer takes what it is given. */
export function accepts<Ask extends keyof Questions>(name: Ask, question: Questions[Ask][0]): boolean {
  return askAll(name, [question])[0]?.error === undefined;
}

export function encode(bytes: readonly Uint8Array[]): string[] {
  return bytes.map(toBase64);
}
