import { json } from '../answer.ts';
import { openApiDocument } from '../openapi/document.ts';
import type { ApiParts } from '../parts.ts';
import type { Route } from '../route.ts';

/** The description of this API, for programs; it tells nothing that is secret. */
export const openApiRoutes = ({ platform }: ApiParts): Route[] => [
  {
    method: 'get',
    path: '/openapi.json',
    access: 'anyone',
    handle: () => json(200, openApiDocument(platform.version)),
  },
];
