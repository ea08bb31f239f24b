import { nothing, type Operation, type Operations, sentence, told } from './operation.ts';
import { bool, int, list, object, ref, text, time } from './schema.ts';

const wrongName = sentence('No service can have this name.');
const unseen = sentence('Whoever asks may not see the service.');
const missing = nothing('There is no such service.');

const steering = (summary: string): Operation => ({
  summary,
  who: 'person',
  answers: {
    200: told('What runs of it now.', ref('Deployment')),
    400: sentence('No service can have this name, or it is not exposed.'),
    403: sentence('Whoever asks may not change the service.'),
    404: missing,
  },
});

export const deployments: Operations = {
  'GET /system/services/:serviceName/deployment': {
    summary: 'Tells what runs of a service.',
    who: 'person',
    answers: { 200: told('What runs of it.', ref('Deployment')), 400: wrongName, 403: unseen, 404: missing },
  },
  'GET /system/services/:serviceName/deployment/logs': {
    summary: 'Reads the newest lines of what runs of a service, oldest first; jobs have logs of their own.',
    who: 'person',
    query: { timestamps: bool('With times.'), tailLines: int('So many: 200 when absent, at most 1000.') },
    answers: {
      200: told(
        'The lines.',
        object({
          service_name: text(),
          available: bool('Is there something to read?'),
          'message?': text('Why not.'),
          entries: list(object({ 'timestamp?': time(), message: text() })),
        }),
      ),
      400: wrongName,
      403: unseen,
      404: missing,
    },
  },
  'POST /system/services/:serviceName/stop': steering('Stops the server of an exposed service, until it is started.'),
  'POST /system/services/:serviceName/start': steering('Starts the server of an exposed service.'),
  'POST /system/services/:serviceName/restart': steering('Starts the server of an exposed service anew.'),
};
