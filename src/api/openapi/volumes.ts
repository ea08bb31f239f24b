import { quotaShape } from '../routes/quotas.ts';
import { volumeShape } from '../routes/volumes.ts';
import { nothing, type Operation, type Operations, sentence, told } from './operation.ts';
import { list, ref, schemaOf } from './schema.ts';

const notTheirs = sentence('Only the administrator may ask about users.');
const unknown = sentence('The user was never here, or an amount is none.');

export const volumes: Operations = {
  'GET /system/volumes': {
    summary: 'Lists the volumes of whoever asks.',
    who: 'person',
    answers: { 200: told('The volumes, by name.', list(ref('Volume'))) },
  },
  'POST /system/volumes': {
    summary: 'Makes a volume.',
    who: 'person',
    body: { about: 'Its name and its size, a quantity.', schema: schemaOf(volumeShape) },
    answers: {
      201: told('The volume.', ref('Volume')),
      400: sentence('The name or the size is none, or the quota is used up.'),
      409: sentence('There is a volume of that name.'),
    },
  },
  'GET /system/volumes/:volumeName': {
    summary: 'Reads a volume.',
    who: 'person',
    answers: { 200: told('The volume.', ref('Volume')), 404: nothing('There is no such volume.') },
  },
  'DELETE /system/volumes/:volumeName': {
    summary: 'Removes a volume and what is in it.',
    who: 'person',
    answers: { 204: nothing('It is gone, or was not there.'), 400: sentence('A service has it still.') },
  },
};

const read = (summary: string): Operation => ({
  summary,
  who: 'person',
  answers: { 200: told('What they may have, and have.', ref('Quota')), 403: notTheirs, 500: unknown },
});

const change = (summary: string): Operation => ({
  summary,
  who: 'person',
  body: { about: 'Quantities, all of them texts; what is absent stays.', schema: schemaOf(quotaShape) },
  answers: {
    200: told('What they may have now, and have.', ref('Quota')),
    400: sentence('Nothing is changed by that.'),
    403: notTheirs,
    500: unknown,
    503: sentence('Processors and memory are not limited by user here.'),
  },
});

export const quotas: Operations = {
  'GET /system/quotas/user': {
    summary: 'Tells a user what they may have, and have.',
    who: 'person',
    answers: {
      200: told('Their quota.', ref('Quota')),
      401: sentence('The administrator has none.'),
    },
  },
  'GET /system/quotas/user/:userId': read('Tells the administrator what a user may have, and has.'),
  'PUT /system/quotas/user/:userId': change('Changes what a user may have.'),
  'GET /system/quotas/:userId': read('The same as `/system/quotas/user/{userId}`, as oscar-cli asks for it.'),
  'PUT /system/quotas/:userId': change('The same as `/system/quotas/user/{userId}`, as oscar-cli asks for it.'),
};
