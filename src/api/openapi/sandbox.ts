import { replayShape } from '../routes/invocations.ts';
import { type Operations, sentence, told } from './operation.ts';
import { bool, int, list, ref, schemaOf, text } from './schema.ts';

const missing = sentence('There is no such invocation.');

export const sandbox: Operations = {
  'GET /sandbox/status': {
    summary: 'Tells what this sandbox is: addresses, keys, folders, counts.',
    who: 'admin',
    answers: { 200: told('The same as `oscar-sandbox status --json`.', { type: 'object' }) },
  },
  'GET /sandbox/schema': {
    summary: 'The JSON Schema of FDL files, for editors.',
    who: 'admin',
    answers: { 200: told('A JSON Schema.', { type: 'object' }) },
  },
  'GET /sandbox/events': {
    summary: 'Tells everything that happens, as it happens.',
    who: 'admin',
    query: { recent: bool('Begins with what was last.'), follow: bool('Goes on; true when absent.') },
    answers: { 200: { about: 'Server-sent events.', content: { 'text/event-stream': text() } } },
  },
  'GET /sandbox/invocations': {
    summary: 'Lists the newest invocations.',
    who: 'admin',
    query: { service: text('Of this service alone.'), limit: int('At most so many: 50 when absent, at most 1000.') },
    answers: { 200: told('Newest first.', list(ref('Invocation'))) },
  },
  'GET /sandbox/invocations/:id': {
    summary: 'Reads an invocation.',
    who: 'admin',
    answers: { 200: told('The invocation.', ref('Invocation')), 404: missing },
  },
  'POST /sandbox/invocations/:id/replay': {
    summary: 'Runs an invocation again, with the input that it had.',
    who: 'admin',
    body: {
      about: 'On which version of the service; the one that it ran on when absent.',
      schema: schemaOf(replayShape),
    },
    answers: {
      201: told('The new invocation.', ref('Invocation')),
      400: sentence('The version is none.'),
      404: missing,
      409: sentence('Its input, or its version of the service, is kept no more.'),
    },
  },
};
