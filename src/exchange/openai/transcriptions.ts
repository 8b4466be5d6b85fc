/** `POST /audio/transcriptions`: speech as text. A form with a file, committed to and passed on. */
import * as v from 'valibot';
import { concat, fromUtf8, utf8 } from '../../bytes/octets.js';
import { type FormPart, readForm } from '../multipart.js';
import { ModelName, malformed, readParameters } from '../request-object.js';
import type { ParameterSet } from '../set-parameters.js';
import type { RequestFacts, Surface } from '../surface.js';
import { refuseAmbiguous } from '../unambiguous.js';
import { OPENAI } from './api.js';
import { TranscriptionAnswer } from './transcription-answer.js';

const PARAMETERS: ParameterSet = { names: ['stream', 'temperature'], nested: {} };
const READ_NAMES: ReadonlySet<string> = new Set(['file', 'model', ...PARAMETERS.names]);
/** A number as JSON has it, and a boolean; any other spelling is read by some and not by others. */
const VALUE = /^(?:true|false|-?(?:0|[1-9][0-9]{0,15})(?:\.[0-9]{1,17})?)$/;

export const TRANSCRIPTIONS: Surface = {
  ...OPENAI,
  name: 'audio/transcriptions',
  path: '/audio/transcriptions',
  requestBody: 'form',
  streams: true,
  // Hosts answer with a whole body where the model makes no stream.
  awaitsEvents: () => false,
  finishReasons: new Set(),
  readRequest,
  withModel,
  newReader: () => new TranscriptionAnswer(),
};

/** The attachments are the bytes of the form's files. Throws `request/malformed`, naming the field, and `request/parameter-invalid`. */
function readRequest(body: Uint8Array, contentType: string): RequestFacts {
  const parts = readForm(body, contentType);
  // A list is a field that is there several times, by custom under a name that ends in brackets; of these none is read.
  refuseAmbiguous(parts.map(({ name }) => name).filter(isRead), READ_NAMES);
  const field = (name: string) => parts.find(part => part.name === name);
  if (field('file')?.isFile !== true) throw malformed('file');
  const model = v.safeParse(ModelName, textOf(field('model')));
  if (!model.success) throw malformed('model');
  const set = PARAMETERS.names.flatMap(name => {
    const part = field(name);
    return part === undefined ? [] : [[name, parsedValue(part)] as const];
  });
  const read = readParameters(Object.fromEntries(set), PARAMETERS);
  return {
    model: model.output,
    stream: read.parameters.stream === true,
    ...read,
    attachments: parts.filter(({ isFile }) => isFile).map(({ bytes }) => bytes),
  };
}

/** Throws `request/malformed` for a name that could be read as the end of its part. */
function withModel(body: Uint8Array, contentType: string, model: string): Uint8Array {
  if (model.startsWith('-')) throw malformed('model');
  const { bytes } = readForm(body, contentType).find(({ name }) => name === 'model') as FormPart;
  const start = bytes.byteOffset - body.byteOffset;
  return concat(body.subarray(0, start), utf8(model), body.subarray(start + bytes.length));
}

/** Whether a name is one that is read, in whatever letters. */
function isRead(name: string): boolean {
  return READ_NAMES.has(name.toUpperCase().toLowerCase());
}

function textOf(part: FormPart | undefined): string | null {
  return part === undefined || part.isFile ? null : fromUtf8(part.bytes);
}

/** What a field's text stands for; a text that stands for nothing stays one, which no receipt states. */
function parsedValue(part: FormPart): unknown {
  const text = textOf(part) ?? '';
  return VALUE.test(text) ? JSON.parse(text) : text;
}
