import { federationShape } from '../routes/federation.ts';
import { nothing, type Operation, type Operations, sentence, told } from './operation.ts';
import { bool, int, list, map, nullable, object, schemaOf, text } from './schema.ts';

const member = object({
  type: text('`oscar` (a service of an OSCAR cluster) or `endpoint` (any address that takes a POST).'),
  cluster_id: text('An entry of the `clusters` of the service.'),
  service_name: text('What it is called there.'),
  url: text('The address of an `endpoint`.'),
  ssl_verify: bool(),
  priority: int('The smallest first; from 101 on it gets no jobs.'),
  headers: map(text(), 'They go along with each job.'),
});

const answer = object({
  topology: text('`none`, `star` or `mesh`.'),
  members: nullable(list(member)),
});

const change = (summary: string, description: string): Operation => ({
  summary,
  description,
  who: 'person',
  body: { about: 'Members, and what is needed to reach them.', schema: schemaOf(federationShape) },
  answers: {
    200: {
      about: 'The members as they are now; or a sentence, where a cluster could not be told of the change.',
      content: { 'application/json': answer, 'text/plain': text() },
    },
    400: sentence('The body is none.'),
    403: sentence('Whoever asks may not do that to this service.'),
    404: nothing('There is no such service.'),
    500: sentence('The change is made, but the service has no secret `refresh_token`.'),
  },
});

const path = '/system/federation/:serviceName';

export const federation: Operations = {
  [`GET ${path}`]: {
    summary: 'Lists the members of a service.',
    who: 'person',
    answers: {
      200: told('The members.', answer),
      403: sentence('Whoever asks may not do that to this service.'),
      404: nothing('There is no such service.'),
    },
  },
  [`POST ${path}`]: change('Adds members.', 'Their clusters get a copy of the service.'),
  [`PUT ${path}`]: change(
    'Changes members.',
    'The first of `update` takes the place of each in `members`; without `update`, `members` are as they are to be.',
  ),
  [`DELETE ${path}`]: change(
    'Removes members.',
    'With `delete` their copies go as well, and services here that are called so; no `members` are all of them then.',
  ),
};
