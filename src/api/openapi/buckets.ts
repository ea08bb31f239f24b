import { bucketShape } from '../routes/buckets.ts';
import { presignShape } from '../routes/presign.ts';
import { nothing, type Operations, sentence, told } from './operation.ts';
import { int, list, map, object, oneOf, ref, schemaOf, text, time } from './schema.ts';

const body = { about: 'The bucket.', schema: schemaOf(bucketShape) };
const mayNot = sentence('Whoever asks may not do that to this bucket.');
const notThis = sentence('There is no such bucket, or its store refuses.');

export const buckets: Operations = {
  'GET /system/buckets': {
    summary: 'Lists the buckets.',
    who: 'person',
    answers: { 200: told('Those that whoever asks may see.', list(ref('Bucket'))) },
  },
  'POST /system/buckets': {
    summary: 'Makes a bucket; `bucket_name` may be `bucket/folder`.',
    who: 'person',
    body,
    answers: { 201: nothing('It is there.'), 400: sentence('It is there already, or no bucket can be called so.') },
  },
  'PUT /system/buckets': {
    summary: 'Changes who may use a bucket.',
    who: 'person',
    body,
    answers: { 204: nothing('It is changed, where there is something to change.'), 403: mayNot, 500: notThis },
  },
  'PUT /system/buckets/:bucket': {
    summary: 'Changes who may use a bucket, named in the path.',
    who: 'person',
    body,
    answers: { 204: nothing('It is changed, where there is something to change.'), 403: mayNot, 500: notThis },
  },
  'GET /system/buckets/:bucket': {
    summary: 'Reads a bucket and a page of its objects.',
    who: 'person',
    query: {
      page: text('`next_page` of the page before.'),
      limit: int('Most objects in the page: 70 when absent, at most 1000.'),
      prefix: text('Only objects whose name begins so.'),
    },
    answers: { 200: told('The bucket.', ref('BucketPage')), 403: mayNot, 500: notThis },
  },
  'DELETE /system/buckets/:bucket': {
    summary: 'Removes a bucket and everything in it.',
    who: 'person',
    answers: { 204: nothing('It is gone.'), 403: mayNot, 404: sentence('There is no such bucket.') },
  },
  'POST /system/buckets/:bucket/presign': {
    summary: 'Makes a link to an object that needs no credentials for a while.',
    who: 'person',
    body: { about: 'What the link is for.', schema: schemaOf(presignShape) },
    answers: {
      200: told(
        'The link, and the headers that have to come with it.',
        object({
          object_key: text(),
          operation: oneOf(['upload', 'download']),
          method: oneOf(['PUT', 'GET']),
          url: text(),
          expires_at: time(),
          'headers?': map(text()),
        }),
      ),
      400: sentence('The request is not valid.'),
      403: mayNot,
      404: sentence('There is no such bucket.'),
    },
  },
};
