import { configShape } from '../routes/config.ts';
import { nothing, type Operations, sentence, told } from './operation.ts';
import { bool, list, nullable, object, schemaOf, text } from './schema.ts';

const provider = object({
  endpoint: text('Where the S3 store answers.'),
  verify: bool(),
  access_key: text('Of whoever asks.'),
  secret_key: text(),
  region: text(),
});

const config = object({
  name: text(),
  namespace: text(),
  services_namespace: text(),
  controller_service_account: text(),
  gpu_available: bool(),
  interLink_available: bool(),
  serverless_backend: text(),
  yunikorn_enable: bool(),
  kueue_enable: bool(),
  volume_enable: bool(),
  oidc_groups: list(text()),
  minio_quota_enabled: bool(),
});

const images = nullable(list(text()));

export const system: Operations = {
  'GET /health': {
    summary: 'Is it up?',
    who: 'anyone',
    answers: { 200: sentence('`Ok`') },
  },
  'GET /system/info': {
    summary: 'Tells versions.',
    who: 'person',
    answers: {
      200: told(
        'Of the API, and of what is behind it.',
        object({
          version: text(),
          git_commit: text(),
          architecture: text('As Go names it: `amd64`.'),
          kubernetes_version: text(),
          'serverless_backend?': object({ name: text(), version: text() }),
        }),
      ),
    },
  },
  'GET /system/config': {
    summary: 'Tells how this OSCAR is set up, and the S3 keys of whoever asks.',
    who: 'person',
    answers: {
      200: told('The configuration.', object({ config, minio_provider: provider, allowed_image_repositories: images })),
    },
  },
  'PUT /system/config': {
    summary: 'Sets which images services may have.',
    description: 'A name of an image has to contain one of the texts; with none of them all are allowed.',
    who: 'person',
    body: { about: 'The list.', schema: schemaOf(configShape) },
    answers: { 200: told('The list as it is now.', images), 400: sentence('The list is not valid.') },
  },
  'GET /openapi.json': {
    summary: 'This description.',
    who: 'anyone',
    answers: { 200: told('OpenAPI 3.1.', { type: 'object' }) },
  },
  'GET /': {
    summary: 'What a browser finds here.',
    who: 'anyone',
    answers: { 200: { about: 'A page.', content: { 'text/html': text() } } },
  },
  'GET /ui': { summary: 'Leads to the page.', who: 'anyone', answers: { 302: nothing('To `/`.') } },
  'GET /ui/*rest': { summary: 'Leads to the page.', who: 'anyone', answers: { 302: nothing('To `/`.') } },
};
