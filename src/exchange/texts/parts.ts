/** The messages, items and parts that requests and answers of one API have alike. Of a kind of part that nobody knows yet, every string is text. */
import { type Members, textOf } from '../members.js';
import { DATA, depending, type Shape, textBut, under } from './shape.js';

/** Definitions of tools and of forms of answers: what they say of themselves. Names, and what a value may be, are for programs. */
export const DEFINITIONS: Shape = under('description');

/** What no API has text in: names and ids, files and where they are, and what only a host can read. */
const NEVER_TEXT = [
  'type',
  'id',
  'index',
  'role',
  'name',
  'status',
  'url',
  'image_url',
  'file_id',
  'file_data',
  'media_type',
  'mime_type',
  'format',
  'detail',
  'signature',
  'encrypted_content',
  'cache_control',
  'logprobs',
] as const;

/** A message of chat completions, or a part of one. `members`: those with shapes of their own. */
export function chatMessage(members: Readonly<Record<string, Shape>> = {}): Shape {
  return textBut([...NEVER_TEXT, 'tool_call_id', 'video_url', 'input_audio', 'data'], members);
}

/** An item of a response's input or output, or a part of one. */
export function responseItem(members: Readonly<Record<string, Shape>> = {}): Shape {
  const item = textBut(
    [
      ...NEVER_TEXT,
      'call_id',
      'item_id',
      'container_id',
      'approval_request_id',
      'file_url',
      'input_audio',
      'data',
      'server_label',
      'environment',
      'output_format',
    ],
    { input_schema: DEFINITIONS, parameters: DEFINITIONS, ...members },
  );
  const isImage = ({ type }: Members) => type === 'image_generation_call';
  return depending('result', siblings => (isImage(siblings) ? null : item), item);
}

/** A message of Anthropic's, or a block of one. */
export const BLOCK: Shape = depending(
  'data',
  // Of a document that is text; of any other source, and of thoughts that are hidden, it is a file's or for the host alone.
  siblings => (textOf(siblings.type) === 'text' ? DATA_TEXT : null),
  textBut(
    [
      ...NEVER_TEXT,
      'tool_use_id',
      'tool_id',
      'encrypted_index',
      'server_name',
      'stop_reason',
      'page_age',
      'container',
    ],
    { input: DATA },
  ),
);
const DATA_TEXT: Shape = textBut([]);

/** A content of Google's, or a part of one; each name has two spellings. */
export const CONTENT: Shape = textBut(
  [
    ...NEVER_TEXT,
    'mimeType',
    'inlineData',
    'inline_data',
    'fileData',
    'thoughtSignature',
    'thought_signature',
    'videoMetadata',
    'video_metadata',
    'mediaResolution',
    'media_resolution',
    'language',
    'outcome',
  ],
  { args: DATA, response: DATA },
);
