import { nothing, type Operations, sentence, told } from './operation.ts';
import { bool, list, map, object, ref, text } from './schema.ts';

const missing = nothing('There is no such service.');
const noJob = nothing('There is no such job of the service.');
const timestamps = bool('Each line begins with its time.');

export const logs: Operations = {
  'GET /system/logs': {
    summary: 'Lists the newest calls of services, oldest first.',
    who: 'person',
    query: {
      timestamps: bool('`raw` begins with the time.'),
      previous: bool('Does nothing: the log goes on over restarts.'),
    },
    answers: {
      200: told('The calls.', object({ logs: list(ref('RequestLine')) })),
      403: sentence('Users are not told who calls what.'),
    },
  },
  'GET /system/logs/:serviceName': {
    summary: 'Lists the jobs of a service, by name.',
    who: 'person',
    query: { page: text('`next_page` of the page before.') },
    answers: {
      200: told('At most 70 jobs.', object({ jobs: map(ref('Job')), 'next_page?': text() })),
      400: sentence('The page is none of this list.'),
      404: missing,
    },
  },
  'DELETE /system/logs/:serviceName': {
    summary: 'Removes the jobs of a service that succeeded.',
    who: 'person',
    query: { all: bool('All jobs; those that run are ended.') },
    answers: { 204: nothing('They are gone.'), 404: missing },
  },
  'GET /system/logs/:serviceName/:jobName': {
    summary: 'Reads what a job, or another invocation, printed.',
    who: 'person',
    query: { timestamps, follow: bool('Goes on until the job has ended.') },
    answers: { 200: sentence('Its lines.'), 404: noJob },
  },
  'DELETE /system/logs/:serviceName/:jobName': {
    summary: 'Removes a job; one that runs is ended.',
    who: 'person',
    answers: { 204: nothing('It is gone.'), 404: noJob },
  },
};
