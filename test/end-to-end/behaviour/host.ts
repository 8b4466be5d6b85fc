/** A host of the behaviour suite: it speaks one dialect, and answers what a test says. */
import type { SurfaceName } from '../../../src/exchange/surface-names.js';
import type { Finish, HostError, Question, Reply } from './conversation.js';

/** What a host has understood of a request. */
export type Asked = Omit<Question, 'tools'> & {
  readonly tools?: readonly string[];
  readonly stream: boolean;
};

export interface Host {
  /** The name under which the gateway has it as an upstream. */
  readonly name: string;
  readonly surface: SurfaceName;
  /** The model that it lists. */
  readonly model: string;
  /** Each reason to finish in its words. */
  readonly finish: Readonly<Record<Finish, string>>;
  /** Reads a request as far as the suite's questions go; throws for one that its API would refuse. */
  asked(body: Members): Asked;
  whole(reply: Reply, model: string): object;
  /** The events of a stream, blank lines included. */
  streamed(reply: Reply, request: Members): readonly string[];
  error(error: HostError): object;
}

// biome-ignore lint/suspicious/noExplicitAny: JSON that these tests have written themselves.
export type Members = Readonly<Record<string, any>>;

type Optional<Members, Name extends keyof Members> = undefined extends Members[Name] ? Name : never;

/** Members of which those that may be undefined are left out where they are. */
export type Set<Members> = {
  [Name in keyof Members as Exclude<Name, Optional<Members, Name>>]: Members[Name];
} & {
  [Name in keyof Members as Optional<Members, Name>]?: Exclude<Members[Name], undefined>;
};

/** The members that are set. */
export function set<Members extends object>(members: Members): Set<Members> {
  return Object.fromEntries(
    Object.entries(members).filter(([, value]) => value !== undefined),
  ) as Set<Members>;
}

/** What is in a `data:` URL of this type. */
export function dataIn(url: string, type: string): string {
  const start = `data:${type};base64,`;
  if (!url.startsWith(start)) throw new Error(`no ${type}: ${url.slice(0, 40)}`);
  return url.slice(start.length);
}
