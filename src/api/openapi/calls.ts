import { header } from '../protocol.ts';
import { anything, nothing, type Operations, sentence } from './operation.ts';
import { text } from './schema.ts';

const stranger = sentence('The bearer is a JWT of an issuer that is not known here.');
const noToken = nothing('Neither the token of the service nor other credentials came along.');
const missing = nothing('There is no such service, or not for whoever asks.');
const input = { about: 'The input: JSON, base64, or any bytes.' };

export const calls: Operations = {
  'POST /run/:serviceName': {
    summary: 'Calls a service and waits for its answer.',
    description: `One output file is answered as base64, several as a zip in base64, none as what the script printed. \`${header.invocation}\` names the invocation.`,
    who: 'anyone',
    body: input,
    answers: {
      200: anything('What the service made of the input.'),
      400: stranger,
      401: noToken,
      404: missing,
      408: sentence('The service took too long.'),
      500: sentence('The script failed: what it printed.'),
      502: sentence('The service is not up, or the bearer is no JWT.'),
      503: sentence('This machine cannot give what the service asks for.'),
      504: sentence('The service was not up in time.'),
    },
  },
  'POST /job/:serviceName': {
    summary: 'Queues a job of a service.',
    description: `\`${header.job}\` of the answer names the job. Events of MinIO are understood.`,
    who: 'anyone',
    headers: {
      'X-Delegated-Job-ID': text('How the job is to be called: clusters that delegate say so.'),
      'X-Delegated-From': text('The cluster that delegates.'),
    },
    body: input,
    answers: {
      201: nothing('It is queued, and will run whatever happens.'),
      400: sentence('The bearer is a JWT of an issuer that is not known here, or the name of the job is none.'),
      401: noToken,
      404: missing,
      409: sentence('There is a job of that name.'),
      502: sentence('The bearer is no JWT.'),
    },
  },
};
