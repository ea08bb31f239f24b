import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import express, { type NextFunction, type Request, type Response } from 'express';
import type { Route } from './route.ts';

/** What surrounds the routes. */
export interface Surroundings {
  routes: Route[];
  /** Comes first: answers true when the request is answered already. */
  before(request: IncomingMessage, response: ServerResponse): boolean;
  serve(route: Route, request: Request, response: ServerResponse): Promise<void>;
  notFound(response: ServerResponse): void;
  /** What a route threw, or the router itself. */
  failed(error: unknown, response: ServerResponse): void;
}

export type RoutedRequest = Request;

/** Routes as something that a `node:http` server listens with: case matters, a slash at the end does not. */
export function createListener({ routes, before, serve, notFound, failed }: Surroundings): RequestListener {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.enable('case sensitive routing');
  app.use((request: Request, response: Response, next: NextFunction) => {
    if (!before(request, response)) next();
  });
  for (const route of routes) app[route.method](route.path, (request, response) => serve(route, request, response));
  app.use((_request: Request, response: Response) => notFound(response));
  // Four parameters: that is how express tells an error handler.
  app.use((error: unknown, _request: Request, response: Response, _next: NextFunction) => failed(error, response));
  return app;
}
