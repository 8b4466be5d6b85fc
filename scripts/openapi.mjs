/**
 * The description of the HTTP API (OpenAPI 3.1), made from what the code itself serves and reads: the table of surfaces, the schemas of what the admin
 * API is asked and answers, and the schemas of spec/schemas. What an upstream answers is the upstream's; here it is an object.
 */
import { toJsonSchema } from '@valibot/to-json-schema';
import { adminPaths } from './openapi/admin-paths.mjs';
import { EXCHANGE, ref } from './openapi/parts.mjs';
import { publicPaths } from './openapi/public-paths.mjs';

const MESSAGE = { message: { type: 'string' } };

/** A schema of spec/schemas as a part of this document. */
function embedded({ $schema, $id, title, ...schema }) {
  return schema;
}

/** Schemas that the code reads or writes with. */
function written(schemas) {
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => {
      const { $schema, ...rest } = toJsonSchema(schema, {
        target: 'draft-2020-12',
        errorMode: 'ignore',
        typeMode: 'input',
      });
      return [name, rest];
    }),
  );
}

/**
 * @param version of this program
 * @param surfaces the table of surfaces
 * @param admin the valibot schemas of the admin API, by the names that they get here
 * @param bundle the JSON schema of a bundle
 */
export function openapi({ version, surfaces, admin, bundle }) {
  const strict = (properties, required = Object.keys(properties)) => ({
    type: 'object',
    properties,
    required,
    additionalProperties: false,
  });
  return {
    openapi: '3.1.0',
    info: {
      title: 'Countersign gateway',
      version,
      summary: 'APIs of model providers, under receipts; and how a gateway is watched and steered.',
      description:
        'Paths under /admin and /metrics are on a listener of their own, which needs the admin key. Any request may be answered with 400, 408 or 431 before its path is known. See docs/reference.md and docs/operations.md.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    tags: ['exchanges', 'models', 'receipts', 'log', 'health', 'about', 'admin'].map(name => ({ name })),
    paths: { ...publicPaths(surfaces), ...adminPaths() },
    components: {
      securitySchemes: { bearer: { type: 'http', scheme: 'bearer' } },
      parameters: {
        Nonce: {
          in: 'header',
          name: 'countersign-nonce',
          description: 'The receipt commits to it.',
          schema: { type: 'string', pattern: '^[A-Za-z0-9_-]{16,64}$' },
        },
        Inline: {
          in: 'header',
          name: 'countersign-inline',
          description:
            'Whether the receipt comes with the answer: in a header, while the head stays under 4 or 16 KiB.',
          schema: { enum: ['receipt', 'large-receipt', 'none'] },
        },
        RequestId: {
          in: 'header',
          name: 'x-request-id',
          description: 'Taken over where it is well-formed.',
          schema: { type: 'string' },
        },
      },
      headers: {
        RequestId: {
          description: 'The id of the request.',
          required: true,
          schema: { type: 'string', pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$' },
        },
        Exchange: {
          description: 'The id of the exchange.',
          required: true,
          schema: { type: 'string', pattern: EXCHANGE },
        },
        Opening: {
          description: 'The secret of the exchange, in base64url.',
          required: true,
          schema: { type: 'string', pattern: '^[A-Za-z0-9_-]{43}$' },
        },
        Receipt: { description: 'Where the receipt is.', required: true, schema: { type: 'string' } },
        Reason: {
          description: 'The reason code (docs/reasons.md).',
          required: true,
          schema: { type: 'string', pattern: '^[a-z]+/[a-z-]+$' },
        },
      },
      schemas: {
        OpenaiError: strict({
          error: strict({
            ...MESSAGE,
            type: { type: 'string' },
            param: { type: ['string', 'null'] },
            code: { type: 'string' },
          }),
        }),
        AnthropicError: strict({
          type: { const: 'error' },
          error: strict({ type: { type: 'string' }, ...MESSAGE }),
        }),
        GoogleError: strict({
          error: strict({ code: { type: 'integer' }, ...MESSAGE, status: { type: 'string' } }),
        }),
        OpenaiModel: strict({
          id: { type: 'string' },
          object: { const: 'model' },
          created: { type: 'integer' },
          owned_by: { type: 'string' },
        }),
        OpenaiModelList: strict({
          object: { const: 'list' },
          data: { type: 'array', items: ref('OpenaiModel') },
        }),
        AnthropicModel: strict({
          type: { const: 'model' },
          id: { type: 'string' },
          display_name: { type: 'string' },
          created_at: { type: 'string' },
        }),
        AnthropicModelList: strict({
          data: { type: 'array', items: ref('AnthropicModel') },
          has_more: { const: false },
          first_id: { type: ['string', 'null'] },
          last_id: { type: ['string', 'null'] },
        }),
        GoogleModel: strict({ name: { type: 'string' }, displayName: { type: 'string' } }),
        GoogleModelList: strict({ models: { type: 'array', items: ref('GoogleModel') } }),
        Alive: strict({ status: { const: 'alive' } }),
        Bundle: embedded(bundle),
        Envelope: embedded(bundle.properties.envelope),
        Submitted: strict({ index: { type: 'integer', minimum: 0 }, proof: { type: ['string', 'null'] } }),
        ...written(admin),
      },
    },
  };
}
