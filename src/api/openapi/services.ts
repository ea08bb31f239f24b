import { anything, nothing, type Operations, sentence, told } from './operation.ts';
import { list, ref, text } from './schema.ts';

const include = { include: text('`deployment` adds to each service what runs of it.') };
const forbidden = sentence('Whoever asks may not do that to this service.');
const missing = nothing('There is no such service.');
const notThis = sentence('What a cluster would refuse: the name, an amount, a storage provider, an image.');
const wrong = sentence('The definition is not valid, or the name is taken.');
const body = {
  about: 'The service. A definition that was read before may be sent back as it is.',
  schema: ref('ServiceInput'),
};

export const services: Operations = {
  'GET /system/services': {
    summary: 'Lists the services.',
    who: 'person',
    query: include,
    answers: { 200: told('Those that whoever asks may see, by name.', list(ref('Service'))) },
  },
  'POST /system/services': {
    summary: 'Declares a service.',
    description: 'Makes its buckets and folders, and lets it listen to its inputs.',
    who: 'person',
    body,
    answers: {
      201: nothing('It is declared, and being deployed.'),
      400: wrong,
      409: sentence('Its secrets, or its volume, are there already.'),
      500: notThis,
    },
  },
  'PUT /system/services': {
    summary: 'Replaces the definition of a service.',
    description: 'The whole of it: what is left out is gone, but for its token, and its secrets where none are given.',
    who: 'person',
    body,
    answers: {
      204: nothing('It is replaced.'),
      200: sentence('It is replaced here, but not on all members of its federation.'),
      400: wrong,
      403: forbidden,
      404: missing,
      500: notThis,
    },
  },
  'GET /system/services/:serviceName': {
    summary: 'Reads a service.',
    who: 'person',
    query: include,
    answers: {
      200: told('The service, with its token.', ref('Service')),
      400: sentence('No service can have this name.'),
      403: forbidden,
      404: missing,
    },
  },
  'DELETE /system/services/:serviceName': {
    summary: 'Removes a service, its jobs, and the buckets that were made for it, with all that is in them.',
    who: 'person',
    query: { namespace: text('Only if the service is in this namespace.') },
    answers: { 204: nothing('It is gone.'), 403: forbidden, 404: missing },
  },
  'GET /system/services/:serviceName/auth': {
    summary: 'May whoever asks see the exposed service?',
    description: 'For gateways: takes the token of the service by `Authorization`, `?token=` or its cookie.',
    who: 'anyone',
    query: { token: text('The token of the service.') },
    answers: {
      200: nothing('They may; a cookie keeps that.'),
      401: nothing('They may not.'),
      403: nothing('They may not.'),
      404: missing,
    },
  },
};

/** Not a route of its own: a proxy stands before all routes. */
export const exposed: Operations = {
  'GET /system/services/:serviceName/exposed/*rest': {
    summary: 'Any request to the web server of an exposed service.',
    who: 'anyone',
    answers: { 200: anything('What the service answers.'), 503: sentence('It is not up.') },
  },
};
